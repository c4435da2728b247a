"""Pulling hour by hour: marks, hours that are lost, servers that go away, several at once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.collecting.answers import AskedTooMuch, TryLater, UnusableAnswer
from depmap.collecting.flights import Flights
from depmap.collecting.pace import Pace
from depmap.collecting.port import Drawn, Reached
from depmap.collecting.pulling import pull
from depmap.collecting.stretches import Clock, Stretch
from depmap.errors import SourceUnavailable
from depmap.tracing.spans import Spans
from tests.collecting.stores import EPOCH, Store, Trace, window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from depmap.collecting.asking import Piece

HOUR = 3_600_000_000


def by_hour(*counts: int, services: tuple[str, ...] = ("cart",)) -> list[Trace]:
    """So many traces in each hour, a second apart, from its middle on."""
    return [
        Trace(hour * 1000 + n + 1, hour * HOUR + HOUR // 2 + n * 1_000_000, services)
        for hour, count in enumerate(counts)
        for n in range(count)
    ]


def story(items: Iterable[object]) -> list[object]:
    """Return what came, in order: ids of traces, and hours of marks."""
    told: list[object] = []
    for item in items:
        if isinstance(item, Spans):
            told += [int(low) for low in item.trace_low]
        elif isinstance(item, Reached):
            told.append(f"{(item.until - EPOCH) // timedelta(hours=1)}{'!' if item.lost else ''}")
    return told


def test_what_fits_into_one_answer_is_one_step() -> None:
    store = Store(by_hour(2, 0, 1))
    assert story(pull(store, window(0, 3 * HOUR))) == [2001, 2, 1, "3"]


def test_a_busy_window_goes_hour_by_hour() -> None:
    told = story(pull(Store(by_hour(4, 0, 3)), window(0, 3 * HOUR)))
    assert told == [4, 3, 2, 1, "1", "2", 2003, 2002, 2001, "3"]


def test_no_question_about_an_hour_comes_before_the_mark_of_the_one_before() -> None:
    store = Store(by_hour(9, 9, 9), limit=4)
    for item in pull(store, window(0, 3 * HOUR)):
        if isinstance(item, Reached):
            last = max(stretch.end for _, stretch in store.asked[1:])
            assert EPOCH + timedelta(microseconds=last) == item.until


def test_a_service_that_fits_is_asked_for_once_and_a_busy_one_by_the_hour() -> None:
    traces = [*by_hour(4, 4, 4), Trace(1, 5, ("quiet",))]
    store = Store(traces, finds_any=False)
    list(pull(store, window(0, 3 * HOUR)))
    assert Counter(name for name, _ in store.asked) == {"quiet": 1, "cart": 4}


def test_many_services_that_are_too_much_at_once_are_not_the_servers_trouble() -> None:
    def trouble(_: str, stretch: Stretch) -> SourceUnavailable | None:
        return AskedTooMuch("late") if stretch.end - stretch.start > HOUR else None

    traces = [Trace(n, n * HOUR // 9, (f"s{n}",)) for n in range(27)]
    store = Store(traces, finds_any=False, trouble=trouble)
    found = [item for item in story(pull(store, window(0, 3 * HOUR))) if isinstance(item, int)]
    assert set(found) == set(range(27))


def test_a_long_window_that_is_too_much_is_no_reason_to_ask_by_service() -> None:
    def trouble(_: str, stretch: Stretch) -> SourceUnavailable | None:
        return AskedTooMuch("late") if stretch.end - stretch.start > HOUR else None

    store = Store(by_hour(4, 4, 4), trouble=trouble)
    list(pull(store, window(0, 3 * HOUR)))
    assert {service for service, _ in store.asked} == {""}


def test_where_roots_come_late_a_mark_waits_for_them() -> None:
    # The store finds a trace by its root; its earliest span lies in the hour before.
    store = Store(by_hour(4, 4), lag=timedelta(minutes=5))
    list(pull(store, window(0, 2 * HOUR)))
    ends = [stretch.end for _, stretch in store.asked]
    assert ends == [2 * HOUR + HOUR // 12, HOUR + HOUR // 12, 2 * HOUR + HOUR // 12]


def failing(*hours: int, error: type[SourceUnavailable] = AskedTooMuch) -> Store:
    def trouble(_: str, stretch: Stretch) -> SourceUnavailable | None:
        narrow = stretch.end - stretch.start <= HOUR
        return error("bad block") if narrow and stretch.start // HOUR in hours else None

    return Store(by_hour(4, 4, 4, 4), trouble=trouble)


def test_an_hour_that_is_too_much_is_lost_and_the_next_are_read() -> None:
    told = story(pull(failing(1), window(0, 4 * HOUR)))
    assert [one for one in told if isinstance(one, str)] == ["1", "2!", "3", "4"]


def test_two_lost_hours_in_a_row_are_the_servers_trouble() -> None:
    found = pull(failing(1, 2, 3), window(0, 4 * HOUR))
    marks: list[str] = []
    with pytest.raises(SourceUnavailable, match="bad block"):
        marks.extend(item.lost for item in found if isinstance(item, Reached))
    assert marks == ["", "bad block"]


def test_an_answer_that_cannot_be_used_is_no_matter_of_the_hour() -> None:
    with pytest.raises(UnusableAnswer):
        list(pull(failing(2, error=UnusableAnswer), window(0, 4 * HOUR)))


@dataclass
class Away(Store):
    """Goes away at its third question, for a number of questions."""

    away: int = 2
    forgets: bool = False
    _questions: int = field(default=0)

    def services(self) -> Sequence[str]:
        return ["cart"] if not self.forgets or self._questions < 3 else ["other"]

    def find(self, service: str, stretch: Stretch) -> Sequence[Piece]:
        self._questions += 1
        if 3 <= self._questions < 3 + self.away:
            raise TryLater("no connection")
        return super().find(service, stretch)


def test_a_server_that_goes_away_is_waited_for() -> None:
    found = story(pull(Away(by_hour(4, 4, 4), limit=4), window(0, 3 * HOUR), patience=5))
    assert [one for one in found if isinstance(one, str)] == ["1", "2", "3"]


def test_patience_ends() -> None:
    begin = time.monotonic()
    with pytest.raises(TryLater):
        list(pull(Away(by_hour(4, 4, 4), away=99), window(0, 3 * HOUR), patience=0.5))
    assert time.monotonic() - begin < 3


def test_a_server_that_has_forgotten_is_not_taken_for_a_quiet_one() -> None:
    store = Away(by_hour(4, 4, 4), forgets=True)
    with pytest.raises(SourceUnavailable, match=r"forgotten 1 of 1 services .* such as cart"):
        list(pull(store, window(0, 3 * HOUR), patience=5))


@dataclass
class Slow(Store):
    """Knows how many questions were under way at once."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    now: int = 0
    most: int = 0

    def find(self, service: str, stretch: Stretch) -> Sequence[Piece]:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.005)
        found = super().find(service, stretch)
        with self.lock:
            self.now -= 1
        return found


@pytest.mark.parametrize("at_once", [1, 2, 4])
def test_several_requests_at_once_find_the_same(at_once: int) -> None:
    traces = [Trace(n, n * HOUR // 20, (f"s{n % 5}",)) for n in range(60)]
    store = Slow(traces, finds_any=False, limit=3)
    found = story(pull(store, window(0, 3 * HOUR), at_once=at_once))
    assert {one for one in found if isinstance(one, int)} == set(range(60))
    assert [one for one in found if isinstance(one, str)] == ["1", "2", "3"]
    assert store.most == at_once


def test_an_error_of_one_of_several_is_raised() -> None:
    store = Slow(by_hour(9), limit=3, trouble=lambda *_: UnusableAnswer("HTTP 400"))
    store.finds_any = False
    with pytest.raises(UnusableAnswer, match="HTTP 400"):
        list(pull(store, window(0, HOUR), at_once=3))


@given(st.lists(st.integers(0, 30), max_size=12), st.integers(1, 4))
def test_answers_come_in_the_order_of_the_questions(numbers: list[int], at_once: int) -> None:
    flights = Flights(lambda number: number * 2, numbers, at_once)
    order = [(question, answer.result()) for question, answer in flights.answers()]
    assert order == [(number, number * 2) for number in numbers]


def test_a_rate_keeps_requests_apart() -> None:
    pace = Pace(50)
    begin = time.monotonic()
    for _ in range(6):
        pace.wait()
    assert time.monotonic() - begin >= 0.1


@given(
    st.integers(0, 10**4),
    st.integers(1, 10**6),
    st.integers(0, 9),
    st.lists(st.integers(0, 10**6)),
)
def test_cuts_at_hours_cover_the_stretch_and_each_is_narrower(
    start: int, width: int, lag: int, found: list[int]
) -> None:
    clock = Clock(timedelta(minutes=1), timedelta(minutes=lag))
    whole = Stretch(start, start + width)
    parts = clock.hours(whole, found)
    assert bool(parts) == (start // 60 * 60 + 60 + lag < whole.end)
    ends = [whole.start, *(part.end for part in parts)]
    assert [part.start for part in parts] == ends[: len(parts)]
    assert not parts or ends[-1] == whole.end
    assert all((end - lag) % 60 == 0 or end == whole.end for end in ends[1:] if width < 60 * 24)


def test_what_the_server_draws_comes_last_and_its_failure_is_no_failure() -> None:
    drawn = Drawn((("a", "b", 1),), "http://store")
    assert list(pull(Store(by_hour(1), draws=drawn), window(0, HOUR)))[-1] == drawn
    broken = Store(by_hour(1), draws=SourceUnavailable("no such page"))
    [*_, told] = pull(broken, window(0, HOUR))
    assert told == Drawn((), "http://store", failed="no such page")
