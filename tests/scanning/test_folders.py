"""Whole folders, from files to edges."""

from __future__ import annotations

import json
import random
import re
import shutil
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from depmap.scanning.scan import scan_json
from tests.scanning.building import edges, pairs, scan, write

if TYPE_CHECKING:
    from collections.abc import Callable

SHOP = Path(__file__).parents[2] / "fixtures" / "shop"

A = """
    import os
    import requests
    from flask import Flask

    app = Flask(__name__)

    @app.get("/")
    def page():
        return requests.get(f"{os.environ['B_URL']}/items/{1}").json()
"""
B = """
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/items/{key}")
    def item(key: str): ...
"""
COMPOSE = """
    services:
      a:
        build: services/a
        environment: {B_URL: "http://bee:8000"}
      b:
        build: {context: services/b}
        container_name: bee
"""
FILES = {"services/a/app.py": A, "services/b/main.py": B, "docker-compose.yml": COMPOSE}
WANTED = {("a", "b", "http", "GET /items/{}")}


def test_code_and_compose_in_one_folder(tmp_path: Path) -> None:
    assert edges(scan(write(tmp_path / "r", FILES))) == WANTED


def split(files: dict[str, str], rename: Callable[[str], str]) -> dict[str, str]:
    return {rename(name): text for name, text in files.items()}


def test_code_and_compose_apart(tmp_path: Path) -> None:
    def rename(name: str) -> str:
        return f"ops/{name}" if name.endswith(".yml") else f"code/{name}"

    write(tmp_path, split(FILES, rename))
    found = scan(tmp_path / "code", tmp_path / "ops")
    assert edges(found) == WANTED
    assert found.evidence[-1].locators[0].startswith("code/services/a/app.py:")


def test_one_repository_a_service(tmp_path: Path) -> None:
    def rename(name: str) -> str:
        return f"ops/{name}" if name.endswith(".yml") else name.removeprefix("services/")

    write(tmp_path, split(FILES, rename))
    assert edges(scan(tmp_path / "a", tmp_path / "b", tmp_path / "ops")) == WANTED


def test_images_instead_of_builds(tmp_path: Path) -> None:
    compose = """
        services:
          a: {image: "registry/team/a:1", environment: {B_URL: "http://b"}}
          b: {image: "registry/team/b@sha256:1"}
    """
    write(tmp_path, {"a/app.py": A, "b/main.py": B, "ops/docker-compose.yml": compose})
    assert edges(scan(*(tmp_path / name for name in ("a", "b", "ops")))) == WANTED


def test_an_image_gets_what_its_dockerfile_copies(tmp_path: Path) -> None:
    dockerfile = "FROM python\nCOPY {0} /app/{0}\nCOPY common /app/common\nCMD python {0}/app.py\n"
    compose = """
        services:
          a:
            build: {context: ., dockerfile: a/Dockerfile}
            environment: {B_URL: "http://b"}
          b:
            build: {context: ., dockerfile: b/Dockerfile}
    """
    common = (
        "import os, requests\n\ndef ask():\n"
        "    return requests.get(os.environ['B_URL'] + '/items/1')\n"
    )
    files = {
        "a/Dockerfile": dockerfile.format("a"),
        "b/Dockerfile": dockerfile.format("b"),
        "a/app.py": "from common import client, names\nclient.ask()\n",
        "b/app.py": "from common import names\n" + dedent(B),
        "common/client.py": common,
        "common/names.py": "X = 1\n",
        "docker-compose.yml": compose,
    }
    found = scan(write(tmp_path / "r", files))
    assert edges(found) == WANTED
    assert [(one.kind.value, one.resource, one.members) for one in found.shared] == [
        ("shared-library", "common", ("a", "b"))
    ]
    assert found.shared[0].locators == ("common/names.py:1",)


def test_a_proxy_leads_to_the_services_behind(tmp_path: Path) -> None:
    compose = """
        services:
          web:
            image: nginx
            volumes: ["./proxy/nginx.conf:/etc/nginx/nginx.conf:ro"]
            depends_on: [b]
          b: {build: b}
    """
    conf = "server { location /b/ { proxy_pass http://b:8000/; } }"
    files = {"b/main.py": B, "docker-compose.yml": compose, "proxy/nginx.conf": conf}
    found = scan(write(tmp_path / "r", files))
    assert edges(found) == {("web", "b", "http", "* /b/")}
    assert ("web", "b", "startup-order") in pairs(found)


def test_a_script_that_waits(tmp_path: Path) -> None:
    compose = """
        services:
          a: {build: a, environment: {DB: db}}
          db: {image: postgres}
    """
    script = "#!/bin/sh\nuntil nc -z $DB 5432; do sleep 1; done\nexec python app.py\n"
    files = {"a/app.py": "", "a/entrypoint.sh": script, "docker-compose.yml": compose}
    found = scan(write(tmp_path / "r", files))
    (row,) = (one for one in found.evidence if one.kind.value == "startup-order")
    assert (row.consumer, row.provider, row.strength, row.confidence) == (
        "a",
        "db",
        "strong",
        0.95,
    )


def test_an_empty_folder(tmp_path: Path) -> None:
    assert scan_json(scan(tmp_path))["evidence"] == []


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What code and compose can see of the shop, without the rest."""
    folder = tmp_path_factory.mktemp("shop") / "shop"
    compiled = shutil.ignore_patterns("__pycache__", ".pytest_cache")
    shutil.copytree(SHOP / "services", folder / "services", ignore=compiled)
    for name in ("docker-compose.yml", ".env"):
        shutil.copy(SHOP / name, folder / name)
    return folder


def test_the_shop_in_two_folders_is_the_shop(shop: Path, tmp_path: Path) -> None:
    shutil.copytree(shop / "services", tmp_path / "code" / "services")
    (tmp_path / "ops").mkdir()
    for name in ("docker-compose.yml", ".env"):
        shutil.copy(shop / name, tmp_path / "ops" / name)
    apart, together = scan(tmp_path / "code", tmp_path / "ops"), scan(shop)
    assert pairs(apart) == pairs(together)
    assert edges(apart) == edges(together)
    assert len(edges(together)) > 20


def test_the_shop_as_one_repository_a_service_is_the_shop(shop: Path, tmp_path: Path) -> None:
    shutil.copytree(shop / "services", tmp_path / "all")
    (tmp_path / "ops").mkdir()
    for name in ("docker-compose.yml", ".env"):
        shutil.copy(shop / name, tmp_path / "ops" / name)
    roots = [*sorted((tmp_path / "all").iterdir()), tmp_path / "ops"]
    assert edges(scan(*roots)) == edges(scan(shop))


WORD = r"(?<![\w-]){}(?![\w-])"


def renaming(folder: Path, seed: int) -> dict[str, str]:
    """A random name for every service, folder and variable of the shop."""
    names = {path.name for path in (folder / "services").iterdir()}
    compose = (folder / "docker-compose.yml").read_text()
    names |= set(re.findall(r"^      ([A-Z][A-Z0-9_]+):", compose, re.MULTILINE))
    names |= set(re.findall(r"^([A-Z_]+)=", (folder / ".env").read_text(), re.MULTILINE))
    standard = {"OTEL_SERVICE_NAME", "OTEL_SEMCONV_STABILITY_OPT_IN", "COLLECTOR_OTLP_ENABLED"}
    chosen = random.Random(seed)
    return {
        name: _random_name(chosen, upper=name.isupper())
        for name in sorted(names - standard)
        if not name.startswith("OTEL_")
    }


def _random_name(chosen: random.Random, *, upper: bool) -> str:
    text = "q" + "".join(chosen.choices("bdfghjklmnpstvwz", k=8))
    return f"{text[:4]}_{text[4:]}".upper() if upper else text


def renamed(text: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        text = re.sub(WORD.format(re.escape(old)), new, text)
        text = re.sub(rf"(?<=\"){re.escape(old)}(?=\")", new, text)
    return text


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_knows_the_shop(shop: Path, tmp_path: Path, seed: int) -> None:
    names = renaming(shop, seed)
    assert len(names) > 25
    for path in sorted(shop.rglob("*")):
        if path.is_file():
            where = "/".join(
                renamed(part, names) if "." not in part[1:] else
                renamed(part.partition(".")[0], names) + "." + part.partition(".")[2]
                for part in path.relative_to(shop).as_posix().split("/")
            )  # fmt: skip
            target = tmp_path / "shop" / where
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(renamed(path.read_text(), names))
    before = scan_json(scan(shop))
    after = scan_json(scan(tmp_path / "shop"))
    for part in ("services", "evidence", "shared", "findings", "gaps"):
        assert _canonical(after[part], {}) == _canonical(before[part], names)


def _canonical(rows: list[dict[str, object]], names: dict[str, str]) -> list[str]:
    kept = []
    for row in rows:
        row.pop("fingerprint", None)
        text = renamed(json.dumps(row, sort_keys=True), names)
        shown = json.loads(text, object_hook=lambda one: {
            key: sorted(value) if isinstance(value, list) else value for key, value in one.items()
        })  # fmt: skip
        kept.append(json.dumps(shown, sort_keys=True))
    return sorted(kept)
