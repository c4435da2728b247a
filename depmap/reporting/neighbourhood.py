"""Pictures of a node's neighbourhood, drawn by Graphviz. The only importer of graphviz."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import graphviz

from depmap.frames import strongest
from depmap.model.words import Kind, Strength
from depmap.reporting.sentences import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.snapshot import Snapshot

MOST_NODES = 80
"""A larger picture is a hairball in every tool that was tried."""

MOST_PICTURES = 60
"""As many pictures as are drawn; in a larger estate, of the nodes with findings first."""

_SECONDS = 20
_STYLES = {
    Strength.STRONG: ("solid", "2.2", "#0072B2"),
    Strength.WEAK: ("dashed", "1.5", "#B26A00"),
    Strength.OPTIONAL: ("dotted", "1.5", "#666666"),
    Strength.UNDETERMINED: ("solid", "0.8", "#1C2430"),
}


def pictures_missing() -> str:
    """Return why no pictures can be drawn on this machine, or an empty string."""
    if shutil.which("dot"):
        return ""
    return "Graphviz's dot is not installed: the pictures of neighbourhoods are left out"


def draw_neighbourhoods(snapshot: Snapshot) -> dict[str, bytes]:
    """Return the pictures as SVG by file name; none without Graphviz.

    The bytes depend on the installed Graphviz, so nothing else may depend on them. A picture
    that takes too long is left out.
    """
    dot = shutil.which("dot")
    if dot is None:
        return {}
    drawn = ((name, _run(dot, neighbourhood(snapshot, name))) for name in _chosen(snapshot))
    return {f"{file_stem(name)}.svg": picture for name, picture in drawn if picture}


def neighbourhood(snapshot: Snapshot, name: str) -> str:
    """Return a node, its consumers on the left and providers on the right, in the DOT language.

    A pair is one arrow, whatever the ways in which it depends, as strong as the strongest of
    them. Telemetry between neighbours is left out: everybody sends it to the same place.

    Args:
        snapshot: the snapshot.
        name: the node in the middle.
    """
    edges = _around(snapshot.matrix.confirmed(), name)
    shown, left_out = _within(edges, name)
    graph = graphviz.Digraph(graph_attr=_graph_attributes(name), node_attr=_NODE, edge_attr=_EDGE)
    identifiers = {node: f"n{index}" for index, node in enumerate(sorted(shown))}
    for node, identifier in identifiers.items():
        width = "2.4" if node == name else "0.8"
        graph.node(identifier, label=_label(node), penwidth=width)
    for (consumer, provider), items in _by_pair(edges).items():
        if consumer in shown and provider in shown:
            style, width, colour = _STYLES[strongest(items)]
            graph.edge(
                identifiers[consumer],
                identifiers[provider],
                label=_label(", ".join(sorted(item.kind.value for item in items))),
                style=style,
                penwidth=width,
                color=colour,
            )
    if left_out:
        graph.node("more", label=f"and {left_out} more", shape="plaintext")
    return str(graph.source)


_NODE = {"shape": "box", "style": "rounded", "fontname": "Helvetica", "fontsize": "11"}
_EDGE = {"fontname": "Helvetica", "fontsize": "9", "fontcolor": "#566171", "arrowsize": "0.7"}


def _graph_attributes(name: str) -> dict[str, str]:
    title = f"Neighbourhood of {name}: an arrow points at what is needed"
    legend = "thick: strong, dashed: weak, dotted: optional, thin: undetermined"
    return {
        "rankdir": "LR",
        "label": f"{_label(title)}\\n{legend}",
        "labelloc": "t",
        "fontname": "Helvetica",
        "fontsize": "12",
        "bgcolor": "white",
        "nodesep": "0.25",
        "ranksep": "0.9",
    }


def file_stem(name: str) -> str:
    """Return a file name for a node: safe on every system, and different for different names."""
    safe = re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")[:60]
    if safe == name and safe:
        return safe
    return f"{safe or 'node'}-{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:8]}"


def _around(items: Iterable[Dependency], name: str) -> tuple[Dependency, ...]:
    """Return the dependencies of a node and on it, and those between its neighbours."""
    kept = tuple(items)
    near = {name}
    for item in kept:
        if name in (item.consumer, item.provider):
            near |= {item.consumer, item.provider}
    return tuple(
        item
        for item in kept
        if item.consumer in near
        and item.provider in near
        and (name in (item.consumer, item.provider) or item.kind is not Kind.MONITORING)
    )


def _by_pair(edges: Iterable[Dependency]) -> dict[tuple[str, str], list[Dependency]]:
    pairs: dict[tuple[str, str], list[Dependency]] = defaultdict(list)
    for item in edges:
        pairs[item.consumer, item.provider].append(item)
    return pairs


def _within(edges: Sequence[Dependency], name: str) -> tuple[set[str], int]:
    """Return the nodes that are drawn, the strongest tied first, and how many are left out."""
    ties: Counter[str] = Counter()
    for item in edges:
        if name in (item.consumer, item.provider):
            weight = 1 + 10 * (item.strength.strength is Strength.STRONG)
            ties[item.provider if item.consumer == name else item.consumer] += weight
    ties.pop(name, None)
    ranked = sorted(ties, key=lambda node: (-ties[node], node))
    return {name, *ranked[: MOST_NODES - 1]}, max(0, len(ranked) - MOST_NODES + 1)


def _chosen(snapshot: Snapshot) -> list[str]:
    """Return the nodes to draw, by name: those with dependencies, those with findings first."""
    tied = {
        name for item in snapshot.matrix.confirmed() for name in (item.consumer, item.provider)
    }
    found = Counter(name for item in snapshot.findings for name in item.subjects)
    ranked = sorted(tied, key=lambda name: (-found[name], name))
    return sorted(ranked[:MOST_PICTURES])


def _label(text: str) -> str:
    # Not through str(): the returned kind of string is what keeps "<...>" from being HTML.
    escaped: str = graphviz.escape(plain(text))
    return escaped


def _run(dot: str, source: str) -> bytes:
    try:
        done = subprocess.run(
            [dot, "-Tsvg"],
            input=source.encode(errors="replace"),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return b""
    return done.stdout if done.returncode == 0 else b""
