"""Brokers: which topic, queue, or exchange and key, and who takes from it."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Entry, Use, WaitFor
from depmap.model.words import Kind
from tests.collectors.code.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

Row = tuple[str, str, str, str]
PUBLISH, CONSUME = "messaging-publish", "messaging-consume"


def rows(folder: Path, source: str, **files: str) -> list[Row]:
    """(kind, system, address, what with) of each use, without doubles."""
    named = {"main.py": dedent(source)} | {f"{name}.py": text for name, text in files.items()}
    found = [
        (
            use.kind.value,
            use.system,
            "|".join(map(str, use.targets)),
            "|".join(map(str, use.operations)),
        )
        for use in only(Use, read(folder, named))
    ]
    return list(dict.fromkeys(found))


CASES: dict[str, tuple[str, list[Row]]] = {
    "a loop over a consumer": (
        """
        from kafka import KafkaConsumer
        TOPICS = ["a", "b"]
        consumer = KafkaConsumer(*TOPICS, bootstrap_servers="kafka:9092")
        for message in consumer:
            print(message)
        """,
        [(CONSUME, "kafka", "kafka:9092", "a|b")],
    ),
    "a consumer that subscribes": (
        """
        from confluent_kafka import Consumer
        c = Consumer({"bootstrap.servers": "kafka:9092", "group.id": "g"})
        c.subscribe(["orders", "refunds"])
        while True:
            c.poll(1.0)
        """,
        [(CONSUME, "kafka", "kafka:9092", "orders|refunds")],
    ),
    "a consumer that takes the partitions of a topic": (
        """
        from confluent_kafka import Consumer, TopicPartition
        class M:
            def __init__(self, servers="kafka:9092"):
                self.servers = servers
                self.consumer = None
                self._make()
            def _make(self):
                self.consumer = Consumer({"bootstrap.servers": self.servers})
            def read(self):
                self.consumer.assign([TopicPartition("dead", n, 0) for n in range(3)])
                self.consumer.poll(1.0)
        M().read()
        """,
        [(CONSUME, "kafka", "kafka:9092", "dead")],
    ),
    "faust, an agent": (
        """
        import os, faust
        app = faust.App("shop", broker=os.environ["K"])
        orders = app.topic("orders", "refunds")
        @app.agent(orders)
        async def work(stream): ...
        """,
        [(CONSUME, "kafka", "{env:K}", "orders|refunds")],
    ),
    "faust, senders": (
        """
        import faust
        app = faust.App("shop", broker="kafka://k:9092")
        paid = app.topic("paid")
        @app.timer(1.0)
        async def tick():
            await paid.send(value=1)
            await app.send("sent", value=1)
        """,
        [(PUBLISH, "kafka", "kafka://k:9092", "paid"),
         (PUBLISH, "kafka", "kafka://k:9092", "sent")],
    ),
    "mqtt, a publisher": (
        """
        import paho.mqtt.client as mqtt
        class Sender:
            def __init__(self, broker="mosquitto", topic="orders"):
                self.broker, self.topic = broker, topic
                self.client = mqtt.Client()
            def connect(self):
                self.client.connect(self.broker, 1883)
            def publish(self, message):
                self.client.publish(self.topic, message)
        def view(request):
            sender = Sender(topic="paid")
            sender.connect()
            sender.publish("x")
        """,
        [(PUBLISH, "mqtt", "mqtt://mosquitto:1883", "paid")],
    ),
    "mqtt, a subscriber by its callback": (
        """
        import os
        import paho.mqtt.client as mqtt
        client = mqtt.Client()
        def on_connect(client, userdata, flags, code):
            client.subscribe([("orders", 1), ("refunds/#", 0)])
        client.on_connect = on_connect
        client.connect(os.environ["BROKER"])
        client.loop_forever()
        """,
        [(CONSUME, "mqtt", "mqtt://{env:BROKER}", "orders|refunds/#")],
    ),
    "mqtt in one go": (
        """
        from paho.mqtt import publish
        publish.single("orders", "x", hostname="mq")
        """,
        [(PUBLISH, "mqtt", "mqtt://mq", "orders")],
    ),
    "a client of aws that is injected by a name for its type": (
        """
        from typing import Annotated, Any
        try:
            import boto3
        except ModuleNotFoundError:
            boto3 = None
        from fastapi import Depends
        class Missing:
            def send_message(self, **kwargs): ...
        def client():
            if boto3 is None:
                return Missing()
            return boto3.client("sqs", region_name="r")
        Sqs = Annotated[Any, Depends(client)]
        def publish(client: Any, body):
            client.send_message(QueueUrl="https://sqs/1/orders", MessageBody=body)
        @app.post("/o")
        def page(sqs: Sqs):
            publish(sqs, "x")
        """,
        [(PUBLISH, "sqs", "https://sqs.amazonaws.com", "https://sqs/1/orders")],
    ),
    "a producer that is injected by its type": (
        """
        from aiokafka import AIOKafkaProducer
        @app.post("/")
        async def f(producer: AIOKafkaProducer):
            await producer.send_and_wait("users", b"")
        """,
        [(PUBLISH, "kafka", "", "users")],
    ),
    "a client that the application carries": (
        """
        from aiokafka import AIOKafkaProducer
        from fastapi import FastAPI, Request
        app = FastAPI()
        @app.on_event("startup")
        async def start():
            app.state.producer = AIOKafkaProducer(bootstrap_servers="kafka:9092")
        @app.post("/")
        async def f(request: Request):
            await request.app.state.producer.send("users", b"")
        """,
        [(PUBLISH, "kafka", "kafka:9092", "users")],
    ),
    "pika with a binding": (
        """
        import pika
        ch = pika.BlockingConnection(pika.URLParameters("amqp://mq")).channel()
        ch.queue_bind("q", "events", "order.*")
        ch.basic_publish(exchange="events", routing_key="order.created", body=b"")
        ch.basic_publish("", "jobs", b"")
        """,
        [
            (CONSUME, "amqp", "amqp://mq", "events/order.*"),
            (PUBLISH, "amqp", "amqp://mq", "events/order.created"),
            (PUBLISH, "amqp", "amqp://mq", "jobs"),
        ],
    ),
    "aio-pika by objects": (
        """
        import aio_pika
        async def main():
            connection = await aio_pika.connect_robust("amqp://mq")
            channel = await connection.channel()
            exchange = await channel.declare_exchange("events", "topic")
            queue = await channel.declare_queue("q")
            await queue.bind(exchange, routing_key="order.#")
            await queue.consume(print)
            await exchange.publish(message, routing_key="order.paid")
            await channel.default_exchange.publish(message, routing_key="jobs")
        """,
        [
            (CONSUME, "amqp", "amqp://mq", "events/order.#"),
            (CONSUME, "amqp", "amqp://mq", "q"),
            (PUBLISH, "amqp", "amqp://mq", "events/order.paid"),
            (PUBLISH, "amqp", "amqp://mq", "jobs"),
        ],
    ),
    "an exchange of which only the type is known": (
        """
        import aio_pika
        class Sender:
            def __init__(self, exchange: aio_pika.abc.AbstractExchange):
                self.exchange = exchange
            async def send(self):
                await self.exchange.publish(m, routing_key="order.paid")
        """,
        [(PUBLISH, "amqp", "{}", "{}/order.paid")],
    ),
    "nats": (
        """
        import nats
        async def f():
            nc = await nats.connect("nats://bus:4222")
            await nc.publish("orders.new", b"")
            await nc.subscribe("orders.*")
        """,
        [
            (PUBLISH, "nats", "nats://bus:4222", "orders.new"),
            (CONSUME, "nats", "nats://bus:4222", "orders.*"),
        ],
    ),
    "google pub/sub": (
        """
        from google.cloud import pubsub_v1
        p = pubsub_v1.PublisherClient()
        p.publish(p.topic_path("project", "orders"), b"")
        """,
        [(PUBLISH, "pubsub", "{}", "orders")],
    ),
    "sqs": (
        """
        import boto3, os
        sqs = boto3.client("sqs", endpoint_url=os.environ["AWS"])
        url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="")
        sqs.receive_message(QueueUrl="http://q/jobs")
        """,
        [(PUBLISH, "sqs", "{env:AWS}", "jobs"), (CONSUME, "sqs", "{env:AWS}", "http://q/jobs")],
    ),
    "sns": (
        """
        import boto3
        boto3.client("sns").publish(TopicArn="arn:orders", Message="")
        """,
        [(PUBLISH, "sns", "https://sns.amazonaws.com", "arn:orders")],
    ),
    "celery": (
        """
        import os
        from celery import Celery, shared_task
        app = Celery("x", broker=os.environ["B"])
        @app.task(name="mail.send")
        def send(): ...
        @shared_task
        def clean(): ...
        def go():
            send.delay(1)
            clean.apply_async()
            app.send_task("other.work")
        go()
        """,
        [
            (CONSUME, "celery", "{env:B}", "mail.send"),
            (CONSUME, "celery", "", "main.clean"),
            (PUBLISH, "celery", "{env:B}", "mail.send"),
            (PUBLISH, "celery", "", "main.clean"),
            (PUBLISH, "celery", "{env:B}", "other.work"),
        ],
    ),
    "celery by its configuration": (
        """
        from celery import Celery
        app = Celery("x")
        app.conf.update(broker_url="redis://r/1", result_backend="redis://r/2")
        @app.task
        def clean(): ...
        """,
        [
            (CONSUME, "celery", "redis://r/1", "main.clean"),
            ("cache", "redis", "redis://r/2", ""),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES)
def test_what_is_done_with_a_broker(tmp_path: Path, source: str, expected: list[Row]) -> None:
    assert rows(tmp_path, source) == expected


def test_a_task_of_another_file_is_handed_over(tmp_path: Path) -> None:
    work = (
        "from celery import Celery\napp = Celery('w', broker='amqp://mq')\n@app.task\ndef f(): ..."
    )
    main = "from jobs.work import f\nf.delay()"
    items = read(tmp_path, {"main.py": main, "jobs/work.py": work})
    published = [one for one in only(Use, items) if one.kind is Kind.MESSAGING_PUBLISH]
    assert [(one.locator, str(one.operations[0])) for one in published] == [
        ("main.py:2", "work.f")
    ]
    assert "worker" in {entry.way for entry in only(Entry, items)}


def test_taking_work_is_never_optional(tmp_path: Path) -> None:
    source = """
        from kafka import KafkaConsumer
        import threading
        def work():
            try:
                for message in KafkaConsumer("t"):
                    pass
            except Exception:
                pass
        @app.post("/")
        def f():
            threading.Thread(target=work).start()
    """
    (use,) = only(Use, read(tmp_path, {"main.py": source}))
    assert use.strength == "weak"


def test_a_connection_that_is_made_at_start_is_waited_for(tmp_path: Path) -> None:
    source = """
        import pika
        channel = pika.BlockingConnection(pika.URLParameters("amqp://mq")).channel()
        @app.post("/x")
        def page():
            channel.basic_publish(exchange="", routing_key="jobs", body=b"")
    """
    items = read(tmp_path, {"main.py": source})
    assert [str(*wait.targets) for wait in only(WaitFor, items)] == ["amqp://mq"]
    assert [use.kind.value for use in only(Use, items)] == ["messaging-publish"]


def test_a_client_that_is_started_with_the_application_is_waited_for(tmp_path: Path) -> None:
    source = """
        from contextlib import asynccontextmanager
        from aiokafka import AIOKafkaProducer
        from fastapi import FastAPI
        class Sender:
            async def start(self):
                self.held = AIOKafkaProducer(bootstrap_servers="k:9092")
                await self.held.start()
            async def send(self, topic):
                await self.held.send_and_wait(topic=topic, value=b"")
        sender = Sender()
        @asynccontextmanager
        async def lifespan(app):
            await sender.start()
            yield
        app = FastAPI(lifespan=lifespan)
        @app.post("/x")
        async def page():
            await sender.send("orders")
    """
    items = read(tmp_path, {"main.py": source})
    assert [str(*wait.targets) for wait in only(WaitFor, items)] == ["k:9092"]
    assert [str(*use.operations) for use in only(Use, items)] == ["orders"]


@pytest.mark.parametrize("column", ["topic", "event_type"])
def test_an_outbox_says_where_messages_go(tmp_path: Path, column: str) -> None:
    source = """
        import asyncio
        from aiokafka import AIOKafkaProducer
        from sqlalchemy import create_engine, select
        from sqlalchemy.orm import DeclarativeBase, Session
        class Base(DeclarativeBase): ...
        class Outbox(Base):
            __tablename__ = "outbox"
        def save(db: Session, topic):
            db.add(Outbox(topic=topic, payload="{}"))
        save(Session(create_engine("postgresql://db/x")), "orders")
        async def deliver(db: Session):
            producer = AIOKafkaProducer(bootstrap_servers="k:9092")
            for event in list(db.execute(select(Outbox)).scalars().all()):
                await producer.send_and_wait(event.topic, event.payload)
        asyncio.run(deliver(None))
    """
    items = read(tmp_path, {"main.py": source.replace("topic", column)})
    (use,) = [
        one for one in only(Use, items) if one.kind == "messaging-publish" and one.operations
    ]
    assert [str(one) for one in use.operations] == ["orders"]
