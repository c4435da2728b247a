"""A trace search that keeps its traces in a list."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from depmap.collecting.asking import Piece
from depmap.collecting.port import Drawn, Window
from depmap.collecting.stretches import Stretch
from depmap.errors import SourceUnavailable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Trace:
    number: int
    at: int
    services: tuple[str, ...] = ("cart",)

    @property
    def piece(self) -> Piece:
        span = {"traceId": f"{self.number:032x}", "id": "01", "timestamp": max(self.at, 1)}
        body = json.dumps(
            [span | {"localEndpoint": {"serviceName": one}} for one in self.services]
        )
        return Piece(frozenset((str(self.number),)), self.at, body.encode())


@dataclass
class Store:
    """Answers with the newest traces first, as servers do."""

    traces: Sequence[Trace]
    limit: int = 5
    finds_any: bool = True
    tick: timedelta = timedelta(microseconds=1)
    lag: timedelta = timedelta()
    place: str = "http://store"
    trouble: Callable[[str, Stretch], SourceUnavailable | None] = lambda *_: None
    draws: Drawn | SourceUnavailable | None = None
    asked: list[tuple[str, Stretch]] = field(default_factory=list)

    def services(self) -> Sequence[str]:
        return sorted({name for trace in self.traces for name in trace.services})

    def find(self, service: str, stretch: Stretch) -> Sequence[Piece]:
        self.asked.append((service, stretch))
        if error := self.trouble(service, stretch):
            raise error
        found = [
            trace
            for trace in sorted(self.traces, key=lambda trace: -trace.at)
            if stretch.start <= trace.at <= stretch.end
            if not service or service in trace.services
        ]
        return [trace.piece for trace in found[: self.limit]]

    def document(self, bodies: Sequence[bytes]) -> bytes:
        return b"[%s]" % b",".join(bodies)

    def drawn(self, window: Window) -> Drawn | None:  # noqa: ARG002
        if self.draws is None or isinstance(self.draws, Drawn):
            return self.draws
        raise self.draws


def window(start: int, end: int) -> Window:
    return Window(EPOCH + timedelta(microseconds=start), EPOCH + timedelta(microseconds=end))


def spread(count: int, step: int = 1000) -> list[Trace]:
    return [Trace(number, number * step) for number in range(1, count + 1)]
