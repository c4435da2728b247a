"""What a compose file says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collectors.manifests.images import kind_of
from collectors.manifests.interpolation import env_file, interpolate
from depmap.collecting.secrets import digest
from depmap.model.deployed import Mount, Setting, StartAfter, Unit
from depmap.model.evidence import Gap
from depmap.model.facts import WaitFor
from depmap.model.words import NodeKind
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.collecting.port import Item


def settings(items: list[Item]) -> dict[tuple[str, str], str]:
    return {(one.unit, one.key): one.value for one in only(Setting, items)}


COMPOSE = """
services:
  a:
    build: {context: ./a, dockerfile: docker/Dockerfile}
    container_name: a-main
    command: ["python", "-m", "a"]
    ports: ["8080:80", "127.0.0.1:9000:90/tcp", "70", {published: 60, target: 61}]
    environment:
      - PLAIN=x
      - URL=http://b:${B_PORT:-8000}/v1
      - FROM_HOST
    env_file: [common.env]
    depends_on:
      b: {condition: service_healthy}
      c:
        condition: service_completed_successfully
    networks:
      back: {aliases: [alpha]}
    volumes:
      - data:/data
      - ./keys/a.pem:/run/a.pem:ro
    secrets: [token]
  b:
    image: registry.example.com:5000/team/b:1.2
    depends_on: [c]
    links: ["c:db"]
    profiles: [extra]
  c:
    image: postgres:16-alpine
volumes: {data: {}}
"""


def test_units_with_their_names_and_ports(tmp_path: Path) -> None:
    a, b, c = only(Unit, read(tmp_path, {"docker-compose.yml": COMPOSE}))
    assert (a.name, a.build, a.dockerfile, a.names) == (
        "a",
        "a",
        "docker/Dockerfile",
        ("a-main", "alpha"),
    )
    assert a.ports == ("8080:80", "9000:90", "70", "60:61")
    assert (a.command, a.networks, a.kind) == ("python -m a", ("back",), NodeKind.SERVICE)
    assert (b.image, b.build, b.profiles) == (
        "registry.example.com:5000/team/b:1.2",
        None,
        ("extra",),
    )
    assert c.kind is NodeKind.DATABASE


def test_settings_of_every_form(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": COMPOSE,
        ".env": "B_PORT=8001\nUNUSED='$B_PORT'\nFROM_HOST=here # why\n",
        "common.env": 'export LEVEL="http://x:${B_PORT}"\nPLAIN=overridden\n',
    }
    items = read(tmp_path, files)
    assert settings(items) == {
        ("a", "PLAIN"): "x",
        ("a", "URL"): "http://b:8001/v1",
        ("a", "FROM_HOST"): "here",
        ("a", "LEVEL"): "http://x:8001",
    }
    level = next(one for one in only(Setting, items) if one.key == "LEVEL")
    assert (level.locator, level.source) == ("common.env:1", "common.env/LEVEL")


def test_what_has_no_value_is_a_gap(tmp_path: Path) -> None:
    items = read(tmp_path, {"docker-compose.yml": COMPOSE})
    gaps = [(item.what, item.locator) for item in items if isinstance(item, Gap)]
    assert ("what a gets as FROM_HOST", "docker-compose.yml:10") in gaps
    assert ("the variables that a gets of common.env", "docker-compose.yml:11") in gaps
    assert settings(items)["a", "URL"] == "http://b:8000/v1"


def test_order_with_its_conditions(tmp_path: Path) -> None:
    items = only(StartAfter, read(tmp_path, {"docker-compose.yml": COMPOSE}))
    assert [(one.unit, one.on, one.condition, one.locator.split(":")[1]) for one in items] == [
        ("a", "b", "healthy", "13"),
        ("a", "c", "completed", "14"),
        ("b", "c", "started", "24"),
        ("b", "c", "started", "25"),
    ]


def test_mounts(tmp_path: Path) -> None:
    items = only(Mount, read(tmp_path, {"docker-compose.yml": COMPOSE}))
    assert [(one.source, one.kind) for one in items] == [
        ("data", "volume"),
        ("keys/a.pem", "file"),
        ("token", "secret"),
    ]


def test_files_of_a_folder_are_laid_over_each_other(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": "services: {a: {build: a, environment: {X: one, Y: two}}}",
        "docker-compose.override.yml": "services: {a: {environment: {X: three}}}",
    }
    assert settings(read(tmp_path, files)) == {("a", "X"): "three", ("a", "Y"): "two"}


def test_merge_keys_and_anchors(tmp_path: Path) -> None:
    text = """
        x-common: &common
          LEVEL: info
          URL: http://common
        services:
          a:
            build: a
            environment:
              <<: *common
              URL: http://own
    """
    items = read(tmp_path, {"docker-compose.yml": text})
    assert settings(items) == {("a", "LEVEL"): "info", ("a", "URL"): "http://own"}
    level = next(one for one in only(Setting, items) if one.key == "LEVEL")
    assert level.locator == "docker-compose.yml:2"


def test_secrets_are_compared_and_never_kept(tmp_path: Path) -> None:
    text = """
        services:
          a:
            build: a
            environment:
              SIGNING_KEY: ${SHARED}
              DATABASE_URL: postgresql://u:hunter2@db/x
              TOKEN_MINUTES: "15"
              KEY_FILE: /run/key
    """
    files = {"docker-compose.yml": text, ".env": "SHARED=correct-horse\n"}
    items = read(tmp_path, files)
    held = {one.key: one for one in only(Setting, items)}
    assert (held["SIGNING_KEY"].value, held["SIGNING_KEY"].secret) == ("", True)
    assert held["SIGNING_KEY"].digest == digest("correct-horse")
    assert held["SIGNING_KEY"].source == "SHARED"
    assert held["DATABASE_URL"].value == "postgresql://u:***@db/x"
    assert (held["TOKEN_MINUTES"].value, held["KEY_FILE"].value) == ("15", "/run/key")
    assert "correct-horse" not in repr(items)
    assert "hunter2" not in repr(items)


def test_the_key_of_the_hash_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = digest("x")
    monkeypatch.setenv("DEPMAP_HASH_KEY", "another")
    assert digest("x") != plain


def test_a_command_that_waits(tmp_path: Path) -> None:
    text = "services: {a: {image: x, command: 'sh -c \"./wait-for-it.sh db:5432 -- run\"'}}"
    (wait,) = only(WaitFor, read(tmp_path, {"docker-compose.yml": text}))
    assert (str(wait.targets[0]), wait.unit) == ("tcp://db:5432", "a")


@pytest.mark.parametrize(
    ("text", "value", "missing"),
    [
        ("a", "a", []),
        ("$A-${A}", "1-1", []),
        ("$$A", "$A", []),
        ("${B}", "", ["B"]),
        ("${B:-x}", "x", []),
        ("${E-x}", "", []),
        ("${E:-x}", "x", []),
        ("${B:-${A}}", "1", []),
        ("${B:-${C:-y}}", "y", []),
        ("${B:?must}", "", ["B"]),
        ("${A:+yes}", "yes", []),
        ("${B:+yes}", "", []),
        ("${", "${", []),
        ("$", "$", []),
        ("${B:-" * 50, "${B:-" * 50, []),
    ],
)
def test_interpolation(text: str, value: str, missing: list[str]) -> None:
    assert interpolate(text, {"A": "1", "E": ""}) == (value, missing)


def test_env_files() -> None:
    text = "# c\nA=1\nexport B = \"x $A\"\nC='$A'\nD=a#b # c\nnot a line\nE=\n"
    values = {name: value for name, (value, _) in env_file(text, {}).items()}
    assert values == {"A": "1", "B": "x 1", "C": "$A", "D": "a#b", "E": ""}


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        ("postgres:15", NodeKind.DATABASE),
        ("bitnami/postgresql@sha256:abc", NodeKind.DATABASE),
        ("redis:7-alpine", NodeKind.CACHE),
        ("rabbitmq:3-management", NodeKind.BROKER),
        ("confluentinc/cp-kafka:7", NodeKind.BROKER),
        ("docker.elastic.co/elasticsearch/elasticsearch:8", NodeKind.SEARCH),
        ("nginx", NodeKind.GATEWAY),
        ("prom/prometheus", NodeKind.EXTERNAL),
        ("mine/shop", None),
    ],
)
def test_kinds_of_images(image: str, kind: NodeKind | None) -> None:
    assert kind_of(image) is kind
