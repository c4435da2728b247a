"""Interfaces that frameworks make clients of, and clients that are set up elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Route, Use
from tests.collectors.polyglot.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

CLIENTS = {
    "feign, with a path": (
        {"A.java": """
            @FeignClient(value = "stock", path = "/items")
            interface A { @GetMapping("/{id}") B b(String id); }
        """},
        "GET http://stock/items/{}",
    ),
    "feign, with a path on the class": (
        {"A.java": '@FeignClient("stock") @RequestMapping("/items") interface A {'
                   ' @PostMapping B b(); }'},
        "POST http://stock/items",
    ),
    "feign alone": (
        {"A.java": '@FeignClient("stock") interface A { @RequestLine("GET /items/{id}") B b(); }'},
        "GET http://stock/items/{}",
    ),
    "micronaut": (
        {"A.java": '@Client(id = "stock", path = "/items") interface A { @Get("/{id}") B b(); }'},
        "GET http://stock/items/{}",
    ),
    "micronaut, by what it extends": (
        {"A.java": '@Client("stock") interface A extends Items { }',
         "Items.java": 'interface Items { @Post("/items") B b(); }'},
        "POST http://stock/items",
    ),
    "quarkus": (
        {"A.java": '@Path("/items") @RegisterRestClient(configKey = "s") interface A {'
                   ' @GET @Path("/{id}") B b(); }',
         "application.properties": "quarkus.rest-client.s.url=http://stock:80\n"},
        "GET {env:QUARKUS_RESTCLIENT_S_URL}/items/{}",
    ),
    "quarkus, by the name of the interface": (
        {"A.java": 'package p; @Path("/x") @RegisterRestClient interface A { @GET B b(); }',
         "application.properties": "p.A/mp-rest/url=http://stock:80\n"},
        "GET {env:P_A/MPREST/URL}/x",
    ),
    "a typed client of .net": (
        {"P.cs": 'services.AddHttpClient<A>(c => c.BaseAddress = new("http://stock"));'
                 ' services.AddHttpClient<Z>(c => c.BaseAddress = new("http://z"));',
         "A.cs": 'class A(HttpClient http) { Task F() { return http.GetAsync($"items/{id}"); } }'},
        "GET http://stock/items/{}",
    ),
    "a typed client of an interface": (
        {"P.cs": 's.AddHttpClient<IA, A>(c => { c.BaseAddress = new Uri("http://stock"); });',
         "A.cs": 'class A : IA { Task F() { _client.PostAsJsonAsync("/items", b); } }'},
        "POST http://stock/items",
    ),
    "a named client of .net": (
        {"P.cs": 'services.AddHttpClient("s", c => c.BaseAddress = new Uri("http://stock"));',
         "A.cs": 'class A { Task F() { var c = f.CreateClient("s"); return c.GetAsync("/x"); } }'},
        "GET http://stock/x",
    ),
    "refit": (
        {"P.cs": 'services.AddRefitClient<IA>().ConfigureHttpClient(c =>'
                 ' c.BaseAddress = new Uri("http://stock"));'
                 ' services.AddRefitClient<IZ>().ConfigureHttpClient(c =>'
                 ' c.BaseAddress = new Uri("http://z"));',
         "A.cs": 'interface IA { [Get("/items/{id}")] Task B(string id); }'},
        "GET http://stock/items/{}",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "wanted"), CLIENTS.values(), ids=CLIENTS)
def test_clients(tmp_path: Path, files: dict[str, str], wanted: str) -> None:
    found = only(Use, read(tmp_path, {**files, "pom.xml": "", "a.csproj": ""}))
    assert [f"{one.method} {one.targets[0]}" for one in found] == [wanted]


def test_a_method_that_is_declared_again_counts_once(tmp_path: Path) -> None:
    files = {
        "A.java":
            '@Client("s") interface A extends Base { @Get("/v1/a") B a(); @Override B b(); }',
        "Base.java": 'interface Base { @Get("/a") B a(); @Get("/b") B b(); }', "pom.xml": "",
    }  # fmt: skip
    found = only(Use, read(tmp_path, files))
    assert [str(one.targets[0]) for one in found] == ["http://s/v1/a", "http://s/b"]


def test_a_call_by_what_is_extended_is_placed_at_the_client(tmp_path: Path) -> None:
    files = {
        "a/pom.xml": "", "api/pom.xml": "",
        "a/A.java": '@Client("stock")\ninterface A extends Items {\n}\n',
        "api/Items.java": 'interface Items {\n@Get("/items") B b();\n}\n',
    }  # fmt: skip
    (use,) = only(Use, read(tmp_path, files))
    assert (use.locator, use.further) == ("a/A.java:1", ("api/Items.java:2",))


def test_two_addresses_that_nothing_tells_apart_are_none(tmp_path: Path) -> None:
    text = """
        class P { void F() { a.BaseAddress = new("http://a"); b.BaseAddress = new("http://b"); } }
        class C { void F() { _client.GetAsync("/x"); } }
    """
    assert only(Use, read(tmp_path, {"A.cs": text, "a.csproj": ""})) == []


def test_routes_by_what_a_controller_implements(tmp_path: Path) -> None:
    files = {
        "pom.xml": "",
        "A.java": '@Controller("/v1") class A implements Items { public B b() { } }',
        "Items.java": 'interface Items { @Get("/items/{id}") B b(); }',
    }
    (route,) = only(Route, read(tmp_path, files))
    assert f"{route.method} {route.path}" == "GET /v1/items/{}"


def test_a_client_of_a_contract_that_is_set_up_elsewhere(tmp_path: Path) -> None:
    files = {
        "a.csproj": "", "s.proto": "service Stock { rpc Get (A) returns (B); }",
        "P.cs": 'services.AddGrpcClient<Stock.StockClient>(o => o.Address = new Uri("http://s"));',
        "A.cs": "class A(Stock.StockClient client) { Task F() { return client.GetAsync(r); } }",
    }  # fmt: skip
    (use,) = only(Use, read(tmp_path, files))
    assert (str(use.targets[0]), str(use.operations[0])) == ("http://s", "Stock/Get")
