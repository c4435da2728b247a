"""Peak-only: dependencies that are used when the system is busiest, and hardly else.

The unit is a day, not a call: one burst of thirty calls that happens to fall into a busy hour is
one observation. A day counts for the peak when the dependency was used more than ``RATIO`` times
as often in its busy hours as in its other ones, for what the consumer did. By chance a day's use
falls into busy hours as often as the consumer's own work does, so P(as many days) is binomial.
Busy may be the system or the consumer: both are tried, and the p-value is doubled for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from depmap.assessing.significance import FALSE_SHARE, at_least, q_values
from depmap.assessing.wording import dependencies as counted
from depmap.model.finding import Candidate, Detection
from depmap.tracing.activity import by_day

if TYPE_CHECKING:
    from depmap.tracing.activity import Activity, Key, Numbers

Flags = NDArray[np.bool_]

DETECTOR: Final = "peak-only"
BUSIEST: Final = 0.1
"""Share of the hours with traffic that count as busy."""
RATIO: Final = 3.0
MIN_DAYS: Final = 3
MIN_HOURS: Final = 24
_LEAST_SHARE: Final = 0.01
"""A consumer that does nothing at peaks is given this share, so that no chance is zero."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """How a dependency's use falls on the busy hours.

    Attributes:
        days: days on which it was used.
        busy_days: of those, the ones on which it was used in the busy hours above all.
        chance: share of the consumer's work that falls into busy hours, 0-1.
        outside: calls outside the busy hours, over all days.
        p_value: probability of so many busy days by chance.
        own: whether the consumer's own busiest hours are meant, and not the system's.
    """

    days: int
    busy_days: int
    chance: float
    outside: int
    p_value: float
    own: bool = False


def busy_hours(load: Numbers) -> Flags:
    """Tell which hours have a load above that of nine tenths of the hours with traffic."""
    ordered = np.sort(load[load > 0])
    if len(ordered) < MIN_HOURS:
        return np.zeros(len(load), dtype=np.bool_)
    limit = ordered[min(len(ordered) - 1, int((1 - BUSIEST) * len(ordered)))]
    busy: Flags = (load >= limit) & (limit > ordered[0])
    return busy


def peaks(calls: Numbers, exposure: Numbers, busy: Flags, begins: Numbers) -> Peaks | None:
    """Judge one dependency; None where it was used on too few days.

    Args:
        calls: its calls, a number for each hour.
        exposure: what its consumer did, likewise.
        busy: which hours are busy.
        begins: where each day begins.
    """
    total = int(exposure.sum())
    if not total:
        return None
    inside, outside, at_peak, else_ = (
        by_day(np.where(chosen, amounts, 0), begins)
        for amounts in (calls, exposure)
        for chosen in (busy, ~busy)
    )
    # A day without work outside the busy hours cannot tell.
    days = ((inside + outside) > 0) & ((else_ > 0) | (at_peak == 0))
    if days.sum() < MIN_DAYS:
        return None
    amplified = inside * np.maximum(else_, 1) > RATIO * outside * np.maximum(at_peak, 1)
    chance = max(int(at_peak.sum()) / total, _LEAST_SHARE)
    busy_days = int((days & amplified).sum())
    return Peaks(
        days=int(days.sum()),
        busy_days=busy_days,
        chance=chance,
        outside=int(outside.sum()),
        p_value=at_least(busy_days, int(days.sum()), chance),
    )


def _peaks(activity: Activity, key: Key, busy: Flags) -> Peaks | None:
    """Judge a dependency by the system's busy hours and by its consumer's own."""
    calls, exposure = activity.calls(key), activity.exposure(key)
    known = bool(exposure.any())
    found = peaks(calls, exposure if known else activity.load, busy, activity.days)
    own = peaks(calls, exposure, busy_hours(exposure), activity.days) if known else None
    if own and (not found or own.p_value < found.p_value):
        found = replace(own, own=True)
    return found and replace(found, p_value=min(1.0, 2 * found.p_value))


def peak_only(activity: Activity) -> tuple[tuple[Candidate, ...], Detection]:
    """Return the dependencies that are used at peaks, as candidates, and what was tested."""
    busy = busy_hours(activity.load)
    if not busy.any():
        why = f"it needs {MIN_HOURS} hours with traffic of different load; traces show "
        hours = int((activity.load > 0).sum())
        return (), Detection(detector=DETECTOR, tested=0, found=0, why=f"{why}{hours}")
    tested: dict[Key, Peaks] = {}
    for key in activity.used:
        found = _peaks(activity, key, busy)
        if found is not None:
            tested[key] = found
    q_of = q_values([item.p_value for item in tested.values()])
    candidates = tuple(
        _candidate(key, item, q)
        for (key, item), q in zip(tested.items(), q_of, strict=True)
        if q <= FALSE_SHARE
    )
    left = len(activity.used) - len(tested)
    highest = activity.load.max() / np.median(activity.load[activity.load > 0])
    why = f"higher peaks than {highest:.1f} times the median load were not seen"
    if left:
        seen = f"{counted(left)} {'was' if left == 1 else 'were'} seen"
        why = f"{seen} on fewer than {MIN_DAYS} days; {why}"
    return candidates, Detection(
        detector=DETECTOR, tested=len(tested), found=len(candidates), why=why
    )


def _candidate(key: Key, item: Peaks, q_value: float) -> Candidate:
    consumer, provider, kind = key
    only, busy = not item.outside, consumer if item.own else "the system"
    return Candidate(
        detector=DETECTOR if only else "peak-amplified",
        consumer=consumer,
        provider=provider,
        kind=kind,
        message=f"{consumer} uses {provider} ({kind.value}) "
        f"{'only' if only else 'above all'} when {busy} is busiest",
        statistic=f"on {item.busy_days} of the {item.days} days with calls they fell into its "
        f"busiest tenth of hours, in which {consumer} does {item.chance:.0%} of its work",
        value=round(item.busy_days / item.days, 4),
        units=item.days,
        q_value=round(q_value, 6),
        alternative="a job that runs at the same time of day as the peak",
    )
