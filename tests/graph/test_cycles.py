from __future__ import annotations

from depmap.graph import condensed, generations, levels, providers_first, strongly_connected


def test_a_node_in_no_cycle_is_alone() -> None:
    assert strongly_connected("abc", [("a", "b"), ("b", "a"), ("c", "a")]) == (("a", "b"), ("c",))


def test_nodes_without_edges_are_there() -> None:
    assert strongly_connected("ba", []) == (("a",), ("b",))


def test_edges_inside_a_component_disappear() -> None:
    edges = [("a", "b"), ("b", "a"), ("c", "b")]
    assert condensed(edges, [("a", "b"), ("c",)]) == {("c", "a")}


def test_each_step_depends_on_earlier_ones_only() -> None:
    edges = [("c", "b"), ("b", "a"), ("d", "a")]
    assert generations("abcd", edges) == ((("a",),), (("b",), ("d",)), (("c",),))


def test_members_of_a_cycle_share_a_level() -> None:
    assert levels("abc", [("a", "b"), ("b", "a"), ("b", "c")]) == {"a": 1, "b": 1, "c": 0}


def test_providers_come_first() -> None:
    assert providers_first("abc", [("a", "b"), ("b", "c")]) == ("c", "b", "a")


def test_a_node_that_needs_itself_is_no_obstacle() -> None:
    assert levels("a", [("a", "a")]) == {"a": 0}
