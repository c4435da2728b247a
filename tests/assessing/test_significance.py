from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.assessing.significance import (
    at_least,
    dispersion,
    q_values,
    rayleigh,
    together,
    wilson,
)

P = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def test_one_striking_value_among_many_is_less_striking() -> None:
    assert q_values([0.01]) == (0.01,)
    assert q_values([0.01, 0.5, 0.6, 0.9])[0] == pytest.approx(0.04)
    assert q_values([]) == ()


@given(P)
def test_a_q_value_is_no_smaller_than_its_p_value_and_keeps_the_order(values: list[float]) -> None:
    found = q_values(values)
    assert all(q >= p - 1e-12 and q <= 1 for p, q in zip(values, found, strict=True))
    ranked = sorted(zip(values, found, strict=True))
    assert all(one[1] <= other[1] + 1e-12 for one, other in pairwise(ranked))


def test_three_of_three_by_a_chance_of_one_in_ten() -> None:
    assert at_least(3, 3, 0.1) == pytest.approx(0.001)
    assert at_least(0, 3, 0.1) == 1


def test_one_striking_test_of_four_counts_a_quarter_and_four_like_it_in_full() -> None:
    assert together([1e-4, 1, 1, 1]) == pytest.approx(4e-4, rel=0.05)
    assert together([1e-4] * 4) == pytest.approx(1e-4, rel=0.01)
    assert together([0.03]) == pytest.approx(0.03)


@given(P)
def test_tests_together_are_no_more_striking_than_the_best_of_them(values: list[float]) -> None:
    found = together(values)
    assert min(0.9, *values) - 1e-12 <= found <= 1


def test_five_and_ten_equal_nights_are_as_improbable_as_published() -> None:
    assert rayleigh(5, 5) == pytest.approx(0.0016, abs=5e-5)
    assert rayleigh(10, 10) == pytest.approx(5e-7, abs=1e-7)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.floats(0, n), st.just(n))))
def test_rayleigh_gives_a_probability_that_falls_with_the_length(pair: tuple[float, int]) -> None:
    length, n = pair
    assert 0 <= rayleigh(length, n) <= 1
    assert rayleigh(length, n) <= rayleigh(length / 2, n) + 1e-12


def test_wilson_s_interval_of_41_of_48() -> None:
    assert wilson(41, 48) == (0.7283, 0.9275)
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(max(n, 1)))))
def test_wilson_s_interval_holds_the_share(pair: tuple[int, int]) -> None:
    found, of = pair
    low, high = wilson(found, of)
    assert 0 <= low <= round(found / of, 4) + 1e-4
    assert round(found / of, 4) - 1e-4 <= high <= 1


def test_counts_that_follow_the_work_do_not_scatter() -> None:
    assert dispersion(np.array([10, 20, 30]), np.array([1, 2, 3])) == 1


def test_one_burst_of_thirty_calls_counts_as_about_one() -> None:
    found = 30 / dispersion(np.array([0, 0, 30, *[0] * 7]), np.full(10, 100))
    assert math.isclose(found, 1, rel_tol=0.05)
