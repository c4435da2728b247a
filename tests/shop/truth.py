"""The truth of the shop, and a snapshot of it, for tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from depmap.config import load
from depmap.pipeline import build, collect

if TYPE_CHECKING:
    from depmap.model.dependency import Dependency
    from depmap.model.snapshot import Snapshot

SHOP = Path(__file__).parents[2] / "fixtures" / "shop"
TRACES = SHOP / "traces"
AS_OF = datetime(2026, 11, 25, tzinfo=UTC)
"""The same moment as in the Makefile, so that the golden report is the demo's."""


@cache
def truth() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((SHOP / "truth.yaml").read_text())
    return data


@cache
def counts() -> dict[tuple[str, str, str], tuple[int, int]]:
    data = json.loads((TRACES / "counts.json").read_text())
    return {
        (row["consumer"], row["provider"], row["kind"]): (row["calls"], row["errors"])
        for row in data["rows"]
    }


def snapshot_of(folder: Path, work: Path) -> Snapshot:
    """Collect and build a copy of the shop's project that writes into ``work``."""
    text = (folder / "depmap.toml").read_text()
    text = text.replace("../../reports", str(work / "reports"))
    text = text.replace("[project]\n", f'[project]\nledger = "{work / "ledger"}"\n')
    config = folder / ".depmap-test.toml"
    config.write_text(text)
    try:
        failed = [item for item in collect(load(config)) if item.failed]
        assert failed == []
        return build(load(config), as_of=AS_OF)
    finally:
        config.unlink()


@cache
def names(node: str) -> tuple[str, ...]:
    """Every name of a node, the one of the truth first."""
    for one in truth()["nodes"]:
        if node == one["name"] or node in one.get("aliases", ()):
            return (one["name"], *one.get("aliases", ()))
    return (node,)


def between(snapshot: Snapshot, row: dict[str, Any]) -> list[Dependency]:
    """Return what a snapshot has of a true row; of the renamed service, under any of its names."""
    return [
        item
        for consumer in names(row["consumer"])
        for provider in names(row["provider"])
        for item in snapshot.matrix.between(consumer, provider)
        if "kind" not in row or item.kind.value in kinds(row)
    ]


def rows() -> list[dict[str, Any]]:
    """Return the true dependencies, one row a consumer."""
    found = []
    for row in truth()["dependencies"]:
        consumers = row["consumer"] if isinstance(row["consumer"], list) else [row["consumer"]]
        found += [{**row, "consumer": consumer} for consumer in consumers]
    return found


def kinds(row: dict[str, Any]) -> set[str]:
    return {row["kind"], *row.get("also_kind", ())}


def strengths(row: dict[str, Any]) -> set[str]:
    return {row["strength"], *row.get("also_ok", ())}
