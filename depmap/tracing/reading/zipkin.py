"""Zipkin's JSON, version 2: ``[[span…]…]`` as the API answers, ``[span…]`` as files hold it."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

from depmap.model.evidence import Gap
from depmap.tracing import attributes as names
from depmap.tracing.facts import SpanKind
from depmap.tracing.reading.text import (
    AT_ONCE,
    NOTHING,
    UNEXPECTED,
    Buffer,
    Place,
    broken_item,
    decoded,
)
from depmap.tracing.reading.values import clock, clocks, span_of_time, spans_of_time, weight_of
from depmap.tracing.spans import WEIGHT_ONE, Process

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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


class Lean(msgspec.Struct, gc=False):
    """A span whose sides and tags are left as text: spans with the same text are alike."""

    traceId: str = ""  # noqa: N815
    id: str = ""
    parentId: str | None = None  # noqa: N815
    kind: str | None = None
    name: str | None = None
    timestamp: int | float | str | None = None
    duration: int | float | str | None = None
    localEndpoint: msgspec.Raw = NOTHING  # noqa: N815
    remoteEndpoint: msgspec.Raw = NOTHING  # noqa: N815
    shared: bool | None = None
    tags: msgspec.Raw = NOTHING


_LEAN = msgspec.json.Decoder(list[Lean])
_LEANS = msgspec.json.Decoder(list[list[Lean]])
_TRACE = msgspec.json.Decoder(list[Span])
_PIECES = msgspec.json.Decoder(list[msgspec.Raw])
_TAGS = msgspec.json.Decoder(dict[str, Any] | None)
_ENDPOINT = msgspec.json.Decoder(Endpoint | None)
_SPAN = msgspec.json.Decoder(Span)
_NOBODY = Endpoint()
_BRACKET = ord("[")
_NESTED = re.compile(rb"\s*\[\s*\[")


def read_list(data: Buffer, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read a list of traces, each a list of spans, or a list of spans.

    A long list is read one piece at a time, so that only one is held as objects.
    """
    if len(memoryview(data)) <= AT_ONCE and _read_at_once(data, builder):
        return
    for piece in decoded(_PIECES, data, place):
        if memoryview(piece)[0] == _BRACKET:
            yield from _read_trace(piece, builder, place)
        else:
            yield from read_span(piece, builder, place)


def _read_at_once(data: Buffer, builder: SpanBuilder) -> bool:
    """Read a list of either kind whole; False, with nothing read, where that does not go."""
    nested = _NESTED.match(memoryview(data)) is not None
    try:
        spans = list(chain.from_iterable(_LEANS.decode(data))) if nested else _LEAN.decode(data)
        return add_lean(spans, builder)
    except UNEXPECTED:
        return False


def add_lean(spans: list[Lean], builder: SpanBuilder) -> bool:
    """Add many spans; False, with nothing added, where one of them needs a closer look.

    Raises:
        msgspec.DecodeError: what was left as text is not what it should be.
    """
    traces = [span.traceId for span in spans]
    if not all(traces):
        return False
    shapes = builder.shapes(spans, _texts_of, lambda span: _shape(span, builder))
    sides = [bytes(span.localEndpoint) for span in spans]
    known = {side: builder.side(side, _process_of) for side in set(sides)}
    builder.extend(
        traces,
        [span.id for span in spans],
        [span.parentId or "" for span in spans],
        [span.shared is True for span in spans],
        clocks([span.timestamp for span in spans], _MICRO),
        spans_of_time([span.duration for span in spans], _MICRO),
        [known[side] for side in sides],
        shapes,
    )
    return True


def _texts_of(spans: Sequence[Lean]) -> list[object]:
    """Return all that each span's shape depends on."""
    return [(s.kind, s.name, bytes(s.tags), bytes(s.remoteEndpoint)) for s in spans]


def _shape(span: Lean, builder: SpanBuilder) -> int:
    """Work out what a span shares with others of the same text."""
    tags = (_TAGS.decode(span.tags) if span.tags is not NOTHING else None) or {}
    other = _ENDPOINT.decode(span.remoteEndpoint) if span.remoteEndpoint is not NOTHING else None
    kind, facts, weight = _told(span.kind, span.name, tags, other or _NOBODY, builder)
    return builder.shape(kind, span.name or "", facts, weight)


def _told(
    word: str | None,
    name: str | None,
    tags: Mapping[str, object],
    other: Endpoint,
    builder: SpanBuilder,
) -> tuple[int, int, int]:
    """Return kind, facts and weight of a span."""
    kind = _KINDS.get(word.upper(), SpanKind.UNSET) if word else SpanKind.UNSET
    wanted = names.WANTED_OF_SERVER if kind == SpanKind.SERVER else names.WANTED
    pairs = [(key, tags[key]) for key in tags if key in wanted]
    if other is not _NOBODY:
        pairs += remote(other, kind)
    state = next((tags[key] for key in names.TRACE_STATE if key in tags), "")
    weight = weight_of(str(state)) if state else WEIGHT_ONE
    return kind, builder.facts(kind, 0, name or "", tuple(pairs)), weight


def _read_trace(data: Buffer, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read a list of spans; where one is broken, span by span, so that it costs only itself."""
    if _read_at_once(data, builder):
        return
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
    kind, facts, weight = _told(
        span.kind, span.name, span.tags or {}, span.remoteEndpoint or _NOBODY, builder
    )
    builder.add(
        trace=span.traceId,
        span=span.id,
        parent=span.parentId or "",
        kind=kind,
        start=clock(span.timestamp, _MICRO),
        duration=span_of_time(span.duration, _MICRO),
        process=local(span.localEndpoint or _NOBODY, builder),
        name=span.name or "",
        facts=facts,
        shared=bool(span.shared),
        weight=weight,
    )


def local(endpoint: Endpoint, builder: SpanBuilder) -> int:
    """Return the code of the endpoint that recorded a span."""
    return builder.process(_process(endpoint))


def _process(endpoint: Endpoint) -> Process:
    """Return an endpoint as a process."""
    address = endpoint.ipv4 or endpoint.ipv6 or ""
    return Process(service=endpoint.serviceName or "", address=address)


def _process_of(text: bytes) -> Process:
    """Return an endpoint that was left as text as a process."""
    return _process(_ENDPOINT.decode(text) or _NOBODY)


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
