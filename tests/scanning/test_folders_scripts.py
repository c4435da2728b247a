"""Whole folders of JavaScript: settings in objects, messages in lists, names of folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.scanning.building import edges, pairs, scan, write

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
    require("dotenv").config();
    const { KAFKA_HOST, KAFKA_TOPIC_NEWS, MONGO_HOST } = process.env;
    module.exports = {
      kafkaConfig: { host: KAFKA_HOST, news: KAFKA_TOPIC_NEWS },
      mongoConfig: { host: MONGO_HOST },
    };
"""
CONNECT = """
    const { KafkaClient, Producer, Consumer } = require("kafka-node");
    const { kafkaConfig } = require("./config");
    const { host, news } = kafkaConfig;
    const client = new KafkaClient({ kafkaHost: host });
"""
FILES = {
    "docker-compose.yml": """
        services:
          sends: {build: sends}
          takes: {build: takes}
          kafka: {image: wurstmeister/kafka}
    """,
    "sends/package.json": "{}", "sends/config.js": CONFIG,
    "sends/connect.js": CONNECT + "    module.exports = { producer: new Producer(client) };\n",
    "sends/index.js": """
        const { producer } = require("./connect");
        const { kafkaConfig } = require("./config");
        const job = () => {
          const { news } = kafkaConfig;
          const payloads = [{ topic: news, messages: ["x"] }];
          producer.send(payloads, () => {});
        };
    """,
    "takes/package.json": "{}", "takes/config.js": CONFIG,
    "takes/index.js": CONNECT + """
        const consumer = new Consumer(client, [], {});
        const topics = [news].filter(one => !!one.length);
        consumer.addTopics(topics, () => {});
    """,
}  # fmt: skip


def test_topics_in_lists_and_addresses_in_objects(tmp_path: Path) -> None:
    found = edges(scan(write(tmp_path / "r", FILES)))
    topic = "{KAFKA_TOPIC_NEWS}"
    assert ("sends", "kafka", "messaging-publish", topic) in found
    assert ("takes", "kafka", "messaging-consume", topic) in found
    assert ("sends", "takes", "event", topic) in found


def test_requests_over_nats_are_messages(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": """
            services:
              a: {build: a, environment: {NATS_URL: "nats://q:4222"}}
              b: {build: b, environment: {NATS_URL: "nats://q:4222"}}
              q: {image: nats}
        """,
        "a/package.json": "{}", "a/index.js": """
            const nats = require("nats");
            const conn = nats.connect({ servers: process.env.NATS_URL });
            conn.requestOne("stock", "{}", {}, 1000, () => {});
        """,
        "b/package.json": "{}", "b/index.js": """
            const nats = require("nats");
            const conn = nats.connect({ servers: process.env.NATS_URL });
            conn.subscribe("stock", () => {});
        """,
    }  # fmt: skip
    assert ("a", "b", "event", "stock") in edges(scan(write(tmp_path / "r", files)))


def test_a_folder_without_the_word_that_its_unit_has(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": """
            services:
              shop-service: {image: "x/shop-service", environment: {STOCK: "stock-service:80"}}
              stock-service: {image: "x/stock-service"}
        """,
        "services/shop/package.json": "{}",
        "services/shop/index.js": "fetch(`http://${process.env.STOCK}/items`);\n",
        "services/stock/package.json": "{}", "services/stock/index.js": "app.listen(80);\n",
    }  # fmt: skip
    found = scan(write(tmp_path / "r", files))
    assert ("shop-service", "stock-service", "http") in pairs(found)
    assert {one.name: one.path for one in found.services} == {
        "shop-service": "services/shop", "stock-service": "services/stock"
    }  # fmt: skip


def test_fields_that_a_library_fills_by_their_names_are_read(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": """
            services:
              a: {build: a, environment: {DB_ADDR: "db:26257"}}
              db: {image: cockroachdb/cockroach}
        """,
        "a/go.mod": "module a\n",
        "a/main.go": """
            package main
            import "github.com/moorara/konfig"
            var Global = struct { DBAddr string }{}
            func main() { konfig.Pick(&Global) }
        """,
    }
    assert ("a", "db", "database") in pairs(scan(write(tmp_path / "r", files)))


def test_an_address_by_a_name_alone_is_as_sure_as_the_contract(tmp_path: Path) -> None:
    proto = 'syntax = "proto3";\npackage shop;\nservice Cart { rpc Get (A) returns (B); }\n'
    go = """
        package main
        func main() {
            conn, _ := grpc.Dial(os.Getenv("CART_ADDR"))
            c := pb.NewCartClient(conn)
            c.Get(ctx, &pb.A{})
        }
    """
    cart = "package main\nfunc main() { pb.RegisterCartServer(s, &server{}) }\n"
    files = {
        "docker-compose.yml": "services: {web: {build: web}, cart: {build: cart}}",
        "cart.proto": proto, "web/go.mod": "module web\n", "web/main.go": go,
        "cart/go.mod": "module cart\n", "cart/main.go": cart,
    }  # fmt: skip
    assert ("web", "cart", "grpc", "shop.Cart/Get") in edges(scan(write(tmp_path / "r", files)))
