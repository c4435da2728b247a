"""What stands before a real server and spoils some of its answers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests

from tests.collecting.answering import Asked, Says, Served, answering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Fault = Callable[[Asked, int, Callable[[], Says]], Says | None]

CHUNK = b" " * (1 << 20)


@contextmanager
def spoiling(url: str, fault: Fault) -> Iterator[Served]:
    """Stand before a server.

    Args:
        url: the server.
        fault: given a question for traces, which one it is, and the way to the real answer.
    """
    count = 0

    def answer(asked: Asked) -> Says | None:
        nonlocal count

        def real() -> Says:
            found = requests.get(url + asked.path, params=dict(asked.query), timeout=30)
            kind = found.headers.get("Content-Type", "")
            return Says(found.content, found.status_code, {"Content-Type": kind})

        if not asked.path.endswith("/traces"):
            return real()
        count += 1
        return fault(asked, count, real)

    with answering(answer) as served:
        yield served


def endless(asked: Asked, megabytes: int) -> None:
    """Send so much, in pieces, as a server does that does not know the length before."""
    wire = asked.handler.wfile
    wire.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
    wire.write(b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(megabytes):
        wire.write(b"%x\r\n%s\r\n" % (len(CHUNK), CHUNK))
    wire.write(b"0\r\n\r\n")
