"""Spans to links: one pure function over the columns of whole traces.

The unit of work is the whole trace: its spans may come in any order, any number of times, from
any number of files. All rules are in the modules this one calls, in the order of the text:
``tree`` (who is whose parent), ``hops`` (calls both sides can be seen of, and guesses), ``leaves``
(peers without spans, messages), ``units`` and ``flows`` (strength and impact), ``rows`` and
``joining`` (adding up).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from depmap.model.words import Kind
from depmap.tracing.calls import Calls, Column, Scene, is_publishing, scene_of
from depmap.tracing.drawing import load_of, minutes_of
from depmap.tracing.facts import Family, SpanKind
from depmap.tracing.flows import flows_of
from depmap.tracing.hops import first_roots, guesses, hops, references, remote_callers
from depmap.tracing.joining import merge, settle
from depmap.tracing.leaves import Loose, events, peers
from depmap.tracing.links import (
    Entry,
    Link,
    Links,
    Senders,
    TracedService,
    Waiting,
    moment,
)
from depmap.tracing.missing import Missing
from depmap.tracing.rows import TraceName, rows_of, trace_order
from depmap.tracing.sorting import order_by
from depmap.tracing.tree import Flags, build
from depmap.tracing.waits import waits_of

if TYPE_CHECKING:
    from depmap.tracing.spans import Rows, Spans

__all__ = ["Entry", "Link", "Links", "TracedService", "link", "link_part", "merge"]


def link(spans: Spans, *, by_operation: bool = False) -> Links:
    """Return the links of whole traces.

    Args:
        spans: all spans of the traces, in any order; repeated ones count once.
        by_operation: whether each operation makes a row of its own.
    """
    return settle([link_part(spans, by_operation=by_operation)])


def link_part(spans: Spans, *, by_operation: bool = False) -> Links:
    """Return the links of some of many whole traces, good for ``merge`` only.

    Args:
        spans: as for ``link``.
        by_operation: likewise.
    """
    scene = scene_of(build(spans))
    trace_name = _trace_names(scene, spans)
    seen = hops(scene)
    leaves, unnamed = peers(scene, _answered(scene, seen))
    messages, loose = events(scene, seen)
    guessed = guesses(scene)
    told = references(scene), remote_callers(scene)
    calls = Calls.concat([seen, *told, leaves, messages, guessed])
    waits = waits_of(scene, calls)
    flows, cut = flows_of(scene, calls, ~waits.idle)
    unseen = _missing(scene, unnamed, trace_name)
    unseen += [Missing("flows", (name,), count) for name, count in cut.items()]
    return Links(
        rows=tuple(rows_of(scene, calls, waits, trace_name, by_operation=by_operation)),
        flows=tuple(flows),
        entries=_entries(scene, guessed),
        services=_services(scene, spans),
        missing=tuple(unseen),
        traces=len(scene.tree.nodes.traces),
        spans=len(scene.tree.nodes),
        by_operation=by_operation,
        load=load_of(scene),
        waiting=_waiting(scene, loose, trace_name),
        senders=_senders(scene),
    )


def _trace_names(scene: Scene, spans: Spans) -> TraceName:
    """Return what tells the id of a trace by its code."""
    nodes = scene.tree.nodes
    high, low = nodes.trace_high.tolist(), nodes.trace_low.tolist()

    def trace_name(code: int) -> str:
        return spans.trace_name(high[code], low[code])

    return trace_name


def _answered(scene: Scene, seen: Calls) -> Flags:
    """Tell the callers' spans that a span of the called service answers."""
    answered = np.zeros(len(scene.tree.nodes), dtype=np.bool_)
    answered[seen.caller[seen.caller >= 0]] = True
    return answered


def _entries(scene: Scene, guessed: Calls) -> tuple[Entry, ...]:
    """Return the calls from outside: roots that serve or consume, and that no link leads to.

    A root without a kind counts where it speaks HTTP or gRPC. A second root is an entry unless a
    call to it is guessed.
    """
    tree, nodes = scene.tree, scene.tree.nodes
    root = (tree.parent < 0) & ~tree.orphan & ~tree.circular & (nodes.service >= 0)
    spoken = (scene.family == Family.HTTP) | (scene.family == Family.GRPC)
    serves = (nodes.kind == SpanKind.SERVER) | (nodes.kind == SpanKind.CONSUMER)
    serves |= (nodes.kind == SpanKind.UNSET) & spoken & ~scene.caller
    root &= serves
    root[tree.link_from] = False
    root[guessed.called] = False
    rows = np.flatnonzero(root)
    key = nodes.service[rows] * len(scene.operations) + scene.operation[rows]
    pair, of_pair, count = np.unique(key, return_inverse=True, return_counts=True)
    errors = np.bincount(of_pair, weights=scene.error[rows], minlength=len(count))
    return tuple(
        Entry(
            service=scene.names[at // len(scene.operations)],
            operation=scene.operations[at % len(scene.operations)],
            calls=calls,
            errors=int(failed),
        )
        for at, calls, failed in zip(pair.tolist(), count.tolist(), errors.tolist(), strict=True)
    )


def _services(scene: Scene, spans: Spans) -> tuple[TracedService, ...]:
    """Return the services that recorded spans."""
    nodes = scene.tree.nodes
    count = np.bincount(nodes.service[nodes.service >= 0], minlength=len(nodes.services))
    first = np.full(len(spans.processes), len(spans))
    np.minimum.at(first, spans.process, np.arange(len(spans)))
    used = np.flatnonzero(first < len(spans))
    service = nodes.service[nodes.node_of[first[used]]]
    places: dict[int, list[tuple[str, str]]] = {}
    for process, code in zip(used.tolist(), service.tolist(), strict=True):
        told = spans.processes[process]
        if told.service:
            places.setdefault(code, []).append((told.namespace, told.environment))
    return tuple(
        TracedService(
            name=name,
            spans=int(count[code]),
            namespaces=tuple({place[0] for place in places.get(code, ())} - {""}),
            environments=tuple({place[1] for place in places.get(code, ())} - {""}),
        )
        for code, name in enumerate(nodes.services)
        if count[code]
    )


def _missing(scene: Scene, unnamed: Rows, trace_name: TraceName) -> list[Missing]:
    """Count what could not be seen, by reason and service."""
    tree, nodes = scene.tree, scene.tree.nodes
    roots = first_roots(scene)
    second = (tree.parent < 0) & ~tree.orphan & ~tree.circular
    second &= np.arange(len(nodes)) != roots[nodes.trace]
    nobody = nodes.service < 0
    return [
        *_counted(scene, "orphan", np.flatnonzero(tree.orphan & ~nobody), trace_name),
        *_counted(scene, "second-root", np.flatnonzero(second & ~nobody), trace_name),
        *_counted(scene, "circle", np.flatnonzero(tree.circular & ~nobody), trace_name),
        *_counted(scene, "unnamed", unnamed, trace_name),
        *_counted(scene, "no-service", np.flatnonzero(nobody), trace_name),
    ]


def _counted(scene: Scene, reason: str, rows: Rows, trace_name: TraceName) -> list[Missing]:
    """Count nodes by service, with the smallest of their trace ids."""
    nodes = scene.tree.nodes
    rank = trace_order(scene)[nodes.trace[rows]]
    order = order_by(nodes.service[rows], rank)
    rows = rows[order]
    service = nodes.service[rows]
    first = np.flatnonzero(np.diff(service, prepend=-2))
    count = np.diff(np.append(first, len(rows)))
    return [
        Missing(
            reason,
            (scene.names[code],) if code >= 0 else (),
            many,
            trace_name(trace),
        )
        for code, many, trace in zip(
            service[first].tolist(), count.tolist(), nodes.trace[rows[first]].tolist(), strict=True
        )
    ]


def _senders(scene: Scene) -> Senders:
    """Return the spans that sent messages, for links in other parts of the traces."""
    nodes = scene.tree.nodes
    first = np.ones(len(nodes), dtype=np.bool_)
    first[1:] = (nodes.trace[1:] != nodes.trace[:-1]) | (nodes.span[1:] != nodes.span[:-1])
    rows = np.flatnonzero(is_publishing(scene) & first & (nodes.span != 0))
    key: Column = nodes.service[rows] * len(scene.operations) + scene.operation[rows]
    label, code = np.unique(key, return_inverse=True)
    many = len(scene.operations)
    return Senders(
        nodes.traces[nodes.trace[rows]],
        nodes.span[rows],
        code.astype(np.int64),
        tuple((scene.names[at // many], scene.operations[at % many]) for at in label.tolist()),
    )


def _waiting(scene: Scene, loose: Loose, trace_name: TraceName) -> tuple[Waiting, ...]:
    """Return the span links whose sender is not here, each with the event it would be."""
    nodes = scene.tree.nodes
    minutes = minutes_of(scene)
    found = []
    for row, trace, span in zip(
        loose.rows.tolist(), loose.trace.tolist(), loose.span.tolist(), strict=True
    ):
        start = int(nodes.start[row])
        minute = int(minutes[nodes.trace[row]])
        event = Link(
            consumer="",
            provider=scene.names[int(nodes.service[row])],
            kind=Kind.EVENT,
            calls=1,
            errors=int(scene.error[row]),
            weight_1024=int(nodes.weight[row]),
            first_seen=moment(start),
            last_seen=moment(start),
            operations=((scene.operations[int(scene.operation[row])], 1),),
            rules=(("span-link", 1),),
            protocols=((scene.protocols[int(scene.protocol[row])], 1),),
            examples=(trace_name(int(nodes.trace[row])),),
            unwaited=1,
            consumer_operations=(("", 1),),
            seen=(minute,) if minute >= 0 else (),
        )
        found.append(Waiting(trace, span, event))
    return tuple(found)
