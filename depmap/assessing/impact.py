"""What fails with a node: exact replay of healthy call trees, else reach over strong edges.

Replay, bottom-up over each tree, with X the failed nodes:

    F(v) = 1                                                        if v is in X
    F(v) = 1 - product over providers g of v of (1 - delta_g * F(g))   otherwise

Calls that the parent does not wait for do not count, and repeated calls on one edge share their
fate: the worst of them counts once. Assumed: a full outage, and no state (caches, circuit
breakers) beyond what delta holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from depmap.graph.reach import nearest, reaching
from depmap.model.snapshot import ImpactOf
from depmap.model.words import NodeKind, Strength

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from depmap.model.dependency import Dependency, StrengthView
    from depmap.model.evidence import Flow, Node

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Deltas:
    """Failure strength of each pair: expected, and at its best and worst."""

    expected: Mapping[Pair, float]
    best: Mapping[Pair, float]
    worst: Mapping[Pair, float]


def impacts(
    nodes: Sequence[Node], dependencies: Sequence[Dependency], flows: Sequence[Flow]
) -> tuple[ImpactOf, ...]:
    """Return what fails with each node that something depends on, by node."""
    held = [item for item in dependencies if item.confirmed]
    deltas = _deltas(held)
    by_node = _flows_of(flows)
    kinds = {node.name: node.kind for node in nodes}
    needed = sorted({item.provider for item in held})
    return tuple(
        _impact(name, held, deltas, flows, by_node.get(name, ()))
        for name in needed
        if kinds.get(name) not in {NodeKind.TEAM, NodeKind.CAPABILITY, NodeKind.LIBRARY}
    )


def _impact(
    name: str,
    held: Sequence[Dependency],
    deltas: Deltas,
    flows: Sequence[Flow],
    touched: Sequence[Flow],
) -> ImpactOf:
    fails = _consumers(held, {name}, Strength.STRONG)
    down = {name, *fails}
    unsure = [item for item in _direct(held, down, Strength.UNDETERMINED) if item not in down]
    softer = (
        *_direct(held, down, Strength.WEAK),
        *_direct(held, down, Strength.OPTIONAL),
    )
    return ImpactOf(
        node=name,
        basis="traces" if touched else "structure",
        operations=_operations(name, deltas, flows, touched),
        fails=fails,
        degrades=tuple(sorted(set(softer) - down)),
        undetermined=tuple(sorted(set(unsure))),
    )


def _consumers(
    held: Iterable[Dependency], starts: Collection[str], strength: Strength
) -> tuple[str, ...]:
    """Return who depends on the starts over edges of one strength, nearest first."""
    edges = [(item.provider, item.consumer) for item in held if item.strength.strength is strength]
    return tuple(name for name in nearest(edges, starts) if name not in starts)


def _direct(
    held: Iterable[Dependency], down: Collection[str], strength: Strength
) -> tuple[str, ...]:
    return tuple(
        item.consumer
        for item in held
        if item.provider in down and item.strength.strength is strength
    )


def _operations(
    name: str, deltas: Deltas, flows: Sequence[Flow], touched: Sequence[Flow]
) -> tuple[tuple[str, float, float, float, int], ...]:
    """Return the share of requests that fail, by business operation, largest first."""
    totals: dict[str, int] = defaultdict(int)
    for flow in flows:
        totals[flow.operation] += flow.count
    failing: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for flow in touched:
        sums = failing[flow.operation]
        for i, delta in enumerate((deltas.expected, deltas.best, deltas.worst)):
            sums[i] += flow.count * replay(flow, {name}, delta)
    rows = [
        (operation, *(round(value / totals[operation], 4) for value in sums), totals[operation])
        for operation, sums in failing.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row[1], row[0])))  # type: ignore[arg-type]


def replay(flow: Flow, down: Collection[str], delta: Mapping[Pair, float]) -> float:
    """Return the probability that a request of this shape fails when the nodes are down, 0-1."""
    worst: list[dict[str, float]] = [{} for _ in flow.nodes]
    failed = 1.0
    for i in range(len(flow.nodes) - 1, -1, -1):
        name = flow.nodes[i]
        below = worst[i]
        failed = 1.0 if name in down else 1.0 - prod(1 - below[key] for key in sorted(below))
        parent = flow.parents[i]
        if parent >= 0 and flow.blocking[i]:
            carried = failed * delta.get((flow.nodes[parent], name), 1.0)
            worst[parent][name] = max(carried, worst[parent].get(name, 0.0))
    return failed


def _flows_of(flows: Iterable[Flow]) -> dict[str, list[Flow]]:
    found: dict[str, list[Flow]] = defaultdict(list)
    for flow in flows:
        for name in set(flow.nodes):
            found[name].append(flow)
    return found


def _deltas(held: Iterable[Dependency]) -> Deltas:
    """Take the strongest way in which each pair depends by a call that is waited for."""
    expected: dict[Pair, float] = {}
    best: dict[Pair, float] = {}
    worst: dict[Pair, float] = {}
    for item in held:
        if item.kind.is_call and not item.asynchronous:
            pair = (item.consumer, item.provider)
            low, middle, high = _range(item.strength)
            best[pair] = max(low, best.get(pair, 0.0))
            expected[pair] = max(middle, expected.get(pair, 0.0))
            worst[pair] = max(high, worst.get(pair, 0.0))
    return Deltas(expected, best, worst)


def _range(view: StrengthView) -> tuple[float, float, float]:
    """Return (best, expected, worst) delta; what is undetermined may be anything."""
    if view.strength is Strength.UNDETERMINED:
        return 0.0, view.probability, 1.0
    if view.delta is not None and view.low is not None and view.high is not None:
        return view.low, view.delta, view.high
    if view.strength is Strength.STRONG:
        return view.probability, view.probability, 1.0
    return 0.0, view.probability, view.probability


def reached(dependencies: Iterable[Dependency], name: str) -> frozenset[str]:
    """Return all that depend on a node over any confirmed edge: what graph tools call impact."""
    edges = [(item.consumer, item.provider) for item in dependencies if item.confirmed]
    return reaching(edges, {name})
