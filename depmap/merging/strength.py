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
from depmap.merging.by_operation import Said, by_operation
from depmap.merging.deciding import capped, word
from depmap.merging.deltas import deltas
from depmap.merging.load import loaded
from depmap.merging.mixture import LEVELS, Table, column
from depmap.merging.opinions import Trust, Word, learned, stated, tempered, trusted
from depmap.merging.selection import Selection, selection
from depmap.merging.units import Units, units_of
from depmap.model.dependency import OperationStrength, StrengthView
from depmap.model.words import Source, Strength

if TYPE_CHECKING:
    from datetime import datetime

    from depmap.model.evidence import Evidence
    from depmap.model.sampling import Policy

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
        by_operation: strengths by operation, of those that have several.
        differs: P(these do not behave alike), of each.
    """

    units: Sequence[Units]
    said: Sequence[Mapping[Source, float]]
    strong: Table
    mean: Table
    quantiles: Table
    selected: Selection
    by_operation: Mapping[int, tuple[OperationStrength, ...]]
    differs: Table


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
    found = deltas(units, selected)
    of_traces = [_of_traces(item, float(found.odds[at])) for at, item in enumerate(units)]
    others = [stated(evidence, as_of) for evidence in groups]
    # what other dependencies are like is known of calls that traces watch, and of nothing else
    known = float(np.log(found.fitted.prior / (1 - found.fitted.prior)))
    prior = column([known if item.watched else 0.0 for item in units])
    alone = _probability(prior + column([value or 0.0 for value in of_traces]))
    trust = learned(others, alone.tolist())
    said = [_together(mine, other, trust) for mine, other in zip(of_traces, others, strict=True)]
    strong = _probability(prior + column([sum(tempered(item).values()) for item in said]))
    mean, quantiles = mixture.posterior(found.density, strong)
    told = Said(groups, units, said, trust, as_of, known, selected)
    return Weighed(
        units, said, strong, mean, quantiles, selected, by_operation(found, told), found.differs
    )


def _of_traces(units: Units, odds: float) -> float | None:
    """Return what traces say; None where they say nothing."""
    idle = units.idle
    if not units.failed and not idle:
        return None
    return capped(odds, units) + (NOT_WAITED if idle else 0.0)


def _together(
    of_traces: float | None, others: Mapping[Source, Word], trust: Trust
) -> dict[Source, float]:
    said = trusted(others, trust)
    return said if of_traces is None else {Source.TRACES: of_traces, **said}


def _probability(odds: Table) -> Table:
    found: Table = 1 / (1 + np.exp(-odds))
    return found


def _view(at: int, evidence: Sequence[Evidence], found: Weighed) -> StrengthView:
    raw, said = units_of(evidence), found.said[at]
    probability = float(found.strong[at])
    unknown = found.selected.unknown
    said_word = word(probability, evidence, said, found.units[at], unknown=unknown)
    low, middle, high = _delta(raw, float(found.selected.background[at]))
    critical = raw.critical
    lags = critical is not None and critical >= LATENCY_BLOCKING
    quantiles = tuple(round(value, 4) for value in found.quantiles[at].tolist())
    known = bool(said)
    load = loaded(evidence) if raw.failed else None
    return StrengthView(
        strength=said_word,
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
        latency_blocking=lags and said_word in {Strength.WEAK, Strength.OPTIONAL},
        load_dependent=load is not None,
        by_operation=found.by_operation.get(at, ()),
        differs=round(float(found.differs[at]), 4),
        basis=tuple(basis(evidence, said, raw, load, unknown=unknown)),
    )


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
