"""Gateways by their own files, contracts by what they are about, and files of builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.deployed import Unit
from depmap.model.facts import Use
from depmap.model.relations import Contract
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

CADDY = """
:80 {
  # reverse_proxy no:1
  handle /api/* {
    reverse_proxy api:8000
  }
  reverse_proxy /auth/* auth:80 spare:80 {
    lb_policy first
  }
  reverse_proxy web:80
}
"""
APACHE = """
ProxyPass /api http://api:80/
ProxyPassReverse /api http://api:80/
<Location "/web">
  ProxyPass http://web:80
</Location>
"""
OCELOT = """{"Routes": [{
  "DownstreamScheme": "http", "DownstreamHostAndPorts": [{"Host": "api", "Port": 80}],
  "UpstreamPathTemplate": "/api/{all}"}]}
"""
KRAKEND = """{"version": 3, "endpoints": [
  {"endpoint": "/api", "backend": [{"host": ["http://api:80"], "url_pattern": "/x"}]}]}
"""


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        (
            "Caddyfile",
            CADDY,
            [
                ("http://api:8000", "/api/*", 4),
                ("http://auth:80", "/auth/*", 6),
                ("http://spare:80", "/auth/*", 6),
                ("http://web:80", "/", 9),
            ],
        ),
        ("site.conf", APACHE, [("http://api:80/", "/api", 1), ("http://web:80", "/web", 4)]),
        ("ocelot.json", OCELOT, [("http://api:80", "/api/{all}", 3)]),
        ("krakend.json", KRAKEND, [("http://api:80", "/api", 2)]),
        ("krakend.json", "{", []),
        ("ocelot.json", "[1]", []),
    ],
)
def test_what_is_passed_on(
    tmp_path: Path, name: str, text: str, wanted: list[tuple[str, str, int]]
) -> None:
    found = [
        (str(one.targets[0]), str(one.operations[0]), int(one.locator.rpartition(":")[2]))
        for one in only(Use, read(tmp_path, {name: text}))
    ]
    assert found == wanted


@pytest.mark.parametrize(
    ("name", "text", "offers"),
    [
        ("openapi.yaml", "openapi: 3.0.0\ninfo: {title: Carts}\npaths: {/x: {}}\n", ("Carts",)),
        ("openapi.yaml", "openapi: 3.0.0\ninfo: {title: API}\npaths: {/x: {}}\n", ("API", "/x")),
        ("asyncapi.yaml", "asyncapi: 2.6.0\nchannels: {orders: {}}\n", ("orders",)),
        ("asyncapi.yaml", "asyncapi: 3.0.0\nchannels: {o: {address: a.b}}\n", ("a.b",)),
        (
            "order.avsc",
            '{"type": "record", "name": "Order", "fields": [{"name": "id"}]}',
            ("Order",),
        ),
        ("s.graphql", "type Query { a: Int }\nextend type Cart { b: Int }\n", ("Query", "Cart")),
    ],
)
def test_what_contracts_are_about(
    tmp_path: Path, name: str, text: str, offers: tuple[str, ...]
) -> None:
    (one,) = only(Contract, read(tmp_path, {name: text}))
    assert one.offers == offers


@pytest.mark.parametrize(
    "path",
    [".github/workflows/ci.yml", ".gitlab-ci.yml", ".gitlab/ci/test.yml", ".circleci/config.yml",
     "azure-pipelines.yml", "bitbucket-pipelines.yml", ".drone.yml", "cloudbuild.yaml"],
)  # fmt: skip
def test_files_of_builds_deploy_nothing(tmp_path: Path, path: str) -> None:
    text = "services: {db: {image: postgres}}\n"
    assert only(Unit, read(tmp_path, {path: text})) == []
