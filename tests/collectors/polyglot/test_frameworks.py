"""Routes, servers, and what frameworks connect by annotations and configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Entry, Route, Use
from tests.collectors.polyglot.reading import only, read, uses

if TYPE_CHECKING:
    from pathlib import Path

ROUTES = {
    "net/http": ("a.go", 'func f() { http.HandleFunc("POST /x/{id}", h) }', "POST /x/{}"),
    "gin": ("a.go",
        ('func f() { r := gin.New(); g := r.Group("/v1"); g.GET("/x/:id", h) '
         '}'), "GET /v1/x/{}"),
    "mux": ("a.go",
        ('func f() { s := r.PathPrefix("/v1").Subrouter(); s.HandleFunc("/x", '
         'h) }'), "* /v1/x"),
    "chi": ("a.go", 'func f() { r.Get("/x", h) }', "GET /x"),
    "spring": ("A.java", ('@RestController @RequestMapping("/v1") class A {'
               ' @GetMapping("/x/{id}") B f() {} }'), "GET /v1/x/{}"),
    "spring method": ("A.java", """
        @RestController class A {
            @RequestMapping(path = "/x", method = RequestMethod.PUT) B f() {}
        }
    """, "PUT /x"),
    "jax-rs": ("A.java", '@Path("/v1") class A { @GET @Path("/x") B f() {} }', "GET /v1/x"),
    "kotlin": ("A.kt",
        ('@RestController\nclass A {\n @PostMapping("/x")\n fun f() '
         '{}\n}'), "POST /x"),
    "express": ("a.js", 'const r = express.Router(); app.use("/v1", r); r.get("/x/:id", h);',
                "GET /v1/x/{}"),
    "nest": ("a.ts", '@Controller("v1")\nexport class A { @Get("x") f() {} }', "GET /v1/x"),
    "asp.net": ("A.cs", ('[Route("api/[controller]")] public class CartController : B {'
                ' [HttpPost("x/{id}")] public void F() {} }'), "POST /api/cart/x/{}"),
    "minimal api": ("A.cs", 'class A { void F() { app.MapGet("/x", () => 1); } }', "GET /x"),
    "actix": ("a.rs", '#[get("/x")]\nasync fn f() -> R { R }', "GET /x"),
    "axum": ("a.rs", 'fn f() { Router::new().route("/x", post(h)); }', "POST /x"),
    "slim": ("a.php", '<?php $app->post("/x", h);', "POST /x"),
    "sinatra": ("a.rb", 'get "/x/:id" do\n 1\nend', "GET /x/{}"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "route"), ROUTES.values(), ids=ROUTES)
def test_routes(tmp_path: Path, name: str, text: str, route: str) -> None:
    found = only(Route, read(tmp_path, {name: text, "go.mod": ""}))
    assert [f"{one.method} {one.path}" for one in found] == [route]


PROTO = "package shop; service Cart { rpc Get (A) returns (B); }"
SERVERS = {
    "go": ("a.go", "func f() { pb.RegisterCartServer(s, &x{}) }"),
    "java": ("A.java", "class A extends CartGrpc.CartImplBase { void get() {} }"),
    "c#": ("A.cs", "class A : Cart.CartBase { void F() {} }"),
    "node": ("a.js", "server.addService(shop.Cart.service, { get });"),
    "rust": ("a.rs", "fn f() { CartServer::new(x); }"),
}


@pytest.mark.parametrize(("name", "text"), SERVERS.values(), ids=SERVERS)
def test_services_of_contracts(tmp_path: Path, name: str, text: str) -> None:
    items = read(tmp_path, {name: text, "cart.proto": PROTO, "go.mod": ""})
    assert [(one.path, one.protocol) for one in only(Route, items)] == [("shop.Cart/*", "grpc")]


LISTENS = {
    "go": ("a.go", 'func main() { http.ListenAndServe(":8080", nil) }', "8080"),
    "node": ("a.js", "app.listen(3000);", "3000"),
    "spring": ("A.java", "class A { void main() { SpringApplication.run(A.class); } }", ""),
}


@pytest.mark.parametrize(("name", "text", "port"), LISTENS.values(), ids=LISTENS)
def test_servers(tmp_path: Path, name: str, text: str, port: str) -> None:
    items = only(Entry, read(tmp_path, {name: text, "go.mod": ""}))
    assert [str(one.port) for one in items if one.way == "server"] == [port]


def test_declared_clients(tmp_path: Path) -> None:
    text = """
        @FeignClient(name = "stock", url = "${stock.url}")
        interface Stock { @GetMapping("/items/{id}") Item item(String id); }
    """
    files = {"Stock.java": text, "pom.xml": "", "application.yml": "stock: {url: 'http://s:80'}"}
    (use,) = only(Use, read(tmp_path, files))
    assert (str(use.targets[0]), use.method) == ("{env:STOCK_URL}/items/{}", "GET")
    assert use.targets[0].parts[0].default == "http://s:80"


def test_configuration_files_of_spring(tmp_path: Path) -> None:
    files = {
        "a/pom.xml": "",
        "a/A.java": "class A {}",
        "a/src/main/resources/application.properties": """
            spring.datasource.url=jdbc:postgresql://${DB_HOST:db}:5432/x
            spring.rabbitmq.host=mq
            spring.cloud.gateway.routes[0].uri=lb://stock
        """,
    }
    found = [(one.kind.value, str(one.targets[0])) for one in only(Use, read(tmp_path, files))]
    assert sorted(found) == [
        ("database", "jdbc:postgresql://{env:DB_HOST}:5432/x"),
        ("http", "{env:SPRING_CLOUD_GATEWAY_ROUTES_0_URI}"),
        ("messaging-publish", "amqp://{env:SPRING_RABBITMQ_HOST}"),
    ]


def test_the_base_file_comes_before_those_of_profiles(tmp_path: Path) -> None:
    files = {
        "pom.xml": "",
        "A.java": (
            'class A { @Value("${x.url}") String u; void f() { '
            'restTemplate.getForObject(u + "/y", B.class); } }'
        ),
        "application-dev.yml": "x: {url: 'http://dev'}",
        "application.yml": "x: {url: 'http://base'}",
    }
    (use,) = only(Use, read(tmp_path, files))
    assert use.targets[0].parts[0].default == "http://base"


def test_a_configuration_server_speaks_for_others(tmp_path: Path) -> None:
    files = {
        "cart/pom.xml": "", "cart/Cart.java": "class Cart {}",
        "config/pom.xml": "", "config/Config.java": "class Config {}",
        "config/src/main/resources/shared/cart.yml": "spring: {data: {mongodb: {host: carts}}}",
    }  # fmt: skip
    (use,) = only(Use, read(tmp_path, files))
    assert (use.unit, str(use.targets[0])) == ("cart", "mongodb://{env:SPRING_DATA_MONGODB_HOST}")


def test_settings_of_dotnet(tmp_path: Path) -> None:
    files = {
        "a.csproj": "",
        "A.cs": 'class A { void F() { _client.GetAsync(configuration["Urls:Stock"] + "/x"); } }',
        "appsettings.json": '{"Urls": {"Stock": "http://s"}}',
    }
    (use,) = only(Use, read(tmp_path, files))
    (part, _) = use.targets[0].parts
    assert (part.text, part.default) == ("Urls__Stock", "http://s")


def test_listeners_and_tables_by_annotation(tmp_path: Path) -> None:
    text = """
        @Table(name = "items")
        class Item { @KafkaListener(topics = {"orders", "bills"}) void f() {} }
    """
    assert {(one[0], one[4]) for one in uses(tmp_path, "Item.java", text)} == {
        ("database", "items"),
        ("messaging-consume", "orders"),
        ("messaging-consume", "bills"),
    }
