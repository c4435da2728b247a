"""How strongly? Log-odds over traces, code and people, each capped; with the basis in words.

Units, Jeffreys posterior and the mixture are those of *Cheng's causal power* (1997) read as the
parameter of a noisy-or: delta = (p1 - p0) / (1 - p0) with p1 = P(consumer fails | only this
provider failed) and p0 = P(consumer fails | no provider failed).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, log
from typing import TYPE_CHECKING

from depmap.merging.rates import RATES
from depmap.model.dependency import StrengthView
from depmap.model.words import Impact, Source, Stance, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from depmap.model.evidence import Evidence

STRONG = (9.0, 1.0)
"""Beta prior of delta for strong dependencies, before any system is known."""
WEAK = (0.5, 9.0)
"""Likewise for weak ones."""
PRIOR_STRONG = 0.5
DECIDED = 0.9
"""Probability from which a strength is stated rather than left undetermined."""
MIN_UNITS = 3
MIN_INCIDENTS = 2
"""Traces alone decide only on failures from two moments: one outage is one observation."""
NON_BLOCKING = 0.95
"""Share of calls from which a dependency counts as one that the consumer does not wait for."""
BAND = 0.05
"""Each end of the interval of delta leaves out so much: together 90 % lie inside."""

_CLAIM = {Strength.STRONG: 1.0, Strength.WEAK: -1.0, Strength.OPTIONAL: -1.0}
_FROM_IMPACT = {
    Impact.OUTAGE: Strength.STRONG,
    Impact.DEGRADED: Strength.WEAK,
    Impact.DELAYED: Strength.WEAK,
    Impact.NONE: Strength.OPTIONAL,
}


@dataclass(frozen=True, slots=True)
class Units:
    """Clean single-failure units of one dependency, summed over its evidence."""

    failed: int
    failed_too: int
    clean: int
    clean_failed: int
    incidents: int

    @property
    def background(self) -> float:
        """P(consumer fails though no provider failed), with Jeffreys' half."""
        return (self.clean_failed + 0.5) / (self.clean + 1)


def units_of(evidence: Iterable[Evidence]) -> Units:
    """Sum the clean units of traces."""
    counts = [item.calls for item in evidence if item.calls is not None]
    return Units(
        failed=sum(count.units_failed for count in counts),
        failed_too=sum(count.units_failed_too for count in counts),
        clean=sum(count.units_clean for count in counts),
        clean_failed=sum(count.units_clean_failed for count in counts),
        incidents=sum(count.incidents for count in counts),
    )


def claimed(item: Evidence) -> Strength:
    """Return the strength a claim states, or the one that follows from its impact."""
    if item.strength is not Strength.UNDETERMINED or item.impact is None:
        return item.strength
    return _FROM_IMPACT[item.impact]


def opinions(evidence: Sequence[Evidence]) -> dict[Source, float]:
    """Return what each kind of source says, as log-odds of "strong"; silent ones are left out."""
    found: dict[Source, float] = {}
    units = units_of(evidence)
    if units.failed:
        cap = RATES[Source.TRACES].strength_cap
        found[Source.TRACES] = _capped(_trace_log_odds(units), cap)
    for source in (Source.CODE, Source.DEPLOYMENT, Source.PEOPLE):
        claims = [
            _CLAIM[claimed(item)]
            for item in evidence
            if item.source is source
            and item.stance is Stance.SUPPORTS
            and claimed(item) is not Strength.UNDETERMINED
        ]
        if claims:
            # A dependency is as strong as its strongest use: one call site that lets the failure
            # through is enough for the consumer to fail.
            found[source] = max(claims) * RATES[source].strength_cap
    return found


def strength(evidence: Sequence[Evidence]) -> StrengthView:
    """Return the strength of a dependency with its numbers and basis."""
    units = units_of(evidence)
    said = opinions(evidence)
    odds = log(PRIOR_STRONG / (1 - PRIOR_STRONG)) + sum(said.values())
    probability = 1 / (1 + exp(-odds))
    low, middle, high = _delta(units) if units.failed else (None, None, None)
    return StrengthView(
        strength=_word(probability, evidence, said, units),
        probability=round(probability, 4),
        delta=middle,
        low=low,
        high=high,
        units=units.failed,
        basis=tuple(_basis(evidence, said, units)),
    )


def _word(
    probability: float, evidence: Sequence[Evidence], said: dict[Source, float], units: Units
) -> Strength:
    only_traces = set(said) == {Source.TRACES}
    thin = units.failed < MIN_UNITS or units.incidents < MIN_INCIDENTS
    if not said or (only_traces and thin) or not _is_decided(probability, said):
        return Strength.UNDETERMINED
    if probability > PRIOR_STRONG:
        return Strength.STRONG
    return Strength.OPTIONAL if _is_optional(evidence) else Strength.WEAK


def _is_decided(probability: float, said: dict[Source, float]) -> bool:
    """Whether a strength is stated.

    One source that is capped below ``DECIDED`` may be all there is: its word is then shown as
    that of one source. Two that disagree stay undetermined.
    """
    if len(said) == 1 and Source.TRACES not in said:
        return any(said.values())
    return max(probability, 1 - probability) >= DECIDED


def _is_optional(evidence: Sequence[Evidence]) -> bool:
    words = {
        claimed(item)
        for item in evidence
        if item.stance is Stance.SUPPORTS and item.source is not Source.TRACES
    } - {Strength.UNDETERMINED}
    if words:
        return words == {Strength.OPTIONAL} or (Strength.WEAK not in words)
    shares = [item.calls.non_blocking for item in evidence if item.calls is not None]
    return bool(shares) and min(shares) >= NON_BLOCKING


def _trace_log_odds(units: Units) -> float:
    """Ln BetaBin(k | n, strong) - ln BetaBin(k | n, weak) on delta's scale."""
    explained = _explained(units)
    return _beta_binomial(explained, units.failed, *STRONG) - _beta_binomial(
        explained, units.failed, *WEAK
    )


def _explained(units: Units) -> float:
    """Failures of the consumer beyond what its background rate accounts for."""
    expected = units.background * (units.failed - units.failed_too) / (1 - units.background)
    return max(0.0, units.failed_too - expected)


def _beta_binomial(k: float, n: float, a: float, b: float) -> float:
    return _log_beta(k + a, n - k + b) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _capped(value: float, cap: float) -> float:
    return max(-cap, min(cap, value))


def _delta(units: Units) -> tuple[float, float, float]:
    """Return (low, middle, high) of delta: Jeffreys posterior of p1, mapped through delta."""
    from scipy.stats import beta  # noqa: PLC0415 - half a second that most commands do not need

    posterior = beta(units.failed_too + 0.5, units.failed - units.failed_too + 0.5)
    p0 = units.background
    low, middle, high = (
        round(min(1.0, max(0.0, (float(p1) - p0) / (1 - p0))), 4)
        for p1 in (posterior.ppf(BAND), posterior.mean(), posterior.ppf(1 - BAND))
    )
    return low, middle, high


def _basis(evidence: Sequence[Evidence], said: dict[Source, float], units: Units) -> Iterable[str]:
    for source, value in sorted(said.items(), key=lambda pair: (-abs(pair[1]), pair[0])):
        if source is Source.TRACES:
            yield (
                f"traces: when only the provider failed, the consumer failed in "
                f"{units.failed_too} of {units.failed} requests, seen in {units.incidents} "
                f"{'minute' if units.incidents == 1 else 'minutes'}; otherwise in "
                f"{units.clean_failed} of {units.clean} ({_leaning(value)})"
            )
        else:
            yield f"{source.value}: {_reasons(evidence, source)} ({_leaning(value)})"


def _reasons(evidence: Sequence[Evidence], source: Source) -> str:
    texts = {
        item.reason or f"says {claimed(item).value}"
        for item in evidence
        if item.source is source and claimed(item) is not Strength.UNDETERMINED
    }
    return "; ".join(sorted(texts))


def _leaning(value: float) -> str:
    return f"log-odds {value:+.1f}, towards {'strong' if value > 0 else 'weak'}"
