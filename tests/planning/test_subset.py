from __future__ import annotations

import pytest

from depmap.errors import InputError
from depmap.model.plan import Precedence
from depmap.model.words import Kind, NodeKind
from depmap.planning import make_plan, plan_subset
from tests.builders import depends, node


def test_the_order_passes_through_what_is_left_out() -> None:
    whole = make_plan([], [depends("a", "x"), depends("x", "b")])
    part = plan_subset(whole, ["a", "b"])
    assert part.precedences == (
        Precedence(before="b", after="a", reason="over services outside the subset: a -> x -> b"),
    )
    assert [item.units for item in part.waves] == [(("b",),), (("a",),)]
    assert part.rollback == ("a", "b")
    assert part.notes == ("taken to be deployed already: x",)


def test_the_order_passes_through_a_cycle_that_is_left_out_in_part() -> None:
    links = [depends("c", "a"), depends("a", "b"), depends("b", "a"), depends("b", "d")]
    whole = make_plan([], links)
    part = plan_subset(whole, ["a", "c", "d"])
    assert [item.units for item in part.waves] == [(("d",),), (("a",),), (("c",),)]
    assert part.cycles == ()
    assert "a goes without b of the same cycle" in part.notes


def test_a_whole_cycle_stays_one_unit() -> None:
    whole = make_plan([], [depends("a", "b"), depends("b", "a"), depends("b", "c")])
    part = plan_subset(whole, ["a", "b"])
    assert part.cycles == whole.cycles
    assert part.waves[0].units == (("a", "b"),)


def test_gates_judge_the_subset_only() -> None:
    whole = make_plan([node("a"), node("b"), node("c", entry=True)], [])
    assert [gate.services for gate in plan_subset(whole, ["a"]).gates] == [("a",)]


def test_resources_are_left_out_with_a_note() -> None:
    link = depends("a", "d", kind=Kind.DATABASE)
    whole = make_plan([node("d", NodeKind.DATABASE)], [link])
    part = plan_subset(whole, ["a", "d"])
    assert [item.name for item in part.placements] == ["a"]
    assert part.notes == ("not deployed with services, left out: d",)


def test_an_unknown_name_gives_the_nearest_one() -> None:
    with pytest.raises(InputError, match="not in the plan") as caught:
        plan_subset(make_plan([node("payment")], []), ["paymant"])
    assert caught.value.hint == 'did you mean "payment"?'
