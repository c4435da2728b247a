"""Call trees in columns, and their replay: what becomes of each request when nodes are down.

Replay, bottom-up over each tree, with X the nodes that are down:

    F(v) = 1                                                        if v is in X
    F(v) = 1 - product over providers g of v of (1 - delta_g * F(g))   otherwise

Calls that the parent does not wait for do not count, and repeated calls on one edge share their
fate: the worst of them counts once. Assumed: a full outage, and no state (caches, circuit
breakers) beyond what delta holds. Only what lies between the failed nodes and the roots is looked
at, and all given deltas at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from depmap.model.evidence import Flow

Column = NDArray[Any]
Pair = tuple[str, str]

_CELLS: Final = 4_000_000
"""Numbers that are worked on at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Call trees, one below the other.

    Attributes:
        names: the nodes' names.
        pairs: (consumer, provider) of the calls, each once.
        operations: the business operations.
        requests: how many requests of each operation there are.
        name: of each row: index into ``names``.
        parent: the row it was called from; -1 for a root.
        pair: index into ``pairs``; -1 for a root.
        blocking: whether the parent waits for it.
        depth: 0 for a root.
        flow: index of its tree.
        operation: of each tree: index into ``operations``.
        count: of each tree: how many requests have its shape.
        rows: row numbers, ordered by ``name``.
        first: where the rows of each name begin in ``rows``.
    """

    names: tuple[str, ...]
    pairs: tuple[Pair, ...]
    operations: tuple[str, ...]
    requests: Column
    name: Column
    parent: Column
    pair: Column
    blocking: Column
    depth: Column
    flow: Column
    operation: Column
    count: Column
    rows: Column
    first: Column

    def of(self, down: Collection[str]) -> Column:
        """Return the rows of some nodes, in order."""
        codes = [at for at, name in enumerate(self.names) if name in down]
        parts = [self.rows[self.first[code] : self.first[code + 1]] for code in codes]
        return np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *parts]))


def trees_of(flows: Sequence[Flow]) -> Trees:
    """Lay call trees out in columns."""
    names, operations = _codes(name for flow in flows for name in flow.nodes), _codes(
        flow.operation for flow in flows
    )  # fmt: skip
    sizes = np.array([len(flow.nodes) for flow in flows], dtype=np.int64)
    start = np.repeat(np.cumsum(sizes) - sizes, sizes)
    name = np.array([names[item] for flow in flows for item in flow.nodes], dtype=np.int64)
    above = np.array([at for flow in flows for at in flow.parents], dtype=np.int64)
    parent = np.where(above >= 0, above + start, -1)
    pair, pairs = _pairs(name, parent, tuple(names))
    count = np.array([flow.count for flow in flows], dtype=np.int64)
    operation = np.array([operations[flow.operation] for flow in flows], dtype=np.int64)
    return Trees(
        names=tuple(names),
        pairs=pairs,
        operations=tuple(operations),
        requests=np.bincount(operation, weights=count, minlength=len(operations)),
        name=name,
        parent=parent,
        pair=pair,
        blocking=np.array([flag for flow in flows for flag in flow.blocking], dtype=np.bool_),
        depth=_depths(parent),
        flow=np.repeat(np.arange(len(flows)), sizes),
        operation=operation,
        count=count,
        rows=np.argsort(name, kind="stable"),
        first=np.searchsorted(np.sort(name), np.arange(len(names) + 1)),
    )


def _codes(words: Any) -> dict[str, int]:
    return {word: at for at, word in enumerate(sorted(set(words)))}


def _pairs(
    name: Column, parent: Column, names: tuple[str, ...]
) -> tuple[Column, tuple[Pair, ...]]:
    called = np.flatnonzero(parent >= 0)
    keys = name[parent[called]] * max(1, len(names)) + name[called]
    found, code = np.unique(keys, return_inverse=True)
    pair = np.full(len(name), -1, dtype=np.int64)
    pair[called] = code
    many = max(1, len(names))
    return pair, tuple((names[key // many], names[key % many]) for key in found.tolist())


def _depths(parent: Column) -> Column:
    """Return the depth of each row; parents come before their children."""
    depth = np.zeros(len(parent), dtype=np.int64)
    above = parent.copy()
    while (deeper := above >= 0).any():
        depth[deeper] += 1
        above[deeper] = parent[above[deeper]]
    return depth


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """What becomes of requests.

    Attributes:
        lost: share (0-1) of the requests of each operation that fail, a column for each delta.
        reached: share of them in which a failed node is called at all.
    """

    lost: Column
    reached: Column


def replay(trees: Trees, down: Column, deltas: Column) -> Replayed:
    """Replay the trees with rows down.

    Args:
        trees: the trees.
        down: the rows of the nodes that are down.
        deltas: failure strength of each pair, a column for each way in which it is replayed.
    """
    many = deltas.shape[1]
    touched = _touched(trees, down)
    roots = touched[trees.depth[touched] == 0]
    lost = np.zeros((len(trees.operations), many))
    step = max(1, _CELLS // max(1, len(touched)))
    flows = trees.flow[roots]
    for begin in range(0, many, step):
        columns = slice(begin, min(many, begin + step))
        failed = _failed(trees, down, touched, deltas[:, columns])
        weighed = failed[np.searchsorted(touched, roots)] * trees.count[flows][:, None]
        np.add.at(lost[:, columns], trees.operation[flows], weighed)
    reached = np.bincount(
        trees.operation[flows], weights=trees.count[flows], minlength=len(trees.operations)
    )
    return Replayed(lost / trees.requests[:, None], reached / trees.requests)


def _touched(trees: Trees, down: Column) -> Column:
    """Return the failed rows and all above them, in order."""
    parts, level = [down], down
    while len(level):
        level = np.unique(trees.parent[level])
        level = level[level >= 0]
        parts.append(level)
    return np.unique(np.concatenate(parts))


def _failed(trees: Trees, down: Column, touched: Column, deltas: Column) -> Column:
    """Return the probability that each of the touched rows fails."""
    failed = np.zeros((len(touched), deltas.shape[1]))
    is_down = np.isin(touched, down, assume_unique=True)
    failed[is_down] = 1.0
    depth = trees.depth[touched]
    for level in range(int(depth.max(initial=0)), 0, -1):
        at = np.flatnonzero((depth == level) & trees.blocking[touched])
        if not len(at):
            continue
        rows = touched[at]
        carried = failed[at] * deltas[trees.pair[rows]]
        order = np.lexsort((trees.name[rows], trees.parent[rows]))
        parent, name = trees.parent[rows][order], trees.name[rows][order]
        fresh = _fresh(parent) | _fresh(name)
        # repeated calls on one edge share their fate
        worst = np.maximum.reduceat(carried[order], np.flatnonzero(fresh))
        parent = parent[fresh]
        saved = np.multiply.reduceat(1 - worst, np.flatnonzero(_fresh(parent)))
        above = np.searchsorted(touched, parent[_fresh(parent)])
        still = ~is_down[above]
        failed[above[still]] = 1 - saved[still]
    return failed


def _fresh(keys: Column) -> Column:
    """Tell where a run of equal keys begins."""
    fresh: Column = np.diff(keys, prepend=keys[:1] - 1) != 0
    return fresh
