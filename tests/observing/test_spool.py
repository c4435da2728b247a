"""Spans of several processes in one ledger; here each exporter stands for a process."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, set_span_in_context

from depmap.ledger.ledger import Ledger
from depmap.model.evidence import Evidence, Gap
from depmap.model.words import Kind
from depmap.observing.exporter import LedgerSpanExporter
from depmap.observing.spool import QUIET

if TYPE_CHECKING:
    from pathlib import Path

    from opentelemetry.trace import Span
    from opentelemetry.util.types import AttributeValue

SECOND = 10**9
NOON = 1_793_620_800 * SECOND
HOUR = "2026-11-02T12"


@dataclass(frozen=True)
class Process:
    """A process of the run: a service with its tracer."""

    tracing: TracerProvider

    @classmethod
    def start(cls, ledger: Path, service: str, source: str = "tests") -> Process:
        resource = Resource({"service.name": service, "process.command": "secret"})
        tracing = TracerProvider(resource=resource, shutdown_on_exit=False)
        tracing.add_span_processor(SimpleSpanProcessor(LedgerSpanExporter(ledger, source)))
        return cls(tracing)

    def span(
        self,
        kind: SpanKind,
        parent: Span | None = None,
        *,
        at: int = NOON,
        link: Span | None = None,
        failed: bool = False,
        **attributes: AttributeValue,
    ) -> Span:
        span = self.tracing.get_tracer("test").start_span(
            "GET /items",
            set_span_in_context(parent) if parent else None,
            kind,
            {key.replace("_", "."): value for key, value in attributes.items()},
            [Link(link.get_span_context())] if link else (),
            at,
        )
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(at + SECOND)
        return span

    def end(self) -> None:
        self.tracing.shutdown()


def claims(ledger: Path) -> dict[tuple[str, str, Kind], tuple[int, int]]:
    """Return the calls and errors of each edge in the ledger, all windows added up."""
    found: dict[tuple[str, str, Kind], tuple[int, int]] = {}
    for item in evidence(ledger):
        assert item.calls
        calls, errors = found.get((item.consumer, item.provider, item.kind), (0, 0))
        total = (calls + item.calls.calls, errors + item.calls.errors)
        found[item.consumer, item.provider, item.kind] = total
    return found


def evidence(ledger: Path) -> list[Evidence]:
    stored = Ledger(ledger).read()
    return [item for one in stored for item in one.records if isinstance(item, Evidence)]


def one_call(ledger: Path, *, at: int = NOON) -> None:
    cart, stock = (Process.start(ledger, name) for name in ("cart", "stock"))
    stock.span(SpanKind.SERVER, cart.span(SpanKind.CLIENT, at=at), at=at)
    cart.end()
    stock.end()


def spooled(ledger: Path) -> list[Path]:
    return sorted((ledger / "spool/tests").glob("*.jsonl"))


@pytest.mark.parametrize("first", ["cart", "stock"])
def test_traces_cross_processes_whoever_ends_first(tmp_path: Path, first: str) -> None:
    cart, stock = (Process.start(tmp_path, name) for name in ("cart", "stock"))
    call = cart.span(SpanKind.CLIENT, http_request_method="GET")
    stock.span(SpanKind.SERVER, call, failed=True)
    for process in (cart, stock) if first == "cart" else (stock, cart):
        process.end()
    assert claims(tmp_path) == {("cart", "stock", Kind.HTTP): (1, 1)}
    assert {item.collector for item in evidence(tmp_path)} == {"otel"}
    assert HOUR in Ledger(tmp_path).windows("tests")


def test_messages_and_links_to_other_traces_are_kept(tmp_path: Path) -> None:
    order, shipping = (Process.start(tmp_path, name) for name in ("order", "shipping"))
    sent = order.span(SpanKind.PRODUCER, messaging_system="kafka")
    shipping.span(SpanKind.CONSUMER, link=sent, messaging_system="kafka")
    order.end()
    shipping.end()
    assert set(claims(tmp_path)) == {
        ("order", "kafka", Kind.MESSAGING_PUBLISH),
        ("shipping", "kafka", Kind.MESSAGING_CONSUME),
        ("order", "shipping", Kind.EVENT),
    }


def test_ending_again_doubles_nothing(tmp_path: Path) -> None:
    one_call(tmp_path)
    for _ in range(2):
        exporter = LedgerSpanExporter(tmp_path, "tests")
        exporter._spool.used = True
        assert exporter.force_flush()
    assert claims(tmp_path) == {("cart", "stock", Kind.HTTP): (1, 0)}


def test_processes_may_end_at_once(tmp_path: Path) -> None:
    pairs = [(Process.start(tmp_path, "cart"), Process.start(tmp_path, "stock")) for _ in range(6)]
    for cart, stock in pairs:
        stock.span(SpanKind.SERVER, cart.span(SpanKind.CLIENT))
    ending = [threading.Thread(target=one.end) for pair in pairs for one in pair]
    for thread in ending:
        thread.start()
    for thread in ending:
        thread.join()
    assert claims(tmp_path) == {("cart", "stock", Kind.HTTP): (6, 0)}


def test_runs_close_together_are_one(tmp_path: Path) -> None:
    one_call(tmp_path)
    one_call(tmp_path)
    assert claims(tmp_path) == {("cart", "stock", Kind.HTTP): (2, 0)}


def test_a_later_run_leaves_the_windows_of_an_earlier_one(tmp_path: Path) -> None:
    one_call(tmp_path)
    earlier = spooled(tmp_path)
    for path in earlier:
        os.utime(path, (time.time() - QUIET - 60,) * 2)
    one_call(tmp_path, at=NOON + 5 * 3600 * SECOND)
    assert claims(tmp_path) == {("cart", "stock", Kind.HTTP): (2, 0)}
    assert not set(earlier) & set(spooled(tmp_path))


def test_what_a_killed_process_left_is_kept_and_its_half_line_a_gap(tmp_path: Path) -> None:
    one_call(tmp_path)
    killed = spooled(tmp_path)[0].with_name("7-cut.jsonl")
    killed.write_bytes(spooled(tmp_path)[0].read_bytes()[:-40])
    one_call(tmp_path)
    gaps = [
        item for one in Ledger(tmp_path).read() for item in one.records if isinstance(item, Gap)
    ]
    assert [(gap.locator, gap.collector) for gap in gaps] == [("7-cut.jsonl", "otel")]
    assert claims(tmp_path) == {("cart", "stock", Kind.HTTP): (2, 0)}
    killed.unlink()
    one_call(tmp_path)
    assert not any(
        isinstance(item, Gap) for one in Ledger(tmp_path).read() for item in one.records
    )


def test_only_what_depmap_reads_is_written(tmp_path: Path) -> None:
    cart = Process.start(tmp_path, "cart")
    cart.span(SpanKind.CLIENT, http_request_header_authorization="secret", server_port=443)
    text = spooled(tmp_path)[0].read_text()
    assert "secret" not in text
    assert "server.port" in text
    assert spooled(tmp_path)[0].stat().st_mode & 0o077 == 0
    cart.end()


def test_values_keep_their_types(tmp_path: Path) -> None:
    cart = Process.start(tmp_path, "cart")
    cart.span(SpanKind.CLIENT, error=True, server_port=443, server_address="a\ud800", db_name=1.5)
    text = spooled(tmp_path)[0].read_text()
    assert '{"key":"error","value":{"boolValue":true}}' in text
    assert '{"key":"server.port","value":{"intValue":"443"}}' in text
    cart.end()


def test_a_process_without_spans_leaves_no_trace(tmp_path: Path) -> None:
    Process.start(tmp_path / "ledger", "cart").end()
    assert not list(tmp_path.iterdir())


def test_a_source_cannot_leave_the_ledger(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    cart = Process.start(ledger, "cart", source="../../out")
    cart.span(SpanKind.SERVER)
    cart.end()
    assert [path.name for path in tmp_path.iterdir()] == ["ledger"]


def test_names_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPMAP_LEDGER", str(tmp_path / "here"))
    monkeypatch.setenv("DEPMAP_SOURCE", "nightly")
    assert LedgerSpanExporter()._spool._folder == tmp_path / "here/spool/nightly"
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEPMAP_LEDGER")
    monkeypatch.delenv("DEPMAP_SOURCE")
    assert LedgerSpanExporter()._spool._folder == tmp_path / "ledger/spool/tests"


def test_a_ledger_that_cannot_be_written_does_not_disturb_the_program(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "ledger").write_text("a file")
    cart = Process.start(tmp_path / "ledger", "cart")
    cart.span(SpanKind.SERVER)
    cart.end()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_windows_that_cannot_be_written_do_not_disturb_the_program(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "evidence").write_text("a file")
    cart = Process.start(tmp_path, "cart")
    cart.span(SpanKind.SERVER)
    cart.end()
    assert [record.message for record in caplog.records] == [
        "the spans in the ledger's spool cannot be linked"
    ]
