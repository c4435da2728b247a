"""What fails with a node: exact replay of healthy call trees, else reach over strong edges.

Each answer is given as expected, at best and at worst (what is undetermined may be anything), and
with a band in which it lies nine times of ten, from draws of all deltas together. Beside it stands
how long requests wait if the node hangs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.assessing.impact_replay import Replayed, replay, ways_up
from depmap.assessing.impact_timeouts import time_outs
from depmap.assessing.impact_trees import Call, Column, Pair, Trees, trees_of
from depmap.assessing.impact_waits import Limits, limits, on_the_way, waits
from depmap.graph.reach import reaching
from depmap.model.snapshot import Band, ImpactOf
from depmap.model.words import NodeKind, Strength

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from depmap.model.dependency import Dependency, OperationStrength, StrengthView
    from depmap.model.evidence import Flow, Node

EXPECTED, BEST, WORST, WAITED = range(4)
"""The first columns of deltas: three answers, and that each call carries (who waits at all)."""
DRAWS: Final = 200
_SEED: Final = 1997
_LEVELS: Final = (0.0, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 1.0)
_LOW, _HIGH = 0.05, 0.95
_BAND: Final = tuple(_LEVELS[1:-1].index(level) for level in (_LOW, _HIGH))
"""Where the ends of the 90 % band are in ``quantiles``."""


@dataclass(frozen=True, slots=True, eq=False)
class Grounds:
    """What impacts rest on.

    Attributes:
        trees: call trees of healthy requests.
        deltas: failure strength of each of their calls; see ``EXPECTED``, then the draws.
        limits: after how long each of their calls gives up.
        users: who depends on each node, by strength.
    """

    trees: Trees
    deltas: Column
    limits: Limits
    users: Mapping[Strength, Mapping[str, tuple[str, ...]]]


def grounds(
    dependencies: Iterable[Dependency], flows: Sequence[Flow], endless: Collection[Pair] = ()
) -> Grounds:
    """Prepare what any number of impacts rest on; only confirmed dependencies count.

    Args:
        dependencies: the dependencies.
        flows: call trees of healthy requests.
        endless: pairs whose code sets no time-out.
    """
    held = [item for item in dependencies if item.confirmed]
    views = _views(held)
    trees = trees_of(flows, [call for call in views if call.operation])
    given = limits(trees, time_outs(held), endless)
    return Grounds(trees, _deltas(views, trees.calls), given, _users(held))


def impacts(
    nodes: Sequence[Node], dependencies: Sequence[Dependency], flows: Sequence[Flow]
) -> tuple[ImpactOf, ...]:
    """Return what fails with each node that something depends on, by node."""
    return impacts_on(grounds(dependencies, flows), nodes, dependencies)


def impacts_on(
    found: Grounds, nodes: Sequence[Node], dependencies: Sequence[Dependency]
) -> tuple[ImpactOf, ...]:
    """Return the same on grounds that are there."""
    kinds = {node.name: node.kind for node in nodes}
    needed = sorted({item.provider for item in dependencies if item.confirmed})
    return tuple(
        impact_of({name}, found)
        for name in needed
        if kinds.get(name) not in {NodeKind.TEAM, NodeKind.CAPABILITY, NodeKind.LIBRARY}
    )


def impact_of(down: Collection[str], found: Grounds) -> ImpactOf:
    """Return what fails when nodes are down together: one, or all users of a shared resource."""
    fails = _stopped(down, found.users[Strength.STRONG])
    stopped = {*down, *fails}
    softer = {
        *_direct(stopped, found.users[Strength.WEAK]),
        *_direct(stopped, found.users[Strength.OPTIONAL]),
    }
    rows = found.trees.of(down)
    traced = len(rows) > 0
    if not traced:
        # nobody was seen to call them: at most, all that need them fail wherever they are called
        rows = found.trees.of(_first_seen(down, found))
    ways = ways_up(found.trees, rows)
    replayed = replay(found.trees, ways, found.deltas)
    order = _order(found.trees, replayed)
    return ImpactOf(
        node=", ".join(sorted(down)),
        basis="traces" if traced else "structure",
        operations=_operations(found.trees, replayed, order, bound=not traced),
        bands=_bands(found.trees, replayed, order) if traced else (),
        waits=waits(found.trees, ways, found.limits, order) if traced else (),
        time_outs=on_the_way(found.trees, ways, found.limits) if traced else (),
        fails=fails,
        degrades=tuple(sorted(softer - stopped)),
        undetermined=tuple(sorted(_direct(stopped, found.users[Strength.UNDETERMINED]) - stopped)),
    )


def _order(trees: Trees, replayed: Replayed) -> list[int]:
    """Return the operations that reach a failed node, the ones that lose most first."""
    return sorted(
        np.flatnonzero(replayed.reached > 0).tolist(),
        key=lambda at: (-round(float(replayed.lost[at, EXPECTED]), 4), trees.operations[at]),
    )


def _operations(
    trees: Trees, replayed: Replayed, order: Sequence[int], *, bound: bool
) -> tuple[tuple[str, float, float, float, int], ...]:
    """Return the share of requests that fail, by business operation.

    Args:
        trees: the trees.
        replayed: what became of their requests.
        order: the operations, in order.
        bound: whether the shares are upper bounds, so that the best case is that nothing fails.
    """
    shares = replayed.lost[:, : WORST + 1].copy()
    if bound:
        shares[:, BEST] = 0.0
    return tuple(
        (
            trees.operations[at],
            *(round(value, 4) for value in shares[at].tolist()),
            int(trees.requests[at]),
        )
        for at in order
    )


def _bands(trees: Trees, replayed: Replayed, order: Sequence[int]) -> tuple[Band, ...]:
    """Return, in the order of ``_operations``, between what the shares lie."""
    low, high = np.quantile(replayed.lost[:, WAITED + 1 :], (_LOW, _HIGH), axis=1)
    return tuple(
        Band(
            operation=trees.operations[at],
            low=round(float(low[at]), 4),
            high=round(float(high[at]), 4),
            reached=round(float(replayed.reached[at]), 4),
            waiting=round(float(replayed.lost[at, WAITED]), 4),
        )
        for at in order
    )


def _users(
    held: Iterable[Dependency],
) -> dict[Strength, dict[str, tuple[str, ...]]]:
    found: dict[Strength, dict[str, set[str]]] = {strength: {} for strength in Strength}
    for item in held:
        users = found[item.strength.strength].setdefault(item.provider, set())
        users.add(item.consumer)
    return {
        strength: {name: tuple(sorted(users)) for name, users in of.items()}
        for strength, of in found.items()
    }


def _stopped(down: Collection[str], users: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return whose own work stops, over strong edges, nearest first."""
    found = dict.fromkeys(sorted(down))
    waiting = deque(found)
    while waiting:
        for name in users.get(waiting.popleft(), ()):
            if name not in found:
                found[name] = None
                waiting.append(name)
    return tuple(name for name in found if name not in down)


def _first_seen(down: Collection[str], found: Grounds) -> set[str]:
    """Return the nearest nodes that need the failed ones and that trees show."""
    shown, seen, users = set(found.trees.names), set(), found.users[Strength.STRONG]
    known, waiting = set(down), deque(sorted(down))
    while waiting:
        for name in users.get(waiting.popleft(), ()):
            if name in shown:
                seen.add(name)
            elif name not in known:
                known.add(name)
                waiting.append(name)
    return seen


def _direct(down: Collection[str], users: Mapping[str, tuple[str, ...]]) -> set[str]:
    return {name for provider in down for name in users.get(provider, ())}


def _views(held: Iterable[Dependency]) -> dict[Call, StrengthView | OperationStrength]:
    """Return the strength of pairs and, where these rather behave apart, of operations.

    A pair goes by its strongest calls, waited-for ones first.
    """
    calls = [item for item in held if item.kind.is_call]
    calls.sort(key=lambda item: (not item.asynchronous, _range(item.strength)[1]))
    views: dict[Call, StrengthView | OperationStrength] = {}
    for item in calls:
        pair = (item.consumer, item.provider)
        views[Call(*pair)] = item.strength
        for one in item.strength.by_operation if item.strength.apart else ():
            if one.operation:
                views[Call(*pair, one.consumer_operation, one.operation)] = one
    return views


def _deltas(
    views: Mapping[Call, StrengthView | OperationStrength], calls: Sequence[Call]
) -> Column:
    """Return failure strengths of calls; those of one pair are drawn with the same luck."""
    pairs = {pair: at for at, pair in enumerate(sorted({call.pair for call in calls}))}
    lucks = np.random.default_rng(_SEED).random((len(pairs), DRAWS))
    deltas = np.ones((len(calls), WAITED + 1 + DRAWS))
    for at, call in enumerate(calls):
        if call in views:
            best, expected, worst = _range(views[call])
            deltas[at, : WAITED + 1] = expected, best, worst, 1.0
            deltas[at, WAITED + 1 :] = _drawn(views[call], lucks[pairs[call.pair]])
    return deltas


def _range(view: StrengthView | OperationStrength) -> tuple[float, float, float]:
    """Return (best, expected, worst) delta; what is undetermined may be anything."""
    expected = view.probability if view.expected is None else view.expected
    if view.strength is Strength.UNDETERMINED:
        return 0.0, expected, 1.0
    if view.quantiles:
        return view.quantiles[_BAND[0]], expected, view.quantiles[_BAND[1]]
    if view.strength is Strength.STRONG:
        return expected, expected, 1.0
    return 0.0, expected, expected


def _drawn(view: StrengthView | OperationStrength, luck: Column) -> Column:
    """Return draws of delta, from its quantiles where they are known."""
    if view.quantiles:
        values = (view.quantiles[0], *view.quantiles, view.quantiles[-1])
        return np.interp(luck, _LEVELS, values)
    return np.interp(luck, (0.0, 0.5, 1.0), _range(view))


def reached(dependencies: Iterable[Dependency], name: str) -> frozenset[str]:
    """Return all that depend on a node over any confirmed edge: what graph tools call impact."""
    edges = [(item.consumer, item.provider) for item in dependencies if item.confirmed]
    return reaching(edges, {name})
