"""Has a dependency come to be used more, or less? For what its consumer does, beyond the scatter.

With A calls before and B after, for work eA and eB of the consumer, z = ln(B/A * eA/eB) /
sqrt((1/A + 1/B) * phi): quasi-Poisson, phi being how far the calls of a day scatter around what
the day's work lets one expect, at least 1. Plain Poisson takes the usual scatter for change in
half of all dependencies. What is reported has passed Benjamini and Hochberg over all that was
compared, and a ratio of ``FLOOR``: a small change that is certain is no news either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, log, sqrt
from typing import TYPE_CHECKING, Final

from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.coverage import Usage

FLOOR: Final = 1.2
FALSE_SHARE: Final = 0.05
MIN_DAYS: Final = 5
"""Days with work on each side from which their scatter can be told."""
MIN_CALLS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChange:
    """A dependency that is used more, or less, than before.

    Attributes:
        key: consumer, provider, kind.
        before: calls for each unit of the consumer's work; for each day where nothing else is
            known of it.
        after: likewise.
        low: lower end of the 90 % interval of after over before.
        high: upper end.
        by_work: whether the consumer's work is what they are counted by.
        days: days before and after.
        dispersion: variance of the daily calls over what a Poisson process would show.
        p_value: probability of such a ratio by chance.
        q_value: expected share of chance among changes at least as striking, 0-1.
    """

    key: tuple[str, str, Kind]
    before: float
    after: float
    low: float
    high: float
    by_work: bool
    days: tuple[int, int]
    dispersion: float
    p_value: float
    q_value: float = 1.0

    @property
    def ratio(self) -> float:
        """After over before."""
        return self.after / self.before


def rate_changes(old: Iterable[Usage], new: Iterable[Usage]) -> tuple[RateChange, ...]:
    """Return the dependencies whose use changed from one quarter to another, by key.

    Args:
        old: the use in the old quarter.
        new: the use in the new one.
    """
    before = {(item.consumer, item.provider, item.kind): item for item in old}
    compared = [
        change
        for item in new
        if (one := before.get((item.consumer, item.provider, item.kind))) is not None
        and (change := _compared(one, item)) is not None
    ]
    if not compared:
        return ()
    from scipy.stats import false_discovery_control  # noqa: PLC0415 - half a second to import

    q_of = false_discovery_control([item.p_value for item in compared])
    changes = [replace(item, q_value=float(q)) for item, q in zip(compared, q_of, strict=True)]
    return tuple(
        item
        for item in sorted(changes, key=lambda item: item.key)
        if item.q_value <= FALSE_SHARE and max(item.ratio, 1 / item.ratio) > FLOOR
    )


def _compared(old: Usage, new: Usage) -> RateChange | None:
    few = min(old.calls, new.calls) < MIN_CALLS or min(old.days, new.days) < MIN_DAYS
    if few or old.by_work != new.by_work:
        return None
    from scipy.special import stdtr, stdtrit  # noqa: PLC0415 - late, as all of SciPy

    before, after = old.calls / old.work, new.calls / new.work
    freedom = old.days + new.days - 2
    phi = max(1.0, (old.scatter + new.scatter) / freedom)
    change, error = log(after / before), sqrt((1 / old.calls + 1 / new.calls) * phi)
    reach = float(stdtrit(freedom, 0.95)) * error
    return RateChange(
        key=(new.consumer, new.provider, new.kind),
        before=before,
        after=after,
        low=exp(change - reach),
        high=exp(change + reach),
        by_work=new.by_work,
        days=(old.days, new.days),
        dispersion=round(phi, 3),
        p_value=float(2 * stdtr(freedom, -abs(change / error))),
    )
