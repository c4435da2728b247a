"""OTLP in protobuf: TracesData and ExportTraceServiceRequest, which look alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from depmap.model.evidence import Gap
from depmap.tracing import attributes as names
from depmap.tracing.facts import SpanKind
from depmap.tracing.reading.values import clock, weight_of
from depmap.tracing.spans import WEIGHT_ONE, Process

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depmap.tracing.building import SpanBuilder
    from depmap.tracing.tags import TagFinder

_TAG: Final = 0x0A  # field 1, of a length: the spans of one resource
_MORE: Final = 0x80
_MOST: Final = 5  # bytes of a length
_TRACE_BYTES: Final = 16
_SPAN_BYTES: Final = 8


def pieces_of(data: bytes) -> tuple[list[memoryview], bool]:
    """Cut a message into the spans of each resource.

    The pieces are decoded one at a time, so that only one is held as objects and a broken one
    costs only itself.

    Returns:
        The pieces, and whether the message holds nothing else.
    """
    view = memoryview(data)
    pieces: list[memoryview] = []
    at = 0
    while at < len(view):
        size, start = _length(view, at + 1)
        if view[at] != _TAG or size < 0 or start + size > len(view):
            return pieces, False
        pieces.append(view[start : start + size])
        at = start + size
    return pieces, True


def _length(view: memoryview, at: int) -> tuple[int, int]:
    """Return a length and where what follows it begins; -1: there is none."""
    size = 0
    for shift in range(_MOST):
        if at + shift >= len(view):
            break
        byte = view[at + shift]
        size |= (byte & ~_MORE) << (7 * shift)
        if byte < _MORE:
            return size, at + shift + 1
    return -1, at


def is_spans(pieces: Sequence[memoryview]) -> bool:
    """Whether the first piece is what OTLP calls the spans of a resource."""
    if not pieces:
        return False
    group = _decoded(pieces[0])
    return group is not None and (
        not len(pieces[0]) or group.HasField("resource") or bool(group.scope_spans)
    )


def read_pieces(
    pieces: Sequence[memoryview],
    builder: SpanBuilder,
    where: str,
    finder: TagFinder | None = None,
) -> Iterator[Gap]:
    """Read the spans of each resource.

    Args:
        pieces: see ``pieces_of``.
        builder: takes the spans.
        where: what gaps are told with.
        finder: is shown the spans of each resource.
    """
    for piece in pieces:
        group = _decoded(piece)
        if group is None:
            yield Gap("a block of spans", "it is no OTLP in protobuf", where)
            continue
        process = _process(group.resource.attributes, builder)
        if finder is not None:
            finder.look_at_group(group)
        for scope in group.scope_spans:
            for span in scope.spans:
                if not _add(span, process, builder):
                    yield Gap("a span", "it has no trace id or no span id", where)


def _decoded(piece: memoryview) -> Any:
    """Return a decoded ResourceSpans, None where it is none."""
    # loads slowly, and files are JSON as a rule
    from google.protobuf.message import (  # type: ignore[import-untyped]  # noqa: PLC0415
        DecodeError,
    )
    from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans  # noqa: PLC0415

    try:
        return ResourceSpans.FromString(bytes(piece))
    except (DecodeError, RecursionError):
        return None


def _process(attributes: Any, builder: SpanBuilder) -> int:
    """Return the code of a resource."""
    told = {item.key: item.value.string_value for item in attributes if item.key in names.RESOURCE}

    def first(wanted: Sequence[str]) -> str:
        return next((text for key in wanted if (text := told.get(key))), "")

    return builder.process(
        Process(
            service=first(names.SERVICE),
            namespace=first(names.NAMESPACE),
            environment=first(names.ENVIRONMENT),
        )
    )


def _value(value: Any) -> object:
    """Return a plain value; lists and maps are of no interest here."""
    which = value.WhichOneof("value")
    found: object = getattr(value, which) if which else None
    return found if isinstance(found, str | bool | int | float) else None


def _add(span: Any, process: int, builder: SpanBuilder) -> bool:
    """Add one span and its links; False: it has no ids."""
    if len(span.trace_id) != _TRACE_BYTES or len(span.span_id) != _SPAN_BYTES:
        return False
    if not any(span.trace_id) or not any(span.span_id):
        return False
    kind = span.kind if 0 <= span.kind <= SpanKind.CONSUMER else 0
    wanted = names.WANTED_OF_SERVER if kind == SpanKind.SERVER else names.WANTED
    pairs = tuple((item.key, _value(item.value)) for item in span.attributes if item.key in wanted)
    start, end = clock(span.start_time_unix_nano, 1), clock(span.end_time_unix_nano, 1)
    builder.add(
        trace=span.trace_id.hex(),
        span=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        kind=kind,
        start=start,
        duration=end - start if 0 < start <= end else -1,
        process=process,
        name=span.name,
        facts=builder.facts(kind, span.status.code, span.name, pairs),
        weight=weight_of(span.trace_state) if span.trace_state else WEIGHT_ONE,
    )
    for link in span.links:
        builder.link(link.trace_id.hex(), link.span_id.hex())
    return True
