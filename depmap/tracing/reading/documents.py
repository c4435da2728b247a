"""One JSON value or one message of a file at a time."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec

from depmap.errors import InputError
from depmap.model.evidence import Gap
from depmap.tracing.building import BATCH, SpanBuilder
from depmap.tracing.reading import otlp_proto
from depmap.tracing.reading.framing import messages, unpacked_message
from depmap.tracing.reading.recognising import reader_of
from depmap.tracing.reading.text import Place, UnknownFormat, is_blank
from depmap.tracing.tags import TagFinder

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from depmap.tracing.spans import Spans

MAX_GAPS: Final = 100
"""Gaps told one by one for each file; the others are counted."""

PROTOBUF: Final = b"\n"
"""How OTLP in protobuf begins: with its first field."""


@dataclass(slots=True)
class File:
    """A file being read.

    Attributes:
        name: what it is called in gaps and errors.
        limit: greatest size of a document or line.
        finder: what is shown every document that was read.
        more: gaps that are only counted.
    """

    name: str
    limit: int
    finder: TagFinder | None = None
    more: int = 0


def read_value(data: bytes, line: int, builder: SpanBuilder, file: File) -> list[Gap]:
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
    if file.finder is not None:
        file.finder.look(data)
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


def read_messages(stream: io.BufferedReader, file: File) -> Iterator[Spans | Gap]:
    """Read messages behind their lengths, each JSON or protobuf; a broken one is a gap."""
    builder = SpanBuilder()
    good = 0
    for number, (data, cut) in enumerate(messages(stream, file.limit), 1):
        where = f"{file.name}:{number}"
        try:
            yield from _read_message(data, where, builder, file)
            good += 1
        except InputError as error:
            if not good and not cut:
                raise UnknownFormat(file.name) from error
            yield Gap("a message", error.message, where)
        if cut:
            yield Gap("the rest of the file", "it is cut off", where)
        if len(builder) >= BATCH:
            yield builder.finish()
    yield builder.finish()


def _read_message(data: bytes, where: str, builder: SpanBuilder, file: File) -> Iterator[Gap]:
    """Read one message."""
    data, cut = unpacked_message(data, file.limit, where)
    if cut:
        yield Gap("the rest of a message", "its compressed data is cut off or broken", where)
    if data[:1] != PROTOBUF:
        if not is_blank(data):
            yield from read_value(data, 1, builder, File(where, file.limit, file.finder))
        return
    pieces, whole = otlp_proto.pieces_of(data)
    if not whole and not pieces:
        raise InputError("it is cut off or no OTLP in protobuf", where=where)
    yield from otlp_proto.read_pieces(pieces, builder, where, file.finder)
    if not whole:
        yield Gap("the rest of a message", "it is cut off or no OTLP in protobuf", where)
