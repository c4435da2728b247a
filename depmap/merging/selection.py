"""What sampling by outcome does to units, and how it is undone.

Under "keep all errors and 1 % of the rest" every dependency looks strong: requests whose consumer
failed are kept, requests it saved are not. Weighing the few that are left (inverse probability) is
too noisy; the likelihood is corrected instead, by the ratio of the two chances to be kept
(outcome-dependent sampling).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.merging.mixture import Table, column
from depmap.merging.tilt import tilt
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from depmap.merging.units import Units
    from depmap.model.evidence import Evidence, Flow, Node
    from depmap.model.sampling import Policy

FAILED_REQUESTS: Final = 0.2
"""No system in use fails so large a share of its requests: successes were thrown away."""
FAILED_BESIDES: Final = 0.05
HEALTHY: Final = 0.5
"""Likewise, if fewer traces than this are free of errors, and more requests than that fail."""
MIN_REQUESTS: Final = 50
TIMES_METRICS: Final = 3.0
MIN_ERRORS: Final = 10
"""Likewise, if traces show so many times the share of errors that metrics count."""
TILTED: Final = 0.5
"""Likewise, if providers seem to fail e to this power as often for consumers that fail with them
as for those that do not, and that is as many standard errors from nothing ..."""
TILT_ERRORS: Final = 2.5
TILT_ERRORS_BESIDES: Final = 2.0
"""... or so many only, where a share of ``FAILED_BESIDES`` of the requests fails, too."""
UNKNOWN_RATIO: Final = 100.0
"""The ratio that is reckoned with where a policy is unknown: 1 % of the successes are kept."""
_STEADY: Final = 2.0
"""Units of the whole system that stand in for what few units of one dependency do not tell."""


Pair = tuple[Table, Table]


@dataclass(frozen=True, slots=True)
class Selection:
    """How units were selected.

    Attributes:
        background: p0 of each dependency, corrected.
        low: the least that the ratio of the chances to be kept may be, for each dependency.
        high: the most.
        unknown: whether failures were kept more often than successes, nobody knows how much more.
    """

    background: Table
    low: Table
    high: Table
    unknown: bool


def selection(units: Sequence[Units], policy: Policy | None, *, suspect: bool) -> Selection:
    """Work out how units were selected.

    Args:
        units: of each dependency.
        policy: the sampling policy where spans do not tell their weight; None: not known.
        suspect: whether failures seem to be kept more often, see ``suspected``.
    """
    n1, k1, n0, k0 = _columns(units)
    w_n1, w_k1, w_n0, w_k0 = (column([item.weights[at] for item in units]) for at in range(4))
    ones = np.ones(len(units))
    if any(item.told for item in units):
        low, high = _ratios((k1, w_k1), (n1 - k1, w_n1 - w_k1), (n0 - k0, w_n0 - w_k0))
        return Selection(_background(w_n0, w_k0), low, high, unknown=False)
    if policy is not None and policy.by_outcome:
        # of a trace that is kept for any error, the failure of the provider is one
        high = ones / policy.head if policy.errors == "root" else ones
        background = _background((n0 - k0) / policy.head + k0, k0)
        return Selection(background, ones, high, unknown=False)
    unknown = policy is None and suspect
    high = ones * UNKNOWN_RATIO if unknown else ones
    return Selection(_background(n0, k0), ones, high, unknown=unknown)


def suspected(nodes: Iterable[Node], flows: Iterable[Flow], evidence: Iterable[Evidence]) -> bool:
    """Tell whether traces show more failures than a system in use, or its metrics, can have.

    Args:
        nodes: nodes as the sources name them, with the requests that reached them from outside.
        flows: call-tree shapes of the traces that are free of errors.
        evidence: claims, of traces and metrics among others.
    """
    claims = list(evidence)
    asked = [(node.requests, node.requests_failed) for node in nodes if node.requests]
    requests, failed = sum(many for many, _ in asked), sum(many for _, many in asked)
    healthy = sum(flow.count for flow in flows)
    share = failed / requests if requests >= MIN_REQUESTS else 0.0
    if share >= FAILED_REQUESTS or (share >= FAILED_BESIDES and healthy / requests <= HEALTHY):
        return True
    sure = TILT_ERRORS_BESIDES if share >= FAILED_BESIDES else TILT_ERRORS
    found = tilt(claims)
    tilted = found is not None and found.slope >= max(TILTED, sure * found.error)
    return tilted or _beyond_metrics(claims)


def _beyond_metrics(evidence: Iterable[Evidence]) -> bool:
    """Tell whether traces show a larger share of errors than metrics do, over the same pairs."""
    counts: dict[tuple[str, str], dict[Source, tuple[int, int]]] = {}
    for item in evidence:
        if item.calls is not None and item.source in {Source.TRACES, Source.METRICS}:
            of = counts.setdefault((item.consumer, item.provider), {})
            calls, errors = of.get(item.source, (0, 0))
            of[item.source] = (calls + item.calls.calls, errors + item.calls.errors)
    both = [of for of in counts.values() if len(of) > 1]
    seen, failed = (sum(of[Source.TRACES][at] for of in both) for at in (0, 1))
    counted, wrong = (sum(of[Source.METRICS][at] for of in both) for at in (0, 1))
    if failed < MIN_ERRORS or not counted:
        return False
    return failed / seen > TIMES_METRICS * wrong / counted


def _columns(units: Sequence[Units]) -> tuple[Table, Table, Table, Table]:
    return (
        column([item.failed for item in units]),
        column([item.failed_too for item in units]),
        column([item.clean for item in units]),
        column([item.clean_failed for item in units]),
    )


def _background(clean: Table, clean_failed: Table) -> Table:
    """Return p0, steadied by that of the whole system where there are few units."""
    pool = (clean_failed.sum() + 0.5) / (clean.sum() + 1)
    found: Table = (clean_failed + _STEADY * pool) / (clean + _STEADY)
    return np.minimum(found, 1 - 1e-6)


def _ratios(too: Pair, saved: Pair, clean: Pair) -> Pair:
    """Return bounds of the ratio from what units stand for, each as (kept, stand for).

    Units that are sure to be kept stand for themselves. How many others there are is known from
    the few of them that were kept, so that the ratio is as uncertain as their number.

    Args:
        too: units in which the consumer failed with the provider.
        saved: units in which it did not.
        clean: units in which nothing failed; they tell how seldom successes are kept where none
            of ``saved`` is there.
    """
    seldom = _pooled(*(saved if saved[0].sum() else clean))
    chance, chance_saved = _chance(*too, _pooled(*too)), _chance(*saved, seldom)
    drawn = np.maximum(too[1] - too[0], 0.0) * seldom
    doubt = np.exp(np.sqrt(1 / (drawn + 1) + 1 / (saved[0] + 1)))
    ratio = np.clip(chance / chance_saved, 1.0, 1 / seldom)
    return np.maximum(ratio / doubt, 1.0), np.minimum(ratio * doubt, 1 / seldom)


def _pooled(kept: Table, stand: Table) -> float:
    """Return the chance of a unit to be kept, over the whole system."""
    return min(1.0, float(kept.sum() / stand.sum())) if kept.sum() else 1.0


def _chance(kept: Table, stand: Table, pool: float) -> Table:
    """Return the chance to be kept: how many were, over how many they stand for."""
    found: Table = (kept + _STEADY) / (np.maximum(stand, kept) + _STEADY / pool)
    return found
