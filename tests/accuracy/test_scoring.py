"""The scorer itself: it must see what is missing, wrong and said too loudly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.accuracy.scoring import score
from tests.accuracy.truths import Truth, load

if TYPE_CHECKING:
    from pathlib import Path

TRUTH = """
services:
  - {name: a, kind: service, aliases: [alpha]}
  - {name: b, kind: service}
  - {name: db, kind: db}
dependencies:
  - {from: a, to: b, kind: http, operation: "GET /x/{id}", strength: strong, evidence: ["a.py:10"]}
  - {from: a, to: db, kind: db, operation: "table t (read)", strength: strong, also_ok: [weak]}
  - {from: b, to: db, kind: db, strength: strong, tier: extra}
startup:
  - {from: a, to: db, hard: true}
shared:
  - {kind: shared-secret, members: [a, b], resource: K}
negatives:
  - {from: b, to: a, kind: http}
"""


def truth(folder: Path) -> Truth:
    path = folder / "truth.yaml"
    path.write_text(TRUTH)
    return load(path)


def row(consumer: str, provider: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "consumer": consumer, "provider": provider, "kind": kind, "operation": "",
        "stance": "supports", "confidence": 1.0, "strength": "strong", "locators": ["a.py:12"],
    } | more  # fmt: skip


def scanned(*rows: dict[str, Any], shared: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "services": [{"name": name, "aliases": []} for name in ("Alpha", "b", "db")],
        "evidence": list(rows),
        "shared": list(shared),
    }


PERFECT = scanned(
    row("Alpha", "b", "http", operation="GET /x/{}"),
    row("Alpha", "db", "database", operation="t"),
    row("Alpha", "db", "startup-order"),
    shared=({"kind": "shared-secret", "members": ["Alpha", "b"], "confidence": 0.9},),
)


def test_a_perfect_scan(tmp_path: Path) -> None:
    result = score(truth(tmp_path), PERFECT)
    assert {one.f1 for one in result.measures.values()} == {1.0}
    assert result.shares == {
        "operation": (2, 2),
        "strength": (3, 3),
        "evidence line": (1, 1),
        "negatives said": (0, 1),
    }
    assert "1.00" in result.table()


def test_an_empty_scan_finds_nothing(tmp_path: Path) -> None:
    result = score(truth(tmp_path), scanned())
    assert [one.recall for one in result.measures.values()] == [0.0] * 4
    assert len(result.notes) == 4


def test_what_is_wrong_is_counted(tmp_path: Path) -> None:
    wrong = scanned(
        row("b", "Alpha", "http"),
        row("Alpha", "b", "http", operation="POST /y", strength="optional", locators=["z.py:1"]),
        row("Alpha", "db", "cache"),
        shared=({"kind": "shared-data", "members": ["Alpha", "b"], "confidence": 0.9},),
    )
    result = score(truth(tmp_path), wrong)
    assert (result.measures["service"].found, result.measures["service"].wrong) == (1, 1)
    assert result.measures["infrastructure"].wrong == 1
    assert (result.measures["shared"].found, result.measures["shared"].wrong) == (0, 1)
    assert result.shares == {
        "operation": (0, 1),
        "strength": (0, 1),
        "evidence line": (0, 1),
        "negatives said": (1, 1),
    }


def test_doubt_and_extras_count_neither_way(tmp_path: Path) -> None:
    more = [row("b", "Alpha", "http", confidence=0.4), row("b", "db", "database")]
    result = score(truth(tmp_path), PERFECT | {"evidence": [*PERFECT["evidence"], *more]})
    assert {one.f1 for one in result.measures.values()} == {1.0}
    assert result.shares["negatives said"] == (0, 1)
