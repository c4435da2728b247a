"""Every mistake, doubt and open question of all files, in one run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.collecting.files import SourceFile, read_text
from depmap.interviewing.files import people_files
from depmap.interviewing.forms import FORMS
from depmap.interviewing.mistakes import Problem, Weight
from depmap.interviewing.reading import Paper, read_papers
from depmap.interviewing.reviewing import doubtful, open_questions
from depmap.interviewing.writing import on_one_line
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

_HEAD = re.compile(r"^depmap[ \t]*:[ \t]*[\"']?(\w+)/", re.MULTILINE)
_WORD = re.compile(r"[^\s:,{}\[\]\"']+")
MAX_EXCERPT = 100
"""A longer line is cut around the place it is about."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of files found.

    Attributes:
        problems: by place.
        excerpts: the line each problem is about, with a mark under the place; empty without one.
        answers: how many items of lists are fine.
        files: how many files were read.
    """

    problems: tuple[Problem, ...]
    excerpts: tuple[str, ...]
    answers: int
    files: int

    def count(self, weight: Weight) -> int:
        """Return how many problems are taken so."""
        return sum(problem.weight is weight for problem in self.problems)


def check_files(
    paths: Iterable[Path], known: Collection[str] = (), today: datetime | None = None
) -> Checked:
    """Read all people's files below the paths, each by the form that its head names.

    Args:
        paths: files or folders.
        known: every name of every node that other sources know.
        today: the moment after which nothing can have been said.

    Raises:
        InputError: a path is not there.
    """
    found: list[tuple[Problem, str]] = []
    answers = files = 0
    for file in people_files(paths):
        text = file if isinstance(file, Gap) else read_text(file)
        if isinstance(text, Gap):
            found.append((Problem(text.locator, 0, 0, text.what, text.why), ""))
            continue
        files += 1
        lines = text.splitlines()
        for item in _read(text, file, known, today):
            if isinstance(item, Paper):
                answers += sum(len(kept) for kept in item.kept.values())
            else:
                found.append((item, excerpt(lines, item)))
    found.sort(key=lambda pair: (pair[0].file, pair[0].line, pair[0].column))
    return Checked(
        tuple(problem for problem, _ in found), tuple(shown for _, shown in found), answers, files
    )


def _read(
    text: str, file: SourceFile | Gap, known: Collection[str], today: datetime | None
) -> Iterator[Paper | Problem]:
    name = file.name if isinstance(file, SourceFile) else file.locator
    for item in read_papers(text, name, kind_of(text)):
        yield item
        if isinstance(item, Paper):
            yield from open_questions(item)
            yield from doubtful(item, known, today)


def kind_of(text: str) -> str:
    """Return the form that a file's head names; ``interview`` where it names none."""
    head = _HEAD.search(text)
    return head[1] if head and head[1] in FORMS else "interview"


def excerpt(lines: list[str], problem: Problem) -> str:
    """Return the line a problem is about with a mark under its place, and the advice beside it."""
    if not 0 < problem.line <= len(lines):
        return ""
    line, column = lines[problem.line - 1].replace("\t", " "), max(problem.column, 1) - 1
    cut = max(0, column - MAX_EXCERPT // 2) if len(line) > MAX_EXCERPT else 0
    shown = on_one_line(line[cut : cut + MAX_EXCERPT])
    word = _WORD.match(line, column)
    mark = "^" * min(len(word[0]) if word else 1, MAX_EXCERPT - column + cut)
    gutter = " " * len(str(problem.line))
    advice = f" {on_one_line(problem.why)}" if problem.why else ""
    return (
        f"  {problem.line} | {shown}\n  {gutter} | {' ' * (column - cut)}{mark}{advice}".rstrip()
    )
