"""Phases that people decided: hard, so they must fit the strong dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.errors import InputError, did_you_mean
from depmap.graph import shortest_chain

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from depmap.model.evidence import Node
    from depmap.model.words import Phase

_HINT = "change one of the two pins, or say in an interview that a dependency on the way is weak"


def check_names(
    pins: Mapping[str, Phase], nodes: Mapping[str, Node], placed: Collection[str]
) -> None:
    """Check that each pinned name is one that the plan places.

    Raises:
        InputError: a name is unknown, or of a kind that has no phase.
    """
    for name in sorted(pins):
        if name not in nodes:
            message = f'the pinned service "{name}" is not known'
            raise InputError(message, hint=did_you_mean(name, placed))
        if name not in placed:
            raise InputError(f'"{name}" is pinned, but a {nodes[name].kind} has no phase')


def check_feasible(
    pins: Mapping[str, Phase],
    order: Sequence[Sequence[str]],
    hard: Collection[tuple[str, str]],
) -> None:
    """Check that no pinned provider stands later than a pinned consumer. Linear.

    Args:
        pins: the phases by name.
        order: the units, providers first; a unit of several is a cycle.
        hard: (consumer, provider) between names.

    Raises:
        InputError: two pins contradict a chain of strong dependencies, which is named.
    """
    providers: dict[str, list[str]] = {}
    for consumer, provider in sorted(hard):
        providers.setdefault(consumer, []).append(provider)
    # Of each name, the pinned node with the latest phase that it reaches.
    latest: dict[str, str] = {}
    for unit in order:
        reached = [
            latest[name] for member in unit for name in providers.get(member, ()) if name in latest
        ]
        reached += [member for member in unit if member in pins]
        if not reached:
            continue
        worst = max(reached, key=lambda name: (pins[name].number, name))
        latest |= dict.fromkeys(unit, worst)
        for member in unit:
            if member in pins and pins[member].number < pins[worst].number:
                raise _contradiction(member, worst, pins, hard)


def _contradiction(
    consumer: str,
    provider: str,
    pins: Mapping[str, Phase],
    hard: Collection[tuple[str, str]],
) -> InputError:
    chain = " -> ".join(shortest_chain(hard, consumer, {provider}))
    return InputError(
        f"{consumer} is pinned to {pins[consumer]} and {provider} to {pins[provider]}, but"
        f" {consumer} depends strongly on {provider}: {chain}",
        hint=_HINT,
    )
