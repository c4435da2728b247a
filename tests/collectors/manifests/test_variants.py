"""Which files are the system, which are variants of it, and which are another system."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collectors.manifests.variants import FileSet, Role, is_aside, roles
from depmap.model.deployed import Setting, Unit
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("path", "aside"),
    [("k8s/overlays/prod", True), ("examples/x", True), ("deploy/k8s", False),
     ("src/latest", False),     (".github/x", True), ("docker-compose.test.yml", True)],
)  # fmt: skip
def test_words_that_set_files_aside(path: str, *, aside: bool) -> None:
    assert is_aside(path) is aside


def test_the_set_that_declares_most_is_the_base() -> None:
    sets = [
        FileSet("k8s", {"a": "", "b": ""}),
        FileSet("release", {"a": ""}),
        FileSet("chart", {"a": "", "b": "", "c": ""}, certain=False),
        FileSet("k8s/components/c", {"c": ""}),
        FileSet("monitoring", {"m": ""}),
    ]
    assert roles(sets) == {
        "k8s": Role(),
        "release": Role(variant="release"),
        "chart": Role(variant="chart"),
        "k8s/components/c": Role(variant="k8s/components/c"),
        "monitoring": Role(),
    }


def test_stores_of_one_name_that_run_side_by_side_are_apart(tmp_path: Path) -> None:
    text = "services:\n  db: {{image: postgres, ports: ['{0}:5432']}}\n"
    files = {
        "a/docker-compose.yml": text.format(5433) + "  app: {build: .}\n",
        "b/docker-compose.yml": text.format(5434),
        "c/docker-compose.yml": text.format(5433),
    }
    found = [(one.name, one.variant) for one in only(Unit, read(tmp_path, files))]
    assert found == [("a-db", ""), ("a-app", ""), ("b-db", ""), ("db", "c")]


def test_with_overlays_alone_one_of_them_is_the_base() -> None:
    sets = [FileSet("overlays/dev", {"a": ""}), FileSet("overlays/prod", {"a": ""})]
    assert [roles(sets)[one.label].variant for one in sets] == ["overlays/dev", ""]


def test_files_beside_the_usual_one_are_variants(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": "services: {a: {build: a, environment: {X: base}}}",
        "docker-compose.override.yml": "services: {a: {environment: {Y: over}}}",
        "docker-compose.load.yml": "services: {a: {environment: {X: load}}, l: {image: x}}",
    }
    items = read(tmp_path, files)
    assert {(one.unit, one.key, one.value, one.variant) for one in only(Setting, items)} == {
        ("a", "X", "base", ""),
        ("a", "Y", "over", ""),
        ("a", "X", "load", "docker-compose.load.yml"),
    }
    assert {(one.name, one.variant) for one in only(Unit, items)} == {
        ("a", ""), ("a", "docker-compose.load.yml"), ("l", "docker-compose.load.yml"),
    }  # fmt: skip


def test_what_the_usual_file_includes_is_part_of_it(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "include: [infra/compose.db.yaml]\nservices: {a: {build: a}}",
        "infra/compose.db.yaml": "services: {db: {image: postgres}}",
    }
    assert {one.name for one in only(Unit, read(tmp_path, files)) if not one.variant} >= {
        "a",
        "db",
    }


def test_two_projects_may_use_one_name_for_two_things(tmp_path: Path) -> None:
    text = """
        services:
          web: {build: ., environment: {DB: "postgres://db/x"}, depends_on: [db]}
          db: {image: postgres}
    """
    files = {"one/docker-compose.yml": text, "two/docker-compose.yml": text}
    units = only(Unit, read(tmp_path, files))
    assert [(one.name, one.project, one.names) for one in units] == [
        ("one-web", "one", ("web",)),
        ("one-db", "one", ("db",)),
        ("two-web", "two", ("web",)),
        ("two-db", "two", ("db",)),
    ]


def test_a_copy_of_a_project_is_a_variant(tmp_path: Path) -> None:
    text = "services: {{a: {{build: {0}/a}}, db: {{image: postgres}}}}"
    files = {
        "docker-compose.yml": text.format(".") + "\n",
        "deploy/docker-compose.yml": text.format(".."),
    }
    units = only(Unit, read(tmp_path, files))
    assert {(one.name, one.variant) for one in units} == {
        ("a", ""), ("db", ""), ("a", "deploy"), ("db", "deploy"),
    }  # fmt: skip


def test_no_replica_is_no_usual_deployment(tmp_path: Path) -> None:
    text = "services: {a: {build: a, deploy: {replicas: 0}}}"
    (unit,) = only(Unit, read(tmp_path, {"docker-compose.yml": text}))
    assert unit.variant == "no replica"
