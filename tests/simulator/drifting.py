"""How much dependencies are used in two quarters, with and without a change, with known truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from depmap.assessing.usage import usage
from depmap.model.coverage import Usage
from depmap.model.words import Kind
from depmap.tracing.activity import Key, activity
from tests.simulator.hidden import START, load_by_hour, scattered, told, usual

if TYPE_CHECKING:
    from numpy.random import Generator

    from depmap.model.dependency import Dependency


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
    load = load_by_hour(rng, days) * np.where(np.arange(days * 24) < days * 12, 1.0, 1.5)
    found: list[Dependency] = []
    changed: set[Key] = set()
    for consumer in range(consumers):
        own = scattered(rng, load * float(np.exp(rng.normal(3.4, 0.7))), days)
        found.append(told(rng, ("edge", f"s{consumer:02}"), rng.poisson(own)))
        for provider in range(4):
            use = 10 ** rng.uniform(-1.5, 0)
            after = 1.0
            if rng.random() < 0.1:
                after = factor if rng.random() < 0.5 else 1 / factor
            work = own * np.where(np.arange(days * 24) < days * 12, 1.0, after)
            item = usual(rng, (f"s{consumer:02}", f"p{provider}"), work, use)
            found.append(item)
            if after != 1.0:
                changed.add(item.key)
    border, when = START + timedelta(days=days // 2), activity(found)
    return Drifted(
        old=usage(when, START, border),
        new=usage(when, border, START + timedelta(days=days)),
        changed=frozenset(changed),
    )


def unchanged(
    seed: int, shape: float, days: int, *, many: int = 100
) -> tuple[tuple[Usage, ...], tuple[Usage, ...]]:
    """Draw dependencies whose use does not change, in two stretches of time.

    Daily calls are negative binomial around what the consumer's work lets one expect; the work has
    week-ends, and good and bad days.

    Args:
        seed: everything random follows from it.
        shape: of the gamma by which days scatter; the less the more.
        days: of each stretch.
        many: how many dependencies.
    """
    rng = np.random.default_rng([seed, 17, days, int(shape)])
    rates = 10 ** rng.uniform(0.5, 3, many)
    old, new = (
        tuple(_days(rng, at, rate, shape, days) for at, rate in enumerate(rates)) for _ in range(2)
    )
    return old, new


def _days(rng: Generator, at: int, rate: float, shape: float, days: int) -> Usage:
    week_end = np.where(np.arange(days) % 7 >= 5, 0.6, 1.0)
    work = rng.poisson(1000 * week_end * rng.lognormal(0, 0.3, days)) + 1
    calls = rng.poisson(rate * work / 1000 * rng.gamma(shape, 1 / shape, days))
    calls[0] += not calls.any()
    expected = work * (calls.sum() / work.sum())
    return Usage(
        consumer=f"s{at:03}",
        provider="p",
        kind=Kind.HTTP,
        days=days,
        calls=int(calls.sum()),
        work=int(work.sum()),
        by_work=True,
        scatter=float(((calls - expected) ** 2 / expected).sum()),
    )
