"""Services that slow down together and do not call each other: a candidate for what they share.

Each service's 95th percentile by time bin is ranked, put on the scale of a normal distribution,
freed of its load and of what all services do together (least squares), and whitened (AR(3)), so
that neither a busy afternoon nor slow drift looks like coupling. Correlations of all pairs become
z-values (Fisher), and these are judged by their own middle and spread over all pairs (Efron's
empirical null, JASA 2004): what holds for every pair is no news. Nothing follows about the
direction or the cause.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from depmap.assessing.significance import q_values
from depmap.graph.reach import closure
from depmap.model.finding import Candidate, Detection
from depmap.model.words import Kind, Source
from depmap.tracing.activity import HOUR, HOUR_S, P95, SERVED, hours_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Evidence

Values = NDArray[np.float64]
Table = NDArray[np.int64]
Series = tuple[Values, Values]
"""Of one service, by time bin: 95th percentile of its latency, on any scale that keeps the order
(NaN where unknown), and calls."""

DETECTOR: Final = "latency-coupled"
MIN_BINS: Final = 120
MIN_SERVICES: Final = 20
"""Fewer make too few pairs to tell what is usual for a pair."""
MIN_CALLS: Final = 20
"""Calls in an hour from which its 95th percentile means something."""
FILLED: Final = 0.8
"""Share of the bins in which a service must have a percentile."""
FALSE_SHARE: Final = 0.01
"""Of what is reported, so much may be chance: less than elsewhere, as what is left of a common
cause has longer tails than chance alone."""
_NORMAL_MAD: Final = 1.4826
_STILL: Final = 1e-9
"""A series no longer than that is constant but for rounding."""
_ORDER: Final = 3
"""How many bins back a bin is predicted from: noise on top of slow drift is no plain AR(1)."""


def coupling(series: Sequence[Series]) -> tuple[Values, Values]:
    """Return for each pair of services (z, p), as square matrices.

    p is the probability that so large a z-value, or a larger one, is as usual for the pairs.

    Args:
        series: the series of each service, all over the same bins in order of time.
    """
    from scipy.stats import norm  # noqa: PLC0415 - half a second to import

    scaled = np.array([_scaled(p95) for p95, _ in series])
    together = scaled.mean(axis=0)
    loads = [np.log1p(calls) for _, calls in series]
    system = np.log1p(np.sum([calls for _, calls in series], axis=0))
    white = np.array(
        [
            _whitened(_freed(row, load, system, together))
            for row, load in zip(scaled, loads, strict=True)
        ]
    )
    z = np.arctanh(_correlation(_apart(white))) * np.sqrt(max(white.shape[1] - 3, 1))
    usual = z[np.triu_indices(len(series), 1)]
    middle = np.median(usual)
    spread = max(float(np.median(np.abs(usual - middle))) * _NORMAL_MAD, 1.0)
    z = (z - middle) / spread
    return z, norm.sf(z)


def _scaled(p95: Values) -> Values:
    """Return ranks as quantiles of the normal distribution, 0 where there is no value.

    Unlike plain ranks they keep what happens at times only, but strongly.
    """
    from scipy.special import ndtri  # noqa: PLC0415 - half a second to import
    from scipy.stats import rankdata  # noqa: PLC0415 - likewise

    scaled = np.zeros(len(p95))
    known = np.isfinite(p95)
    scaled[known] = ndtri(rankdata(p95[known]) / (known.sum() + 1))
    return scaled


def _correlation(white: Values) -> Values:
    """Return the correlation of each two series; 0 with one that does not vary."""
    far = white - white.mean(axis=1, keepdims=True)
    length = np.linalg.norm(far, axis=1, keepdims=True)
    unit = far / np.where(length > _STILL, length, np.inf)
    correlation: Values = np.clip(unit @ unit.T, -0.999999, 0.999999)
    return correlation


def _freed(scaled: Values, load: Values, system: Values, together: Values) -> Values:
    """Return what is left of a series without its load and what all do together."""
    known = [np.ones(len(scaled)), together]
    for values in (load, system):
        far = (values - values.mean()) / (values.std() or 1.0)
        known += [far, far**2, far**3]
    columns = np.column_stack(known)
    weights, *_ = np.linalg.lstsq(columns, scaled, rcond=None)
    left: Values = scaled - columns @ weights
    return left


def _apart(white: Values) -> Values:
    """Return series without what is still common to all of them."""
    spread = white.std(axis=1, keepdims=True)
    common = (white / np.where(spread > _STILL, spread, np.inf)).mean(axis=0)
    power = float(common @ common)
    apart: Values = white - np.outer(white @ common / power, common) if power else white
    return apart


def _whitened(values: Values) -> Values:
    """Return a series without what each value takes over from those before, AR(3)."""
    before = np.lib.stride_tricks.sliding_window_view(values[:-1], _ORDER)
    weights, *_ = np.linalg.lstsq(before, values[_ORDER:], rcond=None)
    whitened: Values = values[_ORDER:] - before @ weights
    return whitened


def hourly(dependencies: Iterable[Dependency]) -> dict[str, Series]:
    """Return the series of each service whose own spans tell its latency in enough hours.

    Its percentile in an hour is the mean of those of its callers, by calls, on the scale of the
    logarithmic buckets.
    """
    served: dict[str, list[Table]] = defaultdict(list)
    for item in dependencies:
        # In events it is the subscriber that serves.
        name = item.consumer if item.kind is Kind.EVENT else item.provider
        for claim in item.evidence:
            rows = _told(claim)
            if rows is not None:
                served[name].append(rows)
    tables = {name: np.concatenate(parts) for name, parts in sorted(served.items())}
    order = np.unique(np.concatenate([np.zeros(0, np.int64), *(t[:, 0] for t in tables.values())]))
    found = {name: _series(table, order) for name, table in tables.items()}
    least = FILLED * len(order)
    return {name: pair for name, pair in found.items() if np.isfinite(pair[0]).sum() >= least}


def _told(claim: Evidence) -> Table | None:
    """Return (hour, calls with a latency, bucket of their 95th percentile), a row each."""
    calls = claim.calls
    if claim.source is not Source.TRACES or calls is None:
        return None
    if calls.hours:
        packed = hours_table(calls)
        return packed[packed[:, P95] >= 0][:, [HOUR, SERVED, P95]]
    if not claim.first_seen or not calls.server_buckets:
        return None
    buckets = np.array(calls.server_buckets)
    passed = np.cumsum(buckets[:, 1])
    at = int(np.searchsorted(passed, np.ceil(0.95 * passed[-1])))
    hour = int(claim.first_seen.timestamp()) // HOUR_S
    return np.array([[hour, int(passed[-1]), int(buckets[at, 0])]], dtype=np.int64)


def _series(table: Table, order: Table) -> Series:
    hour, calls, bucket = table.T
    at = np.searchsorted(order, hour)
    total: Values = np.bincount(at, weights=calls, minlength=len(order)).astype(np.float64)
    p95 = np.bincount(at, weights=calls * bucket, minlength=len(order)) / np.maximum(total, 1)
    return np.where(total >= MIN_CALLS, p95, np.nan), total


def latency_coupled(
    series: Mapping[str, Series], dependencies: Sequence[Dependency]
) -> tuple[tuple[Candidate, ...], Detection]:
    """Return pairs that slow down together although nothing known joins them, and what was tested.

    Args:
        series: by service, see ``hourly``; finer bins serve as well.
        dependencies: what is known, so that it explains what it explains.
    """
    names = sorted(series)
    bins = len(series[names[0]][0]) if names else 0
    if len(names) < MIN_SERVICES or bins < MIN_BINS:
        why = (
            f"it needs {MIN_SERVICES} services with latencies in {MIN_BINS} hours; "
            f"traces show {len(names)} in {bins}"
        )
        return (), Detection(detector=DETECTOR, tested=0, found=0, why=why)
    joined = _joined(dependencies, names)
    z, p = coupling([series[name] for name in names])
    pairs = [
        (i, j)
        for i in range(len(names))
        for j in range(i + 1, len(names))
        if (names[i], names[j]) not in joined
    ]
    q_of = q_values([float(p[pair]) for pair in pairs])
    candidates = tuple(
        _candidate(names[i], names[j], float(z[i, j]), bins, q)
        for (i, j), q in zip(pairs, q_of, strict=True)
        if q <= FALSE_SHARE
    )
    pair = "1 pair is" if len(joined) == 1 else f"{len(joined)} pairs are"
    why = f"{pair} joined by calls, or call the same provider"
    return candidates, Detection(
        detector=DETECTOR, tested=len(pairs), found=len(candidates), why=why if joined else ""
    )


def _joined(
    dependencies: Sequence[Dependency], names: Sequence[str]
) -> frozenset[tuple[str, str]]:
    """Return the pairs, each in order of name, that calls or a common provider join."""
    edges = [
        (item.consumer, item.provider)
        for item in dependencies
        if item.confirmed and item.kind.is_call
    ]
    users: dict[str, set[str]] = defaultdict(set)
    for consumer, provider in edges:
        users[provider].add(consumer)
    known = {tuple(sorted(pair)) for pair in closure(edges, names)}
    wanted = set(names)
    for members in users.values():
        inside = sorted(members & wanted)
        known |= {(one, other) for i, one in enumerate(inside) for other in inside[i + 1 :]}
    return frozenset((one, other) for one, other in known)


def _candidate(one: str, other: str, z: float, bins: int, q_value: float) -> Candidate:
    return Candidate(
        detector=DETECTOR,
        consumer=one,
        provider=other,
        directed=False,
        message=f"{one} and {other} slow down together, and no call joins them",
        statistic=f"z = {z:.1f} over {bins - _ORDER} time bins, "
        "freed of load and of what all share",
        value=round(z, 3),
        units=bins - _ORDER,
        q_value=float(f"{q_value:.3g}"),
        alternative="a host, network or pool that both run on, or a job that slows both",
    )
