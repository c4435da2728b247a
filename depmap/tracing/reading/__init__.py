"""Trace files of any known format, recognised by their content, as batches of spans."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING

from depmap.errors import InputError
from depmap.model.evidence import Gap
from depmap.tracing.building import BATCH, SpanBuilder
from depmap.tracing.reading import otlp_proto
from depmap.tracing.reading.documents import MAX_GAPS, PROTOBUF, File, read_messages, read_value
from depmap.tracing.reading.framing import LOOK, is_framed
from depmap.tracing.reading.packing import opened, unpacked
from depmap.tracing.reading.text import (
    MAX_BYTES,
    Place,
    Truncated,
    UnknownFormat,
    is_blank,
    read_some,
    unmarked,
    values_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from depmap.tracing.spans import Spans
    from depmap.tracing.tags import TagFinder

__all__ = ["read_bytes", "read_file", "read_stream"]


def read_file(
    path: Path, *, limit: int = MAX_BYTES, finder: TagFinder | None = None
) -> Iterator[Spans | Gap]:
    """Read a trace file: Jaeger or Zipkin JSON, OTLP as JSON or protobuf, packed or not.

    Args:
        path: the file; folders are expanded by the caller.
        limit: greatest size of a document, or of a line in a file of lines, unpacked.
        finder: is shown all that was read, to find the traces with a tag.

    Yields:
        Batches of spans, and a gap for each item that could not be read.

    Raises:
        InputError: the file is none of these, is broken as a whole, or too large.
    """
    with opened(path) as stream:
        yield from _counted(stream, File(str(path), limit, finder))


def read_bytes(data: bytes, name: str, *, limit: int = MAX_BYTES) -> Iterator[Spans | Gap]:
    """Read what a backend answered, or a file already in memory; see ``read_file``.

    Args:
        data: the content.
        name: what to call it in gaps and errors: a file's name or a URL.
        limit: greatest size, unpacked.
    """
    yield from read_stream(io.BytesIO(data), name, limit=limit)


def read_stream(
    raw: IO[bytes], name: str, *, limit: int = MAX_BYTES, finder: TagFinder | None = None
) -> Iterator[Spans | Gap]:
    """Read a stream as it comes, standard input for one; see ``read_file``.

    Args:
        raw: the stream.
        name: what to call it in gaps and errors.
        limit: greatest size of a document or line, unpacked.
        finder: see ``read_file``.
    """
    yield from _counted(unpacked(raw, name), File(name, limit, finder))


def _counted(stream: io.BufferedReader, file: File) -> Iterator[Spans | Gap]:
    """Tell the first gaps one by one, and count the rest: a hostile file can hold millions."""
    gaps = 0
    for item in _recognised(stream, file):
        if isinstance(item, Gap):
            gaps += 1
            if gaps > MAX_GAPS:
                file.more += 1
                continue
        yield item
    if file.more:
        why = "they cannot be read, like the ones above"
        yield Gap(f"{file.more} more items", why, file.name)


def _recognised(stream: io.BufferedReader, file: File) -> Iterator[Spans | Gap]:
    """Tell text from protobuf and from messages behind their lengths, and read any of them."""
    try:
        head = stream.peek(LOOK)[:LOOK]
    except EOFError as error:
        raise Truncated("its compressed data is cut off or broken", where=file.name) from error
    if is_framed(head):
        yield from read_messages(stream, file)
    elif head[:1] == PROTOBUF:
        yield from _read_protobuf(stream, file)
    else:
        yield from _read(stream, file)


def _read_protobuf(stream: IO[bytes], file: File) -> Iterator[Spans | Gap]:
    """Read OTLP in protobuf, or text that begins with an empty line, as OTLP does as well."""
    data, cut = read_some(stream, file.limit, file.name, line=False)
    pieces, whole = otlp_proto.pieces_of(data)
    if not otlp_proto.is_spans(pieces):
        yield from _read(io.BytesIO(data), file)
        return
    builder = SpanBuilder()
    yield from otlp_proto.read_pieces(pieces, builder, file.name, file.finder)
    if cut or not whole:
        yield Gap("the rest of the file", "it is cut off or no OTLP in protobuf", file.name)
    yield builder.finish()


def _read(stream: IO[bytes], file: File) -> Iterator[Spans | Gap]:
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
        gaps = read_value(first, line, builder, file)
    except InputError as error:
        yield from _read_whole(Place(file.name, first, line), error, stream, file)
        return
    yield from gaps
    yield from _read_lines(stream, builder, line + 1, file)


def _read_whole(
    start: Place, error: InputError, stream: IO[bytes], file: File
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
        gaps = read_value(*next(pieces), builder, file)
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
    pieces: Iterator[tuple[bytes, int]], builder: SpanBuilder, file: File
) -> Iterator[Spans | Gap]:
    """Read documents that follow the first one in the same file; a broken one is a gap."""
    for data, line in pieces:
        try:
            yield from read_value(data, line, builder, file)
        except InputError as error:
            yield Gap("a document", error.message, error.where)
        if len(builder) >= BATCH:
            yield builder.finish()
    yield builder.finish()


def _are_lines(rest: bytes, name: str) -> bool:
    """Whether the next line is a value of a known format by itself."""
    second = next((text for text in rest.splitlines() if not is_blank(text)), b"")
    try:
        read_value(second, 1, SpanBuilder(), File(name, 0))
    except InputError:
        return False
    return True


def _read_lines(
    stream: IO[bytes], builder: SpanBuilder, line: int, file: File
) -> Iterator[Spans | Gap]:
    """Read the remaining lines, each a value of its own; a broken one is a gap."""
    cut = False
    while not cut:
        text, cut = read_some(stream, file.limit, file.name, line=True)
        if not text:
            break
        if not is_blank(text):
            try:
                yield from read_value(text, line, builder, file)
            except InputError as error:
                yield Gap("a line", error.message, f"{file.name}:{line}")
        line += 1
        if len(builder) >= BATCH:
            yield builder.finish()
    if cut:
        yield Gap("the rest of the file", "its compressed data is cut off", file.name)
    yield builder.finish()
