"""Calls that both sides can be seen of, and guesses where the span between them is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from depmap.model.words import Kind
from depmap.tracing.calls import (
    CODE_OF,
    RULE_CODE,
    Calls,
    Column,
    Scene,
    is_consumer,
    is_publishing,
    kinds_of,
)
from depmap.tracing.facts import Family, SpanKind
from depmap.tracing.parts import CALLED, CALLER
from depmap.tracing.sorting import order_by

if TYPE_CHECKING:
    from depmap.tracing.spans import Rows

_LATE = np.iinfo(np.int64).max


def hops(scene: Scene) -> Calls:
    """Return a call for each reference between two present spans of different services.

    Local spans and spans without a service are skipped upwards. Within one service only a real
    pair of client and server is a call. The caller's own span is the nearest ancestor of the
    calling service that is no local span, if it is a client or producer.
    """
    nodes, above, turn = scene.tree.nodes, scene.above, scene.turn
    consumer = scene.service_at(above)
    calls_out = (turn >= 0) & scene.caller[turn]
    other = (nodes.service >= 0) & (consumer >= 0) & (consumer != nodes.service)
    pair = (nodes.side == CALLED) & calls_out & (scene.service_at(turn) == nodes.service)
    pair &= (nodes.side[turn] == CALLER) & (consumer == nodes.service)
    called = np.flatnonzero(other | pair)
    caller = np.where(
        calls_out[called] & (scene.service_at(turn[called]) == consumer[called]),
        turn[called],
        -1,
    )
    return _table(scene, called, caller)


def _table(scene: Scene, called: Rows, caller: Rows) -> Calls:
    """Return the calls from ``caller`` (-1: its span is lost) to ``called``."""
    nodes, known = scene.tree.nodes, caller >= 0
    event = (nodes.kind[called] == SpanKind.CONSUMER) | (
        known & (nodes.kind[caller] == SpanKind.PRODUCER) & (nodes.side[called] != CALLED)
    )
    # a client span right below another service tells of its own call, not of the one it is in
    answers = ~scene.caller[called]
    failure = np.where(known, scene.failure[caller], answers & scene.failure[called])
    weight = np.maximum(nodes.weight[called], np.where(known, nodes.weight[caller], 0))
    return Calls.of(
        len(called),
        **_times(scene, called, caller, answers, event),
        **_subject(scene, called, caller, answers),
        consumer=scene.service_at(scene.above[called]),
        provider=nodes.service[called],
        kind=np.where(event, CODE_OF[Kind.EVENT], _kind(scene, called, caller)),
        rule=_rule(scene, called, caller, event),
        observed=True,
        error=(answers & scene.error[called]) | (known & scene.error[caller] & ~event),
        failure=failure & ~event,
        weight=weight,
        trace=nodes.trace[called],
        caller=caller,
        called=called,
        within=np.where(known, caller, scene.above[called]),
    )


def _times(
    scene: Scene, called: Rows, caller: Rows, answers: Column, event: Column
) -> dict[str, Column]:
    """Return when each call began and how long it took, as either side tells.

    A client's span over several calls is the duration of none of them, and a message has none.
    """
    nodes, known = scene.tree.nodes, caller >= 0
    lone = np.bincount(caller[known], minlength=len(nodes))[caller] == 1
    of_client = np.where(known & (lone | ~answers) & ~event, nodes.duration[caller], -1)
    of_server = np.where(answers & ~event, nodes.duration[called], -1)
    begun = known & (nodes.start[caller] > 0)
    return {
        "start": np.where(begun, nodes.start[caller], nodes.start[called]),
        "duration": np.where(of_client < 0, of_server, of_client),
        "client_duration": of_client,
        "server_duration": of_server,
    }


def _subject(scene: Scene, called: Rows, caller: Rows, answers: Column) -> dict[str, Column]:
    """Return what each call asked for, as its server tells it best, and in which protocol."""
    known = caller >= 0
    told = answers & (scene.operation[called] > 0)
    operation = np.where(told, scene.operation[called], 0)
    protocol = np.where(known, scene.protocol[caller], 0)
    return {
        "operation": np.where(~told & known, scene.operation[caller], operation),
        "protocol": np.where((protocol == 0) & answers, scene.protocol[called], protocol),
    }


def _kind(scene: Scene, called: Rows, caller: Rows) -> Column:
    """Return the kind of each call: a store's, gRPC if either side says so, else HTTP, else rpc.

    A producer's call to a server is a call like any other.
    """
    known = caller >= 0
    of_caller = np.where(known, scene.family[caller], Family.UNKNOWN)
    of_caller = np.where(of_caller == Family.MESSAGING, Family.UNKNOWN, of_caller)
    answers = ~scene.caller[called]
    of_called = np.where(answers, _call_family(scene.family[called]), Family.UNKNOWN)
    family = np.where(of_caller != Family.UNKNOWN, of_caller, of_called)
    either = (of_caller <= Family.RPC) & (of_called == Family.GRPC)
    return kinds_of(np.where(either, Family.GRPC, family))


def _call_family(family: Column) -> Column:
    """Return the family of a call to a service; a store's or broker's is not one."""
    return np.where(family > Family.RPC, Family.UNKNOWN, family)


def _rule(scene: Scene, called: Rows, caller: Rows, event: Column) -> Column:
    """Return the rule that found each call."""
    nodes, known = scene.tree.nodes, caller >= 0
    shared = known & (nodes.span[caller] == nodes.span[called]) & (nodes.span[called] != 0)
    of_two = np.where(event, RULE_CODE["producer-consumer"], RULE_CODE["client-server"])
    lost = (nodes.side[called] == CALLED) & (scene.turn[called] >= 0)
    of_one = np.where(lost, RULE_CODE["lost-client"], RULE_CODE["parent"])
    return np.where(shared, RULE_CODE["shared-id"], np.where(known, of_two, of_one))


def references(scene: Scene) -> Calls:
    """Return a call for each reference to a present span of another service besides the parent.

    Jaeger's spans may have several; in OTLP they are links inside of a trace. What follows from a
    span is not waited for by it, and how it ends is its caller's matter. Messages are not meant:
    their links are events.
    """
    tree, nodes = scene.tree, scene.tree.nodes
    there = tree.link_to >= 0
    source, target = tree.link_from[there], tree.link_to[there]
    service, other = nodes.service[source], nodes.service[target]
    fits = (nodes.trace[source] == nodes.trace[target]) & (service >= 0) & (other >= 0)
    fits &= (service != other) & (scene.service_at(scene.above[source]) != other)
    fits &= ~is_publishing(scene)[source] & ~is_publishing(scene)[target]
    fits &= ~is_consumer(scene)[source]
    rows, unknown = source[fits], np.full(int(fits.sum()), -1, dtype=np.intp)
    return Calls.of(
        len(rows),
        **_subject(scene, rows, unknown, ~scene.caller[rows]),
        consumer=other[fits],
        provider=nodes.service[rows],
        kind=_kind(scene, rows, unknown),
        rule=RULE_CODE["reference"],
        observed=True,
        error=False,
        failure=False,
        start=nodes.start[rows],
        weight=nodes.weight[rows],
        trace=nodes.trace[rows],
    )


def remote_callers(scene: Scene) -> Calls:
    """Return a call for each server span that nobody above it called, but that names its caller.

    Only the name counts: the address of a caller changes with every call.
    """
    nodes = scene.tree.nodes
    rows = np.flatnonzero(
        (nodes.kind == SpanKind.SERVER) & (nodes.service >= 0) & (scene.above < 0) & scene.told
    )
    return Calls.of(
        len(rows),
        **_own(scene, rows),
        consumer=scene.peer[rows],
        provider=nodes.service[rows],
        kind=kinds_of(_call_family(scene.family[rows])),
        operation=scene.operation[rows],
        rule=RULE_CODE["remote-caller"],
        observed=True,
        caller=-1,
        called=rows,
        within=-1,
    )


def _own(scene: Scene, rows: Rows) -> dict[str, Any]:
    """Return the columns that a call takes from its one span."""
    nodes = scene.tree.nodes
    return {
        "protocol": scene.protocol[rows],
        "error": scene.error[rows],
        "failure": scene.failure[rows],
        "start": nodes.start[rows],
        "duration": nodes.duration[rows],
        "server_duration": nodes.duration[rows],
        "weight": nodes.weight[rows],
        "trace": nodes.trace[rows],
    }


def first_roots(scene: Scene) -> Rows:
    """Return the root of each trace, -1 where it has none: the earliest of those without parent.

    A time that is not told is later than any that is; then the smaller span id decides.
    """
    tree = scene.tree
    nodes = tree.nodes
    rows = np.flatnonzero((tree.parent < 0) & ~tree.orphan & ~tree.circular)
    start = np.where(nodes.start[rows] == 0, _LATE, nodes.start[rows])
    rows = rows[order_by(nodes.trace[rows], start)]
    first = np.diff(nodes.trace[rows], prepend=-1) != 0
    roots = np.full(len(nodes.traces), -1, dtype=np.intp)
    roots[nodes.trace[rows[first]]] = rows[first]
    return roots


def guesses(scene: Scene) -> Calls:
    """Return a guessed call from a trace's root to each part of it that hangs in the air.

    Zipkin hangs orphans and second roots on the first root and believes it; here they are kept
    apart. Spans that miss the same parent are one lost span, so one guess.
    """
    tree, nodes = scene.tree, scene.tree.nodes
    roots = first_roots(scene)
    root = roots[nodes.trace]
    loose = (tree.parent < 0) & (np.arange(len(nodes)) != root) & (root >= 0)
    loose &= (nodes.service >= 0) & (scene.service_at(root) >= 0)
    loose &= nodes.service != scene.service_at(root)
    loose &= (nodes.kind != SpanKind.PRODUCER) & (nodes.kind != SpanKind.CONSUMER)
    loose &= ~((nodes.kind == SpanKind.SERVER) & scene.told)
    rows = np.flatnonzero(loose)
    lost = (tree.orphan | tree.circular)[rows]
    # of what misses the same parent a server's span tells most
    missing = np.where(lost, nodes.parent_id[rows], nodes.span[rows])
    order = order_by(
        nodes.trace[rows], lost, missing, nodes.service[rows], nodes.side[rows] != CALLED
    )
    rows, missing, lost = rows[order], missing[order], lost[order]
    same = (missing[1:] == missing[:-1]) & (lost[1:] == lost[:-1])
    for column in (nodes.trace[rows], nodes.service[rows]):
        same &= column[1:] == column[:-1]
    rows = rows[np.append(True, ~same)[: len(rows)]]
    return _guessed(scene, rows, root[rows])


def _guessed(scene: Scene, rows: Rows, root: Rows) -> Calls:
    """Return the guessed calls from the roots to the given nodes."""
    nodes = scene.tree.nodes
    serves = nodes.side[rows] == CALLED
    own = _own(scene, rows)
    orphan = (scene.tree.orphan | scene.tree.circular)[rows]
    return Calls.of(
        len(rows),
        **{
            **own,
            "protocol": np.where(serves, own["protocol"], 0),
            "error": serves & own["error"],
            "failure": serves & own["failure"],
            "duration": np.where(serves, own["duration"], -1),
            "server_duration": np.where(serves, own["duration"], -1),
        },
        consumer=scene.service_at(root),
        provider=nodes.service[rows],
        kind=kinds_of(np.where(serves, _call_family(scene.family[rows]), Family.UNKNOWN)),
        operation=np.where(serves, scene.operation[rows], 0),
        rule=np.where(orphan, RULE_CODE["orphan"], RULE_CODE["second-root"]),
        observed=False,
        caller=-1,
        called=rows,
        within=-1,
    )
