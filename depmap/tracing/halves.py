"""Spans to nodes: resent, partial and shared spans put together.

A span id may come several times in a trace: sent twice, cut in parts (Zipkin), or shared by the
two halves of a call (Zipkin's B3: client and server record under one id). Parts and repetitions
become one node, halves stay apart. Nodes are in a fixed order, whatever the order of the spans.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from depmap.tracing.collisions import split_halves
from depmap.tracing.facts import Facts
from depmap.tracing.ids import Ids
from depmap.tracing.parts import LOCAL, join_parts, merged_facts
from depmap.tracing.sorting import order_by
from depmap.tracing.spans import WEIGHT_ONE, Codes, Numbers, Rows, Spans, trace_keys

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

_RANK: Final = np.array([4, 4, 2, 0, 1, 3], dtype=np.int8)
"""Order of kinds: client, producer, server, consumer, local; a pair of ranks is one side."""
_KIND: Final = np.array([3, 4, 2, 5, 0], dtype=np.uint8)
_MOST: Final = 256
"""Spans of one id beyond which parts are put together only where they agree in everything."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Nodes:
    """The nodes of all traces, ordered by trace, span id, side and service.

    Attributes:
        trace: code of the trace, in the order of ``traces``.
        span: span id.
        parent_id: id of the parent as given; 0: none.
        kind: a ``SpanKind``; internal and unset are both 0.
        side: ``CALLER``, ``CALLED`` or ``LOCAL``.
        shared: Zipkin's flag.
        start: start in ns; 0: unknown.
        duration: duration in ns; -1: unknown.
        weight: how many calls it stands for, in 1024ths.
        service: code of the service; -1: the span names none.
        facts: index into ``fact_table``.
        node_of: the node of each input span.
        traces: the key of each trace, ascending.
        trace_high: upper 64 bits of each trace's id, as far as any span tells them.
        trace_low: lower 64 bits of each trace's id.
        services: name of each service, as it is shown.
        fact_table: distinct facts.
    """

    trace: Numbers
    span: Ids
    parent_id: Ids
    kind: NDArray[np.uint8]
    side: NDArray[np.int8]
    shared: NDArray[np.bool_]
    start: Numbers
    duration: Numbers
    weight: Numbers
    service: Codes
    facts: Codes
    node_of: Rows
    traces: Ids
    trace_high: Ids
    trace_low: Ids
    services: tuple[str, ...]
    fact_table: tuple[Facts, ...]

    def __len__(self) -> int:
        """Return how many nodes there are."""
        return len(self.span)


def fold(name: str) -> str:
    """Return what names are compared by: matching ignores case."""
    return name.casefold()


def nodes_of(spans: Spans) -> Nodes:
    """Put resent and partial spans together into nodes."""
    traces, trace = np.unique(trace_keys(spans.trace_high, spans.trace_low), return_inverse=True)
    services, service = _services(spans)
    address = _ranks([process.address for process in spans.processes])[spans.process]
    side = (_RANK[spans.kind] // 2).astype(np.int8)
    order, first = _halves(spans, trace, service, address, side)
    high, low = np.zeros((2, len(traces)), dtype=np.uint64)
    np.maximum.at(high, trace, spans.trace_high)
    np.maximum.at(low, trace, spans.trace_low)
    fact_table = list(spans.fact_table)
    facts = merged_facts(spans.facts, order, first, fact_table)
    weight = _reduce(np.maximum, spans.weight, order, first)
    kind = _KIND[_reduce(np.minimum, _RANK[spans.kind], order, first)]
    lead = order[first]
    return Nodes(
        trace=trace[lead].astype(np.int64),
        span=spans.span[lead],
        parent_id=_least(spans.parent, order, first),
        kind=kind,
        side=(_RANK[kind] // 2).astype(np.int8),
        shared=_reduce(np.logical_or, spans.shared, order, first),
        start=_least(spans.start, order, first),
        duration=_reduce(np.maximum, spans.duration, order, first),
        weight=_weights(weight, facts, fact_table, trace[lead]),
        service=_reduce(np.maximum, service, order, first),
        facts=facts,
        node_of=_node_of(order, first),
        traces=traces,
        trace_high=high,
        trace_low=low,
        services=services,
        fact_table=tuple(fact_table),
    )


def _node_of(order: Rows, first: Rows) -> Rows:
    """Return the node of each span."""
    node = np.empty(len(order), dtype=np.intp)
    node[order] = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(order))))
    return node


def _weights(weight: Numbers, facts: Codes, table: Sequence[Facts], trace: Rows) -> Numbers:
    """Return how many spans each node stands for, in 1024ths.

    What the span's own trace state or attributes say counts; else what any span of the trace
    says, since whole traces are sampled (Jaeger's clients tell it at the root only).
    """
    told = np.array([item.weight for item in table], dtype=np.int64)
    if not told.any():
        return weight
    own = told[facts]
    of_trace = np.zeros(int(trace.max(initial=-1)) + 1, dtype=np.int64)
    np.maximum.at(of_trace, trace, own)
    own = np.where(own > 0, own, of_trace[trace])
    return np.where(weight > WEIGHT_ONE, weight, np.maximum(weight, own))


def _services(spans: Spans) -> tuple[tuple[str, ...], Codes]:
    """Return the services by folded name, and the service of each span (-1: none).

    Of the spellings of one name the smallest is shown: a choice that does not depend on order
    and is the same when partial results are merged.
    """
    shown: dict[str, str] = {}
    for process in spans.processes:
        name = process.service
        if name:
            key = fold(name)
            shown[key] = min(name, shown.get(key, name))
    keys = {key: code for code, key in enumerate(sorted(shown))}
    of_process = [keys.get(fold(process.service), -1) for process in spans.processes]
    table = np.array(of_process, dtype=np.int32)
    return tuple(shown[key] for key in keys), table[spans.process]


def _ranks(items: Sequence[Hashable]) -> Codes:
    """Return the rank of each item among the distinct ones; what is empty or least is 0."""
    ranks = {item: at for at, item in enumerate(sorted(set(items)))}  # type: ignore[type-var]
    if "" not in ranks:
        ranks = {item: at + 1 for item, at in ranks.items()}
    return np.array([ranks[item] for item in items], dtype=np.int32)


def _reduce(how: np.ufunc, column: NDArray[Any], order: Rows, first: Rows) -> NDArray[Any]:
    """Reduce a column over the spans of each node."""
    return how.reduceat(column[order], first) if len(first) else column[:0]


def _least(column: NDArray[Any], order: Rows, first: Rows) -> NDArray[Any]:
    """Return the least value of each node; 0 where all its spans have 0, which is no value."""
    nothing = np.iinfo(column.dtype).max
    least = _reduce(np.minimum, np.where(column == 0, nothing, column), order, first)
    return np.where(least == nothing, 0, least).astype(column.dtype)


def _halves(
    spans: Spans, trace: Rows, service: Codes, address: Codes, side: NDArray[np.int8]
) -> tuple[Rows, Rows]:
    """Order spans by trace, span id, side and service; return also where each node starts."""
    order = order_by(trace, spans.span)
    size = len(order)
    ids, of_trace = spans.span[order], trace[order]
    repeats = np.zeros(size, dtype=np.bool_)
    repeats[1:] = (ids[1:] == ids[:-1]) & (of_trace[1:] == of_trace[:-1])
    if not repeats.any():
        return order, np.arange(size)
    group = np.cumsum(~repeats) - 1
    many = np.flatnonzero(np.bincount(group, minlength=group[-1] + 1)[group] > 1)
    sub = _halves_of_groups(spans, order[many], group[many], service, address, side)
    order[many], local = order[many][sub[0]], sub[1]
    starts = ~repeats
    starts[many] = local
    return order, np.flatnonzero(starts)


def _halves_of_groups(  # noqa: PLR0917 - private, called once
    spans: Spans,
    rows: Rows,
    group: Rows,
    service: Codes,
    address: Codes,
    side: NDArray[np.int8],
) -> tuple[Rows, NDArray[np.bool_]]:
    """Order the spans of shared ids by half; return the order and where each half starts."""
    facts = _ranks(spans.fact_table)[spans.facts[rows]]
    names = _ranks(spans.names)[spans.name[rows]]
    content = (
        names,
        facts,
        spans.weight[rows],
        spans.duration[rows],
        spans.start[rows],
        spans.parent[rows],
        _RANK[spans.kind[rows]],
        spans.shared[rows],
        address[rows],
        service[rows],
        side[rows],
        group,
    )
    order = order_by(*content[::-1])
    ordered: list[NDArray[Any]] = [column[order] for column in content]
    differs = [np.diff(column.astype(np.int64), prepend=-2) != 0 for column in ordered]
    differs[5] = np.concatenate(([True], ordered[5][1:] != ordered[5][:-1]))
    half = np.logical_or.reduce(differs[-4:])
    nameless = spans.span[rows][order] == 0
    half[nameless] = np.logical_or.reduce(differs)[nameless]
    partial = _partial_groups(ordered[-1], ordered[-2], ordered[-3], ordered[-4]) & ~nameless
    if partial.any():
        order, half = join_parts(order, half, partial, ordered)
    again, half = split_halves(spans, rows[order], half)
    return order[again], half


def _partial_groups(
    group: Rows, side: NDArray[np.int8], service: Codes, address: Codes
) -> NDArray[np.bool_]:
    """Tell the spans of groups in which some span may be a part of another.

    That is so where one lacks its kind or service beside others that have it, or its address
    beside another of the same half.
    """
    vague = (side == LOCAL) | (service < 0)
    many = int(group[-1]) + 1
    some = np.bincount(group, weights=vague, minlength=many)
    count = np.bincount(group, minlength=many)
    mixed = (some > 0) & (count > 1)
    apart = (
        (group[1:] == group[:-1])
        & (side[1:] == side[:-1])
        & (service[1:] == service[:-1])
        & (address[1:] != address[:-1])
        & (address[:-1] == 0)
    )
    mixed[group[1:][apart]] = True
    return (mixed & (count <= _MOST))[group]
