"""Writing a review into its folder, each file whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.reporting.html import render_html
from depmap.reporting.markdown import render_markdown
from depmap.reporting.matrix_file import render_matrix_svg
from depmap.reporting.neighbourhood import draw_neighbourhoods
from depmap.reporting.tables import render_tables

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.model.snapshot import Snapshot

PICTURES = "neighbourhood"
"""The folder of the pictures, apart because their bytes depend on the installed Graphviz."""


def write_report(snapshot: Snapshot, folder: Path) -> list[Path]:
    """Write the review: the page, its short form, its tables and the pictures.

    All but the pictures are a function of the snapshot alone. Pictures of a former review are
    replaced where Graphviz is installed, and left where it is not.

    Args:
        snapshot: the snapshot.
        folder: where to write; made if it is missing.

    Returns:
        The files written, the page first.
    """
    texts = {
        "index.html": render_html(snapshot),
        "review.md": render_markdown(snapshot),
        "matrix.svg": render_matrix_svg(snapshot),
        **render_tables(snapshot),
    }
    folder.mkdir(parents=True, exist_ok=True)
    written = [_write(folder / name, _encoded(text)) for name, text in texts.items()]
    return written + _write_pictures(snapshot, folder / PICTURES)


def _write_pictures(snapshot: Snapshot, folder: Path) -> list[Path]:
    pictures = draw_neighbourhoods(snapshot)
    if not pictures:
        return []
    folder.mkdir(exist_ok=True)
    for stale in folder.glob("*.svg"):
        if stale.name not in pictures:
            stale.unlink()
    return [_write(folder / name, data) for name, data in sorted(pictures.items())]


def _encoded(text: str) -> bytes:
    """Encode; a lone surrogate, which no source should bring, must not lose the whole review."""
    return text.encode("utf-8", errors="backslashreplace")


def _write(path: Path, data: bytes) -> Path:
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(data)
    return unfinished.replace(path)
