"""The order of a few services only."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from depmap.errors import InputError, did_you_mean
from depmap.graph import Pair, closure, reduction, shortest_chains
from depmap.model.plan import Cycle, Placement, Plan, Precedence
from depmap.planning.roles import several
from depmap.planning.waves import Unit, rollback_of, wave_numbers, waves_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """The subset, and how the whole plan joins it.

    Attributes:
        units: what of each unit of the plan is in the subset; the empty ones are left out.
        leader: the unit of the whole plan that each of its names is in.
        joined: (consumer, provider) between the units of the whole plan.
        placements: where the names stood.
    """

    units: tuple[Unit, ...]
    leader: dict[str, str]
    joined: frozenset[Pair]
    placements: dict[str, Placement]


def plan_subset(plan: Plan, names: Iterable[str]) -> Plan:
    """Return the order of a few services, as the whole plan induces it.

    A service waits for another also where only services outside the subset join the two: with
    A -> x -> B, A still comes after B. Phases stay; waves are counted anew. Providers outside are
    noted as taken to be there already. Resources among the names are left out. The cost is that
    of a closure, plus linear time for each service whose order others outside decide.

    Raises:
        InputError: a name is not in the plan.
    """
    chosen = _choose(plan, frozenset(names))
    phases = {name: item.phase for name, item in chosen.placements.items()}
    leaders = {chosen.leader[unit[0]]: phases[unit[0]] for unit in chosen.units}
    inside = closure(chosen.joined, leaders)
    by_unit = wave_numbers(leaders, inside, leaders)
    numbers = {name: by_unit[chosen.leader[name]] for name in chosen.placements}
    waves = waves_of(chosen.units, phases, numbers)
    placements = (replace(item, wave=numbers[item.name]) for item in chosen.placements.values())
    kept = [tuple(name for name in gate.services if name in numbers) for gate in plan.gates]
    return Plan(
        placements=tuple(sorted(placements, key=lambda item: (item.wave, item.name))),
        waves=waves,
        gates=tuple(
            replace(gate, services=services)
            for gate, services in zip(plan.gates, kept, strict=True)
            if services
        ),
        rollback=rollback_of(waves),
        precedences=tuple(sorted(_precedences(plan, chosen, inside))),
        cycles=tuple(item for item in plan.cycles if _is_whole(item, chosen)),
        notes=tuple(_notes(plan, chosen, frozenset(names))),
    )


def _choose(plan: Plan, names: frozenset[str]) -> _Chosen:
    known = {item.name: item for item in plan.placements}
    for name in sorted(names):
        if name not in known:
            raise InputError(f'"{name}" is not in the plan', hint=did_you_mean(name, known))
    every = [unit for wave in plan.waves for unit in wave.units]
    parts = (tuple(name for name in unit if name in names) for unit in every)
    leader = {name: unit[0] for unit in every for name in unit}
    pairs = ((leader[item.after], leader[item.before]) for item in plan.precedences if item.hard)
    return _Chosen(
        units=tuple(part for part in parts if part),
        leader=leader,
        joined=frozenset(pairs),
        placements={name: known[name] for name in sorted(names) if name in leader},
    )


def _is_whole(cycle: Cycle, chosen: _Chosen) -> bool:
    deployed = {name for name in cycle.members if name in chosen.leader}
    return bool(deployed) and deployed <= chosen.placements.keys()


def _precedences(plan: Plan, chosen: _Chosen, inside: Collection[Pair]) -> Iterator[Precedence]:
    """Yield the constraints inside the subset, then those that only outsiders bring about."""
    direct: set[Pair] = set()
    for item in plan.precedences:
        if item.before in chosen.placements and item.after in chosen.placements:
            direct.add((chosen.leader[item.after], chosen.leader[item.before]))
            yield item
    members = {chosen.leader[unit[0]]: unit for unit in chosen.units}
    chains = shortest_chains(chosen.joined, reduction(inside) - direct)
    for (consumer, provider), chain in sorted(chains.items()):
        reason = f"over services outside the subset: {' -> '.join(chain)}"
        yield from (
            Precedence(before=first, after=then, reason=reason)
            for first in members[provider]
            for then in members[consumer]
        )


def _notes(plan: Plan, chosen: _Chosen, names: frozenset[str]) -> Iterator[str]:
    inside = chosen.placements.keys()
    outside = sorted({item.before for item in plan.precedences if item.after in inside} - inside)
    if outside:
        yield f"taken to be deployed already: {several(outside, _MOST)}"
    rest: dict[str, list[str]] = defaultdict(list)
    for name, leader in sorted(chosen.leader.items()):
        if name not in inside:
            rest[leader].append(name)
    for unit in chosen.units:
        if left := rest[chosen.leader[unit[0]]]:
            yield f"{several(unit, _MOST)} goes without {several(left, _MOST)} of the same cycle"
    resources = sorted(names - inside)
    if resources:
        yield f"not deployed with services, left out: {several(resources, _MOST)}"
