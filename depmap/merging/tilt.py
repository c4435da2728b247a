"""Do providers seem to fail more often for those consumers that fail with them?

They do not: a provider fails as often whoever calls it. But where traces are kept by the outcome
of the request, a provider's failures are kept above all where its consumer failed with them, and
are thrown away where the consumer saved the request. What a single dependency shows would look
like a strong one as well; the providers that several consumers call tell the two apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from depmap.merging.mixture import Table
    from depmap.model.evidence import Evidence

SEEN_BY: Final = 20
"""Units of a pair from which its share of failures says something."""
MIN_PROVIDERS: Final = 3
"""Providers with callers that differ in what they make of its failures."""
_NOTHING: Final = 1e-9
_CALLERS_DIFFER: Final = 0.25
"""Variance of ln(share of failures) between callers of one provider: by half."""


@dataclass(frozen=True, slots=True)
class Tilt:
    """How a provider's share of failures goes with whether its consumers fail, too.

    Attributes:
        slope: ln of how many times as often it fails for those that always fail with it as for
            those that never do, over all providers.
        error: its standard error.
    """

    slope: float
    error: float


def tilt(evidence: Iterable[Evidence]) -> Tilt | None:
    """Return the slope over pairs, each provider for itself; None where it cannot be told.

    Failures of one minute are one observation. The standard error lets the callers of a provider
    be alike (sandwich, by provider), and is no smaller than that of independent ones.

    Args:
        evidence: claims, of traces among others.
    """
    pairs = _pairs(evidence)
    if not pairs:
        return None
    failed, too, clean, minutes = np.array([pairs[pair] for pair in sorted(pairs)]).T
    _, of = np.unique([provider for provider, _ in sorted(pairs)], return_inverse=True)
    seen = np.minimum(failed, np.maximum(minutes, 1))
    weight = seen / (1 + _CALLERS_DIFFER * seen)
    needs = _centred((too + 0.5) / (failed + 1), weight, of)
    shares = _centred(np.log((failed + 0.5) / (failed + clean + 1)), weight, of)
    known = np.bincount(of, weight * needs**2)
    total, clusters = float(known.sum()), int(np.count_nonzero(known > _NOTHING))
    if clusters < MIN_PROVIDERS:
        return None
    slope = float(np.bincount(of, weight * needs * shares).sum()) / total
    left = np.bincount(of, weight * needs * (shares - slope * needs))
    sandwich = float(np.sqrt((left**2).sum() * clusters / (clusters - 1))) / total
    return Tilt(slope, max(sandwich, total**-0.5))


def _pairs(evidence: Iterable[Evidence]) -> dict[tuple[str, str], Table]:
    """Return n1, k1, n0 and minutes of each (provider, consumer) that was seen to fail."""
    counts: dict[tuple[str, str], Table] = {}
    for item in evidence:
        told = item.calls
        if told is None or item.source is not Source.TRACES:
            continue
        pair = item.provider, item.consumer
        units = (told.units_failed, told.units_failed_too, told.units_clean, told.incidents)
        counts[pair] = counts.get(pair, np.zeros(4)) + units
    return {pair: of for pair, of in counts.items() if of[0] and of[0] + of[2] >= SEEN_BY}


def _centred(values: Table, weight: Table, of: NDArray[np.intp]) -> Table:
    """Return values less the mean of their provider."""
    mean = np.bincount(of, weight * values) / np.bincount(of, weight)
    centred: Table = values - mean[of]
    return centred
