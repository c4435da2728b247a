"""Nothing knows the shop: under other names, everything is the same up to the names."""

from __future__ import annotations

import gzip
import random
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.shop.truth import SHOP, snapshot_of, truth

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from depmap.model.snapshot import Snapshot

LETTERS = "bcdfghjklmnpqrstvwxz"
PACKED = ".gz"
SKIPPED = {"truth.yaml", "counts.json", "jaeger.json.gz", "zipkin.json.gz"}


def invented(word: str, random_: random.Random) -> str:
    """Return a word of the same form: letters are replaced, everything else stays."""
    first, *rest = (random_.choice(LETTERS) if char.isalpha() else char for char in word)
    new = "".join((first, *rest))
    return new.upper() if word.isupper() else new


def names_of_the_shop() -> tuple[list[str], list[str]]:
    """Return (services, keys): every service and folder; every variable, stream, secret, team."""
    services = [
        name
        for node in truth()["nodes"]
        if node.get("path")
        for name in (node["name"], *node.get("aliases", ()))
    ]
    compose = yaml.safe_load((SHOP / "docker-compose.yml").read_text())
    variables: set[str] = set()
    for name, service in compose["services"].items():
        if name in services:
            environment = service.get("environment") or {}
            variables |= set(environment)
    variables |= {
        line.partition("=")[0].strip()
        for line in (SHOP / ".env").read_text().splitlines()
        if "=" in line and not line.startswith("#")
    }
    variables |= {
        name
        for path in (SHOP / "gitops").rglob("*.yaml")
        for name in re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", path.read_text())
    }
    kept = {name for name in variables if name.startswith(("OTEL_", "POSTGRES_", "PYTHON"))}
    return services, [*sorted(variables - kept), "shipments", "plays"]


def a_map(seed: int) -> dict[str, str]:
    random_ = random.Random(seed)
    services, keys = names_of_the_shop()
    chosen: dict[str, str] = {}
    for word in (*services, *keys):
        new = invented(word, random_)
        while new in chosen.values():
            new = invented(word, random_)
        chosen[word] = new
        if "-" in word:
            chosen[word.replace("-", "_")] = new.replace("-", "_")
            chosen[word.upper().replace("-", "_")] = new.upper().replace("-", "_")
    return chosen


def rename(text: str, words: Mapping[str, str]) -> str:
    pattern = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.sub(rf"(?<![A-Za-z0-9_])({pattern})(?![A-Za-z0-9_])", lambda m: words[m[1]], text)


def renamed_shop(folder: Path, words: Mapping[str, str]) -> None:
    for path in sorted(SHOP.rglob("*")):
        parts = path.relative_to(SHOP).parts
        if not path.is_file() or path.name in SKIPPED or {"ledger", "__pycache__"} & set(parts):
            continue
        target = folder.joinpath(*(rename(part, words) for part in parts))
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == PACKED:
            text = gzip.decompress(path.read_bytes()).decode()
            target.write_bytes(gzip.compress(rename(text, words).encode(), 1))
        elif path.suffix in {".csv", ".sql"}:
            shutil.copy(path, target)
        else:
            target.write_text(rename(path.read_text(), words))


def essence(snapshot: Snapshot, back: Mapping[str, str]) -> dict[str, Any]:
    """Return what a snapshot says, with the first names and without an order of its own."""

    def name(text: str) -> str:
        return rename(text, back)

    return {
        "nodes": sorted((name(node.name), node.kind, node.entry) for node in snapshot.nodes),
        "dependencies": sorted(
            (
                name(item.consumer),
                name(item.provider),
                item.kind,
                item.layer,
                item.confidence,
                item.strength.strength,
                item.strength.probability,
                item.impact,
                item.sources,
                sorted(map(name, item.operations)),
                sorted(
                    name(place)
                    for claim in item.evidence
                    for place in claim.locators
                    if not place.startswith("trace:")
                ),
            )
            for item in snapshot.matrix.dependencies
        ),
        "phases": sorted((name(p.name), p.phase, p.wave) for p in snapshot.plan.placements),
        "impacts": sorted(
            (name(item.node), sorted((name(row[0]), *row[1:]) for row in item.operations))
            for item in snapshot.impacts
        ),
        "findings": sorted(
            (item.rule, item.severity, sorted(map(name, item.subjects)))
            for item in snapshot.findings
        ),
        "shared": sorted(
            (item.kind, name(item.resource), sorted(map(name, item.members)), name(item.owner))
            for item in snapshot.shared
        ),
        "gaps": len(snapshot.gaps),
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_other_names_change_nothing_but_names(tmp_path: Path, seed: int) -> None:
    words = a_map(seed)
    folder = tmp_path / "system"
    renamed_shop(folder, words)
    back = {new: old for old, new in words.items()}
    first = snapshot_of(SHOP, tmp_path / "first")
    other = snapshot_of(folder, tmp_path / "other")
    assert essence(other, back) == essence(first, {"": ""} | {"\0": "\0"})
