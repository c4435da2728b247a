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


MAVEN = "<project>{0}<dependency><artifactId>{1}</artifactId></dependency></project>"
COMMON = """
    spring: {rabbitmq: {host: broker}}
    eureka: {client: {serviceUrl: {defaultZone: 'http://registry:8761/eureka/'}}}
    stock: {url: 'http://stock'}
"""
NEEDED: dict[str, tuple[dict[str, str], set[str]]] = {
    "a starter": ({"a/pom.xml": MAVEN.format("", "spring-cloud-starter-bus-amqp")}, {"amqp"}),
    "another one": ({"a/pom.xml": MAVEN.format("", "netflix-eureka-client")}, {"http"}),
    "none of them": ({"a/pom.xml": MAVEN.format("", "spring-boot-starter-web")}, set()),
    "nothing known": ({"a/pom.xml": "<project/>"}, {"amqp", "http"}),
    "only managed": (
        {"a/pom.xml": MAVEN.format(
            "<dependencyManagement><dependency>amqp</dependency></dependencyManagement>", "web")},
        set()),
    "only in tests": (
        {"a/pom.xml": MAVEN.format("<dependency>amqp<scope>test</scope></dependency>", "web")},
        set()),
    "of the parent": (
        {"pom.xml": MAVEN.format("", "rabbit"), "a/pom.xml": MAVEN.format("", "web")}, {"amqp"}),
    "of a module": (
        {"m/build.gradle": "dependencies { implementation 'x:spring-rabbit:1' }",
         "a/build.gradle": "dependencies {\n implementation project(':m')\n}"}, {"amqp"}),
    "its code": (
        {"a/pom.xml": MAVEN.format("", "own"),
         "a/A.java": "import org.springframework.amqp.X; class A {}"}, {"amqp"}),
}  # fmt: skip


@pytest.mark.parametrize(("files", "wanted"), NEEDED.values(), ids=NEEDED)
def test_what_all_are_given_counts_for_whom_uses_it(
    tmp_path: Path, files: dict[str, str], wanted: set[str]
) -> None:
    given = {"config/shared/application.yml": COMMON, "config/shared/a.yml": "server: {port: 1}",
             "a/A.java": "class A {}", **files}  # fmt: skip
    found = only(Use, read(tmp_path, given))
    assert {one.system for one in found} == wanted


def test_what_all_are_given_is_known_to_code_that_reads_it(tmp_path: Path) -> None:
    files = {
        "config/shared/application.yml": COMMON, "config/shared/a.yml": "server: {port: 1}",
        "a/A.java": JAVA, "a/pom.xml": MAVEN.format("", "web"),
    }  # fmt: skip
    (use,) = only(Use, read(tmp_path, files))
    assert use.targets[0].parts[0].default == "http://stock"
