"""Batch-only: dependencies that are used at one time of the day, week or month.

Calls are put together to bursts. A burst's place in the period is told on the clock of the
consumer's other work (of the whole system's, where it has none), on which whatever merely follows
the load is spread evenly; Rayleigh's test asks whether bursts crowd together on it. Besides, all
hours with calls must crowd together on the plain clock: within a quarter of the period.
"""

from __future__ import annotations

from cmath import phase, pi
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from depmap.assessing.significance import FALSE_SHARE, q_values, rayleigh
from depmap.model.finding import Candidate, Detection
from depmap.tracing.activity import HOUR_S
from depmap.wording import dependencies as counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from depmap.tracing.activity import Activity, Key, Numbers, Used

Shares = NDArray[np.float64]

DETECTOR: Final = "batch-only"
GAP_S: Final = 600
"""Calls so many seconds apart belong to two bursts."""
MIN_BURSTS: Final = 5
MIN_PERIODS: Final = 3
CROWDED: Final = 0.9
"""R/n from which hours count as crowded on the plain clock; any six hours of the day have 0.9."""
_DAY_S: Final = 86_400
_WEEK_S: Final = 7 * _DAY_S
_THURSDAY_S: Final = 3 * _DAY_S
"""1970 began on a Thursday; weeks begin on Mondays."""


def _of_day(seconds: Numbers) -> Shares:
    return (seconds % _DAY_S) / _DAY_S


def _of_week(seconds: Numbers) -> Shares:
    return ((seconds + _THURSDAY_S) % _WEEK_S) / _WEEK_S


def _of_month(seconds: Numbers) -> Shares:
    days = seconds.astype("datetime64[s]").astype("datetime64[D]")
    day = (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    place: Shares = (day + _of_day(seconds)) / 31
    return place


_PERIODS: Final[dict[str, tuple[int, Callable[[Numbers], Shares]]]] = {
    "month": (31 * _DAY_S, _of_month),
    "week": (_WEEK_S, _of_week),
    "day": (_DAY_S, _of_day),
}
"""Seconds of each period, and where moments stand in it, 0-1; the longest first."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a dependency's bursts crowd together in a period.

    Attributes:
        period: "day", "week" or "month".
        bursts: how many there are.
        crowding: R/n of the hours with calls on the plain clock, 0 (spread evenly) to 1 (always
            the same hour).
        centre: the moment around which they lie, as share of the period.
        p_value: of Rayleigh's test, times the periods that were tried.
    """

    period: str
    bursts: int
    crowding: float
    centre: float
    p_value: float


def bursts(used: Used) -> Numbers:
    """Return when each burst began, in seconds since 1970."""
    gaps = used.first[1:] - used.last[:-1] > GAP_S
    begun: Numbers = used.first[np.concatenate([[True], gaps])]
    return begun


def rhythm(used: Used, exposure: Numbers, start: int) -> Rhythm | None:
    """Judge one dependency; None where there are too few bursts.

    Of the periods in which they crowd together the longest is told: a weekly job runs at one time
    of the day, too.

    Args:
        used: the hours in which it was used.
        exposure: what its consumer did, a number for each hour.
        start: the first hour, since 1970.
    """
    moments = bursts(used)
    if len(moments) < MIN_BURSTS or not exposure.any():
        return None
    span = int(moments[-1] - moments[0])
    tried = [name for name, (length, _) in _PERIODS.items() if span >= (MIN_PERIODS - 1) * length]
    found = [_in(name, used, moments, exposure, start, len(tried)) for name in tried]
    crowded = [item for item in found if item.crowding >= CROWDED and item.p_value <= FALSE_SHARE]
    return next(iter(crowded), min(found, key=lambda item: item.p_value, default=None))


def _in(  # noqa: PLR0917 - private, called once
    name: str, used: Used, moments: Numbers, exposure: Numbers, start: int, tried: int
) -> Rhythm:
    length, place = _PERIODS[name]
    hours = (np.arange(len(exposure)) + start) * HOUR_S
    parts = length // HOUR_S
    work = np.bincount((place(hours) * parts).astype(np.int64), weights=exposure, minlength=parts)
    passed = np.concatenate([[0.0], np.cumsum(work)]) / work.sum()
    # The clock on which the consumer's work is spread evenly.
    clock = np.interp(place(moments) * parts, np.arange(parts + 1), passed)
    plain = complex(np.exp(2j * np.pi * place(used.first)).sum())
    worked = abs(complex(np.exp(2j * np.pi * clock).sum()))
    return Rhythm(
        period=name,
        bursts=len(moments),
        crowding=abs(plain) / len(used.first),
        centre=phase(plain) / (2 * pi) % 1,
        p_value=min(1.0, tried * rayleigh(worked, len(moments))),
    )


def batch_only(activity: Activity) -> tuple[tuple[Candidate, ...], Detection]:
    """Return the dependencies that are used in a rhythm, as candidates, and what was tested."""
    tested: dict[Key, Rhythm] = {}
    for key, used in activity.used.items():
        exposure = activity.exposure(key)
        if not exposure.any():
            exposure = activity.others(key)
        found = rhythm(used, exposure, activity.start)
        if found is not None:
            tested[key] = found
    q_of = q_values([item.p_value for item in tested.values()])
    candidates = tuple(
        _candidate(key, item, q)
        for (key, item), q in zip(tested.items(), q_of, strict=True)
        if q <= FALSE_SHARE and item.crowding >= CROWDED
    )
    left = len(activity.used) - len(tested)
    held = f"{counted(left)} {'has' if left == 1 else 'have'}"
    why = f"{held} fewer than {MIN_BURSTS} bursts in {MIN_PERIODS} periods"
    return candidates, Detection(
        detector=DETECTOR, tested=len(tested), found=len(candidates), why=why if left else ""
    )


def _candidate(key: Key, item: Rhythm, q_value: float) -> Candidate:
    consumer, provider, kind = key
    return Candidate(
        detector=DETECTOR,
        consumer=consumer,
        provider=provider,
        kind=kind,
        message=f"{consumer} uses {provider} ({kind.value}) once a {item.period}, "
        f"around {_moment(item)}",
        statistic=f"{item.bursts} bursts; the hours with calls crowd together in the "
        f"{item.period}: R/n = {item.crowding:.2f}",
        value=round(item.crowding, 4),
        units=item.bursts,
        q_value=round(q_value, 6),
        alternative="users who all come at that time",
    )


def _moment(item: Rhythm) -> str:
    """Return the centre of the bursts in words, UTC."""
    if item.period == "month":
        return f"day {int(item.centre * 31) + 1}"
    days, rest = divmod(round(item.centre * (7 if item.period == "week" else 1) * 1440), 1440)
    clock = f"{rest // 60:02}:{rest % 60:02} UTC"
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return f"{names[days % 7]} {clock}" if item.period == "week" else clock
