from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.merging.mixture import (
    GRID,
    LEVELS,
    UPPER,
    Mixture,
    column,
    fit,
    joint,
    likelihoods,
    log_odds,
    posterior,
)


def odds(failed: float, too: float, background: float = 0.0001, ratio: float = 1.0) -> float:
    likely = likelihoods(column([failed]), column([too]), column([background]), column([ratio]))
    return float(log_odds(joint(likely, Mixture()), Mixture())[0])


def test_the_grid_lies_evenly_around_one_half() -> None:
    assert UPPER.sum() == (~UPPER).sum()
    assert np.allclose(GRID + GRID[::-1], 1)


def test_the_weights_of_a_mixture_are_a_distribution() -> None:
    assert Mixture(0.3, (9, 1), (0.5, 9)).weights().sum() == pytest.approx(1)
    assert Mixture(0.3).prior == pytest.approx(0.3, abs=0.01)


def test_without_units_traces_say_nothing() -> None:
    assert odds(0, 0) == pytest.approx(0)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))))
def test_one_more_failure_of_the_consumer_speaks_more_for_strong(units: tuple[int, int]) -> None:
    failed, too = units
    assert odds(failed, too + 1) > odds(failed, too)


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n))))
def test_the_more_failures_are_kept_the_less_each_of_them_says(units: tuple[int, int]) -> None:
    assert odds(*units, ratio=100.0) < odds(*units, ratio=1.0)


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n))))
def test_what_the_consumer_fails_at_anyway_does_not_speak_for_strong(
    units: tuple[int, int],
) -> None:
    assert odds(*units, background=0.5) < odds(*units, background=0.001)


def test_an_unbiased_sample_gives_the_strength_back_and_a_selected_one_does_once_corrected() -> (
    None
):
    # of 100 failed units half fail the consumer; all of these are kept, but 1 in 10 of the others
    rows = [(100.0, 50.0, 1.0), (55.0, 50.0, 10.0), (55.0, 50.0, 1.0)]
    failed, too, ratio = (column([row[at] for row in rows]) for at in range(3))
    likely = likelihoods(failed, too, column([0.001] * 3), ratio)
    whole, corrected, naive = GRID[likely.argmax(axis=1)].tolist()
    assert whole == pytest.approx(0.5, abs=0.02)
    assert corrected == pytest.approx(whole, abs=0.02)
    assert naive > 0.85


def fitted(rows: list[tuple[int, int]]) -> Mixture:
    failed, too = (column([row[at] for row in rows]) for at in (0, 1))
    ones = np.ones(len(rows))
    return fit(likelihoods(failed, too, ones * 0.001, ones), ones)


def test_nothing_seen_leaves_the_prior() -> None:
    assert fitted([]) == Mixture()


def test_a_tolerant_system_is_learnt() -> None:
    tolerant = fitted([(20, 0)] * 40 + [(20, 19)] * 5)
    brittle = fitted([(20, 0)] * 5 + [(20, 19)] * 40)
    assert tolerant.share < 0.3
    assert brittle.share > 0.7


@given(
    st.lists(
        st.integers(1, 20).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
        min_size=1,
        max_size=8,
    ).flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows)))
)
def test_the_order_of_dependencies_changes_nothing(
    rows: tuple[list[tuple[int, int]], list[tuple[int, int]]],
) -> None:
    assert fitted(rows[0]) == fitted(rows[1])


@given(st.floats(0.001, 0.999))
def test_the_posterior_has_as_much_above_one_half_as_all_sources_say(strong: float) -> None:
    flat = np.ones((1, len(GRID)))
    mean, quantiles = posterior(joint(flat, Mixture()), column([strong]))
    assert list(quantiles[0]) == sorted(quantiles[0])
    for level, value in zip(LEVELS, quantiles[0], strict=True):
        if abs(level - (1 - strong)) > 0.01:
            assert (value > 0.5) == (level > 1 - strong)
    assert 0 < mean[0] < 1
