from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from depmap.collecting.port import Collector, Item, Reached, Window
from depmap.collecting.recording import WHOLE, Recording
from depmap.model.evidence import Evidence, Gap
from depmap.model.words import Kind, Source
from depmap.tracing.reading import read_bytes
from tests.builders import claim, node
from tests.collecting.spans import HOUR, START, message, served, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depmap.collecting.recording import Record

FROM = datetime(2026, 11, 20, 14, tzinfo=UTC)


@dataclass(frozen=True)
class Windowed(Collector):
    """Is asked for hours."""

    name: ClassVar[str] = "windowed"
    source: ClassVar[Source] = Source.TRACES
    windowed: ClassVar[bool] = True

    def collect(self, window: Window) -> Iterator[Item]:  # noqa: ARG002
        yield Gap("x", "y")


def recording(hours: int = 4) -> Recording:
    return Recording(Windowed(), Window(FROM, FROM + timedelta(hours=hours)))


def mark(hours: int, lost: str = "") -> Reached:
    return Reached(FROM + timedelta(hours=hours), lost)


def take(into: Recording, *lines: bytes) -> None:
    for item in read_bytes(b"".join(lines), "lines"):
        into.add(item)


def events(windows: Mapping[str, Sequence[Record]]) -> list[tuple[str, str, str]]:
    return [
        (hour[-2:], item.consumer, item.provider)
        for hour, records in windows.items()
        for item in records
        if isinstance(item, Evidence) and item.kind is Kind.EVENT
    ]


def test_a_mark_gives_the_hours_that_are_over_and_keeps_the_rest() -> None:
    found = recording()
    take(found, served(1, START), served(2, START + HOUR))
    assert list(found.finished(mark(1))) == ["2026-11-20T14"]
    assert list(found.finished(mark(2))) == ["2026-11-20T15"]
    assert found.rest() == {}


def test_a_trace_over_the_end_of_an_hour_is_kept_whole_in_the_hour_it_begins_in() -> None:
    found = recording()
    late = served(1, START + HOUR - 10**9, apart=2 * 10**9)
    take(found, late)
    [evidence] = [i for i in found.finished(mark(1))["2026-11-20T14"] if isinstance(i, Evidence)]
    assert (evidence.consumer, evidence.provider) == ("a", "b")
    # The next hour's question finds it once more.
    take(found, late)
    assert found.finished(mark(2)) == {}


def test_a_message_of_an_hour_before_is_tied() -> None:
    found = recording()
    take(found, message(1, START))
    found.finished(mark(1))
    found.finished(mark(2))
    take(found, message(2, START + 2 * HOUR, of=1))
    assert events(found.finished(mark(3))) == [("16", "order", "ship")]


def test_an_hour_that_waits_for_a_message_of_the_next_is_told_again() -> None:
    found = recording()
    found.add(Gap("a part", "why"))
    take(found, message(2, START, of=1), served(3, START))
    first = found.finished(mark(1))
    assert events(first) == []
    take(found, message(1, START + HOUR))
    second = found.finished(mark(2))
    assert events(second) == [("14", "order", "ship")]
    known = {item for item in first["2026-11-20T14"] if isinstance(item, Gap) and not item.locator}
    assert Gap("a part", "why", "", "windowed") in known
    assert Gap("a part", "why", "", "windowed") in second["2026-11-20T14"]
    take(found, message(1, START + 2 * HOUR))
    assert list(found.finished(mark(3))) == ["2026-11-20T16"]


def test_marks_change_nothing_in_what_is_found() -> None:
    lines = [message(1, START), message(2, START + HOUR, of=1), served(3, START + HOUR)]
    lines += [message(4, START + HOUR, of=5), message(5, START + 2 * HOUR)]
    once, often = recording(), recording()
    take(once, *lines)
    windows = once.rest()
    told: dict[str, list[Record]] = {}
    for hour in range(3):
        at = [START + n * HOUR for n in (0, 1, 1, 1, 2)]
        take(
            often,
            *(line for line, when in zip(lines, at, strict=True) if when == START + hour * HOUR),
        )
        told |= often.finished(mark(hour + 1))
    assert told == windows


def test_a_lost_hour_gives_no_window_and_says_so() -> None:
    found = recording()
    take(found, served(1, START))
    assert found.finished(mark(1, lost="HTTP 500")) == {}
    take(found, served(1, START), served(2, START + HOUR))
    assert list(found.finished(mark(2))) == ["2026-11-20T15"]
    [gap] = found.losses
    assert gap.what == "traces from 2026-11-20T14:00 to 2026-11-20T15:00"
    assert found.rest() == {WHOLE: [gap]}


def test_gaps_lie_with_their_hour_and_those_after_the_last_mark_with_the_whole() -> None:
    found = recording()
    found.add(Gap("in the hour", "why"))
    assert [gap.what for gap in _gaps(found.finished(mark(1))["2026-11-20T14"])] == ["in the hour"]
    found.add(Gap("at the end", "why"))
    assert [gap.what for gap in _gaps(found.rest()[WHOLE])] == ["at the end"]


def _gaps(records: Sequence[Record]) -> list[Gap]:
    return [item for item in records if isinstance(item, Gap)]


def test_nodes_lie_with_the_claims_that_name_them() -> None:
    found = recording()
    for item in (claim(first_seen=FROM), node("a"), node("z")):
        found.add(item)
    assert node("a") in found.finished(mark(1))["2026-11-20T14"]
    assert found.rest() == {WHOLE: [node("z")]}


def test_spans_without_any_time_are_counted() -> None:
    found = recording()
    take(found, span("a", 1, 0, kind=2))
    found.finished(mark(4))
    [gap] = found.rest()[WHOLE]
    assert isinstance(gap, Gap)
    assert gap.what == "a span of a trace without times"


def test_dictionaries_do_not_grow_from_hour_to_hour() -> None:
    found = recording(40)
    for hour in range(40):
        at = START + hour * HOUR
        # What begins in the next hour has come already, as behind a server that searches roots.
        take(found, span(f"s{hour}", hour + 1, at, kind=2), span("next", 90 + hour, at + HOUR))
        found.finished(mark(hour + 1))
        [left] = found._spans
        assert len(left.processes) == 1
