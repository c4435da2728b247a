"""Graphs as plain values: the only importer of networkx.

An edge is a pair ``(consumer, provider)`` and reads "consumer depends on provider". Functions
take names, pairs and sets and give them back; no graph object leaves this package. Results do
not depend on the order of what comes in.
"""

from __future__ import annotations

from depmap.graph.cutting import EXACT, HEURISTIC, Cut, cheapest_cut
from depmap.graph.cycles import (
    Pair,
    condensed,
    generations,
    levels,
    providers_first,
    strongly_connected,
)
from depmap.graph.reach import (
    closure,
    nearest,
    reachable,
    reaching,
    reduction,
    shortest_chain,
    shortest_chains,
)

__all__ = [
    "EXACT",
    "HEURISTIC",
    "Cut",
    "Pair",
    "cheapest_cut",
    "closure",
    "condensed",
    "generations",
    "levels",
    "nearest",
    "providers_first",
    "reachable",
    "reaching",
    "reduction",
    "shortest_chain",
    "shortest_chains",
    "strongly_connected",
]
