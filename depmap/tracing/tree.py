"""The call trees of whole traces: who is whose parent, who is whose nearest named ancestor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from depmap.tracing.facts import SpanKind
from depmap.tracing.halves import Nodes, nodes_of
from depmap.tracing.ids import Ids
from depmap.tracing.parts import CALLED, CALLER, LOCAL
from depmap.tracing.spans import Rows

if TYPE_CHECKING:
    from depmap.tracing.spans import Spans

Flags = NDArray[Any]
"""A column of booleans."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tree:
    """Nodes and their parents.

    Attributes:
        nodes: the nodes.
        parent: each node's parent, -1 where it has none.
        orphan: whether a node names a parent that is not there.
        circular: whether a node's parents led back to itself; such parents are dropped.
        follows: whether the parent is one the node only follows from (a link in its own trace).
        link_from: for each distinct span link: the node it starts from.
        link_to: the node it points to, -1 where that is not there.
        link_trace: key of the trace it points to.
        link_span: span id it points to.
    """

    nodes: Nodes
    parent: Rows
    orphan: Flags
    circular: Flags
    follows: Flags
    link_from: Rows
    link_to: Rows
    link_trace: Ids
    link_span: Ids


class _Index:
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
        at = np.minimum(np.searchsorted(self._ids, span), len(self._ids) - 1)
        key = trace * len(self._ids) + at
        first = np.searchsorted(self._key, key)
        last = np.searchsorted(self._key, key, side="right")
        there = (self._ids[at] == span) & (span != 0) & (trace >= 0)
        return np.where(there, first, 0), np.where(there, last, 0)


def build(spans: Spans) -> Tree:
    """Build the call trees of all traces."""
    nodes = nodes_of(spans)
    index = _Index(nodes)
    given = np.where(nodes.parent_id == nodes.span, 0, nodes.parent_id)
    first, last = index.find(nodes.trace, given)
    parent = _choose(nodes, first, last)
    _pair_halves(nodes, index, parent)
    orphan = (parent < 0) & (given != 0)
    link_from, link_trace, link_span = _distinct_links(spans, nodes)
    link_to = _targets(nodes, index, link_trace, link_span)
    follows = _follow_links(nodes, parent, orphan, link_from, link_to)
    circular = cut_circles(parent)
    return Tree(
        nodes=nodes,
        parent=parent,
        orphan=orphan,
        circular=circular,
        follows=follows & ~circular,
        link_from=link_from,
        link_to=link_to,
        link_trace=link_trace,
        link_span=link_span,
    )


def _choose(nodes: Nodes, first: Rows, last: Rows) -> Rows:
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
    order = np.lexsort((rows, nodes.side[rows] != CALLED, key))
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
    return parent


def _pair_halves(nodes: Nodes, index: _Index, parent: Rows) -> None:
    """Hang the server's half of a shared id under the client's, with or without the flag."""
    repeats = (nodes.trace[1:] == nodes.trace[:-1]) & (nodes.span[1:] == nodes.span[:-1])
    grouped = np.zeros(len(nodes), dtype=np.bool_)
    grouped[1:] |= repeats
    grouped[:-1] |= repeats
    rows = np.flatnonzero(grouped & (nodes.side == CALLED) & (nodes.span != 0))
    if not len(rows):
        return
    first, last = index.find(nodes.trace[rows], nodes.span[rows])
    with_caller = nodes.side[first] == CALLER
    parent[rows[with_caller]] = first[with_caller]
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


def _distinct_links(spans: Spans, nodes: Nodes) -> tuple[Rows, Ids, Ids]:
    """Return each link once: from which node, to which trace and span."""
    start = nodes.node_of[spans.link_row]
    order = np.lexsort((spans.link_span, spans.link_low, start))
    start, trace, span = start[order], spans.link_low[order], spans.link_span[order]
    fresh = np.ones(len(start), dtype=np.bool_)
    fresh[1:] = (start[1:] != start[:-1]) | (trace[1:] != trace[:-1]) | (span[1:] != span[:-1])
    fresh &= span != 0
    return start[fresh], trace[fresh], span[fresh]


def _targets(nodes: Nodes, index: _Index, trace: Ids, span: Ids) -> Rows:
    """Return the node each link points to; of the halves of one id the caller's, who sent it."""
    if not len(nodes.traces):
        return np.full(len(span), -1, dtype=np.intp)
    at = np.minimum(np.searchsorted(nodes.traces, trace), len(nodes.traces) - 1)
    code = np.where(nodes.traces[at] == trace, at, -1)
    first, last = index.find(code, span)
    return np.where(last > first, first, -1)


def _follow_links(
    nodes: Nodes, parent: Rows, orphan: Flags, link_from: Rows, link_to: Rows
) -> Flags:
    """Give a node without a parent the one it follows from: a link inside its own trace.

    Jaeger writes such links as FOLLOWS_FROM, OTLP as span links. A producer goes first.
    """
    follows = np.zeros(len(nodes), dtype=np.bool_)
    usable = (link_to >= 0) & (parent[link_from] < 0) & ~orphan[link_from]
    usable &= (nodes.trace[link_from] == nodes.trace[link_to]) & (link_from != link_to)
    source, target = link_from[usable], link_to[usable]
    order = np.lexsort((target, nodes.kind[target] != SpanKind.PRODUCER, source))
    source, target = source[order], target[order]
    first = np.ones(len(source), dtype=np.bool_)
    first[1:] = source[1:] != source[:-1]
    parent[source[first]] = target[first]
    follows[source[first]] = True
    return follows


def cut_circles(parent: Rows) -> Flags:
    """Drop, in place, the parents of nodes whose parents lead back to themselves."""
    size = len(parent)
    circular = np.zeros(size, dtype=np.bool_)
    jump = np.append(np.where(parent < 0, size, parent), size)
    for _ in range(size.bit_length() + 1):
        if (jump == size).all():
            return circular
        jump = jump[jump]
    # every node that has not ended is now past its way in, on the circle itself
    for node in set(jump[jump != size].tolist()):
        at = node
        while not circular[at]:
            circular[at] = True
            at = int(parent[at])
    parent[circular] = -1
    return circular


def nearest(parent: Rows, stop: Flags) -> Rows:
    """Return each node or its nearest ancestor at which to stop, -1 where there is none.

    Pointer doubling: as many steps as the logarithm of the longest way, for any depth.
    """
    size = len(parent)
    here = np.arange(size)
    jump = np.append(np.where(stop, here, np.where(parent < 0, size, parent)), size)
    while True:
        further = jump[jump]
        if np.array_equal(further, jump):
            return np.where(jump[:-1] == size, -1, jump[:-1])
        jump = further


def above(parent: Rows, found: Rows) -> Rows:
    """Return what ``nearest`` found at each node's parent, -1 without a parent."""
    return np.where(parent < 0, -1, found[parent])
