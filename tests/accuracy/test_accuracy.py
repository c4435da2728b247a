"""How much of a hand-read truth a scan finds, and how much it says that is not so.

The public repositories are not part of this one. ``DEPMAP_CHECKOUTS`` names a folder with their
checkouts; the truths lie in ``../shared/truth``.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path

import pytest

from depmap.scanning.scan import scan_json
from tests.accuracy.scoring import Score, score
from tests.accuracy.truths import load
from tests.scanning.building import scan

HERE = Path(__file__).parents[2]
TRUTHS = HERE.parent / "shared" / "truth"
CHECKOUTS = Path(os.environ.get("DEPMAP_CHECKOUTS", "") or "/nowhere")
PUBLIC = {
    "python-microservice-fastapi.yaml": "python-microservice-fastapi",
    "umermansoor-microservices.yaml": "microservices",
}
CORPUS = "filibuster-corpus"
CORPUS_RIGHT = 40


def measured(truth: Path, folder: Path) -> Score:
    result = score(load(truth), scan_json(scan(folder)))
    print(f"\n{folder.name}\n{result.table()}")  # noqa: T201 - the table is the point
    return result


def test_the_shop_reaches_its_bars() -> None:
    result = measured(HERE / "fixtures" / "shop" / "truth.yaml", HERE / "fixtures" / "shop")
    assert {name: one.recall for name, one in result.measures.items() if one.recall < 0.95} == {}
    assert {n: one.precision for n, one in result.measures.items() if one.precision < 0.95} == {}
    assert result.shares["negatives said"][0] == 0
    for name in ("operation", "strength", "evidence line"):
        right, total = result.shares[name]
        assert right >= 0.9 * total, name


@pytest.mark.parametrize(("truth", "name"), PUBLIC.items())
def test_public_repositories_are_read_whole(truth: str, name: str) -> None:
    if not (CHECKOUTS / name).is_dir() or not (TRUTHS / truth).is_file():
        pytest.skip(f"no checkout of {name}: DEPMAP_CHECKOUTS names the folder it lies in")
    result = measured(TRUTHS / truth, CHECKOUTS / name)
    assert {one.f1 for one in result.measures.values()} == {1.0}
    assert result.shares["negatives said"][0] == 0
    for part in ("operation", "evidence line"):
        right, total = result.shares[part]
        assert right == total, part


def test_strength_of_the_corpus_follows_the_handlers() -> None:
    truth = TRUTHS / "filibuster_corpus.json"
    if not (CHECKOUTS / CORPUS).is_dir() or not truth.is_file():
        pytest.skip(f"no checkout of {CORPUS}: DEPMAP_CHECKOUTS names the folder it lies in")
    rows = json.loads(truth.read_text())
    said: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for example in sorted({row["example"] for row in rows}):
        for item in scan(CHECKOUTS / CORPUS / example).evidence:
            if item.kind.value == "http" and item.operation and item.confidence >= 0.5:
                said[example, item.consumer, item.provider].add(item.strength.value)
    wrong = [
        key
        for row in rows
        for key in [(row["example"], row["caller"], row["callee"])]
        if not said[key] or ("strong" in said[key]) != row["truth"]["conn"]["caller_fails"]
    ]
    print(f"\n{CORPUS}: {len(rows) - len(wrong)} of {len(rows)}; wrong: {wrong}")  # noqa: T201
    assert len(rows) - len(wrong) >= CORPUS_RIGHT
