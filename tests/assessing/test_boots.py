"""Start order as it was observed: smallest examples and laws."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from math import factorial, isnan
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.assessing.boots import MANY, _with_q, starts_after
from depmap.assessing.detecting import detect, findings_of
from depmap.assessing.rounds import FEW, compared, rounds
from depmap.assessing.significance import q_values
from depmap.assessing.waits import untouched
from depmap.model.evidence import Boot
from depmap.model.words import Kind, Source, Stance
from depmap.tracing.activity import activity
from tests.assessing.timeline import MONDAY
from tests.builders import claim, depends, node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depmap.model.finding import Candidate, Detection

NODES = [node("a"), node("b"), node("c")]
TIMES = st.lists(st.floats(0, 100), min_size=1, max_size=6)


def boot(day: int, service: str, started: float, ready: float | None, **more: Any) -> Boot:
    """A boot on one day, in seconds after midnight."""
    midnight = MONDAY + timedelta(days=day)

    def at(second: float) -> datetime:
        return midnight + timedelta(seconds=second)

    end = None if ready is None else at(ready)
    since = more.pop("down_since", None)
    return Boot(
        service=service,
        instance=f"{service}-0",
        started=at(started),
        seen=end or at(started),
        ready=end,
        down_since=None if since is None else at(since),
        **more,
    )


def waiting(days: int = 14, *, lag: float = 2) -> list[Boot]:
    """b takes between 10 and 10 + 3 * days seconds; a is ready a little after it."""
    found = []
    for day in range(days):
        ready = 10 + 3 * ((3 * day) % days)
        found += [boot(day, "b", 0, ready), boot(day, "a", 1, ready + lag + day % 3)]
    return found


def judged(boots: Sequence[Boot], *known: Any) -> tuple[tuple[Candidate, ...], Detection]:
    return starts_after(boots, NODES, known)


def test_what_is_ready_only_after_another_is_a_candidate() -> None:
    (found,), run = judged(waiting())
    assert (found.consumer, found.provider, found.kind) == ("a", "b", Kind.STARTUP_ORDER)
    assert found.statistic == (
        "in all 14 boots in common b was ready first; in 14 of them a had started before that, "
        "and was ready only later"
    )
    assert (found.units, found.confirmed) == (14, False)
    assert found.q_value is not None
    assert found.q_value < 0.001
    assert found.alternative
    assert found.locators[0] == "boot:a-0@2026-11-13T00:00:01+00:00"
    assert (run.tested, run.found) == (2, 1)


def test_one_counterexample_ends_it() -> None:
    boots = waiting(30)
    boots[-1] = boot(29, "a", 1, 5)
    assert judged(boots)[0] == ()


def test_what_only_takes_longer_waits_for_nobody() -> None:
    boots = [
        one
        for day in range(40)
        for one in (boot(day, "b", 0, 2 + day % 5), boot(day, "a", 0, 60 + day * 7 % 11))
    ]
    found, run = judged(boots)
    assert (found, run.tested) == ((), 2)


def test_what_a_slow_node_slows_down_in_proportion_does_not_wait() -> None:
    boots = []
    for day in range(20):
        slow = 1 + ((7 * day) % 20) / 2
        boots += [boot(day, "b", 0, 10 * slow), boot(day, "a", 0, 20 * slow)]
    assert judged(boots)[0] == ()
    assert len(judged(waiting(20))[0]) == 1


def test_what_a_release_slowed_down_does_not_wait() -> None:
    """In each half both take what they take by chance; the halves differ much more than that."""
    boots = []
    for day in range(20):
        slow = 0 if day < 10 else 60
        boots += [
            boot(day, "b", 0, 10 + slow + day * 3 % 5),
            boot(day, "a", 0, 15 + slow + day * 7 % 11),
        ]
    found, run = judged(boots)
    assert (found, run.tested) == ((), 2)


def test_what_is_started_one_after_the_other_shows_nothing() -> None:
    boots = [
        one
        for day in range(40)
        for one in (boot(day, "b", 0, 10 + day), boot(day, "a", 20 + day, 25 + day))
    ]
    assert judged(boots)[0] == ()


def test_few_boots_are_enough_only_with_a_hint() -> None:
    boots = waiting(8)
    assert judged(boots)[1].tested == 0
    (found,), run = judged(boots, depends("a", "b"))
    assert (found.units, run.tested) == (8, 1)
    assert judged(waiting(FEW - 1), depends("a", "b"))[1].tested == 0
    denied = claim("a", "b", stance=Stance.DENIES)
    assert judged(boots, depends("a", "b", evidence=(denied,)))[1].tested == 0


def test_a_declared_order_is_a_family_of_its_own_so_that_few_boots_may_be_enough() -> None:
    """Of 40 pairs with a call one in 120 is chance; of one that is declared it is not."""
    names = [f"s{at}" for at in range(9)]
    boots = [
        *waiting(FEW, lag=3),
        *(boot(day, name, 0, 1) for day in range(FEW) for name in names),
    ]
    nodes = [*NODES, *(node(name) for name in names)]
    calls = [depends(one, other) for one in names for other in names if one < other]
    calls.append(depends("a", "b"))
    assert starts_after(boots, nodes, calls)[0] == ()
    declared = depends("a", "b", kind=Kind.STARTUP_ORDER)
    (found,), _ = starts_after(boots, nodes, [*calls, declared])
    assert (found.units, found.confirmed) == (FEW, True)


def test_who_says_that_one_waits_for_the_other_confirms_it() -> None:
    said = depends("a", "b", kind=Kind.STARTUP_ORDER)
    (found,), _ = judged(waiting(), said)
    assert found.confirmed
    assert not judged(waiting(), depends("a", "b"))[0][0].confirmed


def test_a_start_that_failed_is_a_boot_that_had_to_wait() -> None:
    boots = waiting()
    boots.append(boot(0, "a", 0.5, None, failed=True))
    (found,), _ = judged(boots)
    assert found.statistic.endswith("and failed (1) or was ready only later")


def test_a_start_that_failed_while_the_other_was_never_ready_is_none() -> None:
    fine = [one for day in range(5) for one in (boot(day, "a", 20, 30), boot(day, "b", 0, 9))]
    failed = [boot(7, "a", 1, None, failed=True), boot(7, "b", 0, None, failed=True)]
    assert compared(rounds([*fine, *failed], "ab")).waited.tolist() == [[0, 0], [0, 0]]
    later = boot(7, "b", 40, 50)
    assert compared(rounds([*fine, *failed, later], "ab")).waited[0, 1] == 1


def test_pairs_that_something_hints_at_do_not_count_among_the_others() -> None:
    (alone,), _ = judged(waiting(), depends("b", "a"))
    (both,), _ = judged(waiting())
    assert alone.q_value == alone.value
    assert both.q_value == pytest.approx(2 * (both.value or 0))


def test_what_may_have_been_ready_before_is_neither_for_nor_against() -> None:
    unsure = [boot(day, "a", 1, 12, within_s=15) for day in range(20)]
    counts = compared(rounds([*unsure, *(boot(day, "b", 0, 10) for day in range(20))], "ab"))
    assert not counts.after.any()
    assert not counts.before.any()


@pytest.mark.parametrize(("since", "before"), [(None, 0), (0, 1)])
def test_ready_before_another_started_counts_where_that_one_was_surely_down(
    since: float | None, before: int
) -> None:
    boots = [boot(0, "a", 1, 5), boot(0, "b", 20, 30, down_since=since)]
    boots += [one for day in range(1, 5) for one in (boot(day, "a", 1, 5), boot(day, "b", 1, 9))]
    found = compared(rounds(boots, "ab"))
    assert found.before[0, 1] == 4 + before


def test_a_round_takes_what_starts_within_ten_minutes() -> None:
    boots = [boot(day, "a", 0, 5) for day in range(5)]
    near = rounds([*boots, *(boot(day, "b", 600, 610) for day in range(5))], "ab")
    far = rounds([*boots, *(boot(day, "b", 601, 610) for day in range(5))], "ab")
    assert (near.started.shape, far.started.shape) == ((5, 2), (10, 2))


def test_a_service_is_ready_with_the_first_of_its_instances() -> None:
    boots = [boot(day, "a", 3 * at, 9 - at) for day in range(5) for at in range(2)]
    found = rounds(boots, "a")
    assert (found.ready - found.started)[:, 0].tolist() == [8.0] * 5


def test_what_follows_through_another_is_left_out() -> None:
    """a waits for b, and b for c: that a is ready after c is no news."""
    boots = []
    for day in range(20):
        c = 10 + 7 * ((3 * day) % 20)
        b = c + 5 + 11 * ((7 * day) % 20) / 10
        boots += [boot(day, "c", 0, c), boot(day, "b", 0, b), boot(day, "a", 0, b + 1 + day % 2)]
    found, _ = judged(boots)
    assert [(one.consumer, one.provider) for one in found] == [("a", "b"), ("b", "c")]


def test_of_two_that_wait_for_the_same_neither_waits_for_the_other() -> None:
    boots = []
    for day in range(20):
        b = 10 + 7 * ((3 * day) % 20)
        boots += [
            boot(day, "b", 0, b),
            boot(day, "a", 0, b + 8 + 5 * day % 7),
            boot(day, "c", 0, b + 2 + 3 * day % 5),
        ]
    found, _ = judged(boots)
    assert [(one.consumer, one.provider) for one in found] == [("a", "b"), ("c", "b")]


def test_boots_of_what_is_no_node_and_no_boots_are_said_so() -> None:
    assert judged([])[1].why == "no source tells when services started"
    stranger = [boot(day, "node-exporter", 0, 1) for day in range(9)]
    assert judged(stranger)[1].why == "no boot is one of a service that is known"
    seldom = judged([*waiting(), boot(0, "c", 0, 1)])[1].why
    assert seldom.startswith(f"1 services started in fewer than {FEW} rounds")


def test_a_declared_wait_that_boots_show_is_confirmed() -> None:
    declared = depends(
        "a", "b", kind=Kind.STARTUP_ORDER, evidence=(claim("a", "b", source=Source.DEPLOYMENT),)
    )
    found, _ = detect(NODES, [declared], [], [], activity([]), boots=waiting())
    assert [(one.detector, one.confirmed) for one in found] == [
        ("starts-after", True),
        ("startup-order", True),
    ]
    (alone,), _ = detect(NODES, [declared], [], [], activity([]))
    assert not alone.confirmed


def test_what_many_wait_for_is_one_finding() -> None:
    (one,), _ = judged(waiting())
    few = [replace(one, consumer=name) for name in "cde"]
    assert [item.subjects for item in findings_of(few)] == [
        (name, "b", "startup-order") for name in "cde"
    ]
    (found,) = findings_of([replace(one, consumer=name) for name in "cdefg"])
    assert found.subjects == ("b", *"cdefg")
    assert len(found.details) == 5


@given(TIMES, st.data())
def test_the_share_of_permutations_is_what_counting_them_gives(
    took: list[float], data: st.DataObject
) -> None:
    leasts = st.one_of(st.floats(-10, 110), st.just(float("nan")), st.just(float("-inf")))
    least = data.draw(st.lists(leasts, min_size=len(took), max_size=len(took)))
    kept = [(one, other) for one, other in zip(took, least, strict=True) if not isnan(other)]
    fine = sum(
        all(one >= other for one, (_, other) in zip(order, kept, strict=True))
        for order in permutations(one for one, _ in kept)
    )
    (found,) = untouched(np.array(took)[:, None], np.array(least)[:, None])
    assert found == pytest.approx(fine / factorial(len(kept)))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.integers(0, 30))
def test_pairs_that_cannot_be_are_counted_as_if_they_were_written_down(
    p_values: list[float], others: int
) -> None:
    told = {(0, at): p for at, p in enumerate(p_values)}
    found = [q for _, q in _with_q(told, len(told) + others).values()]
    assert found == pytest.approx(q_values([*p_values, *[1.0] * others])[: len(told)])


@given(st.randoms(use_true_random=False))
def test_the_order_of_boots_changes_nothing(random: Any) -> None:
    boots = waiting()
    expected = judged(boots)
    random.shuffle(boots)
    assert judged([*boots, boots[0]]) == expected


@given(st.lists(st.tuples(*(st.integers(0, 60),) * 4), min_size=MANY, max_size=MANY + 6))
def test_nothing_is_said_against_a_counterexample_or_without_a_wait(
    days: list[tuple[int, int, int, int]],
) -> None:
    boots = []
    for number, (first, took, second, other) in enumerate(days):
        boots.append(boot(number, "a", first, first + took))
        boots.append(boot(number, "b", second, second + other, down_since=0))
    found, _ = judged(boots)
    for item in found:
        ready = {
            name: {one.started.date(): one.ready for one in boots if one.service == name}
            for name in "ab"
        }
        for date, moment in ready[item.consumer].items():
            before = ready[item.provider][date]
            assert moment is not None
            assert before is not None
            assert moment >= before
        assert item.units >= MANY
