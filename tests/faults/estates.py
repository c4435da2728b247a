"""Services that called each other in the last hours, on a real server, and how to collect them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.zipkin.json import ZipkinExporter
from opentelemetry.trace import SpanKind

from depmap.collecting.port import Window
from depmap.ledger.ledger import Ledger
from depmap.model.evidence import Evidence, Gap
from tests.collectors.pushing import MILLISECOND, Estate, Recorder

if TYPE_CHECKING:
    from pathlib import Path

    from opentelemetry.sdk.trace.export import SpanExporter

    from tests.servers.jaeger import Jaeger
    from tests.servers.zipkin import Zipkin

HOURS = 4
EACH = 6
_HOUR = 3600 * 1000 * MILLISECOND


@dataclass(frozen=True)
class Live:
    """Traces on a real server.

    Attributes:
        collector: which one reads it.
        url: the server.
        estate: the services.
    """

    collector: str
    url: str
    estate: Estate

    @property
    def since(self) -> datetime:
        now = datetime.fromtimestamp(self.estate.start // 10**9, UTC)
        return now.replace(minute=0, second=0) - timedelta(hours=HOURS)

    @property
    def hours(self) -> list[str]:
        """The hours that hold traces."""
        return [f"{self.since + timedelta(hours=n):%Y-%m-%dT%H}" for n in range(HOURS)]

    def config(self, folder: Path, url: str = "", **options: object) -> Path:
        """Write a ``depmap.toml`` that asks for these services."""
        told = {
            "collector": self.collector,
            "url": url or self.url,
            "services": [self.estate.name("cart"), self.estate.name("stock")],
            "limit": 4,
            "concurrency": 1,
            "pause": 0.01,
            **options,
        }
        lines = [f"{key} = {json.dumps(value)}" for key, value in told.items()]
        path = folder / "depmap.toml"
        path.write_text("\n".join(["[sources.live]", *lines, ""]))
        return path

    @property
    def window(self) -> Window:
        return Window(self.since, self.since + timedelta(hours=HOURS))

    def words(self) -> tuple[str, ...]:
        """The same on a command line."""
        window = self.window
        return ("--since", window.start.isoformat(), "--until", window.end.isoformat())


def push(estate: Estate, exporter: SpanExporter) -> None:
    """Send calls of the last hours, without the one that runs."""
    recorder = Recorder(estate)
    now = datetime.fromtimestamp(estate.start // 10**9, UTC)
    into = (now.minute * 60 + now.second) * 1000 * MILLISECOND
    for hour in range(HOURS):
        for number in range(EACH):
            at = -into - (HOURS - hour) * _HOUR + number * 300_000 * MILLISECOND
            call = recorder.span("cart", SpanKind.CLIENT, at)
            recorder.span("stock", SpanKind.SERVER, at + MILLISECOND, parent=call)
    assert recorder.send(exporter) == HOURS * EACH


def on_jaeger(server: Jaeger, estate: Estate | None = None) -> Live:
    live = Live("jaeger", server.query_url, estate or Estate.new())
    push(live.estate, OTLPSpanExporter(f"{server.otlp_url}/v1/traces"))
    return live


def on_zipkin(server: Zipkin) -> Live:
    live = Live("zipkin", server.url, Estate.new())
    push(live.estate, ZipkinExporter(endpoint=server.spans_url))
    time.sleep(1)  # it stores after it has replied
    return live


def calls(folder: Path) -> dict[str, int]:
    """Return how many calls the ledger holds, by hour."""
    found: dict[str, int] = {}
    for stored in Ledger(folder / "ledger").read():
        for item in stored.records:
            if isinstance(item, Evidence) and item.calls:
                found[stored.window] = found.get(stored.window, 0) + item.calls.calls
    return found


def gaps(folder: Path) -> list[str]:
    """Return what the ledger says that it lacks."""
    return [
        f"{item.what}: {item.why}"
        for stored in Ledger(folder / "ledger").read()
        for item in stored.records
        if isinstance(item, Gap)
    ]
