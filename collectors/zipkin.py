"""Traces of a Zipkin, over its HTTP API (version 2)."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, TypeVar

import msgspec

from depmap.collecting.answers import UnusableAnswer
from depmap.collecting.asking import Piece, TraceApi
from depmap.collecting.http import Backend
from depmap.collecting.port import Drawn, Window, option
from depmap.collecting.searched import SearchedCollector
from depmap.collecting.stretches import Clock, Stretch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")

_API = "api/v2"


@dataclass(frozen=True)
class Zipkin(SearchedCollector):
    """Traces of a Zipkin: all whose root lies in the window, each whole."""

    name: ClassVar[str] = "zipkin"

    url: str = option("address of the server, with or without /zipkin: http://host:9411")

    @contextmanager
    def speaking(self) -> Iterator[TraceApi]:
        """Give the server's search."""
        root = self.url.rstrip("/").removesuffix("/zipkin")
        # Servers answer with the prefix and without; a proxy may let only one of them through.
        paths = sorted((_API, f"zipkin/{_API}"), reverse=root != self.url.rstrip("/"))
        with self.backend(root) as backend:
            yield _answering(*(_V2(backend, path, self.limit) for path in paths))


@dataclass(frozen=True)
class _V2:
    """``/api/v2``, below the prefix that the server answers under."""

    backend: Backend
    path: str
    limit: int
    tick: ClassVar[timedelta] = timedelta(milliseconds=1)
    # Only a trace's root is searched; with clocks that differ it is not the earliest span.
    lag: ClassVar[timedelta] = timedelta(minutes=5)
    finds_any: ClassVar[bool] = True

    @property
    def place(self) -> str:
        return f"{self.backend.url}/{self.path}"

    def services(self) -> Sequence[str]:
        return self._ask("services", list[str], {})

    def find(self, service: str, stretch: Stretch) -> Sequence[Piece]:
        params: dict[str, str | int] = {
            "endTs": stretch.end,
            "lookback": stretch.end - stretch.start,
            "limit": self.limit,
        }
        if service:
            params["serviceName"] = service.lower()  # it keeps names in lower case only
        return [_trace(raw) for raw in self._ask("traces", list[msgspec.Raw], params)]

    def drawn(self, window: Window) -> Drawn | None:
        stretch = Clock(self.tick).stretch(window)
        params: dict[str, str | int] = {
            "endTs": stretch.end - 1,
            "lookback": max(1, stretch.end - 1 - stretch.start),
        }
        found = self._ask("dependencies", list[_Dependency], params)
        return Drawn(tuple((one.parent, one.child, one.calls) for one in found), self.place)

    def document(self, bodies: Sequence[bytes]) -> bytes:
        return b"[%s]" % b",".join(bodies)

    def _ask(self, what: str, shape: type[T], params: dict[str, str | int]) -> T:
        found = self.backend.ask(f"{self.path}/{what}", shape, params)
        if found is None:
            raise UnusableAnswer(
                f"there is no {self.path}/{what} (HTTP 404)",
                where=self.backend.url,
                hint="check the address, with the base path if there is one",
            )
        return found


class _Dependency(msgspec.Struct):
    parent: str
    child: str
    calls: int = msgspec.field(name="callCount", default=0)


class _Span(msgspec.Struct):
    trace: str = msgspec.field(name="traceId")
    start: float = msgspec.field(name="timestamp", default=0)


def _answering(first: _V2, second: _V2) -> _V2:
    """Return the one that answers; where none does, the first says why."""
    try:
        first.services()
    except UnusableAnswer:
        with suppress(UnusableAnswer):
            second.services()
            return second
        raise
    return first


def _trace(raw: msgspec.Raw) -> Piece:
    """Say which trace this is; one that is malformed is left to the reader to tell."""
    try:
        spans = _SPANS.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Piece(frozenset(), None, bytes(raw))
    starts = [int(span.start) // 1000 for span in spans if span.start > 0]
    # Spans of one trace may have the id in 64 and in 128 bits; it still counts as one.
    traces = frozenset(sorted(span.trace for span in spans)[:1])
    return Piece(traces, min(starts, default=None), bytes(raw))


_SPANS = msgspec.json.Decoder(list[_Span])
