"""Cycles, and the order that is left once each is taken as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

if TYPE_CHECKING:
    from collections.abc import Iterable

Pair = tuple[str, str]
"""``(consumer, provider)``: the consumer depends on the provider."""


def strongly_connected(nodes: Iterable[str], edges: Iterable[Pair]) -> tuple[tuple[str, ...], ...]:
    """Return the sets of nodes that all depend on each other, directly or not.

    Each node is in exactly one set; a node in no cycle is alone in its set. Members are sorted,
    and sets are sorted by their first member. Linear (Tarjan).
    """
    found = nx.strongly_connected_components(_graph(nodes, edges))
    return tuple(sorted(tuple(sorted(members)) for members in found))


def condensed(
    edges: Iterable[Pair], components: Iterable[tuple[str, ...]]
) -> frozenset[tuple[str, str]]:
    """Return the edges between components, each named by its first member. Linear."""
    leader = {name: members[0] for members in components for name in members}
    pairs = ((leader[consumer], leader[provider]) for consumer, provider in edges)
    return frozenset(pair for pair in pairs if pair[0] != pair[1])


def generations(
    nodes: Iterable[str], edges: Iterable[Pair]
) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Return components in steps: each depends only on components of earlier steps.

    A component stands in the earliest step that it can. Cycles count as one. Linear.
    """
    nodes, edges = tuple(nodes), tuple(edges)
    components = strongly_connected(nodes, edges)
    members = {item[0]: item for item in components}
    turned = ((provider, consumer) for consumer, provider in condensed(edges, components))
    steps = nx.topological_generations(_graph(members, turned))
    return tuple(tuple(sorted(members[leader] for leader in step)) for step in steps)


def levels(nodes: Iterable[str], edges: Iterable[Pair]) -> dict[str, int]:
    """Return the step of each node: the length of its longest chain of providers.

    Nodes without providers have level 0; members of a cycle share a level. Linear.
    """
    steps = enumerate(generations(nodes, edges))
    return {name: level for level, step in steps for members in step for name in members}


def providers_first(nodes: Iterable[str], edges: Iterable[Pair]) -> tuple[str, ...]:
    """Return the nodes so that each comes after all it depends on, cycles apart. Linear."""
    steps = generations(nodes, edges)
    return tuple(name for step in steps for members in step for name in members)


def _graph(nodes: Iterable[str], edges: Iterable[Pair]) -> nx.DiGraph[str]:
    """Build a graph in sorted order, so that no result depends on the order of the input."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(sorted(nodes))
    graph.add_edges_from(sorted(edges))
    return graph
