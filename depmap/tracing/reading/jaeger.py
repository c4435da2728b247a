"""Jaeger's JSON: ``/api/traces`` answers, exports of its UI, single traces, bare lists."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

import msgspec

from depmap.errors import InputError
from depmap.model.evidence import Gap
from depmap.tracing import attributes as names
from depmap.tracing.facts import SpanKind
from depmap.tracing.reading.jaeger_wire import (
    Document,
    Lean,
    LeanTrace,
    Recorder,
    Reference,
    Span,
    Tag,
    Trace,
)
from depmap.tracing.reading.text import (
    AT_ONCE,
    NOTHING,
    UNEXPECTED,
    Buffer,
    Place,
    broken_item,
    decoded,
)
from depmap.tracing.reading.values import (
    WANTED_OF_JAEGER,
    clock,
    clocks,
    span_of_time,
    spans_of_time,
    weight_of,
)
from depmap.tracing.spans import WEIGHT_ONE, Process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from depmap.tracing.building import SpanBuilder

_MICRO = 1000
_KINDS = {
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
    "internal": SpanKind.INTERNAL,
}


_LEAN = msgspec.json.Decoder(LeanTrace)
_LEANS = msgspec.json.Decoder(list[LeanTrace])
_RECORDER = msgspec.json.Decoder(Recorder)
_TAGS = msgspec.json.Decoder(list[Tag] | None)
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
    if _read_at_once(data, builder, _one):
        return
    try:
        trace = decoded(_TRACE, data, place)
    except msgspec.ValidationError:
        yield from _piecewise(data, builder, place)
        return
    if trace.spans is None:
        yield from _piecewise(data, builder, place)
        return
    yield from _add_trace(trace.spans, trace.processes or {}, builder, place)


def read_list(data: Buffer, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read a bare list of traces or of spans."""
    if len(memoryview(data)) <= AT_ONCE and _read_at_once(data, builder, _LEANS.decode):
        return
    for piece in decoded(_LIST, data, place):
        yield from read_trace(piece, builder, place)


def _one(data: Buffer) -> list[LeanTrace]:
    """Decode one trace as a list of them."""
    return [_LEAN.decode(data)]


def _read_at_once(
    data: Buffer, builder: SpanBuilder, decode: Callable[[Buffer], list[LeanTrace]]
) -> bool:
    """Read traces quickly; False, with nothing read, where a span needs a closer look."""
    try:
        traces = decode(data)
        spans: list[Lean] = []
        processes: list[int] = []
        unknown = builder.process(Process())
        for trace in traces:
            if trace.spans is None:
                return False
            told = (trace.processes or {}).items()
            codes = {key: builder.side(bytes(recorder), _process_of) for key, recorder in told}
            spans += trace.spans
            processes += [
                codes.get(span.processID or "", unknown)
                if span.process is None
                else builder.process(_process(span.process))
                for span in trace.spans
            ]
        return _add_lean(spans, processes, builder)
    except UNEXPECTED:
        return False


def _add_lean(spans: list[Lean], processes: list[int], builder: SpanBuilder) -> bool:
    """Add many spans; False, with nothing added, where one of them needs a closer look."""
    traces = [span.traceID for span in spans]
    own = [span.spanID for span in spans]
    if not (all(traces) and all(own)):
        return False
    shapes = builder.shapes(spans, _texts_of, lambda span: _shape(span, builder))
    ties = [_parent(span) for span in spans]
    first = builder.extend(
        traces,
        own,
        [parent for parent, _ in ties],
        repeat(False, len(own)),
        clocks([span.startTime for span in spans], _MICRO),
        spans_of_time([span.duration for span in spans], _MICRO),
        processes,
        shapes,
    )
    for at, (_, links) in enumerate(ties):
        for link in links:
            builder.link(link.traceID or traces[at], link.spanID, first + at)
    return True


def _texts_of(spans: Sequence[Lean]) -> list[object]:
    """Return all that each span's shape depends on."""
    return [(s.operationName, bytes(s.tags)) for s in spans]


def _shape(span: Lean, builder: SpanBuilder) -> int:
    """Work out what a span shares with others of the same text."""
    tags = _TAGS.decode(span.tags) if span.tags is not NOTHING else None
    kind, facts, weight = _told(span.operationName or "", tags or (), builder)
    return builder.shape(kind, span.operationName or "", facts, weight)


def _told(name: str, tags: Sequence[Tag], builder: SpanBuilder) -> tuple[int, int, int]:
    """Return kind, facts and weight of a span."""
    found = [(key, tag.value) for tag in tags if (key := tag.key) in WANTED_OF_JAEGER]
    kind, weight = SpanKind.UNSET, WEIGHT_ONE
    for key, value in found:
        if key == names.KIND:
            kind = _KINDS.get(str(value).lower(), SpanKind.UNSET)
        elif key in names.TRACE_STATE:
            weight = weight_of(str(value))
    wanted = names.WANTED_OF_SERVER if kind == SpanKind.SERVER else names.WANTED
    pairs = tuple([pair for pair in found if pair[0] in wanted])
    return kind, builder.facts(kind, 0, name, pairs), weight


def _piecewise(piece: Buffer, builder: SpanBuilder, place: Place) -> Iterator[Gap]:
    """Read a trace span by span, so that one broken span costs only itself."""
    try:
        trace = decoded(_TRACE_PIECES, piece, place)
    except msgspec.ValidationError as error:
        yield broken_item(place, bytes(piece), "a trace", error)
        return
    if trace.spans is None:
        trace = Trace(spans=[msgspec.Raw(bytes(piece))])
    for part in trace.spans or ():
        try:
            span = decoded(_SPAN, part, place)
        except msgspec.ValidationError as error:
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
    codes = {key: builder.process(_process(recorder)) for key, recorder in processes.items()}
    unknown = builder.process(Process())
    for span in spans:
        if not span.traceID or not span.spanID:
            yield Gap("a span", "it has no trace id or no span id", place.name)
            continue
        if span.process is not None:
            code = builder.process(_process(span.process))
        else:
            code = codes.get(span.processID or "", unknown)
        _add(span, code, builder)


def _process(recorder: Recorder) -> Process:
    """Return Jaeger's process as ours."""
    told = {tag.key: tag.value for tag in recorder.tags or () if tag.key in names.RESOURCE}
    return Process(
        service=recorder.serviceName or "",
        namespace=_text(told, names.NAMESPACE),
        environment=_text(told, names.ENVIRONMENT),
    )


def _process_of(text: bytes) -> Process:
    """Return a process that was left as text."""
    return _process(_RECORDER.decode(text))


def _text(told: Mapping[str, object], wanted: Sequence[str]) -> str:
    """Return the first text that is there."""
    return next((v for key in wanted if isinstance(v := told.get(key), str) and v), "")


def _add(span: Span, process: int, builder: SpanBuilder) -> None:
    """Add one span, and its references that are not its parent as links."""
    name = span.operationName or ""
    kind, facts, weight = _told(name, span.tags or (), builder)
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
        facts=facts,
        weight=weight,
    )
    for link in links:
        builder.link(link.traceID or span.traceID, link.spanID)


def _parent(span: Span | Lean) -> tuple[str, Sequence[Reference]]:
    """Return the parent, the first CHILD_OF in the same trace, and the other references.

    A FOLLOWS_FROM is a link: linking takes a link inside a trace for the asynchronous parent of
    a span that has no other. Ids are compared by their lower half, as widths may be mixed.
    """
    references = span.references
    if not references:
        return span.parentSpanID or "", ()
    first = references[0]
    if len(references) == 1 and first.refType == "CHILD_OF" and first.traceID == span.traceID:
        return first.spanID, ()
    low = span.traceID[-16:].lstrip("0")
    for at, reference in enumerate(references):
        same = not reference.traceID or reference.traceID[-16:].lstrip("0") == low
        if same and reference.refType == "CHILD_OF":
            return reference.spanID, [*references[:at], *references[at + 1 :]]
    return span.parentSpanID or "", references
