"""Zipkin's JSON, version 1: the halves of a call told by annotations (cs, sr, ss, cr)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from depmap.model.evidence import Gap
from depmap.tracing import attributes as names
from depmap.tracing.facts import SpanKind
from depmap.tracing.reading.text import Place, broken_item, decoded
from depmap.tracing.reading.values import clock, span_of_time
from depmap.tracing.reading.zipkin import Endpoint, local, remote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depmap.tracing.building import SpanBuilder

_MICRO = 1000
_HALVES: Final = (
    (SpanKind.CLIENT, "cs", "cr", "sa"),
    (SpanKind.SERVER, "sr", "ss", "ca"),
    (SpanKind.PRODUCER, "ms", "", "ma"),
    (SpanKind.CONSUMER, "mr", "", "ma"),
)
"""Kind, annotation of the start, of the end, and the binary annotation of the other side."""


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
            try:
                span = decoded(_SPAN, part, place)
            except msgspec.ValidationError as error:
                yield broken_item(place, bytes(part), "a span", error)
                continue
            if not span.trace_id:
                yield Gap("a span", "it has no trace id", place.name)
                continue
            _add(span, builder)


def _add(span: Span, builder: SpanBuilder) -> None:
    """Add each half of a call that the span tells of; a span without any is a local one."""
    annotations = span.annotations or ()
    by_value = {a.value: a for a in annotations if isinstance(a.value, str)}
    halves = [half for half in _HALVES if half[1] in by_value or (half[2] and half[2] in by_value)]
    for kind, first, last, address in halves:
        begin, end = by_value.get(first), by_value.get(last)
        side = begin if begin is not None else end
        other = next((b for b in span.binary_annotations or () if b.key == address), None)
        if kind == SpanKind.SERVER and _is_itself(side, other):
            other = None
        start = clock(begin.timestamp, _MICRO) if begin is not None else 0
        stop = clock(end.timestamp, _MICRO) if end is not None else 0
        _add_half(
            span,
            kind,
            (side.endpoint if side is not None else None) or Endpoint(),
            remote(other.endpoint, kind) if other is not None and other.endpoint else [],
            (start, stop - start if 0 < start <= stop else -1),
            builder,
        )
    if not halves:
        start = clock(span.timestamp, _MICRO)
        took = span_of_time(span.duration, _MICRO)
        _add_half(span, SpanKind.UNSET, _anyone(span), [], (start, took), builder)


def _is_itself(side: Annotation | None, other: Binary | None) -> bool:
    """Whether a server names itself as its client, as old instrumentation does."""
    own = side.endpoint if side is not None else None
    told = other.endpoint if other is not None else None
    return bool(own and told and own.serviceName and own.serviceName == told.serviceName)


def _anyone(span: Span) -> Endpoint:
    """Return the endpoint of a local span: of any of its annotations."""
    of_annotations = [item.endpoint for item in span.annotations or () if item.endpoint]
    of_binary = [item.endpoint for item in span.binary_annotations or () if item.endpoint]
    return next(iter([*of_annotations, *of_binary]), Endpoint())


def _add_half(  # noqa: PLR0917 - private, called in two places
    span: Span,
    kind: SpanKind,
    side: Endpoint,
    other: Sequence[tuple[str, object]],
    time: tuple[int, int],
    builder: SpanBuilder,
) -> None:
    """Add one half of a call; the server's half is shared, as both have one id."""
    wanted = names.WANTED_OF_SERVER if kind == SpanKind.SERVER else names.WANTED
    tags = [(b.key, b.value) for b in span.binary_annotations or () if b.key in wanted]
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
        facts=builder.facts(kind, 0, name, (*tags, *other)),
        shared=kind in (SpanKind.SERVER, SpanKind.CONSUMER),
    )
