"""What traces tell of delta: over the whole system, for each dependency and each operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.merging import mixture
from depmap.merging.mixture import Mixture, Table, column
from depmap.merging.operations import Parts, differing, parts_of, pooled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depmap.merging.selection import Selection
    from depmap.merging.units import Units

UNITS_A_MINUTE: Final = 5.0
"""Units of one minute that count at most: what fails together tells of one path of the code."""


@dataclass(frozen=True, slots=True, eq=False)
class Deltas:
    """How delta is distributed by what traces tell.

    Attributes:
        fitted: over the system.
        density: of each dependency.
        odds: what that says of each, in log-odds of strong beyond the prior.
        differs: P(its operations do not behave alike); 0 where it has not several.
        parts: the operations of those that have several.
        of_parts: the density of each operation.
        odds_of_parts: what that says, likewise.
    """

    fitted: Mixture
    density: Table
    odds: Table
    differs: Table
    parts: Parts
    of_parts: Table
    odds_of_parts: Table


def deltas(units: Sequence[Units], selected: Selection) -> Deltas:
    """Work out how delta is distributed.

    Where it is uncertain how units were selected, the odds are what is sure either way.

    Args:
        units: of each dependency.
        selected: how they were selected.
    """
    low, high = _likelihoods(units, selected)
    parts = parts_of(units, selected, UNITS_A_MINUTE)
    fitted, apart = _fitted((low + high) / 2, parts, units, selected)
    differs = np.zeros(len(units))
    differs[parts.of[parts.first]] = apart
    ways = [
        _pooled(mixture.joint(alike, fitted), parts, mixture.joint(own, fitted), apart)
        for alike, own in ((low, parts.low), (high, parts.high))[: 1 if low is high else 2]
    ]
    density, of_parts = ((ways[0][at] + ways[-1][at]) / 2 for at in (0, 1))
    odds, odds_of_parts = (
        _least(*(mixture.log_odds(way[at], fitted) for way in (ways[0], ways[-1])))
        for at in (0, 1)
    )
    return Deltas(fitted, density, odds, differs, parts, of_parts, odds_of_parts)


def _likelihoods(units: Sequence[Units], selected: Selection) -> tuple[Table, Table]:
    """Return the likelihood of each dependency's units, for either bound of the selection."""
    scale = column([_scale(item) for item in units])
    failed = column([item.failed for item in units]) * scale
    failed_too = column([item.failed_too for item in units]) * scale
    return mixture.both(failed, failed_too, selected.background, (selected.low, selected.high))


def _scale(units: Units) -> float:
    most = UNITS_A_MINUTE * max(1, units.incidents)
    return min(1.0, most / units.failed) if units.failed else 1.0


def _fitted(
    likely: Table, parts: Parts, units: Sequence[Units], selected: Selection
) -> tuple[Mixture, Table]:
    """Learn how tolerant the system is, and in which pairs operations differ.

    Where they do, each operation is one of what the mixture is of, and the pair is none. Selected
    traces show too few of the weak ones to learn anything.
    """
    if (selected.high > 1).any():
        return Mixture(), differing(parts, Mixture())
    seen = column([item.failed for item in units]) > 0
    weights = np.ones(len(units))
    first = mixture.fit(likely[seen], weights[seen])
    if not len(parts.of):
        return first, differing(parts, first)
    apart = differing(parts, first)
    weights[parts.of[parts.first]] = 1 - apart
    told = column([part.failed for part in parts.parts]) > 0
    rows = np.concatenate([likely[seen], parts.likely[told]])
    fitted = mixture.fit(rows, np.concatenate([weights[seen], parts.each(apart)[told]]))
    return fitted, differing(parts, fitted)


def _pooled(alike: Table, parts: Parts, own: Table, apart: Table) -> tuple[Table, Table]:
    """Return the densities of dependencies and of operations, for one way of selection."""
    mine = parts.each(apart)[:, None]
    return pooled(alike, parts, own, apart), (1 - mine) * alike[parts.of] + mine * own


def _least(one: Table, other: Table) -> Table:
    """Return what is sure whichever of two ways units were selected: the lesser, or nothing."""
    least = np.where(np.abs(one) < np.abs(other), one, other)
    return np.where(one * other < 0, 0.0, least)
