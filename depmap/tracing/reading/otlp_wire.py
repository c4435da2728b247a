"""What OTLP's JSON holds, as far as it is of interest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from depmap.tracing.reading.text import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")
G = TypeVar("G")


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


class Lean(msgspec.Struct, gc=False, rename="camel"):
    """A span whose attributes are left as text: spans with the same text are alike."""

    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str | None = None
    trace_state: str | None = None
    name: str | None = None
    kind: int | str | None = None
    start_time_unix_nano: int | float | str | None = None
    end_time_unix_nano: int | float | str | None = None
    attributes: msgspec.Raw = NOTHING
    links: list[Link] | None = None
    status: msgspec.Raw = NOTHING


class Scope(msgspec.Struct, Generic[T], gc=False):
    """The spans of one instrumentation scope."""

    spans: list[T] | None = None


class Resource(msgspec.Struct, gc=False):
    """Who recorded the spans."""

    attributes: list[Attribute] | None = None


class Scopes(msgspec.Struct, Generic[T], gc=False, rename="camel"):
    """The spans of one resource; the second and third name are older ones."""

    scope_spans: list[Scope[T]] | None = None
    instrumentation_library_spans: list[Scope[T]] | None = None
    instrumentation_scope_spans: list[Scope[T]] | None = None

    @property
    def scopes(self) -> Iterator[Scope[T]]:
        """All scopes, whatever name they go by."""
        yield from self.scope_spans or ()
        yield from self.instrumentation_library_spans or ()
        yield from self.instrumentation_scope_spans or ()


class Group(Scopes[T], Generic[T], gc=False):
    """A resource and its spans."""

    resource: Resource | None = None


class LeanGroup(Scopes[Lean], gc=False):
    """The same, with the resource left as text."""

    resource: msgspec.Raw = NOTHING


class Document(msgspec.Struct, Generic[G], gc=False, rename="camel"):
    """TracesData, or what wraps it: Jaeger ``/api/v3`` (result), Tempo (batches, trace)."""

    resource_spans: list[G] | None = None
    batches: list[G] | None = None
    result: Document[G] | None = None
    trace: Document[G] | None = None

    @property
    def groups(self) -> Iterator[G]:
        """All resources' spans, however they are wrapped and however deep."""
        wrapped: list[Document[G]] = [self]
        while wrapped:
            document = wrapped.pop()
            yield from document.resource_spans or ()
            yield from document.batches or ()
            wrapped += [d for d in (document.result, document.trace) if d is not None]
