"""Latencies of services under one load, some of which one neighbour slows down together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from depmap.assessing.latency_coupling import Series

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray


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
        p95 = np.log(rng.uniform(5, 50)) + own + slow + pull
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
