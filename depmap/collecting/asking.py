"""Asking a trace search: what it must offer, how often it is asked, and what its failures mean."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Protocol

from depmap.collecting.answers import AskedTooMuch, TryLater, UnusableAnswer
from depmap.collecting.stretches import Clock, Stretch, halves
from depmap.errors import SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future
    from datetime import timedelta

    from depmap.collecting.port import Drawn, Window

MAX_REQUESTS = 100_000
MAX_FAILURES = 6
"""So many failures in a row are the server's trouble, and no longer the window's width."""

ANY = ""
"""In place of a service: all of them."""

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0


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
    """A server's trace search. Several threads may use it.

    Attributes:
        place: its address, for messages.
        limit: how many traces an answer may hold.
        tick: the unit of its times.
        lag: how long after its earliest span a trace may be found.
        finds_any: whether it can search without a service.
    """

    @property
    def place(self) -> str: ...  # noqa: D102
    @property
    def limit(self) -> int: ...  # noqa: D102
    @property
    def tick(self) -> timedelta: ...  # noqa: D102
    @property
    def lag(self) -> timedelta: ...  # noqa: D102
    @property
    def finds_any(self) -> bool: ...  # noqa: D102

    def services(self) -> Sequence[str]:
        """Return the services that the server knows."""

    def find(self, service: str, stretch: Stretch) -> Sequence[Piece]:
        """Return the traces with a span of the service in the stretch, at most ``limit``.

        Raises:
            AskedTooMuch: the server failed; a narrower stretch may do.
            UnusableAnswer: the server does not take such a question.
            TryLater: the server is away.
        """

    def document(self, bodies: Sequence[bytes]) -> bytes:
        """Return pieces as one document of the server's format."""

    def drawn(self, window: Window) -> Drawn | None:
        """Return the edges that the server draws itself; None where it draws none.

        Raises:
            SourceUnavailable: it does not answer.
        """


class Question(NamedTuple):
    """Which traces: those of a service, in a stretch of time."""

    service: str
    stretch: Stretch


def count(pieces: Sequence[Piece]) -> int:
    """Count traces; what names none, being malformed, is one, so that a limit stays noticed."""
    nameless = sum(not piece.traces for piece in pieces)
    return nameless + len({trace for piece in pieces for trace in piece.traces})


def times(pieces: Sequence[Piece]) -> list[int]:
    """Return when the pieces begin, those that say so."""
    return [piece.start for piece in pieces if piece.start is not None]


class Asking:
    """Questions of one pull: how many may be asked, and how many failed."""

    def __init__(self, api: TraceApi, *, max_requests: int, patience: float) -> None:
        """Ask for the services.

        Raises:
            SourceUnavailable: the server cannot be read.
        """
        self.api = api
        self.clock = Clock(api.tick, api.lag)
        self.known = tuple(api.services())
        self.asked = 0
        self.answered = 0
        self.found = 0
        self._max = max_requests
        self._lock = Lock()
        self._patience = patience
        self._failures = 0
        self._first: dict[Question, Sequence[Piece]] = {}

    def everybody(self, whole: Stretch) -> tuple[str, ...]:
        """Return how all traces are asked for: without a service if that can be, else by each.

        Some stores refuse a search without a service, or find nothing with it.
        """
        if not self.api.finds_any:
            return self.known
        # A long stretch may be too much where an hour is not.
        for stretch in (whole, Stretch(max(whole.start, whole.end - self.clock.hour), whole.end)):
            question = Question(ANY, stretch)
            try:
                pieces = self.find(question)
            except AskedTooMuch:
                continue
            except UnusableAnswer:
                break
            # It is the first question of the pull as well, and not asked twice.
            self._first = {question: pieces} if stretch == whole else {}
            return (ANY,) if pieces else self.known
        return self.known

    def find(self, question: Question) -> Sequence[Piece]:
        """Ask; wait for a server that is away, as long as patience lasts."""
        if question in self._first:
            return self._first.pop(question)
        with self._lock:
            self.asked += 1
        if self.asked > self._max:
            hint = "narrow the window, name the services, or raise limit"
            raise SourceUnavailable("needs too many requests", where=self.api.place, hint=hint)
        end, pause = time.monotonic() + self._patience, _FIRST_PAUSE
        while True:
            try:
                return self.api.find(*question)
            except TryLater:
                if time.monotonic() + pause > end:
                    raise
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def taken(self, question: Question, answer: Future[Sequence[Piece]]) -> Sequence[Piece] | None:
        """Return what was found, or None where the server failed and may manage a half.

        Raises:
            SourceUnavailable: it failed too often, or will not manage a half either.
        """
        try:
            pieces = answer.result()
        except (AskedTooMuch, UnusableAnswer) as error:
            self._failures += 1
            for_good = isinstance(error, UnusableAnswer) or self._failures > MAX_FAILURES
            if for_good or not halves(question.stretch):
                self._failures = 0
                raise
            return None
        self._failures = 0
        self.answered += 1
        self.found += count(pieces)
        return pieces

    def check(self) -> None:
        """Notice a server that was started anew and has forgotten what it knew.

        Raises:
            SourceUnavailable: most of its services are gone.
        """
        # One answer is of one moment, so nothing can have been lost in between.
        if self.asked < 2 or not self.known:  # noqa: PLR2004
            return
        gone = sorted(set(self.known) - set(self.api.services()))
        if 2 * len(gone) > len(self.known):
            raise SourceUnavailable(
                f"has forgotten {len(gone)} of {len(self.known)} services during the pull, "
                f"such as {gone[0]}: was it started anew?",
                where=self.api.place,
                hint="a server that keeps traces in memory loses them with that",
            )
