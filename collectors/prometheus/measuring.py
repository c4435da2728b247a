"""The numbers of a family: one question each for all its edges and hours."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.prometheus.edges import Family, Labels
    from collectors.prometheus.series import Series

Key = tuple[int, tuple[tuple[str, str], ...]]
"""An hour and the labels that tell an edge, those without a value left out."""

QUANTILES = ("0.5", "0.95", "0.99")


@dataclass(slots=True)
class Tally:
    """What was counted of one group of series in one hour.

    Attributes:
        calls: how many calls, before rounding.
        errors: how many of them failed.
        grpc: whether answers had a gRPC status.
        appeared: the counter was not there an hour before; its first value is no increase.
        alive: the edge was in use without new calls.
        latency: quantiles in ms, by ``QUANTILES``.
    """

    calls: float = 0.0
    errors: float = 0.0
    grpc: bool = False
    appeared: bool = False
    alive: bool = False
    latency: dict[str, float] = field(default_factory=dict)


def measured(series: Series, family: Family, names: frozenset[str]) -> dict[Key, Tally]:
    """Return what was counted, by hour and edge, in a fixed order."""
    found: dict[Key, Tally] = defaultdict(Tally)
    if family.gauge:
        for key, _ in _grouped(series, family, _present(series, family)):
            found[key].alive = True
        return dict(sorted(found.items()))
    _count(series, family, found)
    for key, _ in _grouped(series, family, _appearing(series, family)):
        found[key].appeared = True
    for metric in names.intersection(family.alive):
        alive = _increase(series, family, metric, family.where)
        for key, _ in _grouped(series, family, alive):
            found[key].alive = True
    if family.outcome is not None and family.outcome.metric in names:
        _outcomes(series, family, found)
    for name, unit in family.latency:
        if f"{name}_bucket" in names:
            _latency(series, family, (name, unit), found)
            break
    return dict(sorted(found.items()))


def _count(series: Series, family: Family, found: dict[Key, Tally]) -> None:
    query = _increase(series, family, family.metric, family.where, family.details)
    for point in series.points(query):
        tally = found[_key(family, point.hour, point.labels)]
        tally.calls += point.value
        tally.errors += point.value if family.failed(point.labels) else 0


def _outcomes(series: Series, family: Family, found: dict[Key, Tally]) -> None:
    outcome = family.outcome
    if outcome is None:
        return
    errors: dict[Key, float] = defaultdict(float)
    query = _increase(series, family, outcome.metric, outcome.where, outcome.details)
    for point in series.points(query):
        key = _key(family, point.hour, point.labels)
        errors[key] += point.value if outcome.failed(point.labels) else 0
        if key in found:
            found[key].grpc |= bool(point.labels.get("grpc_status_code"))
    for key in errors.keys() & found.keys():
        # A counter of failures is born with the first of them, and is then behind.
        found[key].errors = max(found[key].errors, errors[key])


def _latency(
    series: Series, family: Family, histogram: tuple[str, float], found: dict[Key, Tally]
) -> None:
    name, unit = histogram
    buckets = f"increase({series.selector(f'{name}_bucket', family.where)}[1h])"
    summed = f"sum by ({', '.join((*family.by, 'le'))}) ({buckets})"
    query = " or ".join(
        f'label_replace(histogram_quantile({share}, {summed}), "quantile", "{share}", "", "")'
        for share in QUANTILES
    )
    for point in series.points(query):
        key = _key(family, point.hour, point.labels)
        if key in found:
            found[key].latency[point.labels["quantile"]] = point.value * unit


def _increase(
    series: Series, family: Family, metric: str, where: str, details: tuple[str, ...] = ()
) -> str:
    """Return the query for the calls of each hour.

    From the last value before the hour to its last one: ``increase`` alone would lose the calls
    between two scrapes when the hour strikes, which is when jobs start, and extrapolates. It is
    left for counters that started anew.
    """
    counter = series.selector(metric, where)
    risen = f"last_over_time({counter}[1h]) - last_over_time({counter}[1h] offset 1h)"
    counted = f"({risen} >= 0 unless resets({counter}[1h]) > 0) or increase({counter}[1h])"
    return f"sum by ({', '.join((*family.by, *details))}) ({counted}) > 0"


def _appearing(series: Series, family: Family) -> str:
    """Return the query for counters that came into being in an hour, with calls on them.

    ``increase`` needs two samples and knows no earlier zero: without this, an edge that was
    called once would not be there at all.
    """
    counter = series.selector(family.metric, family.where)
    new = f"last_over_time({counter}[1h]) > 0 unless last_over_time({counter}[1h] offset 1h)"
    return f"count by ({', '.join(family.by)}) ({new})"


def _present(series: Series, family: Family) -> str:
    """Return the query for the edges that a gauge says to be in use."""
    gauge = series.selector(family.metric, family.where)
    return f"count by ({', '.join(family.by)}) (max_over_time({gauge}[1h]) > 0)"


def _grouped(series: Series, family: Family, query: str) -> Iterator[tuple[Key, float]]:
    for point in series.points(query):
        yield _key(family, point.hour, point.labels), point.value


def _key(family: Family, hour: int, labels: Labels) -> Key:
    return hour, tuple((name, labels[name]) for name in family.by if labels.get(name))
