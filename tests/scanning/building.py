"""Scans of folders and of facts, with what tests ask of them."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from collectors.code import Code
from collectors.manifests import Manifests
from collectors.polyglot import Polyglot
from depmap.collecting.port import EVER
from depmap.model.evidence import Gap
from depmap.model.facts import Fact, Part, Value
from depmap.scanning.join import join

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.scanning.scan import Scan

Edge = tuple[str, str, str, str]


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files, dedented, below a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return folder


def scan(*folders: Path) -> Scan:
    """What the collectors and the join make of folders."""
    items = [
        item
        for collector in (Code(paths=folders), Manifests(paths=folders), Polyglot(paths=folders))
        for item in collector.collect(EVER)
    ]
    facts = [item for item in items if isinstance(item, Fact)]
    return join(facts, gaps=[item for item in items if isinstance(item, Gap)])


def edges(scan: Scan) -> set[Edge]:
    """(consumer, provider, kind, operation) of each confirmed row that has an operation."""
    return {
        (item.consumer, item.provider, item.kind.value, item.operation)
        for item in scan.evidence
        if item.confidence >= 0.5 and item.operation
    }


def pairs(scan: Scan) -> set[tuple[str, str, str]]:
    """(consumer, provider, kind) of each confirmed row."""
    return {
        (item.consumer, item.provider, item.kind.value)
        for item in scan.evidence
        if item.confidence >= 0.5
    }


def value(text: str) -> Value:
    """``http://{A}/x/{}``: a value with variables and holes."""
    parts: list[Part] = []
    for piece in text.replace("{", "\0{").replace("}", "}\0").split("\0"):
        if piece == "{}":
            parts.append(Part("hole"))
        elif piece.startswith("{"):
            name, mark, default = piece[1:-1].partition("=")
            parts.append(Part("env", name, default if mark else None))
        elif piece:
            parts.append(Part("text", piece))
    return Value(tuple(parts))
