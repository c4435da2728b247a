"""From what was counted to evidence: one claim an edge and hour, by its best reporter."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.prometheus.edges import Edge, Family
from collectors.prometheus.measuring import QUANTILES, Tally
from collectors.prometheus.series import moment
from depmap.model.calls import Calls
from depmap.model.evidence import Evidence, Node
from depmap.model.words import Kind, NodeKind, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from collectors.prometheus.edges import Entry
    from collectors.prometheus.series import Series

SEEN_OFTEN = 3
"""Calls from which an edge is no accident."""
EXAMPLES = 3
"""Series that are named for an edge, those with the most calls."""
_CONFIDENCE_OFTEN = 0.99
_CONFIDENCE_SELDOM = 0.9

_COUNTED = "counted in this hour; where a counter started anew, extrapolated and rounded"
_APPEARED = "its counter came with calls on it: how many of them were made in this hour is unknown"
_IN_USE = "said to be in use in this hour; calls are not counted"
_ALIVE = "bytes or messages flow over what was opened before: calls are not counted"


@dataclass(frozen=True, slots=True)
class Seen:
    """An edge in one hour, as one group of series tells it."""

    hour: int
    labels: tuple[tuple[str, str], ...]
    edge: Edge
    tally: Tally
    family: Family

    @property
    def pair(self) -> tuple[int, str, str]:
        """The hour and the two sides."""
        return (self.hour, self.edge.consumer.name, self.edge.provider.name)

    @property
    def kind(self) -> Kind:
        """The kind; answers with a gRPC status tell it better than a proxy that speaks HTTP."""
        grpc = self.tally.grpc and self.edge.kind is Kind.HTTP
        return Kind.GRPC if grpc else self.edge.kind


def claims(
    seen: Sequence[Seen], entries: Iterable[Entry], series: Series
) -> Iterator[Evidence | Node]:
    """Yield the nodes, then an evidence for each edge, kind, metric and hour, in a fixed order."""
    chosen = _by_best_reporter(seen)
    yield from _nodes(chosen, {entry.service for entry in entries})
    groups: dict[tuple[object, ...], list[Seen]] = defaultdict(list)
    for item in chosen:
        groups[*item.pair, item.kind.value, item.family.metric].append(item)
    for _, group in sorted(groups.items()):
        group.sort(key=lambda item: (-item.tally.calls, item.labels))
        yield _evidence(group, series)


def _by_best_reporter(seen: Sequence[Seen]) -> list[Seen]:
    """Leave out what a better reporter of the same edge counts as well."""
    best: dict[tuple[object, ...], int] = {}
    above = {item.pair for item in seen if not item.edge.beneath}
    for item in seen:
        key = (*item.pair, item.family.metric)
        best[key] = min(best.get(key, item.edge.rank), item.edge.rank)
    return [
        item
        for item in seen
        if item.edge.rank == best[*item.pair, item.family.metric]
        and not (item.edge.beneath and item.pair in above)
    ]


def _nodes(seen: Iterable[Seen], entries: set[str]) -> Iterator[Node]:
    kinds: dict[str, set[NodeKind]] = defaultdict(set)
    behind: dict[str, set[str]] = defaultdict(set)
    for end in (end for item in seen for end in (item.edge.consumer, item.edge.provider)):
        kinds[end.name].add(end.kind)
        behind[end.alias].add(end.name)
    for name in sorted({*kinds, *entries}):
        # A Service with several workloads behind it is another name of none of them.
        aliases = {alias for alias, ends in behind.items() if alias and ends == {name}} - {name}
        yield Node(
            name=name,
            kind=max(kinds[name] or {NodeKind.SERVICE}, key=list(NodeKind).index),
            aliases=tuple(sorted(aliases)),
            entry=name in entries,
        )


def _evidence(group: Sequence[Seen], series: Series) -> Evidence:
    first = group[0]
    edge, calls = first.edge, _calls(group)
    often = calls is not None and calls.calls >= SEEN_OFTEN
    return Evidence(
        consumer=edge.consumer.name,
        provider=edge.provider.name,
        kind=first.kind,
        source=Source.METRICS,
        locators=tuple(sorted({_locator(item, series) for item in group[:EXAMPLES]})),
        protocol=edge.protocol,
        confidence=_CONFIDENCE_OFTEN if often else _CONFIDENCE_SELDOM,
        reason=_reason(group, calls),
        calls=calls,
        first_seen=moment(first.hour),
        last_seen=min(moment(first.hour + 1), series.now.replace(microsecond=0)),
    )


def _calls(group: Sequence[Seen]) -> Calls | None:
    """Add up; quantiles cannot be added, so those of the most calls stand for all."""
    total = sum(item.tally.calls for item in group)
    if not total:
        return None
    calls = max(1, round(total))
    latency = next((item.tally.latency for item in group if item.tally.latency), {})
    p50, p95, p99 = (latency.get(share) for share in QUANTILES)
    return Calls(
        calls=calls,
        errors=min(calls, round(sum(item.tally.errors for item in group))),
        weight=float(calls),
        p50_ms=_tidy(p50),
        p95_ms=_tidy(p95),
        p99_ms=_tidy(p99),
    )


def _tidy(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _reason(group: Sequence[Seen], calls: Calls | None) -> str:
    if calls:
        return _COUNTED
    if all(item.family.gauge for item in group):
        return _IN_USE
    return _APPEARED if any(item.tally.appeared for item in group) else _ALIVE


def _locator(item: Seen, series: Series) -> str:
    """Return the series as PromQL, for a person to open."""
    where = ",".join(f'{name}="{_escaped(value)}"' for name, value in item.labels)
    return f"prometheus:{series.selector(item.family.metric, where)}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
