"""From nodes and dependencies to a plan."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from depmap.graph import cheapest_cut
from depmap.model.plan import Cycle, Placement, Plan, Precedence
from depmap.planning.notes import notes_of
from depmap.planning.phases import Programme, choose_phases
from depmap.planning.pins import check_feasible, check_names
from depmap.planning.policy import POLICY
from depmap.planning.reasons import Decided, reasons_of
from depmap.planning.situation import situation_of
from depmap.planning.waves import gates_of, rollback_of, wave_numbers, waves_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Node
    from depmap.model.words import Phase
    from depmap.planning.policy import Policy
    from depmap.planning.situation import Situation

_NO_PINS: Mapping[str, Phase] = MappingProxyType({})


def make_plan(
    nodes: Sequence[Node],
    dependencies: Sequence[Dependency],
    *,
    pins: Mapping[str, Phase] = _NO_PINS,
    policy: Policy = POLICY,
) -> Plan:
    """Return the order in which to deploy, with phases, waves, gates and the way back.

    Only confirmed dependencies that something uses count, and of those the kinds that the policy
    lets constrain an order. Strong ones, and those of undetermined strength, always hold; weak
    ones hold where it costs little. Cycles are deployed as one. The plan is the same for any
    order of the input.

    Args:
        nodes: all nodes; those that a dependency names and that are missing count as services.
        dependencies: all dependencies, confirmed or not.
        pins: phases that people decided, by name.
        policy: what constrains an order, and how much.

    Raises:
        InputError: two nodes have one name, a pin names what has no phase, or pins contradict
            strong dependencies (the chain is named).
    """
    situation = situation_of(nodes, dependencies, policy)
    check_names(pins, situation.nodes, situation.roles)
    hard = [item.pair for item in situation.placed if item.hard]
    check_feasible(pins, situation.units, hard)
    phases = _phases(situation, pins, policy)
    numbers = _waves(situation, phases)
    placements = _placements(situation, phases, numbers, pins)
    deployed = [tuple(filter(situation.is_deployed, unit)) for unit in situation.units]
    waves = waves_of([unit for unit in deployed if unit], phases, numbers)
    cycles = tuple(_cycles(situation))
    return Plan(
        placements=tuple(sorted(placements.values(), key=lambda item: (item.wave, item.name))),
        waves=waves,
        gates=gates_of(waves, policy),
        rollback=rollback_of(waves),
        precedences=tuple(_precedences(situation)),
        cycles=cycles,
        notes=notes_of(situation, placements, cycles, policy),
    )


def _phases(situation: Situation, pins: Mapping[str, Phase], policy: Policy) -> dict[str, Phase]:
    """Return the phase of each placed node."""
    leader = situation.leaders
    roles = situation.roles
    weak = (
        (leader[item.consumer], leader[item.provider])
        for item in situation.placed
        if not item.hard
    )
    programme = Programme(
        roles={
            unit[0]: [(roles[name].phase, roles[name].cost) for name in unit]
            for unit in situation.units
        },
        hard=situation.hard_units,
        weak=[pair for pair in weak if pair[0] != pair[1]],
        pins={leader[name]: phase for name, phase in pins.items()},
        weak_cost=policy.weak_cost,
    )
    chosen = choose_phases(programme)
    return {name: chosen[unit] for name, unit in leader.items()}


def _waves(situation: Situation, phases: Mapping[str, Phase]) -> dict[str, int]:
    """Return the wave of each placed node."""
    deployed = {unit[0] for unit in situation.units if any(map(situation.is_deployed, unit))}
    by_unit = {unit[0]: phases[unit[0]] for unit in situation.units}
    numbers = wave_numbers(by_unit, situation.hard_units, deployed)
    return {name: numbers[unit] for name, unit in situation.leaders.items()}


def _placements(
    situation: Situation,
    phases: Mapping[str, Phase],
    numbers: Mapping[str, int],
    pins: Mapping[str, Phase],
) -> dict[str, Placement]:
    decided = Decided(
        phases=phases, roles=situation.roles, pins=pins, constraints=situation.placed
    )
    reasons = reasons_of(decided)
    return {
        name: Placement(
            name=name,
            phase=phases[name],
            preferred=role.phase,
            wave=numbers[name],
            reasons=reasons[name],
            deployable=situation.is_deployed(name),
        )
        for name, role in situation.roles.items()
    }


def _cycles(situation: Situation) -> Iterator[Cycle]:
    """Yield the cycles with the cheapest edges to cut."""
    leader = situation.leaders
    inside: dict[str, dict[tuple[str, str], float]] = {}
    for item in situation.placed:
        if item.hard and leader[item.consumer] == leader[item.provider]:
            inside.setdefault(leader[item.consumer], {})[item.pair] = item.cut_cost
    for unit in sorted(situation.units):
        if len(unit) > 1:
            cut = cheapest_cut(inside[unit[0]])
            yield Cycle(members=unit, cut=cut.edges, method=cut.method)


def _precedences(situation: Situation) -> Iterator[Precedence]:
    """Yield what comes before what among deployed nodes of different units, sorted."""
    leader = situation.leaders
    found = [
        Precedence(before=item.provider, after=item.consumer, reason=item.sentence())
        for item in situation.deployed
        if item.hard and leader[item.consumer] != leader[item.provider]
    ]
    yield from sorted(found)
