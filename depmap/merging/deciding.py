"""When a strength is stated, and which word it gets.

Where the data does not decide, the word is ``undetermined``: what is shown is then treated as
strong until somebody tests it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from depmap.merging.opinions import claimed
from depmap.merging.units import NON_BLOCKING
from depmap.model.words import Source, Stance, Strength

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from depmap.merging.units import Units
    from depmap.model.evidence import Evidence

DECIDED: Final = 0.9
"""Probability from which a strength is stated rather than left undetermined."""
MIN_UNITS: Final = 3
MIN_INCIDENTS: Final = 2
"""Traces alone decide only on failures from two moments: one outage is one observation."""
TRACES_CAP: Final = 8.0
ONE_MOMENT_CAP: Final = 2.0
"""The most that failures of one minute may say, in log-odds."""


def word(
    probability: float,
    evidence: Sequence[Evidence],
    said: Mapping[Source, float],
    units: Units,
    *,
    unknown: bool,
) -> Strength:
    """Return the word for a strength.

    Args:
        probability: P(strong) from all sources.
        evidence: the claims.
        said: log-odds of each source that had a say.
        units: units of traces.
        unknown: whether traces were selected nobody knows how.
    """
    if not said or not _is_decided(probability, said, units):
        return Strength.UNDETERMINED
    strong = probability > 0.5  # noqa: PLR2004 - even odds
    if set(said) == {Source.TRACES} and not _may_decide(units, strong=strong, unknown=unknown):
        return Strength.UNDETERMINED
    if strong:
        return Strength.STRONG
    return Strength.OPTIONAL if _is_optional(evidence, units) else Strength.WEAK


def _may_decide(units: Units, *, strong: bool, unknown: bool) -> bool:
    """Whether traces alone may decide: on enough failures, and not on selected ones."""
    if strong and unknown:
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
        return words == {Strength.OPTIONAL}
    return units.non_blocking >= NON_BLOCKING


def capped(odds: float, units: Units) -> float:
    """Return what traces say, in log-odds, at most as much as failures of so many moments may."""
    cap = TRACES_CAP if units.incidents >= MIN_INCIDENTS else ONE_MOMENT_CAP
    return max(-cap, min(cap, odds))
