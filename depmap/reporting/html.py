"""The review as one HTML file: no network, no third-party script, readable without any script."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.model.dependency import Dependency
from depmap.model.evidence import Node
from depmap.model.words import PHASES, Kind, Layer, Strength
from depmap.reporting import charts, content, losses, sentences, strengths, unknown
from depmap.reporting.assets import asset, environment, policy_source
from depmap.reporting.glossary import GLOSSARY, METHOD
from depmap.reporting.matrix_svg import LABELLED, cursor_cells, draw
from depmap.reporting.matrix_view import look
from depmap.wording import several

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from depmap.model.snapshot import Snapshot

ROWS = 200
"""A table of the page has at most so many rows; it says so, and the CSV has them all."""

CLAIMS = 9_000
"""So many claims a page holds; above, each dependency shows fewer, and says how many more."""

OPERATIONS = 2_000
"""So many rows of strengths by operation a page holds; above, only what is likely to differ."""

SMALL = 60
"""Up to so many dependencies all evidence is shown open."""

TOP_LOSSES = 20
"""So many nodes are shown with what fails when they are down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """The dependencies of one consumer, each with its index in the matrix."""

    name: str
    node: Node | None
    items: tuple[tuple[int, Dependency], ...]


def render_html(snapshot: Snapshot) -> str:
    """Return the review report as one self-contained HTML page."""
    template = environment().get_template("report.html.j2")
    return template.render(**_context(snapshot)) + "\n"


def script_hash() -> str:
    """Return the CSP source that allows the page's own script and no other."""
    return policy_source(asset("report.js"))


def style_hash() -> str:
    """Return the CSP source that allows the page's own style sheet and no other."""
    return policy_source(asset("report.css"))


def _context(snapshot: Snapshot) -> dict[str, object]:
    items = snapshot.matrix.dependencies
    claims = sum(len(item.evidence) for item in items)
    placements = {item.name: item for item in snapshot.plan.placements}
    return {
        "snapshot": snapshot,
        "say": sentences,
        "say_loss": losses,
        "several": several,
        "how_strong": strengths,
        "unknown": unknown,
        "asked": content.ASKED,
        "glossary": GLOSSARY,
        "method": METHOD,
        "css": asset("report.css"),
        "js": asset("report.js"),
        "script_hash": script_hash(),
        "style_hash": style_hash(),
        "phases": PHASES,
        "layers": tuple(Layer),
        "strengths": tuple(Strength),
        "placement": placements.get,
        "rows": ROWS,
        "split": _split(items),
        "small": len(items) <= SMALL,
        "claim_limit": None if claims <= CLAIMS else max(1, CLAIMS // max(len(items), 1)),
        **_findings(snapshot),
        **_matrix(snapshot),
        **_lists(snapshot),
    }


def _split(items: Sequence[Dependency]) -> frozenset[tuple[str, str, Kind]]:
    """Return the keys of the dependencies whose strength is shown by operation."""
    several = [item for item in items if strengths.by_operation(item.strength)]
    rows = sum(len(strengths.operation_rows(item.strength)) for item in several)
    if rows > OPERATIONS:
        several = [item for item in several if item.strength.differs >= strengths.LIKELY]
    return frozenset(item.key for item in several)


def _findings(snapshot: Snapshot) -> dict[str, object]:
    return {
        "verdict": content.verdict(snapshot),
        "failed": content.failed_sources(snapshot),
        "headlines": content.headlines(snapshot),
        "decisions": snapshot.findings[: content.DECISIONS],
        "findings": content.findings_by_section(snapshot),
    }


def _matrix(snapshot: Snapshot) -> dict[str, object]:
    views = tuple(look(snapshot, layer) for layer in (None, *Layer))
    conflicts = content.conflict_pairs(snapshot)
    whole = look(snapshot, fold_above=len(snapshot.matrix.names))
    items = snapshot.matrix.dependencies
    index: dict[tuple[str, ...], int] = {item.key: place for place, item in enumerate(items)}
    return {
        "views": views,
        "picture": draw(views, conflicts),
        "whole": draw((whole,), conflicts) if views[0].is_folded else None,
        "labelled": LABELLED,
        "backward": content.backward(snapshot),
        "index": index,
        "about": {item: index.get(item.subjects) for item in snapshot.findings},
        "totals": content.strengths(snapshot.matrix.confirmed()),
        "data": {
            "cells": cursor_cells(views),
            "layers": "".join(item.layer.value[0] for item in snapshot.matrix.dependencies),
        },
    }


def _lists(snapshot: Snapshot) -> dict[str, object]:
    return {
        "phase_rows": content.phase_rows(snapshot),
        "sources": charts.sources_of(snapshot.coverage),
        "combinations": charts.combinations(snapshot.coverage),
        "bar": charts.bar,
        "single": content.single_source(snapshot),
        "unconfirmed": content.unconfirmed(snapshot),
        "losses": content.losses(snapshot),
        "top_losses": TOP_LOSSES,
        "consumers": _consumers(snapshot),
    }


def _consumers(snapshot: Snapshot) -> tuple[Consumer, ...]:
    nodes: Mapping[str, Node] = {node.name: node for node in snapshot.nodes}
    groups: dict[str, list[tuple[int, Dependency]]] = defaultdict(list)
    for index, item in enumerate(snapshot.matrix.dependencies):
        groups[item.consumer].append((index, item))
    return tuple(
        Consumer(name=name, node=nodes.get(name), items=tuple(items))
        for name, items in sorted(groups.items())
    )
