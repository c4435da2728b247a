"""The shop as it lies in a company: three repositories, two of them with code."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.functional.calling import call
from tests.shop.truth import SHOP

if TYPE_CHECKING:
    from pathlib import Path

PARTS = ("services", "docker-compose.yml", ".env", "deploy")
"""What lies in the repository of the shop itself."""


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("estate")
    for part in PARTS:
        source, target = SHOP / part, folder / "shop" / part
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for name in ("media", "gitops"):
        shutil.copytree(SHOP / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return [folder / name for name in ("shop", "media", "gitops")]


def scanned(capfd: pytest.CaptureFixture[str], *folders: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(call(capfd, "scan", *folders, "--format", "json").out)
    return answer


def edges(scan: dict[str, Any]) -> set[tuple[str, ...]]:
    keys = ("consumer", "provider", "kind", "operation", "strength", "stance")
    return {tuple(row[key] for key in keys) for row in scan["evidence"]}


def couplings(scan: dict[str, Any]) -> set[tuple[str, ...]]:
    return {(row["kind"], row["owner"], *row["members"]) for row in scan["shared"]}


def test_three_repositories_give_what_one_folder_gives(
    capfd: pytest.CaptureFixture[str], repositories: list[Path]
) -> None:
    together, apart = scanned(capfd, SHOP), scanned(capfd, *repositories)
    assert edges(apart) == edges(together)
    assert couplings(apart) == couplings(together)
    assert len(edges(together)) > 100


def sureness(scan: dict[str, Any], consumer: str, provider: str) -> float:
    return max(
        (
            row["confidence"]
            for row in scan["evidence"]
            if (row["consumer"], row["provider"]) == (consumer, provider)
        ),
        default=0.0,
    )


def test_manifests_make_sure_whose_an_address_is(
    capfd: pytest.CaptureFixture[str], repositories: list[Path]
) -> None:
    _, media, gitops = repositories
    alone, joined = scanned(capfd, media), scanned(capfd, media, gitops)
    # keys is the only service that offers what streaming asks for by gRPC
    for provider, most in (("auth", 0.6), ("catalog", 0.6), ("keys", 0.8)):
        assert sureness(alone, "streaming", provider) < most
        assert sureness(joined, "streaming", provider) > 0.9


def test_places_name_their_repository(
    capfd: pytest.CaptureFixture[str], repositories: list[Path]
) -> None:
    places = [
        place for row in scanned(capfd, *repositories)["evidence"] for place in row["locators"]
    ]
    assert {place.split("/")[0] for place in places} == {"shop", "media", "gitops"}
