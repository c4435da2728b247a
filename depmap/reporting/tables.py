"""The tables of the review: the appendix of the page, for spreadsheets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.frames import dependencies_csv, matrix_csv

if TYPE_CHECKING:
    from depmap.model.snapshot import Snapshot


def render_tables(snapshot: Snapshot) -> dict[str, str]:
    """Return the CSV files of the review by file name."""
    return {
        "matrix.csv": matrix_csv(snapshot.matrix),
        "dependencies.csv": dependencies_csv(snapshot),
    }
