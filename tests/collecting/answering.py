"""A real HTTP server on loopback that answers as a test says."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from ssl import SSLContext

    Answer = Callable[["Asked"], "Says | None"]


@dataclass(frozen=True)
class Asked:
    """A request, and the connection on which it came."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    handler: BaseHTTPRequestHandler


@dataclass(frozen=True)
class Says:
    """An answer; ``promised`` is the length it announces, where it is not its own."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    promised: int | None = None


@dataclass(frozen=True)
class Served:
    """A running server, and what it was asked so far."""

    url: str
    asked: list[Asked]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients hang up on purpose here."""


@contextmanager
def answering(answer: Answer, tls: SSLContext | None = None) -> Iterator[Served]:
    """Serve until the block ends; an answer of None closes the connection."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are sent apart; the client would wait 40 ms for the second.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            request = Asked(parts.path, query, dict(self.headers.items()), self)
            asked.append(request)
            says = answer(request)
            if says is None:
                self.close_connection = True
                return
            body = says.body.encode() if isinstance(says.body, str) else says.body
            self.send_response(says.status)
            length = len(body) if says.promised is None else says.promised
            for name, value in {"Content-Length": str(length), **says.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = says.promised is not None

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        if tls:
            # The handshake is made by the thread that reads.
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield Served(f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}", asked)
        finally:
            server.shutdown()
            thread.join()


def in_turn(*answers: Says | None) -> Answer:
    """Give one answer after the other, and the last one for ever."""
    left = list(answers)

    def answer(_: Asked) -> Says | None:
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


LOGIN = Says("<!doctype html><form>", headers={"Content-Type": "text/html; charset=utf-8"})
