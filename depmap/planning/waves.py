"""Waves: inside each phase, what may move together."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from depmap.graph import providers_first
from depmap.model.plan import Gate, Wave
from depmap.model.words import PHASES, Phase

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from depmap.planning.policy import Policy

Unit = tuple[str, ...]
"""Names deployed as one, sorted; named by the first."""


def wave_numbers(
    phases: Mapping[str, Phase], hard: Collection[tuple[str, str]], deployed: Collection[str]
) -> dict[str, int]:
    """Return the wave of each unit, counted from 0 over all phases. Linear.

    A unit stands in the earliest wave of its phase that comes after all it depends on. What is
    not deployed takes no time: it is in place before the wave whose number it gets.

    Args:
        phases: the phase of each unit, by its first member.
        hard: (consumer, provider) between units, acyclic, no provider in a later phase.
        deployed: the units that are deployed.
    """
    steps = _steps(phases, hard, deployed)
    lengths = dict.fromkeys(PHASES, 0)
    for unit in deployed:
        lengths[phases[unit]] = max(lengths[phases[unit]], steps[unit] + 1)
    start = {phase: sum(lengths[item] for item in PHASES[: phase.number]) for phase in PHASES}
    return {unit: start[phases[unit]] + step for unit, step in steps.items()}


def _steps(
    phases: Mapping[str, Phase], hard: Collection[tuple[str, str]], deployed: Collection[str]
) -> dict[str, int]:
    """Return how many deployments inside its own phase each unit has to wait for."""
    providers: dict[str, list[str]] = defaultdict(list)
    for consumer, provider in hard:
        if phases[consumer] is phases[provider]:
            providers[consumer].append(provider)
    steps: dict[str, int] = {}
    for unit in providers_first(phases, hard):
        waits = (steps[item] + (item in deployed) for item in providers[unit])
        steps[unit] = max(waits, default=0)
    return steps


def waves_of(
    units: Sequence[Unit], phases: Mapping[str, Phase], numbers: Mapping[str, int]
) -> tuple[Wave, ...]:
    """Return the waves in order, each with its units sorted."""
    together: dict[int, list[Unit]] = defaultdict(list)
    for unit in sorted(units):
        together[numbers[unit[0]]].append(unit)
    return tuple(
        Wave(number=number, phase=phases[members[0][0]], units=tuple(members))
        for number, members in sorted(together.items())
    )


def gates_of(waves: Sequence[Wave], policy: Policy) -> tuple[Gate, ...]:
    """Return one gate for each phase in which something is deployed."""
    services: dict[Phase, list[str]] = defaultdict(list)
    for wave in waves:
        services[wave.phase] += (name for unit in wave.units for name in unit)
    return tuple(
        Gate(
            phase=phase,
            services=tuple(sorted(services[phase])),
            threshold=policy.gate_threshold,
            window_minutes=policy.gate_window_minutes,
        )
        for phase in PHASES
        if phase in services
    )


def rollback_of(waves: Sequence[Wave]) -> tuple[str, ...]:
    """Return the names in the order in which they are taken back: the waves read backwards."""
    forward = [name for wave in waves for unit in wave.units for name in unit]
    return tuple(reversed(forward))
