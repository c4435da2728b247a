from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.assessing.impact import grounds, impact_of, impacts, reached
from depmap.assessing.impact_replay import replay, ways_up
from depmap.assessing.impact_trees import Call, trees_of
from depmap.model.dependency import Dependency, OperationStrength, StrengthView
from depmap.model.evidence import Flow
from depmap.model.words import Kind, NodeKind, Strength
from tests.builders import depends, node

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def tree(
    *rows: tuple[str, int],
    count: int = 1,
    not_blocking: tuple[int, ...] = (),
    asked: tuple[str, ...] = (),
) -> Flow:
    return Flow(
        operation=f"{rows[0][0]}: GET /",
        nodes=tuple(name for name, _ in rows),
        parents=tuple(parent for _, parent in rows),
        blocking=tuple(i not in not_blocking for i in range(len(rows))),
        count=count,
        operations=asked,
    )


Deltas = Mapping[tuple[str, ...], float]
"""By (consumer, provider), and by (consumer, provider, consumer operation, operation)."""


def lost(flows: Sequence[Flow], down: Collection[str], delta: Deltas) -> float:
    """The share of requests that fail, all operations together."""
    trees = trees_of(flows, [Call(*key) for key in delta if len(key) > len(Call._field_defaults)])
    deltas = np.array(
        [[delta.get(call, delta.get(call.pair, 1.0))] for call in trees.calls]
    ).reshape(-1, 1)
    found = replay(trees, ways_up(trees, trees.of(down)), deltas).lost[:, 0]
    return float(found @ trees.requests / trees.requests.sum())


def plainly(flow: Flow, down: Collection[str], delta: Deltas) -> float:
    """The same for one tree, node by node."""
    worst: list[dict[tuple[str, ...], float]] = [{} for _ in flow.nodes]
    failed = 1.0
    for i in range(len(flow.nodes) - 1, -1, -1):
        name = flow.nodes[i]
        failed = 1.0 if name in down else 1.0 - prod(1 - value for value in worst[i].values())
        parent = flow.parents[i]
        if parent >= 0 and flow.blocking[i]:
            call: tuple[str, ...] = (flow.nodes[parent], name)
            if flow.operations:
                exact = (*call, flow.operations[parent], flow.operations[i])
                call = exact if exact in delta else call
            carried = failed * delta.get(call, 1.0)
            worst[parent][call] = max(carried, worst[parent].get(call, 0.0))
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


def test_of_repeated_calls_the_worst_one_counts() -> None:
    flow = tree(("a", -1), ("b", 0), ("x", 1), ("b", 0), ("c", 3), ("x", 4))
    assert lost([flow], {"x"}, {("a", "b"): 0.5, ("b", "c"): 0.3}) == pytest.approx(0.5)


BY_OPERATION: Deltas = {
    ("a", "b"): 0.4,
    ("a", "b", "GET /", "read"): 0.2,
    ("a", "b", "GET /", "write"): 0.5,
}


@pytest.mark.parametrize(
    ("asked", "share"),
    [
        (("read",), 0.2),
        (("read", "read"), 0.2),
        (("read", "write"), 1 - 0.8 * 0.5),
        (("other",), 0.4),
        (("other", "another"), 0.4),
        (("read", "other"), 1 - 0.8 * 0.6),
        (("",), 0.4),
    ],
)
def test_an_operation_fails_its_consumer_as_strongly_as_it_does_by_itself(
    asked: tuple[str, ...], share: float
) -> None:
    rows = (("a", -1), *(("b", 0) for _ in asked))
    flow = tree(*rows, asked=("GET /", *asked))
    assert lost([flow], {"b"}, BY_OPERATION) == pytest.approx(share)


def test_another_operation_of_the_consumer_has_another_strength() -> None:
    flow = tree(("a", -1), ("b", 0), asked=("POST /", "read"))
    assert lost([flow], {"b"}, BY_OPERATION) == pytest.approx(0.4)
    unknown = {("a", "b"): 0.4, ("a", "b", "", "read"): 0.1}
    assert lost([flow], {"b"}, unknown) == pytest.approx(0.4)


def test_a_tree_without_operations_goes_by_pairs() -> None:
    flows = [
        tree(("a", -1), ("b", 0)),
        tree(("a", -1), ("b", 0), asked=("GET /", "read")),
    ]
    assert lost(flows, {"b"}, BY_OPERATION) == pytest.approx((0.4 + 0.2) / 2)


def test_what_the_parent_does_not_wait_for_does_not_fail_it() -> None:
    flow = tree(("a", -1), ("b", 0), not_blocking=(1,))
    assert lost([flow], {"b"}, {("a", "b"): 1.0}) == 0


ASKED = ("", "x", "y")
TREES = st.integers(1, 8).flatmap(
    lambda size: st.builds(
        lambda names, parents, idle, count, asked: tree(
            *zip(names, (-1, *parents[1:]), strict=True),
            count=count,
            not_blocking=tuple(idle),
            asked=asked,
        ),
        st.lists(st.sampled_from("abcd"), min_size=size, max_size=size),
        st.tuples(*(st.integers(0, max(0, i - 1)) for i in range(size))),
        st.sets(st.integers(1, 8)),
        st.integers(1, 5),
        st.just(()) | st.tuples(*(st.sampled_from(ASKED) for _ in range(size))),
    )
)
SHARES = st.sampled_from([0.0, 0.3, 0.5, 1.0])
DELTAS = st.builds(
    lambda pairs, calls: {**pairs, **calls},
    st.fixed_dictionaries(dict.fromkeys(product("abcd", "abcd"), SHARES)),
    st.dictionaries(
        st.tuples(*map(st.sampled_from, ("ab", "abc", ASKED, ASKED[1:]))), SHARES, max_size=12
    ),
)


@given(st.lists(TREES, max_size=5), st.sets(st.sampled_from("abcd")), DELTAS)
def test_the_replay_of_columns_is_that_of_single_trees(
    flows: list[Flow], down: set[str], deltas: Deltas
) -> None:
    if flows:
        total = sum(flow.count for flow in flows)
        expected = sum(flow.count * plainly(flow, down, deltas) for flow in flows) / total
        assert lost(flows, down, deltas) == pytest.approx(expected)


@given(TREES, st.sets(st.sampled_from("abcd")), DELTAS)
def test_more_failed_nodes_never_help(flow: Flow, down: set[str], deltas: Deltas) -> None:
    for name in "abcd":
        assert lost([flow], {*down, name}, deltas) >= lost([flow], down, deltas) - 1e-12


@given(TREES, st.sets(st.sampled_from("abcd")), DELTAS)
def test_operations_that_are_as_strong_as_their_pair_only_add_up(
    flow: Flow, down: set[str], deltas: Deltas
) -> None:
    pairs = {key: value for key, value in deltas.items() if len(key) == len("ab")}
    alike = {key: pairs[key[:2]] for key in deltas}
    assert lost([flow], down, alike) >= lost([flow], down, pairs) - 1e-12


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
    """A strength whose 90 % interval is from low to high."""
    levels = np.interp(
        (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975),
        (0.05, 0.5, 0.95),
        (low, expected, high),
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
    assert 0.7 <= band.low < 0.75
    assert 0.85 < band.high <= 0.9


def by_operation(
    operation: str, strength: Strength, expected: float, consumer_operation: str = "GET /"
) -> OperationStrength:
    levels = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
    return OperationStrength(
        consumer_operation=consumer_operation,
        operation=operation,
        share=0.5,
        strength=strength,
        probability=expected,
        units=10,
        failed_too=5,
        expected=expected,
        quantiles=tuple(max(0.0, expected - 0.1 + 0.2 * level) for level in levels),
    )


def of_operations(*operations: OperationStrength) -> Dependency:
    """A pair of strength 0.5 to 0.7 with strengths by operation."""
    view = replace(strong(0.6, 0.5, 0.7), by_operation=operations, differs=0.9)
    return replace(depends("a", "b"), strength=view)


def test_operations_that_behave_alike_count_as_the_pair_does_once() -> None:
    operations = (
        by_operation("read", Strength.STRONG, 0.6),
        by_operation("write", Strength.STRONG, 0.6),
    )
    alike = replace(strong(0.6, 0.5, 0.7), by_operation=operations, differs=0.1)
    item = replace(depends("a", "b"), strength=alike)
    flow = tree(("a", -1), ("b", 0), ("b", 0), asked=("GET /", "read", "write"))
    assert impacts([], [item], [flow])[0].operations[0][1] == pytest.approx(0.6)


def test_what_is_known_by_operation_is_replayed_by_operation() -> None:
    item = of_operations(
        by_operation("read", Strength.WEAK, 0.1),
        by_operation("write", Strength.STRONG, 0.9),
        by_operation("list", Strength.UNDETERMINED, 0.4),
    )
    rows = (("a", -1), ("b", 0))
    shares = {
        asked: impacts([], [item], [tree(*rows, asked=("GET /", asked))])[0]
        for asked in ("read", "write", "list", "drop")
    }
    assert {asked: found.operations[0][1:4] for asked, found in shares.items()} == {
        "read": (0.1, 0.01, 0.19),
        "write": (0.9, 0.81, 0.99),
        "list": (0.4, 0.0, 1.0),
        "drop": (0.6, 0.5, 0.7),
    }
    band = shares["write"].bands[0]
    assert 0.8 < band.low < 0.9 < band.high < 1


def test_operations_of_one_pair_have_the_same_luck() -> None:
    item = of_operations(
        by_operation("read", Strength.STRONG, 0.8), by_operation("write", Strength.STRONG, 0.8)
    )
    flows = [
        tree(("a", -1), ("b", 0), asked=("GET /", "read"), count=50),
        tree(("a", -1), ("b", 0), asked=("GET /", "write"), count=50),
    ]
    both, one = impacts([], [item], flows)[0], impacts([], [item], flows[:1])[0]
    assert both.bands == one.bands


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
