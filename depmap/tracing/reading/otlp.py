"""OTLP in JSON: the collector's file exporter's lines, documents, and what backends wrap."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any

import msgspec

from depmap.model.evidence import Gap
from depmap.tracing import attributes as names
from depmap.tracing.facts import SpanKind, Status
from depmap.tracing.ids import unbase64_span, unbase64_trace
from depmap.tracing.reading.otlp_wire import (
    Attribute,
    Document,
    Group,
    Lean,
    LeanGroup,
    Resource,
    Span,
    SpanStatus,
    Value,
)
from depmap.tracing.reading.text import (
    NOTHING,
    UNEXPECTED,
    Buffer,
    Place,
    broken_item,
    decoded,
)
from depmap.tracing.reading.values import clock, clocks, number, weight_of
from depmap.tracing.spans import WEIGHT_ONE, Process

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depmap.tracing.building import SpanBuilder

_TRACE_WIDTH = 32
_SPAN_WIDTH = 16
_NO_TRACE = "0" * _TRACE_WIDTH
_NO_SPAN = "0" * _SPAN_WIDTH
_KINDS = {
    **{f"SPAN_KIND_{kind.name}": kind for kind in SpanKind},
    **{kind.name: kind for kind in SpanKind},
    **{str(kind.value): kind for kind in SpanKind},
}
_STATUSES = {
    **{f"STATUS_CODE_{status.name}": status for status in Status},
    **{status.name: status for status in Status},
    **{str(status.value): status for status in Status},
}


_LEAN = msgspec.json.Decoder(Document[LeanGroup])
_RESOURCE = msgspec.json.Decoder(Resource | None)
_ATTRIBUTES = msgspec.json.Decoder(list[Attribute] | None)
_STATUS = msgspec.json.Decoder(SpanStatus | None)
_DOCUMENT = msgspec.json.Decoder(Document[Group[Span]])
_PIECES = msgspec.json.Decoder(Document[Group[msgspec.Raw]])
_SPAN = msgspec.json.Decoder(Span)


def read_document(data: Buffer, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read one TracesData object, wrapped or not."""
    if _read_at_once(data, builder):
        return
    try:
        document = decoded(_DOCUMENT, data, place)
    except msgspec.ValidationError:
        yield from _piecewise(data, builder, place)
        return
    for group in document.groups:
        process = builder.process(_process(group.resource))
        for scope in group.scopes:
            for span in scope.spans or ():
                yield from _add(span, process, builder, place)


def _read_at_once(data: Buffer, builder: SpanBuilder) -> bool:
    """Read a document quickly; False, with nothing read, where a span needs a closer look."""
    try:
        spans: list[Lean] = []
        processes: list[int] = []
        for group in _LEAN.decode(data).groups:
            process = builder.side(bytes(group.resource), _process_of)
            before = len(spans)
            for scope in group.scopes:
                spans += scope.spans or ()
            processes += [process] * (len(spans) - before)
        return not spans or _add_lean(spans, processes, builder)
    except UNEXPECTED:
        return False


def _add_lean(spans: list[Lean], processes: list[int], builder: SpanBuilder) -> bool:
    """Add many spans; False, with nothing added, where one of them needs a closer look."""
    traces = [span.trace_id for span in spans]
    own = [span.span_id for span in spans]
    parents = [span.parent_span_id or "" for span in spans]
    widths = set(map(len, parents)) - {0}
    if (
        set(map(len, traces)) != {_TRACE_WIDTH}
        or set(map(len, own)) | widths != {_SPAN_WIDTH}
        or _NO_SPAN in own
        or _NO_TRACE in traces
    ):
        return False
    shapes = builder.shapes(spans, _texts_of, lambda span: _lean_shape(span, builder))
    starts = clocks([span.start_time_unix_nano for span in spans], 1)
    ends = clocks([span.end_time_unix_nano for span in spans], 1)
    took = [
        end - start if 0 < start <= end else -1 for start, end in zip(starts, ends, strict=True)
    ]
    first = builder.extend(
        traces, own, parents, repeat(False, len(own)), starts, took, processes, shapes
    )
    for at, links in enumerate([span.links for span in spans]):
        for link in links or ():
            builder.link(unbase64_trace(link.trace_id), _span_id(link.span_id), first + at)
    return True


def _texts_of(spans: Sequence[Lean]) -> list[object]:
    """Return all that each span's shape depends on."""
    return [(s.kind, s.name, bytes(s.attributes), bytes(s.status), s.trace_state) for s in spans]


def _lean_shape(span: Lean, builder: SpanBuilder) -> int:
    """Work out what a span shares with others of the same text."""
    attributes = _ATTRIBUTES.decode(span.attributes) if span.attributes is not NOTHING else None
    status = _STATUS.decode(span.status) if span.status is not NOTHING else None
    kind, facts, weight = _told(span, attributes, status, builder)
    return builder.shape(kind, span.name or "", facts, weight)


def _told(
    span: Span | Lean,
    attributes: Sequence[Attribute] | None,
    status: SpanStatus | None,
    builder: SpanBuilder,
) -> tuple[int, int, int]:
    """Return kind, facts and weight of a span."""
    kind = span.kind if type(span.kind) is int else _KINDS.get(str(span.kind), 0)
    wanted = names.WANTED_OF_SERVER if kind == SpanKind.SERVER else names.WANTED
    pairs = tuple(
        [
            (
                key,
                value.string_value
                if (value := attribute.value) is not None and value.string_value is not None
                else _plain(value),
            )
            for attribute in attributes or ()
            if (key := attribute.key) in wanted
        ]
    )
    facts = builder.facts(kind, _status(status), span.name or "", pairs)
    kind = kind if 0 <= kind <= SpanKind.CONSUMER else 0
    return kind, facts, weight_of(span.trace_state) if span.trace_state else WEIGHT_ONE


def _piecewise(data: Buffer, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read span by span, so that one broken span costs only itself."""
    try:
        document = decoded(_PIECES, data, place)
    except msgspec.ValidationError as error:
        yield Gap("a block of spans", f"it cannot be read: {error}", f"{place.name}:{place.line}")
        return
    for group in document.groups:
        process = builder.process(_process(group.resource))
        for piece in (piece for scope in group.scopes for piece in scope.spans or ()):
            try:
                span = decoded(_SPAN, piece, place)
            except msgspec.ValidationError as error:
                yield broken_item(place, bytes(piece), "a span", error)
                continue
            yield from _add(span, process, builder, place)


def _process_of(text: bytes) -> Process:
    """Return a resource that was left as text as a process."""
    return _process(_RESOURCE.decode(text))


def _process(resource: Resource | None) -> Process:
    """Return a resource as a process."""
    attributes = (resource.attributes if resource is not None else None) or ()
    told = {
        attribute.key: attribute.value.string_value
        for attribute in attributes
        if attribute.key in names.RESOURCE and attribute.value is not None
    }

    def first(wanted: Sequence[str]) -> str:
        return next((text for key in wanted if (text := told.get(key))), "")

    return Process(
        service=first(names.SERVICE),
        namespace=first(names.NAMESPACE),
        environment=first(names.ENVIRONMENT),
    )


def _plain(value: Value | None) -> Any:
    """Return a value that is no text."""
    if value is None:
        return None
    if value.int_value is not None:
        return number(value.int_value)
    return value.bool_value if value.bool_value is not None else value.double_value


def _add(span: Span, process: int, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Add one span and its links."""
    trace = span.trace_id
    if len(trace) != _TRACE_WIDTH:
        trace = unbase64_trace(trace)
    own = _span_id(span.span_id)
    if not trace.strip("0") or not own.strip("0"):
        yield Gap("a span", "it has no trace id or no span id", f"{place.name}:{place.line}")
        return
    kind, facts, weight = _told(span, span.attributes, span.status, builder)
    start, end = clock(span.start_time_unix_nano, 1), clock(span.end_time_unix_nano, 1)
    builder.add(
        trace=trace,
        span=own,
        parent=_span_id(span.parent_span_id or ""),
        kind=kind,
        start=start,
        duration=end - start if 0 < start <= end else -1,
        process=process,
        name=span.name or "",
        facts=facts,
        weight=weight,
    )
    for link in span.links or ():
        builder.link(unbase64_trace(link.trace_id), _span_id(link.span_id))


def _span_id(text: str) -> str:
    """Return a span id in hex."""
    return text if len(text) == _SPAN_WIDTH else unbase64_span(text)


def _status(status: SpanStatus | None) -> int:
    """Return the status as a ``Status``."""
    if status is None or status.code is None:
        return Status.UNSET
    return status.code if type(status.code) is int else _STATUSES.get(str(status.code), 0)
