from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.assessing.impact import impacts, reached, replay
from depmap.model.evidence import Flow
from depmap.model.words import Kind, NodeKind, Strength
from tests.builders import depends, node


def tree(*rows: tuple[str, int], count: int = 1, not_blocking: tuple[int, ...] = ()) -> Flow:
    return Flow(
        operation=f"{rows[0][0]}: GET /",
        nodes=tuple(name for name, _ in rows),
        parents=tuple(parent for _, parent in rows),
        blocking=tuple(i not in not_blocking for i in range(len(rows))),
        count=count,
    )


def test_a_failure_reaches_the_root_over_every_strong_step() -> None:
    flow = tree(("a", -1), ("b", 0), ("c", 1))
    assert replay(flow, {"c"}, {("a", "b"): 0.5, ("b", "c"): 0.4}) == pytest.approx(0.2)


def test_two_providers_that_fail_together_fail_the_consumer_by_either() -> None:
    flow = tree(("a", -1), ("b", 0), ("c", 0))
    assert replay(flow, {"b", "c"}, {("a", "b"): 0.5, ("a", "c"): 0.5}) == pytest.approx(0.75)


def test_repeated_calls_on_one_edge_share_their_fate() -> None:
    flow = tree(("a", -1), ("b", 0), ("b", 0), ("b", 0))
    assert replay(flow, {"b"}, {("a", "b"): 0.5}) == pytest.approx(0.5)


def test_what_the_parent_does_not_wait_for_does_not_fail_it() -> None:
    flow = tree(("a", -1), ("b", 0), not_blocking=(1,))
    assert replay(flow, {"b"}, {("a", "b"): 1.0}) == 0


@given(
    st.integers(1, 6).flatmap(
        lambda size: st.tuples(
            st.lists(st.sampled_from("abcd"), min_size=size, max_size=size),
            st.tuples(*(st.integers(0, max(0, i - 1)) for i in range(size))),
        )
    ),
    st.sets(st.sampled_from("abcd")),
    st.sampled_from([0.0, 0.3, 1.0]),
)
def test_more_failed_nodes_never_help(
    shape: tuple[list[str], tuple[int, ...]], down: set[str], delta: float
) -> None:
    names, parents = shape
    flow = tree(*zip(names, (-1, *parents[1:]), strict=True))
    deltas = dict.fromkeys(product("abcd", "abcd"), delta)
    for name in "abcd":
        assert replay(flow, {*down, name}, deltas) >= replay(flow, down, deltas) - 1e-12


def test_the_share_of_requests_is_over_all_requests_of_the_operation() -> None:
    (found,) = impacts(
        [node("a"), node("b")],
        [depends("a", "b")],
        [tree(("a", -1), ("b", 0), count=30), tree(("a", -1), count=70)],
    )
    ((operation, expected, best, worst, requests),) = found.operations
    assert (operation, requests) == ("a: GET /", 100)
    assert best <= expected <= worst == pytest.approx(0.3)


def test_what_is_undetermined_may_be_anything() -> None:
    (found,) = impacts([], [depends("a", "b", Strength.UNDETERMINED)], [tree(("a", -1), ("b", 0))])
    ((_, expected, best, worst, _),) = found.operations
    assert (best, expected, worst) == (0.0, 0.5, 1.0)
    assert found.undetermined == ("a",)


def test_strong_consumers_fail_in_a_row_and_weak_ones_lose_something() -> None:
    dependencies = [
        depends("a", "b"),
        depends("b", "c"),
        depends("x", "b", Strength.WEAK),
        depends("y", "c", Strength.OPTIONAL),
    ]
    found = next(item for item in impacts([], dependencies, []) if item.node == "c")
    assert (found.fails, found.degrades, found.basis) == (("b", "a"), ("x", "y"), "structure")


def test_nobody_asks_what_fails_with_a_team() -> None:
    dependencies = [depends("a", "dba", kind=Kind.DEPLOYMENT)]
    assert impacts([node("dba", NodeKind.TEAM)], dependencies, []) == ()


def test_graph_tools_call_all_that_is_reached_an_impact() -> None:
    dependencies = [depends("a", "b", Strength.OPTIONAL), depends("b", "c")]
    assert reached(dependencies, "c") == {"a", "b"}
