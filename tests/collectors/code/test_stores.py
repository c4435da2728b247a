"""Databases, caches, brokers: where they are and what is done with them."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from collectors.code.stores import tables_of
from depmap.model.facts import Use
from tests.collectors.code.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

Row = tuple[str, str, str, str, bool | None]


def rows(folder: Path, source: str) -> list[Row]:
    """(kind, system, address, what with, whether it writes) of each use, without doubles."""
    found = [
        (
            use.kind.value,
            use.system,
            "|".join(map(str, use.targets)),
            "|".join(map(str, use.operations)),
            use.writes,
        )
        for use in only(Use, read(folder, {"main.py": dedent(source)}))
    ]
    return list(dict.fromkeys(found))


CASES: dict[str, tuple[str, Row]] = {
    "sqlite": (
        """
        import sqlite3
        sqlite3.connect("orders.db").cursor().execute("SELECT * FROM orders")
        """,
        ("database", "sqlite", "sqlite://", "orders", False),
    ),
    "psycopg": (
        """
        import os, psycopg
        with psycopg.connect(os.environ["D"]) as c, c.cursor() as cur:
            cur.execute("INSERT INTO orders (id) VALUES (%s)", (1,))
        """,
        ("database", "postgresql", "{env:D}", "orders", True),
    ),
    "psycopg in pieces": (
        """
        import psycopg2
        c = psycopg2.connect(host="db", port=5433, dbname="shop", user="u", password="p")
        c.cursor().execute("SELECT 1 FROM stock")
        """,
        ("database", "postgresql", "postgresql://db:5433/shop", "stock", False),
    ),
    "asyncpg pool": (
        """
        import asyncpg
        async def f():
            pool = await asyncpg.create_pool(dsn="postgres://db/x")
            async with pool.acquire() as c:
                await c.fetch("SELECT * FROM stock")
        """,
        ("database", "postgresql", "postgres://db/x", "stock", False),
    ),
    "sqlalchemy text": (
        """
        from sqlalchemy import create_engine, text
        engine = create_engine("postgresql+psycopg2://db/x")
        with engine.begin() as c:
            c.execute(text("UPDATE stock SET n = 1"))
        """,
        ("database", "", "postgresql+psycopg2://db/x", "stock", True),
    ),
    "sqlalchemy models": (
        """
        from sqlalchemy import create_engine, select
        from sqlalchemy.orm import sessionmaker, DeclarativeBase
        engine = create_engine("postgresql://db/x")
        Session = sessionmaker(bind=engine)
        class Base(DeclarativeBase): ...
        class Item(Base):
            __tablename__ = "items"
        with Session() as session:
            session.execute(select(Item))
        """,
        ("database", "", "postgresql://db/x", "items", None),
    ),
    "a session that is injected": (
        """
        from fastapi import Depends
        from sqlalchemy import create_engine
        from sqlalchemy.orm import Session, sessionmaker
        engine = create_engine("postgresql://db/x")
        make = sessionmaker(engine)
        class Item(Base):
            __tablename__ = "items"
        def get_db():
            db = make()
            try:
                yield db
            finally:
                db.close()
        @app.post("/")
        def new(db: Session = Depends(get_db)):
            db.add(Item())
        """,
        ("database", "", "postgresql://db/x", "items", True),
    ),
    "flask-sqlalchemy": (
        """
        import os
        from flask import Flask
        from flask_sqlalchemy import SQLAlchemy
        app = Flask("x")
        app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["D"]
        db = SQLAlchemy(app)
        def f():
            db.session.execute("SELECT * FROM items")
        f()
        """,
        ("database", "", "{env:D}", "items", False),
    ),
    "pymongo": (
        """
        from pymongo import MongoClient
        db = MongoClient("mongodb://m:27017").shop
        db.orders.insert_one({})
        """,
        ("database", "mongodb", "mongodb://m:27017", "orders", True),
    ),
    "motor by name": (
        """
        from motor.motor_asyncio import AsyncIOMotorClient
        db = AsyncIOMotorClient("mongodb://m")["shop"]
        async def f():
            await db["orders"].find_one({})
        """,
        ("database", "mongodb", "mongodb://m", "orders", False),
    ),
    "redis": (
        """
        import redis
        r = redis.Redis(host="cache", port=6379, db=2)
        r.set(f"price:{x}", 1)
        """,
        ("cache", "redis", "redis://cache:6379/2", "price:{}", True),
    ),
    "redis pipeline": (
        """
        import redis
        r = redis.from_url("redis://cache/1")
        with r.pipeline() as p:
            p.hget("a", "b")
        """,
        ("cache", "redis", "redis://cache/1", "a", False),
    ),
    "redis stream, writer": (
        'import redis\nredis.from_url("redis://r").xadd("orders", {})',
        ("messaging-publish", "redis", "redis://r", "orders", None),
    ),
    "redis stream, reader": (
        """
        import redis
        STREAM = "orders"
        r = redis.from_url("redis://r")
        r.xreadgroup("g", "c", {STREAM: ">"}, count=1)
        """,
        ("messaging-consume", "redis", "redis://r", "orders", None),
    ),
    "redis pub/sub": (
        """
        import redis
        p = redis.from_url("redis://r").pubsub()
        p.subscribe("news")
        """,
        ("messaging-consume", "redis", "redis://r", "news", None),
    ),
    "pika publish": (
        """
        import pika
        c = pika.BlockingConnection(pika.ConnectionParameters(host="mq")).channel()
        c.basic_publish(exchange="orders", routing_key="order.created", body=b"")
        """,
        ("messaging-publish", "amqp", "amqp://mq", "orders/order.created", None),
    ),
    "pika consume": (
        """
        import pika, os
        c = pika.BlockingConnection(pika.URLParameters(os.environ["MQ"])).channel()
        c.basic_consume(queue="mail", on_message_callback=f)
        """,
        ("messaging-consume", "amqp", "{env:MQ}", "mail", None),
    ),
    "kafka producer": (
        """
        from kafka import KafkaProducer
        p = KafkaProducer(bootstrap_servers=["k:9092"])
        p.send("orders", b"")
        """,
        ("messaging-publish", "kafka", "k:9092", "orders", None),
    ),
    "kafka consumer": (
        """
        from kafka import KafkaConsumer
        for m in KafkaConsumer("orders", bootstrap_servers="k:9092"):
            print(m)
        """,
        ("messaging-consume", "kafka", "k:9092", "orders", None),
    ),
    "confluent": (
        """
        from confluent_kafka import Consumer
        c = Consumer({"bootstrap.servers": "k:9092"})
        c.subscribe(["orders"])
        """,
        ("messaging-consume", "kafka", "k:9092", "orders", None),
    ),
    "elasticsearch": (
        """
        from elasticsearch import Elasticsearch
        es = Elasticsearch("http://es:9200")
        es.search(index="products")
        """,
        ("search", "elasticsearch", "http://es:9200", "products", False),
    ),
    "a client that is only made": (
        'import redis\nr = redis.from_url("redis://r")',
        ("cache", "redis", "redis://r", "", None),
    ),
}


@pytest.mark.parametrize(("source", "row"), CASES.values(), ids=CASES)
def test_a_store_is_followed_to_its_use(tmp_path: Path, source: str, row: Row) -> None:
    assert row in rows(tmp_path, source)


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT a FROM b JOIN c ON 1=1", [("b", False), ("c", False)]),
        ("insert into a.b (c) values (1)", [("a.b", True)]),
        ('UPDATE "Stock" SET n = 1', [("Stock", True)]),
        ("DELETE FROM a WHERE b IN (SELECT c FROM d)", [("a", True), ("d", False)]),
        ("CREATE TABLE IF NOT EXISTS t (a int)", [("t", True)]),
        ("SELECT * FROM generate_series(1, 2)", []),
        ("SELECT extract(epoch FROM now())", []),
        ("INSERT INTO a (x) VALUES (1) ON CONFLICT (x) DO UPDATE SET y = 1", [("a", True)]),
    ],
)
def test_tables_are_read_from_sql(sql: str, tables: list[tuple[str, bool]]) -> None:
    assert tables_of(sql) == tables


def test_an_item_of_a_mapping_is_no_key_of_a_store(tmp_path: Path) -> None:
    files = {
        "keeper/store.py": """
            import redis
            class Keeper:
                held = redis.Redis(host="c")
                def get(self, key):
                    return self.held.get(key)
        """,
        "shop/prices.py": """
            def price(product):
                return product.get("price")
        """,
    }
    found = [use for use in only(Use, read(tmp_path, files)) if use.operations]
    assert [(str(*use.operations), use.locator) for use in found] == [("{}", "keeper/store.py:5")]


def test_no_password_gets_into_a_fact(tmp_path: Path) -> None:
    source = """
        import os, psycopg, redis
        psycopg.connect("postgresql://shop:hunter2@db/x").execute("SELECT 1 FROM a")
        redis.from_url(os.environ.get("R", "redis://:hunter2@r/0")).get("k")
        psycopg.connect(host="db", password="hunter2")
        psycopg.connect("host=db password=hunter2 dbname=x")
    """
    assert "hunter2" not in repr(read(tmp_path, {"main.py": source}))
