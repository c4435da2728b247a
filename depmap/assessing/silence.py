"""Gone: dependencies that traces showed and show no more, although their consumer goes on working.

With k calls before, and r the consumer's work since the last one over its work until then, a
dependency that is still alive would be silent with probability (1 + r)^-(k + 1/2): the prediction
of a Gamma-Poisson model with Jeffreys' prior. Calls come in bursts, so k is divided by their
dispersion: the variance of the calls of a day over their mean, for the consumer's work of that
day. And what was silent before, for half as much work, may be silent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.assessing.significance import FALSE_SHARE, dispersion, q_values
from depmap.model.finding import Candidate, Detection
from depmap.model.words import Source
from depmap.tracing.activity import DAY_H, HOUR_S, by_day
from depmap.wording import dependencies as counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from depmap.model.dependency import Dependency
    from depmap.tracing.activity import Activity, Key, Numbers, Used

DETECTOR: Final = "gone"
DORMANT: Final = "dormant"
STILL_ALIVE: Final = 0.01
"""Gone only where silence of a living dependency is less probable than this."""
MIN_DAYS: Final = 3
PATIENCE: Final = 2
"""A silence counts from so many times the longest one before."""


@dataclass(frozen=True, slots=True)
class Silence:
    """How long a dependency was not used.

    Attributes:
        units: calls before, divided by their dispersion.
        days: days with use.
        last: hours since 1970 of its last use.
        ratio: the consumer's work since then over its work until then.
        p_value: probability of this silence, were it alive.
    """

    units: float
    days: int
    last: int
    ratio: float
    p_value: float


def alive(units: float, ratio: float) -> float:
    """Return the probability that a living dependency is silent so long: (1 + r)^-(k + 1/2)."""
    return float((1 + ratio) ** -(units + 0.5))


def silence(used: Used, calls: Numbers, exposure: Numbers, begins: Numbers) -> Silence | None:
    """Judge one dependency; None where it was used on too few days, or nothing else is known.

    Args:
        used: the hours in which it was used.
        calls: its calls, a number for each hour.
        exposure: what its consumer did, likewise.
        begins: where each day begins.
    """
    days = len(np.unique(used.hours // DAY_H))
    last = int(np.flatnonzero(calls)[-1]) + 1
    until, since = exposure[:last], int(exposure[last:].sum())
    if days < MIN_DAYS or not until.any():
        return None
    # Whole days: the part of a day until the last call would hold more than its share.
    end = int(begins[begins >= last][0]) if (begins >= last).any() else len(calls)
    begins = begins[begins < last]
    units = calls.sum() / dispersion(by_day(calls[:end], begins), by_day(exposure[:end], begins))
    ratio = since / int(until.sum())
    usual = since < PATIENCE * _longest_gap(calls[:last], until)
    return Silence(
        units=float(units),
        days=days,
        last=int(used.hours[-1]),
        ratio=ratio,
        p_value=1.0 if usual else alive(float(units), ratio),
    )


def _longest_gap(calls: Numbers, work: Numbers) -> int:
    """Return the most work that a consumer did between two uses."""
    idle = np.where(calls > 0, 0, work)
    parts = np.add.reduceat(idle, np.concatenate([[0], np.flatnonzero(calls > 0)]))
    return int(parts.max())


def gone(
    activity: Activity, dependencies: Mapping[Key, Dependency]
) -> tuple[tuple[Candidate, ...], Detection]:
    """Return the dependencies that are gone or dormant, and what was tested.

    Args:
        activity: calls by hour.
        dependencies: each dependency by its key.
    """
    tested: dict[Key, Silence] = {}
    for key, used in activity.used.items():
        found = silence(used, activity.calls(key), activity.exposure(key), activity.days)
        if found is not None:
            tested[key] = found
    q_of = q_values([item.p_value for item in tested.values()])
    candidates = tuple(
        _candidate(dependencies[key], item, q)
        for (key, item), q in zip(tested.items(), q_of, strict=True)
        if item.p_value < STILL_ALIVE and q <= FALSE_SHARE
    )
    left = len(activity.used) - len(tested)
    seen = f"{counted(left)} {'was' if left == 1 else 'were'} seen"
    why = f"{seen} on fewer than {MIN_DAYS} days, or the consumer does "
    return candidates, Detection(
        detector=DETECTOR,
        tested=len(tested),
        found=len(candidates),
        why=f"{why}nothing else that traces show" if left else "",
    )


def _candidate(item: Dependency, found: Silence, q_value: float) -> Candidate:
    dormant = Source.CODE in item.sources
    last = datetime.fromtimestamp(found.last * HOUR_S, tz=UTC)
    state = "the code still holds the call" if dormant else "no code shows it"
    return Candidate(
        detector=DORMANT if dormant else DETECTOR,
        consumer=item.consumer,
        provider=item.provider,
        kind=item.kind,
        message=f"{item.consumer} has not used {item.provider} ({item.kind.value}) since "
        f"{last:%Y-%m-%d}; {state}",
        statistic=f"used on {found.days} days; since then {item.consumer} did {found.ratio:.0%} "
        f"of the work it had done until then, in which a living dependency would be silent with "
        f"probability {found.p_value:.1g}",
        value=float(f"{found.p_value:.3g}"),
        units=round(found.units),
        q_value=float(f"{q_value:.3g}"),
        alternative="a season or batch whose time has not come, or a change in sampling",
    )
