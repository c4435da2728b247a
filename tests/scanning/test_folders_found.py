"""Whole folders whose services no deployment file names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scanning.building import pairs, scan, write

if TYPE_CHECKING:
    from pathlib import Path

RUN = "import uvicorn\nfrom {0}.main import app\n\nuvicorn.run(app, port={1})\n"
MAIN = "from fastapi import FastAPI\nimport requests\napp = FastAPI()\n\n"
ASK = MAIN + "@app.get('/')\ndef page():\n    return requests.get('http://localhost:8002/x')\n"
GIVE = MAIN + "@app.get('/x')\ndef x(): ...\n"
PAIR = {
    "one/run.py": RUN.format("src", 8001), "one/src/main.py": ASK,
    "two/run.py": RUN.format("src", 8002), "two/src/main.py": GIVE,
}  # fmt: skip


def services(folder: Path, files: dict[str, str]) -> dict[str, str]:
    """Names and folders of what is found."""
    found = scan(write(folder / "r", files))
    return {one.name: one.path for one in found.services if one.kind.is_service}


@pytest.mark.parametrize(
    "beside",
    [{}, {"requirements.txt": "fastapi\n"}, {"pyproject.toml": "[project]\nname='x'\n"},
     {"requirements.txt": "fastapi\n", "__init__.py": "", "one/__init__.py": ""},
     {"one/requirements.txt": "", "two/requirements.txt": ""}],
)  # fmt: skip
def test_programs_in_sibling_folders_are_services(tmp_path: Path, beside: dict[str, str]) -> None:
    assert services(tmp_path, PAIR | beside) == {"one": "one", "two": "two"}
    assert pairs(scan(tmp_path / "r")) == {("one", "two", "http")}


def test_sibling_folders_below_a_common_one(tmp_path: Path) -> None:
    files = {f"services/{name}": text for name, text in PAIR.items()} | {"requirements.txt": "x\n"}
    assert services(tmp_path, files) == {"one": "services/one", "two": "services/two"}


def test_code_beside_services_belongs_to_who_imports_it(tmp_path: Path) -> None:
    client = "import requests\ndef ask():\n    requests.get('http://localhost:8002/x')\n"
    files = PAIR | {
        "requirements.txt": "x\n", "common/__init__.py": "", "common/client.py": client,
        "one/src/main.py": MAIN + "from common import client\nclient.ask()\n",
    }  # fmt: skip
    assert services(tmp_path, files) == {"one": "one", "two": "two"}
    assert pairs(scan(tmp_path / "r")) == {("one", "two", "http"), ("one", "two", "startup-order")}


def test_parts_of_one_program_are_no_services(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "celery\n",
        "web/app.py": MAIN + "from jobs.tasks import send\nsend.delay()\n",
        "jobs/tasks.py": "from celery import Celery\napp = Celery('x', broker='redis://q')\n"
        "@app.task\ndef send(): ...\n",
    }
    assert services(tmp_path, files) == {"r": "."}


def test_a_store_that_is_built_upon_its_image_is_the_one_that_is_meant(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": "services:\n  q: {build: {context: ., dockerfile: q/Dockerfile}}\n"
        "  a: {build: a}\n",
        "q/Dockerfile": "FROM rabbitmq:3\n",
        "a/app.py": "import os, pika\n"
        "c = pika.BlockingConnection(pika.URLParameters(os.environ['X']))\n"
        "c.channel().basic_publish(exchange='', routing_key='k', body='')\n",
    }
    assert ("a", "q", "messaging-publish") in pairs(scan(write(tmp_path / "r", files)))


@pytest.mark.parametrize("name", [".env", ".env.example", "src/.env.local"])
def test_what_a_file_beside_the_code_gives(tmp_path: Path, name: str) -> None:
    ask = ASK.replace("'http://localhost:8002/x'", "os.environ['TWO'] + '/x'")
    files = PAIR | {"one/src/main.py": "import os\n" + ask}
    files[f"one/{name}"] = "TWO=http://localhost:8002\n"
    (row,) = (one for one in scan(write(tmp_path / "r", files)).evidence)
    assert (row.consumer, row.provider, row.operation) == ("one", "two", "GET /x")
    assert row.confidence == 0.75
    assert f"one/{name}:1" in row.locators


def test_a_deployed_value_counts_more_than_a_file_beside_the_code(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": "services:\n  a: {build: a, environment: {X: 'http://b'}}\n"
        "  b: {image: some/b}\n  c: {image: some/c}\n",
        "a/app.py": "import os, requests\nrequests.get(os.environ['X'] + '/x')\n",
        "a/.env": "X=http://c\n",
    }
    assert {one[:2] for one in pairs(scan(write(tmp_path / "r", files)))} == {("a", "b")}


@pytest.mark.parametrize("other", [".env", ".env.docker"])
def test_what_a_developer_sets_for_himself_counts_least(tmp_path: Path, other: str) -> None:
    files = {
        "docker-compose.yml": "services:\n  a: {build: a}\n  b: {build: b}\n  c: {build: c}\n",
        "a/app.py": "import os, requests\nrequests.get(os.environ['X'] + '/x')\n",
        "a/.env.development": "X=http://b\n", f"a/{other}": "X=http://c\n",
        "b/app.py": GIVE, "c/app.py": GIVE,
    }  # fmt: skip
    assert {one[:2] for one in pairs(scan(write(tmp_path / "r", files)))} == {("a", "c")}


def test_a_developers_own_machine_does_not_hide_a_default_that_is_declared(
    tmp_path: Path,
) -> None:
    files = {
        "docker-compose.yml": "services:\n  a: {build: a}\n  b: {build: b}\n",
        "a/app.py": "import os, requests\nrequests.get(os.getenv('X', 'http://b:80') + '/x')\n",
        "a/.env.development": "X=http://localhost:9999\n", "b/app.py": GIVE,
    }  # fmt: skip
    found = scan(write(tmp_path / "r", files))
    assert {one[:2] for one in pairs(found)} == {("a", "b")}
    assert found.gaps == ()


@pytest.mark.parametrize(("use", "unused"), [("redis.Redis(**given()).get('k')\n", 0), ("", 1)])
def test_what_code_uses_by_an_address_that_is_not_followed_is_no_finding(
    tmp_path: Path, use: str, unused: int
) -> None:
    code = "import os, redis\nfrom elsewhere import given\nhost = os.environ['REDIS_HOST']\n"
    files = {
        "docker-compose.yml": "services:\n  a: {build: a, environment: {REDIS_HOST: cache}}\n"
        "  cache: {image: redis}\n",
        "a/app.py": code + use,
    }  # fmt: skip
    found = scan(write(tmp_path / "r", files))
    assert [one.rule for one in found.findings] == ["declared-unused"] * unused
    assert (("a", "cache", "cache") in pairs(found)) is not bool(unused)


def test_secrets_of_examples_are_made_up(tmp_path: Path) -> None:
    code = "import os, jwt\njwt.{0}('x', os.environ['SECRET_KEY'], 'HS256')\n"
    for name, wanted in ((".env", [("one", "two")]), (".env.example", [])):
        files = PAIR | {
            f"one/{name}": "SECRET_KEY=abcdef123\n", f"two/{name}": "SECRET_KEY=abcdef123\n",
            "one/src/key.py": code.format("encode"), "two/src/key.py": code.format("decode"),
        }  # fmt: skip
        found = scan(write(tmp_path / name / "r", files))
        assert [one.members for one in found.shared if one.kind.value == "shared-secret"] == wanted
