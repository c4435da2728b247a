"""What code, deployment files and people say about strength, in log-odds of "strong".

Each kind of source is capped at what it can be trusted with, aged, and tempered where it may only
repeat another one. Disagreement is never averaged away: it stays visible as a conflict.
"""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, Final

from depmap.merging.existence import freshness
from depmap.merging.rates import RATES
from depmap.model.words import Impact, Source, Stance, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from depmap.model.evidence import Evidence

TEMPER: Final = 0.5
"""What is left of a source that agrees with a stronger one that it may have been led by."""

_CLAIM: Final = {Strength.STRONG: 1, Strength.WEAK: -1, Strength.OPTIONAL: -1}
_FROM_IMPACT: Final = {
    Impact.OUTAGE: Strength.STRONG,
    Impact.DEGRADED: Strength.WEAK,
    Impact.DELAYED: Strength.WEAK,
    Impact.NONE: Strength.OPTIONAL,
}
SPEAKING: Final = tuple(
    source for source in Source if source is not Source.TRACES and RATES[source].strength_cap
)
"""Sources that claim a strength."""
_INDEPENDENT: Final = frozenset({Source.TRACES, Source.EXPERIMENTS})
"""Sources that nobody can have led: they watched what happened."""

_TRIED: Final = 20.0
"""Claims that the cap of a source stands for, when it is compared with what traces decide."""


def claimed(item: Evidence) -> Strength:
    """Return the strength a claim states, or the one that follows from its impact."""
    if item.strength is not Strength.UNDETERMINED or item.impact is None:
        return item.strength
    return _FROM_IMPACT[item.impact]


def stated(evidence: Iterable[Evidence], as_of: datetime | None = None) -> dict[Source, float]:
    """Return what each kind of source but traces says; silent ones are left out.

    A dependency is as strong as its strongest use: one call site that lets the failure through is
    enough for the consumer to fail. Several claims of one source err together, so that they count
    as one.

    Args:
        evidence: the claims.
        as_of: the moment that ages are relative to; None: they do not age.
    """
    claims: dict[Source, dict[int, float]] = {}
    for item in evidence:
        sign = _CLAIM.get(claimed(item))
        if item.source in SPEAKING and item.stance is Stance.SUPPORTS and sign is not None:
            fresh = 1.0 if as_of is None else freshness(item, as_of)
            of = claims.setdefault(item.source, {})
            of[sign] = max(fresh, of.get(sign, 0.0))
    return {
        source: (of[1] if 1 in of else -of[-1]) * RATES[source].strength_cap
        for source, of in sorted(claims.items())
    }


def tempered(said: Mapping[Source, float]) -> dict[Source, float]:
    """Return what sources say once those that agree with a stronger one count less.

    The interviewee may have written the code. One that contradicts was not led, and counts in
    full. Tempering never makes a source say more.
    """
    kept: dict[Source, float] = {}
    for source, value in sorted(said.items(), key=lambda pair: (-abs(pair[1]), pair[0])):
        led = source not in _INDEPENDENT and any(
            other not in _INDEPENDENT and (kept[other] > 0) is (value > 0) for other in kept
        )
        kept[source] = value * (TEMPER if led else 1.0)
    return kept


def learned(
    said: Sequence[Mapping[Source, float]], strong: Sequence[float]
) -> dict[Source, float]:
    """Return how far each source can be trusted, 0-1 of its cap, where traces decide.

    Args:
        said: what sources say of each dependency.
        strong: P(strong) of each, by traces alone.
    """
    found: dict[Source, float] = {}
    for source in SPEAKING:
        cap = RATES[source].strength_cap
        rate = 1 / (1 + exp(-cap))
        right, wrong = _TRIED * rate, _TRIED * (1 - rate)
        for of, probability in zip(said, strong, strict=True):
            if source in of:
                # what traces do not decide, they say nothing about
                weight = (2 * probability - 1) ** 2
                agrees = probability if of[source] > 0 else 1 - probability
                right += weight * agrees
                wrong += weight * (1 - agrees)
        found[source] = min(1.0, max(0.0, log(right / wrong) / cap))
    return found
