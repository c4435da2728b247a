"""A project with a snapshot, as small as can be, for commands that look at one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.history.store import save
from depmap.merging.merge import merge
from depmap.model.matrix import Matrix
from depmap.model.plan import Plan
from depmap.model.snapshot import Coverage, Snapshot
from depmap.model.words import Kind, NodeKind, Source, Strength
from tests.builders import AS_OF, claim, node, seen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

    from depmap.model.evidence import Evidence, Node

TOML = """# ours
[project]
name = "tiny"

[sources.interviews]
collector = "interviews"
paths = ["interviews"]
"""

NODES = (
    node("cart", path="services/cart", owner="team-web", aliases=("basket",)),
    node("pricing", path="services/pricing", owner="team-sales"),
    node("redis", kind=NodeKind.CACHE, aliases=("redis://redis:6379",)),
)
CLAIMS = (
    seen("cart", "pricing", calls=120, last_seen=AS_OF),
    claim("cart", "pricing", locators=("services/cart/api.py:7",), strength=Strength.WEAK),
    claim("cart", "redis", Kind.CACHE, locators=("services/cart/store.py:3",)),
    claim("cart", "redis", Kind.STARTUP_ORDER, Source.DEPLOYMENT, locators=("compose.yml:9",)),
)


def snapshot(nodes: Sequence[Node] = NODES, claims: Sequence[Evidence] = CLAIMS) -> Snapshot:
    merged = merge(nodes=nodes, evidence=claims, shared=(), flows=(), aliases={}, as_of=AS_OF)
    return Snapshot(
        project="tiny",
        quarter="2026Q4",
        as_of=AS_OF,
        nodes=merged.nodes,
        matrix=Matrix(
            names=tuple(item.name for item in merged.nodes), dependencies=merged.dependencies
        ),
        plan=Plan(),
        coverage=Coverage(),
    )


def project(folder: Path, monkeypatch: pytest.MonkeyPatch, built: Snapshot | None = None) -> Path:
    """Write a project into a folder, go there, and return it."""
    (folder / "depmap.toml").write_text(TOML)
    (folder / "interviews").mkdir()
    save(built or snapshot(), folder / "snapshots")
    monkeypatch.chdir(folder)
    return folder
