"""Failure sets, from a ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.config import Project
from depmap.ledger.ledger import Ledger
from depmap.model.deployed import Unit
from depmap.model.evidence import Flow
from depmap.model.facts import Fact, Module, Use
from depmap.model.words import Kind
from depmap.pipeline import build, impact_together
from tests.builders import AS_OF, seen
from tests.scanning.building import value

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.ledger.records import Record


def code(*names: str) -> list[Fact]:
    """Services, of which the first calls the second and waits for ever."""
    call = Use(
        locator=f"{names[0]}/app.py:9",
        kind=Kind.HTTP,
        targets=(value(f"http://{names[1]}/x"),),
        system="http",
        method="GET",
        endless=True,
    )
    units = [Unit(locator="c.yml:1", name=name, build=name) for name in names]
    return [*units, *(Module(locator=f"{name}/app.py:1", shared=True) for name in names), call]


def flow(*nodes: str, count: int) -> Flow:
    return Flow(
        operation="a: GET /",
        nodes=nodes,
        parents=(-1, *(0 for _ in nodes[1:])),
        blocking=tuple(True for _ in nodes),
        count=count,
    )


def project_of(folder: Path, records: list[Record]) -> Project:
    """A project whose ledger holds some records."""
    project = Project(
        folder=folder,
        name="x",
        ledger=folder / "ledger",
        snapshots=folder / "snapshots",
        reports=folder / "reports",
    )
    Ledger(project.ledger).replace("traces", {"2026-11-20T10": records}, whole=True)
    return project


def test_what_fails_together_is_replayed_on_the_ledger_s_flows(tmp_path: Path) -> None:
    project = project_of(
        tmp_path,
        [
            seen("a", "b", units=(30, 30, 500, 0)),
            seen("a", "C", units=(30, 30, 500, 0)),
            flow("a", "b", count=40),
            flow("a", "c", count=40),
            flow("a", count=20),
        ],
    )
    snapshot = build(project, as_of=AS_OF)
    alone = {item.node: item.operations[0][1] for item in snapshot.impacts}
    both = impact_together(project, snapshot, set(alone))
    assert 0.35 < alone["b"] < 0.4
    assert both.operations[0][1] == round(2 * alone["b"], 4)
    assert both.operations[0][4] == 100
    assert both.bands[0].reached == 0.8


def test_code_that_sets_no_time_out_is_named_also_of_what_fails_together(tmp_path: Path) -> None:
    flows = [flow("A", "b", count=40), flow("A", "c", count=40)]
    rows = [seen("A", "b"), seen("A", "c")]
    project = project_of(tmp_path, [*code("a", "b", "c"), *flows, *rows])
    snapshot = build(project, as_of=AS_OF)
    alone = [one.basis for item in snapshot.impacts for one in item.time_outs]
    together = impact_together(project, snapshot, {"b", "c"})
    assert alone == ["its code sets none", "no time-out known"]
    assert [one.basis for one in together.time_outs] == alone
