from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.graph import (
    closure,
    nearest,
    reachable,
    reaching,
    reduction,
    shortest_chain,
    shortest_chains,
)

CHAIN = [("a", "b"), ("b", "c")]
EDGES = st.frozensets(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")))
ACYCLIC = EDGES.map(lambda edges: frozenset(edge for edge in edges if edge[0] < edge[1]))


def naive_closure(edges: frozenset[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    found = set(edges)
    for middle, first, last in itertools.product("abcdef", repeat=3):
        if (first, middle) in found and (middle, last) in found:
            found.add((first, last))
    return frozenset(found)


def test_reach_goes_both_ways() -> None:
    assert reachable(CHAIN, "a") == {"b", "c"}
    assert reaching(CHAIN, "c") == {"a", "b"}


def test_closure_passes_through_nodes_outside_the_subset() -> None:
    assert closure(CHAIN, "ac") == {("a", "c")}


def test_closure_of_a_cycle_has_both_pairs() -> None:
    assert closure([("a", "b"), ("b", "a")], "ab") == {("a", "b"), ("b", "a")}


def test_closure_knows_names_without_edges() -> None:
    assert closure(CHAIN, "az") == frozenset()


def test_reduction_leaves_out_what_a_chain_replaces() -> None:
    assert reduction([*CHAIN, ("a", "c")]) == set(CHAIN)


@pytest.mark.parametrize("edges", [[("a", "b"), ("b", "a")], [("a", "a")]])
def test_a_cycle_has_no_reduction(edges: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError, match="acyclic"):
        reduction(edges)


def test_the_shortest_chain_wins() -> None:
    assert shortest_chain([*CHAIN, ("a", "d"), ("d", "c"), ("c", "e")], "a", {"e"}) == tuple(
        "abce"
    )


def test_chains_of_several_pairs() -> None:
    found = shortest_chains(CHAIN, [("a", "c"), ("b", "c"), ("c", "a")])
    assert found == {("a", "c"): ("a", "b", "c"), ("b", "c"): ("b", "c")}


def test_the_nearest_goal_wins() -> None:
    assert shortest_chain(CHAIN, "a", {"b", "c"}) == ("a", "b")


def test_a_start_is_its_own_goal_over_a_cycle_only() -> None:
    assert shortest_chain(CHAIN, "a", {"a"}) == ()
    assert shortest_chain([*CHAIN, ("c", "a")], "a", {"a"}) == tuple("abca")


def test_a_start_is_its_own_predecessor() -> None:
    assert nearest(CHAIN, ["a"]) == {"a": "a", "b": "a", "c": "b"}


@given(EDGES, st.frozensets(st.sampled_from("abcdef")))
def test_closure_is_what_brute_force_finds(
    edges: frozenset[tuple[str, str]], among: frozenset[str]
) -> None:
    expected = {pair for pair in naive_closure(edges) if among.issuperset(pair)}
    assert closure(edges, among) == {pair for pair in expected if pair[0] != pair[1]}


@given(ACYCLIC)
def test_reduction_is_the_least_with_the_same_closure(edges: frozenset[tuple[str, str]]) -> None:
    kept = reduction(edges)
    whole = naive_closure(edges)
    assert kept <= edges
    assert naive_closure(kept) == whole
    assert all(naive_closure(kept - {edge}) != whole for edge in kept)


@given(EDGES, st.sampled_from("abcdef"), st.sampled_from("abcdef"))
def test_a_chain_is_made_of_edges(
    edges: frozenset[tuple[str, str]], start: str, goal: str
) -> None:
    chain = shortest_chain(edges, start, {goal})
    assert bool(chain) == ((start, goal) in naive_closure(edges))
    assert set(itertools.pairwise(chain)) <= edges
