from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.assessing.impact import grounds, impact_of, impacts, reached
from depmap.assessing.impact_trees import replay, trees_of
from depmap.model.dependency import StrengthView
from depmap.model.evidence import Flow
from depmap.model.words import Kind, NodeKind, Strength
from tests.builders import depends, node

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


def tree(*rows: tuple[str, int], count: int = 1, not_blocking: tuple[int, ...] = ()) -> Flow:
    return Flow(
        operation=f"{rows[0][0]}: GET /",
        nodes=tuple(name for name, _ in rows),
        parents=tuple(parent for _, parent in rows),
        blocking=tuple(i not in not_blocking for i in range(len(rows))),
        count=count,
    )


def lost(
    flows: Sequence[Flow], down: Collection[str], delta: Mapping[tuple[str, str], float]
) -> float:
    """The share of requests that fail, all operations together."""
    trees = trees_of(flows)
    deltas = np.array([[delta.get(pair, 1.0)] for pair in trees.pairs]).reshape(-1, 1)
    found = replay(trees, trees.of(down), deltas).lost[:, 0]
    return float(found @ trees.requests / trees.requests.sum())


def plainly(flow: Flow, down: Collection[str], delta: Mapping[tuple[str, str], float]) -> float:
    """The same for one tree, node by node."""
    worst: list[dict[str, float]] = [{} for _ in flow.nodes]
    failed = 1.0
    for i in range(len(flow.nodes) - 1, -1, -1):
        name = flow.nodes[i]
        failed = 1.0 if name in down else 1.0 - prod(1 - value for value in worst[i].values())
        parent = flow.parents[i]
        if parent >= 0 and flow.blocking[i]:
            carried = failed * delta.get((flow.nodes[parent], name), 1.0)
            worst[parent][name] = max(carried, worst[parent].get(name, 0.0))
    return failed


def test_a_failure_reaches_the_root_over_every_strong_step() -> None:
    flow = tree(("a", -1), ("b", 0), ("c", 1))
    assert lost([flow], {"c"}, {("a", "b"): 0.5, ("b", "c"): 0.4}) == pytest.approx(0.2)


def test_two_providers_that_fail_together_fail_the_consumer_by_either() -> None:
    flow = tree(("a", -1), ("b", 0), ("c", 0))
    assert lost([flow], {"b", "c"}, {("a", "b"): 0.5, ("a", "c"): 0.5}) == pytest.approx(0.75)


def test_repeated_calls_on_one_edge_share_their_fate() -> None:
    flow = tree(("a", -1), ("b", 0), ("b", 0), ("b", 0))
    assert lost([flow], {"b"}, {("a", "b"): 0.5}) == pytest.approx(0.5)


def test_what_the_parent_does_not_wait_for_does_not_fail_it() -> None:
    flow = tree(("a", -1), ("b", 0), not_blocking=(1,))
    assert lost([flow], {"b"}, {("a", "b"): 1.0}) == 0


TREES = st.integers(1, 8).flatmap(
    lambda size: st.builds(
        lambda names, parents, idle, count: tree(
            *zip(names, (-1, *parents[1:]), strict=True), count=count, not_blocking=tuple(idle)
        ),
        st.lists(st.sampled_from("abcd"), min_size=size, max_size=size),
        st.tuples(*(st.integers(0, max(0, i - 1)) for i in range(size))),
        st.sets(st.integers(1, 8)),
        st.integers(1, 5),
    )
)
DELTAS = st.fixed_dictionaries(
    {pair: st.sampled_from([0.0, 0.3, 0.5, 1.0]) for pair in product("abcd", "abcd")}
)


@given(st.lists(TREES, max_size=5), st.sets(st.sampled_from("abcd")), DELTAS)
def test_the_replay_of_columns_is_that_of_single_trees(
    flows: list[Flow], down: set[str], deltas: dict[tuple[str, str], float]
) -> None:
    if flows:
        total = sum(flow.count for flow in flows)
        expected = sum(flow.count * plainly(flow, down, deltas) for flow in flows) / total
        assert lost(flows, down, deltas) == pytest.approx(expected)


@given(TREES, st.sets(st.sampled_from("abcd")), DELTAS)
def test_more_failed_nodes_never_help(
    flow: Flow, down: set[str], deltas: dict[tuple[str, str], float]
) -> None:
    for name in "abcd":
        assert lost([flow], {*down, name}, deltas) >= lost([flow], down, deltas) - 1e-12


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


def test_a_pair_that_only_sends_messages_fails_as_seldom_as_its_messages_do() -> None:
    sending = depends("a", "b", Strength.WEAK, Kind.MESSAGING_PUBLISH, asynchronous=True)
    flow = tree(("a", -1), ("b", 0))
    assert impacts([], [sending], [flow])[0].operations[0][1] < 0.1
    assert impacts([], [sending, depends("a", "b")], [flow])[0].operations[0][1] > 0.9


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


def strong(expected: float, low: float, high: float) -> StrengthView:
    levels = np.interp(
        (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975), (0, 0.5, 1), (low, expected, high)
    )
    return StrengthView(
        strength=Strength.STRONG,
        probability=0.99,
        expected=expected,
        expected_low=low,
        expected_high=high,
        quantiles=tuple(levels.tolist()),
    )


def test_what_all_sources_say_of_delta_is_what_is_replayed() -> None:
    item = replace(depends("a", "b"), strength=strong(0.8, 0.7, 0.9))
    (found,) = impacts([], [item], [tree(("a", -1), ("b", 0))])
    assert found.operations == (("a: GET /", 0.8, 0.7, 0.9, 1),)
    (band,) = found.bands
    assert 0.7 <= band.low < 0.8 < band.high <= 0.9


def test_a_band_is_the_same_each_time() -> None:
    item = replace(depends("a", "b"), strength=strong(0.8, 0.7, 0.9))
    flows = [tree(("a", -1), ("b", 0))]
    assert impacts([], [item], flows) == impacts([], [item], flows)


def test_who_is_reached_and_who_waits_is_told_apart_from_who_fails() -> None:
    flows = [
        tree(("a", -1), ("b", 0), count=60),
        tree(("a", -1), ("b", 0), count=30, not_blocking=(1,)),
        tree(("a", -1), count=10),
    ]
    (found,) = impacts([], [depends("a", "b", Strength.WEAK)], flows)
    assert (found.bands[0].reached, found.bands[0].waiting) == (0.9, 0.6)
    assert found.operations[0][1] == pytest.approx(0.6 * 0.05)


def test_a_failure_set_is_replayed_at_once() -> None:
    flows = [tree(("a", -1), ("b", 0), count=50), tree(("a", -1), ("c", 0), count=50)]
    found = grounds([depends("a", "b"), depends("a", "c")], flows)
    one, both = impact_of({"b"}, found), impact_of({"b", "c"}, found)
    assert one.operations[0][1] == pytest.approx(0.475)
    assert both.operations[0][1] == pytest.approx(0.95)
    assert (both.node, both.fails) == ("b, c", ("a",))


def test_without_calls_of_the_node_what_its_users_take_down_is_an_upper_bound() -> None:
    flows = [tree(("web", -1), ("a", 0), count=40), tree(("web", -1), count=60)]
    held = [depends("a", "key", kind=Kind.SHARED_SECRET), depends("web", "a")]
    found = next(item for item in impacts([], held, flows) if item.node == "key")
    assert (found.basis, found.fails, found.bands) == ("structure", ("a", "web"), ())
    ((_, expected, best, worst, _),) = found.operations
    assert (best, expected, worst) == (0.0, 0.38, 0.4)
