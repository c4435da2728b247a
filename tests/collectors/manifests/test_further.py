"""Proxies, contracts, owners, libraries of other languages, processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.deployed import Package
from depmap.model.facts import Use, WaitFor
from depmap.model.relations import Contract, Needs, Owned, Relation
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

PROXIES = {
    "envoy": ("envoy.yaml", """
        static_resources:
          listeners:
            - filter_chains:
                - filters:
                    - typed_config:
                        route_config:
                          virtual_hosts:
                            - routes:
                                - match: {prefix: "/api"}
                                  route: {cluster: api}
          clusters:
            - name: api
              load_assignment:
                endpoints:
                  - lb_endpoints:
                      - endpoint: {address: {socket_address: {address: "${API}", port_value: 80}}}
    """, ("http://{env:API}:80", "/api")),
    "traefik": ("dynamic.yml", """
        http:
          routers: {a: {rule: "PathPrefix(`/api`)", service: api}}
          services: {api: {loadBalancer: {servers: [{url: "http://api:80"}]}}}
    """, ("http://api:80", "/api")),
    "kong": ("kong.yml", """
        _format_version: "3.0"
        services: [{name: api, host: api, port: 80, routes: [{paths: [/api]}]}]
    """, ("http://api:80", "/api")),
    "haproxy": ("haproxy.cfg", """
        frontend web
          acl is_api path_beg /api
          use_backend api if is_api
        backend api
          server one api:80 check
    """, ("http://api:80", "/api")),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "wanted"), PROXIES.values(), ids=PROXIES)
def test_proxies(tmp_path: Path, name: str, text: str, wanted: tuple[str, str]) -> None:
    (use,) = only(Use, read(tmp_path, {name: text}))
    assert (str(use.targets[0]), str(use.operations[0])) == wanted


def test_what_prometheus_scrapes(tmp_path: Path) -> None:
    text = """
        scrape_configs:
          - {metrics_path: /m, static_configs: [{targets: ["a:80", "localhost:9090"]}]}
    """
    (one,) = only(Relation, read(tmp_path, {"prometheus.yml": text}))
    assert (one.consumer, one.provider, one.operation) == ("prometheus", "http://a:80", "GET /m")


def test_contracts(tmp_path: Path) -> None:
    files = {
        "a/cart.proto": "// one\npackage shop;\nservice Cart { }\n",
        "b/cart.proto": "package shop;  service Cart {}",
        "c/openapi.yaml": "openapi: 3.0.0\n",
        "d/asyncapi.yml": "asyncapi: 2.0.0\n",
        "e/api-spec.json": '{"name": 1}',
    }
    found = only(Contract, read(tmp_path, files))
    assert [(one.form, one.name) for one in found] == [
        ("proto", "cart.proto"), ("proto", "cart.proto"), ("openapi", "openapi.yaml"),
        ("asyncapi", "asyncapi.yml"),
    ]  # fmt: skip
    assert found[0].offers == ("shop.Cart",)


def test_owners(tmp_path: Path) -> None:
    files = {
        "CODEOWNERS": "# all\n* @everyone\n/services/cart/ @team-cart # x\n",
        "cart/catalog-info.yaml": """
            apiVersion: backstage.io/v1alpha1
            kind: Component
            metadata: {name: cart}
            spec: {owner: "group:default/team-cart"}
        """,
    }
    found = [(one.owner, one.unit, one.pattern) for one in only(Owned, read(tmp_path, files))]
    assert sorted(found) == [("team-cart", "", "/services/cart/"), ("team-cart", "cart", "")]


def test_libraries_of_other_languages(tmp_path: Path) -> None:
    files = {
        "a/package-lock.json": '{"packages": {"": {"dependencies": {"x": "^1"}}, '
        '"node_modules/x": {"version": "1.2.0"}, "node_modules/y": {"version": "2.0.0"}}}',
        "b/go.mod": (
            "module b\nrequire (\n\texample.com/x v1.2.0\n\texample.com/y v1.0.0 // indirect\n)\n"
        ),
        "c/pom.xml": "<dependency><groupId>g</groupId><artifactId>a</artifactId>"
        "<version>3.1</version></dependency>",
        "d/package-lock.json": "[]",
    }
    found = [
        (one.name, one.version) for one in only(Package, read(tmp_path, files)) if one.version
    ]
    assert found == [("npm:x", "1.2.0"), ("go:example.com/x", "1.2.0"), ("maven:g:a", "3.1")]


def test_projects_that_are_built_with_others(tmp_path: Path) -> None:
    files = {
        "a/a.csproj": '<ProjectReference Include="..\\b\\b.csproj" />',
        "c/package.json": '{"dependencies": {"d": "file:../d"}}',
        "e/go.mod": "module e\nreplace f => ../f\n",
        "g/g.csproj": '<ProjectReference Include="..\\..\\..\\etc\\x.csproj" />',
    }
    assert [one.folders for one in only(Needs, read(tmp_path, files))] == [("b",), ("d",), ("f",)]


def test_processes_that_wait(tmp_path: Path) -> None:
    files = {
        "Procfile": "web: ./wait-for-it.sh db:5432 -- run\n",
        "supervisord.conf": "[program:a]\ncommand=dockerize -wait tcp://mq:5672 run\n",
    }
    waits = only(WaitFor, read(tmp_path, files))
    assert sorted(str(one.targets[0]) for one in waits) == ["tcp://db:5432", "tcp://mq:5672"]
