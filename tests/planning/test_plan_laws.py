from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from depmap.errors import InputError
from depmap.graph import closure
from depmap.planning import make_plan, plan_subset
from tests.planning import builders
from tests.planning.builders import NAMES, hard_pairs, unit_of

if TYPE_CHECKING:
    import random

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Node
    from depmap.model.plan import Plan
    from depmap.model.words import Phase

Nodes = tuple["Node", ...]
Dependencies = list["Dependency"]


@given(builders.nodes, builders.dependencies)
def test_no_strong_dependency_points_at_a_later_phase_or_the_same_wave(
    nodes: Nodes, dependencies: Dependencies
) -> None:
    plan = make_plan(nodes, dependencies)
    unit = unit_of(plan)
    for consumer, provider in hard_pairs(nodes, dependencies):
        after, before = plan.placement(consumer), plan.placement(provider)
        assert after is not None
        assert before is not None
        assert before.phase.number <= after.phase.number
        assert before.wave <= after.wave
        if unit.get(consumer, ()) != unit.get(provider, ()) and after.deployable:
            assert before.wave < after.wave or not before.deployable


@given(builders.nodes, builders.dependencies)
def test_waves_partition_what_is_deployed_and_phases_never_go_back(
    nodes: Nodes, dependencies: Dependencies
) -> None:
    plan = make_plan(nodes, dependencies)
    named = [name for wave in plan.waves for unit in wave.units for name in unit]
    assert sorted(named) == sorted(item.name for item in nodes if item.kind.is_service)
    assert [wave.number for wave in plan.waves] == list(range(len(plan.waves)))
    phases = [wave.phase.number for wave in plan.waves]
    assert phases == sorted(phases)
    for wave in plan.waves:
        for name in (name for unit in wave.units for name in unit):
            placement = plan.placement(name)
            assert placement is not None
            assert (placement.wave, placement.phase) == (wave.number, wave.phase)


@given(builders.nodes, builders.dependencies, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    nodes: Nodes, dependencies: Dependencies, dice: random.Random
) -> None:
    others, links = list(nodes), list(dependencies)
    dice.shuffle(others)
    dice.shuffle(links)
    assert make_plan(others, links) == make_plan(nodes, dependencies)


@given(builders.nodes, builders.dependencies)
def test_new_names_in_the_same_order_change_only_names(
    nodes: Nodes, dependencies: Dependencies
) -> None:
    def new(name: str) -> str:
        return name.replace("n", "service-")

    renamed = make_plan(
        [replace(item, name=new(item.name)) for item in nodes],
        [
            replace(item, consumer=new(item.consumer), provider=new(item.provider), evidence=())
            for item in dependencies
        ],
    )
    plain = [replace(item, evidence=()) for item in dependencies]
    assert repr(renamed) == re.sub(r"\bn(\d)\b", r"service-\1", repr(make_plan(nodes, plain)))


@given(builders.nodes, builders.dependencies)
def test_rollback_is_the_way_back(nodes: Nodes, dependencies: Dependencies) -> None:
    plan = make_plan(nodes, dependencies)
    forward = [name for wave in plan.waves for unit in wave.units for name in unit]
    assert list(plan.rollback) == forward[::-1]


@given(builders.nodes, builders.dependencies)
def test_every_move_names_what_forced_it(nodes: Nodes, dependencies: Dependencies) -> None:
    for item in make_plan(nodes, dependencies).placements:
        moved = [reason for reason in item.reasons if reason.startswith("moved")]
        assert len(moved) == (item.phase is not item.preferred)
        assert all("depends" in reason for reason in moved)


@given(builders.nodes, builders.dependencies)
def test_precedences_point_to_earlier_waves(nodes: Nodes, dependencies: Dependencies) -> None:
    plan = make_plan(nodes, dependencies)
    wave = {item.name: item.wave for item in plan.placements}
    assert all(wave[item.before] < wave[item.after] for item in plan.precedences)


@given(builders.nodes, builders.dependencies, builders.pins)
def test_pins_hold_or_are_refused(
    nodes: Nodes, dependencies: Dependencies, pins: dict[str, Phase]
) -> None:
    try:
        plan = make_plan(nodes, dependencies, pins=pins)
    except InputError as error:
        assert "pinned" in error.message  # noqa: PT017 - either outcome is right
        return
    for name, phase in pins.items():
        placement = plan.placement(name)
        assert placement is not None
        assert placement.phase is phase


def unit_order(plan: Plan, whole: Plan) -> frozenset[tuple[str, str]]:
    """The closed order of a plan's names, where the members of a cycle count as one."""
    unit = unit_of(whole)
    edges = {(unit[item.after][0], unit[item.before][0]) for item in plan.precedences}
    present = {name for wave in plan.waves for part in wave.units for name in part}
    leaders = {unit[name][0] for name in present}
    closed = closure(edges, leaders)
    return frozenset(
        (after, before)
        for after in present
        for before in present
        if (unit[after][0], unit[before][0]) in closed
    )


@given(builders.nodes, builders.dependencies, st.frozensets(st.sampled_from(NAMES)))
def test_a_subset_keeps_the_order_of_the_whole(
    nodes: Nodes, dependencies: Dependencies, names: frozenset[str]
) -> None:
    whole = make_plan(nodes, dependencies)
    placed = {item.name for item in whole.placements}
    part = plan_subset(whole, names & placed)
    inside = {name for wave in part.waves for unit in wave.units for name in unit}
    assert inside == names & unit_of(whole).keys()
    expected = {pair for pair in unit_order(whole, whole) if inside.issuperset(pair)}
    assert unit_order(part, whole) == expected
    wave = {item.name: item.wave for item in part.placements}
    assert all(wave[before] < wave[after] for after, before in expected)


@given(builders.nodes, builders.dependencies)
def test_the_subset_of_everything_is_the_plan_without_resources(
    nodes: Nodes, dependencies: Dependencies
) -> None:
    whole = make_plan(nodes, dependencies)
    part = plan_subset(whole, [item.name for item in whole.placements if item.deployable])
    assert part.waves == whole.waves
    assert part.rollback == whole.rollback
    assert part.gates == whole.gates
    assert part.precedences == whole.precedences
