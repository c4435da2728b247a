"""Does the dependency exist? Two-rate noisy-or over sources, with ageing and denials."""

from __future__ import annotations

from collections import defaultdict
from math import prod
from typing import TYPE_CHECKING

from depmap.merging.rates import RATES
from depmap.model.words import Source, Stance

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from depmap.model.evidence import Evidence


def confidence(evidence: Iterable[Evidence], as_of: datetime) -> float:
    """Return the probability that a dependency exists.

    For each source s, P(s is wrong) = systematic + (1 - systematic) * product of the claims' own
    doubts; support = 1 - product over sources. Denials are combined alike, and
    confidence = support * (1 - denial).

    Args:
        evidence: the claims, for and against.
        as_of: the moment that ages are relative to.
    """
    doubts: dict[tuple[Stance, Source], list[float]] = defaultdict(list)
    for item in evidence:
        doubts[item.stance, item.source].append(1 - item.confidence * freshness(item, as_of))
    support = 1 - prod(
        _wrong(source, values)
        for (stance, source), values in doubts.items()
        if stance is Stance.SUPPORTS
    )
    denial = 1 - prod(
        _wrong(source, values)
        for (stance, source), values in doubts.items()
        if stance is Stance.DENIES
    )
    return round(support * (1 - denial), 4)


def freshness(item: Evidence, as_of: datetime) -> float:
    """Return the weight that age leaves to a claim, 1 (fresh) to 0: 2^(-age / half-life)."""
    half_life = RATES[item.source].half_life_days
    if half_life is None or item.last_seen is None:
        return 1.0
    days = max(0.0, (as_of - item.last_seen).total_seconds() / 86_400)
    return float(2 ** (-days / half_life))


def _wrong(source: Source, doubts: list[float]) -> float:
    systematic = RATES[source].systematic
    return systematic + (1 - systematic) * prod(sorted(doubts))
