"""What strong dependencies promise against what services promise: tiers and availability.

A service cannot be up more often than all it strongly depends on together (the product of their
availabilities; Treynor et al., The Calculus of Service Availability, ACM Queue 2017), and one of
tier 1 that needs one of tier 3 is of tier 3.
"""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

from depmap.model.finding import Finding, Severity
from depmap.model.words import Source, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Node

_TIER: Final = re.compile(r"(?i)\b(?:tier|t|p)[ -]?(\d)\b|^(\d)$")
FIRST: Final = (0, 1)
"""The most important tiers."""
MIN_CALLS: Final = 1000
"""Calls below which an availability is not told."""
CEILING: Final = 0.999
"""Availability of all strong providers together below which they are worth a finding."""


def inversions(nodes: Iterable[Node], dependencies: Iterable[Dependency]) -> Iterator[Finding]:
    """Yield each strong dependency of a service on one that its owner holds less important."""
    tiers = {node.name: tier for node in nodes if (tier := tier_of(node)) is not None}
    for item in dependencies:
        own, other = tiers.get(item.consumer), tiers.get(item.provider)
        if _needs(item) and own is not None and other is not None and own < other:
            yield Finding(
                rule="tier-inversion",
                subjects=(item.consumer, item.provider, item.kind.value),
                severity=Severity.HIGH if other - own > 1 else Severity.MEDIUM,
                message=(
                    f"{item.consumer} (tier {own}) cannot do without {item.provider} "
                    f"(tier {other}): it is no better kept than that"
                ),
                details=item.strength.basis,
                locators=_places([item]),
            )


def tier_of(node: Node) -> int | None:
    """Return the number of a node's tier, 1 the most important; None where none is told."""
    found = _TIER.search(node.criticality)
    return int(found[1] or found[2]) if found else None


def ceilings(nodes: Iterable[Node], dependencies: Sequence[Dependency]) -> Iterator[Finding]:
    """Yield each entry or service of the first tier that its strong providers keep from being up.

    A provider's availability is the share of its calls that succeeded, over all its consumers, as
    metrics count them, or traces that were not sampled.
    """
    available = _availability(dependencies)
    asked = {node.name for node in nodes if node.entry or tier_of(node) in FIRST}
    needs: dict[str, dict[str, list[Dependency]]] = {}
    for item in dependencies:
        if _needs(item) and item.consumer in asked and item.provider in available:
            needs.setdefault(item.consumer, {}).setdefault(item.provider, []).append(item)
    for consumer, providers in sorted(needs.items()):
        ceiling = prod(available[name].share for name in sorted(providers))
        if ceiling < CEILING:
            worst = sorted(providers, key=lambda name: (available[name].share, name))
            yield Finding(
                rule="availability-ceiling",
                subjects=(consumer,),
                severity=Severity.LOW,
                message=(
                    f"{consumer} cannot be up more than {100 * ceiling:.2f} % of the time while "
                    f"what it strongly depends on fails as often as it did"
                ),
                details=tuple(f"{name}: {available[name].told}" for name in worst),
                locators=_places([item for items in providers.values() for item in items]),
            )


def _needs(item: Dependency) -> bool:
    return (
        item.confirmed
        and item.kind.is_call
        and not item.asynchronous
        and item.strength.strength is Strength.STRONG
    )


class Available(NamedTuple):
    """How often calls of a provider succeed, and who counted how many."""

    share: float
    calls: float
    source: Source

    @property
    def told(self) -> str:
        """The same as a sentence."""
        return (
            f"{100 * self.share:.2f} % of its {self.calls:,.0f} calls succeeded, as "
            f"{self.source.value} show"
        )


def _availability(dependencies: Iterable[Dependency]) -> Mapping[str, Available]:
    """Return the share of calls that succeed by provider; of metrics where they count it."""
    counts: dict[str, dict[Source, list[float]]] = {}
    for item in dependencies:
        for claim in item.evidence:
            if claim.calls is None or not item.kind.is_call or item.asynchronous:
                continue
            if claim.calls.weight and claim.calls.weight != claim.calls.calls:
                continue  # of sampled calls nobody knows how many of the others failed
            sums = counts.setdefault(item.provider, {}).setdefault(claim.source, [0.0, 0.0])
            sums[0] += claim.calls.calls
            sums[1] += claim.calls.errors
    found = {}
    for name, by_source in counts.items():
        source = Source.METRICS if Source.METRICS in by_source else Source.TRACES
        calls, errors = by_source.get(source, (0.0, 0.0))
        if calls >= MIN_CALLS:
            found[name] = Available(1 - errors / calls, calls, source)
    return found


def _places(items: Iterable[Dependency]) -> tuple[str, ...]:
    return tuple(sorted({p for item in items for claim in item.evidence for p in claim.locators}))
