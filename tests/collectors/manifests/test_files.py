"""YAML, Dockerfiles, scripts, nginx, lock files; and what is wrong with them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from collectors.manifests import Manifests
from collectors.manifests.yamls import documents
from depmap.collecting.port import EVER
from depmap.model.deployed import Build, Package, Setting, Unit
from depmap.model.evidence import Gap
from depmap.model.facts import Use, WaitFor
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)

BROKEN = {
    "bomb": (BOMB, "more than"),
    "tag": ("a: !!python/object/apply:os.system ['x']", "tags"),
    "own tag": ("a: !vault x", "tags"),
    "broken": ("a: [1, 2\nb: 3", "expected"),
    "deep": ("[" * 5000 + "]" * 5000, "nested"),
    "tabs": ("a:\n\t- b", "cannot start"),
    "recursive": ("a: &a [*a]", ""),
}


@pytest.mark.parametrize(("text", "why"), BROKEN.values(), ids=BROKEN)
def test_yaml_that_is_not_read_is_a_gap(text: str, why: str) -> None:
    start = time.monotonic()
    gaps = [item for item in documents(text, "x.yml") if isinstance(item, Gap)]
    assert gaps
    assert gaps[0].locator.startswith("x.yml:")
    assert why in gaps[0].why
    assert time.monotonic() - start < 5


def test_a_document_before_a_broken_one_is_kept() -> None:
    first, gap = documents("a: 1\n---\nb: [\n", "x.yml")
    assert not isinstance(first, Gap)
    assert first["a"].text == "1"
    assert isinstance(gap, Gap)


def test_a_key_that_is_there_twice_is_a_gap() -> None:
    document, gap = documents("a: 1\na: 2\n", "x.yml")
    assert not isinstance(document, Gap)
    assert document["a"].text == "2"
    assert gap == Gap(
        "the key a is there twice", "the second one counts, as for most readers", "x.yml:2"
    )


def test_a_broken_compose_file_does_not_stop_the_others(tmp_path: Path) -> None:
    files = {
        "x/docker-compose.yml": "services: {a: {image: [}",
        "y/docker-compose.yml": "services: {b: {image: redis}}",
    }
    items = read(tmp_path, files)
    assert [one.name for one in only(Unit, items)] == ["b"]
    assert any(isinstance(item, Gap) for item in items)


@pytest.mark.parametrize(
    "text",
    ["services: 3", "services: [a]", "services: {a: 3}",
     "services: {a: {environment: 3, ports: x}}",
     "services: {a: {image: x, depends_on: {b: }, volumes: [{}], env_file: {}}}", "[]", "", "a"],
)  # fmt: skip
def test_compose_files_of_wrong_shapes_do_not_crash(tmp_path: Path, text: str) -> None:
    read(tmp_path, {"docker-compose.yml": text})


DOCKERFILE = """
# syntax=docker/dockerfile:1
FROM python AS build
COPY . /build
RUN x
FROM python
ARG A=1
ENV HOST=a PORT=80
ENV OLD style
COPY --from=build /x /x
COPY --chown=1:1 requirements.txt \\
     ./app/ /srv/
COPY ["b c.py", "d.py", "/srv/"]
EXPOSE 8000/tcp 9000
ENTRYPOINT ["sh", "-c"]
CMD python app.py
"""


def test_dockerfiles(tmp_path: Path) -> None:
    items = read(tmp_path, {"s/Dockerfile": DOCKERFILE})
    (build,) = (one for one in only(Build, items) if not one.stage)
    assert build.copies == (".", "requirements.txt", "app", "b c.py", "d.py")
    assert (build.command, build.ports) == ("sh -c python app.py", ("8000", "9000"))
    found = {one.key: (one.value, one.locator) for one in only(Setting, items)}
    assert found == {
        "HOST": ("a", "s/Dockerfile:7"),
        "PORT": ("80", "s/Dockerfile:7"),
        "OLD": ("style", "s/Dockerfile:8"),
    }


@pytest.mark.parametrize(
    ("script", "target"),
    [
        ("until nc -z db 5432; do sleep 1; done", "tcp://db:5432"),
        (
            "while ! nc -z $DB_HOST ${DB_PORT:-5432}\ndo\n  sleep 1\ndone",
            "tcp://{env:DB_HOST}:{env:DB_PORT}",
        ),
        ('until curl -sf "$CONFIG_URL/ready"; do sleep 1; done', "{env:CONFIG_URL}/ready"),
        ("until pg_isready -h db -p 5432; do sleep 1; done", "tcp://db:5432"),
        ("until redis-cli -h cache ping; do sleep 1; done", "tcp://cache"),
        ("./wait-for-it.sh -t 30 db:5432 -- run", "tcp://db:5432"),
        ("wait-for db:5432", "tcp://db:5432"),
        ("dockerize -wait tcp://db:5432 -timeout 5s run", "tcp://db:5432"),
        ("while ! timeout 1 bash -c '</dev/tcp/db/5432'; do sleep 1; done", "tcp://db:5432"),
    ],
)
def test_scripts_that_wait(tmp_path: Path, script: str, target: str) -> None:
    waits = only(WaitFor, read(tmp_path, {"entrypoint.sh": f"#!/bin/sh\n{script}\nexec run\n"}))
    assert [(str(one.targets[0]), one.locator) for one in waits] == [(target, "entrypoint.sh:2")]


@pytest.mark.parametrize(
    "script",
    ["# until nc -z db 5432; do sleep 1; done", "curl http://a/x",
     "while read line; do echo; done",
     "while true; do sleep 1; done"],
)  # fmt: skip
def test_scripts_that_do_not_wait(tmp_path: Path, script: str) -> None:
    assert only(WaitFor, read(tmp_path, {"run.sh": script})) == []


def test_nginx_passes_requests_on(tmp_path: Path) -> None:
    text = """
        upstream api { server api-1:8000; server api-2:8000 weight=2; }
        server {
          # location /old { proxy_pass http://old; }
          location /api/ { proxy_pass http://api/; }
          location / {
            set $web http://${WEB_HOST}:80;
            proxy_pass $web;
          }
        }
    """
    uses = only(Use, read(tmp_path, {"nginx.conf.template": text}))
    found = [(str(one.operations[0]), list(map(str, one.targets)), one.locator) for one in uses]
    assert found == [
        ("/api/", ["http://api-1:8000/", "http://api-2:8000/"], "nginx.conf.template:4"),
        ("/", ["http://{env:WEB_HOST}:80"], "nginx.conf.template:7"),
    ]


def test_libraries(tmp_path: Path) -> None:
    files = {
        "a/requirements.txt": "# c\nFlask[async]==2.3.1 ; x > '3'\nrequests>=2,<3\n-r x\n",
        "b/poetry.lock": '[[package]]\nname = "Flask"\nversion = "3.0.0"\n',
        "c/Pipfile.lock": '{"default": {"my_lib": {"version": "==1.0"}}}',
        "d/pyproject.toml": '[project]\nname = "d"\ndependencies = ["httpx~=0.27"]\n',
        "e/poetry.lock": "not = [toml",
    }
    items = read(tmp_path, files)
    found = [(one.locator, one.name, one.version, one.wanted) for one in only(Package, items)]
    assert found == [
        ("a/requirements.txt:2", "flask", "2.3.1", ""),
        ("a/requirements.txt:3", "requests", "", ">=2,<3"),
        ("b/poetry.lock:2", "flask", "3.0.0", ""),
        ("c/Pipfile.lock:1", "my-lib", "1.0", ""),
        ("d/pyproject.toml:3", "httpx", "", "~=0.27"),
    ]
    assert [item.locator for item in items if isinstance(item, Gap)] == ["e/poetry.lock:1"]


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "docker-compose.yml").write_text("services: {a: {image: x}}")
    (tmp_path / "r" / "docker-compose.yml").symlink_to(tmp_path / "docker-compose.yml")
    items = list(Manifests(paths=(tmp_path / "r",)).collect(EVER))
    assert [item.locator for item in items if isinstance(item, Gap)] == ["docker-compose.yml"]
    assert only(Unit, items) == []


def test_deep_nesting_is_a_gap_and_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text("services: " + "[" * 50_000)
    gaps = [item for item in Manifests(paths=(tmp_path,)).collect(EVER) if isinstance(item, Gap)]
    assert [gap.why for gap in gaps] == ["nested too deeply"]
