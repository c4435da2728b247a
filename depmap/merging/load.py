"""Is a dependency stronger under load? Units of the busiest hours against those of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.model.calls import Hour
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from depmap.model.evidence import Evidence

BUSY: Final = 0.9
"""Hours with more calls than this share of the hours are busy ones."""
MIN_HOURS: Final = 20
MIN_FAILED: Final = 3
"""Units on each side, below which nothing is compared."""
_ENDS: Final = (0.025, 0.975)
_COLUMNS: Final = [Hour._fields.index(name) for name in ("hour", "calls", "failed", "failed_too")]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Units under load and otherwise, where they surely differ.

    Attributes:
        busy: (n1, k1) of the busiest hours.
        quiet: those of the others.
    """

    busy: tuple[int, int]
    quiet: tuple[int, int]

    @property
    def stronger(self) -> bool:
        """Whether the consumer fails more often with its provider under load than otherwise."""
        return self.busy[1] * self.quiet[0] > self.quiet[1] * self.busy[0]


def loaded(evidence: Iterable[Evidence]) -> Loaded | None:
    """Return what differs under load; None where the 95 % intervals of p1 overlap."""
    hours = _hours(evidence)
    if len(hours) < MIN_HOURS:
        return None
    busy = hours[:, 1] > np.quantile(hours[:, 1], BUSY)
    sums = [hours[which, 2:].sum(axis=0).tolist() for which in (busy, ~busy)]
    (n1, k1), (m1, l1) = sums
    if min(n1, m1) < MIN_FAILED:
        return None
    (low, high), (other_low, other_high) = _interval(n1, k1), _interval(m1, l1)
    if low <= other_high and other_low <= high:
        return None
    return Loaded((n1, k1), (m1, l1))


def _hours(evidence: Iterable[Evidence]) -> NDArray[np.int64]:
    """Return (hour, calls, n1, k1), one row an hour, where traces tell them by the hour."""
    parts = [np.zeros((0, len(_COLUMNS)), dtype=np.int64)]
    for claim in evidence:
        if claim.source is Source.TRACES and claim.calls is not None and claim.calls.hours:
            table = np.frombuffer(claim.calls.hours, dtype="<i4").reshape(-1, len(Hour._fields))
            parts.append(table[:, _COLUMNS].astype(np.int64))
    rows = np.concatenate(parts)
    hours, at = np.unique(rows[:, 0], return_inverse=True)
    sums = np.zeros((len(hours), len(_COLUMNS)), dtype=np.int64)
    np.add.at(sums, at, rows)
    sums[:, 0] = hours
    return sums


def _interval(failed: int, failed_too: int) -> tuple[float, float]:
    from scipy.special import betaincinv  # noqa: PLC0415 - slow to import

    a, b = failed_too + 0.5, failed - failed_too + 0.5
    return float(betaincinv(a, b, _ENDS[0])), float(betaincinv(a, b, _ENDS[1]))
