"""Chance, as the detectors judge it: false discoveries, rhythm, and shares with their interval."""

from __future__ import annotations

from math import atan, exp, pi, sqrt, tan
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depmap.tracing.activity import Numbers

FALSE_SHARE: Final = 0.05
"""Of what a detector reports, so much may be chance (Benjamini and Hochberg, JRSS B 1995)."""
_NO_SIGN: Final = 0.9
"""A test that speaks against it counts as one that says nothing."""


def q_values(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return for each p-value the expected share of chance among all that are at most as large.

    Everything that was tested must be among them, not only what looks striking.
    """
    if not p_values:
        return ()
    from scipy.stats import false_discovery_control  # noqa: PLC0415 - half a second to import

    return tuple(float(value) for value in false_discovery_control(p_values))


def at_least(successes: int, trials: int, chance: float) -> float:
    """Return P(X >= successes) for X ~ Bin(trials, chance)."""
    from scipy.special import bdtrc  # noqa: PLC0415 - late, as all of SciPy

    return float(bdtrc(successes - 1, trials, chance)) if successes else 1.0


def together(p_values: Sequence[float]) -> float:
    """Return one p-value for several tests of one thing, however they depend on each other.

    The Cauchy combination of Liu and Xie (JASA 2020): one striking test counts as by Bonferroni,
    several of them count for more.
    """
    tried = [min(max(value, 1e-15), _NO_SIGN) for value in p_values]
    mean = sum(tan((0.5 - value) * pi) for value in tried) / len(tried)
    return 0.5 - atan(mean) / pi


def rayleigh(length: float, directions: int) -> float:
    """Return the probability that random directions add up to at least so long a vector.

    The closed form of Fisher (1993), p = exp(sqrt(1 + 4n + 4(n^2 - R^2)) - (1 + 2n)), which stays
    in [0, 1] where the usual series turns negative.

    Args:
        length: R, the length of the sum of unit vectors.
        directions: n, how many there are.
    """
    n, long = float(directions), min(length, float(directions))
    return exp(sqrt(1 + 4 * n + 4 * (n * n - long * long)) - (1 + 2 * n))


def dispersion(counts: Numbers, exposure: Numbers) -> float:
    """Return the variance of counts over their mean, for what was to be expected; at least 1.

    Pearson's statistic over its degrees of freedom, as in a quasi-Poisson regression.

    Args:
        counts: what was counted in each unit of time.
        exposure: what each count is expected to be proportional to; units without are left out.
    """
    known = exposure > 0
    counts, exposure = counts[known], exposure[known]
    if len(counts) < 2 or not counts.any():  # noqa: PLR2004 - one unit does not scatter
        return 1.0
    expected = exposure * (counts.sum() / exposure.sum())
    return max(1.0, float(((counts - expected) ** 2 / expected).sum() / (len(counts) - 1)))


def wilson(found: int, of: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share; (0, 1) of nothing."""
    if not of:
        return 0.0, 1.0
    from scipy.stats import binomtest  # noqa: PLC0415 - half a second to import

    interval = binomtest(found, of).proportion_ci(method="wilson")
    return round(float(interval.low), 4), round(float(interval.high), 4)
