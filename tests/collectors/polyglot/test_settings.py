"""Values that stand in the configuration files of programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Registered, Use
from tests.collectors.polyglot.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

GO = 'package m\nfunc f() { http.Get(cfg.Stock.URL + "/x") }'
JAVA = """
    class A {
        @Value("${stock.url}") String url;
        void f() { restTemplate.getForObject(url + "/x", B.class); }
    }
"""
FILES = {
    "yaml": {"a.go": GO, "config/config.yaml": "stock:\n  url: http://s\n"},
    "toml": {"a.go": GO, "configs/app.toml": '[stock]\nurl = "http://s"\n'},
    "json": {"a.js": 'const c = require("./config"); fetch(c.stock.url + "/x");',
             "config/default.json": '{"stock": {"url": "http://s"}}'},
    "env": {"a.go": 'package m\nfunc f() { http.Get(cfg.StockURL + "/x") }',
            "app.env": "STOCK_URL=http://s\n"},
    "a profile, where the base leads to the machine itself": {
        "A.java": JAVA, "application.yml": "stock: {url: 'http://localhost:8080'}",
        "application-docker.yml": "stock: {url: 'http://s'}"},
    "a later document": {
        "A.java": JAVA, "application.yml": (
            "stock: {url: 'http://localhost:8080'}\n---\n"
            "spring: {config: {activate: {on-profile: x}}}\nstock: {url: 'http://s'}\n")},
}  # fmt: skip


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_addresses(tmp_path: Path, files: dict[str, str]) -> None:
    (use,) = only(Use, read(tmp_path, {**files, "go.mod": ""}))
    part, path = use.targets[0].parts
    assert (part.default, path.text) == ("http://s", "/x")


def test_a_field_of_a_library_is_none_of_the_program(tmp_path: Path) -> None:
    text = """
        package m
        func f() { w := &kafka.Writer{Addr: kafka.TCP("k:9092")}
        redis.NewClient(&redis.Options{Addr: cfg.Addr}) }
    """
    found = only(Use, read(tmp_path, {"a.go": text, "go.mod": ""}))
    assert [one for one in found if one.system == "redis"] == []


def test_deployment_files_are_no_settings(tmp_path: Path) -> None:
    files = {"a.go": GO, "go.mod": "", "config/app.yaml": "apiVersion: v1\nstock: {url: http://s}"}
    (use,) = only(Use, read(tmp_path, files))
    assert use.targets[0].parts[0].kind == "hole"


def test_the_name_in_a_registry(tmp_path: Path) -> None:
    named = "spring: {{application: {{name: '{0}'}}}}"
    files = {
        "A.java": "class A {}", "pom.xml": "", "application.yml": named.format("s"),
        "b/A.java": "class A {}", "b/pom.xml": "", "b/application.yml": named.format("@x@"),
    }  # fmt: skip
    assert [one.name for one in only(Registered, read(tmp_path, files))] == ["s"]


def test_settings_of_a_project_below_another(tmp_path: Path) -> None:
    files = {
        "pom.xml": "", "A.java": "class A {}", "b/pom.xml": "", "b/A.java": JAVA,
        "b/src/main/resources/application.yml": "stock: {url: 'http://s'}",
    }  # fmt: skip
    (use,) = only(Use, read(tmp_path, files))
    assert use.targets[0].parts[0].default == "http://s"
