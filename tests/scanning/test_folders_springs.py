"""Whole folders of Spring: where a cluster keeps its settings, and what its beans lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scanning.building import edges, pairs, scan, write

if TYPE_CHECKING:
    from pathlib import Path

POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {0}}}
spec: {{containers: [{{name: {0}, image: "r/{0}"}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {0}}}
spec: {{selector: {{app: {0}}}, ports: [{{port: 1}}]}}
---
"""
MAP = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: {0}}}
data:
  application.properties: |-
    {1}
"""
ORDERS = """
    import org.springframework.data.mongodb.repository.MongoRepository;
    @Document(collection = "orders") class Order { }
"""


@pytest.mark.parametrize(
    "line", ["spring.mongodb.host: kept", "spring.data.mongodb.uri=mongodb://kept:27017/shop"]
)
def test_a_map_that_is_called_as_its_program_is_its_configuration(
    tmp_path: Path, line: str
) -> None:
    files = {
        "k8s/a.yaml": POD.format("orders") + POD.format("kept").replace("r/kept", "mongo:7")
        + MAP.format("orders", line),
        "orders/pom.xml": "<project/>",
        "orders/src/main/java/O.java": ORDERS,
        "orders/src/main/resources/application.yml": "spring: {application: {name: orders}}",
    }  # fmt: skip
    assert ("orders", "kept", "database", "orders") in edges(scan(write(tmp_path / "r", files)))


PROPERTIES = """
    @ConfigurationProperties(prefix = "shop")
    public record Settings(String stockUrl, String bus, String newOrders) {}
"""
BEANS = """
    @Configuration
    class Beans {
        @Bean
        RestClient restClient(RestClient.Builder builder, Settings settings) {
            return builder.baseUrl(settings.stockUrl()).build();
        }
    }
"""
CALLS = {
    "a client that is injected": """
        class Client {
            private final RestClient client;
            Client(RestClient client) { this.client = client; }
            String ask(String id) {
                return client.get().uri("/items/{id}", id).retrieve().body(String.class);
            }
        }
    """,
    "an interface that a bean makes a client of": """
        public interface Client { @GetExchange("/items/{id}") String ask(String id); }
    """,
}
STOCK = """
    @RestController
    class Stock { @GetMapping("/items/{id}") String item(@PathVariable String id) { } }
"""


@pytest.mark.parametrize("client", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("name", ["SHOP_STOCK_URL", "SHOP_STOCKURL"])
def test_an_address_that_a_bean_gives_the_client(tmp_path: Path, client: str, name: str) -> None:
    java = "src/main/java"
    files = {
        "docker-compose.yml": f"""
            services:
              shop: {{build: shop, environment: {{{name}: "http://stock:80"}}}}
              stock: {{build: stock}}
        """,
        "shop/pom.xml": "<project/>", f"shop/{java}/Settings.java": PROPERTIES,
        f"shop/{java}/Beans.java": BEANS, f"shop/{java}/Client.java": client,
        "shop/src/main/resources/application.properties": "shop.stock-url=http://localhost:1\n",
        "stock/pom.xml": "<project/>", f"stock/{java}/Stock.java": STOCK,
    }  # fmt: skip
    assert ("shop", "stock", "http", "GET /items/{}") in edges(scan(write(tmp_path / "r", files)))


def test_a_topic_that_a_record_of_settings_holds(tmp_path: Path) -> None:
    java = "src/main/java"
    files = {
        "docker-compose.yml": """
            services:
              shop: {build: shop, environment: {SPRING_RABBITMQ_HOST: q}}
              mail: {build: mail, environment: {SPRING_RABBITMQ_HOST: q}}
              q: {image: rabbitmq}
        """,
        "shop/pom.xml": "<project/>", f"shop/{java}/Settings.java": PROPERTIES,
        f"shop/{java}/Sends.java": """
            import org.springframework.amqp.rabbit.core.RabbitTemplate;
            class Sends {
                void send(RabbitTemplate template, Settings settings, Order order) {
                    template.convertAndSend(settings.bus(), settings.newOrders(), order);
                }
            }
        """,
        "shop/src/main/resources/application.properties":
            "shop.bus=orders\nshop.new-orders=new\nspring.rabbitmq.host=localhost\n",
        "mail/pom.xml": "<project/>", f"mail/{java}/Takes.java": """
            import org.springframework.amqp.rabbit.annotation.RabbitListener;
            class Takes { @RabbitListener(bindings = @QueueBinding(value = @Queue("x"),
                exchange = @Exchange("orders"), key = "new")) void take(Order o) { } }
        """,
    }  # fmt: skip
    assert ("shop", "mail", "event") in pairs(scan(write(tmp_path / "r", files)))


def test_a_key_that_callers_decide_and_a_queue_that_a_builder_makes(tmp_path: Path) -> None:
    java, broker = "src/main/java", "import org.springframework.amqp.rabbit.core.RabbitTemplate;"
    files = {
        "docker-compose.yml": """
            services:
              shop: {build: shop, environment: {SPRING_RABBITMQ_HOST: q}}
              mail: {build: mail, environment: {SPRING_RABBITMQ_HOST: q}}
              q: {image: rabbitmq}
        """,
        "shop/pom.xml": "<project/>", f"shop/{java}/Settings.java": PROPERTIES,
        "shop/src/main/resources/application.properties": "shop.bus=orders\nshop.new-orders=new\n",
        f"shop/{java}/Sends.java": broker + """
            class Sends {
                private final RabbitTemplate template; private final Settings settings;
                void created(Order order) { this.put(settings.newOrders(), order); }
                private void put(String key, Object payload) {
                    template.convertAndSend(settings.bus(), key, payload);
                }
            }
        """,
        "mail/pom.xml": "<project/>", f"mail/{java}/Settings.java": PROPERTIES,
        "mail/src/main/resources/application.properties": "shop.bus=orders\nshop.new-orders=new\n",
        f"mail/{java}/Takes.java": broker + """
            class Takes {
                private final Settings settings;
                @Bean DirectExchange bus() { return new DirectExchange(settings.bus()); }
                @Bean Queue queue() { return QueueBuilder.durable("mails").build(); }
                @Bean Binding binding() {
                    return BindingBuilder.bind(queue()).to(bus()).with(settings.newOrders());
                }
                @RabbitListener(queues = "mails") void take(Order o) { }
            }
        """,
    }  # fmt: skip
    assert ("shop", "mail", "event", "orders/new") in edges(scan(write(tmp_path / "r", files)))


def test_the_server_that_mails_go_to(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": """
            services:
              a: {build: a, environment: {MAIL_HOST: post}}
              post: {image: mailhog/mailhog}
        """,
        "a/pom.xml": "<project/>", "a/src/main/java/A.java": "class A { void f() { g(); } }",
        "a/src/main/resources/application.properties": "spring.mail.host=${MAIL_HOST:localhost}\n",
    }  # fmt: skip
    assert ("a", "post", "http") in pairs(scan(write(tmp_path / "r", files)))


@pytest.mark.parametrize(
    ("body", "strength"),
    [("return stock.item(id);", "strong"),
     ("try { return stock.item(id); } catch (Exception e) { log.warn(e); return null; }",
      "optional")],
)  # fmt: skip
def test_a_declared_client_fails_as_those_who_ask_it_do(
    tmp_path: Path, body: str, strength: str
) -> None:
    java = "src/main/java"
    files = {
        "docker-compose.yml": "services: {shop: {build: shop}, stock: {build: stock}}",
        "shop/pom.xml": "<project/>",
        f"shop/{java}/Stock.java": """
            @FeignClient(name = "stock")
            public interface StockClient { @GetMapping("/items/{id}") String item(String id); }
        """,
        f"shop/{java}/Shop.java": """
            @RestController class Shop {
                private final StockClient stock;
                @GetMapping("/{id}") String page(String id) { """ + body + """ }
            }
        """,
        "stock/pom.xml": "<project/>", f"stock/{java}/Stock.java": STOCK,
    }  # fmt: skip
    found = scan(write(tmp_path / "r", files))
    rows = [one for one in found.evidence if one.operation == "GET /items/{}"]
    assert [one.strength.value for one in rows] == [strength]


def test_projects_of_gradle_that_nothing_deploys(tmp_path: Path) -> None:
    start = (
        "class A { public static void main(String[] a) { SpringApplication.run(A.class, a); } }"
    )
    server = "config: {import: 'optional:configserver:${CONFIG_URI:http://u:p@localhost:8760}'}"
    java, resources = "src/main/java/com/shop", "src/main/resources/application.yaml"
    files = {
        "settings.gradle": "include 'config-service'\ninclude 'shop-service'\n",
        "config-service/build.gradle": "", f"config-service/{java}/config/A.java": start,
        f"config-service/{resources}":
            "spring: {application: {name: config-service}}\nserver: {port: '${P:8760}'}\n",
        "shop-service/build.gradle": "", f"shop-service/{java}/shop/A.java": start,
        f"shop-service/{resources}": f"spring: {{application: {{name: shop}}, {server}}}\n",
    }  # fmt: skip
    found = scan(write(tmp_path / "r", files))
    assert {one.name: one.path for one in found.services} == {
        "config-service": "config-service", "shop-service": "shop-service"
    }  # fmt: skip
    assert ("shop-service", "config-service", "http") in pairs(found)
