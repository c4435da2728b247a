from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from depmap.errors import InputError
from depmap.model.plan import Cycle, Gate, Plan, Precedence, Wave
from depmap.model.words import Kind, NodeKind, Phase, Strength
from depmap.planning import POLICY, Rule, make_plan
from tests.builders import depends, node

if TYPE_CHECKING:
    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Node

FOUNDATION, SUPPORTING, CORE, FACING = Phase
WEAK, OPTIONAL, UNDETERMINED = Strength.WEAK, Strength.OPTIONAL, Strength.UNDETERMINED


def phase(plan: Plan, name: str) -> Phase:
    placement = plan.placement(name)
    assert placement is not None
    return placement.phase


def wave(plan: Plan, name: str) -> int:
    placement = plan.placement(name)
    assert placement is not None
    return placement.wave


def reasons(plan: Plan, name: str) -> str:
    placement = plan.placement(name)
    assert placement is not None
    return "; ".join(placement.reasons)


def of(*dependencies: Dependency, nodes: tuple[Node, ...] = ()) -> Plan:
    return make_plan(nodes, dependencies)


def test_nothing_gives_an_empty_plan() -> None:
    assert make_plan([], []) == Plan()


# Roles


@pytest.mark.parametrize("kind", ["database", "cache", "search", "broker", "topic", "config"])
def test_resources_are_foundation_and_not_deployed(kind: str) -> None:
    plan = make_plan([node("a", NodeKind(kind))], [])
    placement = plan.placement("a")
    assert placement is not None
    assert (placement.phase, placement.deployable) == (FOUNDATION, False)
    assert plan.waves == ()
    assert plan.gates == ()


@pytest.mark.parametrize("kind", ["team", "capability", "external", "secret", "library"])
def test_what_nobody_deploys_is_named_in_a_note_only(kind: str) -> None:
    plan = of(depends("b", "a"), nodes=(node("a", NodeKind(kind)),))
    assert [item.name for item in plan.placements] == ["b"]
    assert f"a ({kind}) has no place in the plan; b depends strongly on it" in plan.notes


def test_who_issues_a_secret_is_foundation() -> None:
    plan = of(depends("a", "b", kind=Kind.SHARED_SECRET))
    assert phase(plan, "b") is FOUNDATION
    assert "it issues what a verifies with a shared secret" in reasons(plan, "b")


def test_who_owns_configuration_is_foundation() -> None:
    assert phase(of(depends("a", "b", kind=Kind.SHARED_CONFIG)), "b") is FOUNDATION


def test_who_is_waited_for_at_start_is_foundation() -> None:
    assert phase(of(depends("a", "b", kind=Kind.STARTUP_ORDER)), "b") is FOUNDATION


def test_who_is_waited_for_but_needs_another_service_is_not() -> None:
    plan = of(depends("a", "b", kind=Kind.STARTUP_ORDER), depends("b", "c"))
    assert phase(plan, "b") is SUPPORTING


def test_a_hub_that_needs_no_service_is_foundation() -> None:
    plan = of(depends("a", "h"), depends("b", "h"), depends("c", "h"))
    assert phase(plan, "h") is FOUNDATION
    assert "3 services depend strongly on it and it on no other service" in reasons(plan, "h")


def test_a_store_of_its_own_does_not_make_a_hub_dependent() -> None:
    calls = [depends("a", "h"), depends("b", "h"), depends("c", "h")]
    store = depends("h", "d", kind=Kind.DATABASE)
    assert phase(of(*calls, store, nodes=(node("d", NodeKind.DATABASE),)), "h") is FOUNDATION


def test_two_dependants_are_no_hub() -> None:
    assert phase(of(depends("a", "h"), depends("b", "h")), "h") is SUPPORTING


def test_a_leaf_of_which_nothing_is_known_is_no_foundation() -> None:
    plan = make_plan([node("a")], [])
    assert phase(plan, "a") is SUPPORTING
    assert "no dependency of it is known, and that is not independence" in reasons(plan, "a")
    assert plan.notes == ("no dependency is known of a: a risk, not independence",)


def test_a_leaf_without_strong_dependencies_is_no_foundation() -> None:
    plan = of(depends("a", "b", OPTIONAL))
    assert phase(plan, "b") is SUPPORTING
    assert "that alone makes it no foundation" in reasons(plan, "b")


def test_a_gateway_is_user_facing() -> None:
    assert phase(make_plan([node("a", NodeKind.GATEWAY)], []), "a") is FACING


def test_an_entry_that_nobody_needs_is_user_facing() -> None:
    assert phase(make_plan([node("a", entry=True)], []), "a") is FACING


def test_an_entry_that_a_service_needs_is_not() -> None:
    assert phase(of(depends("b", "a"), nodes=(node("a", entry=True),)), "a") is SUPPORTING


@pytest.mark.parametrize(
    "named", [node("a", capabilities=("selling",)), node("a", criticality="Tier-1")]
)
def test_what_the_business_names_is_core(named: Node) -> None:
    assert phase(make_plan([named], []), "a") is CORE


def test_a_capability_of_a_minor_service_does_not_make_it_core() -> None:
    minor = node("a", capabilities=("advertising",), criticality="tier-3")
    plan = make_plan([minor], [])
    assert phase(plan, "a") is SUPPORTING
    assert "the capability advertising, but its owner rates it tier-3" in reasons(plan, "a")
    joined = make_plan([minor], [depends("a", "b", kind=Kind.BUSINESS_PROCESS)])
    assert phase(joined, "a") is CORE


def test_a_weak_dependency_on_a_later_wave_is_noted() -> None:
    plan = of(depends("a", "b", WEAK), depends("b", "c"))
    assert "1 weak dependency points at a later wave: a -> b (http)" in plan.notes


def test_a_business_process_makes_both_ends_core() -> None:
    plan = of(depends("a", "b", kind=Kind.BUSINESS_PROCESS))
    assert (phase(plan, "a"), phase(plan, "b")) == (CORE, CORE)


# Moves


def test_a_provider_moves_before_its_consumer_and_the_reason_names_the_edge() -> None:
    plan = of(
        depends("a", "b", kind=Kind.SHARED_SECRET),
        depends("b", "c"),
        nodes=(node("a"), node("b"), node("c")),
    )
    assert phase(plan, "c") is FOUNDATION
    assert (
        "moved from supporting to foundation: b depends strongly on it (http),"
        " and b has the role foundation" in reasons(plan, "c")
    )


def test_over_a_chain_the_reason_names_the_end_too() -> None:
    plan = of(depends("a", "b", kind=Kind.SHARED_SECRET), depends("b", "c"), depends("c", "d"))
    assert (
        "c depends strongly on it (http), and b has the role foundation (over c - b)"
        in reasons(plan, "d")
    )


def test_a_consumer_moves_after_a_provider_that_is_surer_of_its_role() -> None:
    plan = of(depends("a", "g"), nodes=(node("g", NodeKind.GATEWAY),))
    assert phase(plan, "a") is FACING
    assert "moved from supporting to user-facing: it depends strongly on g" in reasons(plan, "a")


def test_the_reason_names_a_pin() -> None:
    plan = make_plan([], [depends("a", "b")], pins={"a": FOUNDATION})
    assert phase(plan, "b") is FOUNDATION
    assert "pinned to foundation by people" in reasons(plan, "a")
    assert "a depends strongly on it (http), and a is pinned to foundation" in reasons(plan, "b")


def test_enough_weak_dependencies_outweigh_a_role() -> None:
    nodes = tuple(node(name) for name in "abcde")
    pins = dict.fromkeys("abcd", FOUNDATION)
    weak = [depends(name, "e", WEAK) for name in "abcd"]
    plan = make_plan(nodes, weak, pins=pins)
    assert phase(plan, "e") is FOUNDATION
    assert "depends weakly on it (http), which together with others" in reasons(plan, "e")
    few = make_plan(nodes, weak[:3], pins=pins)
    assert phase(few, "e") is SUPPORTING
    assert "3 weak dependencies point at a later phase" in few.notes[0]


# Pins


def test_pins_that_contradict_a_chain_are_refused_with_the_chain() -> None:
    links = [depends("a", "b"), depends("b", "c")]
    with pytest.raises(InputError, match="a -> b -> c"):
        make_plan([], links, pins={"a": FOUNDATION, "c": CORE})


def test_pins_that_contradict_each_other_inside_a_cycle_are_refused() -> None:
    links = [depends("a", "b"), depends("b", "a")]
    with pytest.raises(InputError, match="depends strongly"):
        make_plan([], links, pins={"a": FOUNDATION, "b": CORE})


def test_a_pin_of_an_unknown_name_gives_the_nearest_one() -> None:
    with pytest.raises(InputError, match="payment") as caught:
        make_plan([node("payment")], [], pins={"paymant": CORE})
    assert caught.value.hint == 'did you mean "payment"?'


def test_a_team_cannot_be_pinned() -> None:
    with pytest.raises(InputError, match="a team has no phase"):
        make_plan([node("a", NodeKind.TEAM)], [], pins={"a": CORE})


# What constrains


def test_every_kind_has_exactly_one_rule() -> None:
    assert sorted(rule.kind for rule in POLICY.rules) == sorted(Kind)


@pytest.mark.parametrize("rule", POLICY.rules, ids=lambda rule: rule.kind)
def test_a_strong_dependency_constrains_as_its_kind_says(rule: Rule) -> None:
    plan = of(depends("a", "b", kind=rule.kind))
    assert bool(plan.precedences) == rule.constrains


@pytest.mark.parametrize(
    "link",
    [
        depends("a", "b", OPTIONAL),
        depends("a", "b", WEAK),
        depends("a", "b", confidence=0.4),
        depends("a", "b", declared_only=True),
        depends("a", "a"),
    ],
)
def test_what_does_not_constrain(link: Dependency) -> None:
    assert of(link).precedences == ()


def test_an_event_constrains_where_the_policy_says_so() -> None:
    event = depends("a", "b", kind=Kind.EVENT)
    assert "kinds that constrain no order: event 1" in of(event).notes
    plan = make_plan([], [event], policy=POLICY.constraining(Kind.EVENT))
    assert [(item.before, item.after) for item in plan.precedences] == [("b", "a")]


def test_undetermined_counts_as_strong_and_says_so() -> None:
    plan = of(depends("a", "b", UNDETERMINED))
    reason = "a depends strongly on b (http; strength undetermined, taken as strong)"
    assert plan.precedences == (Precedence(before="b", after="a", reason=reason),)
    assert "1 dependency of undetermined strength is taken as strong: a -> b" in plan.notes


def test_what_is_only_declared_is_counted() -> None:
    plan = of(depends("a", "b", declared_only=True))
    assert "1 dependency is only declared and constrains no order" in plan.notes


def test_an_order_passes_through_resources_and_secrets_but_not_through_teams() -> None:
    links = (depends("a", "x"), depends("x", "b"))
    for kind in (NodeKind.DATABASE, NodeKind.SECRET, NodeKind.CAPABILITY):
        plan = of(*links, nodes=(node("x", kind),))
        assert [(item.before, item.after) for item in plan.precedences] == [("b", "a")]
        assert "through x" in plan.precedences[0].reason
        assert wave(plan, "b") < wave(plan, "a")
    for kind in (NodeKind.TEAM, NodeKind.EXTERNAL, NodeKind.LIBRARY):
        assert of(*links, nodes=(node("x", kind),)).precedences == ()


# Waves, cycles, gates


def test_waves_lie_inside_phases_and_are_counted_over_all() -> None:
    plan = of(
        depends("a", "b"),
        depends("b", "c"),
        depends("d", "c"),
        nodes=(node("a", entry=True),),
    )
    assert plan.waves == (
        Wave(number=0, phase=SUPPORTING, units=(("c",),)),
        Wave(number=1, phase=SUPPORTING, units=(("b",), ("d",))),
        Wave(number=2, phase=FACING, units=(("a",),)),
    )
    assert plan.rollback == ("a", "d", "b", "c")


def test_a_resource_takes_no_wave() -> None:
    plan = of(depends("a", "d", kind=Kind.DATABASE), nodes=(node("d", NodeKind.DATABASE),))
    assert (wave(plan, "d"), wave(plan, "a")) == (0, 0)
    assert len(plan.waves) == 1


def test_a_cycle_is_one_unit_and_names_the_cheapest_cut() -> None:
    plan = of(depends("a", "b"), depends("b", "a", UNDETERMINED), depends("a", "c"))
    assert plan.cycles == (Cycle(members=("a", "b"), cut=(("b", "a"),)),)
    assert [item.units for item in plan.waves] == [(("c",),), (("a", "b"),)]
    assert [(item.before, item.after) for item in plan.precedences] == [("c", "a")]
    assert "a and b need each other and are taken as one; the cheapest cut is b -> a" in plan.notes


def test_a_start_order_costs_more_to_cut_than_a_call() -> None:
    plan = of(depends("a", "b", kind=Kind.STARTUP_ORDER), depends("b", "a"))
    assert plan.cycles[0].cut == (("b", "a"),)


def test_each_phase_with_something_to_deploy_has_a_gate_that_holds_without_data() -> None:
    plan = make_plan([node("a"), node("b", entry=True), node("d", NodeKind.DATABASE)], [])
    assert plan.gates == (
        Gate(phase=SUPPORTING, services=("a",)),
        Gate(phase=FACING, services=("b",)),
    )
    assert {gate.on_no_data for gate in plan.gates} == {"hold"}


# Input


def test_two_nodes_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match=re.escape('two nodes are called "a"')):
        make_plan([node("a"), node("a")], [])


def test_a_name_that_only_a_dependency_has_is_taken_as_a_service() -> None:
    plan = make_plan([node("a")], [depends("a", "b")])
    assert phase(plan, "b") is SUPPORTING
    assert "only dependencies name b: taken as services" in plan.notes
