"""Critical paths of sampled traces: in which calls a request's time passes (CRISP, ATC 2022).

From a span's end backwards: the child that ended last before the moment is what was waited for;
its own path takes its place, and the search goes on from its start. Children that outlive their
parent are cut at its end, what lies outside of it is left out, and a server whose clock differs
is laid into the middle of its client's span.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.tracing.calls import Column
from depmap.tracing.facts import SpanKind
from depmap.tracing.hops import first_roots
from depmap.tracing.parts import CALLED, CALLER
from depmap.tracing.sorting import bounds_of, order_by
from depmap.tracing.spans import Rows
from depmap.tracing.waits import SKEW_NS

if TYPE_CHECKING:
    from depmap.tracing.calls import Scene

MAX_LEVELS: Final = 256
MAX_SIBLINGS: Final = 1000
"""Bounds of a path; what lies deeper, or earlier among more siblings, is not followed."""

_SLACK: Final = 100
"""The share of a span, as 1 in so many, by which its children may overlap and be one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """Nodes on the critical path at one depth, with the windows in which they are on it.

    Attributes:
        node: the nodes.
        start: where the window begins, on the root's clock.
        end: where it ends.
        shift: what is added to the node's own times to lay them on the root's clock.
    """

    node: Rows
    start: Column
    end: Column
    shift: Column


def timed_roots(scene: Scene) -> Rows:
    """Return the root of each trace that has one with start and duration, else -1."""
    nodes, roots = scene.tree.nodes, first_roots(scene)
    there = (roots >= 0) & (nodes.start[roots] > 0) & (nodes.duration[roots] > 0)
    return np.where(there, roots, -1)


def critical_time(scene: Scene, roots: Rows) -> Column:
    """Return the time in ns in which each node is on its trace's critical path, with all below.

    Args:
        scene: the trees.
        roots: the roots of the traces to look at.
    """
    nodes = scene.tree.nodes
    time = np.zeros(len(nodes), dtype=np.int64)
    begins, ends = nodes.start[roots], nodes.start[roots] + nodes.duration[roots]
    time[roots] = ends - begins
    level = _Level(roots, begins, ends, np.zeros(len(roots), dtype=np.int64))
    wanted = np.zeros(len(nodes.traces), dtype=np.bool_)
    wanted[nodes.trace[roots]] = True
    below = np.flatnonzero(wanted[nodes.trace] & (scene.tree.parent >= 0))
    below = below[order_by(scene.tree.parent[below])]
    bounds = bounds_of(scene.tree.parent[below], len(nodes))
    for _ in range(MAX_LEVELS):
        first = bounds[level.node]
        count = bounds[level.node + 1] - first
        total = int(count.sum())
        if not total:
            break
        of = np.repeat(np.arange(len(level.node)), count)
        within = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
        level = _waited_for(scene, level, below[first[of] + within], of)
        time[level.node] = level.end - level.start
    return time


def _waited_for(scene: Scene, level: _Level, node: Rows, of: Column) -> _Level:
    """Return the children on the critical path; ``of`` is each child's place in the level."""
    nodes = scene.tree.nodes
    start, end, shift = _laid(scene, level, node, of)
    fits = (nodes.start[node] > 0) & (nodes.duration[node] >= 0) & (end > start)
    fits &= ~scene.tree.follows[node] & (nodes.kind[node] != SpanKind.CONSUMER)
    rows = np.flatnonzero(fits)
    rows = rows[order_by(of[rows], -end[rows], -start[rows], node[rows])]
    first = np.flatnonzero(np.diff(of[rows], prepend=-1))
    last = np.append(first[1:], len(rows))
    cursor = level.end.copy()
    slack = np.maximum(SKEW_NS, nodes.duration[level.node] // _SLACK)
    chosen = np.zeros(len(node), dtype=np.bool_)
    for rank in range(MAX_SIBLINGS):
        going = first + rank < last
        first, last = first[going], last[going]
        if not len(first):
            break
        at = rows[first + rank]
        at = at[end[at] <= cursor[of[at]] + slack[of[at]]]
        end[at] = np.minimum(end[at], cursor[of[at]])
        at = at[end[at] > start[at]]
        chosen[at] = True
        cursor[of[at]] = start[at]
    return _Level(node[chosen], start[chosen], end[chosen], shift[chosen])


def _laid(scene: Scene, level: _Level, node: Rows, of: Column) -> tuple[Column, Column, Column]:
    """Return the windows of children inside their parents', and their shifts."""
    nodes = scene.tree.nodes
    begins, ends = level.start[of], level.end[of]
    took = nodes.duration[node]
    shift = level.shift[of]
    start = nodes.start[node] + shift
    pair = (nodes.side[node] == CALLED) & (nodes.side[level.node[of]] == CALLER)
    skewed = pair & ((start < begins) | (start + took > ends))
    middle = begins + np.maximum(ends - begins - took, 0) // 2
    shift = np.where(skewed, middle - nodes.start[node], shift)
    start = np.where(skewed, middle, start)
    return np.maximum(start, begins), np.minimum(start + took, ends), shift
