"""Calls in calls of the same service: which of them are one, and which span of it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from depmap.tracing.calls import RULE_CODE, Column, Scene
from depmap.tracing.facts import Family, Role
from depmap.tracing.parts import CALLED
from depmap.tracing.peers import BY_SYSTEM, is_wire

if TYPE_CHECKING:
    from depmap.tracing.spans import Rows
    from depmap.tracing.tree import Flags


class _Places(NamedTuple):
    """Where each node's call goes, as codes; -1: it does not tell."""

    host: Column
    port: Column
    system: Column
    namespace: Column


def nested(scene: Scene) -> tuple[Rows, Rows]:
    """Return the pairs of a call and a call made inside of it by the same service."""
    nodes, turn = scene.tree.nodes, scene.turn
    speaks = scene.caller | (scene.role != Role.NONE)
    nested = speaks & (turn >= 0) & (nodes.service == scene.service_at(turn))
    nested &= speaks[turn]
    inner = np.flatnonzero(nested)
    return turn[inner], inner


def covered_calls(scene: Scene, outer: Rows, inner: Rows, answered: Flags) -> Flags:
    """Tell the nodes that are one call with another one they are nested in, or that is in them."""
    places = _places(scene)
    same = _same_peer(scene, places, outer, inner)
    wire = _is_wire(scene, outer, inner, same) & ~answered[inner]
    covered = np.zeros(len(scene.caller), dtype=np.bool_)
    wraps = _only_wraps(scene, outer, inner, same, answered) & ~wire
    covered[outer[wraps | _lacks_address(scene, places, outer, inner)]] = True
    covered[inner[_inner_is_same(scene, outer, inner, same) | wire]] = True
    return covered


def _is_wire(scene: Scene, outer: Rows, inner: Rows, same: Flags) -> Flags:
    """Tell the inner calls that speak no protocol of their own: look-ups and connections.

    They are the outer call on its way: to the same host, or to an address without a name.
    """
    bare = np.array([is_wire(facts) for facts in scene.tree.nodes.fact_table], dtype=np.bool_)
    wire: Flags = same | bare[scene.tree.nodes.facts[inner]]
    wire &= (scene.family[inner] == Family.UNKNOWN) & ~scene.told[inner]
    wire &= scene.caller[outer] & (scene.family[outer] != Family.UNKNOWN)
    return wire


def _only_wraps(scene: Scene, outer: Rows, inner: Rows, same: Flags, answered: Flags) -> Flags:
    """Tell the outer calls that only wrap an inner one, so that both are one call.

    That is so where both name one peer, where the outer one knows no more than its system, and
    where it is an ordinary call whose inner one was answered. A store's call, and one with
    another peer, are calls of their own.
    """
    plain = scene.family[outer] <= Family.RPC
    vague = (scene.peer_rule[outer] == RULE_CODE[BY_SYSTEM]) & (scene.peer[inner] >= 0)
    vague &= scene.role[outer] == Role.NONE
    wraps: Flags = (same & plain) | vague | (plain & answered[inner])
    return wraps


def _inner_is_same(scene: Scene, outer: Rows, inner: Rows, same: Flags) -> Flags:
    """Tell the inner calls that are what a store's or broker's client does underneath."""
    rich = scene.family[outer] > Family.RPC
    role = scene.role[outer]
    # what a consumer does to its broker's host is work, not the receiving
    part = (scene.tree.nodes.side[outer] != CALLED) & (
        (scene.role[inner] == Role.NONE) | (role == Role.NONE)
    )
    underneath: Flags = rich & same & (part | (role == scene.role[inner]))
    return underneath


def _places(scene: Scene) -> _Places:
    """Return where each node's call goes."""
    table = scene.tree.nodes.fact_table
    texts = ([facts.host.lower() for facts in table], [facts.port for facts in table],
             [facts.system for facts in table], [facts.namespace for facts in table])  # fmt: skip
    return _Places(*(_codes(column)[scene.tree.nodes.facts] for column in texts))


def _codes(texts: list[str]) -> Column:
    """Return a code for each distinct text, -1 for an empty one."""
    known: dict[str, int] = {"": -1}
    return np.array([known.setdefault(text, len(known)) for text in texts], dtype=np.int64)


def _same_peer(scene: Scene, places: _Places, outer: Rows, inner: Rows) -> Flags:
    """Tell whether both calls go to one peer: the same name, or the same host and port."""
    named = (scene.peer[outer] >= 0) & (scene.peer[outer] == scene.peer[inner])
    host = (places.host[outer] >= 0) & (places.host[outer] == places.host[inner])
    same: Flags = named | (host & _agree(places.port, outer, inner))
    return same


def _lacks_address(scene: Scene, places: _Places, outer: Rows, inner: Rows) -> Flags:
    """Tell the outer calls of a store whose address only the driver's call in them tells."""
    family = scene.family[outer]
    lacks: Flags = (family > Family.RPC) & (family != Family.MESSAGING)
    lacks &= (family == scene.family[inner]) & ~scene.told[outer]
    lacks &= (places.host[outer] < 0) & (places.host[inner] >= 0)
    for column in (places.system, places.namespace):
        lacks &= _agree(column, outer, inner)
    return lacks


def _agree(column: Column, outer: Rows, inner: Rows) -> Flags:
    """Tell whether both are equal, or one of them does not tell."""
    one, other = column[outer], column[inner]
    agree: Flags = (one == other) | (one < 0) | (other < 0)
    return agree
