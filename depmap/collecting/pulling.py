"""Getting everything out of a trace search that has no pages: by narrowing the window.

A server answers with at most ``limit`` traces and does not say that there are more. So an answer
that is as long as the limit is not trusted: its window is cut into narrower ones, until none is
full. What is full in the narrowest window that can be asked for is told as a gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from depmap.collecting.answers import AskedTooMuch, UnusableAnswer
from depmap.collecting.port import EVER, Window
from depmap.errors import InputError, SourceUnavailable, did_you_mean
from depmap.model.evidence import Gap
from depmap.tracing.reading import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depmap.tracing.spans import Spans

MAX_REQUESTS = 100_000
MAX_FAILURES = 6
"""So many failures in a row are the server's trouble, and no longer the window's width."""

MIN_LIMIT = 2
"""With a limit of one, an answer with the only trace there is would look cut off."""

ANY = ""
"""In place of a service: all of them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in a server's own ticks since 1970; both ends are part of it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an answer that can be read by itself.

    Attributes:
        traces: the ids of the traces in it, as the server writes them.
        start: the tick of its earliest span; None where no span has a time.
        body: its JSON.
    """

    traces: frozenset[str]
    start: int | None
    body: bytes


class TraceApi(Protocol):
    """A server's trace search.

    Attributes:
        place: its address, for messages.
        limit: how many traces an answer may hold.
        tick: the unit of its times.
        finds_any: whether it can search without a service.
    """

    @property
    def place(self) -> str: ...  # noqa: D102
    @property
    def limit(self) -> int: ...  # noqa: D102
    @property
    def tick(self) -> timedelta: ...  # noqa: D102
    @property
    def finds_any(self) -> bool: ...  # noqa: D102

    def services(self) -> Sequence[str]:
        """Return the services that the server knows."""

    def find(self, service: str, stretch: Stretch) -> Sequence[Piece]:
        """Return the traces with a span of the service in the stretch, at most ``limit``.

        Raises:
            AskedTooMuch: the server failed; a narrower stretch may do.
            UnusableAnswer: the server does not take such a question.
        """

    def document(self, bodies: Sequence[bytes]) -> bytes:
        """Return pieces as one document of the server's format."""


def pull(
    api: TraceApi,
    window: Window,
    services: Sequence[str] = (),
    *,
    max_requests: int = MAX_REQUESTS,
) -> Iterator[Spans | Gap]:
    """Yield the traces that touch a window, each whole and once, and gaps for what is missing.

    Args:
        api: the server.
        window: the window; a trace may begin before it or end after it.
        services: only traces in which one of these takes part; empty for all.
        max_requests: after so many requests the pull is given up.

    Raises:
        SourceUnavailable: the server cannot be read, or not with so many requests.
        InputError: the limit is too small.
    """
    if api.limit < MIN_LIMIT:
        raise InputError(f"limit is {api.limit}; it must be at least {MIN_LIMIT}", where=api.place)
    run = _Pull(api, tuple(api.services()), max_requests)
    stretch = _stretch(window, api.tick)
    for pieces in run.everything(stretch, tuple(services)):
        yield from _read(api, pieces)
    yield from run.truncated
    for name in run.silent:
        yield Gap(f"traces of {name}", _silence(run, name, stretch), api.place)
    if not (run.known or services or run.seen):
        yield Gap("no services", "the server has not received a span yet", api.place)
    elif not (services or run.seen):
        why = f"none of {len(run.known)} services has a span {_told(stretch, api.tick)}"
        yield Gap("no traces in the window", why, api.place)


class _Pull:
    """One pull: what it has seen, and how often it has asked."""

    def __init__(self, api: TraceApi, known: tuple[str, ...], max_requests: int) -> None:
        self.api = api
        self.known = known
        self.left = max_requests
        self.failures = 0
        self.seen: set[str] = set()
        self.found = 0
        self.truncated: list[Gap] = []
        self.silent: list[str] = []

    def everything(self, stretch: Stretch, services: tuple[str, ...]) -> Iterator[list[Piece]]:
        if self.api.finds_any and not services:
            yield from self.search(ANY, stretch)
            if self.seen:
                return
        # Some stores refuse a search without a service, or find nothing with it.
        for service in services or self.known:
            before = self.found
            yield from self.search(service, stretch)
            if services and self.found == before:
                self.silent.append(service)

    def search(self, service: str, whole: Stretch) -> Iterator[list[Piece]]:
        waiting = [whole]
        while waiting:
            stretch = waiting.pop()
            pieces = self.ask(service, stretch)
            if pieces is None:
                waiting.extend(reversed(halves(stretch)))
                continue
            self.found += len(pieces)
            yield self.new(pieces)
            if _count(pieces) < self.api.limit:
                continue
            narrower = cut(stretch, pieces)
            waiting.extend(reversed(narrower))
            if not narrower:
                yield from self.overflow(service, stretch)

    def ask(self, service: str, stretch: Stretch) -> Sequence[Piece] | None:
        """Return what is found, or None where the server failed and may manage a half."""
        self.left -= 1
        if self.left < 0:
            hint = "narrow the window, name the services, or raise limit"
            raise SourceUnavailable("needs too many requests", where=self.api.place, hint=hint)
        try:
            pieces = self.api.find(service, stretch)
        except (AskedTooMuch, UnusableAnswer) as error:
            if service == ANY and not self.seen:
                return ()
            self.failures += 1
            for_good = isinstance(error, UnusableAnswer) or self.failures > MAX_FAILURES
            if for_good or not halves(stretch):
                raise
            return None
        self.failures = 0
        return pieces

    def new(self, pieces: Sequence[Piece]) -> list[Piece]:
        """Return the pieces of traces that are new; one that names no trace always is."""
        fresh = [piece for piece in pieces if not piece.traces or piece.traces - self.seen]
        self.seen.update(*(piece.traces for piece in pieces))
        return fresh

    def overflow(self, service: str, stretch: Stretch) -> Iterator[list[Piece]]:
        """Go on by service where time cannot be cut further, else say what may be missing."""
        if service == ANY:
            for name in self.known:
                yield from self.search(name, stretch)
            return
        limit = self.api.limit
        why = f"truncated: {limit} came back {_told(stretch, self.api.tick)}, there may be more, "
        how = "and no narrower window can be asked for: raise limit"
        self.truncated.append(Gap(f"traces of {service}", why + how, self.api.place))


def _count(pieces: Sequence[Piece]) -> int:
    """Count traces; what names none, being malformed, is one, so that a limit stays noticed."""
    nameless = sum(not piece.traces for piece in pieces)
    return nameless + len({trace for piece in pieces for trace in piece.traces})


def halves(stretch: Stretch) -> tuple[Stretch, ...]:
    """Cut a stretch in the middle; nothing when it cannot be cut.

    The halves share the tick in which they meet: times are finer than ticks.
    """
    return _between({stretch.start, (stretch.start + stretch.end) // 2, stretch.end})


def cut(stretch: Stretch, pieces: Sequence[Piece]) -> tuple[Stretch, ...]:
    """Cut a full stretch around and in the middle of what was found; nothing when it cannot be.

    Traces lie where traces were found. In a window of years that holds a busy hour, halving
    alone would ask twenty times before it came to the hour.
    """
    times = [piece.start for piece in pieces if piece.start is not None]
    times = [time for time in times if stretch.start <= time <= stretch.end]
    if not times:
        return halves(stretch)
    first, last = min(times), max(times)
    points = {stretch.start, first, (first + last) // 2, last, stretch.end}
    return _between(points) if len(points) > 2 else halves(stretch)  # noqa: PLR2004 - both ends


def _between(points: set[int]) -> tuple[Stretch, ...]:
    ordered = sorted(points)
    parts = tuple(Stretch(a, b) for a, b in pairwise(ordered))
    return parts if len(parts) > 1 else ()


def _stretch(window: Window, tick: timedelta) -> Stretch:
    """Return the ticks that cover a window; one without an end ends a day from now."""
    end = window.end if window.end < EVER.end else datetime.now(UTC) + _CLOCKS_AHEAD
    start = max(0, (window.start - _EPOCH) // tick)
    return Stretch(start, max(start + 1, -((_EPOCH - end) // tick)))


def moment(at: int, tick: timedelta) -> datetime:
    """Return the moment of a tick."""
    return _EPOCH + at * tick


def _told(stretch: Stretch, tick: timedelta) -> str:
    start, end = (moment(at, tick) for at in (stretch.start, stretch.end))
    return f"from {start.isoformat()} to {end.isoformat()}"


def _silence(run: _Pull, name: str, stretch: Stretch) -> str:
    why = f"no span of it lies in the window {_told(stretch, run.api.tick)}"
    if name in run.known:
        return why
    return f"{why}, and the server lists no such service {did_you_mean(name, run.known)}".rstrip()


def _read(api: TraceApi, pieces: Sequence[Piece]) -> Iterator[Spans | Gap]:
    if not pieces:
        return
    try:
        yield from read_bytes(api.document([piece.body for piece in pieces]), api.place)
    except InputError as error:
        yield Gap(f"{_count(pieces)} traces of one answer", error.message, api.place)
