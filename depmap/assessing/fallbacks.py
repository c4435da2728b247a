"""Fallback-only: calls that no healthy trace shows, since they are made after a failure.

They matter exactly in an outage: what falls back must hold the load of what failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from depmap.assessing.couplings import is_confirmed
from depmap.model.evidence import ONLY_AS_FALLBACK
from depmap.model.finding import Candidate, Detection
from depmap.model.words import Source, Stance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Flow

FALLBACK_ONLY: Final = "fallback-only"


def fallback_only(
    dependencies: Iterable[Dependency], flows: Iterable[Flow] = ()
) -> tuple[tuple[Candidate, ...], Detection]:
    """Return the calls that are made only when something else failed, and how many were read.

    Args:
        dependencies: every dependency.
        flows: call-tree shapes of healthy traces; what is called in one of them is no fall-back.
    """
    healthy = {pair for flow in flows for pair in flow.pairs}
    called = [
        item
        for item in dependencies
        if item.confirmed and item.kind.is_call and Source.CODE in item.sources
    ]
    found = [
        item
        for item in called
        if (item.consumer, item.provider) not in healthy and _falls_back(item)
    ]
    candidates = tuple(_candidate(item) for item in found)
    return candidates, Detection(detector=FALLBACK_ONLY, tested=len(called), found=len(candidates))


def _falls_back(item: Dependency) -> bool:
    places = [
        claim
        for claim in item.evidence
        if claim.source is Source.CODE and claim.stance is Stance.SUPPORTS
    ]
    return all(ONLY_AS_FALLBACK in claim.reason for claim in places)


def _candidate(item: Dependency) -> Candidate:
    return Candidate(
        detector=FALLBACK_ONLY,
        consumer=item.consumer,
        provider=item.provider,
        kind=item.kind,
        message=f"{item.consumer} calls {item.provider} ({item.kind.value}) only when "
        f"something else failed; in an outage all of that load arrives there at once",
        statistic="every place in the code that makes the call handles a failure, and no "
        "healthy trace holds it",
        units=sum(claim.source is Source.CODE for claim in item.evidence),
        alternative="a branch of the code that is no fall-back but an alternative",
        confirmed=is_confirmed(item),
        locators=tuple(sorted({place for claim in item.evidence for place in claim.locators})),
    )
