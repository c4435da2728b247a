"""Publishers and subscribers of a broker, as whole services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.scanning.building import pairs, scan, write

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.scanning.scan import Scan

COMPOSE = """
services:
  a: {build: a}
  b: {build: b}
  q: {image: rabbitmq}
"""
OPEN = (
    "import pika\n"
    "channel = pika.BlockingConnection(pika.ConnectionParameters(host='q')).channel()\n"
)
SEND = OPEN + "channel.basic_publish(exchange='orders', routing_key='order.made', body='')\n"
BIND = "channel.queue_bind(exchange='orders', queue='bills', routing_key='{0}')\n"
TAKE = "channel.basic_consume(queue='bills', on_message_callback=print)\n"


def read(folder: Path, taker: str) -> Scan:
    files = {"docker-compose.yml": COMPOSE, "a/app.py": SEND, "b/app.py": OPEN + taker}
    return scan(write(folder / "r", files))


def lonely(found: Scan) -> set[tuple[str, ...]]:
    return {one.subjects for one in found.findings if one.rule == "unmatched-topic"}


def test_a_queue_gets_what_is_published_to_what_it_is_bound_to(tmp_path: Path) -> None:
    found = read(tmp_path, BIND.format("order.*") + TAKE)
    assert ("a", "b", "event") in pairs(found)
    assert lonely(found) == set()


def test_a_queue_whose_binding_nothing_reaches_gets_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, BIND.format("bill.*") + TAKE)
    assert lonely(found) == {("a", "orders/order.made"), ("b", "bills"), ("b", "orders/bill.*")}


def test_a_queue_without_a_binding_gets_nothing_of_an_exchange(tmp_path: Path) -> None:
    assert ("b", "bills") in lonely(read(tmp_path, TAKE))
