from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.collecting.answers import AskedTooMuch, UnusableAnswer
from depmap.collecting.asking import MAX_FAILURES, Piece
from depmap.collecting.port import EVER
from depmap.collecting.pulling import pull
from depmap.collecting.stretches import Stretch, cut, halves
from depmap.errors import InputError, SourceUnavailable
from depmap.model.evidence import Gap
from depmap.tracing.spans import Spans
from tests.collecting.stores import EPOCH, Store, Trace, spread, window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def split(items: Iterable[object]) -> tuple[Counter[int], list[Gap]]:
    """Return how many spans came of each trace, and the gaps."""
    items = list(items)
    spans = [low for item in items if isinstance(item, Spans) for low in item.trace_low.tolist()]
    return Counter(spans), [item for item in items if isinstance(item, Gap)]


def test_what_fits_into_one_answer_takes_one_request() -> None:
    store = Store(spread(4))
    assert split(pull(store, window(0, 9999))) == (Counter([1, 2, 3, 4]), [])
    assert store.asked == [("", Stretch(0, 9999))]


@pytest.mark.parametrize("finds_any", [True, False])
def test_a_full_answer_is_not_taken_for_all(finds_any: bool) -> None:
    store = Store(spread(60), finds_any=finds_any)
    assert split(pull(store, window(0, 100_000))) == (Counter(range(1, 61)), [])


def test_what_lies_outside_the_window_is_not_asked_for() -> None:
    store = Store(spread(60))
    assert split(pull(store, window(10_000, 20_000)))[0] == Counter(range(10, 21))


def test_a_trace_of_several_services_comes_once_and_whole() -> None:
    traces = [Trace(number, number, ("cart", "stock", "till")) for number in range(1, 31)]
    spans, gaps = split(pull(Store(traces, finds_any=False), window(0, 100)))
    assert (spans, gaps) == (Counter(dict.fromkeys(range(1, 31), 3)), [])


def test_only_the_named_services_are_asked_for() -> None:
    store = Store([Trace(1, 1, ("cart",)), Trace(2, 2, ("till", "cart")), Trace(3, 3, ("till",))])
    spans, gaps = split(pull(store, window(0, 100), ("cart",)))
    assert (sorted(spans), gaps) == ([1, 2], [])
    assert {service for service, _ in store.asked} == {"cart"}


def test_a_busy_hour_in_a_window_without_ends_is_found_fast() -> None:
    hour = int((datetime(2026, 5, 1, tzinfo=UTC) - EPOCH) / timedelta(microseconds=1))
    store = Store([Trace(number, hour + number * 10**6) for number in range(1, 61)], limit=20)
    assert split(pull(store, EVER)) == (Counter(range(1, 61)), [])
    assert len(store.asked) < 20


def test_a_window_without_an_end_ends_soon_after_now() -> None:
    store = Store(spread(1))
    list(pull(store, EVER))
    [(_, stretch)] = store.asked
    ahead = EPOCH + stretch.end * store.tick - datetime.now(UTC)
    assert timedelta(hours=23) < ahead < timedelta(hours=25)


def test_what_the_narrowest_window_cuts_off_is_a_gap() -> None:
    traces = [Trace(number, 5000) for number in range(1, 10)]
    spans, gaps = split(pull(Store(traces), window(0, 10_000)))
    assert len(spans) == 5
    assert {gap.what for gap in gaps} == {"traces of cart"}
    assert all("truncated: 5 came back from 1970-01-01T00:00:00.00" in gap.why for gap in gaps)
    assert all("raise limit" in gap.why for gap in gaps)


def test_services_are_told_apart_where_time_cannot_be() -> None:
    traces = [Trace(number, 5000, (f"s{number % 3}",)) for number in range(12)]
    assert split(pull(Store(traces), window(0, 9999))) == (Counter(range(12)), [])


@pytest.mark.parametrize("error", [AskedTooMuch("HTTP 500"), UnusableAnswer("HTTP 400")])
def test_a_store_that_must_have_a_service_is_asked_by_service(error: SourceUnavailable) -> None:
    store = Store(spread(12), trouble=lambda service, _: None if service else error)
    assert split(pull(store, window(0, 99_999))) == (Counter(range(1, 13)), [])


def test_a_store_that_finds_nothing_without_a_service_is_asked_by_service() -> None:
    class Silent(Store):
        def find(self, service: str, stretch: Stretch) -> Sequence[Piece]:
            return super().find(service, stretch) if service else ()

    assert split(pull(Silent(spread(12)), window(0, 99_999))) == (Counter(range(1, 13)), [])


def test_a_wide_window_that_fails_is_halved() -> None:
    def trouble(_: str, stretch: Stretch) -> SourceUnavailable | None:
        return AskedTooMuch("late") if stretch.end - stretch.start > 4_000 else None

    store = Store(spread(60), limit=100, finds_any=False, trouble=trouble)
    assert split(pull(store, window(0, 64_000))) == (Counter(range(1, 61)), [])


@pytest.mark.parametrize(("width", "requests"), [(2**40, MAX_FAILURES + 1), (4, 3), (1, 1)])
def test_a_server_that_only_fails_is_given_up(width: int, requests: int) -> None:
    store = Store(spread(60), finds_any=False, trouble=lambda *_: AskedTooMuch("HTTP 500"))
    with pytest.raises(SourceUnavailable, match="HTTP 500"):
        list(pull(store, window(0, width)))
    assert len(store.asked) == requests


def test_a_question_that_is_refused_is_not_asked_again() -> None:
    store = Store(spread(60), finds_any=False, trouble=lambda *_: UnusableAnswer("HTTP 400"))
    with pytest.raises(SourceUnavailable, match="HTTP 400"):
        list(pull(store, window(0, 9999)))
    assert len(store.asked) == 1


def test_requests_are_bounded() -> None:
    with pytest.raises(SourceUnavailable, match="too many requests") as caught:
        list(pull(Store(spread(60)), window(0, 99_999), max_requests=3))
    assert "raise limit" in caught.value.hint


@pytest.mark.parametrize("limit", [1, 0, -5])
def test_a_limit_that_shows_nothing_is_a_mistake(limit: int) -> None:
    with pytest.raises(InputError, match="must be at least 2"):
        list(pull(Store(spread(1), limit=limit), window(0, 99)))


def test_an_empty_server_says_so() -> None:
    assert [gap.what for gap in split(pull(Store([]), window(0, 99)))[1]] == ["no services"]


def test_an_empty_window_is_named() -> None:
    [gap] = split(pull(Store(spread(1)), window(10_000, 20_000)))[1]
    assert (gap.what, gap.locator) == ("no traces in the window", "http://store")
    assert gap.why == (
        "none of 1 services has a span "
        "from 1970-01-01T00:00:00.010000+00:00 to 1970-01-01T00:00:00.020000+00:00"
    )


def test_a_named_service_without_spans_is_named() -> None:
    store = Store([Trace(1, 1, ("cart",)), Trace(2, 50, ("till",))])
    spans, gaps = split(pull(store, window(0, 9), ("cart", "till", "cort")))
    assert sorted(spans) == [1]
    assert [gap.what for gap in gaps] == ["traces of till", "traces of cort"]
    assert "no such service" not in gaps[0].why
    assert gaps[1].why.endswith('no such service did you mean "cart"?')


def test_a_malformed_trace_is_a_gap_and_still_counts() -> None:
    class Odd(Store):
        def find(self, service: str, stretch: Stretch) -> Sequence[Piece]:
            found = list(super().find(service, stretch))
            at = [number for number, piece in enumerate(found) if piece.traces == {"7"}]
            return [
                Piece(frozenset(), None, b'[{"traceId": 7}]') if n in at else piece
                for n, piece in enumerate(found)
            ]

    spans, gaps = split(pull(Odd(spread(12)), window(0, 99_999)))
    assert sorted(spans) == [number for number in range(1, 13) if number != 7]
    assert gaps


def test_a_piece_of_several_traces_is_old_only_when_all_of_them_are() -> None:
    class Mixed(Store):
        def find(self, service: str, stretch: Stretch) -> Sequence[Piece]:
            self.asked.append((service, stretch))
            both = [trace.piece for trace in self.traces if service in trace.services]
            traces = frozenset(trace for piece in both for trace in piece.traces)
            return [Piece(traces, 0, b",".join(piece.body for piece in both))]

    traces = [Trace(1, 1, ("a",)), Trace(2, 1, ("a", "b")), Trace(3, 1, ("b",))]
    spans, _ = split(pull(Mixed(traces, finds_any=False), window(0, 9)))
    assert spans.keys() == {1, 2, 3}


@given(
    times=st.lists(st.integers(0, 50), max_size=30),
    limit=st.integers(2, 8),
    finds_any=st.booleans(),
    start=st.integers(0, 60),
    width=st.integers(1, 60),
)
def test_nothing_is_lost_without_a_word(
    times: list[int], limit: int, finds_any: bool, start: int, width: int
) -> None:
    services = (("a",), ("b",), ("a", "c"))
    traces = [Trace(n, at, services[n % 3]) for n, at in enumerate(times)]
    store = Store(traces, limit=limit, finds_any=finds_any)
    spans, gaps = split(pull(store, window(start, start + width)))
    wanted = {trace.number: trace for trace in traces if start <= trace.at <= start + width}
    lost = wanted.keys() - spans.keys()
    assert spans.keys() <= wanted.keys()
    assert all(count == len(wanted[number].services) for number, count in spans.items())
    cut_off = {gap.what.removeprefix("traces of ") for gap in gaps if "truncated" in gap.why}
    assert all(set(wanted[number].services) <= cut_off for number in lost)


@given(st.integers(0, 100), st.integers(0, 100), st.lists(st.integers(0, 200)))
def test_cuts_cover_the_stretch_and_each_is_narrower(
    start: int, width: int, found: list[int]
) -> None:
    whole = Stretch(start, start + width)
    for parts in (halves(whole), cut(whole, found)):
        assert bool(parts) == (width > 1)
        ends = [whole.start, *(part.end for part in parts)]
        assert [part.start for part in parts] == ends[: len(parts)]
        assert not parts or ends[-1] == whole.end
        assert all(0 < part.end - part.start < width for part in parts)
