from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.graph import EXACT, HEURISTIC, Cut, cheapest_cut, strongly_connected

if TYPE_CHECKING:
    import random

NAMES = "abcdef"
PAIRS = [pair for pair in itertools.product(NAMES, repeat=2) if pair[0] != pair[1]]
WEIGHTS = st.dictionaries(
    st.sampled_from(PAIRS), st.integers(1, 3000).map(lambda value: value / 1000), max_size=18
)
Weights = dict[tuple[str, str], float]


def is_acyclic(edges: set[tuple[str, str]]) -> bool:
    alone = len(strongly_connected(NAMES, edges)) == len(NAMES)
    return alone and all(consumer != provider for consumer, provider in edges)


def brute_force(weights: Weights) -> float:
    """Return the least cost of the edges that point backward, over all orders."""
    return min(
        sum(
            weight
            for (first, last), weight in weights.items()
            if order.index(first) > order.index(last)
        )
        for order in itertools.permutations(NAMES)
    )


def test_the_weaker_of_two_edges_is_cut() -> None:
    assert cheapest_cut({("a", "b"): 0.8, ("b", "a"): 0.2}) == Cut((("b", "a"),), 0.2, EXACT)


def test_among_equal_cuts_the_first_by_name_wins() -> None:
    assert cheapest_cut({("b", "a"): 0.5, ("a", "b"): 0.5}).edges == (("a", "b"),)


def test_one_shared_edge_is_cheaper_than_two() -> None:
    weights = {("a", "b"): 3.0, ("b", "c"): 2.0, ("c", "a"): 2.0, ("b", "d"): 2.0, ("d", "a"): 2.0}
    assert cheapest_cut(weights) == Cut((("a", "b"),), 3.0, EXACT)


def test_without_a_cycle_nothing_is_cut() -> None:
    assert cheapest_cut({("a", "b"): 1.0}) == Cut()
    assert cheapest_cut({}) == Cut()


def test_a_node_that_needs_itself_is_cut_off_from_itself() -> None:
    assert cheapest_cut({("a", "a"): 1.0}) == Cut((("a", "a"),), 1.0, EXACT)


def test_a_component_beyond_the_bound_gets_the_heuristic_and_says_so() -> None:
    cut = cheapest_cut({("a", "b"): 0.8, ("b", "a"): 0.2, ("a", "a"): 1.0}, exact_edges=1)
    assert cut == Cut((("a", "a"), ("b", "a")), 1.2, HEURISTIC)


@given(WEIGHTS)
def test_exact_is_as_cheap_as_brute_force(weights: Weights) -> None:
    cut = cheapest_cut(weights)
    assert cut.method == EXACT
    assert cut.cost == pytest.approx(brute_force(weights))
    assert is_acyclic(weights.keys() - set(cut.edges))


@given(WEIGHTS)
def test_the_heuristic_leaves_no_cycle_and_is_not_cheaper(weights: Weights) -> None:
    cut = cheapest_cut(weights, exact_edges=0)
    assert is_acyclic(weights.keys() - set(cut.edges))
    assert cut.cost >= cheapest_cut(weights).cost - 1e-9


@given(WEIGHTS, st.randoms(use_true_random=False))
def test_the_order_of_the_edges_does_not_matter(weights: Weights, dice: random.Random) -> None:
    items = list(weights.items())
    dice.shuffle(items)
    assert cheapest_cut(dict(items)) == cheapest_cut(weights)
