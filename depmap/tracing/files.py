"""Spans and links straight from files and folders: all files of one call are one set of spans."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from depmap.errors import InputError
from depmap.model.evidence import Gap
from depmap.tracing.linking import link
from depmap.tracing.reading import read_file, read_stream
from depmap.tracing.selecting import EVERYTHING, Selection
from depmap.tracing.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from depmap.tracing.links import Links
    from depmap.tracing.tags import TagFinder

STDIN = Path("-")


def link_files(
    paths: Iterable[Path], *, by_operation: bool = False, selection: Selection = EVERYTHING
) -> tuple[Links, tuple[Gap, ...]]:
    """Return the links of trace files, and all gaps: those of reading first.

    Args:
        paths: files, folders, or ``-`` for standard input.
        by_operation: whether rows are split by operation.
        selection: which traces are linked, and what tells services apart.

    Raises:
        InputError: see ``read_path``.
    """
    batches: list[Spans] = []
    gaps: list[Gap] = []
    finder = selection.finder()
    for path in paths:
        for item in read_path(path, finder):
            if isinstance(item, Gap):
                gaps.append(item)
            else:
                batches.append(item)
    chosen = Spans.concat(selection.of(batches, finder))
    links = link(chosen, by_operation=by_operation)
    return links, (*gaps, *links.gaps)


def read_path(path: Path, finder: TagFinder | None = None) -> Iterator[Spans | Gap]:
    """Yield the spans of a file, of every file of a folder, or of standard input.

    A folder may hold other files beside those with spans; these are gaps.

    Raises:
        InputError: there is no such path, a folder holds no file with spans, or a file holds
            none in a known format.
    """
    if path == STDIN:
        yield from read_stream(sys.stdin.buffer, "<stdin>", finder=finder)
    elif path.is_dir():
        yield from _read_folder(path, finder)
    elif path.is_file():
        yield from read_file(path, finder=finder)
    else:
        raise InputError("there is no such file or folder", where=str(path))


def _read_folder(folder: Path, finder: TagFinder | None) -> Iterator[Spans | Gap]:
    refused: list[InputError] = []
    files = files_of(folder)
    for file in files:
        try:
            yield from read_file(file, finder=finder)
        except InputError as error:
            refused.append(error)
            yield Gap("a file without spans", error.message, error.where)
    if len(refused) == len(files):
        raise refused[0]


def files_of(folder: Path) -> list[Path]:
    """Return the files of a folder that are to be read, in order.

    Raises:
        InputError: there is none.
    """
    files = [file for file in sorted(folder.rglob("*")) if _is_plain(file, folder)]
    if not files:
        raise InputError(
            "the folder is empty", where=str(folder), hint="name the folder of the trace files"
        )
    return files


def _is_plain(file: Path, folder: Path) -> bool:
    """Whether a folder's file is to be read: not hidden, and not a link out of the folder."""
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return file.is_file() and not hidden and file.resolve().is_relative_to(folder.resolve())
