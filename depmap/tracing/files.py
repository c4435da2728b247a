"""Spans and links straight from files and folders: all files of one call are one set of spans."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from depmap.errors import InputError
from depmap.model.evidence import Gap
from depmap.tracing.linking import link
from depmap.tracing.reading import read_bytes, read_file
from depmap.tracing.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from depmap.tracing.links import Links

STDIN = Path("-")


def link_files(
    paths: Iterable[Path], *, by_operation: bool = False
) -> tuple[Links, tuple[Gap, ...]]:
    """Return the links of trace files, and all gaps: those of reading first.

    Args:
        paths: files, folders, or ``-`` for standard input.
        by_operation: whether rows are split by operation.

    Raises:
        InputError: see ``read_path``.
    """
    batches: list[Spans] = []
    gaps: list[Gap] = []
    for path in paths:
        for item in read_path(path):
            if isinstance(item, Gap):
                gaps.append(item)
            else:
                batches.append(item)
    links = link(Spans.concat(batches), by_operation=by_operation)
    return links, (*gaps, *links.gaps)


def read_path(path: Path) -> Iterator[Spans | Gap]:
    """Yield the spans of a file, of every file of a folder, or of standard input.

    A folder may hold other files beside those with spans; these are gaps.

    Raises:
        InputError: there is no such path, a folder holds no file with spans, or a file holds
            none in a known format.
    """
    if path == STDIN:
        yield from read_bytes(sys.stdin.buffer.read(), "<stdin>")
    elif path.is_dir():
        yield from _read_folder(path)
    elif path.is_file():
        yield from read_file(path)
    else:
        raise InputError("there is no such file or folder", where=str(path))


def _read_folder(folder: Path) -> Iterator[Spans | Gap]:
    refused: list[InputError] = []
    known = 0
    for file in sorted(folder.rglob("*")):
        if not _is_plain(file, folder):
            continue
        try:
            yield from read_file(file)
            known += 1
        except InputError as error:
            refused.append(error)
            yield Gap("a file without spans", error.message, error.where)
    if known == 0 and refused:
        raise refused[0]
    if known == 0:
        raise InputError(
            "the folder is empty", where=str(folder), hint="name the folder of the trace files"
        )


def _is_plain(file: Path, folder: Path) -> bool:
    """Whether a folder's file is to be read: not hidden, and not a link out of the folder."""
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return file.is_file() and not hidden and file.resolve().is_relative_to(folder.resolve())
