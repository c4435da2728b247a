"""Lines of OTLP for tests of hours."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

HOUR = 3600 * 10**9
START = int(datetime(2026, 11, 20, 14, tzinfo=UTC).timestamp()) * 10**9


def span(service: str, number: int, at: int, **more: Any) -> bytes:
    """One line with one span; ``number`` is both its trace and its id."""
    fields = {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": "x",
        "kind": 1,
        "startTimeUnixNano": str(at),
        "endTimeUnixNano": str(at + 10**6),
        **more,
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    spans = [{"resource": resource, "scopeSpans": [{"spans": [fields]}]}]
    return json.dumps({"resourceSpans": spans}).encode() + b"\n"


def served(number: int, at: int, *, apart: int = 0) -> bytes:
    """A call from a to b, whose spans begin apart."""
    call = span("a", number, at, kind=3, spanId=f"{1:016x}")
    below = {"spanId": f"{2:016x}", "parentSpanId": f"{1:016x}"}
    return call + span("b", number, at + apart, kind=2, **below)


def message(number: int, at: int, of: int = 0) -> bytes:
    """A message sent by order, or ``of`` a trace and received by ship."""
    attributes = [
        {"key": "messaging.system", "value": {"stringValue": "kafka"}},
        {"key": "messaging.destination.name", "value": {"stringValue": "orders"}},
    ]
    if not of:
        return span("order", number, at, kind=4, attributes=attributes)
    links = [{"traceId": f"{of:032x}", "spanId": f"{of:016x}"}]
    return span("ship", number, at, kind=5, attributes=attributes, links=links)
