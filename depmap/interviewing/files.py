"""The files and folders in which people's answers lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.collecting.files import SourceFile, read_text, walk
from depmap.errors import InputError
from depmap.interviewing.mistakes import Problem
from depmap.interviewing.reading import Paper, read_papers
from depmap.interviewing.reviewing import open_questions
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


def collected(paths: Iterable[Path], kind: str) -> Iterator[Paper | Gap]:
    """Yield every paper, every mistake and every open question of files and folders.

    Args:
        paths: files, or folders with YAML files.
        kind: ``interview``, ``incident``, ``experiment`` or ``audit``.

    Raises:
        InputError: a path is not there.
    """
    for file in people_files(paths):
        if isinstance(file, Gap):
            yield file
        else:
            yield from _read(file, kind)


def _read(file: SourceFile, kind: str) -> Iterator[Paper | Gap]:
    text = read_text(file)
    if isinstance(text, Gap):
        yield text
        return
    for item in read_papers(text, file.name, kind):
        if isinstance(item, Problem):
            yield as_gap(item)
        else:
            yield item
            yield from (as_gap(problem) for problem in open_questions(item))


def as_gap(problem: Problem) -> Gap:
    """Return a problem as what could not be seen."""
    return Gap(problem.what, problem.why, problem.place)


def people_files(paths: Iterable[Path]) -> Iterator[SourceFile | Gap]:
    """Yield the YAML files of people, each named with the folder it lies in.

    Raises:
        InputError: a path is not there.
    """
    for path in paths:
        if path.is_dir():
            for file in walk(path, lambda name: name.endswith((".yaml", ".yml"))):
                if isinstance(file, SourceFile):
                    yield SourceFile(file.path, f"{path.absolute().name}/{file.name}")
                else:
                    yield file
        elif path.is_file():
            yield SourceFile(path, f"{path.absolute().parent.name}/{path.name}")
        else:
            raise InputError("there is no such file or folder", where=str(path))
