"""Which node of an id is meant: among halves, among collisions, and for the halves themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from depmap.tracing.parts import CALLED, CALLER, LOCAL
from depmap.tracing.sorting import order_by, places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from depmap.tracing.halves import Nodes
    from depmap.tracing.ids import Ids
    from depmap.tracing.spans import Rows

    Flags = NDArray[Any]


_STEPS: Final = 64
"""How many spans of one id are looked at for the one that a child lies in."""


class Index:
    """Finds the nodes of a (trace, span id)."""

    def __init__(self, nodes: Nodes) -> None:
        """Number the ids, so that a trace and an id make one number."""
        self._nodes = nodes
        self._ids, code = np.unique(nodes.span, return_inverse=True)
        self._key = nodes.trace * len(self._ids) + code

    def find(self, trace: NDArray[np.int64], span: Ids) -> tuple[Rows, Rows]:
        """Return the range of nodes of each id in each trace; an empty one where there is none.

        An id of 0 is no id, and a trace code of -1 no trace.
        """
        if not len(self._ids):
            nothing = np.zeros(len(span), dtype=np.intp)
            return nothing, nothing
        at = np.minimum(places(self._ids, span), len(self._ids) - 1)
        key = trace * len(self._ids) + at
        first = np.searchsorted(self._key, key)
        last = np.searchsorted(self._key, key, side="right")
        there = (self._ids[at] == span) & (span != 0) & (trace >= 0)
        return np.where(there, first, 0), np.where(there, last, 0)


def choose(nodes: Nodes, first: Rows, last: Rows, halves: Rows) -> Rows:
    """Choose each node's parent among the nodes of the parent's id.

    Of several the one of the node's own service is the parent, the server's half before the
    client's. In another service it is the server's half, which did the calling, and where ids
    collide the span that the node lies in.

    Args:
        nodes: the nodes.
        first: for each node the first node of its parent's id.
        last: the one after the last; an empty range where there is none.
        halves: the client's half of each server's half, -1 for all else.
    """
    parent = np.where(last > first, first, -1)
    several = np.flatnonzero(last - first > 1)
    if not len(several):
        return parent
    first, last = first[several], last[several]
    rows, number = _groups(nodes, first, last)
    of_group = number[np.searchsorted(rows, first)]
    key = number * (len(nodes.services) + 1) + nodes.service[rows] + 1
    wanted = of_group * (len(nodes.services) + 1) + nodes.service[several] + 1
    order = order_by(key, nodes.side[rows] != CALLED)
    at = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
    own = (key[order][at] == wanted) & (nodes.service[several] >= 0)
    callers = np.bincount(number, weights=nodes.side[rows] == CALLER).astype(np.intp)
    called = np.minimum(first + callers[of_group], last - 1)
    called = np.where(nodes.side[called] == CALLED, called, first)
    parent[several] = np.where(own, rows[order][at], called)
    twins = np.cumsum(np.diff(key * 3 + nodes.side[rows], prepend=-1) != 0) - 1
    _by_time(nodes, several[own], parent, rows, twins)
    calling = ~np.isin(rows, halves[halves >= 0])
    _by_time(nodes, several[~own], parent, rows[calling], number[calling])
    return parent


def _groups(nodes: Nodes, first: Rows, last: Rows) -> tuple[Rows, Rows]:
    """Return the nodes in some of the ranges, and the number of the id that each has."""
    inside = np.zeros(len(nodes) + 1, dtype=np.int32)
    np.add.at(inside, first, 1)
    np.add.at(inside, last, -1)
    rows = np.flatnonzero(np.cumsum(inside)[:-1] > 0)
    trace, span = nodes.trace[rows], nodes.span[rows]
    fresh = np.ones(len(rows), dtype=np.bool_)
    fresh[1:] = (trace[1:] != trace[:-1]) | (span[1:] != span[:-1])
    return rows, np.cumsum(fresh) - 1


def _by_time(nodes: Nodes, children: Rows, parent: Rows, candidates: Rows, group: Rows) -> None:
    """Of several candidates of a group take, in place, the one that a child lies in.

    Such spans are there where ids collide, or where a call was tried again under its old id.
    """
    many = np.bincount(group)[group] > 1
    candidates, group = candidates[many], group[many]
    if not len(candidates):
        return
    group_of = np.full(len(nodes), -1, dtype=np.intp)
    group_of[candidates] = group
    children = children[group_of[parent[children]] >= 0]
    if not len(children):
        return
    found = running(nodes, (group, candidates), (group_of[parent[children]], children))
    parent[children] = np.where(found < 0, parent[children], found)


def running(nodes: Nodes, candidates: tuple[Rows, Rows], children: tuple[Rows, Rows]) -> Rows:
    """Return for each child the candidate of its group that was running when it began.

    Of several that were, the one that began last; where none was, the one that began last before
    it; -1 where none began before it. A span of unknown duration is taken to run on.

    Args:
        nodes: the nodes.
        candidates: the group of each candidate, and the candidate.
        children: the group of each child, and the child.
    """
    group = np.concatenate([candidates[0], children[0]])
    node = np.concatenate([candidates[1], children[1]])
    child = np.arange(len(node)) >= len(candidates[0])
    order = order_by(group, nodes.start[node], child, node)
    group, node, child = group[order], node[order], child[order]
    usable = ~child & (nodes.start[node] > 0)
    begun = np.maximum.accumulate(np.where(usable, np.arange(len(order)), -1))
    before = np.append(-1, begun[:-1])
    for column in (begun, before):
        column[(column >= 0) & (group[column] != group)] = -1
    start, took = nodes.start[node], nodes.duration[node]
    at = begun.copy()
    for _ in range(_STEPS):
        ended = (at >= 0) & (took[at] >= 0) & (start[at] + took[at] < start) & child
        if not ended.any():
            break
        at[ended] = before[at[ended]]
    at = np.where(at < 0, begun, at)
    found = np.empty(len(order), dtype=np.intp)
    found[order] = np.where(at < 0, -1, node[at])
    return found[len(candidates[0]) :]


def pair_halves(nodes: Nodes, index: Index) -> Rows:
    """Return the client's half above each server's half of a shared id, -1 for all other nodes.

    With or without the flag; but without it, halves that name different parents are no halves of
    one call: their ids collide.
    """
    parent = np.full(len(nodes), -1, dtype=np.intp)
    repeats = (nodes.trace[1:] == nodes.trace[:-1]) & (nodes.span[1:] == nodes.span[:-1])
    grouped = np.zeros(len(nodes), dtype=np.bool_)
    grouped[1:] |= repeats
    grouped[:-1] |= repeats
    rows = np.flatnonzero(grouped & (nodes.side == CALLED) & (nodes.span != 0))
    if not len(rows):
        return parent
    first, last = index.find(nodes.trace[rows], nodes.span[rows])
    with_caller = nodes.side[first] == CALLER
    caller = _callers(nodes, grouped, rows, first)
    given = nodes.parent_id[rows]
    apart = (given != nodes.parent_id[caller]) & (given != 0) & (nodes.parent_id[caller] != 0)
    paired = with_caller & (nodes.shared[rows] | ~apart)
    parent[rows[paired]] = caller[paired]
    # no client's half, but a half without a kind in another service, which Zipkin takes for it
    local = last - 1
    by_local = (
        ~with_caller
        & nodes.shared[rows]
        & (nodes.side[local] == LOCAL)
        & ~nodes.shared[local]
        & (nodes.service[local] != nodes.service[rows])
    )
    parent[rows[by_local]] = local[by_local]
    return parent


def _callers(nodes: Nodes, grouped: Flags, rows: Rows, first: Rows) -> Rows:
    """Return the client's half of each server's: of the same parent, then by time, else the first.

    ``first`` are the first nodes of their ids; where these are no callers there is none.
    """
    callers = np.flatnonzero(grouped & (nodes.side == CALLER) & (nodes.span != 0))
    fresh = np.ones(len(callers), dtype=np.bool_)
    fresh[1:] = (nodes.trace[callers][1:] != nodes.trace[callers][:-1]) | (
        nodes.span[callers][1:] != nodes.span[callers][:-1]
    )
    if fresh.all():
        return first
    of = np.searchsorted(callers[fresh], first)
    group = np.cumsum(fresh) - 1
    of = np.minimum(of, group[-1])
    ids, code = np.unique(
        np.concatenate([nodes.parent_id[callers], nodes.parent_id[rows]]), return_inverse=True
    )
    kin = group * len(ids) + code[: len(callers)]
    own = of * len(ids) + code[len(callers) :]
    order = order_by(kin)
    at = np.minimum(np.searchsorted(kin[order], own), len(order) - 1)
    akin = kin[order][at] == own
    found = running(nodes, (kin, callers), (own, rows))
    found = np.where((found < 0) & akin, callers[order[at]], found)
    by_time = running(nodes, (group, callers), (of, rows))
    found = np.where(found < 0, by_time, found)
    return np.where((found < 0) | (nodes.side[first] != CALLER), first, found)
