"""Failure sets, from a ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.config import Project
from depmap.ledger.ledger import Ledger
from depmap.model.evidence import Flow
from depmap.pipeline import build, impact_together
from tests.builders import AS_OF, seen

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.ledger.records import Record


def flow(*nodes: str, count: int) -> Flow:
    return Flow(
        operation="a: GET /",
        nodes=nodes,
        parents=(-1, *(0 for _ in nodes[1:])),
        blocking=tuple(True for _ in nodes),
        count=count,
    )


def test_what_fails_together_is_replayed_on_the_ledger_s_flows(tmp_path: Path) -> None:
    project = Project(
        folder=tmp_path,
        name="x",
        ledger=tmp_path / "ledger",
        snapshots=tmp_path / "snapshots",
        reports=tmp_path / "reports",
    )
    records: list[Record] = [
        seen("a", "b", units=(30, 30, 500, 0)),
        seen("a", "C", units=(30, 30, 500, 0)),
        flow("a", "b", count=40),
        flow("a", "c", count=40),
        flow("a", count=20),
    ]
    Ledger(project.ledger).replace("traces", {"2026-11-20T10": records}, whole=True)
    snapshot = build(project, as_of=AS_OF)
    alone = {item.node: item.operations[0][1] for item in snapshot.impacts}
    both = impact_together(project, snapshot, set(alone))
    assert 0.35 < alone["b"] < 0.4
    assert both.operations[0][1] == round(2 * alone["b"], 4)
    assert both.operations[0][4] == 100
    assert both.bands[0].reached == 0.8
