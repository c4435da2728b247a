"""Jaeger's JSON: ``/api/traces`` answers, exports of its UI, single traces, bare lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from depmap.errors import InputError
from depmap.model.evidence import Gap
from depmap.tracing import attributes as names
from depmap.tracing.facts import SpanKind
from depmap.tracing.reading.text import Buffer, Place, broken_item, decoded
from depmap.tracing.reading.values import WANTED_OF_JAEGER, clock, span_of_time, weight_of
from depmap.tracing.spans import WEIGHT_ONE, Process

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depmap.tracing.building import SpanBuilder

T = TypeVar("T")
_MICRO = 1000
_KINDS = {
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
    "internal": SpanKind.INTERNAL,
}


class Tag(msgspec.Struct, gc=False):
    """A typed key and value; a list as value is of no interest here."""

    key: str
    value: Any = None


class Reference(msgspec.Struct, gc=False):
    """A reference to another span; a whole span nested in it (DeathStarBench) is skipped."""

    refType: str = "CHILD_OF"  # noqa: N815 - the names of Jaeger's JSON
    traceID: str = ""  # noqa: N815
    spanID: str = ""  # noqa: N815


class Recorder(msgspec.Struct, gc=False):
    """Jaeger's process."""

    serviceName: str | None = None  # noqa: N815
    tags: list[Tag] | None = None


class Span(msgspec.Struct, gc=False):
    """A span, as far as it is of interest."""

    traceID: str = ""  # noqa: N815
    spanID: str = ""  # noqa: N815
    parentSpanID: str | None = None  # noqa: N815
    operationName: str | None = None  # noqa: N815
    references: list[Reference] | None = None
    startTime: int | float | str | None = None  # noqa: N815
    duration: int | float | str | None = None
    tags: list[Tag] | None = None
    processID: str | None = None  # noqa: N815
    process: Recorder | None = None


class Trace(msgspec.Struct, Generic[T], gc=False):
    """A trace: spans, and the processes they refer to."""

    spans: list[T] | None = None
    processes: dict[str, Recorder] | None = None


class Complaint(msgspec.Struct):
    """An error of the backend, in place of data."""

    msg: str = ""


class Document(msgspec.Struct):
    """The envelope of ``/api/traces`` and of the UI's export; its traces are left raw."""

    data: list[msgspec.Raw] | None = None
    errors: list[Complaint] | None = None


_DOCUMENT = msgspec.json.Decoder(Document)
_TRACE = msgspec.json.Decoder(Trace[Span])
_TRACE_PIECES = msgspec.json.Decoder(Trace[msgspec.Raw])
_SPAN = msgspec.json.Decoder(Span)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def read_document(data: bytes, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read ``{"data": [trace…]}``, one trace at a time, so that only one is held as objects."""
    document = decoded(_DOCUMENT, data, place)
    if document.data is None and document.errors:
        why = document.errors[0].msg
        raise InputError(f"holds an error in place of traces: {why}", where=place.name)
    for piece in document.data or ():
        yield from read_trace(piece, builder, place)


def read_trace(data: Buffer, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read one trace object."""
    try:
        trace = decoded(_TRACE, data, place)
    except msgspec.ValidationError:
        yield from _piecewise(data, builder, place)
        return
    if trace.spans is None:
        yield from _piecewise(data, builder, place)
        return
    yield from _add_trace(trace.spans, trace.processes or {}, builder, place)


def read_list(data: bytes, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read a bare list of traces or of spans."""
    for piece in decoded(_LIST, data, place):
        yield from read_trace(piece, builder, place)


def _piecewise(piece: Buffer, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read a trace span by span, so that one broken span costs only itself."""
    try:
        trace = _TRACE_PIECES.decode(piece)
    except msgspec.DecodeError as error:
        yield broken_item(place, bytes(piece), "a trace", error)
        return
    if trace.spans is None:
        trace = Trace(spans=[msgspec.Raw(bytes(piece))])
    for part in trace.spans or ():
        try:
            span = _SPAN.decode(part)
        except msgspec.DecodeError as error:
            yield broken_item(place, bytes(part), "a span", error)
            continue
        yield from _add_trace((span,), trace.processes or {}, builder, place)


def _add_trace(
    spans: Sequence[Span],
    processes: Mapping[str, Recorder],
    builder: SpanBuilder,
    place: Place,
) -> Iterator[Gap]:
    """Add the spans of one trace."""
    codes = {key: _process(recorder, builder) for key, recorder in processes.items()}
    unknown = builder.process(Process())
    for span in spans:
        if not span.traceID or not span.spanID:
            yield Gap("a span", "it has no trace id or no span id", place.name)
            continue
        if span.process is not None:
            code = _process(span.process, builder)
        else:
            code = codes.get(span.processID or "", unknown)
        _add(span, code, builder)


def _process(recorder: Recorder, builder: SpanBuilder) -> int:
    """Return the code of a process."""
    told = {tag.key: tag.value for tag in recorder.tags or () if tag.key in names.RESOURCE}
    return builder.process(
        Process(
            service=recorder.serviceName or "",
            namespace=_text(told, names.NAMESPACE),
            environment=_text(told, names.ENVIRONMENT),
        )
    )


def _text(told: Mapping[str, object], wanted: Sequence[str]) -> str:
    """Return the first text that is there."""
    return next((v for key in wanted if isinstance(v := told.get(key), str) and v), "")


def _add(span: Span, process: int, builder: SpanBuilder) -> None:
    """Add one span, and its references that are not its parent as links."""
    found = [(key, tag.value) for tag in span.tags or () if (key := tag.key) in WANTED_OF_JAEGER]
    kind, weight = SpanKind.UNSET, WEIGHT_ONE
    for key, value in found:
        if key == names.KIND:
            kind = _KINDS.get(str(value).lower(), SpanKind.UNSET)
        elif key in names.TRACE_STATE:
            weight = weight_of(str(value))
    wanted = names.WANTED_OF_SERVER if kind == SpanKind.SERVER else names.WANTED
    name = span.operationName or ""
    pairs = tuple([pair for pair in found if pair[0] in wanted])
    parent, links = _parent(span)
    builder.add(
        trace=span.traceID,
        span=span.spanID,
        parent=parent,
        kind=kind,
        start=clock(span.startTime, _MICRO),
        duration=span_of_time(span.duration, _MICRO),
        process=process,
        name=name,
        facts=builder.facts(kind, 0, name, pairs),
        weight=weight,
    )
    for link in links:
        builder.link(link.traceID or span.traceID, link.spanID)


def _parent(span: Span) -> tuple[str, Sequence[Reference]]:
    """Return the parent, the first CHILD_OF in the same trace, and the other references.

    A FOLLOWS_FROM is a link: linking takes a link inside a trace for the asynchronous parent of
    a span that has no other. Ids are compared by their lower half, as widths may be mixed.
    """
    references = span.references or ()
    low = span.traceID[-16:].lstrip("0")
    for at, reference in enumerate(references):
        same = not reference.traceID or reference.traceID[-16:].lstrip("0") == low
        if same and reference.refType == "CHILD_OF":
            return reference.spanID, [*references[:at], *references[at + 1 :]]
    return span.parentSpanID or "", references
