"""A fast order with few edges against it (Eades, Lin and Smyth 1993)."""

from __future__ import annotations

import heapq
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from depmap.graph.cycles import Pair


def backward_edges(costs: Mapping[Pair, int]) -> list[Pair]:
    """Return edges without which no cycle is left; cheap, not cheapest.

    Nodes leave one by one: those nothing leaves from go to the end, those nothing comes to go to
    the beginning, and between the two the node goes to the beginning whose outgoing costs exceed
    its incoming costs most. Edges that then point backward are the answer. O(m log m).
    """
    place = {name: spot for spot, name in enumerate(_order(costs))}
    return [edge for edge in costs if edge[0] == edge[1] or place[edge[0]] > place[edge[1]]]


def _order(costs: Mapping[Pair, int]) -> list[str]:
    around, leaving, coming = _sums(costs)
    left = sorted(around)
    heap = [(_rank(leaving[name], coming[name]), name) for name in left]
    heapq.heapify(heap)
    first: list[str] = []
    last: list[str] = []
    gone: set[str] = set()
    while heap:
        rank, name = heapq.heappop(heap)
        # A node is pushed again whenever its sums change; older entries are stale.
        if name in gone or rank != _rank(leaving[name], coming[name]):
            continue
        gone.add(name)
        (first if leaving[name] else last).append(name)
        for edge in around[name]:
            leaving[edge[0]] -= costs[edge]
            coming[edge[1]] -= costs[edge]
            other = edge[1] if edge[0] == name else edge[0]
            if other not in gone:
                del around[other][edge]
                heapq.heappush(heap, (_rank(leaving[other], coming[other]), other))
    return first + last[::-1]


def _rank(leaving: int, coming: int) -> tuple[int, int]:
    """Put ends before beginnings before all others, and those by how far they lean."""
    if not leaving:
        return (0, 0)
    return (1, 0) if not coming else (2, coming - leaving)


def _sums(
    costs: Mapping[Pair, int],
) -> tuple[dict[str, dict[Pair, None]], dict[str, int], dict[str, int]]:
    """Return each node's edges, and what the edges that leave it and come to it cost."""
    around: dict[str, dict[Pair, None]] = defaultdict(dict)
    leaving: dict[str, int] = defaultdict(int)
    coming: dict[str, int] = defaultdict(int)
    for edge, cost in costs.items():
        if edge[0] != edge[1]:
            around[edge[0]][edge] = around[edge[1]][edge] = None
            leaving[edge[0]] += cost
            coming[edge[1]] += cost
    return around, leaving, coming
