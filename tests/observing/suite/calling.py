"""A test suite as users have them: services as processes, called from the tests.

It is run by ``test_exporter``, in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
import requests

from tests.observing.suite import telemetry
from tests.servers.process import LOOPBACK, free_ports, listens

if TYPE_CHECKING:
    from collections.abc import Iterator

telemetry.configure()
ENDS = os.environ["SUITE_ENDS"]
"""How the services end: terminate, or kill."""


@pytest.fixture(scope="session")
def cart() -> Iterator[str]:
    ports = free_ports(2)
    stock = started("stock", ports[0])
    cart = started("cart", ports[1], f"http://{LOOPBACK}:{ports[0]}")
    yield f"http://{LOOPBACK}:{ports[1]}"
    # Longer than spans are held back (OTEL_BSP_SCHEDULE_DELAY).
    time.sleep(1)
    for process in (cart, stock):
        getattr(process, ENDS)()
        process.wait()


def started(name: str, port: int, *provider: str) -> subprocess.Popen[bytes]:
    command = (sys.executable, "-m", "tests.observing.suite.service", str(port), *provider)
    process = subprocess.Popen(command, env={**os.environ, "OTEL_SERVICE_NAME": name})
    while not listens(port):
        assert process.poll() is None
        time.sleep(0.05)
    return process


@pytest.mark.parametrize(("number", "status"), [(1, 200), (2, 200), (13, 503)])
def test_the_cart_answers_as_the_stock_does(cart: str, number: int, status: int) -> None:
    assert requests.get(f"{cart}/items/{number}", timeout=10).status_code == status
