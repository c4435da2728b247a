"""Whole folders whose deployment files say more than one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.deployed import Unit
from depmap.model.words import NodeKind
from depmap.scanning.uniting import united
from tests.scanning.building import edges, pairs, scan, write

if TYPE_CHECKING:
    from pathlib import Path

A = "import os, requests\nrequests.get(os.environ['B_URL'] + '/x')\n"
B = "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/x')\ndef x(): ...\n"
CODE = {"a/app.py": A, "b/app.py": B}


def deployment(name: str, image: str, env: str = "", labels: str = "") -> str:
    return f"""
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template:
    metadata: {{labels: {{app: {image}{labels}}}}}
    spec:
      containers: [{{image: "reg/{image}:1", env: [{env}]}}]
---
apiVersion: v1
kind: Service
metadata: {{name: {image}}}
spec: {{selector: {{app: {image}}}, ports: [{{port: 80}}]}}
"""


def url(value: str) -> str:
    return f"{{name: B_URL, value: '{value}'}}"


def test_a_variant_does_not_change_the_base(tmp_path: Path) -> None:
    files = CODE | {
        "k8s/all.yaml": deployment("a", "a", url("http://b")) + deployment("b", "b"),
        "k8s/overlays/dev/a.yaml": deployment("a", "a", url("http://elsewhere")),
    }
    assert edges(scan(write(tmp_path / "r", files))) == {("a", "b", "http", "GET /x")}


def test_what_only_a_variant_deploys_is_doubted(tmp_path: Path) -> None:
    files = CODE | {
        "k8s/a.yaml": deployment("a", "a", url("http://b")),
        "k8s/components/b/b.yaml": deployment("b", "b"),
    }
    found = scan(write(tmp_path / "r", files))
    row = next(one for one in found.evidence if one.operation)
    assert (row.consumer, row.provider) == ("a", "b")
    assert row.confidence < 0.5
    assert "only deployed with k8s/components/b" in row.reason


@pytest.mark.parametrize("many", [True, False])
def test_profiles_are_a_choice_where_most_units_have_none(tmp_path: Path, *, many: bool) -> None:
    others = "\n  c: {image: x}\n  d: {image: y}" if many else ""
    compose = (
        "services:\n  a: {build: a, profiles: [extra], environment: {B_URL: 'http://b'}}"
        f"\n  b: {{build: b, profiles: [extra]}}{others}"
    )
    found = scan(write(tmp_path / "r", CODE | {"docker-compose.yml": compose}))
    assert bool(edges(found)) is not many


def test_networks_that_are_apart_rule_an_edge_out(tmp_path: Path) -> None:
    compose = """
        services:
          a: {build: a, environment: {B_URL: "http://b"}, networks: [one]}
          b: {build: b}
        networks: {one: {}}
    """
    assert edges(scan(write(tmp_path / "r", CODE | {"docker-compose.yml": compose}))) == set()


def test_two_projects_with_the_same_names(tmp_path: Path) -> None:
    compose = """
        services:
          web: {build: ., environment: {B_URL: "http://api"}}
          api: {image: "x/{0}"}
    """
    files = {
        "one/docker-compose.yml": compose.replace("{0}", "one"), "one/app.py": A,
        "two/docker-compose.yml": compose.replace("{0}", "two"), "two/app.py": A,
    }  # fmt: skip
    found = pairs(scan(write(tmp_path / "r", files)))
    assert {one for one in found if one[2] == "http"} == {
        ("one-web", "one-api", "http"),
        ("two-web", "two-api", "http"),
    }


def test_a_policy_that_lets_nobody_else_through(tmp_path: Path) -> None:
    policy = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p}
spec:
  podSelector: {matchLabels: {app: b}}
  ingress: [{from: [{podSelector: {matchLabels: {app: c}}}]}]
"""
    text = deployment("a", "a", url("http://b")) + deployment("b", "b") + deployment("c", "c")
    found = scan(write(tmp_path / "r", CODE | {"k8s/all.yaml": text + policy}))
    rows = {one.consumer: one.confidence for one in found.evidence if one.kind.value == "http"}
    assert rows["a"] < 0.5
    assert 0.4 < rows["c"] < 0.5
    assert "forbidden-by-policy" in [one.rule for one in found.findings]


def test_compose_and_a_cluster_speak_of_one_system(tmp_path: Path) -> None:
    compose = "services: {a: {build: a}, b: {build: b}}"
    text = deployment("a-deployment", "a", url("http://b")) + deployment("b-deployment", "b")
    found = scan(
        write(tmp_path / "r", CODE | {"docker-compose.yml": compose, "k8s/all.yaml": text})
    )
    assert [one.name for one in found.services] == ["a", "b"]
    assert edges(found) == {("a", "b", "http", "GET /x")}


def test_compose_and_a_cluster_each_give_an_address(tmp_path: Path) -> None:
    compose = """
        services:
          a: {build: a, environment: {B_URL: "http://b"}}
          b: {build: b}
    """
    text = deployment("a", "a", url("http://c")) + deployment("c", "c")
    found = scan(write(tmp_path / "r", CODE | {"docker-compose.yml": compose, "k8s/x.yaml": text}))
    assert {one for one in pairs(found) if one[2] == "http"} == {
        ("a", "b", "http"),
        ("a", "c", "http"),
    }
    places = {one.provider: one.locators[1] for one in found.evidence if one.operation}
    assert places == {"b": "docker-compose.yml:2", "c": "k8s/x.yaml:9"}


def test_a_port_that_two_deployments_tell_is_still_of_one_service(tmp_path: Path) -> None:
    compose = """
        services:
          a: {build: a}
          b: {build: b, ports: ["8002:80"]}
    """
    call = "import requests\nrequests.get('http://localhost:8002/x')\n"
    files = {
        "a/app.py": call, "b/app.py": B, "docker-compose.yml": compose,
        "k8s/x.yaml": deployment("a", "a") + deployment("b", "b").replace("80}", "8002}"),
    }  # fmt: skip
    assert edges(scan(write(tmp_path / "r", files))) == {("a", "b", "http", "GET /x")}


def test_one_address_by_two_deployments_is_one_row(tmp_path: Path) -> None:
    compose = """
        services:
          a: {build: a, environment: {B_URL: "http://b:8000"}}
          b: {build: b}
    """
    text = deployment("a", "a", url("http://b.default.svc")) + deployment("b", "b")
    found = scan(write(tmp_path / "r", CODE | {"docker-compose.yml": compose, "k8s/x.yaml": text}))
    (row,) = (one for one in found.evidence if one.operation)
    assert row.locators == ("a/app.py:2", "k8s/x.yaml:9", "docker-compose.yml:2", "b/app.py:3")


def test_a_name_of_one_deployment_that_nobody_declares(tmp_path: Path) -> None:
    compose = """
        services:
          a: {build: a, environment: {B_URL: "http://b"}}
          b: {build: b}
    """
    text = deployment("a", "a", url("http://release-b-master"))
    found = scan(write(tmp_path / "r", CODE | {"docker-compose.yml": compose, "k8s/x.yaml": text}))
    assert {one[:2] for one in pairs(found)} == {("a", "b")}


def unit(name: str, *names: str, platform: str = "kubernetes", image: str = "") -> Unit:
    return Unit(name=name, names=names, platform=platform, image=image, kind=NodeKind.SERVICE)


@pytest.mark.parametrize(
    ("units", "wanted"),
    [
        ([unit("a", platform="compose"), unit("x", "a")], {"x": "a"}),
        ([unit("a", platform="compose"), unit("a-deployment")], {"a-deployment": "a"}),
        (
            [unit("a-service", platform="compose"), unit("a-deployment")],
            {"a-deployment": "a-service"},
        ),
        ([unit("a-svc", platform="compose"), unit("a-x")], {}),
        ([unit("a", platform="compose", image="r/i:1"), unit("x", image="r/i:2")], {"x": "a"}),
        ([unit("a-v1", "a"), unit("a-v2", "a")], {"a-v1": "a", "a-v2": "a"}),
        ([unit("a", platform="compose"), unit("b")], {}),
    ],
)
def test_units_that_are_one(units: list[Unit], wanted: dict[str, str]) -> None:
    assert united(units) == wanted


def test_a_store_that_is_given_the_variables_of_all_uses_no_other(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": """
            services:
              db: {image: "postgres:16", env_file: .env}
              q: {image: "rabbitmq:3"}
              m: {image: "mongo:6", environment: {PEER: "mongodb://n:27017"}}
              n: {image: "mongo:6"}
        """,
        ".env": "POSTGRES_PASSWORD=x\nRABBIT_HOST=q\n",
    }
    assert pairs(scan(write(tmp_path / "r", files))) == {("m", "n", "database")}


def test_a_secret_that_several_mount(tmp_path: Path) -> None:
    pod = """
---
apiVersion: v1
kind: Pod
metadata: {{name: {0}}}
spec:
  containers: [{{image: x}}]
  volumes: [{{name: v, secret: {{secretName: jwt}}}}]
"""
    found = scan(write(tmp_path / "r", {"k8s/all.yaml": pod.format("a") + pod.format("b")}))
    assert [(one.kind.value, one.resource, one.members) for one in found.shared] == [
        ("shared-secret", "jwt", ("a", "b"))
    ]


def test_whole_maps_are_doubted_where_no_code_is_known(tmp_path: Path) -> None:
    text = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: m}
        data: {B_URL: "http://b"}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: a}
        spec: {containers: [{image: x, envFrom: [{configMapRef: {name: m}}]}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: b}
        spec: {containers: [{image: x}]}
    """
    (row,) = scan(write(tmp_path / "r", {"k8s/all.yaml": text})).evidence
    assert row.confidence < 0.5
    assert "whole map" in row.reason


def test_addresses_in_the_forms_of_drivers(tmp_path: Path) -> None:
    compose = """
        services:
          a:
            image: x
            environment:
              JDBC_URL: "jdbc:postgresql://db:5432/x"
              CONNECTION_STRING_HOST: "Server=db;Database=x;User Id=sa;Password=y"
          db: {image: postgres}
    """
    found = scan(write(tmp_path / "r", {"docker-compose.yml": compose}))
    assert pairs(found) == {("a", "db", "database")}
    assert len(found.evidence) == 2
