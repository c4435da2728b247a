"""Estates over two weeks, hour by hour, with hidden dependencies of known place.

``estate(seed)`` draws which services call which, a load with days and nights, and counts that
scatter far more than Poisson's. What is planted follows a mechanism, not a detector's model: a
cache that overflows above a load, a job with a delay of its own, a call that a release removed,
two services that one neighbour slows down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.assessing.latency_coupling import Series
from depmap.assessing.usage import usage
from depmap.model.coverage import Usage
from depmap.model.dependency import Dependency
from depmap.tracing.activity import HOUR_S, Activity, Key, activity
from tests.builders import depends, seen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    from depmap.model.evidence import Evidence

START: Final = datetime(2026, 11, 2, tzinfo=UTC)
FIRST: Final = int(START.timestamp()) // HOUR_S
PLANTED: Final = 10


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


def estate(seed: int, *, services: int = 60, days: int = 21) -> Estate:
    """Draw an estate.

    Args:
        seed: everything random follows from it.
        services: how many.
        days: over how many days.
    """
    rng = np.random.default_rng([seed, 11])
    load = _load(rng, days)
    found: list[Dependency] = []
    for consumer in range(services):
        share = float(np.exp(rng.normal(0, 0.7)))
        own = _scattered(rng, load * share * 30, days)
        counts = rng.poisson(own)
        pair = ("edge", f"s{consumer:02}")
        found.append(
            _told(pair, [_row(rng, pair, at, int(n)) for at, n in enumerate(counts) if n])
        )
        for provider in rng.choice(services, size=3, replace=False):
            if provider != consumer:
                use = 10 ** rng.uniform(-3, 0)
                pair = (f"s{consumer:02}", f"s{provider:02}")
                found.append(_usual(rng, pair, own, use))
    kept = {item.key: item for item in found if item.evidence}
    seen_so_far = activity(kept.values())
    peak = [
        _peak(rng, name, "auth", load if i % 2 else _reached(seen_so_far, name, len(load)))
        for i, name in enumerate(f"s{at:02}" for at in range(PLANTED))
    ]
    batch = [_batch(rng, f"s{i:02}", "vault", days) for i in range(10, 10 + PLANTED)]
    gone = [_gone(rng, f"s{i:02}", "legacy", load) for i in range(20, 20 + PLANTED)]
    planted = {item.key: item for item in (*peak, *batch, *gone)}
    return Estate(
        dependencies=tuple({**kept, **planted}.values()),
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


def _load(rng: Generator, days: int) -> NDArray[np.float64]:
    """Return the load by hour: nights, week-ends, good and bad days, and noise."""
    hour = np.arange(days * 24)
    daily = 1.1 + np.cos(2 * np.pi * (hour % 24 - rng.uniform(12, 20)) / 24)
    weekly = np.where((hour // 24) % 7 >= 5, rng.uniform(0.5, 1.2), 1.0)
    good = np.repeat(rng.lognormal(0, 0.25, days), 24)
    load: NDArray[np.float64] = daily * weekly * good * rng.lognormal(0, 0.15, len(hour))
    return load


def _scattered(rng: Generator, rate: NDArray[np.float64], days: int) -> NDArray[np.float64]:
    """Scatter rates by day and by hour, gamma with shapes between 1 and 20."""
    by_day = np.repeat(rng.gamma(k := rng.uniform(2, 20), 1 / k, days), 24)
    by_hour = rng.gamma(k := 10 ** rng.uniform(0, 1.3), 1 / k, len(rate))
    scattered: NDArray[np.float64] = rate * by_day * by_hour
    return scattered


def _usual(
    rng: Generator, pair: tuple[str, str], work: NDArray[np.float64], use: float
) -> Dependency:
    """A dependency that follows its consumer's work, with scatter and whole hours of silence."""
    counts = rng.poisson(_scattered(rng, work * use, len(work) // 24))
    return _told(pair, [_row(rng, pair, hour, int(n)) for hour, n in enumerate(counts) if n])


def _peak(rng: Generator, consumer: str, provider: str, load: NDArray[np.float64]) -> Dependency:
    """A cache that overflows above a load which the busiest twelfth of hours exceeds."""
    limit = np.quantile(load, 1 - 1 / 12)
    counts = rng.poisson(np.where(load > limit, 20 * (load / limit - 1) + 0.5, 0))
    pair = (consumer, provider)
    return _told(pair, [_row(rng, pair, hour, int(n)) for hour, n in enumerate(counts) if n])


def _batch(rng: Generator, consumer: str, provider: str, days: int) -> Dependency:
    """A nightly job that begins up to an hour late, and does not run at all in some nights."""
    pair, begin = (consumer, provider), float(rng.uniform(0, 24))
    rows = []
    for day in range(days):
        if rng.random() < 0.9:
            moment = day * 24 + begin + float(rng.exponential(0.3))
            rows.append(_row(rng, pair, int(moment), int(rng.poisson(40)) + 1, at=moment % 1))
    return _told(pair, rows)


def _gone(rng: Generator, consumer: str, provider: str, load: NDArray[np.float64]) -> Dependency:
    """A call that a release removed after two thirds of the time."""
    pair, days = (consumer, provider), len(load) // 24
    counts = rng.poisson(_scattered(rng, load * 2, days))
    until = 2 * len(load) // 3
    rows = [_row(rng, pair, hour, int(n)) for hour, n in enumerate(counts) if n and hour < until]
    return _told(pair, rows)


def _row(
    rng: Generator, pair: tuple[str, str], hour: int, calls: int, at: float | None = None
) -> Evidence:
    """What traces claim of one hour."""
    places = np.sort(rng.uniform(0, 1, min(calls, 50))) if at is None else np.array([at, at])
    first = START + timedelta(hours=hour + float(places[0]))
    last = START + timedelta(hours=hour + float(places[-1]))
    return seen(*pair, calls=calls, first_seen=first, last_seen=last)


def _told(pair: tuple[str, str], rows: Sequence[Evidence]) -> Dependency:
    return depends(*pair, evidence=tuple(rows))


@dataclass(frozen=True, slots=True)
class Drifted:
    """How much dependencies were used in two quarters.

    Attributes:
        old: in the first weeks.
        new: in the later ones.
        changed: those whose use really changed.
    """

    old: tuple[Usage, ...]
    new: tuple[Usage, ...]
    changed: frozenset[Key]


def drifted(seed: int, *, consumers: int = 40, days: int = 42, factor: float = 1.6) -> Drifted:
    """Draw dependencies whose load grows by half; of a tenth the use changes by a factor, too.

    Args:
        seed: everything random follows from it.
        consumers: how many services call four others each.
        days: over how many days, half of them before the border.
        factor: by which use changes, up or down.
    """
    rng = np.random.default_rng([seed, 15])
    load = _load(rng, days) * np.where(np.arange(days * 24) < days * 12, 1.0, 1.5)
    found: list[Dependency] = []
    changed: set[Key] = set()
    for consumer in range(consumers):
        own = _scattered(rng, load * float(np.exp(rng.normal(3.4, 0.7))), days)
        counts = rng.poisson(own)
        pair = ("edge", f"s{consumer:02}")
        found.append(
            _told(pair, [_row(rng, pair, at, int(n)) for at, n in enumerate(counts) if n])
        )
        for provider in range(4):
            use = 10 ** rng.uniform(-1.5, 0)
            after = 1.0
            if rng.random() < 0.1:
                after = factor if rng.random() < 0.5 else 1 / factor
            work = own * np.where(np.arange(days * 24) < days * 12, 1.0, after)
            item = _usual(rng, (f"s{consumer:02}", f"p{provider}"), work, use)
            found.append(item)
            if after != 1.0:
                changed.add(item.key)
    border, when = START + timedelta(days=days // 2), activity(found)
    return Drifted(
        old=usage(when, START, border),
        new=usage(when, border, START + timedelta(days=days)),
        changed=frozenset(changed),
    )


@dataclass(frozen=True, slots=True)
class Slowed:
    """Latencies by time bin, and the pairs that one neighbour slows down.

    Attributes:
        series: by service.
        pairs: the pairs, each in order of name.
    """

    series: dict[str, Series]
    pairs: frozenset[tuple[str, str]]


def slowed(
    seed: int, *, services: int = 30, bins: int = 1440, pairs: int = 3, strength: float = 1.0
) -> Slowed:
    """Draw latencies of services under one load, some pairs of which share a neighbour.

    Args:
        seed: everything random follows from it.
        services: how many.
        bins: time bins.
        pairs: how many pairs are coupled.
        strength: how far the neighbour slows them down, in units of their own scatter.
    """
    rng = np.random.default_rng([seed, 12])
    hour = np.arange(bins)
    load = np.maximum(1.3 + np.sin(2 * np.pi * hour / 288) + 0.2 * _drift(rng, bins, 0.9), 0.1)
    shared = 0.3 * _drift(rng, bins, 0.95)
    chosen = rng.permutation(services)
    partner = {int(member): at for at in range(pairs) for member in chosen[2 * at : 2 * at + 2]}
    neighbours = [_episodes(rng, bins) for _ in range(pairs)]
    found: dict[str, Series] = {}
    for i in range(services):
        own = 0.5 * _drift(rng, bins, rng.uniform(0, 0.9)) + rng.normal(0, 0.3, bins)
        slow = rng.uniform(0.2, 1) * load ** rng.uniform(1, 3) * 0.3 + shared * rng.uniform(0, 1)
        pull = strength * neighbours[partner[i]] if i in partner else 0.0
        p95 = rng.uniform(5, 50) * np.exp(own + slow + pull)
        calls = rng.poisson(200 * load).astype(np.float64)
        found[f"s{i:02}"] = (p95, calls)
    names = [
        tuple(sorted(f"s{int(member):02}" for member in chosen[2 * at : 2 * at + 2]))
        for at in range(pairs)
    ]
    return Slowed(found, frozenset((one, other) for one, other in names))


def _drift(rng: Generator, bins: int, keeps: float) -> NDArray[np.float64]:
    """Noise of spread 1 that takes over a share of its last value."""
    steps = rng.normal(0, np.sqrt(1 - keeps**2), bins)
    values = np.empty(bins)
    last = 0.0
    for i, step in enumerate(steps):
        values[i] = last = keeps * last + step
    return values


def _episodes(rng: Generator, bins: int) -> NDArray[np.float64]:
    """A neighbour that comes and goes: noise in bins, stronger for a while at times."""
    busy = _drift(rng, bins, 0.8) > 0.5
    values: NDArray[np.float64] = np.where(busy, 1.0, 0.2) * rng.normal(0, 1, bins)
    return values
