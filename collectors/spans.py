"""Trace files of any format that depmap knows, recognised by their content."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from depmap.collecting.port import Collector, Item, Window, option
from depmap.errors import InputError, SourceUnavailable
from depmap.model.words import Source
from depmap.tracing.files import read_path

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class SpanFiles(Collector):
    """Files with spans: Jaeger JSON, Zipkin JSON, OTLP JSON, each also compressed."""

    name: ClassVar[str] = "spans"
    source: ClassVar[Source] = Source.TRACES

    paths: tuple[Path, ...] = option("trace files, or folders with them")

    def collect(self, window: Window) -> Iterator[Item]:  # noqa: ARG002 - a file is read whole
        """Yield the spans of each file, and gaps for what could not be read."""
        for path in self.paths:
            try:
                yield from read_path(path)
            except InputError as error:
                raise SourceUnavailable(
                    error.message, where=error.where, hint=error.hint
                ) from None
