"""Libraries that are known by one line each: brokers, stores, mail, Vault, clients of HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Use
from tests.collectors.code.reading import calls, only, read

if TYPE_CHECKING:
    from pathlib import Path

USES = {
    "faststream subscribes": (
        """
        import os
        from faststream.rabbit import RabbitBroker
        broker = RabbitBroker(os.environ["R"])
        @broker.subscriber("orders")
        async def handle(message): ...
        """,
        ("messaging-consume", "amqp", "{env:R}", "orders"),
    ),
    "faststream publishes": (
        """
        from faststream.kafka import KafkaBroker
        broker = KafkaBroker("k:9092")
        async def send():
            await broker.publish({}, topic="orders")
        """,
        ("messaging-publish", "kafka", "k:9092", "orders"),
    ),
    "faststream with an exchange": (
        """
        from faststream.rabbit import RabbitBroker, RabbitExchange, RabbitQueue
        broker = RabbitBroker("amqp://r")
        @broker.publisher(RabbitQueue("paid"), exchange=RabbitExchange("shop"))
        async def pay(): ...
        """,
        ("messaging-publish", "amqp", "amqp://r", "shop/paid"),
    ),
    "rq": (
        """
        from redis import Redis
        from rq import Queue
        Queue("mails", connection=Redis(host="c")).enqueue(print, 1)
        """,
        ("messaging-publish", "redis", "redis://c", "mails"),
    ),
    "arq hands over": (
        """
        from arq import create_pool
        from arq.connections import RedisSettings
        async def page():
            pool = await create_pool(RedisSettings(host="c"))
            await pool.enqueue_job("work")
        """,
        ("messaging-publish", "redis", "redis://c", "work"),
    ),
    "arq works": (
        """
        from arq.connections import RedisSettings
        async def work(ctx): ...
        class WorkerSettings:
            functions = [work]
            redis_settings = RedisSettings(host="c")
        """,
        ("messaging-consume", "redis", "redis://c", "work"),
    ),
    "an extension of nameko": (
        """
        from nameko.rpc import rpc
        from nameko_redis import Redis
        class Service:
            name = "keeper"
            redis = Redis("production")
            @rpc
            def get(self, key):
                return self.redis.get("cart")
        """,
        ("cache", "redis", "", "cart"),
    ),
    "dramatiq": (
        """
        import dramatiq
        from dramatiq.brokers.rabbitmq import RabbitmqBroker
        dramatiq.set_broker(RabbitmqBroker(url="amqp://r"))
        @dramatiq.actor
        def work(): ...
        work.send()
        """,
        ("messaging-publish", "celery", "amqp://r", "main.work"),
    ),
    "a signature by its name": (
        """
        from celery import Celery, signature
        app = Celery("a", broker="redis://c")
        signature("b.work").delay()
        """,
        ("messaging-publish", "celery", "redis://c", "b.work"),
    ),
    "an extension of flask": (
        """
        import os
        from flask import Flask
        from flask_mysqldb import MySQL
        app = Flask(__name__)
        app.config["MYSQL_HOST"] = os.environ["H"]
        mysql = MySQL(app)
        mysql.connection.cursor().execute("SELECT * FROM users")
        """,
        ("database", "mysql", "mysql://{env:H}", "users"),
    ),
    "an extension that is given its address": (
        """
        from flask import Flask
        from flask_pymongo import PyMongo
        mongo = PyMongo(Flask(__name__), uri="mongodb://m/videos")
        mongo.db.clips.find_one({})
        """,
        ("database", "mongodb", "mongodb://m/videos", "clips"),
    ),
    "gridfs": (
        """
        import gridfs
        from pymongo import MongoClient
        gridfs.GridFS(MongoClient("mongodb://m").videos).put(b"")
        """,
        ("database", "mongodb", "mongodb://m", "fs"),
    ),
    "minio": (
        """
        from minio import Minio
        Minio("m:9000").put_object("videos", "x", None, 1)
        """,
        ("database", "s3", "m:9000", "videos"),
    ),
    "tortoise": (
        """
        import os
        from tortoise.contrib.fastapi import register_tortoise
        register_tortoise(app, db_url=os.environ["D"])
        """,
        ("database", "", "{env:D}", ""),
    ),
    "tortoise by a mapping": (
        """
        from tortoise import Tortoise
        CONFIG = {"connections": {"default": "postgres://db/x"}, "apps": {}}
        async def start():
            await Tortoise.init(config=CONFIG)
        """,
        ("database", "", "postgres://db/x", ""),
    ),
    "neo4j": (
        """
        from neo4j import GraphDatabase
        driver = GraphDatabase.driver("bolt://n:7687")
        with driver.session() as session:
            session.run("RETURN 1")
        """,
        ("database", "neo4j", "bolt://n:7687", ""),
    ),
    "mail": (
        """
        import os, smtplib
        smtplib.SMTP(os.getenv("H", "mail"), 25)
        """,
        ("http", "smtp", "smtp://{env:H}:25", "send"),
    ),
    "a wrapper of mail": (
        """
        from fastapi_mail import ConnectionConfig
        ConnectionConfig(MAIL_SERVER="mail", MAIL_PORT=25)
        """,
        ("http", "smtp", "smtp://mail:25", "send"),
    ),
    "vault": (
        """
        import hvac
        client = hvac.Client(url="http://v:8200")
        client.secrets.kv.v2.read_secret_version(path="shop/jwt")
        """,
        ("http", "http", "http://v:8200/v1/secret/data/shop/jwt", ""),
    ),
    "vault by its variable": (
        """
        import hvac
        hvac.Client().read("database/creds/shop")
        """,
        ("http", "http", "{env:VAULT_ADDR}/v1/database/creds/shop", ""),
    ),
}


@pytest.mark.parametrize(("source", "row"), USES.values(), ids=USES)
def test_libraries_are_known(tmp_path: Path, source: str, row: tuple[str, ...]) -> None:
    found = [
        (
            use.kind.value,
            use.system,
            "|".join(map(str, use.targets)),
            "|".join(map(str, use.operations)),
        )
        for use in only(Use, read(tmp_path, {"main.py": source}))
    ]
    assert row in found


def test_work_that_a_broker_hands_over_is_no_part_of_the_start(tmp_path: Path) -> None:
    (source, _) = USES["faststream subscribes"]
    (use,) = [
        one
        for one in only(Use, read(tmp_path, {"main.py": source}))
        if one.kind == "messaging-consume"
    ]
    assert (use.strength, use.at_start) == ("strong", False)


CALLS = {
    "built before it is sent": (
        """
        import httpx
        client = httpx.Client(base_url="http://b")
        client.send(client.build_request("PUT", "/x"))
        """,
        ("PUT", "http://b/x"),
    ),
    "prepared before it is sent": (
        """
        import requests
        requests.Session().send(requests.Request("PUT", "http://b/x").prepare())
        """,
        ("PUT", "http://b/x"),
    ),
    "graphql": (
        """
        from gql import Client
        from gql.transport.aiohttp import AIOHTTPTransport
        Client(transport=AIOHTTPTransport(url="http://b/graphql"))
        """,
        ("POST", "http://b/graphql"),
    ),
}


@pytest.mark.parametrize(("source", "call"), CALLS.values(), ids=CALLS)
def test_calls_that_are_made_in_other_ways(
    tmp_path: Path, source: str, call: tuple[str, str]
) -> None:
    assert calls(tmp_path, source) == [call]
