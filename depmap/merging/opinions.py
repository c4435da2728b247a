"""What code, deployment files and people say about strength, in log-odds of "strong".

Each kind of source is capped at what it can be trusted with, aged, and tempered where it may only
repeat another one. Disagreement is never averaged away: it stays visible as a conflict.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log
from typing import TYPE_CHECKING, Final, NamedTuple

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
"""Which word a strength is."""
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
_MIXED: Final = {True: 4.0, False: 2.0}
"""Likewise of mixed ones: untried, one call site that lets the failure through counts for more
than another that catches it."""
STRONG, MIXED, WEAK = 1, 0, -1
"""What a source may say."""
Trust = Mapping[tuple[Source, int], float]
"""What each word of a source is worth, in log-odds of strong."""


class Word(NamedTuple):
    """What one source says of one dependency.

    Attributes:
        says: STRONG, MIXED or WEAK.
        fresh: weight that age leaves to it, 1 (fresh) to 0.
    """

    says: int
    fresh: float


def claimed(item: Evidence) -> Strength:
    """Return the strength a claim states, or the one that follows from its impact."""
    if item.strength is not Strength.UNDETERMINED or item.impact is None:
        return item.strength
    return _FROM_IMPACT[item.impact]


def stated(evidence: Iterable[Evidence], as_of: datetime | None = None) -> dict[Source, Word]:
    """Return what each kind of source but traces says; silent ones are left out.

    Several claims of one source err together, so that they count as one. Where they disagree
    (one call site lets the failure through, another catches it), the word is mixed. What happens
    before the consumer serves says nothing of its requests, where something else is said of them.

    Args:
        evidence: the claims.
        as_of: the moment that ages are relative to; None: they do not age.
    """
    claims: dict[Source, list[Evidence]] = {}
    for item in evidence:
        speaks = item.source in SPEAKING and item.stance is Stance.SUPPORTS
        if speaks and claimed(item) in _CLAIM:
            claims.setdefault(item.source, []).append(item)
    found = {}
    for source, items in sorted(claims.items()):
        serving = [item for item in items if not item.at_start] or items
        signs = {_CLAIM[claimed(item)] for item in serving}
        fresh = max(1.0 if as_of is None else freshness(item, as_of) for item in serving)
        found[source] = Word(signs.pop() if len(signs) == 1 else MIXED, fresh)
    return found


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


def learned(said: Sequence[Mapping[Source, Word]], strong: Sequence[float]) -> Trust:
    """Return what each word of each source is worth, in log-odds of strong.

    That is how much more often it is said of strong dependencies than of weak ones (its likelihood
    ratio), as far as traces decide which they are. A source that always says strong says nothing
    by it.

    Args:
        said: what sources say of each dependency.
        strong: P(strong) of each, by traces alone.
    """
    found: dict[tuple[Source, int], float] = {}
    for source in SPEAKING:
        cap = RATES[source].strength_cap
        rate = 1 / (1 + exp(-cap))
        counts = {
            True: {STRONG: _TRIED * rate, MIXED: _MIXED[True], WEAK: _TRIED * (1 - rate)},
            False: {STRONG: _TRIED * (1 - rate), MIXED: _MIXED[False], WEAK: _TRIED * rate},
        }
        for of, probability in zip(said, strong, strict=True):
            if source in of:
                # what traces do not decide, they say nothing about
                weight = (2 * probability - 1) ** 2
                counts[True][of[source].says] += weight * probability
                counts[False][of[source].says] += weight * (1 - probability)
        of_strong, of_weak = sum(counts[True].values()), sum(counts[False].values())
        for says, (least, most) in {STRONG: (0, cap), MIXED: (-cap, cap), WEAK: (-cap, 0)}.items():
            worth = log(counts[True][says] / of_strong) - log(counts[False][says] / of_weak)
            found[source, says] = min(most, max(least, worth))
    return found


def trusted(said: Mapping[Source, Word], trust: Trust) -> dict[Source, float]:
    """Return what sources say in log-odds of strong, aged."""
    return {source: trust[source, word.says] * word.fresh for source, word in said.items()}
