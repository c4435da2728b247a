"""A Jaeger made of a list: the current API over traces of many hours, with messages between."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from depmap.collecting.port import Window
from tests.collecting.answering import Asked, Says, Served, answering

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.collecting.answering import Answer

START = datetime(2026, 11, 20, 3, tzinfo=UTC)
HOURS = 26
WINDOW = Window(START, START + timedelta(hours=HOURS))
_SECOND = 10**9


@dataclass(frozen=True)
class Trace:
    """Spans with their services; the first is the earliest."""

    number: int
    spans: tuple[tuple[str, dict[str, Any]], ...]

    @property
    def resources(self) -> list[dict[str, Any]]:
        return [
            {
                "resource": {
                    "attributes": [{"key": "service.name", "value": {"stringValue": service}}]
                },
                "scopeSpans": [{"spans": [span]}],
            }
            for service, span in self.spans
        ]

    def touches(self, start: int, end: int) -> bool:
        return any(start <= int(span["startTimeUnixNano"]) <= end for _, span in self.spans)


def span(trace: int, number: int, at: int, kind: int, **more: Any) -> dict[str, Any]:
    return {
        "traceId": f"{trace:032x}",
        "spanId": f"{trace * 16 + number:016x}",
        "name": f"op {number}",
        "kind": kind,
        "startTimeUnixNano": str(at),
        "endTimeUnixNano": str(at + _SECOND),
        **more,
    }


def hour_of_traces(hour: int, each: int = 8) -> Iterator[Trace]:
    """Yield calls, one over the end of the hour, and a message that is received later."""
    start = int((START + timedelta(hours=hour)).timestamp()) * _SECOND
    for n in range(each):
        number = hour * 100 + n + 1
        # The last one begins in this hour and ends in the next.
        at = start + (3590 if n == each - 1 else n * 400) * _SECOND
        call = span(number, 1, at, 3)
        served = span(number, 2, at + 20 * _SECOND, 2, parentSpanId=call["spanId"])
        yield Trace(number, (("web", call), (f"shop{n % 3}", served)))
    queue = [
        {"key": "messaging.system", "value": {"stringValue": "kafka"}},
        {"key": "messaging.destination.name", "value": {"stringValue": "orders"}},
    ]
    sent = span(hour * 100 + 50, 1, start + 1800 * _SECOND, 4, attributes=queue)
    yield Trace(hour * 100 + 50, (("order", sent),))
    for number, back in ((60, 1), (61, 3), (62, -1)):
        link = {
            "traceId": f"{(hour - back) * 100 + 50:032x}",
            "spanId": f"{((hour - back) * 100 + 50) * 16 + 1:016x}",
        }
        got = span(hour * 100 + number, 1, start + number * _SECOND, 5, attributes=queue)
        if 0 <= hour - back < HOURS:
            got["links"] = [link]
        yield Trace(hour * 100 + number, ((f"ship{number}", got),))


def all_traces(hours: int = HOURS) -> list[Trace]:
    return [trace for hour in range(hours) for trace in hour_of_traces(hour)]


def jaeger(traces: Sequence[Trace]) -> Answer:
    """Return what answers as a Jaeger does, newest traces first."""
    newest = sorted(traces, key=lambda trace: -trace.number)

    def answer(asked: Asked) -> Says:
        if asked.path == "/api/v3/services":
            names = sorted({service for trace in traces for service, _ in trace.spans})
            return Says(json.dumps({"services": names}))
        if asked.path != "/api/v3/traces":
            return Says('{"data": []}')
        start, end = (
            round(
                datetime.fromisoformat(asked.query[f"query.start_time_{side}"]).timestamp() * 1e6
            )
            * 1000
            for side in ("min", "max")
        )
        service = asked.query.get("query.service_name", "")
        found = [
            trace
            for trace in newest
            if trace.touches(start, end)
            if not service or service in dict(trace.spans)
        ][: int(asked.query["query.num_traces"])]
        if not found:
            return Says("{}", 404)
        resources = [resource for trace in found for resource in trace.resources]
        return Says(json.dumps({"result": {"resourceSpans": resources}}))

    return answer


@contextmanager
def serving(traces: Sequence[Trace]) -> Iterator[Served]:
    with answering(jaeger(traces)) as served:
        yield served
