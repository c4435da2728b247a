"""The truth about a system: what would happen to the same requests if a node were down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.simulator.running import outcome
from tests.simulator.system import Call

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.simulator.running import Outcome, Prepared

Pair = tuple[str, str]
STRONG: Final = 0.5
"""Delta above which a consumer fails more often than not."""


@dataclass(frozen=True, slots=True)
class Down:
    """What happens when some nodes are down and everything else is well.

    Attributes:
        nodes: the nodes.
        share: share of requests that fail, 0-1, of all, and by business operation.
        by_operation: likewise, by operation as depmap calls it.
        sites: of each call site that calls the nodes: how many of its calls are lost, and by how
            many of these its own operation fails.
    """

    nodes: tuple[str, ...]
    share: float
    by_operation: Mapping[str, float]
    sites: Mapping[Call, tuple[int, int]]


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
        sites=_sites(prepared, found, services),
    )


def _sites(
    prepared: Prepared, found: Outcome, services: Collection[int]
) -> dict[Call, tuple[int, int]]:
    system = prepared.system
    counts: dict[Call, tuple[int, int]] = {}
    for at, operation in enumerate(system.operations):
        for site, fatal, lost in zip(
            operation.sites, found.fatal[at], found.lost[at], strict=True
        ):
            if lost.any() and system.operations[site.callee].service in services:
                counts[system.call(site)] = (int(lost.sum()), int(fatal.sum()))
    return counts


@dataclass(frozen=True, slots=True)
class Truth:
    """All of it.

    Attributes:
        delta: failure strength of each (consumer, provider) that some request needs, 0-1: of all
            calls that are lost with the provider, the share by which the consumer's operation
            fails.
        sites: the same of each call site.
        unwaited: pairs whose consumer never waits.
        alone: what happens with each node down alone, by node; entries are left out.
        groups: what happens with all members of a group down, by the group's resource.
    """

    delta: Mapping[Pair, float]
    sites: Mapping[Call, float]
    unwaited: frozenset[Pair]
    alone: Mapping[str, Down]
    groups: Mapping[str, Down]

    def strong(self, pair: Pair) -> bool:
        """Whether the consumer fails more often than not when the provider does."""
        return self.delta[pair] > STRONG

    def strong_at(self, call: Call) -> bool:
        """Likewise, at one call site; one that no request needs is like its pair."""
        return self.sites.get(call, self.delta[call.consumer, call.provider]) > STRONG


def truth_of(prepared: Prepared) -> Truth:
    """Run the requests again, once for each node and group."""
    system = prepared.system
    alone = {
        system.names[at]: down(prepared, {at})
        for at in range(len(system.names))
        if system.tier[at] > 0
    }
    counts = {call: found for item in alone.values() for call, found in item.sites.items()}
    sites = {call: fatal / lost for call, (lost, fatal) in counts.items()}
    if not system.config.stateful:
        meant = {system.call(site): site.delta for of in system.operations for site in of.sites}
        sites = {call: meant[call] for call in sites}
    return Truth(
        delta=_weighted(sites, {call: lost for call, (lost, _) in counts.items()}),
        sites=sites,
        unwaited=frozenset(
            (system.names[consumer], system.names[provider])
            for (consumer, provider), found in system.pairs().items()
            if not any(site.waits for site in found)
        ),
        alone=alone,
        groups={name: down(prepared, set(members)) for name, members in system.groups},
    )


def _weighted(sites: Mapping[Call, float], lost: Mapping[Call, int]) -> dict[Pair, float]:
    """Return the delta of pairs, each site weighing as many calls as it loses."""
    sums: dict[Pair, list[float]] = {}
    for call, delta in sites.items():
        of = sums.setdefault((call.consumer, call.provider), [0.0, 0.0])
        of[0] += lost[call]
        of[1] += lost[call] * delta
    return {pair: fatal / many for pair, (many, fatal) in sums.items()}
