"""A Redis server that writes nothing to disk, from the system's package."""

from __future__ import annotations

import socket
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers.missing import program
from tests.servers.process import LOOPBACK, Command, free_ports, scratch, serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Redis:
    """Where a running Redis answers.

    Attributes:
        host: the loopback address.
        port: the port.
    """

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address that clients take, with the first database."""
        return f"redis://{self.host}:{self.port}/0"


def fetch() -> Path:
    """Return the server's program.

    Raises:
        Missing: there is none on this machine.
    """
    return Path(program("redis-server", "valkey-server", packages=("redis-server",)))


@contextmanager
def running() -> Iterator[Redis]:
    """Run Redis on a free loopback port until the block ends.

    Raises:
        Missing: there is no server on this machine.
        StartFailed: it did not start.
    """
    (port,) = free_ports(1)
    options = ("--bind", LOOPBACK, "--port", str(port), "--save", "", "--appendonly", "no")
    with scratch("redis") as folder:
        command = Command("redis", (str(fetch()), *options), folder)
        with serving(command, lambda: _pongs(port)):
            yield Redis(LOOPBACK, port)


def _pongs(port: int) -> bool:
    with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1) as link:
        link.sendall(b"PING\r\n")
        return link.recv(16).startswith(b"+PONG")
    return False
