"""Which node of an id is meant: among halves, among collisions, and for the halves themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from depmap.tracing.parts import CALLED, CALLER, LOCAL
from depmap.tracing.sorting import order_by, places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from depmap.tracing.halves import Nodes
    from depmap.tracing.ids import Ids
    from depmap.tracing.spans import Numbers, Rows

    Flags = NDArray[Any]


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


def choose(nodes: Nodes, first: Rows, last: Rows) -> Rows:
    """Choose each node's parent among the nodes of the parent's id.

    Of several the one of the node's own service is the parent, the server's half before the
    client's; in another service it is the server's half, which did the calling.
    """
    parent = np.where(last > first, first, -1)
    several = np.flatnonzero(last - first > 1)
    if not len(several):
        return parent
    in_several = np.zeros(len(nodes) + 1, dtype=np.int32)
    np.add.at(in_several, first[several], 1)
    np.add.at(in_several, last[several], -1)
    rows = np.flatnonzero(np.cumsum(in_several)[:-1] > 0)
    group = nodes.trace[rows], nodes.span[rows]
    fresh = (np.diff(group[0], prepend=-1) != 0) | np.concatenate(
        ([True], group[1][1:] != group[1][:-1])
    )
    number = np.cumsum(fresh) - 1
    wide = len(nodes.services) + 1
    key = number * wide + nodes.service[rows] + 1
    order = order_by(key, nodes.side[rows] != CALLED)
    key, candidates = key[order], rows[order]
    # the group of a parent's first node
    of_group = number[np.searchsorted(rows, first[several])]
    wanted = of_group * wide + nodes.service[several] + 1
    at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    own = (key[at] == wanted) & (nodes.service[several] >= 0)
    callers = np.bincount(number, weights=nodes.side[rows] == CALLER).astype(np.intp)[of_group]
    called = first[several] + callers
    has_called = (called < last[several]) & (
        nodes.side[np.minimum(called, len(nodes) - 1)] == CALLED
    )
    parent[several] = np.where(own, candidates[at], np.where(has_called, called, first[several]))
    _by_time(nodes, several, parent)
    return parent


def _by_time(nodes: Nodes, rows: Rows, parent: Rows) -> None:
    """Of several spans of one id, side and service, take the one that began last before a child.

    Such spans are there where ids collide, or where a call was tried again under its old id.
    """
    twin = np.zeros(len(nodes), dtype=np.bool_)
    same = nodes.trace[1:] == nodes.trace[:-1]
    for column in (nodes.span, nodes.side, nodes.service):
        same &= column[1:] == column[:-1]
    twin[1:] = same
    run = np.cumsum(~twin) - 1
    many = np.bincount(run)[run] > 1
    rows = rows[many[parent[rows]]]
    if not len(rows):
        return
    candidates = np.flatnonzero(many)
    found = begun_last(nodes.start, (run[candidates], candidates), (run[parent[rows]], rows))
    parent[rows] = np.where(found < 0, parent[rows], found)


def begun_last(start: Numbers, candidates: tuple[Rows, Rows], children: tuple[Rows, Rows]) -> Rows:
    """Return for each child the candidate of its group that began last before it; -1: none.

    Args:
        start: start of every node, in ns; 0: unknown.
        candidates: the group of each candidate, and the candidate.
        children: the group of each child, and the child.
    """
    group = np.concatenate([candidates[0], children[0]])
    node = np.concatenate([candidates[1], children[1]])
    child = np.arange(len(node)) >= len(candidates[0])
    order = order_by(group, start[node], child, node)
    at = np.arange(len(order))
    usable = ~child[order] & (start[node[order]] > 0)
    last = np.maximum.accumulate(np.where(usable, at, -1))
    there = (last >= 0) & (group[order[last]] == group[order])
    found = np.empty(len(order), dtype=np.intp)
    found[order] = np.where(there, node[order[last]], -1)
    return found[len(candidates[0]) :]


def pair_halves(nodes: Nodes, index: Index, parent: Rows) -> None:
    """Hang the server's half of a shared id under the client's, with or without the flag.

    Without the flag, halves that name different parents are no halves of one call: their ids
    collide.
    """
    repeats = (nodes.trace[1:] == nodes.trace[:-1]) & (nodes.span[1:] == nodes.span[:-1])
    grouped = np.zeros(len(nodes), dtype=np.bool_)
    grouped[1:] |= repeats
    grouped[:-1] |= repeats
    rows = np.flatnonzero(grouped & (nodes.side == CALLED) & (nodes.span != 0))
    if not len(rows):
        return
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
    found = begun_last(nodes.start, (kin, callers), (own, rows))
    found = np.where((found < 0) & akin, callers[order[at]], found)
    by_time = begun_last(nodes.start, (group, callers), (of, rows))
    found = np.where(found < 0, by_time, found)
    return np.where((found < 0) | (nodes.side[first] != CALLER), first, found)
