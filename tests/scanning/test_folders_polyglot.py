"""Whole folders in several languages, from files to edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scanning.building import edges, pairs, scan, write

if TYPE_CHECKING:
    from pathlib import Path

GO = """
    package main
    func main() {
        http.HandleFunc("GET /items/{id}", item)
        http.ListenAndServe(":8080", nil)
    }
    func price() error {
        r, err := http.Get(os.Getenv("PRICE_URL") + "/prices/1")
        if err != nil { return err }
        return nil
    }
"""
JAVA = """
    @RestController
    class Prices {
        @Value("${stock.url}") private String stock;
        @GetMapping("/prices/{id}")
        String price(@PathVariable String id) {
            return restTemplate.getForObject(stock + "/items/" + id, String.class);
        }
    }
"""
NODE = """
    const redis = require("redis");
    const client = redis.createClient({ url: process.env.CACHE_URL });
    app.get("/", async (q, s) => s.send(await fetch(`${process.env.PRICE_URL}/prices/${q.id}`)));
    app.listen(3000);
"""
COMPOSE = """
    services:
      stock: {build: stock, environment: {PRICE_URL: "http://prices:80"}}
      prices: {build: prices, environment: {STOCK_URL: "http://stock:8080"}}
      web:
        build: web
        environment: {PRICE_URL: "http://prices", CACHE_URL: "redis://cache:6379/1", NOT_READ: "http://stock"}
      cache: {image: valkey}
"""
FILES = {
    "stock/main.go": GO, "stock/go.mod": "module stock\n",
    "prices/src/Prices.java": JAVA, "prices/pom.xml": "<project/>",
    "web/server.js": NODE, "web/package.json": "{}",
    "docker-compose.yml": COMPOSE,
}  # fmt: skip
WANTED = {
    ("stock", "prices", "http", "GET /prices/{}"),
    ("prices", "stock", "http", "GET /items/{}"),
    ("web", "prices", "http", "GET /prices/{}"),
}


def test_variables_lead_to_routes_across_languages(tmp_path: Path) -> None:
    found = scan(write(tmp_path / "r", FILES))
    assert edges(found) == WANTED
    assert ("web", "cache", "cache") in pairs(found)
    assert {one.name: one.kind.value for one in found.services} == {
        "stock": "service", "prices": "service", "web": "service", "cache": "cache",
    }  # fmt: skip


def test_code_and_deployment_files_apart(tmp_path: Path) -> None:
    write(tmp_path / "code", {name: text for name, text in FILES.items() if "/" in name})
    write(tmp_path / "ops", {"docker-compose.yml": COMPOSE})
    assert edges(scan(tmp_path / "code", tmp_path / "ops")) == WANTED


def test_what_no_code_is_seen_to_read_is_doubted_and_no_finding(tmp_path: Path) -> None:
    found = scan(write(tmp_path / "r", FILES))
    (row,) = (one for one in found.evidence if (one.consumer, one.provider) == ("web", "stock"))
    assert row.confidence < 0.5
    assert "nothing seen in the code reads it" in row.reason
    assert [one.rule for one in found.findings] == []


def test_a_stub_leads_to_the_service_that_offers_it(tmp_path: Path) -> None:
    proto = "package shop;\nservice Cart { rpc Get (A) returns (B); }\n"
    files = {
        "cart/main.go": "package main\nfunc main() { pb.RegisterCartServer(s, x) }\n",
        "cart/go.mod": "",
        "web/main.go": """
            package main
            func main() {
                conn, _ := grpc.NewClient(os.Getenv("CART_ADDR"))
                client := pb.NewCartClient(conn)
                client.Get(ctx, r)
            }
        """,
        "web/go.mod": "",
        "cart.proto": proto,
        "docker-compose.yml": """
            services:
              cart: {build: cart}
              web: {build: web, environment: {CART_ADDR: "cart:7070"}}
        """,
    }
    found = scan(write(tmp_path / "r", files))
    assert edges(found) == {("web", "cart", "grpc", "shop.Cart/Get")}
    kinds = {one.kind.value for one in found.evidence}
    assert kinds == {"grpc"}  # the address alone is no second kind of call


@pytest.mark.parametrize(
    "how",
    [
        "RUN go build -o /app ./cmd/{0}",
        "RUN go build -o /app cmd/{0}/main.go",
        'ENTRYPOINT Watch --build="go build -o main cmd/{0}/main.go"',
    ],
)
def test_one_go_module_with_several_commands(tmp_path: Path, how: str) -> None:
    main = 'package main\nimport "m/internal/{0}"\nfunc main() {{ {0}.Run() }}\n'
    code = 'package {0}\nfunc Run() error {{ _, err := http.Get("http://{1}/x")\n return err }}\n'
    docker = f"FROM golang\nCOPY . .\n{how}\nCMD /app\n"
    build = "{{build: {{context: ., dockerfile: docker/{0}.Dockerfile}}}}"
    files = {
        "go.mod": "module m\n",
        "docker-compose.yml": "services:\n  a: {}\n  b: {}\n  c: {{image: x}}\n".format(
            build.format("a"), build.format("b")
        ),
    }
    for name, other in (("a", "b"), ("b", "c")):
        files[f"cmd/{name}/main.go"] = main.format(name)
        files[f"internal/{name}/run.go"] = code.format(name, other)
        files[f"docker/{name}.Dockerfile"] = docker.format(name)
    assert pairs(scan(write(tmp_path / "r", files))) == {("a", "b", "http"), ("b", "c", "http")}


def test_projects_of_dotnet_with_the_code_they_are_built_with(tmp_path: Path) -> None:
    docker = "FROM x\nCOPY . .\nRUN dotnet publish\n"
    compose = """
        services:
          a:
            build: {context: ., dockerfile: src/A/Dockerfile}
            environment: {Urls__B: "http://b"}
          b: {build: {context: ., dockerfile: src/B/Dockerfile}}
    """
    files = {
        "docker-compose.yml": compose,
        "src/A/Dockerfile": docker, "src/B/Dockerfile": docker,
        "src/A/A.csproj": '<ProjectReference Include="..\\\\Common\\\\Common.csproj" />',
        "src/B/B.csproj": "", "src/Common/Common.csproj": "",
        "src/A/A.cs": "class A { }", "src/B/B.cs": "class B { }",
        "src/Common/C.cs":
            ('class C { void F() { _client.GetAsync(configuration["Urls:B"] + '
             '"/x"); } }'),
    }  # fmt: skip
    found = scan(write(tmp_path / "r", files))
    assert edges(found) == {("a", "b", "http", "GET /x")}
    assert {one.name: one.path for one in found.services} == {"a": "src/A", "b": "src/B"}


def test_copies_of_a_contract(tmp_path: Path) -> None:
    proto = "package shop;\nservice Cart { rpc Get (A) returns (B); }\n"
    files = {
        "a/main.go": "package main\n", "b/main.go": "package main\n",
        "a/cart.proto": proto, "b/protos/cart.proto": f"// copied\n{proto}",
        "docker-compose.yml": "services: {a: {build: a}, b: {build: b}}",
    }  # fmt: skip
    found = scan(write(tmp_path / "r", files))
    assert [(one.kind.value, one.resource, one.members) for one in found.shared] == [
        ("shared-library", "cart.proto", ("a", "b"))
    ]
    assert found.findings == ()
    (tmp_path / "r/b/protos/cart.proto").write_text(proto.replace("A", "Other"))
    drifted = scan(tmp_path / "r")
    assert [one.rule for one in drifted.findings] == ["contract-drift"]


def test_owners_of_services(tmp_path: Path) -> None:
    files = {
        "a/main.go": "package main\n", "CODEOWNERS": "/a/ @team-a\n",
        "docker-compose.yml": "services: {a: {build: a}}",
    }  # fmt: skip
    (node,) = scan(write(tmp_path / "r", files)).services
    assert node.owner == "team-a"


def test_names_of_a_registry(tmp_path: Path) -> None:
    code = 'class W { void f() { restTemplate.getForObject("http://STOCK-SERVICE/x", B.class); } }'
    files = {
        "web/W.java": code, "web/pom.xml": "", "items/A.java": "class A {}", "items/pom.xml": "",
        "items/src/main/resources/application.yml": "spring: {application: {name: stock-service}}",
        "docker-compose.yml": "services: {web: {build: web}, warehouse: {build: items}}",
    }  # fmt: skip
    assert edges(scan(write(tmp_path / "r", files))) == {("web", "warehouse", "http", "GET /x")}


def test_the_model_of_aspire(tmp_path: Path) -> None:
    model = """
        var builder = DistributedApplication.CreateBuilder(args);
        var mq = builder.AddRabbitMQ("eventbus");
        var db = builder.AddPostgres("postgres").WithImage("x").AddDatabase("catalogdb");
        var catalog = builder.AddProject<Projects.Catalog_API>("catalog-api")
            .WithReference(db).WithReference(mq).WaitFor(mq);
        builder.AddProject<Projects.Web>("webapp").WithReference(catalog)
            .WithEnvironment("CatalogUrl", catalog.GetEndpoint("http"));
    """
    files = {
        "Host/Host.csproj": "", "Host/Program.cs": model,
        "Catalog.API/Catalog.API.csproj": "",
        "Catalog.API/Program.cs":
            'builder.AddNpgsqlDbContext<C>("catalogdb"); builder.AddRabbitMQClient("eventbus");'
            ' app.MapGet("/items", () => 1);',
        "Web/Web.csproj": "",
        "Web/A.cs":
            'class A { void F() { http.GetAsync(configuration["CatalogUrl"] + "/items"); } }',
    }  # fmt: skip
    found = scan(write(tmp_path / "r", files))
    assert edges(found) >= {("webapp", "catalog-api", "http", "GET /items")}
    assert pairs(found) == {
        ("webapp", "catalog-api", "http"),
        ("catalog-api", "postgres", "database"),
        ("catalog-api", "eventbus", "messaging-publish"),
        ("catalog-api", "eventbus", "startup-order"),
    }


def test_a_model_beside_a_compose_file_names_the_same_services(tmp_path: Path) -> None:
    model = """
        var builder = DistributedApplication.CreateBuilder(args);
        builder.AddProject<Projects.Stock_Api>("stock-service");
    """
    files = {
        "Host/Host.csproj": "", "Host/Program.cs": model,
        "src/Stock/Dockerfile": "FROM x\nCOPY . .\n",
        "src/Stock/src/Stock.Api/Stock.Api.csproj": "",
        "src/Stock/src/Stock.Api/A.cs": "class A { }",
        "docker-compose.yml":
            "services: {stock: {build: {context: ., dockerfile: src/Stock/Dockerfile}}}",
    }  # fmt: skip
    found = scan(write(tmp_path / "r", files))
    assert [one.name for one in found.services] == ["stock"]


def test_settings_belong_to_a_service_that_nothing_deploys(tmp_path: Path) -> None:
    serves = "class A { void main() { SpringApplication.run(A.class); } }"
    files = {
        "gateway/A.java": serves, "gateway/pom.xml": "",
        "stock/A.java": serves, "stock/pom.xml": "",
        "gateway/src/main/resources/application.yml":
            "spring.cloud.gateway: {routes: [{uri: 'lb://stock', predicates: [Path=/x/**]}]}",
    }  # fmt: skip
    found = scan(write(tmp_path / "r", files))
    assert edges(found) == {("gateway", "stock", "http", "* /x/")}
