"""Trace files of any known format, recognised by their content, as batches of spans."""

from __future__ import annotations

import gc
import io
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING, Final

import msgspec

from depmap.errors import InputError
from depmap.model.evidence import Gap
from depmap.tracing.building import BATCH, SpanBuilder
from depmap.tracing.reading.recognising import reader_of
from depmap.tracing.reading.text import (
    MAX_BYTES,
    Place,
    Truncated,
    UnknownFormat,
    is_blank,
    opened,
    read_some,
    unmarked,
    unzipped,
    values_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from depmap.tracing.spans import Spans

__all__ = ["read_bytes", "read_file"]

MAX_GAPS: Final = 100
"""Gaps told one by one for each file; the others are counted."""


@dataclass(slots=True)
class _File:
    """A file being read.

    Attributes:
        name: what it is called in gaps and errors.
        limit: greatest size of a document or line.
        more: gaps that are only counted.
    """

    name: str
    limit: int
    more: int = 0


def read_file(path: Path, *, limit: int = MAX_BYTES) -> Iterator[Spans | Gap]:
    """Read a trace file: Jaeger, Zipkin or OTLP JSON, also compressed with gzip.

    Args:
        path: the file; folders are expanded by the caller.
        limit: greatest size of a document, or of a line in a file of lines, unpacked.

    Yields:
        Batches of spans, and a gap for each item that could not be read.

    Raises:
        InputError: the file is none of these, is broken as a whole, or too large.
    """
    with opened(path) as stream:
        yield from _counted(stream, _File(str(path), limit))


def read_bytes(data: bytes, name: str, *, limit: int = MAX_BYTES) -> Iterator[Spans | Gap]:
    """Read what a backend answered, or a file already in memory; see ``read_file``.

    Args:
        data: the content.
        name: what to call it in gaps and errors: a file's name or a URL.
        limit: greatest size, unpacked.
    """
    yield from _counted(unzipped(io.BytesIO(data), name), _File(name, limit))


def _counted(stream: IO[bytes], file: _File) -> Iterator[Spans | Gap]:
    """Tell the first gaps one by one, and count the rest: a hostile file can hold millions."""
    gaps = 0
    for item in _read(stream, file):
        if isinstance(item, Gap):
            gaps += 1
            if gaps > MAX_GAPS:
                file.more += 1
                continue
        yield item
    if file.more:
        why = "they cannot be read, like the ones above"
        yield Gap(f"{file.more} more items", why, file.name)


def _read(stream: IO[bytes], file: _File) -> Iterator[Spans | Gap]:
    """Tell lines from a document, and read either."""
    line, first, cut = 0, b"", False
    while is_blank(first) and not cut:
        first, cut = read_some(stream, file.limit, file.name, line=True)
        line += 1
        if not first and not cut:
            yield Gap("spans", "the file is empty", file.name)
            return
    if cut and is_blank(first):
        raise Truncated("its compressed data is cut off", where=file.name)
    first = unmarked(first)
    builder = SpanBuilder()
    try:
        gaps = _read_value(first, line, builder, file)
    except InputError as error:
        yield from _read_whole(Place(file.name, first, line), error, stream, file)
        return
    yield from gaps
    yield from _read_lines(stream, builder, line + 1, file)


def _read_whole(
    start: Place, error: InputError, stream: IO[bytes], file: _File
) -> Iterator[Spans | Gap]:
    """Read a document of several lines, or lines of which the first is broken.

    Args:
        start: the first line.
        error: why it is no value by itself.
        stream: what follows it.
        file: the file.
    """
    rest, cut = read_some(stream, file.limit, file.name, line=False)
    if is_blank(rest):
        raise error
    builder = SpanBuilder()
    pieces = values_of(start.data + rest, start.line)
    try:
        gaps = _read_value(*next(pieces), builder, file)
    except InputError as whole:
        if not _are_lines(rest, file.name):
            raise (error if isinstance(error, UnknownFormat) else whole) from whole
        yield Gap("a line", error.message, f"{file.name}:{start.line}")
        builder, pieces = SpanBuilder(), iter(())
        yield from _read_lines(io.BytesIO(rest), builder, start.line + 1, file)
    else:
        yield from gaps
    yield from _read_pieces(pieces, builder, file)
    if cut:
        yield Gap("the rest of the file", "its compressed data is cut off", file.name)


def _read_pieces(
    pieces: Iterator[tuple[bytes, int]], builder: SpanBuilder, file: _File
) -> Iterator[Spans | Gap]:
    """Read documents that follow the first one in the same file; a broken one is a gap."""
    for data, line in pieces:
        try:
            yield from _read_value(data, line, builder, file)
        except InputError as error:
            yield Gap("a document", error.message, error.where)
        if len(builder) >= BATCH:
            yield builder.finish()
    yield builder.finish()


def _are_lines(rest: bytes, name: str) -> bool:
    """Whether the next line is a value of a known format by itself."""
    second = next((text for text in rest.splitlines() if not is_blank(text)), b"")
    try:
        _read_value(second, 1, SpanBuilder(), _File(name, 0))
    except InputError:
        return False
    return True


def _read_lines(
    stream: IO[bytes], builder: SpanBuilder, line: int, file: _File
) -> Iterator[Spans | Gap]:
    """Read the remaining lines, each a value of its own; a broken one is a gap."""
    cut = False
    while not cut:
        text, cut = read_some(stream, file.limit, file.name, line=True)
        if not text:
            break
        if not is_blank(text):
            try:
                yield from _read_value(text, line, builder, file)
            except InputError as error:
                yield Gap("a line", error.message, f"{file.name}:{line}")
        line += 1
        if len(builder) >= BATCH:
            yield builder.finish()
    if cut:
        yield Gap("the rest of the file", "its compressed data is cut off", file.name)
    yield builder.finish()


def _read_value(data: bytes, line: int, builder: SpanBuilder, file: _File) -> list[Gap]:
    """Read one JSON value of any known format, and return its gaps, not too many of them.

    Raises:
        InputError: it is no JSON, or of no known format.
    """
    place = Place(file.name, data, line)
    try:
        with _without_collecting():
            found = reader_of(data, place)(data, builder, place)
            gaps = list(islice(found, MAX_GAPS))
            file.more += sum(1 for _ in found)
    except msgspec.ValidationError as error:
        raise UnknownFormat(file.name) from error
    return gaps


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Pause the garbage collector: decoding makes millions of objects and no circles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
