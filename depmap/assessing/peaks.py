"""Peak-only: dependencies that are used when it is busiest, and hardly else.

Busy may be the system or the consumer, compared with all hours or with those of the same day. What
is tested is whether the hours with use are busier than chance has it (``busyness``): hour by hour,
under Benjamini and Hochberg; and since one long burst in a busy evening is one observation, run by
run of hours as well, which at most ``ONE_BURST`` of what is none passes. Besides, calls must fall
into the busiest tenth of hours ``RATIO`` times as often as the consumer's work does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.assessing.busyness import Flags, Loads, expected, within_all, within_days
from depmap.assessing.significance import FALSE_SHARE, q_values, together
from depmap.model.finding import Candidate, Detection
from depmap.tracing.activity import Numbers, by_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.tracing.activity import Activity, Key

DETECTOR: Final = "peak-only"
BUSIEST: Final = 0.1
"""Share of the hours with traffic that count as busy."""
RATIO: Final = 3.0
ONE_BURST: Final = 0.05
MIN_DAYS: Final = 2
MIN_HOURS: Final = 24
RARE: Final = 0.25
"""What is used in a smaller share of the hours with traffic is judged apart from the rest: there
use at peaks alone is to be found, and what is used always would only blur it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """How a dependency's use falls on busy hours.

    Attributes:
        own: whether the consumer's own busiest hours are meant, and not the system's.
        of_day: whether an hour is compared with those of its day, and not with all.
        days: days on which it was used.
        inside: calls in the busy hours.
        outside: calls in the others.
        share: share of the consumer's work that falls into the busy hours, 0-1.
        p_value: probability of use in hours as busy by chance, if each hour is one observation.
        p_runs: likewise, if each run of hours is.
    """

    own: bool
    of_day: bool
    days: int
    inside: int
    outside: int
    share: float
    p_value: float = 1.0
    p_runs: float = 1.0

    @property
    def ratio(self) -> float:
        """How many times as often it is used in busy hours, for what the consumer does."""
        return self.inside * (1 - self.share) / max(self.outside * self.share, 1e-9)


def busy_hours(load: Loads) -> Flags:
    """Tell which hours have a load above that of nine tenths of the hours with traffic.

    Where most hours have the same, least load, those with any more.
    """
    ordered = np.sort(load[load > 0])
    if len(ordered) < MIN_HOURS:
        return np.zeros(len(load), dtype=np.bool_)
    limit = ordered[min(len(ordered) - 1, int((1 - BUSIEST) * len(ordered)))]
    busy: Flags = load >= limit if limit > ordered[0] else load > limit
    return busy


@dataclass(frozen=True, slots=True, eq=False)
class Busy:
    """Which hours are busy.

    Attributes:
        load: how busy each hour is.
        among_all: those that are busiest of all.
        of_day: those that are busiest for their day.
    """

    load: Numbers
    among_all: Flags
    of_day: Flags


def busy(load: Numbers, days: Numbers) -> Busy:
    """Tell the busy hours of a load, given where each day begins."""
    by_hour = np.repeat(np.maximum(by_day(load, days), 1), np.diff(days, append=len(load)))
    return Busy(load, busy_hours(load), busy_hours(load / by_hour))


def peaks(activity: Activity, key: Key) -> Peaks | None:
    """Judge one dependency; None where it was used on too few days.

    The probabilities are those of all comparisons together, the rest that of the best one. The
    system's load is that without the dependency: a large job is no peak that it answers to.

    Args:
        activity: calls by hour.
        key: the dependency.
    """
    calls, known = activity.calls(key), activity.exposure(key)
    work = known if known.any() else activity.load
    used = (calls > 0) & (work > 0)
    days = int(np.count_nonzero(by_day(used.astype(np.int64), activity.days)))
    if days < MIN_DAYS:
        return None
    plain = Peaks(own=False, of_day=False, days=days, inside=0, outside=0, share=0.0)
    system = busy(activity.others(key), activity.days)
    tried = list(_compared(plain, calls, work, system, activity.days))
    if known.any():
        own = busy(known, activity.days)
        tried += _compared(replace(plain, own=True), calls, work, own, activity.days)
    best = min(tried, key=lambda one: (one.p_value, -one.ratio))
    if best.p_value == 1:
        return best
    return replace(
        best,
        p_value=together([one.p_value for one in tried]),
        p_runs=together([one.p_runs for one in tried]),
    )


def _compared(
    plain: Peaks, calls: Numbers, work: Numbers, when: Busy, days: Numbers
) -> Iterator[Peaks]:
    """Yield how use falls on the hours that are busiest of all, and on those of their day."""
    for test, hours in ((within_all, when.among_all), (within_days, when.of_day)):
        inside = int(calls[hours].sum())
        one = replace(
            plain,
            of_day=test is within_days,
            inside=inside,
            outside=int(calls.sum()) - inside,
            share=float(work[hours].sum() / work.sum()),
        )
        if one.ratio > RATIO:
            chances = expected((calls > 0) & (work > 0), work)
            by_hours, by_runs = (
                test(calls, chances, when.load, days, runs=runs) for runs in (False, True)
            )
            one = replace(one, p_value=by_hours, p_runs=by_runs)
        yield one


def peak_only(activity: Activity) -> tuple[tuple[Candidate, ...], Detection]:
    """Return the dependencies that are used at peaks, as candidates, and what was tested."""
    hours = int((activity.load > 0).sum())
    if not busy_hours(activity.load).any():
        why = f"it needs {MIN_HOURS} hours with traffic of different load; traces show {hours}"
        return (), Detection(detector=DETECTOR, tested=0, found=0, why=why)
    rare: dict[Key, Peaks] = {}
    usual: dict[Key, Peaks] = {}
    for key, used in activity.used.items():
        found = peaks(activity, key)
        if found is not None:
            (rare if len(used.hours) <= RARE * hours else usual)[key] = found
    candidates = sorted(
        (_candidate(key, item, q) for some in (rare, usual) for key, item, q in _striking(some)),
        key=lambda item: (item.consumer, item.provider, item.kind or ""),
    )
    tested = len(rare) + len(usual)
    left = len(activity.used) - tested
    highest = activity.load.max() / np.median(activity.load[activity.load > 0])
    why = f"higher peaks than {highest:.1f} times the median load were not seen"
    if left:
        why = f"{left} dependencies were seen on fewer than {MIN_DAYS} days; {why}"
    return tuple(candidates), Detection(
        detector=DETECTOR, tested=tested, found=len(candidates), why=why
    )


def _striking(tested: dict[Key, Peaks]) -> Iterator[tuple[Key, Peaks, float]]:
    q_of = q_values([item.p_value for item in tested.values()])
    for (key, item), q in zip(tested.items(), q_of, strict=True):
        if q <= FALSE_SHARE and item.p_runs <= ONE_BURST:
            yield key, item, q


def _candidate(key: Key, item: Peaks, q_value: float) -> Candidate:
    consumer, provider, kind = key
    only, whose = not item.outside, consumer if item.own else "the system"
    among = "of each day" if item.of_day else "of all"
    calls = item.inside + item.outside
    return Candidate(
        detector=DETECTOR if only else "peak-amplified",
        consumer=consumer,
        provider=provider,
        kind=kind,
        message=f"{consumer} uses {provider} ({kind.value}) "
        f"{'only' if only else 'above all'} when {whose} is busiest",
        statistic=f"on {item.days} days {item.inside} of its {calls} calls fell into the busiest "
        f"tenth of hours {among}, in which {consumer} does {item.share:.0%} of its work",
        value=round(item.inside / calls, 4),
        units=item.days,
        q_value=round(q_value, 6),
        alternative="a job that runs at the same time of day as the peak",
    )
