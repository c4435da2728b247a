"""From single calls to rows: one link for each (consumer, provider, kind), all counts exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from depmap.model.words import Kind
from depmap.tracing.calls import CODE_OF, KINDS, RULES, Calls, Column, Scene
from depmap.tracing.drawing import draw, gathered
from depmap.tracing.latency import BUCKETS, bucket_of
from depmap.tracing.links import MAX_EXAMPLES, UNITS_1024, Link, moment
from depmap.tracing.sorting import fresh_of, order_by
from depmap.tracing.splits import added
from depmap.tracing.units import count_units
from depmap.tracing.waits import Waits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depmap.tracing.units import Units

TraceName = Callable[[int], str]
"""Returns the id of a trace, given its code."""

_LATE = np.iinfo(np.int64).max
_DENSE = 8
"""Counting in a table of all keys is faster than sorting, if it has not too many times theirs."""


def trace_order(scene: Scene) -> Column:
    """Return the rank of each trace by its id, by which examples are chosen."""
    nodes = scene.tree.nodes
    rank = np.empty(len(nodes.traces), dtype=np.int64)
    rank[order_by(nodes.trace_high, nodes.trace_low)] = np.arange(len(rank))
    return rank


def rows_of(
    scene: Scene, calls: Calls, waits: Waits, trace_name: TraceName, *, by_operation: bool
) -> list[Link]:
    """Add calls up to links, guesses apart from what was observed.

    Args:
        scene: the trees and names the calls refer to.
        calls: the calls.
        waits: whom each call belongs to, and which were waited for.
        trace_name: names a trace by its code.
        by_operation: whether operations make rows of their own.
    """
    if not len(calls):
        return []
    keys = [calls.consumer, calls.provider, calls.kind, calls.observed]
    if by_operation:
        keys.append(calls.operation)
    order = order_by(*keys)
    fresh = fresh_of(*(key[order] for key in keys))
    row = np.empty(len(order), dtype=np.int64)
    row[order] = np.cumsum(fresh) - 1
    first = np.flatnonzero(fresh)
    units = count_units(scene, calls, row, waits.unit, len(first))
    sums = _Sums(scene, calls.take(order), waits.take(order), first, row[order], trace_name)
    return sums.links(units)


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Calls ordered by row, and how to add them up."""

    scene: Scene
    calls: Calls
    waits: Waits
    first: Column
    row: Column
    trace_name: TraceName

    def links(self, units: Units) -> list[Link]:
        """Return the link of each row."""
        drawn = draw(self.scene, self.calls, self.row, len(self.first))
        lists: dict[str, Sequence[Any]] = {
            **self._sides(),
            **self._numbers(units),
            **self._distributions(),
            "examples": self._examples(),
            "minutes": gathered(len(self.first), units.minute_row, units.minute.tolist()),
            "splits": [added(found) for found in units.splits],
            "critical": drawn.critical,
            "seen": drawn.seen,
        }
        return [
            Link(**dict(zip(lists, values, strict=True)))
            for values in zip(*lists.values(), strict=True)
        ]

    def _sides(self) -> dict[str, list[Any]]:
        """Return who calls whom in each row, how, and since when."""
        calls, first, names = self.calls, self.first, self.scene.names
        latest = np.maximum.reduceat(calls.start, first)
        return {
            "consumer": [names[code] for code in calls.consumer[first].tolist()],
            "provider": [names[code] for code in calls.provider[first].tolist()],
            "kind": [KINDS[code] for code in calls.kind[first].tolist()],
            "observed": calls.observed[first].tolist(),
            "first_seen": [moment(ns) for ns in self._earliest()],
            "last_seen": [moment(ns) for ns in latest.tolist()],
        }

    def _numbers(self, units: Units) -> dict[str, list[int]]:
        """Return what is counted of each row."""
        columns = {
            "calls": np.diff(np.append(self.first, len(self.calls))),
            "errors": self._add(self.calls.error),
            "weight_1024": self._add(self.calls.weight),
            "units_failed": units.failed,
            **dict(zip(UNITS_1024, units.weights, strict=True)),
            "units_failed_too": units.failed_too,
            "units_clean": units.clean,
            "units_clean_failed": units.clean_failed,
            "unwaited": self._add(self.waits.idle),
            "outlived": self._add(self.waits.outlived),
            "retries": units.retries,
            "failed_finally": units.failed_finally,
        }
        return {key: column.tolist() for key, column in columns.items()}

    def _distributions(self) -> dict[str, list[Any]]:
        """Return how the calls of each row are spread over latencies and words."""
        calls, unit = self.calls, self.waits.unit
        known = (unit >= 0) & (calls.kind != CODE_OF[Kind.EVENT])
        doing = np.where(known, self.scene.operation[unit], 0)
        return {
            "buckets": self._buckets(calls.duration),
            "client_buckets": self._buckets(calls.client_duration),
            "server_buckets": self._buckets(calls.server_duration),
            "operations": self._words(calls.operation, self.scene.operations),
            "consumer_operations": self._words(doing, self.scene.operations),
            "protocols": self._words(calls.protocol, self.scene.protocols),
            "rules": self._words(calls.rule, RULES),
        }

    def _add(self, column: Column) -> Column:
        """Add a column up by row, in integers."""
        return np.add.reduceat(column.astype(np.int64), self.first)

    def _earliest(self) -> list[int]:
        """Return the first known start of each row, 0 where none is known."""
        start = np.where(self.calls.start > 0, self.calls.start, _LATE)
        found = np.minimum.reduceat(start, self.first)
        earliest: list[int] = np.where(found == _LATE, 0, found).tolist()
        return earliest

    def _buckets(self, duration: Column) -> list[tuple[tuple[int, int], ...]]:
        """Return the latency buckets of each row."""
        timed = duration >= 0
        key = self.row[timed] * BUCKETS + bucket_of(duration[timed])
        pair, count = _counted(key, len(self.first) * BUCKETS)
        items = list(zip((pair % BUCKETS).tolist(), count.tolist(), strict=True))
        return gathered(len(self.first), pair // BUCKETS, items)

    def _words(self, column: Column, words: Sequence[str]) -> list[tuple[tuple[str, int], ...]]:
        """Return how often each word of a table comes in each row, by word."""
        size = len(self.first) * len(words)
        pair, count = _counted(self.row * len(words) + column, size)
        which = (pair % len(words)).tolist()
        items = [(words[at], n) for at, n in zip(which, count.tolist(), strict=True)]
        return [
            tuple(sorted(found)) for found in gathered(len(self.first), pair // len(words), items)
        ]

    def _examples(self) -> list[tuple[str, ...]]:
        """Return the first traces of each row, by trace id."""
        rank = trace_order(self.scene)
        by_rank = np.argsort(rank).tolist()
        left = rank[self.calls.trace]
        found: list[list[str]] = [[] for _ in self.first]
        for _ in range(MAX_EXAMPLES):
            least = np.minimum.reduceat(left, self.first)
            for examples, at in zip(found, least.tolist(), strict=True):
                if at < _LATE:
                    examples.append(self.trace_name(by_rank[at]))
            left = np.where(left == least[self.row], _LATE, left)
        return list(map(tuple, found))


def _counted(key: Column, size: int) -> tuple[Column, Column]:
    """Return the distinct keys, all below ``size``, and how often each comes."""
    if size > _DENSE * len(key):
        return np.unique(key, return_counts=True)
    count = np.bincount(key, minlength=1)
    found = np.flatnonzero(count)
    return found, count[found]
