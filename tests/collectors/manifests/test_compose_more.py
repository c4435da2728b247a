"""The rarer parts of compose files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.deployed import Build, Mount, Setting, StartAfter, Unit
from depmap.model.evidence import Gap
from depmap.model.facts import Use, WaitFor
from depmap.model.words import NodeKind
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path


def test_a_unit_takes_over_what_it_extends(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": """
            services:
              a:
                extends: {file: common/base.yml, service: base}
                environment: {B: own}
        """,
        "common/base.yml": """
            services:
              base: {image: x, environment: {A: base, B: base}, depends_on: [c]}
        """,
    }
    items = read(tmp_path, files)
    held = {one.key: one.value for one in only(Setting, items) if one.unit == "a"}
    assert held == {"A": "base", "B": "own"}
    assert [one.unit for one in only(StartAfter, items)] == ["base"]


def test_a_unit_that_extends_itself_ends(tmp_path: Path) -> None:
    text = "services: {a: {extends: a, image: x}}"
    assert [one.name for one in only(Unit, read(tmp_path, {"docker-compose.yml": text}))] == ["a"]


def test_order_that_is_not_required(tmp_path: Path) -> None:
    text = """
        services:
          a:
            build: a
            depends_on: {b: {condition: service_healthy, required: false}}
          b: {image: redis}
    """
    (after,) = only(StartAfter, read(tmp_path, {"docker-compose.yml": text}))
    assert (after.condition, after.required) == ("healthy", False)


def test_networks_by_the_names_that_they_have(tmp_path: Path) -> None:
    text = """
        services:
          a: {build: a, networks: [back, outer]}
          b: {build: b}
          c: {build: c, network_mode: host}
        networks: {back: {}, outer: {external: true}}
    """
    found = {one.name: one.networks for one in only(Unit, read(tmp_path, {"x/compose.yml": text}))}
    assert found == {"a": ("outer", "x/back"), "b": ("x/default",), "c": ()}


def test_a_health_check_that_asks_another(tmp_path: Path) -> None:
    text = """
        services:
          a:
            build: a
            healthcheck: {test: ["CMD", "curl", "-f", "http://b:80/ready"]}
          b:
            build: b
            healthcheck: {test: "curl -f http://localhost:80/ready"}
    """
    (wait,) = only(WaitFor, read(tmp_path, {"docker-compose.yml": text}))
    assert (wait.unit, str(wait.targets[0]), wait.hard) == ("a", "http://b:80/ready", False)


def test_an_alias_by_link(tmp_path: Path) -> None:
    text = "services: {a: {build: a, links: ['b:cache']}, b: {image: x}}"
    units = only(Unit, read(tmp_path, {"docker-compose.yml": text}))
    assert {one.name: one.names for one in units} == {"a": (), "b": ("cache",)}


def test_folders_of_keys_and_files_of_unknown_places(tmp_path: Path) -> None:
    text = """
        services:
          a: {build: a, volumes: ["./secrets/jwt:/keys:ro", "${HOME_OF_NOBODY}/x:/x", "./conf:/c"]}
    """
    mounts = only(Mount, read(tmp_path, {"docker-compose.yml": text}))
    assert [(one.source, one.kind) for one in mounts] == [
        ("secrets/jwt", "secret"),
        ("conf", "file"),
    ]


def test_files_of_variables_in_both_forms(tmp_path: Path) -> None:
    text = """
        services:
          a:
            build: {context: a, args: {BUILT: "http://b"}}
            env_file:
              - {path: there.env}
              - {path: gone.env, required: false}
    """
    items = read(tmp_path, {"docker-compose.yml": text, "there.env": "A=1\n"})
    assert {one.key: one.value for one in only(Setting, items)} == {"BUILT": "http://b", "A": "1"}
    assert not [item for item in items if isinstance(item, Gap)]


def test_an_example_stands_for_the_file_that_is_not_kept(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": "services: {a: {build: a, environment: {URL: 'http://${B_HOST}'}}}",
        ".env.example": "B_HOST=b\n",
    }
    (setting,) = only(Setting, read(tmp_path, files))
    assert setting.value == "http://b"


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ("envs/api.env", "envs/api.default.env"),
        ("envs/api.env", "envs/api.env.example"),
        ("envs/api.env", "envs/example.env"),
        (".env", "env.example"),
        (".env", ".example.env"),
        ("a/.env.production", "a/.env.example"),
    ],
)
def test_an_example_has_its_name_in_many_ways(tmp_path: Path, wanted: str, kept: str) -> None:
    files = {
        "docker-compose.yml": f"services: {{a: {{image: x, env_file: {wanted}}}}}",
        kept: "URL=http://b\n",
    }
    settings = [one for one in only(Setting, read(tmp_path, files)) if one.unit]
    assert [(one.key, one.value) for one in settings] == [("URL", "http://b")]


def test_the_name_of_a_variable_with_a_default(tmp_path: Path) -> None:
    text = "services: {a: {build: a, environment: {SIGN_KEY: '${SHARED_KEY:-correct-horse}'}}}"
    (setting,) = only(Setting, read(tmp_path, {"docker-compose.yml": text}))
    assert (setting.source, setting.secret) == ("SHARED_KEY", True)


def test_routes_of_traefik_by_labels(tmp_path: Path) -> None:
    text = """
        services:
          proxy: {image: "traefik:v3"}
          a:
            build: a
            labels: ["traefik.http.routers.a.rule=Host(`x`) && PathPrefix(`/a`)"]
    """
    (use,) = only(Use, read(tmp_path, {"docker-compose.yml": text}))
    assert (use.unit, str(use.targets[0]), str(use.operations[0])) == ("proxy", "http://a", "/a")


def test_connection_strings_without_their_passwords(tmp_path: Path) -> None:
    text = """
        services:
          a:
            build: a
            environment:
              DOTNET: "Server=sql;Database=x;User Id=sa;Password=hunter2"
              GO: "user:hunter2@tcp(my:3306)/x"
    """
    items = read(tmp_path, {"docker-compose.yml": text})
    assert {one.key: one.value for one in only(Setting, items)} == {
        "DOTNET": "Server=sql;Database=x;User Id=sa;Password=***",
        "GO": "user:***@tcp(my:3306)/x",
    }


def test_stores_that_are_built_upon_their_image(tmp_path: Path) -> None:
    items = read(tmp_path, {"db/Dockerfile": "FROM postgres:16 AS x\nFROM x\n"})
    (build,) = (one for one in only(Build, items) if not one.stage)
    assert (build.base, build.kind) == ("postgres:16", NodeKind.DATABASE)
