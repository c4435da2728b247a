"""What code, deployment files and people say about strength, in log-odds of "strong".

Each kind of source is capped at what it can be trusted with, aged, and tempered where it may only
repeat another one. Disagreement is never averaged away: it stays visible as a conflict.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log
from typing import TYPE_CHECKING, Final

from depmap.merging.existence import freshness
from depmap.merging.rates import RATES
from depmap.model.words import Impact, Source, Stance, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
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

_TRIED: Final = 10.0
"""Claims of strong dependencies, and of weak ones, that the cap of a source stands for, when it is
compared with what traces decide."""
_SAYS: Final = (True, False)
Trust = Mapping[tuple[Source, bool], float]
"""How far a source can be trusted, 0-1 of its cap, by whether it says strong."""


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


def learned(said: Sequence[Mapping[Source, float]], strong: Sequence[float]) -> Trust:
    """Return how far each source can be trusted where it says strong, and where it says weak.

    What a word is worth is how much more often it is said where it is right than where it is not
    (its likelihood ratio), as far as traces decide. A source that always says strong says
    nothing by it.

    Args:
        said: what sources say of each dependency.
        strong: P(strong) of each, by traces alone.
    """
    found: dict[tuple[Source, bool], float] = {}
    for source in SPEAKING:
        cap = RATES[source].strength_cap
        rate = 1 / (1 + exp(-cap))
        # by (whether it is strong, whether the source says so)
        counts = {
            (is_strong, says): _TRIED * (rate if is_strong is says else 1 - rate)
            for is_strong in _SAYS
            for says in _SAYS
        }
        for of, probability in zip(said, strong, strict=True):
            if source in of:
                # what traces do not decide, they say nothing about
                weight = (2 * probability - 1) ** 2
                counts[True, of[source] > 0] += weight * probability
                counts[False, of[source] > 0] += weight * (1 - probability)
        of_strong, of_weak = (
            {says: counts[of, says] / (counts[of, True] + counts[of, False]) for says in _SAYS}
            for of in _SAYS
        )
        ratios = {True: of_strong[True] / of_weak[True], False: of_weak[False] / of_strong[False]}
        for says, ratio in ratios.items():
            found[source, says] = min(1.0, max(0.0, log(ratio) / cap))
    return found


def trusted(said: Mapping[Source, float], trust: Trust) -> dict[Source, float]:
    """Return what sources say, as far as each can be trusted."""
    return {source: value * trust[source, value > 0] for source, value in said.items()}
