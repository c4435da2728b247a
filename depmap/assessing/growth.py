"""Would more traces show more? Rarefaction, and what twice as many would be expected to show.

Good and Turing: the next sample shows something new with probability Q1 / T, with Q1 of the S
things seen in exactly one of T samples. Chao and Colwell extrapolate: with f0 from Chao's bound,
S(2T) = S + f0 (1 - (1 - Q1 / (T f0 + Q1))^T). This is reliable up to twice the samples; the bound
itself is not the total. A flat curve says that *this traffic* is exhausted, not the system.
"""

from __future__ import annotations

from collections import Counter
from math import exp, lgamma, sqrt
from typing import TYPE_CHECKING, Final

from depmap.model.coverage import Growth

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from depmap.model.evidence import Flow
    from depmap.tracing.activity import Activity

MIN_HOURS: Final = 24
_Z: Final = 2.241403
"""Of a 97.5 % interval: since Chao's bound is rather too low, the interval holds in 95 % then."""


def growth(activity: Activity, flows: Iterable[Flow]) -> Growth | None:
    """Return what more traces would show; None without traces.

    Where traces cover ``MIN_HOURS`` hours an hour is one sample, since the traces of an hour are
    alike; else each healthy trace is one.
    """
    hours = int((activity.load > 0).sum())
    if hours >= MIN_HOURS:
        return extrapolated("hour", [len(used.hours) for used in activity.used.values()], hours)
    times: Counter[tuple[str, str]] = Counter()
    traces = 0
    for flow in flows:
        traces += flow.count
        for pair in flow.pairs:
            times[pair] += flow.count
    return extrapolated("trace", list(times.values()), traces) if traces else None


def extrapolated(unit: str, times: Collection[int], samples: int) -> Growth:
    """Return what twice as many samples would be expected to show.

    Args:
        unit: what a sample is.
        times: for each thing seen, in how many samples.
        samples: how many samples there are.
    """
    once, twice = sum(many == 1 for many in times), sum(many == 2 for many in times)  # noqa: PLR2004 - the formula's own number
    new = _new(once, twice, samples)
    # By the delta method, with a count that may as well have been one larger.
    by_once = _new(once + 2, twice, samples) - _new(once + 1, twice, samples)
    by_twice = _new(once + 1, twice, samples) - _new(once + 1, twice + 1, samples)
    variance = new + 1 + by_once**2 * (once + 1) + by_twice**2 * (twice + 1)
    spread = _Z * sqrt(variance) + 0.5
    return Growth(
        unit=unit,
        samples=samples,
        seen=len(times),
        once=once,
        twice=twice,
        next_new=round(min(1.0, once / samples), 6),
        doubled=round(len(times) + new, 2),
        low=round(len(times) + max(0.0, new - spread), 2),
        high=round(len(times) + new + spread, 2),
    )


def _new(once: int, twice: int, samples: int) -> float:
    """Return how many new ones twice the samples show, by Chao and Colwell."""
    unseen = (samples - 1) / samples * once * (once - 1) / (2 * (twice + 1))
    if unseen <= 0:
        return 0.0
    return float(unseen * (1 - (1 - once / (samples * unseen + once)) ** samples))


def rarefied(times: Iterable[int], samples: int, fewer: int) -> float:
    """Return how many things so many samples, drawn from all of them, show on average.

    Args:
        times: for each thing, in how many samples it is.
        samples: how many samples there are.
        fewer: how many are drawn.
    """
    return sum(1 - _absent(many, samples, fewer) for many in times)


def _absent(many: int, samples: int, fewer: int) -> float:
    """Return C(T - f, t) / C(T, t): the probability that none of t samples holds it."""
    if samples - many < fewer:
        return 0.0
    return exp(
        lgamma(samples - many + 1)
        - lgamma(samples - many - fewer + 1)
        - lgamma(samples + 1)
        + lgamma(samples - fewer + 1)
    )
