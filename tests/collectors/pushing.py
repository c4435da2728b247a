"""Spans of made-up services, sent to a real server by the real exporters."""

from __future__ import annotations

import itertools
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from depmap.collecting.port import Window
from depmap.model.evidence import Gap
from depmap.tracing.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span

MILLISECOND = 1_000_000


@dataclass(frozen=True)
class Estate:
    """Services with names of their own, so that tests on one server do not meet.

    Attributes:
        key: what all names end with.
        start: when the first of their traces begins, in ns since 1970.
    """

    key: str
    start: int

    @classmethod
    def new(cls) -> Estate:
        """Return one that lies a minute back, on a whole millisecond."""
        now = time.time_ns() // MILLISECOND * MILLISECOND
        return cls(uuid.uuid4().hex[:8], now - 60_000 * MILLISECOND)

    def name(self, service: str) -> str:
        return f"{service}-{self.key}"

    @property
    def window(self) -> Window:
        moment = datetime.fromtimestamp(self.start // 10**9, UTC)
        return Window(moment - timedelta(minutes=1), moment + timedelta(minutes=2))


class Recorder:
    """Makes spans with the times a test wants, and sends them in one go."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self._kept = InMemorySpanExporter()
        self._tracings: dict[str, TracerProvider] = {}

    def span(
        self,
        service: str,
        kind: SpanKind,
        at: int,
        *,
        parent: Span | None = None,
        link: Span | None = None,
        failed: bool = False,
        **attributes: str | int,
    ) -> Span:
        """Record a span of 2 ms that begins ``at`` ns after the estate's first one."""
        name = self.estate.name(service)
        if name not in self._tracings:
            tracing = TracerProvider(resource=Resource({"service.name": name}))
            tracing.add_span_processor(SimpleSpanProcessor(self._kept))
            self._tracings[name] = tracing
        start = self.estate.start + at
        tracer = self._tracings[name].get_tracer("test")
        span = tracer.start_span(
            f"{service} {kind.name}",
            set_span_in_context(parent) if parent else None,
            kind,
            {key.replace("_", "."): value for key, value in attributes.items()},
            [Link(link.get_span_context())] if link else (),
            start,
        )
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(start + 2 * MILLISECOND)
        return span

    def send(self, exporter: SpanExporter) -> int:
        """Export all spans; return how many traces they make."""
        spans = self._kept.get_finished_spans()
        # Zipkin's exporter takes all spans of a batch for the first one's service.
        for name in self._tracings:
            batch = [span for span in spans if span.resource.attributes["service.name"] == name]
            assert exporter.export(batch) is SpanExportResult.SUCCESS
        exporter.shutdown()
        for tracing in self._tracings.values():
            tracing.shutdown()
        return len({span.context.trace_id for span in spans if span.context})


def calls(recorder: Recorder, count: int, *, apart: int = 10 * MILLISECOND) -> None:
    """Record calls from cart to stock, each a trace; a tenth of them fail."""
    for number in range(count):
        at, failed = number * apart, number % 10 == 0
        call = recorder.span("cart", SpanKind.CLIENT, at, http_request_method="GET")
        recorder.span("stock", SpanKind.SERVER, at + 1000, parent=call, failed=failed)


def shop(recorder: Recorder) -> None:
    """Record calls, a database, a queue with a link to another trace, and a lost span."""
    calls(recorder, 20)
    queue: dict[str, Any] = {
        "messaging_system": "kafka",
        "messaging_destination_name": "shipments",
    }
    database: dict[str, Any] = {
        "db_system_name": "postgresql",
        "db_namespace": "orders",
        "server_port": 5432,
    }
    for number in range(5):
        at = (100 + number) * 10 * MILLISECOND
        server = recorder.span("order", SpanKind.SERVER, at)
        asks = at + 10_000
        recorder.span(
            "order", SpanKind.CLIENT, asks, parent=server, server_address="db.internal", **database
        )
        sent = recorder.span("order", SpanKind.PRODUCER, at + 20_000, parent=server, **queue)
        recorder.span("shipping", SpanKind.CONSUMER, at + 3 * MILLISECOND, link=sent, **queue)
        trace = server.get_span_context().trace_id
        lost = SpanContext(trace, 0xDEAD + number, is_remote=True, trace_flags=TraceFlags(1))
        recorder.span(
            "audit", SpanKind.SERVER, at + 30_000, parent=NonRecordingSpan(lost), failed=True
        )


def traces_of(items: Iterable[object]) -> tuple[Counter[tuple[int, int]], list[Gap]]:
    """Return how many spans came of each trace, and the gaps."""
    items = list(items)
    counts = Counter(
        itertools.chain.from_iterable(
            zip(item.trace_high.tolist(), item.trace_low.tolist(), strict=True)
            for item in items
            if isinstance(item, Spans)
        )
    )
    return counts, [item for item in items if isinstance(item, Gap)]
