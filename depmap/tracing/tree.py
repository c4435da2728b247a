"""The call trees of whole traces: who is whose parent, who is whose nearest named ancestor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from depmap.tracing.facts import SpanKind
from depmap.tracing.halves import Nodes, nodes_of
from depmap.tracing.ids import Ids
from depmap.tracing.parents import Index, choose, pair_halves
from depmap.tracing.sorting import order_by
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


def build(spans: Spans) -> Tree:
    """Build the call trees of all traces."""
    nodes = nodes_of(spans)
    index = Index(nodes)
    given = np.where(nodes.parent_id == nodes.span, 0, nodes.parent_id)
    first, last = index.find(nodes.trace, given)
    halves = pair_halves(nodes, index)
    parent = choose(nodes, first, last, halves)
    parent = np.where(halves < 0, parent, halves)
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


def _distinct_links(spans: Spans, nodes: Nodes) -> tuple[Rows, Ids, Ids]:
    """Return each link once: from which node, to which trace and span."""
    start = nodes.node_of[spans.link_row]
    order = order_by(start, spans.link_low, spans.link_span)
    start, trace, span = start[order], spans.link_low[order], spans.link_span[order]
    fresh = np.ones(len(start), dtype=np.bool_)
    fresh[1:] = (start[1:] != start[:-1]) | (trace[1:] != trace[:-1]) | (span[1:] != span[:-1])
    fresh &= span != 0
    return start[fresh], trace[fresh], span[fresh]


def _targets(nodes: Nodes, index: Index, trace: Ids, span: Ids) -> Rows:
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
    order = order_by(source, nodes.kind[target] != SpanKind.PRODUCER, target)
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
