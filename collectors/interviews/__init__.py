"""Interviews: what the people who run a service say about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from collectors.interviews.answers import read_interview
from depmap.collecting.files import SourceFile, read_text, walk
from depmap.collecting.port import Collector, Item, Window, option
from depmap.errors import InputError
from depmap.model.evidence import Gap
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Interviews(Collector):
    """Interview files: YAML with ``depmap: interview/1`` at their head."""

    name: ClassVar[str] = "interviews"
    source: ClassVar[Source] = Source.PEOPLE

    paths: tuple[Path, ...] = option("files or folders with interview files")

    def collect(self, window: Window) -> Iterator[Item]:  # noqa: ARG002 - people are not windowed
        """Yield nodes, claims and gaps, file by file."""
        for path in self.paths:
            for file in _files(path):
                yield from _read(file)


def _read(file: SourceFile | Gap) -> Iterator[Item]:
    if isinstance(file, Gap):
        yield file
        return
    text = read_text(file)
    if isinstance(text, Gap):
        yield text
    else:
        yield from read_interview(text, file.name)


def _files(path: Path) -> Iterator[SourceFile | Gap]:
    if path.is_dir():
        for file in walk(path, lambda name: name.endswith((".yaml", ".yml"))):
            yield (
                SourceFile(file.path, f"{path.name}/{file.name}")
                if isinstance(file, SourceFile)
                else file
            )
    elif path.is_file():
        yield SourceFile(path, f"{path.parent.name}/{path.name}")
    else:
        raise InputError("there is no such file or folder", where=str(path))
