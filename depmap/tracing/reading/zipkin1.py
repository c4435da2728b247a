"""Zipkin's JSON, version 1: the halves of a call told by annotations (cs, sr, ss, cr).

One span may hold both halves. What an annotation or a tag is about is told by its endpoint, and
the other side by the binary annotations ``sa``, ``ca`` and ``ma`` (Zipkin's ``V1SpanConverter``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from depmap.model.evidence import Gap
from depmap.tracing import attributes as names
from depmap.tracing.facts import SpanKind
from depmap.tracing.reading.text import Place, broken_item, decoded
from depmap.tracing.reading.values import clock, span_of_time
from depmap.tracing.reading.zipkin import Endpoint, local, remote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depmap.tracing.building import SpanBuilder

_MICRO = 1000


class _Half(NamedTuple):
    """One side of a call, and the annotations that tell of it.

    Attributes:
        kind: the kind of its span.
        telling: annotations any of which shows that it is there.
        first: the annotation of its start.
        last: that of its end.
        address: the binary annotation of the other side.
    """

    kind: SpanKind
    telling: tuple[str, ...]
    first: str
    last: str
    address: str


_HALVES: Final = (
    _Half(SpanKind.CLIENT, ("cs", "cr"), "cs", "cr", "sa"),
    _Half(SpanKind.SERVER, ("sr", "ss"), "sr", "ss", "ca"),
    _Half(SpanKind.PRODUCER, ("ms",), "ms", "ws", "ma"),
    _Half(SpanKind.CONSUMER, ("mr",), "wr", "mr", "ma"),
)
_ADDRESSES: Final = frozenset({"sa", "ca", "ma"})


class Annotation(msgspec.Struct, gc=False):
    """Something that happened at a time."""

    value: Any = None
    timestamp: int | float | str | None = None
    endpoint: Endpoint | None = None


class Binary(msgspec.Struct, gc=False):
    """A tag, or the address of the other side."""

    key: str = ""
    value: Any = None
    endpoint: Endpoint | None = None


class Span(msgspec.Struct, rename="camel"):
    """A span of version 1; it may hold both halves of a call."""

    trace_id: str = ""
    id: str = ""
    parent_id: str | None = None
    name: str | None = None
    timestamp: int | float | str | None = None
    duration: int | float | str | None = None
    annotations: list[Annotation] | None = None
    binary_annotations: list[Binary] | None = None


_PIECES = msgspec.json.Decoder(list[msgspec.Raw])
_SPAN = msgspec.json.Decoder(Span)


def read(data: bytes, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read a list of spans, or a list of such lists."""
    for piece in decoded(_PIECES, data, place):
        nested = bytes(piece).startswith(b"[")
        for part in decoded(_PIECES, piece, place) if nested else (piece,):
            yield from read_span(bytes(part), builder, place)


def read_span(data: bytes, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read one span."""
    try:
        span = decoded(_SPAN, data, place)
    except msgspec.ValidationError as error:
        yield broken_item(place, data, "a span", error)
        return
    if not span.trace_id:
        yield Gap("a span", "it has no trace id", place.name)
        return
    _add(span, builder)


def _add(span: Span, builder: SpanBuilder) -> None:
    """Add each half of a call that the span tells of."""
    annotations = span.annotations or ()
    by_value = {a.value: a for a in annotations if isinstance(a.value, str)}
    halves = [half for half in _HALVES if any(value in by_value for value in half.telling)]
    if not halves:
        _add_local(span, builder)
    sides = [_side(half, by_value) for half in halves]
    names_of_sides = [side.serviceName for side in sides]
    tags: list[list[Binary]] = [[] for _ in halves]
    for tag in span.binary_annotations or () if halves else ():
        service = tag.endpoint.serviceName if tag.endpoint else None
        tags[names_of_sides.index(service) if service in names_of_sides else 0].append(tag)
    for at, half in enumerate(halves):
        time = _time(span if at == 0 else None, by_value.get(half.first), by_value.get(half.last))
        other = _other(span, half, sides[at])
        _add_half(span, half.kind, sides[at], other, tags[at], time, builder)


def _add_local(span: Span, builder: SpanBuilder) -> None:
    """Add a span that tells no half: a local one, unless it tells an address of the other side.

    With both addresses the client's is its own; with the client's alone it is a server.
    """
    client, server = (_address(span, key) for key in ("ca", "sa"))
    kind = SpanKind.SERVER if client and not server else SpanKind.UNSET
    side = client if client and server else _anyone(span)
    other = remote(server or client or Endpoint(), kind)
    time = clock(span.timestamp, _MICRO), span_of_time(span.duration, _MICRO)
    _add_half(span, kind, side, other, span.binary_annotations or (), time, builder)


def _side(half: _Half, by_value: Mapping[str, Annotation]) -> Endpoint:
    """Return who recorded a half."""
    there = [by_value[value] for value in (half.first, half.last) if value in by_value]
    return next((item.endpoint for item in there if item.endpoint), Endpoint())


def _address(span: Span, key: str) -> Endpoint | None:
    """Return an address of the other side."""
    return next((b.endpoint for b in span.binary_annotations or () if b.key == key), None)


def _other(span: Span, half: _Half, side: Endpoint) -> Sequence[tuple[str, object]]:
    """Return the other side of a half, unless a server names itself, as Finagle's servers do."""
    other = _address(span, half.address) or Endpoint()
    own = half.kind == SpanKind.SERVER and other.serviceName == side.serviceName
    return () if own else remote(other, half.kind)


def _time(span: Span | None, first: Annotation | None, last: Annotation | None) -> tuple[int, int]:
    """Return start and duration of a half; its span's where the annotations do not tell both.

    Args:
        span: the span; None for the second of two halves, which does not own the span's times.
        first: the annotation of its start.
        last: that of its end.
    """
    start = clock(first.timestamp, _MICRO) if first is not None else 0
    stop = clock(last.timestamp, _MICRO) if last is not None else 0
    if 0 < start <= stop:
        return start, stop - start
    whole = clock(span.timestamp, _MICRO) if span is not None else 0
    if span is not None and whole:
        return whole, span_of_time(span.duration, _MICRO)
    return start or stop, -1


def _anyone(span: Span) -> Endpoint:
    """Return the endpoint of a local span: of any of its annotations but the addresses."""
    of_annotations = [item.endpoint for item in span.annotations or () if item.endpoint]
    of_binary = [
        item.endpoint
        for item in span.binary_annotations or ()
        if item.endpoint and item.key not in _ADDRESSES
    ]
    return next(iter([*of_annotations, *of_binary]), Endpoint())


def _add_half(  # noqa: PLR0917 - private, called in two places
    span: Span,
    kind: SpanKind,
    side: Endpoint,
    other: Sequence[tuple[str, object]],
    tags: Sequence[Binary],
    time: tuple[int, int],
    builder: SpanBuilder,
) -> None:
    """Add one half of a call; the server's half is shared, as both have one id."""
    wanted = names.WANTED_OF_SERVER if kind == SpanKind.SERVER else names.WANTED
    told = [(b.key, b.value) for b in tags if b.key in wanted]
    name = span.name or ""
    builder.add(
        trace=span.trace_id,
        span=span.id,
        parent=span.parent_id or "",
        kind=kind,
        start=time[0],
        duration=time[1],
        process=local(side, builder),
        name=name,
        facts=builder.facts(kind, 0, name, (*told, *other)),
        shared=kind in (SpanKind.SERVER, SpanKind.CONSUMER),
    )
