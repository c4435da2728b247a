"""The matrix as a picture of its own, for a README or a slide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.model.words import Layer
from depmap.reporting import content, sentences
from depmap.reporting.assets import asset, environment
from depmap.reporting.matrix_svg import draw
from depmap.reporting.matrix_view import look

if TYPE_CHECKING:
    from depmap.model.snapshot import Snapshot

MARGIN = 16
LEGEND_HEIGHT = 44
LEGEND_WIDTH = 790


def render_matrix_svg(snapshot: Snapshot) -> str:
    """Return the matrix with its legend as one SVG file that needs nothing else."""
    views = tuple(look(snapshot, layer) for layer in (None, *Layer))
    picture = draw(views, content.conflict_pairs(snapshot))
    text = (
        environment()
        .get_template("matrix.svg.j2")
        .render(
            snapshot=snapshot,
            say=sentences,
            p=picture,
            css=asset("report.css"),
            margin=MARGIN,
            width=max(picture.width, LEGEND_WIDTH) + 2 * MARGIN,
            legend=LEGEND_HEIGHT,
            totals=content.strengths(snapshot.matrix.confirmed()),
        )
    )
    return text + "\n"
