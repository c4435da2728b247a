"""Estates over some weeks, hour by hour, with hidden dependencies of known place.

``estate(seed, setting)`` draws which services call which, a load with days and nights, and counts
that scatter far more than Poisson's. What is planted follows a mechanism, not a detector's model:
a cache that overflows above a load, a job with a delay of its own, a call that a release removed.
And there is what looks alike and is none: used seldom, on weekdays only, in bursts of hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.model.calls import Calls, Hour, packed_hours
from depmap.model.dependency import Dependency
from depmap.model.words import Source
from depmap.tracing.activity import HOUR_S, Activity, Key, activity
from tests.builders import claim, depends

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

START: Final = datetime(2026, 11, 2, tzinfo=UTC)
FIRST: Final = int(START.timestamp()) // HOUR_S
DRIVERS: Final = ("system", "reached", "own", "day")
"""What a peak-only dependency answers to, in turn: the load of the system, the calls that reach
its consumer, what the consumer really does (traces show it blurred), each day's busiest hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What kind of estate.

    Attributes:
        services: how many.
        days: over how many days.
        rhythm: how far day and night differ, 0-1.
        peaks: how many dependencies are used only at peaks.
        others: how many are used by night, are gone, and are tempting in each way, each.
        hours: from how many to how many hours a day are peaks.
        uses: how often such a dependency is used on a usual day; none: as often as its cache
            overflows, the more the higher the load.
    """

    services: int = 60
    days: int = 21
    rhythm: float = 1.0
    peaks: int = 8
    others: int = 8
    hours: tuple[float, float] = (2.0, 2.0)
    uses: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Estate:
    """Dependencies with rows of traces by hour, and which of them are what.

    Attributes:
        dependencies: all of them.
        peak: those used only above a load.
        batch: those used once a night or week.
        gone: those that a release removed.
    """

    dependencies: tuple[Dependency, ...]
    peak: frozenset[Key]
    batch: frozenset[Key]
    gone: frozenset[Key]


def estate(seed: int, setting: Setting | None = None) -> Estate:
    """Draw an estate; everything random follows from the seed."""
    rng, setting = np.random.default_rng([seed, 11]), setting or Setting()
    load, days = load_by_hour(rng, setting.days, setting.rhythm), setting.days
    names = [f"s{at:03}" for at in range(setting.services)]
    own: list[NDArray[np.float64]] = []
    found: list[Dependency] = []
    for consumer in names:
        share = float(np.exp(rng.normal(0, 0.7)))
        own.append(scattered(rng, load * share * 30, days))
        found.append(told(rng, ("edge", consumer), rng.poisson(own[-1])))
        for provider in rng.choice(names, size=3, replace=False):
            if provider != consumer:
                use = 10 ** rng.uniform(-3, 0)
                found.append(usual(rng, (consumer, str(provider)), own[-1], use))
    reached = activity(found)
    peak = []
    for at in range(setting.peaks):
        name, driver = names[at], DRIVERS[at % len(DRIVERS)]
        drives = {"reached": _reached(reached, name, len(load)), "own": own[at]}.get(driver, load)
        pair = (name, "auth")
        peak.append(told(rng, pair, _peak(rng, drives, setting, by_day=driver == "day")))
    chosen = [names[(setting.peaks + at) % len(names)] for at in range(2 * setting.others)]
    batch = [_batch(rng, name, "vault", days) for name in chosen[: setting.others]]
    gone = [_gone(rng, name, "legacy", load) for name in chosen[setting.others :]]
    for at in range(setting.others):
        found += _tempting(rng, names[-1 - at], own[-1 - at], days)
    planted = {item.key: item for item in (*peak, *batch, *gone)}
    every = {**{item.key: item for item in found}, **planted}
    return Estate(
        dependencies=tuple(item for item in every.values() if item.evidence),
        peak=frozenset(item.key for item in peak),
        batch=frozenset(item.key for item in batch),
        gone=frozenset(item.key for item in gone),
    )


def _reached(found: Activity, name: str, hours: int) -> NDArray[np.float64]:
    """Return the calls that reached a service in each hour."""
    calls = np.zeros(hours)
    inward = found.inward[name]
    calls[found.start - FIRST : found.start - FIRST + len(inward)] = inward
    return calls


def load_by_hour(rng: Generator, days: int, rhythm: float = 1.0) -> NDArray[np.float64]:
    """Return the load by hour: nights, week-ends, good and bad days, and noise."""
    hour = np.arange(days * 24)
    daily = 1.1 + rhythm * np.cos(2 * np.pi * (hour % 24 - rng.uniform(12, 20)) / 24)
    weekly = np.where((hour // 24) % 7 >= 5, rng.uniform(0.5, 1.2), 1.0)
    good = np.repeat(rng.lognormal(0, 0.25, days), 24)
    load: NDArray[np.float64] = daily * weekly * good * rng.lognormal(0, 0.15, len(hour))
    return load


def scattered(rng: Generator, rate: NDArray[np.float64], days: int) -> NDArray[np.float64]:
    """Scatter rates by day and by hour, gamma with shapes between 1 and 20."""
    by_day = np.repeat(rng.gamma(k := rng.uniform(2, 20), 1 / k, days), 24)
    by_hour = rng.gamma(k := 10 ** rng.uniform(0, 1.3), 1 / k, len(rate))
    found: NDArray[np.float64] = rate * by_day * by_hour
    return found


def usual(
    rng: Generator, pair: tuple[str, str], work: NDArray[np.float64], use: float
) -> Dependency:
    """A dependency that follows its consumer's work, with scatter and whole hours of silence."""
    return told(rng, pair, rng.poisson(scattered(rng, work * use, len(work) // 24)))


def _peak(
    rng: Generator, load: NDArray[np.float64], setting: Setting, *, by_day: bool
) -> NDArray[np.int64]:
    """Return the calls of a cache that overflows in the busiest hours, of all or of each day."""
    hours = float(rng.uniform(*setting.hours))
    limit = np.full(len(load), np.quantile(load, 1 - hours / 24))
    if by_day:
        limit = np.repeat(np.quantile(load.reshape(-1, 24), 1 - hours / 24, axis=1), 24)
    if setting.uses is None:
        return rng.poisson(
            np.where(load > limit, 20 * (load / np.maximum(limit, 1e-9) - 1) + 0.5, 0)
        )
    uses = float(rng.uniform(*setting.uses))
    return rng.poisson(np.where(load > limit, uses / hours, 0))


def _tempting(
    rng: Generator, consumer: str, work: NDArray[np.float64], days: int
) -> list[Dependency]:
    """Three that are used seldom and not at peaks: at any time, on weekdays, in long bursts."""
    seldom = work / work.mean() * rng.uniform(1, 6) / 24
    weekday = (np.arange(len(work)) // 24) % 7 < 5
    bursts = np.zeros(len(work))
    for begin in rng.choice(len(work), rng.poisson(0.5 * days) + 1, p=work / work.sum()):
        bursts[begin : begin + int(rng.integers(1, 6))] += 5.0
    return [
        told(rng, (consumer, "audit"), rng.poisson(scattered(rng, seldom, days))),
        told(rng, (consumer, "office"), rng.poisson(seldom * weekday)),
        told(rng, (consumer, "campaign"), rng.poisson(bursts)),
    ]


def _batch(rng: Generator, consumer: str, provider: str, days: int) -> Dependency:
    """A nightly job that begins up to an hour late, and does not run at all in some nights."""
    begin, calls = float(rng.uniform(0, 24)), np.zeros(days * 24 + 48, dtype=np.int64)
    late = np.zeros(len(calls))
    for day in range(days):
        if rng.random() < 0.9:
            moment = day * 24 + begin + float(rng.exponential(0.3))
            calls[int(moment)], late[int(moment)] = int(rng.poisson(40)) + 1, moment % 1
    return told(rng, (consumer, provider), calls, late)


def _gone(rng: Generator, consumer: str, provider: str, load: NDArray[np.float64]) -> Dependency:
    """A call that a release removed after two thirds of the time."""
    calls = rng.poisson(scattered(rng, load * 2, len(load) // 24))
    calls[2 * len(load) // 3 :] = 0
    return told(rng, (consumer, provider), calls)


def told(
    rng: Generator,
    pair: tuple[str, str],
    calls: NDArray[np.int64],
    at: NDArray[np.float64] | None = None,
) -> Dependency:
    """A dependency as traces claim it, hours put together; ``at``: where in each hour, 0-1."""
    rows = []
    for hour in np.flatnonzero(calls):
        many = int(calls[hour])
        places = rng.uniform(0, 1, min(many, 50)) if at is None else at[hour : hour + 1]
        first, last = int(3600 * places.min()), int(3600 * places.max())
        rows.append(Hour(FIRST + int(hour), many, first, last, 0, -1, 0, 0))
    if not rows:
        return depends(*pair, evidence=())
    counts = Calls(calls=int(calls.sum()), hours=packed_hours(rows))
    return depends(*pair, evidence=(claim(*pair, source=Source.TRACES, calls=counts),))
