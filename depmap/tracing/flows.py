"""Call-tree shapes of healthy traces, with counts: what impact is replayed on.

A node of a shape is a visit to a service, or a call to a peer without spans. Of equal siblings
one is kept, as repeated calls share their fate. Shapes are told apart by hashes of their names and
form, worked out for all traces at once from the leaves up.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from itertools import repeat
from typing import Final

import numpy as np

from depmap.model.evidence import Flow
from depmap.tracing.calls import RULE_CODE, Calls, Column, Scene
from depmap.tracing.halves import fold
from depmap.tracing.hops import first_roots
from depmap.tracing.links import MAX_SHAPES
from depmap.tracing.samples import mix
from depmap.tracing.sorting import bounds_of, distinct, order_by
from depmap.tracing.spans import Rows
from depmap.tracing.tree import Flags, nearest

MAX_DEPTH: Final = 64
MAX_NODES: Final = 500
"""Bounds of a shape; a trace beyond them is cut off and counted."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Visits:
    """Visits of services and calls of peers, over all traces.

    Attributes:
        parent: the visit each was made from; -1 for a trace's root.
        name: index into ``Scene.names``.
        blocking: whether the visit it was made from waits for it.
        trace: code of the trace.
        depth: 0 for the root; -1 for what hangs on no root or too deep.
        operation: what was asked for, as index into ``Scene.operations``.
    """

    parent: Rows
    name: Column
    blocking: Flags
    trace: Column
    depth: Column
    operation: Column


def flows_of(scene: Scene, calls: Calls, waited: Flags) -> tuple[list[Flow], Counter[str]]:
    """Return the shapes of healthy traces, and how many were cut off.

    A trace is healthy when it is whole (one root, no orphans) and nothing in it failed.

    Args:
        scene: the trees.
        calls: all calls.
        waited: which calls were waited for.

    Returns:
        The flows in no particular order, and how many traces of each root's service were cut off.
    """
    roots = _healthy_roots(scene)
    visits = _visits(scene, calls, waited, roots)
    hashes, kept = _hashes(scene, visits)
    size = _sizes(visits, kept)
    root = np.flatnonzero((visits.parent < 0) & (visits.depth == 0))
    cut = _cut(visits, size, root)
    lost = visits.name[root[cut]].tolist()
    root = root[~cut]
    shape = np.stack([visits.operation[root].astype(np.uint64), hashes[root]])
    _, first, count = np.unique(shape, axis=1, return_index=True, return_counts=True)
    order = _small_first(scene, visits, size, root[first])
    cuts = Counter(scene.names[code] for code in lost)
    for at in set(range(len(first))) - set(order):
        cuts[scene.names[int(visits.name[root[first[at]]])]] += int(count[at])
    told = root[first[order]]
    branches = _branches(scene, visits, np.flatnonzero(kept), hashes, told)
    starts = range(len(branches.name) - len(told), len(branches.name))
    return list(map(_flow, repeat(branches), starts, count[order].tolist())), cuts


def _healthy_roots(scene: Scene) -> Rows:
    """Return the root of each trace that is whole and in which nothing failed, else -1."""
    tree, nodes = scene.tree, scene.tree.nodes
    roots = first_roots(scene)
    alone = (tree.parent < 0) & (np.arange(len(nodes)) != roots[nodes.trace])
    bad = scene.failure | scene.error | tree.orphan | tree.circular | alone
    ill = np.bincount(nodes.trace, weights=bad, minlength=len(roots)) > 0
    named = (roots >= 0) & (scene.service_at(roots) >= 0)
    return np.where(~ill & named, roots, -1)


def _visits(scene: Scene, calls: Calls, waited: Flags, roots: Rows) -> _Visits:
    """Lay out visits: the roots, then every call that happened inside its consumer's trace."""
    nodes = scene.tree.nodes
    within = calls.observed & (calls.within >= 0) & (calls.rule != RULE_CODE["span-link"])
    within &= roots[calls.trace] >= 0
    rows = np.flatnonzero(within)
    chosen = calls.take(rows)
    start = roots[roots >= 0]
    opens = np.zeros(len(nodes), dtype=np.bool_)
    opens[start] = True
    opens[chosen.called[chosen.called >= 0]] = True
    visit_of = np.full(len(nodes), -1, dtype=np.intp)
    visit_of[start] = np.arange(len(start))
    entered = chosen.called >= 0
    visit_of[chosen.called[entered]] = len(start) + np.flatnonzero(entered)
    visited = nearest(scene.tree.parent, opens)
    parent = np.concatenate([np.full(len(start), -1), visit_of[visited[chosen.within]]])
    return _Visits(
        parent=parent,
        name=np.concatenate([nodes.service[start], chosen.provider]),
        blocking=np.concatenate([np.ones(len(start), np.bool_), waited[rows]]),
        trace=np.concatenate([nodes.trace[start], chosen.trace]),
        depth=_depths(parent, len(start)),
        operation=np.concatenate([scene.operation[start], chosen.operation]),
    )


def _depths(parent: Rows, roots: int) -> Column:
    """Return the depth of each visit, level by level; -1 beyond the greatest depth."""
    depth = np.full(len(parent), -1, dtype=np.int64)
    depth[:roots] = 0
    order = order_by(parent)
    bounds = bounds_of(parent + 1, len(parent) + 1)[1:]
    level = np.arange(roots)
    for at in range(1, MAX_DEPTH):
        count = bounds[level + 1] - bounds[level]
        total = int(count.sum())
        if not total:
            break
        skip = np.repeat(bounds[level] - (np.cumsum(count) - count), count)
        level = order[skip + np.arange(total)]
        depth[level] = at
    return depth


def _hashes(scene: Scene, visits: _Visits) -> tuple[Column, Flags]:
    """Return the hash of the shape below each visit, and which of equal siblings is kept."""
    labels = np.array([_label(fold(name)) for name in scene.names], dtype=np.uint64)
    asked = np.array([_label(word) for word in scene.operations], dtype=np.uint64)
    own = mix(labels[visits.name] + visits.blocking.astype(np.uint64))
    own = mix(own + asked[visits.operation])
    hashes = own.copy()
    kept = visits.depth == 0
    for level in range(int(visits.depth.max(initial=0)), 0, -1):
        rows = np.flatnonzero(visits.depth == level)
        below = visits.parent[rows]
        order = order_by(below, hashes[rows])
        rows, below = rows[order], below[order]
        fresh = np.ones(len(rows), dtype=np.bool_)
        fresh[1:] = (below[1:] != below[:-1]) | (hashes[rows][1:] != hashes[rows][:-1])
        kept[rows[fresh]] = True
        np.add.at(hashes, below[fresh], mix(hashes[rows[fresh]]))
        done = distinct(below)
        hashes[done] = mix(hashes[done])
    return hashes, kept


def _label(word: str) -> int:
    """Return a number for a word, the same in every run; even, so that a flag can be added."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest()) & ~1


def _sizes(visits: _Visits, kept: Flags) -> Column:
    """Return how many visits there are below and at each one, equal siblings once."""
    size = np.ones(len(kept), dtype=np.int64)
    for level in range(int(visits.depth.max(initial=0)), 0, -1):
        rows = np.flatnonzero((visits.depth == level) & kept)
        np.add.at(size, visits.parent[rows], size[rows])
    return size


def _cut(visits: _Visits, size: Column, root: Rows) -> Flags:
    """Tell the roots whose trace is too deep or too large to keep."""
    traces = int(visits.trace.max(initial=-1)) + 1
    deep = np.bincount(visits.trace, weights=visits.depth < 0, minlength=traces) > 0
    return deep[visits.trace[root]] | (size[root] > MAX_NODES)


@dataclass(frozen=True, slots=True, eq=False)
class _Branches:
    """Visits below some roots, those of one parent side by side, and the roots at the end.

    Attributes:
        name: who is visited.
        operation: what for.
        blocking: whether the visit is waited for.
        first: where the visits made from it begin.
        last: where they end.
    """

    name: list[str]
    operation: list[str]
    blocking: list[bool]
    first: list[int]
    last: list[int]


def _branches(scene: Scene, visits: _Visits, kept: Rows, hashes: Column, roots: Rows) -> _Branches:
    """Lay out the kept visits below the roots: by name, waited-for ones first, then by shape.

    What was asked for comes before the shape.
    """
    wanted = np.zeros(int(visits.trace.max(initial=-1)) + 1, dtype=np.bool_)
    wanted[visits.trace[roots]] = True
    rows = kept[wanted[visits.trace[kept]] & (visits.parent[kept] >= 0)]
    places = {name: at for at, name in enumerate(sorted(set(map(fold, scene.names))))}
    place = np.array([places[fold(name)] for name in scene.names])
    rows = rows[
        order_by(
            visits.parent[rows],
            place[visits.name[rows]],
            ~visits.blocking[rows],
            visits.operation[rows],
            hashes[rows],
        )
    ]
    bounds = bounds_of(visits.parent[rows], len(visits.parent))
    rows = np.concatenate([rows, roots])
    return _Branches(
        name=[scene.names[code] for code in visits.name[rows].tolist()],
        operation=[scene.operations[code] for code in visits.operation[rows].tolist()],
        blocking=visits.blocking[rows].tolist(),
        first=bounds[rows].tolist(),
        last=bounds[rows + 1].tolist(),
    )


def _small_first(scene: Scene, visits: _Visits, size: Column, root: Rows) -> list[int]:
    """Return the shapes to build: of each business operation the smallest ones.

    All shapes as large as the last one kept are built; which of them stay is decided by their
    form, so that merging parts keeps the same ones.
    """
    key = visits.operation[root] * len(scene.names) + visits.name[root]
    order = order_by(key, size[root])
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    many = np.diff(np.append(first, len(order)))
    # the size of the last shape kept, of each operation
    bound = size[root[order[first + np.minimum(many, MAX_SHAPES) - 1]]]
    keep = size[root[order]] <= np.repeat(bound, many)
    chosen: list[int] = order[keep].tolist()
    return chosen


def _flow(branches: _Branches, root: int, count: int) -> Flow:
    """Build the flow of one shape."""
    names: list[str] = []
    operations: list[str] = []
    parents: list[int] = []
    blocking: list[bool] = []
    stack = [(root, -1)]
    while stack:
        visit, parent = stack.pop()
        here = len(names)
        names.append(branches.name[visit])
        operations.append(branches.operation[visit])
        parents.append(parent)
        blocking.append(branches.blocking[visit])
        below = range(branches.first[visit], branches.last[visit])
        stack.extend([(at, here) for at in reversed(below)])
    return Flow(
        operation=f"{names[0]}: {operations[0]}",
        nodes=tuple(names),
        parents=tuple(parents),
        blocking=tuple(blocking),
        count=count,
        operations=tuple(operations),
    )
