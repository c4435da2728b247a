from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.assessing.detecting import at_times
from depmap.assessing.peaks import busy_hours, peak_only, peaks
from depmap.assessing.rhythm import batch_only
from depmap.assessing.silence import alive, gone, silence
from depmap.model.calls import Calls, Hour, packed_hours
from depmap.model.words import Kind, Source
from depmap.tracing.activity import activity
from tests.assessing.timeline import MONDAY, days, hourly
from tests.builders import claim, depends, seen

if TYPE_CHECKING:
    from depmap.model.dependency import Dependency
    from depmap.model.finding import Candidate, Detection

WORK = [(float(hour), 100 + 10 * hour) for hour in range(24)]
"""A day whose last two hours are the busiest."""


def test_calls_of_one_hour_add_up_and_undated_ones_are_left_out() -> None:
    twice = hourly("a", "b", [(3, 5), (3.5, 6)], also=(claim("a", "b"),))
    found = activity([twice])
    used = found.used[twice.key]
    assert (used.calls.tolist(), found.load.tolist()) == ([11], [11])
    assert used.last - used.first == 31 * 60
    assert activity([depends("a", "b")]).used == {}


def test_a_row_that_covers_days_says_nothing_about_hours() -> None:
    (row,) = hourly("a", "b", [(0, 5)]).evidence
    assert row.first_seen is not None
    long = claim(
        "a",
        "b",
        source=Source.TRACES,
        calls=row.calls,
        first_seen=row.first_seen,
        last_seen=row.first_seen.replace(day=9),
    )
    assert activity([depends("a", "b", evidence=(long,))]).used == {}


def test_a_consumer_s_work_is_what_reaches_it_else_what_it_sends_elsewhere() -> None:
    reached = hourly("web", "a", [(1, 7)])
    used, other = hourly("a", "b", [(1, 2)]), hourly("a", "c", [(1, 3)])
    found = activity([reached, used, other])
    assert found.exposure(used.key).tolist() == [7]
    assert activity([used, other]).exposure(used.key).tolist() == [3]
    assert not activity([used]).exposure(used.key).any()


@pytest.mark.parametrize("kind", [Kind.MESSAGING_CONSUME, Kind.EVENT])
def test_messages_that_a_worker_takes_are_its_work(kind: Kind) -> None:
    takes = hourly("worker", "broker", [(1, 7)], kind=kind)
    writes, reads = hourly("worker", "db", [(1, 9)]), hourly("worker", "cache", [(1, 4)])
    found = activity([takes, writes, reads])
    assert found.exposure(writes.key).tolist() == [7]
    assert "broker" not in found.inward
    # nothing else reaches it, so that it is judged by what else it does
    assert found.exposure(takes.key).tolist() == [13]


@pytest.mark.parametrize("kind", [Kind.MESSAGING_CONSUME, Kind.EVENT])
def test_messages_that_a_worker_takes_are_no_chance_to_take_themselves(kind: Kind) -> None:
    takes = hourly("worker", "broker", [(1, 7)], kind=kind)
    asked = hourly("web", "worker", [(1, 5)])
    assert activity([takes, asked]).exposure(takes.key).tolist() == [5]


def test_hours_that_were_put_together_are_as_good_as_rows() -> None:
    rows = hourly("a", "b", [(3, 5), (7.5, 6)])
    begin = int(MONDAY.timestamp()) // 3600
    packed = packed_hours(
        [
            Hour(begin + 3, 5, 0, 60, 0, -1, 0, 0),
            Hour(begin + 7, 6, 1800, 1860, 0, -1, 0, 0),
        ]
    )
    whole = replace(seen("a", "b"), calls=Calls(calls=11, hours=packed))
    one, other = activity([rows]), activity([depends("a", "b", evidence=(whole,))])
    assert one.load.tolist() == other.load.tolist() == [5, 0, 0, 0, 6]
    for name in ("hours", "calls", "first", "last"):
        left, right = getattr(one.used[rows.key], name), getattr(other.used[rows.key], name)
        assert left.tolist() == right.tolist()


def test_what_is_used_at_the_busiest_hours_alone_is_peak_only() -> None:
    work = hourly("web", "a", days(14, WORK))
    peak = hourly("a", "auth", days(14, [(22, 1), (23, 1)]))
    always = hourly("a", "b", days(14, [(hour, 5) for hour, _ in WORK]))
    (found,), run = peak_only(activity([work, peak, always]))
    assert (found.consumer, found.provider, found.detector) == ("a", "auth", "peak-only")
    assert found.q_value is not None
    assert found.q_value < 0.001
    assert found.statistic == (
        "on 14 days 28 of its 28 calls fell into the busiest tenth of hours of all, in which "
        "a does 19% of its work"
    )
    assert (found.value, found.units) == (1.0, 14)
    assert (run.tested, run.found) == (3, 1)


def test_a_few_days_with_a_few_calls_at_their_peaks_are_enough() -> None:
    work = hourly("web", "a", days(7, WORK))
    peak = hourly("a", "auth", days(7, [(23, 2)]))
    (found,), _ = peak_only(activity([work, peak]))
    assert found.provider == "auth"


def test_one_burst_that_happens_to_fall_into_a_peak_is_one_observation() -> None:
    work = hourly("web", "a", days(14, WORK))
    burst = hourly("a", "auth", [(23, 30)])
    found, run = peak_only(activity([work, burst]))
    assert found == ()
    assert run.why == (
        "1 dependencies were seen on fewer than 2 days; "
        "higher peaks than 1.7 times the median load were not seen"
    )


def test_two_long_bursts_in_busy_evenings_are_two_observations_and_no_proof() -> None:
    busy = [(float(hour), 3000 if hour >= 19 else 1000) for hour in range(24)]
    bursts = [(24.0 * day + hour, 20) for day in (3, 8) for hour in range(18, 22)]
    items = [
        hourly("web", "shop", days(14, busy)),
        hourly("web", "a", days(14, [(hour, 100) for hour, _ in busy])),
        hourly("a", "auth", bursts),
    ]
    when = activity(items)
    judged = peaks(when, items[2].key)
    assert judged is not None
    assert judged.p_value < 0.01
    assert judged.p_runs > 0.05
    assert peak_only(when)[0] == ()


def test_what_is_used_as_the_consumer_s_work_has_it_is_no_peak() -> None:
    busy_at_night = [(hour, 10 if hour < 20 else 500) for hour, _ in WORK]
    work = hourly("web", "a", days(14, busy_at_night))
    used = hourly(
        "a", "auth", days(14, [(5, 1), (9, 1), (12, 1), *((hour, 9) for hour in range(20, 24))])
    )
    assert peak_only(activity([work, used]))[0] == ()


def test_what_the_consumer_s_own_peaks_bring_about_is_found_against_the_system_s() -> None:
    system = hourly("web", "shop", days(10, [(hour, 10 * many) for hour, many in WORK]))
    own = hourly("web", "a", days(10, [(hour, 40 if hour == 4 else 10) for hour, _ in WORK]))
    used = hourly("a", "auth", days(10, [(4, 3)]))
    (found,), _ = peak_only(activity([system, own, used]))
    assert found.message == "a uses auth (http) only when a is busiest"


def test_what_is_used_always_and_more_at_peaks_is_peak_amplified() -> None:
    work = hourly("web", "a", days(14, WORK))
    more = hourly("a", "auth", days(14, [(9, 1), (22, 30), (23, 30)]))
    (found,), _ = peak_only(activity([work, more]))
    assert found.detector == "peak-amplified"
    assert found.message == "a uses auth (http) above all when the system is busiest"


def test_a_dependency_of_which_nothing_else_is_known_is_compared_with_the_system() -> None:
    system = hourly("web", "shop", days(10, WORK))
    alone = hourly("cron", "auth", days(10, [(23, 1)]))
    (found,), _ = peak_only(activity([system, alone]))
    assert (found.consumer, found.provider) == ("cron", "auth")


def test_what_is_used_always_does_not_hide_what_is_used_seldom() -> None:
    work = hourly("web", "a", days(14, WORK))
    always = [
        hourly("a", f"b{at}", days(14, [(hour, 5) for hour, _ in WORK])) for at in range(100)
    ]
    seldom = hourly("a", "auth", [(24 * day + 22.0, 2) for day in (2, 5, 9)])
    (found,), _ = peak_only(activity([work, *always, seldom]))
    assert found.provider == "auth"


def test_without_a_load_that_varies_nothing_is_a_peak() -> None:
    flat = hourly("web", "a", days(3, [(hour, 5) for hour, _ in WORK]))
    found, run = peak_only(activity([flat]))
    assert (found, run.tested) == ((), 0)
    assert run.why


def test_busy_are_the_hours_above_nine_tenths_of_the_others() -> None:
    assert np.flatnonzero(busy_hours(np.arange(100))).tolist() == list(range(90, 100))
    assert not busy_hours(np.full(100, 5)).any()
    assert not busy_hours(np.arange(24)).any()
    assert busy_hours(np.arange(25)).sum() == 3
    assert np.flatnonzero(busy_hours(np.array([5] * 50 + [9]))).tolist() == [50]


def test_a_nightly_job_is_batch_only() -> None:
    work = hourly("web", "a", days(10, WORK))
    nightly = hourly("a", "ledger", days(10, [(2.2, 40)]))
    (found,), run = batch_only(activity([work, nightly]))
    assert (found.provider, found.units, found.value) == ("ledger", 10, 1.0)
    assert found.message == "a uses ledger (http) once a day, around 02:12 UTC"
    assert run.tested >= 1


def test_a_weekly_job_is_weekly_and_not_only_nightly() -> None:
    work = hourly("web", "a", days(70, WORK))
    weekly = hourly("a", "ledger", [(168 * week + 2, 40) for week in range(10)])
    (found,), _ = batch_only(activity([work, weekly]))
    assert found.message.endswith("once a week, around Monday 02:00 UTC")


def test_what_follows_the_consumer_s_own_night_shift_is_no_batch() -> None:
    system = hourly("web", "shop", days(20, WORK))
    night = hourly("web", "a", days(20, [(hour, 100) for hour in range(6)]))
    used = hourly("a", "b", [(24 * day + (7 * day) % 6, 5) for day in range(20)])
    found, _ = batch_only(activity([system, night, used]))
    assert [item.provider for item in found] == ["a"]


def test_what_has_pauses_only_when_there_is_no_work_is_no_batch() -> None:
    busy = [(hour + part, 3) for hour in range(6, 22) for part in (0.0, 0.05)]
    used = hourly("a", "b", days(20, busy))
    found, _ = batch_only(activity([hourly("web", "a", days(20, WORK)), used]))
    assert found == ()


def both(*items: Dependency) -> tuple[list[str], list[str]]:
    """Providers that are used at peaks, and in a rhythm."""
    (peak, peak_run), (batch, batch_run) = at_times(activity(items))
    assert (peak_run.found, batch_run.found) == (len(peak), len(batch))
    return [item.provider for item in peak], [item.provider for item in batch]


def test_a_peak_at_the_same_time_every_day_is_no_job() -> None:
    items = (hourly("web", "a", days(14, WORK)), hourly("a", "auth", days(14, [(23.2, 4)])))
    assert [item.provider for item in batch_only(activity(items))[0]] == ["auth"]
    assert both(*items) == (["auth"], [])


def test_a_peak_that_comes_within_some_hours_of_the_day_is_no_job_either() -> None:
    used = [(19, 2), (20, 2), (21, 1), (22, 2), (23, 3)]
    items = (hourly("web", "a", days(14, WORK)), hourly("a", "auth", days(14, used)))
    assert [item.provider for item in batch_only(activity(items))[0]] == ["auth"]
    assert both(*items) == (["auth"], [])


def test_a_large_job_does_not_make_the_peak_that_it_is_judged_by() -> None:
    work = hourly("web", "a", days(14, WORK))
    job = hourly("a", "ledger", days(14, [(12.2, 5000)]))
    assert both(work, job) == ([], ["ledger"])


def test_a_job_whose_hour_is_busy_on_every_other_day_is_no_peak() -> None:
    shifted = [
        (24.0 * day + hour, many if day % 2 else 100 + 10 * ((hour + 3) % 24))
        for day in range(20)
        for hour, many in enumerate(many for _, many in WORK)
    ]
    items = (hourly("web", "a", shifted), hourly("a", "ledger", days(20, [(20.2, 40)])))
    (found,), _ = peak_only(activity(items))
    assert found.provider == "ledger"
    assert both(*items) == ([], ["ledger"])


def test_silence_is_as_improbable_as_published() -> None:
    assert alive(3, 1) == pytest.approx(0.09, abs=0.003)
    assert alive(10, 1) == pytest.approx(0.0007, abs=0.00005)
    assert alive(10, 0.25) == pytest.approx(0.096, abs=0.001)


@given(st.floats(0, 1e4), st.floats(0, 1e3), st.floats(0, 1e3))
def test_more_work_without_a_call_makes_a_living_dependency_less_probable(
    units: float, one: float, more: float
) -> None:
    assert alive(units, one + more) <= alive(units, one)


def _silenced(**more: Any) -> tuple[tuple[Candidate, ...], Detection]:
    work = hourly("web", "a", days(20, WORK))
    used = hourly("a", "old", days(10, [(float(hour), 2) for hour in range(0, 24, 2)]), **more)
    return gone(activity([work, used]), {work.key: work, used.key: used})


def test_what_was_used_all_day_and_is_silent_for_as_long_is_gone() -> None:
    (found,), run = _silenced()
    assert (found.detector, found.provider) == ("gone", "old")
    assert "has not used old (http) since 2026-11-11; no code shows it" in found.message
    assert run.found == 1


def test_what_the_code_still_holds_is_dormant() -> None:
    (found,), _ = _silenced(also=(claim("a", "old", source=Source.CODE),))
    assert found.detector == "dormant"


def test_a_consumer_that_is_silent_itself_tells_nothing() -> None:
    work = hourly("web", "a", days(10, WORK))
    used = hourly("a", "old", days(10, [(float(hour), 2) for hour in range(0, 24, 2)]))
    later = hourly("web", "c", days(20, WORK))
    items = [work, used, later]
    found, _ = gone(activity(items), {item.key: item for item in items})
    assert [item.provider for item in found if item.consumer == "a"] == []


def test_what_was_silent_as_long_before_may_be_silent_again() -> None:
    work = hourly("web", "a", days(40, WORK))
    calls = [(24.0 * day + hour, 5) for day in (0, 1, 2, 22, 23, 24) for hour in range(24)]
    used = hourly("a", "campaign", calls)
    found, _ = gone(activity([work, used]), {work.key: work, used.key: used})
    assert found == ()


def test_a_silence_that_chance_explains_in_one_of_fifty_is_not_gone() -> None:
    work = hourly("web", "a", days(13, [(float(hour), 10) for hour in range(24)]))
    used = hourly("a", "old", days(10, [(0, 1)]))
    when = activity([work, used])
    found = silence(when.used[used.key], when.calls(used.key), when.exposure(used.key), when.days)
    assert found is not None
    assert 0.01 < found.p_value < 0.025
    assert gone(when, {work.key: work, used.key: used})[0] == ()


def test_twice_the_longest_silence_before_is_what_counts() -> None:
    work = hourly("web", "a", days(60, [(float(hour), 10) for hour in range(24)]))

    def p_value(gap: int) -> float:
        busy = [*range(20), *range(20 + gap, 40)]
        used = hourly("a", "old", [(24.0 * day + hour, 5) for day in busy for hour in range(24)])
        when = activity([work, used])
        found = silence(
            when.used[used.key], when.calls(used.key), when.exposure(used.key), when.days
        )
        assert found is not None
        return found.p_value

    assert p_value(8) < 0.01
    assert p_value(12) == 1.0
