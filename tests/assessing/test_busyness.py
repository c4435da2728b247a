from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.assessing.busyness import expected, within_all, within_days
from depmap.tracing.activity import day_begins

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = np.arange(24)
TWO = day_begins(0, 48)


def at(*hours: int, of: int = 48) -> np.ndarray:
    calls = np.zeros(of, dtype=np.int64)
    calls[list(hours)] = 1
    return calls


def test_the_busiest_of_equal_hours_is_one_of_24_and_ties_count_half() -> None:
    flat, load = np.ones(24), DAY
    found = within_days(at(23, of=24), flat, load, day_begins(0, 24))
    assert found == pytest.approx(1 / 48, rel=0.01)


def test_two_days_are_two_observations() -> None:
    found = within_days(at(23, 47), np.ones(48), np.tile(DAY, 2), TWO)
    assert found == pytest.approx((1 / 24) ** 2 / 2, rel=0.01)


def test_half_of_the_work_lies_in_the_hour_with_half_of_the_work() -> None:
    work = np.append(np.ones(23), 23)
    found = within_days(at(23, of=24), work, DAY, day_begins(0, 24))
    assert found == pytest.approx(0.25, rel=0.02)


def test_hours_on_end_are_one_observation_where_runs_count() -> None:
    calls, flat, load = at(21, 22, 23, of=24), np.ones(24), DAY
    by_hours = within_days(calls, flat, load, day_begins(0, 24))
    by_runs = within_days(calls, flat, load, day_begins(0, 24), runs=True)
    assert by_hours < 0.002
    assert 0.01 < by_runs < 0.05


def test_an_hour_that_is_busy_for_its_quiet_day_is_not_busy_among_all() -> None:
    load = np.concatenate([DAY, DAY + 100])
    calls = at(23)
    assert within_days(calls, np.ones(48), load, TWO) < 0.05
    assert within_all(calls, np.ones(48), load, TWO) > 0.4


def test_a_day_that_showed_use_is_likelier_to_show_more() -> None:
    """Twelve hours of the busier of two days: alike they would be (3 sigma), scattered not."""
    load = np.concatenate([DAY, DAY + 100])
    assert 0.01 < within_all(at(*range(24, 48, 2)), np.ones(48), load, TWO) < 0.2


def test_of_many_calls_more_counts_but_not_as_many_times_more() -> None:
    flat, load = np.ones(48), np.tile(DAY, 2)
    one, many = at(2, 47), at(2, 47)
    many[47] = 100
    assert within_days(many, flat, load, TWO) < within_days(one, flat, load, TWO) / 2
    assert within_days(many, flat, load, TWO) > 0.02


def test_a_run_does_not_go_on_past_midnight() -> None:
    flat, load = np.ones(48), np.tile(DAY, 2)
    around, apart = at(22, 23, 24, 25), at(22, 23, 25, 26)
    for test in (within_days, within_all):
        over = test(around, flat, load, TWO, runs=True)
        assert over == pytest.approx(test(apart, flat, load, TWO, runs=True), rel=0.5)


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=60), st.data())
def test_as_many_hours_are_expected_as_were_seen(work: list[int], data: st.DataObject) -> None:
    amounts = np.array(work)
    if np.count_nonzero(amounts) < 2:
        return
    chosen = data.draw(st.sets(st.sampled_from(np.flatnonzero(amounts).tolist()), min_size=1))
    used = np.isin(np.arange(len(amounts)), list(chosen))
    found = expected(used, amounts)
    assert found.sum() == pytest.approx(len(chosen), abs=1e-3)
    assert (found[amounts == 0] == 0).all()
    order = np.argsort(amounts)
    assert (np.diff(found[order]) >= -1e-12).all()


@given(st.integers(0, 200))
def test_only_the_order_of_the_loads_matters(seed: int) -> None:
    rng = np.random.default_rng(seed)
    load, work = rng.permutation(48), rng.integers(1, 9, 48).astype(float)
    calls = rng.integers(0, 2, 48)
    calls[0] = 1
    for test in (within_days, within_all):
        for runs in (False, True):
            found = test(calls, work, load, TWO, runs=runs)
            assert 0 < found <= 1
            assert test(calls, work, load**3, TWO, runs=runs) == pytest.approx(found)


@pytest.mark.parametrize("test", [within_days, within_all])
def test_use_that_follows_the_work_is_seldom_striking(test: Callable[..., float]) -> None:
    rng, found = np.random.default_rng(1), []
    days = day_begins(0, 240)
    for _ in range(200):
        load = rng.gamma(2, 1, 240)
        work = np.ceil(load * rng.gamma(5, 0.2, 240) * 100).astype(np.int64)
        scattered = np.repeat(rng.gamma(4, 0.25, 10), 24)
        calls = rng.poisson(work * scattered / work.sum() * 20)
        if calls.any():
            found.append(test(calls, expected(calls > 0, work), load, days))
    assert np.mean(np.array(found) <= 0.1) <= 0.14
    assert np.mean(np.array(found) <= 0.01) <= 0.02
    assert 0.3 < np.median(found) < 0.7
