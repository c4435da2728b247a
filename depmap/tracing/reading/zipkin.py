"""Zipkin's JSON, version 2: ``[[span…]…]`` as the API answers, ``[span…]`` as files hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from depmap.model.evidence import Gap
from depmap.tracing import attributes as names
from depmap.tracing.facts import SpanKind
from depmap.tracing.reading.text import Buffer, Place, broken_item, decoded
from depmap.tracing.reading.values import clock, span_of_time, weight_of
from depmap.tracing.spans import WEIGHT_ONE, Process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.tracing.building import SpanBuilder

_MICRO = 1000
_KINDS = {
    "SERVER": SpanKind.SERVER,
    "CLIENT": SpanKind.CLIENT,
    "PRODUCER": SpanKind.PRODUCER,
    "CONSUMER": SpanKind.CONSUMER,
}


class Endpoint(msgspec.Struct, gc=False):
    """One side of a call."""

    serviceName: str | None = None  # noqa: N815 - the names of Zipkin's JSON
    ipv4: str | None = None
    ipv6: str | None = None
    port: int | str | None = None


class Span(msgspec.Struct, gc=False):
    """A span, as far as it is of interest."""

    traceId: str = ""  # noqa: N815
    id: str = ""
    parentId: str | None = None  # noqa: N815
    kind: str | None = None
    name: str | None = None
    timestamp: int | float | str | None = None
    duration: int | float | str | None = None
    localEndpoint: Endpoint | None = None  # noqa: N815
    remoteEndpoint: Endpoint | None = None  # noqa: N815
    shared: bool | None = None
    tags: dict[str, Any] | None = None


_TRACE = msgspec.json.Decoder(list[Span])
_PIECES = msgspec.json.Decoder(list[msgspec.Raw])
_SPAN = msgspec.json.Decoder(Span)
_NOBODY = Endpoint()
_BRACKET = ord("[")


def read_list(data: bytes, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read a list of traces, each a list of spans, or a list of spans.

    One piece at a time, so that only one is held as objects.
    """
    for piece in decoded(_PIECES, data, place):
        if memoryview(piece)[0] == _BRACKET:
            yield from _read_trace(piece, builder, place)
        else:
            yield from read_span(piece, builder, place)


def _read_trace(data: Buffer, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read a list of spans; where one is broken, span by span, so that it costs only itself."""
    try:
        spans = decoded(_TRACE, data, place)
    except msgspec.ValidationError:
        for piece in decoded(_PIECES, data, place):
            yield from read_span(piece, builder, place)
        return
    for span in spans:
        yield from _add(span, builder, place)


def read_span(data: Buffer, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read one span object."""
    try:
        span = decoded(_SPAN, data, place)
    except msgspec.ValidationError as error:
        yield broken_item(place, bytes(data), "a span", error)
        return
    yield from _add(span, builder, place)


def _add(span: Span, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Add one span."""
    if not span.traceId:
        yield Gap("a span", "it has no trace id", place.name)
        return
    kind = _KINDS.get(span.kind.upper(), SpanKind.UNSET) if span.kind else SpanKind.UNSET
    wanted = names.WANTED_OF_SERVER if kind == SpanKind.SERVER else names.WANTED
    tags = span.tags or {}
    pairs = [(key, tags[key]) for key in tags if key in wanted]
    if span.remoteEndpoint is not None:
        pairs += remote(span.remoteEndpoint, kind)
    state = next((tags[key] for key in names.TRACE_STATE if key in tags), "")
    name = span.name or ""
    builder.add(
        trace=span.traceId,
        span=span.id,
        parent=span.parentId or "",
        kind=kind,
        start=clock(span.timestamp, _MICRO),
        duration=span_of_time(span.duration, _MICRO),
        process=local(span.localEndpoint or _NOBODY, builder),
        name=name,
        facts=builder.facts(kind, 0, name, tuple(pairs)),
        shared=bool(span.shared),
        weight=weight_of(str(state)) if state else WEIGHT_ONE,
    )


def local(endpoint: Endpoint, builder: SpanBuilder) -> int:
    """Return the code of the endpoint that recorded a span."""
    address = endpoint.ipv4 or endpoint.ipv6 or ""
    return builder.process(Process(service=endpoint.serviceName or "", address=address))


def remote(endpoint: Endpoint, kind: int) -> list[tuple[str, object]]:
    """Return the remote endpoint as attributes; of a caller, only the name says who it is."""
    pairs: list[tuple[str, object]] = []
    if endpoint.serviceName:
        pairs.append((names.REMOTE_NAME, endpoint.serviceName))
    if kind != SpanKind.SERVER:
        if endpoint.ipv4 or endpoint.ipv6:
            pairs.append((names.REMOTE_IP, endpoint.ipv4 or endpoint.ipv6))
        if endpoint.port:
            pairs.append((names.REMOTE_PORT, str(endpoint.port)))
    return pairs
