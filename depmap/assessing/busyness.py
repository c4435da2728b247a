"""Is a dependency used in busier hours than its consumer's work explains? Exactly, by moving them.

On a clock that runs as fast as its consumer works, use that follows the work could as well have
come at any other moment. So what was seen is moved along that clock to everywhere, hour by hour or
run of hours by run of hours, and what is asked is how often it would then be as busy as it was.
The probability of the sum over all of them follows by convolution, without an approximation but
for the rounding to a grid. An hour with many calls counts for more, by their square root.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from depmap.tracing.activity import Numbers

Flags = NDArray[np.bool_]
Shares = NDArray[np.float64]
Loads = NDArray[Any]

DAYS_SCATTER: Final = 8.0
"""Shape of the gamma by which use scatters by day beyond its consumer's work: by a third."""
_STEPS: Final = 240
_MOST_STEPS: Final = 1440
_BINS: Final = 32
_MOST_BINS: Final = 1024


@dataclass(frozen=True, slots=True, eq=False)
class _Clock:
    """A stretch of time on the clock of the consumer's work.

    Attributes:
        begin: its first hour.
        rank: share of the work that is done at less load than each hour's, half of equal ones.
        step: at which step of the clock each hour stands.
        dial: the rank at each step.
    """

    begin: int
    rank: Shares
    step: Numbers
    dial: Shares


def expected(used: Flags, work: Numbers) -> Shares:
    """Return the probability that an hour sees use, were it to follow the work.

    1 - exp(-rate * work), with the rate at which as many hours are expected as were seen: an hour
    with twice the work is not used twice.

    Args:
        used: the hours with use, all of them with work.
        work: what the consumer did in each hour.
    """
    seen, whole = int(used.sum()), work / max(float(work[work > 0].mean()), 1e-300)
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        less = float(-np.expm1(-np.exp(middle) * whole).sum()) < seen
        low, high = (middle, high) if less else (low, middle)
    chances: Shares = -np.expm1(-np.exp(high) * whole)
    return chances


def within_days(
    calls: Numbers, chances: Shares, load: Loads, days: Numbers, *, runs: bool = False
) -> float:
    """Return the probability of hours as busy as those with calls, each moved within its day.

    Args:
        calls: calls in each hour.
        chances: how probable use is in each hour, see ``expected``; hours without are left out.
        load: how busy each hour is, on any scale that keeps the order.
        days: where each day begins.
        runs: whether hours on end are one observation, as in one long burst.
    """
    return _moved(calls, _blocks(calls, chances, days, runs=runs), chances, load, days)


def within_all(
    calls: Numbers, chances: Shares, load: Loads, days: Numbers, *, runs: bool = False
) -> float:
    """Return the probability of hours as busy as those with calls, each moved through all days.

    How much a day is used is not taken from its work alone: days scatter, so what they showed
    counts, too. Arguments as in ``within_days``.
    """
    day = np.searchsorted(days, np.arange(len(calls)), side="right") - 1
    seen = np.bincount(day, (calls > 0) & (chances > 0), len(days))
    meant = np.bincount(day, chances, len(days))
    scattered = chances * ((seen + DAYS_SCATTER) / (meant + DAYS_SCATTER))[day]
    return _moved(calls, _blocks(calls, chances, days, runs=runs), scattered, load, days[:1])


def _blocks(calls: Numbers, chances: Shares, days: Numbers, *, runs: bool) -> list[Numbers]:
    """Return the hours with calls, or the runs of them; no run goes on past its day."""
    hours = np.flatnonzero((calls > 0) & (chances > 0))
    day = np.searchsorted(days, hours, side="right")
    apart = (np.diff(hours) > 1) | (np.diff(day) > 0) if runs else np.ones(len(hours) - 1, bool)
    return np.split(hours, np.flatnonzero(apart) + 1)


def _moved(
    calls: Numbers, blocks: list[Numbers], chances: Shares, load: Loads, begins: Numbers
) -> float:
    """Return P(ranks as high in sum) when each block moves in its stretch; ties count half."""
    ends = np.append(begins[1:], len(load))
    counted = np.sqrt(calls) * np.clip(_MOST_BINS / len(blocks), 4, _BINS)
    counted /= np.sqrt(calls[np.concatenate(blocks)]).mean()
    clocks: dict[int, _Clock] = {}
    law, seen = np.ones(1), 0
    for block in blocks:
        part = int(np.searchsorted(begins, block[0], side="right")) - 1
        if part not in clocks:
            clocks[part] = _clock(chances, load, int(begins[part]), int(ends[part]))
        clock = clocks[part]
        inside, weight, steps = block - clock.begin, counted[block], len(clock.dial)
        anywhere = (clock.step[inside][:, None] + np.arange(steps)) % steps
        ranks = np.rint(weight @ clock.dial[anywhere]).astype(np.int64)
        law = np.convolve(law, np.bincount(ranks) / steps)
        seen += round(float(weight @ clock.rank[inside]))
    return float(np.clip(law[seen:].sum() - law[seen : seen + 1].sum() / 2, 1e-15, 1.0))


def _clock(chances: Shares, load: Loads, begin: int, end: int) -> _Clock:
    part, busy = chances[begin:end] / chances[begin:end].sum(), load[begin:end]
    steps = min(max(_STEPS, 2 * len(part)), _MOST_STEPS)
    order = np.argsort(busy, kind="stable")
    passed = np.concatenate([[0.0], np.cumsum(part[order])])
    less, same = (np.searchsorted(busy[order], busy, side=side) for side in ("left", "right"))
    rank = (passed[less] + passed[same]) / 2
    until = np.cumsum(part)
    at = np.searchsorted(until, (np.arange(steps) + 0.5) / steps * until[-1])
    step = np.minimum((until - part / 2) * steps, steps - 1).astype(np.int64)
    return _Clock(begin, rank, step, rank[np.minimum(at, len(part) - 1)])
