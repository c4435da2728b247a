"""Calls to peers without spans, publishing and consuming, and events over span links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
from depmap.tracing.facts import Role, SpanKind
from depmap.tracing.ids import Ids
from depmap.tracing.nesting import covered_calls, nested
from depmap.tracing.parts import CALLED, LOCAL
from depmap.tracing.sorting import order_by
from depmap.tracing.spans import Rows
from depmap.tracing.tree import Flags, above, nearest


def peers(scene: Scene, answered: Flags) -> tuple[Calls, Rows]:
    """Return the calls to peers that have no spans, and the calls whose peer has no name.

    Args:
        scene: the trees.
        answered: which nodes were answered by a span of the called service: its name wins.
    """
    nodes = scene.tree.nodes
    role = scene.role
    owner = _owners(scene)
    outgoing = scene.caller & (owner >= 0) & (role == Role.NONE)
    candidate = outgoing & ~answered
    told = scene.peer >= 0
    messaging = (role == Role.PUBLISH) | (role == Role.CONSUME)
    messaging &= (owner >= 0) & told
    outer, inner = nested(scene)
    rows = np.flatnonzero(
        ((candidate & told) | messaging) & ~covered_calls(scene, outer, inner, answered)
    )
    has_inner = np.zeros(len(nodes), dtype=np.bool_)
    has_inner[outer] = True
    nameless = candidate & (scene.peer < 0) & ~has_inner & (nodes.kind == SpanKind.CLIENT)
    return _table(scene, rows, owner[rows]), np.flatnonzero(nameless)


def _owners(scene: Scene) -> Column:
    """Return the service that each node's call is made by.

    A client that does not name its own service belongs to its nearest ancestor that names one or
    is no local span (Zipkin); where that is nameless as well, nobody knows.
    """
    nodes = scene.tree.nodes
    nameless = np.flatnonzero(
        (nodes.kind == SpanKind.CLIENT) & (nodes.service < 0) & (scene.peer >= 0)
    )
    if not len(nameless):
        return nodes.service
    parent = scene.tree.parent
    around = nearest(parent, (nodes.side != LOCAL) | (nodes.service >= 0))
    owner = nodes.service.copy()
    owner[nameless] = scene.service_at(above(parent, around))[nameless]
    return owner


def _table(scene: Scene, rows: Rows, owner: Column) -> Calls:
    """Return one call for each of the nodes."""
    nodes, role = scene.tree.nodes, scene.role[rows]
    kind = kinds_of(scene.family[rows])
    kind = np.where(role == Role.PUBLISH, CODE_OF[Kind.MESSAGING_PUBLISH], kind)
    kind = np.where(role == Role.CONSUME, CODE_OF[Kind.MESSAGING_CONSUME], kind)
    rule = scene.peer_rule[rows]
    rule = np.where(role == Role.PUBLISH, RULE_CODE["publish"], rule)
    rule = np.where(role == Role.CONSUME, RULE_CODE["consume"], rule)
    # what goes wrong while a message is worked on is not the broker's failure
    working = (role == Role.CONSUME) & (nodes.side[rows] == CALLED)
    return Calls.of(
        len(rows),
        consumer=owner,
        provider=scene.peer[rows],
        kind=kind,
        operation=scene.operation[rows],
        protocol=scene.protocol[rows],
        rule=rule,
        observed=True,
        error=scene.error[rows],
        failure=scene.failure[rows] & ~working,
        start=nodes.start[rows],
        duration=np.where(working, -1, nodes.duration[rows]),
        client_duration=np.where(working, -1, nodes.duration[rows]),
        weight=nodes.weight[rows],
        trace=nodes.trace[rows],
        caller=rows,
        called=-1,
        within=rows,
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Loose:
    """Span links whose other end is not here, to be tied when parts are merged.

    Attributes:
        rows: the subscriber's span of each.
        trace: key of the trace it points to.
        span: span id it points to.
    """

    rows: Rows
    trace: Ids
    span: Ids


def events(scene: Scene, seen: Calls) -> tuple[Calls, Loose]:
    """Return an event for each span link to a message's sender, and the links left loose.

    A link and a parent to one sender are one event, and so are the links of consumer spans that
    lie in each other. A link to a span that sends nothing counts inside its own trace only,
    from a consumer.

    Args:
        scene: the trees.
        seen: the calls between present spans; a link beside one of them adds nothing.
    """
    tree, nodes = scene.tree, scene.tree.nodes
    top = _outermost_consumer(scene)
    source, target = tree.link_from, tree.link_to
    sends = (target >= 0) & is_publishing(scene)[target]
    near = (target >= 0) & (nodes.trace[source] == nodes.trace[target])
    near &= is_consumer(scene)[source] & (nodes.service[target] >= 0)
    # a sender's links say what its batch was made of
    named = (nodes.service[source] >= 0) & ~is_publishing(scene)[source]
    tied = named & (sends | near) & (source != target)
    known = seen.within, top[seen.called]
    keep = _first_of_pair(known, (target[tied], top[source[tied]]))
    table = _events(scene, source[tied][keep], target[tied][keep])
    apart = nodes.traces[nodes.trace[source]] != tree.link_trace
    return table, _loose(scene, np.flatnonzero(named & ~tied & apart), top)


def _loose(scene: Scene, links: Rows, top: Rows) -> Loose:
    """Return links whose other end is not here; those of nested consumers are one."""
    tree = scene.tree
    consumer = top[tree.link_from]
    links = links[
        order_by(
            tree.link_trace[links], tree.link_span[links], consumer[links], tree.link_from[links]
        )
    ]
    same = np.ones(max(len(links) - 1, 0), dtype=np.bool_)
    for column in (tree.link_trace[links], tree.link_span[links], consumer[links]):
        same &= column[1:] == column[:-1]
    links = links[np.append(True, ~same)[: len(links)]]
    return Loose(
        rows=tree.link_from[links], trace=tree.link_trace[links], span=tree.link_span[links]
    )


def _outermost_consumer(scene: Scene) -> Rows:
    """Return, for each node, the outermost of the consumer spans it lies in (receive, process)."""
    consumer = is_consumer(scene)
    turn = scene.turn
    inside = consumer & (turn >= 0) & consumer[turn] & (scene.service == scene.service_at(turn))
    return nearest(np.where(inside, turn, -1), ~inside)


def _first_of_pair(known: tuple[Column, Column], pairs: tuple[Column, Column]) -> Column:
    """Return the positions of the pairs that are not known and come for the first time."""
    first = np.concatenate([known[0], pairs[0]])
    second = np.concatenate([known[1], pairs[1]])
    order = order_by(first, second)
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (np.diff(first[order]) != 0) | (np.diff(second[order]) != 0)
    kept = np.sort(order[fresh]) - len(known[0])
    return kept[kept >= 0]


def _events(scene: Scene, source: Rows, target: Rows) -> Calls:
    """Return the events from the senders ``target`` to the subscribers ``source``."""
    nodes = scene.tree.nodes
    own = scene.operation[source]
    columns: dict[str, Any] = {
        "operation": np.where(own > 0, own, scene.operation[target]),
        "protocol": scene.protocol[source],
        "error": scene.error[source],
        "start": nodes.start[source],
        "weight": nodes.weight[source],
        "trace": nodes.trace[source],
    }
    return Calls.of(
        len(source),
        **columns,
        consumer=nodes.service[target],
        provider=nodes.service[source],
        kind=CODE_OF[Kind.EVENT],
        rule=RULE_CODE["span-link"],
        observed=True,
        failure=False,
        duration=-1,
        caller=target,
        called=source,
        within=target,
    )
