"""Clients that a function is given: as a parameter, by its type, or by a callback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Use
from tests.collectors.code.reading import calls, only, read

if TYPE_CHECKING:
    from pathlib import Path

CLIENTS = {
    "a session that is passed on": """
        import aiohttp
        async def fetch(session, url):
            async with session.get(url) as answer:
                return await answer.json()
        async def page(name):
            async with aiohttp.ClientSession() as session:
                return await fetch(session, f"http://b/items/{name}")
    """,
    "by way of two functions": """
        import httpx
        def inner(client, name):
            return client.get(f"/items/{name}")
        def outer(client, name):
            return inner(client, name)
        outer(httpx.Client(base_url="http://b"), input())
    """,
    "a name for an annotated type": """
        import httpx
        from typing import Annotated
        from fastapi import Depends, FastAPI, Request
        app = FastAPI()
        @app.on_event("startup")
        async def start():
            app.state.http = httpx.AsyncClient(base_url="http://b")
        def client(request: Request) -> httpx.AsyncClient:
            return request.app.state.http
        Http = Annotated[httpx.AsyncClient, Depends(client)]
        @app.get("/x/{name}")
        async def page(name: str, http: Http):
            return await http.get(f"/items/{name}")
    """,
}


@pytest.mark.parametrize("source", CLIENTS.values(), ids=CLIENTS)
def test_a_client_is_followed_to_who_was_given_it(tmp_path: Path, source: str) -> None:
    assert calls(tmp_path, source) == [("GET", "http://b/items/{}")]


def test_what_is_no_client_is_not_called(tmp_path: Path) -> None:
    source = """
        def read(values, key):
            return values.get(key)
        read({"a": "http://b/x"}, "a")
    """
    assert calls(tmp_path, source) == []


STORES = {
    "a channel": (
        """
        import pika
        def send(channel):
            channel.basic_publish(exchange="", routing_key="videos", body=b"")
        send(pika.BlockingConnection(pika.URLParameters("amqp://r")).channel())
        """,
        ("messaging-publish", "amqp", "amqp://r", "videos"),
    ),
    "a channel that a callback gets": (
        """
        import pika
        channel = pika.BlockingConnection(pika.URLParameters("amqp://r")).channel()
        def work(ch, queue):
            ch.basic_publish(exchange="", routing_key=queue, body=b"")
        def callback(ch, method, properties, body):
            work(ch, "songs")
        channel.basic_consume(queue="videos", on_message_callback=callback)
        """,
        ("messaging-publish", "amqp", "", "songs"),
    ),
    "a cursor": (
        """
        import psycopg
        def find(cursor):
            cursor.execute("SELECT * FROM orders")
        with psycopg.connect("postgresql://db/x") as connection:
            find(connection.cursor())
        """,
        ("database", "postgresql", "postgresql://db/x", "orders"),
    ),
    "a collection of a database": (
        """
        import pymongo
        def find(db):
            return db.orders.find_one({})
        find(pymongo.MongoClient("mongodb://m").shop)
        """,
        ("database", "mongodb", "mongodb://m", "orders"),
    ),
    "a session that only its type tells": (
        """
        from sqlalchemy import select
        from sqlalchemy.orm import DeclarativeBase, Session
        class Base(DeclarativeBase): ...
        class Order(Base):
            __tablename__ = "orders"
        def find(db: Session):
            return db.execute(select(Order))
        """,
        ("database", "", "{}", "orders"),
    ),
    "a topic beside a key": (
        """
        from confluent_kafka import Producer
        class Bus:
            def __init__(self):
                self.producer = Producer({"bootstrap.servers": "k:9092"})
            def emit(self, topic, key):
                self.producer.produce(topic=topic, key=key)
        class Orders:
            def __init__(self, bus):
                self.bus = bus
            def create(self):
                self.bus.emit("orders", "7")
        Orders(Bus()).create()
        """,
        ("messaging-publish", "kafka", "k:9092", "orders"),
    ),
}


@pytest.mark.parametrize(("source", "row"), STORES.values(), ids=STORES)
def test_a_store_is_followed_to_who_was_given_it(
    tmp_path: Path, source: str, row: tuple[str, ...]
) -> None:
    found = [
        (use.kind.value, use.system, "|".join(map(str, use.targets)), str(*use.operations))
        for use in only(Use, read(tmp_path, {"main.py": source}))
        if use.operations
    ]
    assert row in found


def test_a_client_that_is_only_closed_was_not_used(tmp_path: Path) -> None:
    source = """
        import redis
        r = redis.Redis(host="c")
        r.close()
    """
    (use,) = only(Use, read(tmp_path, {"main.py": source}))
    assert "its use was not seen" in use.reason


CARRIED = {
    "a loop": "for one in calls:\n        one.make()",
    "a comprehension": "return [one.make() for one in calls]",
    "handed to a pool": (
        "with ThreadPoolExecutor() as pool:\n"
        "        found = {pool.submit(one.make): one for one in calls}\n"
        "        for done in found:\n            one = found[done]"
    ),
}


@pytest.mark.parametrize("body", CARRIED.values(), ids=CARRIED)
def test_objects_that_carry_an_address_are_told_apart(tmp_path: Path, body: str) -> None:
    other = """
        from requests import get
        class Request:
            def __init__(self, url):
                self.url = url
        class Call:
            def __init__(self, request):
                self.request = request
            def make(self):
                return get(url=self.request.url)
    """
    source = f"""
from other import Call, Request
def page(key):
    calls = [Call(Request(f"http://a/{{key}}")), Call(Request(url="http://b"))]
    {body}
page(input())
"""
    assert sorted(calls(tmp_path, source, other=other)) == [
        ("GET", "http://a/{}"),
        ("GET", "http://b"),
    ]


def test_where_an_object_was_made_is_a_place_of_what_it_does(tmp_path: Path) -> None:
    source = """
        import requests
        class Client:
            def __init__(self, url):
                self.url = url
            def ask(self):
                return requests.get(self.url)
        one = Client("http://a")
        other = Client("http://b")
        def page():
            return one.ask(), other.ask()
        page()
    """
    uses = only(Use, read(tmp_path, {"main.py": source}))
    assert {(str(*use.targets), use.locator, use.further) for use in uses} == {
        ("http://a", "main.py:10", ("main.py:6", "main.py:7")),
        ("http://b", "main.py:10", ("main.py:6", "main.py:8")),
    }


def test_a_wrapper_that_nobody_is_seen_to_call_is_where_it_is_made(tmp_path: Path) -> None:
    shared = """
        import httpx
        class Client:
            def __init__(self, base_url):
                self.client = httpx.Client(base_url=base_url)
            def delete(self, path):
                return self.client.delete(path)
    """
    one = "from shared import Client\nclient = Client('http://a')\n"
    other = "from shared import Client\n\nclient = Client(base_url='http://b')\n"
    files = {"shared.py": shared, "one.py": one, "other.py": other}
    uses = [use for use in only(Use, read(tmp_path, files)) if use.system == "http"]
    assert sorted((str(*use.targets), use.locator, use.further) for use in uses) == [
        ("http://a{}", "one.py:2", ("shared.py:6",)),
        ("http://b{}", "other.py:3", ("shared.py:6",)),
    ]


def test_what_a_decorator_is_given(tmp_path: Path) -> None:
    source = """
        import functools, os, httpx
        from fastapi import FastAPI, HTTPException
        app = FastAPI()
        async def ask(url, method):
            async with httpx.AsyncClient() as client:
                return (await getattr(client, method)(url)).json()
        def route(service_url, method="get"):
            def wrap(f):
                @functools.wraps(f)
                async def inner(path):
                    try:
                        return await ask(f"{service_url}/{path}", method)
                    except httpx.HTTPError:
                        raise HTTPException(503)
                return inner
            return wrap
        @app.get("/a/{path}")
        @route(service_url=os.environ["A"])
        async def a(path): ...
        @app.post("/b/{path}")
        @route(os.environ["B"], method="post")
        async def b(path): ...
    """
    uses = only(Use, read(tmp_path, {"main.py": source}))
    assert sorted(
        (use.method, str(*use.targets), use.locator, use.strength.value, use.at_start)
        for use in uses
    ) == [
        ("GET", "{env:A}/{}", "main.py:18", "strong", False),
        ("POST", "{env:B}/{}", "main.py:21", "strong", False),
    ]
