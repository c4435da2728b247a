"""Coverage as people measured it: audits of random services, and what incidents showed.

Unlike any estimate these also count what no source can see, as far as the people saw it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from depmap.assessing.significance import wilson
from depmap.model.coverage import IncidentCheck, Recall
from depmap.model.words import Source, Stance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Audit, Evidence
    from depmap.model.snapshot import PastMap

Pair = tuple[str, str]
ON_THE_MAP: Final = 0.5
"""Confidence from which a claim alone puts a dependency on the map."""
_MEASURE: Final = frozenset({Source.AUDITS, Source.INCIDENTS})
"""What is measured by does not count as found."""


def recalls(
    dependencies: Sequence[Dependency],
    audits: Iterable[Audit],
    incidents: Sequence[IncidentCheck],
) -> tuple[Recall, ...]:
    """Return how much of what audits and incidents list was on the map, where there are any."""
    chosen = {item.service for item in audits if item.chosen == "random"}
    audited: dict[Pair, bool] = defaultdict(bool)
    for item in dependencies:
        if item.consumer in chosen and _says(item, Source.AUDITS):
            audited[item.consumer, item.provider] |= False
    for item in dependencies:
        if (item.consumer, item.provider) in audited:
            audited[item.consumer, item.provider] |= _found(item)
    shown: dict[Pair, bool] = {}
    for check in incidents:
        if check.listed is not None:
            pair = (check.consumer, check.provider)
            shown[pair] = shown.get(pair, False) or check.listed
    both = (("audits", audited), ("incidents", shown))
    return tuple(_recall(basis, pairs) for basis, pairs in both if pairs)


def _recall(basis: str, pairs: dict[Pair, bool]) -> Recall:
    found = sum(pairs.values())
    low, high = wilson(found, len(pairs))
    return Recall(
        basis=basis,
        found=found,
        of=len(pairs),
        low=low,
        high=high,
        missed=tuple(
            f"{one} -> {other}" for (one, other), hit in sorted(pairs.items()) if not hit
        ),
    )


def incident_checks(
    dependencies: Iterable[Dependency], maps: Collection[PastMap] = ()
) -> tuple[IncidentCheck, ...]:
    """Return for each dependency that an incident showed whether the map of that day had it.

    That map is the last snapshot from before the incident. Where there is none, what other
    sources dated before it say now has to do; claims without a date (code, deployment files) may
    be younger than the incident, so they leave the answer open.

    Args:
        dependencies: all of them.
        maps: the snapshots that are kept.
    """
    by_pair: dict[Pair, list[Dependency]] = defaultdict(list)
    for item in dependencies:
        by_pair[item.consumer, item.provider].append(item)
    found = {
        _check(claim, pair, items, maps)
        for pair, items in by_pair.items()
        for item in items
        for claim in item.evidence
        if claim.source is Source.INCIDENTS and claim.first_seen is not None
    }
    return tuple(
        sorted(found, key=lambda item: (item.at, item.incident, item.consumer, item.provider))
    )


def _check(
    claim: Evidence, pair: Pair, items: Sequence[Dependency], maps: Collection[PastMap]
) -> IncidentCheck:
    at = claim.first_seen
    assert at is not None  # noqa: S101 - told by the caller
    before = [one for one in maps if one[0] < at]
    if before:
        moment, pairs = max(before, key=lambda one: one[0])
        listed: bool | None = pair in pairs
        basis = f"the snapshot of {moment:%Y-%m-%d} {'lists' if listed else 'does not list'} it"
    else:
        listed, basis = _by_dates(items, at)
    return IncidentCheck(
        incident=claim.reason.partition("; ")[0],
        at=at,
        consumer=pair[0],
        provider=pair[1],
        listed=listed,
        basis=basis,
        locators=claim.locators,
    )


def _by_dates(items: Sequence[Dependency], at: datetime) -> tuple[bool | None, str]:
    claims = [claim for item in items for claim in item.evidence if _puts_on_the_map(claim)]
    dated = {claim.source for claim in claims if claim.first_seen and claim.first_seen < at}
    undated = {claim.source for claim in claims if claim.first_seen is None}
    if dated:
        return True, f"no snapshot is from before; {_listed(dated)} showed it before that day"
    if undated:
        return None, (
            f"no snapshot is from before; {_listed(undated)} show it now, from which day on is "
            f"not known"
        )
    return False, "no snapshot is from before; nothing but the incident showed it until that day"


def _listed(sources: Collection[Source]) -> str:
    return ", ".join(source.value for source in Source if source in sources)


def _says(item: Dependency, source: Source) -> bool:
    return any(
        claim.source is source and claim.stance is Stance.SUPPORTS for claim in item.evidence
    )


def _found(item: Dependency) -> bool:
    return any(_puts_on_the_map(claim) for claim in item.evidence)


def _puts_on_the_map(claim: Evidence) -> bool:
    return (
        claim.stance is Stance.SUPPORTS
        and claim.source not in _MEASURE
        and claim.confidence >= ON_THE_MAP
    )
