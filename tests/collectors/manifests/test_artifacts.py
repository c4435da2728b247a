"""Where images are built, and what a workload is called besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collectors.manifests.artifacts import places
from collectors.manifests.settings import setting
from depmap.model.deployed import Unit
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

POD = """apiVersion: v1
kind: Pod
metadata: {{name: {0}}}
spec: {{containers: [{{image: {1}}}]}}
---
"""
SKAFFOLD = """
build:
  artifacts:
    - {image: x/cart, context: src/a, docker: {dockerfile: D}}
"""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("skaffold.yaml", SKAFFOLD),
        ("Tiltfile", "docker_build('x/cart', 'src/a', dockerfile='src/a/D')\n"),
        ("Makefile", "build:\n\tdocker build -t x/cart:1 --build-arg A=b -f src/a/D src/a\n"),
        ("build.sh", "docker buildx build --push \\\n --tag=x/cart --file=src/a/D ./src/a && x\n"),
    ],
)
def test_ways_to_say_where_an_image_is_built(path: str, text: str) -> None:
    assert places({path: text}) == {"cart": ("src/a", "D")}


def test_what_is_only_known_when_it_runs_is_left_out() -> None:
    text = 'docker build -t $NAME src/a\ndocker build -t "x src/a\ndocker build -t y $DIR\n'
    assert places({"build.sh": text}) == {}


@pytest.mark.parametrize(
    ("script", "place"),
    [
        ("cd src/a && docker build -t cart .", "ops/src/a"),
        ("cd ../src\ncd a\ndocker build -t cart .\ncd ..\n", "src/a"),
        ('cd "$ROOT/src/a"\ndocker build -t cart .', "ops/src/a"),
        ("(cd x && make)\ncd -\ndocker build -t cart b", "ops/b"),
    ],
)
def test_builds_after_a_change_of_folder(script: str, place: str) -> None:
    assert places({"ops/build.sh": script}) == {"cart": (place, "")}


def test_each_goes_from_where_it_starts() -> None:
    lines = "(cd {0} && docker build -t {0} .)\n"
    script = "cd src\n" + lines.format("a") + lines.format("b") + "docker build -t c c\n"
    assert places({"build.sh": script}) == {
        "a": ("src/a", ""), "b": ("src/b", ""), "c": ("src/c", ""),
    }  # fmt: skip
    recipe = "x:\n\t@cd src/a && docker build -t a .\n\tcd src/b && docker build -t b .\n"
    assert places({"Makefile": recipe}) == {"a": ("src/a", ""), "b": ("src/b", "")}


def test_a_build_without_a_dockerfile() -> None:
    text = "build: {artifacts: [{image: a}, {image: b, context: src, jib: {project: 'l:b'}}]}\n"
    assert places({"skaffold.yaml": text}) == {"b": ("src/l/b", "")}
    assert places({"skaffold.yaml": text, "Dockerfile": ""})["a"] == (".", "")


def test_a_workload_is_built_where_its_image_is(tmp_path: Path) -> None:
    files = {
        "k8s/a.yaml": POD.format("a", "registry/x/cart:2") + POD.format("b", "other"),
        "Makefile": "\tdocker build -t cart src/a\n",
    }
    assert {one.name: one.build for one in only(Unit, read(tmp_path, files))} == {
        "a": "src/a", "b": None,
    }  # fmt: skip


def test_a_workload_is_called_by_its_bare_name_where_nothing_else_is(tmp_path: Path) -> None:
    text = "".join(
        POD.format(name, "x") for name in ("cart-depl", "shop-deployment", "shop-srv", "api")
    )
    found = {one.name: one.names for one in only(Unit, read(tmp_path, {"k8s/a.yaml": text}))}
    assert found == {"cart-depl": ("cart",), "shop-deployment": (), "shop-srv": (), "api": ()}


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("X", "a-long-release-name-kafka.some-namespace.svc.cluster.local:9092", True),
        ("DB_HOST", "orders-v2-db", True),
        ("URL", "orders2-db", True),
        ("LABEL", "a7f3b9-c2", False),
        ("MAIL_QUEUE_TO_READ", "mp3s_v2.done", True),
        ("ORDERS_TOPIC", "orders-v2", True),
        ("DB_NAME", "shop_v2", True),
        ("QUEUE_TOKEN", "a7f3b9c2", False),
        ("TOPICAL", "a7f3b9-c2", False),
        ("HOST_TOKEN", "a7f3b9c2", False),
    ],
)
def test_hosts_are_kept(key: str, value: str, *, kept: bool) -> None:
    assert setting("", "", "a", (key, value)).value == (value if kept else "")
