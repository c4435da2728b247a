"""What is told of a row from a sample: critical paths of its traces, minutes it was seen in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from depmap.model.words import Kind
from depmap.tracing.calls import CODE_OF, Column
from depmap.tracing.critical import critical_time, timed_roots
from depmap.tracing.samples import MAX_TRACES, Share, drawn_minutes, mix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.tracing.calls import Calls, Scene

_MINUTE = 60_000_000_000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Drawn:
    """Samples of each row.

    Attributes:
        row: of each distinct pair of row and trace: the row, ascending.
        trace: the trace.
        critical: what is told of critical paths, by row.
        seen: the drawn minutes each row was seen in.
    """

    row: Column
    trace: Column
    critical: list[tuple[Share, ...]]
    seen: list[tuple[int, ...]]


def draw(scene: Scene, calls: Calls, row: Column, rows: int) -> Drawn:
    """Draw the samples of each row.

    Args:
        scene: the trees.
        calls: the calls, ordered by row.
        row: the row of each call.
        rows: how many rows there are.
    """
    traces = len(scene.tree.nodes.traces)
    pair = np.unique(row * traces + calls.trace)
    of_row, trace = pair // traces, pair % traces
    return Drawn(
        row=of_row,
        trace=trace,
        critical=_critical(scene, calls, row, (of_row, trace), rows),
        seen=_seen(scene, of_row, trace, rows),
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


def _seen(scene: Scene, row: Column, trace: Column, rows: int) -> list[tuple[int, ...]]:
    """Return the drawn minutes in which each row was seen."""
    drawn = np.array([minute for minute, _ in load_of(scene)], dtype=np.int64)
    if not len(drawn):
        return [()] * rows
    minute = minutes_of(scene)[trace]
    at = np.minimum(np.searchsorted(drawn, minute), len(drawn) - 1)
    there = drawn[at] == minute
    pair = np.unique(row[there] * len(drawn) + at[there])
    return gathered(rows, pair // len(drawn), drawn[pair % len(drawn)].tolist())


def _critical(
    scene: Scene, calls: Calls, row: Column, pairs: tuple[Column, Column], rows: int
) -> list[tuple[Share, ...]]:
    """Return the time on the critical path of each row in each of its drawn traces."""
    nodes = scene.tree.nodes
    roots = timed_roots(scene)
    first = np.searchsorted(row, np.arange(rows))
    called = calls.observed[first] & (calls.kind[first] != CODE_OF[Kind.EVENT])
    timed = (roots[pairs[1]] >= 0) & called[pairs[0]]
    of_row, trace = pairs[0][timed], pairs[1][timed]
    hashed = mix(nodes.traces)
    order = np.lexsort((hashed[trace], of_row))
    of_row, trace = of_row[order], trace[order]
    early = np.arange(len(of_row)) - np.searchsorted(of_row, of_row) < MAX_TRACES
    of_row, trace = of_row[early], trace[early]
    time = critical_time(scene, roots[np.unique(trace)])
    node = np.where(calls.caller >= 0, calls.caller, calls.called)
    on_path = np.flatnonzero((node >= 0) & (time[node] > 0))
    key, want = of_row * len(roots) + trace, row * len(roots) + calls.trace
    place = np.argsort(key)
    found = np.minimum(np.searchsorted(key[place], want[on_path]), max(len(key) - 1, 0))
    hit = key[place[found]] == want[on_path] if len(key) else np.zeros(0, np.bool_)
    part = np.zeros(len(key), dtype=np.int64)
    np.add.at(part, place[found[hit]], time[node[on_path[hit]]])
    whole = nodes.duration[roots[trace]]
    shares = zip(
        hashed[trace].tolist(), np.minimum(part, whole).tolist(), whole.tolist(), strict=True
    )
    return gathered(rows, of_row, shares)


def gathered(rows: int, row: Column, items: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Return the items of each row, in their order; rows come in ascending order."""
    found: list[list[Any]] = [[] for _ in range(rows)]
    for at, item in zip(row.tolist(), items, strict=True):
        found[at].append(item)
    return [tuple(list_) for list_ in found]
