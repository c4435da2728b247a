"""Secrets that several services take from a keeper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scanning.building import scan, write

if TYPE_CHECKING:
    from pathlib import Path

READS = """
import hvac
client = hvac.Client(url="http://vault:8200")
client.secrets.kv.v2.read_secret_version(path="shop/jwt")
"""
BY_VARIABLE = """
import hvac
hvac.Client().secrets.kv.v2.read_secret_version(path="shop/jwt")
"""
WRITES = READS.replace("read_secret_version(path=", "create_or_update_secret(path=")
GIVEN = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b}
spec:
  template:
    metadata:
      annotations: {vault.hashicorp.com/agent-inject-secret-x: secret/data/shop/jwt}
    spec: {containers: [{image: reg/b}]}
"""
COMPOSE = "services:\n  a: {build: a}\n  b: {build: b}\n"


def shared(folder: Path, files: dict[str, str]) -> list[tuple[str, tuple[str, ...], str]]:
    found = scan(write(folder / "r", {"docker-compose.yml": COMPOSE} | files)).shared
    return [
        (one.resource, one.members, one.owner)
        for one in found
        if one.kind.value == "shared-secret" and one.confidence >= 0.5
    ]


@pytest.mark.parametrize(
    ("files", "owner"),
    [
        ({"a/app.py": READS, "b/app.py": BY_VARIABLE}, ""),
        ({"a/app.py": READS, "b/app.py": "", "k8s/b.yaml": GIVEN}, ""),
        ({"a/app.py": WRITES, "b/app.py": READS}, "a"),
        ({"a/app.py": WRITES, "b/app.py": WRITES}, ""),
    ],
    ids=["code", "code and annotation", "one writes", "both write"],
)
def test_two_that_take_one_secret(tmp_path: Path, files: dict[str, str], owner: str) -> None:
    assert shared(tmp_path, files) == [("secret/data/shop/jwt", ("a", "b"), owner)]


@pytest.mark.parametrize(
    "other",
    [
        READS.replace("shop/jwt", "shop/other"),
        READS.replace('"shop/jwt"', "input()"),
        "import requests\nrequests.get('http://b/v1/secret/data/shop/jwt')\n",
        "import hvac\n",
    ],
    ids=["another path", "any path", "no keeper", "no read"],
)
def test_what_is_not_one_secret(tmp_path: Path, other: str) -> None:
    assert shared(tmp_path, {"a/app.py": READS, "b/app.py": other}) == []


@pytest.mark.parametrize(
    "path", ["database/creds/shop", "pki/issue/shop", "auth/token/lookup-self"]
)
def test_what_is_made_for_each_who_asks_is_not_shared(tmp_path: Path, path: str) -> None:
    code = f"import hvac\nhvac.Client().read('{path}')\n"
    assert shared(tmp_path, {"a/app.py": code, "b/app.py": code}) == []


def test_two_that_name_no_keepers_address_take_one_secret_by_its_whole_path(
    tmp_path: Path,
) -> None:
    code = "import hvac\nhvac.Client().read('kv/shop')\n"
    assert shared(tmp_path, {"a/app.py": code, "b/app.py": code}) == [("kv/shop", ("a", "b"), "")]
