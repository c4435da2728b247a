"""How strongly? Log-odds over traces, code and people; with the basis in words.

Traces speak through clean units: when only this provider failed, did the consumer fail? A mixture
fitted over the whole system says what few units are worth (``mixture``), and sampling by outcome
is undone (``selection``). What code and people say is added, capped, aged and tempered
(``opinions``). Strong means that the consumer fails more often than not with its provider.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.merging import mixture
from depmap.merging.basis import basis
from depmap.merging.load import loaded
from depmap.merging.mixture import LEVELS, Mixture, Table, column
from depmap.merging.opinions import claimed, learned, stated, tempered
from depmap.merging.selection import Selection, selection
from depmap.merging.units import NON_BLOCKING, Units, units_of
from depmap.model.dependency import StrengthView
from depmap.model.words import Source, Stance, Strength

if TYPE_CHECKING:
    from datetime import datetime

    from depmap.model.evidence import Evidence
    from depmap.model.sampling import Policy

DECIDED: Final = 0.9
"""Probability from which a strength is stated rather than left undetermined."""
MIN_UNITS: Final = 3
MIN_INCIDENTS: Final = 2
"""Traces alone decide only on failures from two moments: one outage is one observation."""
UNITS_A_MINUTE: Final = 5.0
"""Units of one minute that count at most: what fails together tells of one path of the code."""
TRACES_CAP: Final = 8.0
ONE_MOMENT_CAP: Final = 2.0
"""The most that failures of one minute may say, in log-odds."""
NOT_WAITED: Final = -3.0
"""What it says that nobody waits for the answer, in log-odds."""
LATENCY_BLOCKING: Final = 0.05
"""Share of the critical path from which a weak dependency still delays its consumer."""
BAND: Final = (LEVELS.index(0.05), LEVELS.index(0.95))


@dataclass(frozen=True, slots=True)
class Weighed:
    """Everything that was worked out about many dependencies at once.

    Attributes:
        units: of each.
        said: log-odds of each source, before tempering; traces among them.
        strong: P(strong).
        mean: expected delta.
        quantiles: of delta, at ``LEVELS``.
        selected: how units were selected.
    """

    units: Sequence[Units]
    said: Sequence[Mapping[Source, float]]
    strong: Table
    mean: Table
    quantiles: Table
    selected: Selection


def strength(evidence: Sequence[Evidence]) -> StrengthView:
    """Return the strength of one dependency by itself; see ``strengths``."""
    return strengths([evidence])[0]


def strengths(
    groups: Sequence[Sequence[Evidence]],
    as_of: datetime | None = None,
    *,
    policy: Policy | None = None,
    suspect: bool = False,
) -> list[StrengthView]:
    """Return the strength of all dependencies of a system, with numbers and basis.

    Args:
        groups: the evidence of each dependency.
        as_of: the moment that ages are relative to; None: nothing ages.
        policy: how traces were sampled, where spans do not tell; None: not known.
        suspect: whether traces seem to be sampled by outcome, see ``selection.suspected``.
    """
    if not groups:
        return []
    found = _weighed(groups, as_of, policy, suspect=suspect)
    return [_view(at, evidence, found) for at, evidence in enumerate(groups)]


def _weighed(
    groups: Sequence[Sequence[Evidence]],
    as_of: datetime | None,
    policy: Policy | None,
    *,
    suspect: bool,
) -> Weighed:
    units = [units_of(evidence, as_of) for evidence in groups]
    selected = selection(units, policy, suspect=suspect)
    scale = column([_scale(item) for item in units])
    failed = column([item.failed for item in units]) * scale
    failed_too = column([item.failed_too for item in units]) * scale
    likely, further = (
        mixture.likelihoods(failed, failed_too, selected.background, ratio)
        for ratio in (selected.low, selected.high)
    )
    fitted = _fitted(((likely + further) / 2)[failed > 0], selected)
    odds = _least(mixture.log_odds(likely, fitted), mixture.log_odds(further, fitted))
    of_traces = [_of_traces(item, float(odds[at])) for at, item in enumerate(units)]
    others = [stated(evidence, as_of) for evidence in groups]
    # what other dependencies are like is known of calls that traces watch, and of nothing else
    known = float(np.log(fitted.prior / (1 - fitted.prior)))
    prior = column([known if item.watched else 0.0 for item in units])
    alone = _probability(prior + column([value or 0.0 for value in of_traces]))
    trust = learned(others, alone.tolist())
    said = [_together(mine, other, trust) for mine, other in zip(of_traces, others, strict=True)]
    strong = _probability(prior + column([sum(tempered(item).values()) for item in said]))
    mean, quantiles = mixture.posterior((likely + further) / 2, fitted, strong)
    return Weighed(units, said, strong, mean, quantiles, selected)


def _fitted(likely: Table, selected: Selection) -> Mixture:
    """Learn how tolerant the system is; selected traces show too few of the weak ones for that."""
    return Mixture() if (selected.high > 1).any() else mixture.fit(likely)


def _scale(units: Units) -> float:
    most = UNITS_A_MINUTE * max(1, units.incidents)
    return min(1.0, most / units.failed) if units.failed else 1.0


def _least(one: Table, other: Table) -> Table:
    """Return what is sure whichever of two ways units were selected: the lesser, or nothing."""
    least = np.where(np.abs(one) < np.abs(other), one, other)
    return np.where(one * other < 0, 0.0, least)


def _of_traces(units: Units, odds: float) -> float | None:
    """Return what traces say; None where they say nothing."""
    idle = units.idle
    if not units.failed and not idle:
        return None
    cap = TRACES_CAP if units.incidents >= MIN_INCIDENTS else ONE_MOMENT_CAP
    return max(-cap, min(cap, odds)) + (NOT_WAITED if idle else 0.0)


def _together(
    of_traces: float | None, others: Mapping[Source, float], trust: Mapping[Source, float]
) -> dict[Source, float]:
    said = {source: value * trust[source] for source, value in others.items()}
    return said if of_traces is None else {Source.TRACES: of_traces, **said}


def _probability(odds: Table) -> Table:
    found: Table = 1 / (1 + np.exp(-odds))
    return found


def _view(at: int, evidence: Sequence[Evidence], found: Weighed) -> StrengthView:
    raw, said = units_of(evidence), found.said[at]
    probability = float(found.strong[at])
    word = _word(probability, evidence, found, at)
    low, middle, high = _delta(raw, float(found.selected.background[at]))
    critical = raw.critical
    lags = critical is not None and critical >= LATENCY_BLOCKING
    quantiles = tuple(round(value, 4) for value in found.quantiles[at].tolist())
    known = bool(said)
    load = loaded(evidence) if raw.failed else None
    return StrengthView(
        strength=word,
        probability=round(probability, 4),
        delta=middle,
        low=low,
        high=high,
        units=int(raw.failed),
        expected=round(float(found.mean[at]), 4) if known else None,
        expected_low=quantiles[BAND[0]] if known else None,
        expected_high=quantiles[BAND[1]] if known else None,
        quantiles=quantiles if known else (),
        said=tuple((source.value, round(value, 3)) for source, value in said.items()),
        critical=None if critical is None else round(critical, 4),
        latency_blocking=lags and word in {Strength.WEAK, Strength.OPTIONAL},
        load_dependent=load is not None,
        basis=tuple(basis(evidence, said, raw, load, unknown=found.selected.unknown)),
    )


def _word(probability: float, evidence: Sequence[Evidence], found: Weighed, at: int) -> Strength:
    said, units = found.said[at], found.units[at]
    if not said or not _is_decided(probability, said, units):
        return Strength.UNDETERMINED
    strong = probability > 0.5  # noqa: PLR2004 - even odds
    if set(said) == {Source.TRACES} and not _may_decide(units, found.selected, strong=strong):
        return Strength.UNDETERMINED
    if strong:
        return Strength.STRONG
    return Strength.OPTIONAL if _is_optional(evidence, units) else Strength.WEAK


def _may_decide(units: Units, selected: Selection, *, strong: bool) -> bool:
    """Whether traces alone may decide: on enough failures, and not on selected ones."""
    if strong and selected.unknown:
        return False
    if not strong and units.idle:
        return True
    return units.failed >= MIN_UNITS and units.incidents >= MIN_INCIDENTS


def _is_decided(probability: float, said: Mapping[Source, float], units: Units) -> bool:
    """Whether a strength is stated.

    Where no trace could have shown it, one source may be all there is: its word then stands as
    that of one source. Two that disagree stay undetermined.
    """
    if len(said) == 1 and not units.watched and Source.TRACES not in said:
        return any(said.values())
    return max(probability, 1 - probability) >= DECIDED


def _is_optional(evidence: Sequence[Evidence], units: Units) -> bool:
    words = {
        claimed(item)
        for item in evidence
        if item.stance is Stance.SUPPORTS and item.source is not Source.TRACES
    } - {Strength.UNDETERMINED}
    if words:
        return words == {Strength.OPTIONAL} or (Strength.WEAK not in words)
    return units.non_blocking >= NON_BLOCKING


def _delta(units: Units, background: float) -> tuple[float | None, float | None, float | None]:
    """Return (low, middle, high) of delta by the units alone: Jeffreys posterior of p1, mapped."""
    from scipy.special import betaincinv  # noqa: PLC0415 - slow to import

    if not units.failed:
        return None, None, None
    a, b = units.failed_too + 0.5, units.failed - units.failed_too + 0.5
    low, high = (betaincinv(a, b, LEVELS[end]) for end in BAND)
    ends = ((float(p1) - background) / (1 - background) for p1 in (low, a / (a + b), high))
    mapped = [round(min(1.0, max(0.0, delta)), 4) for delta in ends]
    return mapped[0], mapped[1], mapped[2]
