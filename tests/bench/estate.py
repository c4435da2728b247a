"""An estate of 200 services, and the spans its calls leave: made up, but the same every time.

Each business operation has a fixed tree of calls, some of which are made only sometimes, as caches
and feature flags have it. So traces come in a few shapes often and in many seldom.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICES: Final = 200
TIERS: Final = 5
SEED: Final = 20_261_124
MARK: Final = "c0de0000"
"""Stands in every trace id and in every varying value; blocks differ by it."""

NOON_US: Final = 1_795_435_200_000_000
SHARED: Final = 0.25
LOCAL: Final = 0.3
RESENT: Final = 0.01
ERRORS: Final = 0.01
_STORES: Final = ("postgresql", "mysql", "mongodb", "redis", "elasticsearch")
_VERBS: Final = ("GET", "GET", "GET", "POST", "PUT")
_WORDS: Final = ("orders", "users", "carts", "prices", "stock", "offers", "rates", "slots")


@dataclass(slots=True)
class Span:
    """A span as every format can tell it; times in microseconds."""

    trace: str
    id: str
    parent: str
    kind: str
    service: str
    name: str
    start: int
    took: int
    attributes: list[tuple[str, str | int]]
    remote: str = ""
    error: bool = False
    shared: bool = False


@dataclass(slots=True)
class Call:
    """A call that an operation makes: to a service's operation, a store or a topic."""

    how: str
    target: str
    operation: str
    often: float
    local: bool
    inner: list[Call] = field(default_factory=list)


def operations(dice: random.Random) -> list[Call]:
    """Return the business operations: trees of calls, each tier calling later ones."""
    return [_called(dice, tier=0, often=1.0) for _ in range(120)]


def _called(dice: random.Random, tier: int, often: float) -> Call:
    width = SERVICES // TIERS
    number = tier * width + dice.randrange(width)
    service = f"{_WORDS[number % len(_WORDS)]}-{number:03}"
    word = dice.choice(_WORDS)
    call = Call("http" if dice.random() < 0.8 else "grpc", service, word, often,
                local=dice.random() < LOCAL)  # fmt: skip
    many = dice.choice((1, 1, 2, 3)) if tier < TIERS - 1 else 0
    call.inner += [
        _called(dice, tier + dice.choice((1, 1, 2)), dice.choice((1, 1, 0.9, 0.5)))
        for _ in range(many)
        if tier + 2 < TIERS
    ]
    if dice.random() < 0.7:
        store = dice.choice(_STORES)
        call.inner.append(
            Call(store, f"{store}-{dice.randrange(40):02}", word, dice.choice((1, 0.8)),
                 local=False)
        )  # fmt: skip
    return call


class Tracer:
    """Plays business operations, and notes the spans."""

    def __init__(self, *, heavy: bool) -> None:
        """Start with the fixed seed.

        Args:
            heavy: 12 attributes a span, several of them different at every call; else 4.
        """
        self._dice = random.Random(SEED)
        self._operations = operations(self._dice)
        self._heavy = heavy
        self._spans: list[Span] = []
        self._trace = ""

    def traces(self, spans: int) -> Iterator[list[Span]]:
        """Yield traces until there are so many spans."""
        made = 0
        while made < spans:
            self._spans = []
            self._trace = f"{self._dice.getrandbits(64):016x}{MARK}{made:08x}"
            start = NOON_US + self._dice.randrange(3_500_000_000)
            self._serve(self._dice.choice(self._operations), "", "", start, shared=False)
            again = [span for span in self._spans if self._dice.random() < RESENT]
            made += len(self._spans) + len(again)
            yield self._spans + again

    def _id(self) -> str:
        return f"{self._dice.getrandbits(63) | 1:016x}"

    def _serve(self, call: Call, span: str, parent: str, start: int, *, shared: bool) -> int:
        """Note the server's span and what it does; return how long it took."""
        own = span if shared else self._id()
        above = parent if shared else span
        at = len(self._spans)
        name = f"GET /api/{call.operation}/{{id}}" if call.how == "http" else _method(call)
        error = self._dice.random() < ERRORS
        told = self._server(call, error=error)
        self._note(own, above, "server", call.target, name, start, told, error=error)
        inner, now = own, start + 150
        if call.local:
            inner = self._id()
            self._note(inner, own, "internal", call.target, "render", now, self._inside())
        for made in call.inner:
            if made.often >= 1 or self._dice.random() < made.often:
                now += 100 + self._call(made, call.target, inner, now)
        took = now - start + self._dice.randrange(50, 5000)
        self._spans[at].took = took
        self._spans[at].shared = shared
        return took

    def _call(self, call: Call, caller: str, parent: str, start: int) -> int:
        own = self._id()
        at = len(self._spans)
        store = call.how not in {"http", "grpc"}
        name = f"SELECT {call.operation}" if store else f"GET /api/{call.operation}"
        error = self._dice.random() < ERRORS
        told = self._store(call) if store else self._client(call, error=error)
        self._note(own, parent, "client", caller, name, start, told, error=error)
        self._spans[at].remote = call.target
        took = self._dice.randrange(200, 9000)
        if not store:
            shared = self._dice.random() < SHARED
            took = 80 + self._serve(call, own, parent, start + 40, shared=shared)
        self._spans[at].took = took
        return took

    def _note(  # noqa: PLR0917 - the columns of a span
        self, own: str, parent: str, kind: str, service: str, name: str, start: int,
        told: list[tuple[str, Any]], *, error: bool = False,
    ) -> None:  # fmt: skip
        self._spans.append(
            Span(self._trace, own, parent, kind, service, name, start, 90, told, error=error)
        )

    def _server(self, call: Call, *, error: bool) -> list[tuple[str, str | int]]:
        if call.how == "grpc":
            told = _rpc(call, error=error)
        else:
            told = [
                ("http.request.method", "GET"),
                ("http.route", f"/api/{call.operation}/{{id}}"),
                ("http.response.status_code", 500 if error else 200),
                ("url.scheme", "http"),
            ]
        return told + self._much()

    def _client(self, call: Call, *, error: bool) -> list[tuple[str, str | int]]:
        if call.how == "grpc":
            told = _rpc(call, error=error)
        else:
            where = f"http://{call.target}:8080/api/{call.operation}"
            told = [
                ("http.request.method", "GET"),
                ("url.full", f"{where}/{MARK}{self._dice.randrange(10**6)}"
                 if self._heavy else where),
                ("http.response.status_code", 500 if error else 200),
                ("server.address", call.target),
            ]  # fmt: skip
        return told + self._much(call.target)

    def _store(self, call: Call) -> list[tuple[str, str | int]]:
        told: list[tuple[str, str | int]] = [
            ("db.system.name", call.how),
            ("db.namespace", "main"),
            ("db.operation.name", "SELECT"),
            ("server.address", call.target),
        ]
        return told + self._much(call.target)

    def _inside(self) -> list[tuple[str, str | int]]:
        told: list[tuple[str, str | int]] = [
            ("code.function.name", "app.views.render"),
            ("code.file.path", "/srv/app/views.py"),
            ("code.line.number", 117),
            ("component", "template"),
        ]
        if self._heavy:
            told += [("code.namespace", "app.views"), ("service.version", "4.2.1")]
        return told + [item for item in self._much() if not item[0].startswith("network.peer.")]

    def _much(self, peer: str = "") -> list[tuple[str, str | int]]:
        """Return the eight further attributes of a heavy span, five of them hardly ever the same.

        Args:
            peer: whom it called, at one of eight addresses; empty: the caller's socket is told,
                which is another one at every call.
        """
        if not self._heavy:
            return []
        dice = self._dice
        if peer:
            address, port = f"10.1.{sum(peer.encode()) % 256}.{dice.randrange(8)}", 8080
        else:
            address, port = (
                f"10.2.{dice.randrange(256)}.{dice.randrange(256)}",
                dice.randrange(9999),
            )
        return [
            ("network.peer.address", address),
            ("network.peer.port", port),
            ("network.protocol.version", "1.1"),
            ("user_agent.original", "python-requests/2.32.4 (CPython 3.11; Linux x86_64)"),
            ("http.response.body.size", dice.randrange(10**5)),
            ("thread.id", dice.randrange(10**9)),
            ("thread.name", f"worker-{dice.randrange(16)}"),
            ("enduser.id", f"{MARK}{dice.randrange(10**6)}"),
        ]


def _method(call: Call) -> str:
    return f"shop.{call.operation.title()}/Get{call.operation.title()}"


def _rpc(call: Call, *, error: bool) -> list[tuple[str, str | int]]:
    return [
        ("rpc.system", "grpc"),
        ("rpc.service", f"shop.{call.operation.title()}"),
        ("rpc.method", f"Get{call.operation.title()}"),
        ("rpc.grpc.status_code", 14 if error else 0),
    ]
