"""Finished spans of the SDK as a line of OTLP JSON, with what links are made from."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.trace import format_span_id, format_trace_id

from depmap.tracing.attributes import RESOURCE, WANTED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext

_FIRST_KIND: Final = 1
"""OTLP keeps 0 for a kind that is not told; the SDK begins with it."""


def document(spans: Sequence[ReadableSpan]) -> bytes:
    """Return spans as one line; attributes that depmap does not read are left out."""
    groups: dict[Resource, list[ReadableSpan]] = defaultdict(list)
    for span in spans:
        if span.context is not None:
            groups[span.resource].append(span)
    blocks = [
        {
            "resource": {"attributes": _attributes(resource.attributes, RESOURCE)},
            "scopeSpans": [{"spans": [_span(span, span.context) for span in group]}],
        }
        for resource, group in groups.items()
    ]
    return json.dumps({"resourceSpans": blocks}, separators=(",", ":")).encode() + b"\n"


def _span(span: ReadableSpan, context: SpanContext | None) -> dict[str, Any]:
    told = _reference(context)
    if context is not None and context.trace_state:
        told["traceState"] = context.trace_state.to_header()
    if span.parent is not None:
        told["parentSpanId"] = format_span_id(span.parent.span_id)
    return told | {
        "name": span.name,
        "kind": span.kind.value + _FIRST_KIND,
        "startTimeUnixNano": str(span.start_time or 0),
        "endTimeUnixNano": str(span.end_time or 0),
        "attributes": _attributes(span.attributes or {}, WANTED),
        "links": [_reference(link.context) for link in span.links],
        "status": {"code": span.status.status_code.value},
    }


def _reference(context: SpanContext | None) -> dict[str, Any]:
    if context is None:
        return {}
    return {
        "traceId": format_trace_id(context.trace_id),
        "spanId": format_span_id(context.span_id),
    }


def _attributes(told: Mapping[str, Any], wanted: Collection[str]) -> list[dict[str, Any]]:
    pairs: Iterable[tuple[str, Any]] = ((key, told[key]) for key in told if key in wanted)
    return [{"key": key, "value": _value(value)} for key, value in pairs]


def _value(value: Any) -> dict[str, Any]:
    """Return a value with its type; lists are of no interest to any rule."""
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value if math.isfinite(value) else str(value)}
        case str():
            return {"stringValue": value}
        case _:
            return {}
