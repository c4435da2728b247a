"""OTLP in JSON: the collector's file exporter's lines, documents, and what backends wrap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from depmap.model.evidence import Gap
from depmap.tracing import attributes as names
from depmap.tracing.facts import SpanKind, Status
from depmap.tracing.ids import unbase64_span, unbase64_trace
from depmap.tracing.reading.text import Place, broken_item, decoded
from depmap.tracing.reading.values import clock, number, weight_of
from depmap.tracing.spans import WEIGHT_ONE, Process

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depmap.tracing.building import SpanBuilder

T = TypeVar("T")
_TRACE_WIDTH = 32
_SPAN_WIDTH = 16
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


class Value(msgspec.Struct, gc=False, rename="camel"):
    """A value; lists and maps are of no interest here."""

    string_value: str | None = None
    int_value: int | float | str | None = None
    bool_value: bool | None = None
    double_value: float | str | None = None


class Attribute(msgspec.Struct, gc=False):
    """A key and its value."""

    key: str = ""
    value: Value | None = None


class Link(msgspec.Struct, gc=False, rename="camel"):
    """A span link."""

    trace_id: str = ""
    span_id: str = ""


class SpanStatus(msgspec.Struct, gc=False):
    """A span's status."""

    code: int | str | None = None


class Span(msgspec.Struct, gc=False, rename="camel"):
    """A span, as far as it is of interest."""

    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str | None = None
    trace_state: str | None = None
    name: str | None = None
    kind: int | str | None = None
    start_time_unix_nano: int | float | str | None = None
    end_time_unix_nano: int | float | str | None = None
    attributes: list[Attribute] | None = None
    links: list[Link] | None = None
    status: SpanStatus | None = None


class Scope(msgspec.Struct, Generic[T], gc=False):
    """The spans of one instrumentation scope."""

    spans: list[T] | None = None


class Resource(msgspec.Struct, gc=False):
    """Who recorded the spans."""

    attributes: list[Attribute] | None = None


class Group(msgspec.Struct, Generic[T], gc=False, rename="camel"):
    """The spans of one resource; the second and third name are older ones."""

    resource: Resource | None = None
    scope_spans: list[Scope[T]] | None = None
    instrumentation_library_spans: list[Scope[T]] | None = None
    instrumentation_scope_spans: list[Scope[T]] | None = None

    @property
    def scopes(self) -> Iterator[Scope[T]]:
        """All scopes, whatever name they go by."""
        yield from self.scope_spans or ()
        yield from self.instrumentation_library_spans or ()
        yield from self.instrumentation_scope_spans or ()


class Document(msgspec.Struct, Generic[T], gc=False, rename="camel"):
    """TracesData, or what wraps it: Jaeger ``/api/v3`` (result), Tempo (batches, trace)."""

    resource_spans: list[Group[T]] | None = None
    batches: list[Group[T]] | None = None
    result: Document[T] | None = None
    trace: Document[T] | None = None

    @property
    def groups(self) -> Iterator[Group[T]]:
        """All resources' spans, however they are wrapped and however deep."""
        wrapped: list[Document[T]] = [self]
        while wrapped:
            document = wrapped.pop()
            yield from document.resource_spans or ()
            yield from document.batches or ()
            wrapped += [d for d in (document.result, document.trace) if d is not None]


_DOCUMENT = msgspec.json.Decoder(Document[Span])
_PIECES = msgspec.json.Decoder(Document[msgspec.Raw])
_SPAN = msgspec.json.Decoder(Span)


def read_document(data: bytes, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read one TracesData object, wrapped or not."""
    try:
        document = decoded(_DOCUMENT, data, place)
    except msgspec.ValidationError:
        yield from _piecewise(data, builder, place)
        return
    for group in document.groups:
        process = _process(group.resource, builder)
        for scope in group.scopes:
            for span in scope.spans or ():
                yield from _add(span, process, builder, place)


def _piecewise(data: bytes, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read span by span, so that one broken span costs only itself."""
    try:
        document = decoded(_PIECES, data, place)
    except msgspec.ValidationError as error:
        yield Gap("a block of spans", f"it cannot be read: {error}", f"{place.name}:{place.line}")
        return
    for group in document.groups:
        process = _process(group.resource, builder)
        for piece in (piece for scope in group.scopes for piece in scope.spans or ()):
            try:
                span = _SPAN.decode(piece)
            except msgspec.DecodeError as error:
                yield broken_item(place, bytes(piece), "a span", error)
                continue
            yield from _add(span, process, builder, place)


def _process(resource: Resource | None, builder: SpanBuilder) -> int:
    """Return the code of a resource."""
    attributes = (resource.attributes if resource is not None else None) or ()
    told = {
        attribute.key: attribute.value.string_value
        for attribute in attributes
        if attribute.key in names.RESOURCE and attribute.value is not None
    }

    def first(wanted: Sequence[str]) -> str:
        return next((text for key in wanted if (text := told.get(key))), "")

    return builder.process(
        Process(
            service=first(names.SERVICE),
            namespace=first(names.NAMESPACE),
            environment=first(names.ENVIRONMENT),
        )
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
            for attribute in span.attributes or ()
            if (key := attribute.key) in wanted
        ]
    )
    name = span.name or ""
    start, end = clock(span.start_time_unix_nano, 1), clock(span.end_time_unix_nano, 1)
    builder.add(
        trace=trace,
        span=own,
        parent=_span_id(span.parent_span_id or ""),
        kind=kind if 0 <= kind <= SpanKind.CONSUMER else 0,
        start=start,
        duration=end - start if 0 < start <= end else -1,
        process=process,
        name=name,
        facts=builder.facts(kind, _status(span.status), name, pairs),
        weight=weight_of(span.trace_state) if span.trace_state else WEIGHT_ONE,
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
