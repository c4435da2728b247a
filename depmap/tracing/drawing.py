"""What is told of a row from a sample: critical paths of its traces, minutes it was seen in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from depmap.model.words import Kind
from depmap.tracing.calls import CODE_OF, Column
from depmap.tracing.critical import critical_time, timed_roots
from depmap.tracing.samples import MAX_TRACES, Share, drawn_minutes, mix
from depmap.tracing.sorting import bounds_of, distinct, order_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depmap.tracing.calls import Calls, Scene
    from depmap.tracing.ids import Ids

_MINUTE = 60_000_000_000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Drawn:
    """Samples of each row.

    Attributes:
        critical: what is told of critical paths, by row.
        seen: the drawn minutes each row was seen in.
    """

    critical: list[tuple[Share, ...]]
    seen: list[tuple[int, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """The distinct pairs of row and trace, by row and then by the hash of the trace.

    Attributes:
        row: the row, ascending.
        trace: the trace.
        of_call: the pair of each call.
    """

    row: Column
    trace: Column
    of_call: Column


def draw(scene: Scene, calls: Calls, row: Column, rows: int) -> Drawn:
    """Draw the samples of each row.

    Args:
        scene: the trees.
        calls: the calls, ordered by row.
        row: the row of each call.
        rows: how many rows there are.
    """
    hashed = mix(scene.tree.nodes.traces)
    by_hash = order_by(hashed)
    rank = np.empty(len(by_hash), dtype=np.int64)
    rank[by_hash] = np.arange(len(by_hash))
    pair, of_call = np.unique(row * len(rank) + rank[calls.trace], return_inverse=True)
    pairs = _Pairs(pair // len(rank), by_hash[pair % len(rank)], of_call)
    return Drawn(
        critical=_critical(scene, calls, pairs, hashed, rows), seen=_seen(scene, pairs, rows)
    )


def minutes_of(scene: Scene) -> Column:
    """Return the UTC minute since 1970 in which each trace begins; -1: unknown."""
    nodes = scene.tree.nodes
    none = np.iinfo(np.int64).max
    earliest = np.full(len(nodes.traces), none, dtype=np.int64)
    np.minimum.at(earliest, nodes.trace, np.where(nodes.start > 0, nodes.start, none))
    return np.where(earliest == none, -1, earliest // _MINUTE)


def load_of(scene: Scene) -> tuple[tuple[int, int], ...]:
    """Return how many traces begin in each of the drawn minutes."""
    minute = minutes_of(scene)
    found, count = np.unique(minute[minute >= 0], return_counts=True)
    return drawn_minutes(zip(found.tolist(), count.tolist(), strict=True))


def _seen(scene: Scene, pairs: _Pairs, rows: int) -> list[tuple[int, ...]]:
    """Return the drawn minutes in which each row was seen."""
    drawn = np.array([minute for minute, _ in load_of(scene)], dtype=np.int64)
    if not len(drawn):
        return [()] * rows
    minute = minutes_of(scene)
    at = np.minimum(np.searchsorted(drawn, minute), len(drawn) - 1)
    there = (drawn[at] == minute)[pairs.trace]
    pair = distinct(pairs.row[there] * len(drawn) + at[pairs.trace[there]])
    return gathered(rows, pair // len(drawn), drawn[pair % len(drawn)].tolist())


def _critical(
    scene: Scene, calls: Calls, pairs: _Pairs, hashed: Ids, rows: int
) -> list[tuple[Share, ...]]:
    """Return the time on the critical path of each row in each of its drawn traces."""
    nodes = scene.tree.nodes
    roots = timed_roots(scene)
    first = np.searchsorted(pairs.of_call, np.searchsorted(pairs.row, np.arange(rows)))
    called = calls.observed[first] & (calls.kind[first] != CODE_OF[Kind.EVENT])
    timed = np.flatnonzero((roots[pairs.trace] >= 0) & called[pairs.row])
    of_row = pairs.row[timed]
    early = np.arange(len(of_row)) - np.searchsorted(of_row, of_row) < MAX_TRACES
    of_row, trace = of_row[early], pairs.trace[timed[early]]
    number = np.full(len(pairs.row), -1, dtype=np.int64)
    number[timed[early]] = np.arange(len(of_row))
    time = critical_time(scene, roots[distinct(trace)])
    node = np.where(calls.caller >= 0, calls.caller, calls.called)
    place = np.where(node >= 0, number[pairs.of_call], -1)
    drawn = np.flatnonzero(place >= 0)
    part = np.zeros(len(of_row), dtype=np.int64)
    np.add.at(part, place[drawn], time[node[drawn]])
    whole = nodes.duration[roots[trace]]
    shares = zip(
        hashed[trace].tolist(), np.minimum(part, whole).tolist(), whole.tolist(), strict=True
    )
    return gathered(rows, of_row, list(shares))


def gathered(rows: int, row: Column, items: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the items of each row, in their order; rows come in ascending order."""
    return [tuple(items[a:b]) for a, b in pairwise(bounds_of(row, rows).tolist())]
