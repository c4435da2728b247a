"""The truth about a system: what would happen to the same requests if a node were down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tests.simulator.running import outcome

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.simulator.running import Outcome, Prepared

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Down:
    """What happens when some nodes are down and everything else is well.

    Attributes:
        nodes: the nodes.
        share: share of requests that fail, 0-1, of all, and by business operation.
        by_operation: likewise, by operation as depmap calls it.
        delta: of each consumer of the nodes, share of its lost calls by which it failed itself.
    """

    nodes: tuple[str, ...]
    share: float
    by_operation: Mapping[str, float]
    delta: Mapping[Pair, float]


def down(prepared: Prepared, services: Collection[int]) -> Down:
    """Run the requests again with services down: by their position in ``System.names``."""
    found = outcome(prepared, down=services, background=False)
    system = prepared.system
    shares = {
        system.label(operation): float(found.failed[operation].mean())
        for operation, _ in system.entries
        if len(found.failed[operation])
    }
    failed = sum(int(found.failed[operation].sum()) for operation, _ in system.entries)
    return Down(
        nodes=tuple(system.names[at] for at in sorted(services)),
        share=failed / len(prepared.time),
        by_operation=shares,
        delta=_deltas(prepared, found, services),
    )


def _deltas(prepared: Prepared, found: Outcome, services: Collection[int]) -> dict[Pair, float]:
    system = prepared.system
    counts: dict[Pair, list[int]] = {}
    for at, operation in enumerate(system.operations):
        for site, fatal, lost in zip(
            operation.sites, found.fatal[at], found.lost[at], strict=True
        ):
            provider = system.operations[site.callee].service
            if provider in services:
                pair = (system.names[operation.service], system.names[provider])
                sums = counts.setdefault(pair, [0, 0])
                sums[0] += int(fatal.sum())
                sums[1] += int(lost.sum())
    return {pair: fatal / lost for pair, (fatal, lost) in counts.items() if lost}


@dataclass(frozen=True, slots=True)
class Truth:
    """All of it.

    Attributes:
        delta: failure strength of each (consumer, provider) that some request needs, 0-1.
        unwaited: pairs whose consumer never waits.
        alone: what happens with each node down alone, by node; entries are left out.
        groups: what happens with all members of a group down, by the group's resource.
    """

    delta: Mapping[Pair, float]
    unwaited: frozenset[Pair]
    alone: Mapping[str, Down]
    groups: Mapping[str, Down]

    def strong(self, pair: Pair) -> bool:
        """Whether the consumer fails more often than not when the provider does."""
        return self.delta[pair] > 0.5


def truth_of(prepared: Prepared) -> Truth:
    """Run the requests again, once for each node and group."""
    system = prepared.system
    alone = {
        system.names[at]: down(prepared, {at})
        for at in range(len(system.names))
        if system.tier[at] > 0
    }
    delta = {pair: value for item in alone.values() for pair, value in item.delta.items()}
    for (consumer, provider), sites in system.pairs().items():
        pair = (system.names[consumer], system.names[provider])
        if not system.config.stateful and pair in delta:
            delta[pair] = float(np.mean([site.delta for site in sites]))
    return Truth(
        delta=delta,
        unwaited=frozenset(
            (system.names[consumer], system.names[provider])
            for (consumer, provider), sites in system.pairs().items()
            if not any(site.waits for site in sites)
        ),
        alone=alone,
        groups={name: down(prepared, set(members)) for name, members in system.groups},
    )
