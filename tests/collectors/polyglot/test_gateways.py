"""What gateways pass on, by their configuration and by code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Use
from tests.collectors.polyglot.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

SPRING = """
    spring:
      cloud:
        gateway:
          routes:
            - id: stock
              uri: http://stock
              predicates:
                - Path=/api/items/**, /api/more/**
"""
YARP = """
    {"ReverseProxy": {
      "Routes": {"r": {"ClusterId": "c-1", "Match": {"Path": "/api/items/{**rest}"}}},
      "Clusters": {"c-1": {"Destinations": {"d": {"Address": "http://stock"}}}}}}
"""
OCELOT = """
    {"Routes": [{"UpstreamPathTemplate": "/api/items/{everything}",
      "DownstreamHostAndPorts": [{"Host": "stock", "Port": 80}]}]}
"""
GATEWAYS = {
    "spring": {"A.java": "class A {}", "application.yml": SPRING},
    "spring, in code": {
        "A.java": 'class A { void f() { b.routes().route(r -> r.path("/api/items/**")'
                  '.filters(f -> f).uri("http://stock")); } }'},
    "zuul": {"A.java": "class A {}",
             "application.yml": "zuul: {routes: {s: {path: /api/items/**, serviceId: stock}}}"},
    "zuul, by the name of the route": {
        "A.java": "class A {}", "application.yml": "zuul: {routes: {stock: /api/items/**}}"},
    "yarp": {"A.cs": "class A {}", "appsettings.json": YARP},
    "ocelot": {"A.cs": "class A {}", "ocelot.json": OCELOT},
    "node": {"a.js": 'app.use("/api/items/", createProxyMiddleware({ target: "http://stock" }));'},
    "go": {"a.go": 'package m\nfunc f() { u, _ := url.Parse("http://stock")\n'
                   "httputil.NewSingleHostReverseProxy(u) }"},
}  # fmt: skip


@pytest.mark.parametrize("name", GATEWAYS)
def test_routes_that_are_passed_on(tmp_path: Path, name: str) -> None:
    (use,) = only(Use, read(tmp_path, {**GATEWAYS[name], "pom.xml": ""}))
    (value,) = use.targets
    shown = "".join(
        part.text if part.kind == "text" else part.default or "" for part in value.parts
    )
    assert shown.removesuffix(":80") == "http://stock"
    assert [str(one) for one in use.operations] == ([] if name == "go" else ["/api/items/"])
    assert (use.method, use.strength.value) == ("*", "strong")
