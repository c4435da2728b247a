"""Trace files of any format that depmap knows, recognised by their content."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from depmap.tracing.reading import read_file

from depmap.collecting.files import SourceFile, walk
from depmap.collecting.port import Collector, Item, Window, option
from depmap.errors import InputError, SourceUnavailable
from depmap.model.evidence import Gap
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class SpanFiles(Collector):
    """Files with spans: Jaeger JSON, Zipkin JSON, OTLP JSON, each also compressed."""

    name: ClassVar[str] = "spans"
    source: ClassVar[Source] = Source.TRACES

    paths: tuple[Path, ...] = option("trace files, or folders with them")

    def collect(self, window: Window) -> Iterator[Item]:  # noqa: ARG002 - a file is read whole
        """Yield the spans of each file, then gaps for what could not be read."""
        for path in self.paths:
            if path.is_dir():
                for file in walk(path, lambda name: not name.startswith(".")):
                    yield from _read(file) if isinstance(file, SourceFile) else (file,)
            elif path.is_file():
                yield from read_file(path)
            else:
                raise SourceUnavailable("there is no such file or folder", where=str(path))


def _read(file: SourceFile) -> Iterator[Item]:
    """Read a file of a folder; one that holds no spans is a gap, since others may lie there."""
    try:
        yield from read_file(file.path)
    except InputError as error:
        yield Gap("a file without spans", error.message, file.name)
