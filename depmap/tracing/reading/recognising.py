"""What a JSON value is, told by its keys: which reader reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from depmap.tracing.reading import jaeger, otlp, zipkin, zipkin1
from depmap.tracing.reading.text import Place, UnknownFormat, decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from depmap.model.evidence import Gap
    from depmap.tracing.building import SpanBuilder

    Reader = Callable[[bytes, SpanBuilder, Place], Iterator[Gap]]

PEEK: Final = 1 << 20
"""How far into a list to look for what it is a list of, in bytes."""

_FIRST_KEY = re.compile(rb'\s*\{\s*"([^"\\]{1,40})"\s*:')
_TELLING = re.compile(rb'"(resourceSpans|traceID|traceId|batches)"\s*:')
_VERSION_1 = re.compile(rb'"endpoint"\s*:\s*\{|"binaryAnnotations"\s*:\s*\[')
_EMPTY = re.compile(rb"\s*(?:\[(?:\s*\[\s*\]\s*,?)*\s*\]|\{\s*\})\s*\Z")


class _Keys(msgspec.Struct):
    """The keys of an object that tell what it is."""

    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    spans: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    traceID: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET  # noqa: N815 - Jaeger's name
    traceId: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET  # noqa: N815 - Zipkin's name
    resourceSpans: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET  # noqa: N815
    batches: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    trace: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    resourceLogs: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET  # noqa: N815
    resourceMetrics: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET  # noqa: N815


_KEYS = msgspec.json.Decoder(_Keys)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def reader_of(data: bytes, place: Place) -> Reader:
    """Return what reads this value; the first key usually tells."""
    found = _FIRST_KEY.match(data)
    if found and found[1] == b"resourceSpans":
        return otlp.read_document
    if found and found[1] == b"data":
        return jaeger.read_document
    if data.lstrip().startswith(b"["):
        return _reader_of_list(data, place)
    return _reader_of_object(data, place)


def _reader_of_object(data: bytes, place: Place) -> Reader:
    """Return what reads an object, by all of its keys; ``{}`` is an empty OTLP document."""
    keys = decoded(_KEYS, data, place)
    there = {key for key in _Keys.__struct_fields__ if getattr(keys, key) is not msgspec.UNSET}
    if there & {"resourceSpans", "batches", "result", "trace"}:
        return otlp.read_document
    if there & {"resourceLogs", "resourceMetrics"} or _EMPTY.match(data):
        return _skip
    if "data" in there:
        return jaeger.read_document
    if "traceID" in there or ("spans" in there and _is_list(keys.spans)):
        return jaeger.read_trace
    if "traceId" in there:
        return zipkin1.read_span if _VERSION_1.search(data, 0, PEEK) else zipkin.read_span
    raise UnknownFormat(place.name)


def _reader_of_list(data: bytes, place: Place) -> Reader:
    """Return what reads a list, by the first key in it that tells."""
    if _EMPTY.match(data):
        return _skip
    found = _TELLING.search(data, 0, PEEK)
    if found is None:
        decoded(_LIST, data, place)
        raise UnknownFormat(place.name)
    if found[1] == b"traceID":
        return jaeger.read_list
    if found[1] != b"traceId":
        return _each
    if _VERSION_1.search(data, 0, PEEK):
        return zipkin1.read
    return zipkin.read_list


def _each(data: bytes, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read a list of documents."""
    for piece in decoded(_LIST, data, place):
        part = bytes(piece)
        yield from reader_of(part, place)(part, builder, place)


def _skip(data: bytes, builder: SpanBuilder, place: Place) -> Iterator[Gap]:  # noqa: ARG001
    """Read nothing: logs and metrics between the spans, and empty lists."""
    yield from ()


def _is_list(raw: msgspec.Raw | msgspec.UnsetType) -> bool:
    """Whether a value that was left raw is a list."""
    return isinstance(raw, msgspec.Raw) and bytes(raw).startswith(b"[")
