"""Boots of services of which some wait for others: a mechanism with retries, crashes and scrapes.

Each service takes a time of its own to start, which scatters by up to a half; in a slow boot
everything takes longer. What waits asks again and again, with longer and longer pauses, or ends
and is started again; it does the rest of its work when it is answered. Its readiness is known by
the second, or by the next scrape only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.model.dependency import Dependency
from depmap.model.evidence import Boot
from tests.builders import depends

if TYPE_CHECKING:
    from numpy.random import Generator

START: Final = datetime(2026, 9, 1, tzinfo=UTC)
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Booted:
    """Boots, and who waits for whom.

    Attributes:
        boots: of every instance.
        names: the services.
        waits: pairs of which the first waits for the second.
        bound: those of them in which it had to, in a third of the boots.
        through: pairs of which the first waits for the second by way of others.
        calls: dependencies that are known, half of the waits among them.
    """

    boots: tuple[Boot, ...]
    names: tuple[str, ...]
    waits: frozenset[Pair]
    bound: frozenset[Pair]
    through: frozenset[Pair]
    calls: tuple[Dependency, ...]


@dataclass(frozen=True, slots=True)
class Weather:
    """What makes boots hard to read.

    Attributes:
        slow: by how much the pace of boots scatters (sigma of its logarithm).
        nodes: on how many nodes services run, each with a pace of its own; 0: all have one.
        drift: by how much a service's own time changes from boot to boot, and stays so.
        scrape_s: seconds between two scrapes; 0: readiness is known exactly.
        spread_s: within how many seconds all are started.
        part: share of the services that take part in a boot.
        hub: whether the planted waits are all for one service.
        outage: whether it is known that nothing was there before.
    """

    slow: float = 0.0
    nodes: int = 0
    drift: float = 0.0
    scrape_s: float = 0.0
    spread_s: float = 30.0
    part: float = 1.0
    hub: bool = False
    outage: bool = True


def booted(
    seed: int,
    *,
    boots: int,
    services: int = 60,
    planted: int = 10,
    weather: Weather = Weather(),
) -> Booted:
    """Draw boots.

    Args:
        seed: everything random follows from it.
        boots: how often services start together.
        services: how many.
        planted: how many wait for another one.
        weather: what makes it hard.
    """
    rng = np.random.default_rng([seed, 17])
    names = tuple(f"s{at:02}" for at in range(services))
    order = rng.permutation(services)
    waits = _planted(rng, order, planted, hub=weather.hub)
    own = 10 ** rng.uniform(0, 1.8, services)
    scatter = rng.uniform(0.05, 0.5, services)
    phase = rng.uniform(0, weather.scrape_s or 1.0, services)
    places = rng.integers(0, weather.nodes or 1, services)
    crashes = rng.random(services) < 0.5
    found: list[Boot] = []
    bound = dict.fromkeys(waits, 0)
    strikes = rng.uniform(0, 3600, boots)
    for number in range(boots):
        pace = np.exp(rng.normal(0, weather.slow, weather.nodes or 1))[places]
        own *= np.exp(rng.normal(0, weather.drift, services))
        begin = rng.uniform(0, weather.spread_s, services)
        took = own * np.exp(rng.normal(0, scatter)) * pace
        here = rng.random(services) < weather.part
        ready = np.full(services, -np.inf)
        for at in order:
            if not here[at]:
                continue
            needs = max((ready[of] for one, of in waits if one == at), default=-np.inf)
            asked = _answered(begin[at] + 0.3 * took[at], needs, crashes=bool(crashes[at]))
            for pair in waits:
                if (
                    pair[0] == at
                    and ready[pair[1]] == needs
                    and asked > begin[at] + 0.3 * took[at]
                ):
                    bound[pair] += 1
            ready[at] = asked + 0.7 * took[at]
            moment = START + timedelta(days=number, seconds=strikes[number])
            if asked > begin[at] + 0.3 * took[at] and crashes[at]:
                found.append(_failed(names[at], moment, float(begin[at]), asked))
            late = phase[at] - strikes[number]
            seen = _scraped(ready[at], late, weather.scrape_s)
            boot = _boot(names[at], moment, begin[at], seen, weather.scrape_s)
            found.append(replace(boot, down_since=moment if weather.outage else None))
    pairs = frozenset((names[one], names[other]) for one, other in waits)
    return Booted(
        boots=tuple(found),
        names=names,
        waits=pairs,
        bound=frozenset(
            (names[a], names[b]) for (a, b), many in bound.items() if 3 * many >= boots
        ),
        through=_closed(pairs) - pairs,
        calls=_calls(rng, names, sorted(pairs)),
    )


def _planted(
    rng: Generator, order: np.ndarray[tuple[int], np.dtype[np.int64]], many: int, *, hub: bool
) -> list[tuple[int, int]]:
    """Let services wait for one that comes before them, so that nothing is a circle."""
    if not many:
        return []
    late = rng.choice(np.arange(5, len(order)), many, replace=False)
    return [(int(order[at]), int(order[4 if hub else rng.integers(0, at)])) for at in late]


def _answered(asks: float, ready: float, *, crashes: bool) -> float:
    """Return when a question is answered that is asked again after 1, 2, 4 … seconds."""
    pause = 10.0 if crashes else 1.0
    while asks < ready:
        asks += pause
        pause = min(2 * pause, 300.0 if crashes else 8.0)
    return asks


def _scraped(ready: float, phase: float, scrape_s: float) -> float:
    """Return when the next scrape after it shows that something is ready."""
    return float(phase + scrape_s * np.ceil((ready - phase) / scrape_s)) if scrape_s else ready


def _boot(name: str, moment: datetime, begin: float, seen: float, scrape_s: float) -> Boot:
    ready = moment + timedelta(seconds=float(seen))
    return Boot(
        service=name,
        instance=f"{name}-0",
        started=moment + timedelta(seconds=float(begin)),
        seen=ready,
        ready=ready,
        within_s=scrape_s,
    )


def _failed(name: str, moment: datetime, begin: float, seen: float) -> Boot:
    return Boot(
        service=name,
        instance=f"{name}-0",
        started=moment + timedelta(seconds=begin),
        seen=moment + timedelta(seconds=float(seen)),
        failed=True,
    )


def _closed(pairs: frozenset[Pair]) -> frozenset[Pair]:
    found = set(pairs)
    while more := {(a, d) for a, b in found for c, d in found if b == c} - found:
        found |= more
    return frozenset(found)


def _calls(rng: Generator, names: tuple[str, ...], waits: list[Pair]) -> tuple[Dependency, ...]:
    """Calls are known between two pairs a service, and for half of the waits."""
    drawn = (rng.choice(names, 2, replace=False).tolist() for _ in range(2 * len(names)))
    known = {*((str(one), str(other)) for one, other in drawn), *waits[::2]}
    return tuple(depends(one, other) for one, other in sorted(known))
