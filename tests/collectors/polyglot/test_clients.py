"""Calls of other services, stores and brokers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Use
from tests.collectors.polyglot.reading import only, read, uses

if TYPE_CHECKING:
    from pathlib import Path

JAVA = "class A {{ Object f() {{ return {0}; }} }}"
CSHARP = "class A {{ void F() {{ {0}; }} }}"
HTTP = {
    "go": ("a.go", 'func f() { http.NewRequest("PUT", "http://b/x", nil) }', "PUT"),
    "go method": (
        "a.go",
        'func f() { http.NewRequest(http.MethodPost, "http://b/x", n) }',
        "POST",
    ),
    "java": (
        "A.java",
        JAVA.format('restTemplate.postForEntity("http://b/x", y, Z.class)'),
        "POST",
    ),
    "java exchange": (
        "A.java",
        JAVA.format('restTemplate.exchange("http://b/x", HttpMethod.DELETE, y)'),
        "DELETE",
    ),
    "web client": ("A.java", JAVA.format('webClient.get().uri("http://b/x").retrieve()'), "GET"),
    "base": (
        "A.java",
        (
            'class A { WebClient c = WebClient.builder().baseUrl("http://b").build();'
            ' Mono f() { return c.get().uri("/x").retrieve(); } }'
        ),
        "GET",
    ),
    "fetch": ("a.js", 'fetch("http://b/x", { method: "POST" });', "POST"),
    "axios": ("a.js", 'const c = axios.create({ baseURL: "http://b" }); c.put("/x");', "PUT"),
    "c#": ("A.cs", CSHARP.format('_client.PostAsJsonAsync("http://b/x", y)'), "POST"),
    "c# base": (
        "A.cs",
        CSHARP.format('c.BaseAddress = new Uri("http://b"); _client.GetAsync("/x")'),
        "GET",
    ),
}


@pytest.mark.parametrize(("name", "text", "method"), HTTP.values(), ids=HTTP)
def test_http(tmp_path: Path, name: str, text: str, method: str) -> None:
    assert uses(tmp_path, name, text) == [("http", "http", "http://b/x", method, "")]


def test_what_is_no_call(tmp_path: Path) -> None:
    text = """
        const link = "http://b/x";
        app.get("/x", (req, res) => {});
        cache.get(key);
        map.get("http");
        fetch("/relative");
    """
    assert uses(tmp_path, "a.js", text) == []


def test_a_wrapper_is_placed_where_it_is_called(tmp_path: Path) -> None:
    text = 'const get = (path) =>\n  fetch("http://b" + path);\nget("/x");\nget("/y");\n'
    found = only(Use, read(tmp_path, {"a.js": text, "package.json": ""}))
    assert [(one.locator, one.further, str(one.targets[0])) for one in found] == [
        ("a.js:3", ("a.js:2",), "http://b/x"),
        ("a.js:4", ("a.js:2",), "http://b/y"),
    ]


STORES = {
    "go sql": (
        "a.go",
        'func f() { sql.Open("postgres", os.Getenv("DSN")) }',
        ("database", "postgresql", "{env:DSN}"),
    ),
    "go redis": (
        "a.go",
        'func f() { redis.NewClient(&redis.Options{Addr: os.Getenv("R")}) }',
        ("cache", "redis", "{env:R}"),
    ),
    "go mongo": (
        "a.go",
        'import "go.mongodb.org/mongo"\nfunc f() { options.Client().ApplyURI("mongodb://m") }',
        ("database", "mongodb", "mongodb://m"),
    ),
    "node redis": (
        "a.js",
        'const r = require("redis"); r.createClient({ host: process.env.R });',
        ("cache", "redis", "redis://{env:R}"),
    ),
    "node pg": (
        "a.js",
        'const { Pool } = require("pg"); new Pool({ connectionString: "postgres://d/x" });',
        ("database", "postgresql", "postgres://d/x"),
    ),
    "node mongo": (
        "a.js",
        'const m = require("mongoose"); m.connect(process.env.M);',
        ("database", "mongodb", "{env:M}"),
    ),
    "c# redis": (
        "A.cs",
        CSHARP.format('ConnectionMultiplexer.Connect("r:6379")'),
        ("cache", "redis", "r:6379"),
    ),
    "c# ef": (
        "A.cs",
        CSHARP.format('o.UseNpgsql(configuration.GetConnectionString("D"))'),
        ("database", "postgresql", "{env:ConnectionStrings__D}"),
    ),
    "c# looked up": (
        "A.cs",
        """
        class A {
            void F() { Open("r"); }
            C Open(string host) { var ip = Ip(host); return ConnectionMultiplexer.Connect(ip); }
            string Ip(string name) => Dns.GetHostEntryAsync(name).Result.AddressList
                .First(a => a.Family == 1).ToString();
        }
        """,
        ("cache", "redis", "r"),
    ),
    "php": (
        "a.php",
        '<?php new PDO("mysql:host=d;dbname=x");',
        ("database", "mysql", "mysql:host=d;dbname=x"),
    ),
    "rust": (
        "a.rs",
        'async fn f() { PgPool::connect(&env::var("D").unwrap()).await?; }',
        ("database", "postgresql", "{env:D}"),
    ),
}


@pytest.mark.parametrize(("name", "text", "wanted"), STORES.values(), ids=STORES)
def test_stores(tmp_path: Path, name: str, text: str, wanted: tuple[str, ...]) -> None:
    assert [one[:3] for one in uses(tmp_path, name, text)] == [wanted]


def test_tables_of_statements(tmp_path: Path) -> None:
    text = """
        func f() {
            db.Query("SELECT a FROM items JOIN b.kinds")
            db.Exec(`UPDATE items SET a = 1`)
        }
    """
    found = only(Use, read(tmp_path, {"a.go": text, "go.mod": ""}))
    assert [(str(one.operations[0]), one.writes) for one in found] == [
        ("items", False),
        ("b.kinds", False),
        ("items", True),
    ]


def test_prose_is_no_statement(tmp_path: Path) -> None:
    assert uses(tmp_path, "A.cs", CSHARP.format('m.WithSummary("Update Product")')) == []


BROKERS = {
    "go amqp": (
        "a.go",
        """
        import amqp "github.com/rabbitmq/amqp091-go"
        func f() {
            c, _ := amqp.Dial(os.Getenv("MQ"))
            ch.Publish("orders", "created", false, false, m)
            ch.Consume("bills", "", true)
        }
        """,
        [("messaging-publish", "{env:MQ}", "orders/created"),
         ("messaging-consume", "{env:MQ}", "bills")],
    ),
    "node kafka": (
        "a.js",
        """
        const { Kafka } = require("kafkajs");
        const k = new Kafka({ brokers: [process.env.BROKERS] });
        producer.send({ topic: "orders", messages });
        consumer.subscribe({ topic: "bills" });
        """,
        [("messaging-publish", "{env:BROKERS}", "orders"),
         ("messaging-consume", "{env:BROKERS}", "bills")],
    ),
    "c# kafka": (
        "A.cs",
        """
        using Confluent.Kafka;
        class A { void F() {
            var k = Environment.GetEnvironmentVariable("K");
            var c = new ConsumerConfig { BootstrapServers = k };
            consumer.Subscribe("orders");
        } }
        """,
        [("messaging-consume", "{env:K}", "orders")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "wanted"), BROKERS.values(), ids=BROKERS)
def test_messages_go_over_the_connection_of_the_project(
    tmp_path: Path, name: str, text: str, wanted: list[tuple[str, str, str]]
) -> None:
    assert [(one[0], one[2], one[4]) for one in uses(tmp_path, name, text)] == wanted


NO_ADDRESSES = {
    "the name of a cluster": (
        "a.ts",
        'import nats from "nats"; wrapper.connect(process.env.NATS_CLUSTER_ID, id, url);',
    ),
    "the name of a cluster in what is read elsewhere": (
        "a.ts",
        'import nats from "node-nats-streaming"; nats.connect(process.env.CLUSTER, "client");',
    ),
    "the name of a cluster of go": (
        "a.go",
        """
        package m
        import "github.com/nats-io/stan.go"
        func f() { stan.Connect(os.Getenv("CLUSTER"), "c") }
        """,
    ),
    "a word": ("a.ts", 'import nats from "nats"; wrapper.connect("shop");'),
    "the name of an attribute": ("A.cs", CSHARP.format('o.UseNpgsql("db.connection_string")')),
}


STREAMING = {
    "node": ("a.ts", """
        import { Error } from "mongoose";
        import nats from "node-nats-streaming";
        nats.connect(process.env.CLUSTER, "c", { url: process.env.NATS_URL });
    """),
    "go": ("a.go", """
        package m
        import "github.com/nats-io/stan.go"
        func f() { stan.Connect(os.Getenv("CLUSTER"), "c", stan.NatsURL(os.Getenv("NATS_URL"))) }
    """),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text"), STREAMING.values(), ids=STREAMING)
def test_the_address_of_a_streaming_server(tmp_path: Path, name: str, text: str) -> None:
    assert [one[1:3] for one in uses(tmp_path, name, text)] == [("nats", "{env:NATS_URL}")]


@pytest.mark.parametrize(("name", "text"), NO_ADDRESSES.values(), ids=NO_ADDRESSES)
def test_what_is_no_address_of_a_store(tmp_path: Path, name: str, text: str) -> None:
    assert uses(tmp_path, name, text) == []


SDKS = {
    "flagd in node": (
        "a.js",
        'const { FlagdProvider } = require("@openfeature/flagd-provider"); new FlagdProvider();',
        ("grpc", "{env:FLAGD_HOST}:{env:FLAGD_PORT}", "flagd.evaluation.v1.Service/*"),
    ),
    "flagd in go": (
        "a.go",
        'import flagd "github.com/open-feature/providers/flagd"\nfunc f() { flagd.NewProvider() }',
        ("grpc", "{env:FLAGD_HOST}:{env:FLAGD_PORT}", "flagd.evaluation.v1.Service/*"),
    ),
    "stripe": (
        "a.ts",
        'import Stripe from "stripe"; const s = new Stripe(process.env.KEY);',
        ("http", "https://api.stripe.com", ""),
    ),
}


@pytest.mark.parametrize(("name", "text", "wanted"), SDKS.values(), ids=SDKS)
def test_libraries_that_know_the_address(
    tmp_path: Path, name: str, text: str, wanted: tuple[str, str, str]
) -> None:
    assert [(one[0], one[2], one[4]) for one in uses(tmp_path, name, text)] == [wanted]


PROTO = (
    "package shop.v1; service Cart { rpc GetCart (A) returns (B); rpc AddItem (A) returns (B); }"
)
RPCS = {
    "go": ("a.go", """
        func conn(c **grpc.ClientConn, addr string) { *c, err = grpc.NewClient(addr) }
        func f() {
            conn(&s.cart, os.Getenv("CART"))
            pb.NewCartClient(s.cart).GetCart(ctx, r)
        }
    """),
    "java": ("A.java", """
        class A {
            ManagedChannel ch = ManagedChannelBuilder.forTarget(System.getenv("CART")).build();
            CartGrpc.CartBlockingStub stub = CartGrpc.newBlockingStub(ch);
            void f() { stub.getCart(r); }
        }
    """),
    "node": ("a.js", """
        const client = new shop.Cart(process.env.CART, grpc.credentials.createInsecure());
        function f() { client.getCart({}, (e, r) => {}); }
    """),
    "c#": ("A.cs", """
        class A { void F() {
            var channel = GrpcChannel.ForAddress(Environment.GetEnvironmentVariable("CART"));
            var client = new Cart.CartClient(channel);
            client.GetCartAsync(r);
        } }
    """),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text"), RPCS.values(), ids=RPCS)
def test_stubs(tmp_path: Path, name: str, text: str) -> None:
    items = read(tmp_path, {name: text, "cart.proto": PROTO, "go.mod": ""})
    (use,) = (one for one in only(Use, items) if one.kind.value == "grpc")
    assert (str(use.targets[0]), str(use.operations[0])) == ("{env:CART}", "shop.v1.Cart/GetCart")


GO = "func f() error {{ r, err := http.Get(U)\n {0}\n return nil }}"
TRIED = (
    "class A {{ void f() {{ try {{ restTemplate.getForObject(U, B.class); }} "
    "catch (E e) {{ {0} }} }} }}"
)
NODE = "async function f(q, s) {{ try {{ await fetch(U) }} catch (e) {{ {0} }} }}"
FATES = {
    "go returns": ("a.go", GO.format("if err != nil { return err }"), "strong"),
    "go logs": ("a.go", GO.format("if err != nil { log.Println(err) }"), "optional"),
    "go ends": ("a.go", GO.format("if err != nil { log.Fatal(err) }"), "strong"),
    "go ignores": ("a.go", "func f() { r, _ := http.Get(U)\n g(r) }", "undetermined"),
    "go passed up and swallowed": (
        "a.go",
        (
            "func f() error { _, err := http.Get(U)\n return err }\n"
            "func g() { if err := f(); err != nil { log.Println(err) } }"
        ),
        "optional",
    ),
    "java": ("A.java", JAVA.format("restTemplate.getForObject(U, B.class)"), "strong"),
    "java throws": ("A.java", TRIED.format("throw new R(e);"), "strong"),
    "java swallows": ("A.java", TRIED.format("log.warn(e);"), "optional"),
    "node answers": ("a.js", NODE.format("s.status(500).send()"), "strong"),
    "node swallows": ("a.js", NODE.format("console.log(e)"), "optional"),
}


@pytest.mark.parametrize(("name", "text", "strength"), FATES.values(), ids=FATES)
def test_strength(tmp_path: Path, name: str, text: str, strength: str) -> None:
    items = read(tmp_path, {name: text.replace("U", '"http://b/x"'), "go.mod": ""})
    assert [one.strength.value for one in only(Use, items)] == [strength]


def test_an_address_in_a_description_of_an_api_is_no_call(tmp_path: Path) -> None:
    text = """
        class Docs {
            @Value("${docs.gateway-url}") String gateway;
            OpenAPI api() { return new OpenAPI().servers(List.of(new Server().url(gateway))); }
        }
    """
    assert uses(tmp_path, "Docs.java", text) == []


def test_a_client_of_firestore_goes_to_the_emulator_where_there_is_one(tmp_path: Path) -> None:
    text = """
        package a
        import "cloud.google.com/go/firestore"
        func f() { c, err := firestore.NewClient(ctx, os.Getenv("GCP_PROJECT")) }
    """
    emulator = "firestore://{env:FIRESTORE_EMULATOR_HOST}"
    assert uses(tmp_path, "a.go", text) == [("database", "firestore", emulator, "", "")]


def test_a_driver_that_a_parameter_names_is_the_one_that_is_linked(tmp_path: Path) -> None:
    text = """
        package a
        import _ "github.com/lib/pq"
        func open(driver, source string) { db, err := sql.Open(driver, source) }
        func main() { open(os.Getenv("DB_DRIVER"), os.Getenv("DB_SOURCE")) }
    """
    assert uses(tmp_path, "a.go", text) == [
        ("database", "postgresql", "{env:DB_SOURCE}", "", ""),
    ]
