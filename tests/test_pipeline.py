from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

import pytest

from depmap.collecting.port import Collector, Drawn, Item, Reached, Window
from depmap.collecting.progress import Progress
from depmap.config import ConfiguredSource, Project
from depmap.errors import SourceUnavailable
from depmap.ledger.ledger import Ledger
from depmap.model.evidence import Evidence, Gap
from depmap.model.quarters import quarter_of
from depmap.model.words import Kind, Source
from depmap.pipeline import WHOLE, build, collect
from depmap.tracing.reading import read_bytes
from tests.builders import AS_OF, claim, node
from tests.collecting.spans import HOUR, START, span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


@dataclass(frozen=True)
class Stepwise(Collector):
    """A backend with a call in each hour, and a mark after it; what happens between is told."""

    name: ClassVar[str] = "stepwise"
    source: ClassVar[Source] = Source.TRACES
    windowed: ClassVar[bool] = True

    between: Callable[[Window], None] = lambda _: None
    lost: tuple[int, ...] = ()

    def collect(self, window: Window) -> Iterator[Item]:
        hour, start = timedelta(hours=1), window.start
        while start < window.end:
            self.between(Window(start, start + hour))
            if start.hour not in self.lost:
                at = int(start.timestamp()) * 10**9
                yield from read_bytes(server_below_client(at // HOUR, at), "lines")
            yield Reached(start + hour, "HTTP 500" if start.hour in self.lost else "")
            start += hour
        yield Drawn((("b", "a", 1),), "http://x")

    def __repr__(self) -> str:
        return "Stepwise()"


NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = Window(NOON, NOON + timedelta(hours=6))


class Asked:
    """What a backend was asked for; it fails at one hour."""

    def __init__(self, fails: int = -1) -> None:
        self.hours: list[int] = []
        self.fails = fails

    def __call__(self, window: Window) -> None:
        self.hours.append(window.start.hour)
        if window.start.hour == self.fails:
            raise SourceUnavailable("nobody is at home", where="http://x")


def test_an_hour_is_on_disk_before_the_next_is_asked_for(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def look(_: Window) -> None:
        seen.append(sorted(evidence(tmp_path)))

    collect(project(tmp_path, x=Stepwise(look)), window=DAY)
    assert [len(hours) for hours in seen] == [0, 1, 2, 3, 4, 5]
    assert seen[1] == ["2026-11-20T12"]


def test_a_pull_that_fails_in_the_middle_keeps_its_hours_and_says_so(tmp_path: Path) -> None:
    (found,) = collect(project(tmp_path, x=Stepwise(Asked(15))), window=DAY)
    assert "nobody is at home; cut off at 2026-11-20T15:00" in found.trouble
    stored = {item.window: item.records for item in Ledger(tmp_path / "ledger").read()}
    assert sorted(stored) == [*(f"2026-11-20T{hour}" for hour in (12, 13, 14)), "cut-off"]
    [gap] = stored["cut-off"]
    assert isinstance(gap, Gap)
    assert (gap.what, gap.locator) == ("all from 2026-11-20T15:00 on", "http://x")
    snapshot = build(project(tmp_path, x=Stepwise()), as_of=AS_OF)
    assert gap in snapshot.gaps


@pytest.mark.parametrize("again", [DAY, None])
def test_the_next_run_goes_on_where_one_was_cut_off(tmp_path: Path, again: Window | None) -> None:
    collect(project(tmp_path, x=Stepwise(Asked(15))), window=DAY)
    asked = Asked()
    (found,) = collect(project(tmp_path, x=Stepwise(asked)), window=again)
    # From the hour before the last one that is there: its spans may have come late.
    assert (asked.hours[0], found.trouble) == (13, "")
    assert "cut-off" not in evidence(tmp_path)


def test_a_pull_that_came_to_its_end_is_not_gone_on_with(tmp_path: Path) -> None:
    collect(project(tmp_path, x=Stepwise()), window=DAY)
    asked = Asked()
    collect(project(tmp_path, x=Stepwise(asked)), window=DAY)
    assert asked.hours == [12, 13, 14, 15, 16, 17]


def test_a_window_that_begins_elsewhere_is_read_as_it_is_asked_for(tmp_path: Path) -> None:
    collect(project(tmp_path, x=Stepwise(Asked(15))), window=DAY)
    asked = Asked()
    before = Window(NOON - timedelta(hours=1), DAY.end)
    collect(project(tmp_path, x=Stepwise(asked)), window=before)
    assert asked.hours[0] == 11


def test_the_youngest_hours_are_read_again_for_late_spans(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    collect(project(tmp_path, x=Stepwise()), window=Window(now - timedelta(hours=5), now))
    asked = Asked()
    collect(project(tmp_path, x=Stepwise(asked)))
    assert asked.hours[0] in {(now - timedelta(hours=n)).hour for n in (1, 0)}
    assert len(asked.hours) in {2, 3}


def test_a_lost_hour_is_told_and_stays_as_it_was(tmp_path: Path) -> None:
    made = project(tmp_path, x=Stepwise(lost=(13,)))
    (found,) = collect(made, window=DAY)
    assert found.failed is None
    assert "2026-11-20T13:00 to 2026-11-20T14:00" in found.trouble
    assert "2026-11-20T13:00" in str(build(made, as_of=AS_OF).gaps)
    assert evidence(tmp_path)["2026-11-20T13"] == []
    collect(project(tmp_path, x=Stepwise()), window=DAY)
    whole = evidence(tmp_path)
    assert len(whole["2026-11-20T13"]) == 1
    collect(made, window=DAY)
    assert evidence(tmp_path) == whole | {WHOLE: []}


def test_a_source_is_compared_with_what_the_server_draws(tmp_path: Path) -> None:
    made = project(tmp_path, x=Stepwise())
    (found,) = collect(made, window=DAY)
    assert "0 edges agree; only it draws 1" in found.compared
    assert [gap.what for gap in found.gaps] == ["calls from b to a"]
    assert [gap.collector for gap in build(made, as_of=AS_OF).gaps] == ["stepwise"]


class Told(Progress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.story: list[str] = []

    def source(self, name: str) -> None:
        self.story.append(name)

    def window(self, window: Window) -> None:
        self.story.append(f"{window.start.hour}-{window.end.hour}")

    def spans(self, count: int) -> None:
        self.story.append(f"+{count}")

    def reached(self, until: datetime) -> None:
        self.story.append(f"{until.hour}")

    def done(self) -> None:
        self.story.append("done")

    def say(self, text: str) -> None:
        self.story.append(text)


def test_whoever_shows_it_is_told_how_it_gets_on(tmp_path: Path) -> None:
    told = Told()
    window = Window(NOON, NOON + timedelta(hours=2))
    collect(project(tmp_path, x=Stepwise()), window=window, progress=told)
    assert told.story == ["x", "12-14", "+2", "13", "+2", "14", "done"]
    collect(project(tmp_path, x=Stepwise(Asked(15))), window=DAY)
    collect(project(tmp_path, x=Stepwise()), window=DAY, progress=told)
    assert "going on at 2026-11-20T13:00: the last run came so far" in told.story
