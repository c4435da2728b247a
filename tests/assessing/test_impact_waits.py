"""How long requests wait when a node hangs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import inf, isfinite
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.assessing.impact import grounds, impact_of, impacts
from depmap.assessing.impact_replay import ways_up
from depmap.assessing.impact_trees import trees_of
from depmap.assessing.impact_waits import limits, waits
from depmap.model.evidence import Flow
from depmap.model.snapshot import TimeOut, Wait
from tests.builders import depends

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Known = Mapping[tuple[str, str], tuple[float, float, int]]
"""Time-out in ms, and tries on average and at most, by pair."""


def tree(
    *rows: tuple[str, int],
    count: int = 1,
    not_blocking: Collection[int] = (),
    operation: str = "GET /",
) -> Flow:
    return Flow(
        operation=f"{rows[0][0]}: {operation}",
        nodes=tuple(name for name, _ in rows),
        parents=tuple(parent for _, parent in rows),
        blocking=tuple(i not in not_blocking for i in range(len(rows))),
        count=count,
    )


def waited(flows: Sequence[Flow], down: Collection[str], known: Known) -> tuple[Wait, ...]:
    trees = trees_of(flows)
    told = {
        pair: TimeOut(
            consumer=pair[0],
            provider=pair[1],
            after_ms=after,
            tries=tries,
            most_tries=most,
            calls=1,
            basis="",
        )
        for pair, (after, tries, most) in known.items()
    }
    ways = ways_up(trees, trees.of(down))
    return waits(trees, ways, limits(trees, told), range(len(trees.operations)))


def test_a_request_waits_for_the_time_out_of_the_call_that_hangs() -> None:
    flow = tree(("a", -1), ("b", 0), ("c", 1))
    (found,) = waited([flow], {"c"}, {("b", "c"): (500, 1, 1)})
    assert found == Wait(operation="a: GET /", mean_ms=500, most_ms=500, unlimited=0)


def test_a_time_out_around_it_cuts_it_short() -> None:
    flow = tree(("a", -1), ("b", 0), ("c", 1))
    (found,) = waited([flow], {"c"}, {("a", "b"): (300, 1, 1), ("b", "c"): (500, 1, 1)})
    assert found.most_ms == 300
    (found,) = waited([flow], {"c"}, {("a", "b"): (300, 1, 1)})
    assert (found.mean_ms, found.most_ms, found.unlimited) == (300, 300, 0)


def test_what_is_tried_again_waits_again() -> None:
    flow = tree(("a", -1), ("b", 0), ("c", 1))
    (found,) = waited([flow], {"c"}, {("b", "c"): (500, 1.5, 3)})
    assert (found.mean_ms, found.most_ms) == (750, 1500)
    # b gives up and fails, for which a may ask it again, and may not
    (found,) = waited([flow], {"c"}, {("a", "b"): (800, 2, 2), ("b", "c"): (500, 1, 1)})
    assert (found.mean_ms, found.most_ms) == (500, 1000)


def test_calls_of_one_visit_overlap_or_come_one_after_the_other() -> None:
    flow = tree(("a", -1), ("b", 0), ("c", 0), ("c", 0))
    known = {("a", "b"): (300, 1, 1), ("a", "c"): (200, 1, 1)}
    (found,) = waited([flow], {"b", "c"}, known)
    assert (found.mean_ms, found.most_ms) == (300, 700)


def test_calls_alike_of_one_visit_are_counted_as_often_as_they_are_made() -> None:
    flows = [tree(("a", -1), ("b", 0)), tree(("a", -1), ("b", 0), ("b", 0), ("c", 2))]
    trees = trees_of(flows)
    told = TimeOut(
        consumer="a", provider="b", after_ms=100, tries=1, most_tries=1, calls=6, basis=""
    )
    given = limits(trees, {("a", "b"): told})
    ways = ways_up(trees, trees.of({"b"}))
    (found,) = waits(trees, ways, given, [0])
    # trees show one and a half calls a visit, so that each of them stands for four
    assert (found.mean_ms, found.most_ms) == (100, 800)


def test_nobody_waits_for_what_is_not_waited_for() -> None:
    known = {("a", "b"): (300.0, 1.0, 1)}
    assert waited([tree(("a", -1), ("b", 0), not_blocking={1})], {"b"}, known) == ()


def test_without_a_time_out_there_is_no_end() -> None:
    assert waited([tree(("a", -1), ("b", 0))], {"b"}, {}) == ()
    flows = [
        tree(("a", -1), ("b", 0), count=60),
        tree(("a", -1), ("c", 0), ("b", 1), count=20),
        tree(("a", -1), count=20),
    ]
    (found,) = waited(flows, {"b"}, {("c", "b"): (100, 1, 1)})
    assert found == Wait(operation="a: GET /", mean_ms=100, most_ms=100, unlimited=0.75)


def test_the_mean_is_over_the_requests_that_wait() -> None:
    flows = [
        tree(("a", -1), ("b", 0), count=30),
        tree(("a", -1), ("c", 0), ("b", 1), count=10),
        tree(("a", -1), count=60),
    ]
    known = {("a", "b"): (100, 1, 1), ("c", "b"): (500, 1, 1)}
    (found,) = waited(flows, {"b"}, known)
    assert (found.mean_ms, found.most_ms) == (200, 500)


def plainly(flow: Flow, down: Collection[str], known: Known) -> tuple[float, float]:
    """The same for one tree, node by node: on average and at most."""
    inner: list[list[tuple[float, float]]] = [[] for _ in flow.nodes]
    took = (0.0, 0.0)
    for i in range(len(flow.nodes) - 1, -1, -1):
        name = flow.nodes[i]
        took = (
            (inf, inf)
            if name in down
            else (
                max((mean for mean, _ in inner[i]), default=0.0),
                sum(most for _, most in inner[i]),
            )
        )
        if flow.parents[i] >= 0 and flow.blocking[i]:
            pair = (flow.nodes[flow.parents[i]], name)
            after, tries, most_tries = known.get(pair, (inf, 1.0, 1))
            mean = after * tries if took[0] > after else took[0]
            inner[flow.parents[i]].append((mean, min(after, took[1]) * most_tries))
    return took


TREES = st.integers(1, 8).flatmap(
    lambda size: st.builds(
        lambda names, parents, idle, count, operation: tree(
            *zip(names, (-1, *parents[1:]), strict=True),
            count=count,
            not_blocking=idle,
            operation=operation,
        ),
        st.lists(st.sampled_from("abcd"), min_size=size, max_size=size),
        st.tuples(*(st.integers(0, max(0, i - 1)) for i in range(size))),
        st.sets(st.integers(1, 8), max_size=2),
        st.integers(1, 5),
        st.sampled_from(["GET /", "POST /"]),
    )
)
KNOWN = st.dictionaries(
    st.sampled_from(list(product("abcd", "abcd"))),
    st.sampled_from([(100.0, 1.0, 1), (250.0, 1.5, 2), (1000.0, 1.0, 3)]),
)


@given(st.lists(TREES, min_size=1, max_size=5), st.sets(st.sampled_from("abcd")), KNOWN)
def test_waits_of_columns_are_those_of_single_trees(
    flows: list[Flow], down: set[str], known: Known
) -> None:
    found = {item.operation: item for item in waited(flows, down, known)}
    for operation in {flow.operation for flow in flows}:
        took = [
            (flow.count, *plainly(flow, down, known))
            for flow in flows
            if flow.operation == operation
        ]
        waiting = sum(count for count, _, most in took if most > 0)
        ends = [row for row in took if row[2] > 0 and isfinite(row[2])]
        requests = sum(count for count, _, _ in ends)
        assert (operation in found) == bool(ends)
        if ends:
            item = found[operation]
            mean = sum(count * mean for count, mean, _ in ends) / requests
            assert item.mean_ms == pytest.approx(mean, abs=0.06)
            assert item.most_ms == pytest.approx(max(most for _, _, most in ends), abs=0.06)
            assert item.unlimited == pytest.approx(1 - requests / waiting, abs=1e-4)


@given(TREES, st.sets(st.sampled_from("abcd")), KNOWN)
def test_one_time_out_more_never_makes_anybody_wait_longer(
    flow: Flow, down: set[str], known: dict[tuple[str, str], tuple[float, float, int]]
) -> None:
    single = {pair: (after, 1.0, 1) for pair, (after, _, _) in known.items()}
    before = waited([flow], down, single)
    for pair in product("abcd", "abcd"):
        after = waited([flow], down, {(*pair,): (100.0, 1.0, 1), **single})
        assert len(after) >= len(before)
        for one, other in zip(after, before, strict=False):
            assert one.most_ms <= other.most_ms


def test_an_impact_names_the_calls_that_have_no_known_time_out() -> None:
    flows = [tree(("a", -1), ("b", 0), ("c", 1)), tree(("a", -1), ("c", 0))]
    held = [depends("a", "b"), depends("b", "c"), depends("a", "c")]
    found = next(item for item in impacts([], held, flows) if item.node == "c")
    assert found.waits == ()
    assert [(one.consumer, one.provider, one.basis) for one in found.time_outs] == [
        ("a", "c", "no time-out known"),
        ("b", "c", "no time-out known"),
    ]


def test_a_call_whose_code_sets_no_time_out_is_told_apart() -> None:
    flows = [tree(("a", -1), ("b", 0))]
    found = impact_of({"b"}, grounds([depends("a", "b")], flows, {("a", "b")}))
    assert [one.basis for one in found.time_outs] == ["its code sets none"]


def test_without_call_trees_nothing_is_said_of_waits() -> None:
    (found,) = impacts([], [depends("a", "b")], [])
    assert (found.basis, found.waits, found.time_outs) == ("structure", (), ())
