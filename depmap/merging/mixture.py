"""How tolerant of failures is this system? Two kinds of dependencies, fitted over all of them.

delta is the failure strength of a dependency, P(consumer fails because provider failed): the
parameter of a noisy-or, or causal power (Cheng 1997). Over a system it is taken to be a mixture of
two Beta distributions, one of strong and one of weak dependencies. The clean units of traces are
binomial in p1 = p0 + (1 - p0) delta. Everything is worked out on one grid of delta.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Table = NDArray[np.float64]
"""A row for each dependency, a column for each point of the grid; or one of both."""

BINS: Final = 200
_ANGLES: Final = np.linspace(0, np.pi / 2, 2 * BINS + 1)
EDGES: Final = np.sin(_ANGLES[::2]) ** 2
"""Where the bins of the grid begin and end."""
GRID: Final = np.sin(_ANGLES[1::2]) ** 2
"""Values of delta, closest at both ends; 0.5 lies between two of them."""
UPPER: Final = GRID > 0.5  # noqa: PLR2004 - strong is what fails more often than not

LEVELS: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
"""Levels at which the quantiles of delta are kept."""

_EDGE: Final = 1e-9
_TINY: Final = 1e-300
_LOOSE: Final = np.array([1.0, 0.5, 0.5, 0.5, 0.5])
"""Standard deviations of the log-normal priors: weak, yet enough to hold with few edges."""
_FAR: Final = 3.0
_STEP: Final = 1e-5


@dataclass(frozen=True, slots=True)
class Mixture:
    """How delta is distributed over a system.

    Attributes:
        share: of the strong component, 0-1.
        strong: the two parameters of its Beta distribution.
        weak: those of the weak component.
    """

    share: float = 0.5
    strong: tuple[float, float] = (9.0, 1.0)
    weak: tuple[float, float] = (0.5, 9.0)

    def weights(self) -> Table:
        """Return the probability of each point of the grid."""
        return self.share * _beta(*self.strong) + (1 - self.share) * _beta(*self.weak)

    @property
    def prior(self) -> float:
        """P(a dependency is strong) before anything is known about it."""
        return float(self.weights()[UPPER].sum())


def _beta(a: float, b: float) -> Table:
    from scipy.special import betainc  # noqa: PLC0415 - slow to import

    found: Table = np.diff(betainc(a, b, EDGES))
    return found


def likelihoods(failed: Table, failed_too: Table, background: Table, ratio: Table) -> Table:
    """Return the likelihood of each dependency's units at each point of the grid.

    Where traces are kept by their outcome, units in which the consumer failed are ``ratio`` times
    as likely to be kept as others; p / (1 - p) is seen ``ratio`` times too large.

    Args:
        failed: n1 of each dependency.
        failed_too: k1 likewise, at most n1.
        background: p0 likewise, above 0 and below 1.
        ratio: chance to be kept if the consumer failed, over the chance if not.

    Returns:
        Likelihoods, the largest of each row 1.
    """
    p1 = background[:, None] + (1 - background)[:, None] * GRID
    seen = p1 * ratio[:, None] / (p1 * ratio[:, None] + 1 - p1)
    seen = np.clip(seen, _EDGE, 1 - _EDGE)
    log = failed_too[:, None] * np.log(seen)
    log += (failed - failed_too)[:, None] * np.log1p(-seen)
    log -= log.max(axis=1, keepdims=True)
    found: Table = np.exp(log)
    return found


def both(
    failed: Table, failed_too: Table, background: Table, ratios: tuple[Table, Table]
) -> tuple[Table, Table]:
    """Return ``likelihoods`` for the least and the most that the ratio may be: one if both are."""
    low = likelihoods(failed, failed_too, background, ratios[0])
    if np.array_equal(*ratios):
        return low, low
    return low, likelihoods(failed, failed_too, background, ratios[1])


def fit(likely: Table, weights: Table) -> Mixture:
    """Fit the mixture by its posterior mode (L-BFGS); with no rows it is the prior's.

    The rows' order changes nothing beyond the rounding that ``_rounded`` takes away.

    Args:
        likely: likelihoods, a row for each of what is distributed so.
        weights: how much each row counts, 0-1.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - slow to import

    start = _coded(Mixture())
    if not len(likely):
        return Mixture()

    def loss(point: Table) -> tuple[float, Table]:
        evidence = np.maximum(likely @ _decoded(point).weights(), _TINY)
        away = (point - start) / _LOOSE
        value = float(0.5 * (away @ away) - weights @ np.log(evidence))
        # one product with the rows for all parameters; only the grid's weights are varied
        slope = away / _LOOSE - _varied(point) @ ((weights / evidence) @ likely)
        return value, slope

    bounds = list(zip(start - _FAR, start + _FAR, strict=True))
    found = minimize(loss, start, method="L-BFGS-B", jac=True, bounds=bounds)
    return _rounded(_decoded(found.x))


def _varied(point: Table) -> Table:
    """Return how the grid's weights change with each parameter, by central differences."""
    rows = []
    for step in np.eye(len(point)) * _STEP:
        more, less = _decoded(point + step).weights(), _decoded(point - step).weights()
        rows.append((more - less) / (2 * _STEP))
    return np.array(rows)


def _coded(mixture: Mixture) -> Table:
    parts = (mixture.share / (1 - mixture.share), *mixture.strong, *mixture.weak)
    found: Table = np.log(np.array(parts))
    return found


def _decoded(point: Table) -> Mixture:
    odds, *rest = np.exp(point).tolist()
    return Mixture(odds / (1 + odds), (rest[0], rest[1]), (rest[2], rest[3]))


def _rounded(mixture: Mixture) -> Mixture:
    def plain(value: float) -> float:
        return float(f"{value:.3g}")

    return Mixture(
        plain(mixture.share),
        (plain(mixture.strong[0]), plain(mixture.strong[1])),
        (plain(mixture.weak[0]), plain(mixture.weak[1])),
    )


def joint(likely: Table, mixture: Mixture) -> Table:
    """Return how delta is distributed, given the units: probabilities of the grid's points.

    Args:
        likely: likelihoods of the units, a row each; all 1 where there are none.
        mixture: the system's.
    """
    found = likely * mixture.weights()
    found /= np.maximum(found.sum(axis=1, keepdims=True), _TINY)
    return found


def log_odds(density: Table, mixture: Mixture) -> Table:
    """Return what the units alone say of each dependency: log-odds of strong, beyond the prior.

    Args:
        density: as ``joint`` gives it.
        mixture: the system's.
    """
    upper, lower = density[:, UPPER].sum(axis=1), density[:, ~UPPER].sum(axis=1)
    prior = mixture.prior
    found: Table = np.log(np.maximum(upper, _TINY) / np.maximum(lower, _TINY))
    found -= np.log(prior / (1 - prior))
    return found


def posterior(density: Table, strong: Table) -> tuple[Table, Table]:
    """Return mean and quantiles of delta, given P(strong) from all sources.

    Inside each half of the grid delta is distributed as traces say; how much lies in which half
    is what all sources together say.

    Args:
        density: as ``joint`` gives it.
        strong: P(strong) of each dependency.

    Returns:
        The mean of each dependency, and the quantiles at ``LEVELS``, a row each.
    """
    weighed = density.copy()
    for half, mass in ((UPPER, strong), (~UPPER, 1 - strong)):
        part = density[:, half]
        total = np.maximum(part.sum(axis=1, keepdims=True), _TINY)
        weighed[:, half] = part / total * mass[:, None]
    mean: Table = weighed @ GRID
    reached = np.cumsum(weighed, axis=1)
    quantiles = np.empty((len(weighed), len(LEVELS)))
    for at, level in enumerate(LEVELS):
        quantiles[:, at] = GRID[np.minimum((reached < level).sum(axis=1), BINS - 1)]
    return mean, quantiles


def column(values: Sequence[float] | NDArray[Any]) -> Table:
    """Return values as a column of the tables."""
    return np.asarray(values, dtype=np.float64)
