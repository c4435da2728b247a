"""Getting everything out of a trace search that has no pages: by narrowing the window.

A server answers with at most ``limit`` traces and does not say that there are more. So an answer
that is as long as the limit is not trusted: its window is cut into narrower ones, until none is
full. What is full in the narrowest window that can be asked for is told as a gap.

It goes from hour to hour, with a mark after each. Where many hours fit into one answer, they are
one step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.collecting.answers import AskedTooMuch
from depmap.collecting.asking import ANY, MAX_REQUESTS, Asking, Question, count, times
from depmap.collecting.flights import Flights
from depmap.collecting.port import Drawn, Reached, Window
from depmap.collecting.stretches import Stretch, cut, halves
from depmap.errors import InputError, SourceUnavailable, did_you_mean
from depmap.model.evidence import Gap
from depmap.tracing.reading import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depmap.collecting.asking import Piece, TraceApi
    from depmap.tracing.spans import Spans

MIN_LIMIT = 2
"""With a limit of one, an answer with the only trace there is would look cut off."""


def pull(
    api: TraceApi,
    window: Window,
    services: Sequence[str] = (),
    *,
    max_requests: int = MAX_REQUESTS,
    at_once: int = 1,
    patience: float = 0.0,
    sample: bool = False,
) -> Iterator[Spans | Gap | Reached | Drawn]:
    """Yield the traces that touch a window, whole, hour by hour, and gaps for what is missing.

    A trace may come in each step that it touches.

    Args:
        api: the server.
        window: the window; a trace may begin before it or end after it.
        services: only traces in which one of these takes part; empty for all.
        max_requests: after so many requests the pull is given up.
        at_once: how many requests may be under way.
        patience: seconds to wait for a server that goes away in the middle.
        sample: leave out what is told in the end of the window as a whole.

    Raises:
        SourceUnavailable: the server cannot be read, or not with so many requests.
        InputError: the limit is too small.
    """
    if api.limit < MIN_LIMIT:
        raise InputError(f"limit is {api.limit}; it must be at least {MIN_LIMIT}", where=api.place)
    asking = Asking(api, max_requests=max_requests, patience=patience)
    whole = asking.clock.stretch(window)
    steps = _Steps(asking, at_once)
    names = tuple(services)
    for item in steps.through(whole, names or asking.everybody(whole)):
        if isinstance(item, list):
            yield from _read(api, item)
        else:
            yield item
    if not sample:
        yield from _silent(asking, steps.traces, whole, names)
        yield from drawn_by(api, window)


class _Steps:
    """The way through a window, in the order of time."""

    def __init__(self, asking: Asking, at_once: int) -> None:
        self.asking = asking
        self.at_once = at_once
        self.traces: dict[str, int] = {}
        self._seen: set[str] = set()
        self._lost = False

    def through(
        self, whole: Stretch, services: Sequence[str]
    ) -> Iterator[list[Piece] | Gap | Reached]:
        """Yield what is found; a mark says that all before it has been."""
        waiting: list[tuple[Stretch, Sequence[str]]] = [(whole, services)]
        while waiting:
            stretch, names = waiting.pop()
            if not self.asking.clock.hours(stretch, ()):
                yield from self._hour(stretch, names)
                continue
            done: set[str] = set()
            found: list[int] = []
            for name, pieces in self._once(stretch, names):
                if pieces is None:
                    break
                if count(pieces) < self.asking.api.limit:
                    done.add(name)
                    yield self._new(pieces)
                else:
                    # What is found here comes again with its hour, so that no more is held.
                    found += times(pieces)
            if busy := [name for name in names if name not in done]:
                parts = self.asking.clock.hours(stretch, found)
                waiting += [(part, busy) for part in reversed(parts)]
            else:
                yield self._mark(stretch)

    def _hour(
        self, stretch: Stretch, services: Sequence[str]
    ) -> Iterator[list[Piece] | Gap | Reached]:
        answered = self.asking.answered
        try:
            yield from self._search([Question(name, stretch) for name in services])
            self.asking.check()
        except AskedTooMuch as error:
            # One hour may be more than a server can give. Two in a row are its own trouble.
            if self._lost or not answered:
                raise
            self._lost = True
            yield self._mark(stretch, lost=str(error))
            return
        self._lost = False
        yield self._mark(stretch)

    def _mark(self, stretch: Stretch, lost: str = "") -> Reached:
        # Traces of earlier hours that come again are left out by whoever files them.
        self._seen.clear()
        return Reached(self.asking.clock.known_until(stretch), lost)

    def _once(
        self, stretch: Stretch, services: Sequence[str]
    ) -> Iterator[tuple[str, Sequence[Piece] | None]]:
        questions = [Question(name, stretch) for name in services]
        for question, answer in Flights(self.asking.find, questions, self.at_once).answers():
            pieces = self.asking.taken(question, answer)
            self._count(question, pieces or ())
            yield question.service, pieces

    def _search(self, questions: Sequence[Question]) -> Iterator[list[Piece] | Gap]:
        flights = Flights(self.asking.find, questions, self.at_once)
        for question, answer in flights.answers():
            pieces = self.asking.taken(question, answer)
            if pieces is None:
                flights.first(
                    Question(question.service, half) for half in halves(question.stretch)
                )
                continue
            self._count(question, pieces)
            yield self._new(pieces)
            if count(pieces) < self.asking.api.limit:
                continue
            parts = cut(question.stretch, times(pieces))
            flights.first(Question(question.service, part) for part in parts)
            if not parts and question.service == ANY:
                # Where time cannot be cut further, services can be told apart.
                flights.first(Question(name, question.stretch) for name in self.asking.known)
            elif not parts:
                yield self._truncated(question)

    def _count(self, question: Question, pieces: Sequence[Piece]) -> None:
        name = question.service
        self.traces[name] = self.traces.get(name, 0) + len(pieces)

    def _new(self, pieces: Sequence[Piece]) -> list[Piece]:
        """Return the pieces of traces that are new; one that names no trace always is."""
        fresh = [piece for piece in pieces if not piece.traces or piece.traces - self._seen]
        self._seen.update(*(piece.traces for piece in pieces))
        return fresh

    def _truncated(self, question: Question) -> Gap:
        api, told = self.asking.api, self.asking.clock.told(question.stretch)
        why = f"truncated: {api.limit} came back {told}, there may be more, "
        how = "and no narrower window can be asked for: raise limit"
        return Gap(f"traces of {question.service}", why + how, api.place)


def _silent(
    asking: Asking, traces: dict[str, int], whole: Stretch, services: Sequence[str]
) -> Iterator[Gap]:
    """Say where nothing was found."""
    told, place = asking.clock.told(whole), asking.api.place
    for name in services:
        if not traces.get(name):
            why = f"no span of it lies in the window {told}"
            if name.casefold() not in map(str.casefold, asking.known):
                hint = did_you_mean(name, asking.known)
                why = f"{why}, and the server lists no such service {hint}".rstrip()
            yield Gap(f"traces of {name}", why, place)
    if not (asking.known or services or asking.found):
        yield Gap("no services", "the server has not received a span yet", place)
    elif not (services or asking.found):
        why = f"none of {len(asking.known)} services has a span {told}"
        yield Gap("no traces in the window", why, place)


def drawn_by(api: TraceApi, window: Window) -> Iterator[Drawn]:
    """Yield the edges that a server draws itself, or why it could not say; nothing for none."""
    try:
        drawn = api.drawn(window)
    except SourceUnavailable as error:
        # A comparison that cannot be made takes nothing away from what was pulled.
        drawn = Drawn((), api.place, failed=error.message)
    if drawn:
        yield drawn


def _read(api: TraceApi, pieces: Sequence[Piece]) -> Iterator[Spans | Gap]:
    if not pieces:
        return
    try:
        yield from read_bytes(api.document([piece.body for piece in pieces]), api.place)
    except InputError as error:
        yield Gap(f"{count(pieces)} traces of one answer", error.message, api.place)
