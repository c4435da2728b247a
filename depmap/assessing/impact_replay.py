"""Replay of call trees: what becomes of each request when nodes are down.

Bottom-up over each tree, with X the nodes that are down:

    F(v) = 1                                                            if v is in X
    F(v) = 1 - product over calls c of v of (1 - delta_c * F(c))        otherwise

Calls that the parent does not wait for do not count. A call that is repeated shares its fate: the
worst of its repetitions counts, once. Different operations of one provider that have strengths of
their own fail their consumer each by itself (noisy-or): the strength of an operation is told by
requests in which it failed alone. The strength of a pair is told by requests in which any of its
operations failed, so that it counts once, however many of them are called.

Assumed: a full outage, and no state (caches, circuit breakers) beyond what delta holds. Only what
lies between the failed nodes and the roots is looked at, and all given deltas at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.assessing.impact_trees import Column

if TYPE_CHECKING:
    from depmap.assessing.impact_trees import Trees

_CELLS: Final = 4_000_000
"""Numbers that are worked on at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Rows of one depth for which their parents wait, those of one parent side by side.

    Attributes:
        rows: where they are in ``Ways.touched``; those of one call of one parent side by side.
        call: the call of each.
        calls: where in ``rows`` the rows of each call of each parent begin.
        parents: where in ``calls`` the calls of each parent begin.
        above: where these parents are in ``Ways.touched``.
        still: which of them are not down themselves.
    """

    rows: Column
    call: Column
    calls: Column
    parents: Column
    above: Column
    still: Column


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """The ways from rows that are down to the roots of their trees.

    Attributes:
        touched: the rows that are down and all above them, in order.
        down: which of them are down.
        levels: the others' calls, deepest first.
        roots: where roots are in ``touched``.
        flows: the trees of these roots.
    """

    touched: Column
    down: Column
    levels: tuple[Level, ...]
    roots: Column
    flows: Column


def ways_up(trees: Trees, down: Column) -> Ways:
    """Find the ways from rows that are down to their roots."""
    touched = _touched(trees, down)
    is_down = np.isin(touched, down, assume_unique=True)
    depth = trees.depth[touched]
    roots = np.flatnonzero(depth == 0)
    levels = (
        _level(trees, touched, is_down, np.flatnonzero((depth == at) & trees.blocking[touched]))
        for at in range(int(depth.max(initial=0)), 0, -1)
    )
    return Ways(
        touched=touched,
        down=is_down,
        levels=tuple(level for level in levels if len(level.rows)),
        roots=roots,
        flows=trees.flow[touched[roots]],
    )


def _touched(trees: Trees, down: Column) -> Column:
    """Return the failed rows and all above them, in order."""
    parts, level = [down], down
    while len(level):
        level = np.unique(trees.parent[level])
        level = level[level >= 0]
        parts.append(level)
    return np.unique(np.concatenate(parts))


def _level(trees: Trees, touched: Column, is_down: Column, at: Column) -> Level:
    rows = touched[at]
    order = np.lexsort((trees.call[rows], trees.parent[rows]))
    call, parent = trees.call[rows][order], trees.parent[rows][order]
    calls = np.flatnonzero(_fresh(parent) | _fresh(call))
    parents = np.flatnonzero(_fresh(parent[calls]))
    above = np.searchsorted(touched, parent[calls][parents])
    return Level(at[order], call, calls, parents, above, ~is_down[above])


def _fresh(keys: Column) -> Column:
    """Tell where a run of equal keys begins."""
    fresh: Column = np.diff(keys, prepend=keys[:1] - 1) != 0
    return fresh


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """What becomes of requests.

    Attributes:
        lost: share (0-1) of the requests of each operation that fail, a column for each delta.
        reached: share of them in which a failed node is called at all.
    """

    lost: Column
    reached: Column


def replay(trees: Trees, ways: Ways, deltas: Column) -> Replayed:
    """Replay the trees.

    Args:
        trees: the trees.
        ways: the ways from the rows that are down.
        deltas: failure strength of each call, a column for each way in which it is replayed.
    """
    many = deltas.shape[1]
    lost = np.zeros((len(trees.operations), many))
    step = max(1, _CELLS // max(1, len(ways.touched)))
    operation, count = trees.operation[ways.flows], trees.count[ways.flows]
    for begin in range(0, many, step):
        columns = slice(begin, min(many, begin + step))
        failed = _failed(ways, deltas[:, columns])
        np.add.at(lost[:, columns], operation, failed[ways.roots] * count[:, None])
    reached = np.bincount(operation, weights=count, minlength=len(trees.operations))
    return Replayed(lost / trees.requests[:, None], reached / trees.requests)


def _failed(ways: Ways, deltas: Column) -> Column:
    """Return the probability that each of the touched rows fails."""
    failed = np.zeros((len(ways.touched), deltas.shape[1]))
    failed[ways.down] = 1.0
    for level in ways.levels:
        carried = failed[level.rows] * deltas[level.call]
        worst = np.maximum.reduceat(carried, level.calls)
        saved = np.multiply.reduceat(1 - worst, level.parents)
        failed[level.above[level.still]] = 1 - saved[level.still]
    return failed
