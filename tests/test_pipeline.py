from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from depmap.collecting.port import Collector, Item, Window
from depmap.config import ConfiguredSource, Project
from depmap.errors import SourceUnavailable
from depmap.ledger.ledger import Ledger
from depmap.model.evidence import Evidence, Gap
from depmap.model.words import Kind, Source
from depmap.pipeline import WHOLE, build, collect, quarter_of
from depmap.tracing.reading import read_bytes
from tests.builders import AS_OF, claim, node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOUR = 3600 * 10**9
START = int(datetime(2026, 11, 20, 14, tzinfo=UTC).timestamp()) * 10**9


def span(service: str, number: int, at: int, **more: Any) -> bytes:
    """One OTLP line with one span; ``number`` is both its trace and its id."""
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


@dataclass(frozen=True)
class Hours(Collector):
    """A backend that holds spans and is asked for hours."""

    name: ClassVar[str] = "hours"
    source: ClassVar[Source] = Source.TRACES
    windowed: ClassVar[bool] = True

    lines: bytes = b""
    asked: tuple[Window, ...] = ()

    def collect(self, window: Window) -> Iterator[Item]:
        object.__setattr__(self, "asked", (*self.asked, window))
        yield from read_bytes(self.lines, "lines")


@dataclass(frozen=True)
class Broken(Collector):
    """A source that is not there."""

    name: ClassVar[str] = "broken"
    source: ClassVar[Source] = Source.CODE

    def collect(self, window: Window) -> Iterator[Item]:  # noqa: ARG002
        yield Gap("x", "y")
        raise SourceUnavailable("nobody is at home", where="http://x")


@dataclass(frozen=True)
class Said(Collector):
    """A source that says what it is given."""

    name: ClassVar[str] = "said"
    source: ClassVar[Source] = Source.CODE

    items: tuple[Item, ...] = ()

    def collect(self, window: Window) -> Iterator[Item]:  # noqa: ARG002
        yield from self.items


def project(folder: Path, **collectors: Collector) -> Project:
    return Project(
        folder=folder,
        name="p",
        sources=tuple(ConfiguredSource(name, item) for name, item in collectors.items()),
        ledger=folder / "ledger",
        snapshots=folder,
        reports=folder,
    )


def evidence(folder: Path) -> dict[str, list[Evidence]]:
    return {
        stored.window: [item for item in stored.records if isinstance(item, Evidence)]
        for stored in Ledger(folder / "ledger").read()
    }


def server_below_client(number: int, at: int) -> bytes:
    call = span("a", number, at, kind=3, spanId=f"{1:016x}")
    return call + span("b", number, at, kind=2, spanId=f"{2:016x}", parentSpanId=f"{1:016x}")


def test_each_trace_is_kept_in_the_hour_of_its_earliest_span(tmp_path: Path) -> None:
    lines = server_below_client(1, START) + server_below_client(2, START + HOUR)
    window = Window(
        datetime(2026, 11, 20, 14, 30, tzinfo=UTC), datetime(2026, 11, 20, 17, tzinfo=UTC)
    )
    hours = Hours(lines)
    collect(project(tmp_path, x=hours), window=window)
    found = evidence(tmp_path)
    assert sorted(found) == ["2026-11-20T14", "2026-11-20T15"]
    assert [item.calls.calls for items in found.values() for item in items if item.calls] == [1, 1]


def test_a_window_is_widened_to_whole_hours_since_hours_are_replaced_whole(tmp_path: Path) -> None:
    hours = Hours()
    window = Window(
        datetime(2026, 11, 20, 14, 30, tzinfo=UTC), datetime(2026, 11, 20, 15, 1, tzinfo=UTC)
    )
    collect(project(tmp_path, x=hours), window=window)
    assert hours.asked == (
        Window(datetime(2026, 11, 20, 14, tzinfo=UTC), datetime(2026, 11, 20, 16, tzinfo=UTC)),
    )


def test_a_trace_that_begins_before_the_window_is_left_to_the_run_that_reads_its_hour(
    tmp_path: Path,
) -> None:
    lines = server_below_client(1, START - HOUR) + server_below_client(2, START)
    window = Window(datetime(2026, 11, 20, 14, tzinfo=UTC), datetime(2026, 11, 20, 15, tzinfo=UTC))
    collect(project(tmp_path, x=Hours(lines)), window=window)
    assert sorted(evidence(tmp_path)) == ["2026-11-20T14"]


def test_without_a_window_a_source_goes_on_where_it_stopped(tmp_path: Path) -> None:
    hours = Hours(server_below_client(1, START))
    window = Window(datetime(2026, 11, 20, 14, tzinfo=UTC), datetime(2026, 11, 20, 15, tzinfo=UTC))
    collect(project(tmp_path, x=hours), window=window)
    collect(project(tmp_path, x=hours))
    assert hours.asked[1].start == datetime(2026, 11, 20, 14, tzinfo=UTC)
    assert hours.asked[1].end > datetime.now(UTC)


@dataclass(frozen=True)
class Counted(Said):
    """A backend that counts calls by the hour."""

    name: ClassVar[str] = "counted"
    source: ClassVar[Source] = Source.METRICS
    windowed: ClassVar[bool] = True


def test_dated_claims_are_kept_by_hour_with_the_nodes_they_name(tmp_path: Path) -> None:
    hours = [datetime(2026, 11, 20, hour, tzinfo=UTC) for hour in (14, 15)]
    window = Window(hours[0], hours[1] + timedelta(hours=1))
    both = Counted((*(claim(first_seen=hour) for hour in hours), node("a"), node("z")))
    collect(project(tmp_path, x=both), window=window)
    one = Counted((claim(first_seen=hours[1]), node("a")))
    collect(project(tmp_path, x=one), window=Window(hours[1], hours[1] + timedelta(hours=1)))
    stored = {item.window: item.records for item in Ledger(tmp_path / "ledger").read()}
    assert [len(stored[f"2026-11-20T{hour}"]) for hour in (14, 15)] == [2, 2]


def test_a_message_may_come_from_a_trace_of_another_hour(tmp_path: Path) -> None:
    attributes = [
        {"key": "messaging.system", "value": {"stringValue": "kafka"}},
        {"key": "messaging.destination.name", "value": {"stringValue": "orders"}},
    ]
    sent = span("order", 1, START, kind=4, attributes=attributes)
    link = {"traceId": f"{1:032x}", "spanId": f"{1:016x}"}
    received = span("ship", 2, START + HOUR, kind=5, attributes=attributes, links=[link])
    window = Window(datetime(2026, 11, 20, 14, tzinfo=UTC), datetime(2026, 11, 20, 16, tzinfo=UTC))
    collect(project(tmp_path, x=Hours(sent + received)), window=window)
    found = evidence(tmp_path)
    events = [
        (hour, item.consumer, item.provider)
        for hour, items in found.items()
        for item in items
        if item.kind is Kind.EVENT
    ]
    assert events == [("2026-11-20T15", "order", "ship")]


def test_a_source_that_fails_leaves_its_part_of_the_ledger_as_it_was(tmp_path: Path) -> None:
    collect(project(tmp_path, x=Said((claim(),))))
    failed, fine = collect(project(tmp_path, x=Broken(), y=Said((claim("c"),))))
    assert (str(failed.failed), fine.failed) == ("http://x: nobody is at home", None)
    stored = {item.source: item.records for item in Ledger(tmp_path / "ledger").read()}
    assert [item.consumer for item in stored["x"] if isinstance(item, Evidence)] == ["a"]
    assert [item.consumer for item in stored["y"] if isinstance(item, Evidence)] == ["c"]


def test_evidence_names_the_collector_that_brought_it(tmp_path: Path) -> None:
    collect(project(tmp_path, x=Said((claim(),))))
    assert [item.collector for item in evidence(tmp_path)[WHOLE]] == ["said"]


def test_a_snapshot_says_which_sources_failed_and_which_were_never_read(tmp_path: Path) -> None:
    made = project(tmp_path, x=Said((claim(),)), y=Broken(), z=Said())
    collect(made, only=["x"])
    snapshot = build(made, as_of=AS_OF, failed={"y": "nobody is at home"})
    assert {item.name: item.failed for item in snapshot.sources} == {
        "x": "",
        "y": "nobody is at home",
        "z": "it was never collected",
    }
    assert [item.key for item in snapshot.matrix.confirmed()] == [("a", "b", Kind.HTTP)]
    assert snapshot.matrix.names == ("b", "a")


def test_an_empty_ledger_gives_an_empty_snapshot(tmp_path: Path) -> None:
    snapshot = build(project(tmp_path), as_of=AS_OF)
    assert (snapshot.nodes, snapshot.matrix.dependencies, snapshot.findings) == ((), (), ())


@pytest.mark.parametrize(
    ("month", "quarter"), [(1, "2026Q1"), (3, "2026Q1"), (4, "2026Q2"), (12, "2026Q4")]
)
def test_quarters_are_those_of_the_calendar(month: int, quarter: str) -> None:
    assert quarter_of(datetime(2026, month, 1, tzinfo=UTC)) == quarter
