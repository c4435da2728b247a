"""Traces of a Jaeger, over either of its two HTTP APIs."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Literal

import msgspec

from depmap.collecting.answers import AskedTooMuch, UnusableAnswer, decoded
from depmap.collecting.asking import Piece, TraceApi
from depmap.collecting.http import Backend
from depmap.collecting.port import Drawn, Window, option
from depmap.collecting.searched import SearchedCollector
from depmap.collecting.stretches import Clock, Stretch
from depmap.errors import SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MILLISECONDS = Clock(timedelta(milliseconds=1))
_WHOLE_DAYS = 48 * _MILLISECONDS.hour
"""Where a job draws the dependencies, once a day, a shorter time than this may hold none."""


@dataclass(frozen=True)
class Jaeger(SearchedCollector):
    """Traces of a Jaeger: all that have a span in the window, each whole."""

    name: ClassVar[str] = "jaeger"

    url: str = option("address of the query service, with its base path: http://host:16686")
    api: Literal["auto", "legacy", "v3"] = option(
        "which HTTP API to use: v3 (OTLP), legacy (/api/traces), or auto: v3 where it answers",
        default="auto",
    )
    limit: int = option(
        "traces asked for at once; at most the max_traces of an in-memory server", default=1000
    )

    @contextmanager
    def speaking(self) -> Iterator[TraceApi]:
        """Give the API to use.

        OTLP tells span links, the trace state and nanoseconds, so it goes first. A path that a
        Jaeger does not know answers 200 with the user interface: only JSON of the right shape
        shows that an API is there.
        """
        with self.backend() as backend:
            current, legacy = _V3(backend, self.limit), _Legacy(backend, self.limit)
            if self.api != "auto":
                yield current if self.api == "v3" else legacy
                return
            try:
                current.services()
            except UnusableAnswer:
                yield legacy
                return
            yield current


@dataclass(frozen=True)
class _Api:
    """What both APIs have in common."""

    backend: Backend
    limit: int
    tick: ClassVar[timedelta] = timedelta(microseconds=1)
    # Each span is searched, so a trace is found from its earliest one on.
    lag: ClassVar[timedelta] = timedelta()

    @property
    def place(self) -> str:
        return self.backend.url

    def search(self, path: str, params: dict[str, str | int]) -> bytes | None:
        try:
            return self.backend.get(path, params)
        except AskedTooMuch as error:
            # Jaeger's answer to a limit above its own; a narrower window would not help.
            if "search depth" not in error.message:
                raise
            hint = "set limit to less than the server's max_traces"
            raise SourceUnavailable(error.message, where=error.where, hint=hint) from None

    def drawn(self, window: Window) -> Drawn | None:
        """Return the server's own dependencies; both APIs have them at the same place."""
        stretch = _MILLISECONDS.stretch(window)
        lookback = stretch.end - stretch.start
        edges = self._dependencies(stretch.end - 1, lookback)
        wider = not edges and lookback < _WHOLE_DAYS
        if wider:
            edges = self._dependencies(stretch.end + _WHOLE_DAYS // 2, lookback + _WHOLE_DAYS)
        return Drawn(tuple(edges), self.place, wider=wider)

    def _dependencies(self, end: int, lookback: int) -> list[tuple[str, str, int]]:
        params = {"endTs": end, "lookback": min(end, lookback)}
        found = self.backend.ask("api/dependencies", _Dependencies, params)
        return [(one.parent, one.child, one.calls) for one in (found and found.data) or ()]

    def absent(self, path: str) -> UnusableAnswer:
        hint = "check the address (with the base path, if there is one) and the option api"
        return UnusableAnswer(f"there is no {path} (HTTP 404)", where=self.place, hint=hint)


class _V3(_Api):
    """``/api/v3``: OTLP, all traces of an answer in one list of resources."""

    finds_any: ClassVar[bool] = True

    def services(self) -> Sequence[str]:
        path = "api/v3/services"
        found = self.backend.ask(path, dict[str, msgspec.Raw])
        if found is None:
            raise self.absent(path)
        if found and "services" not in found:
            raise UnusableAnswer("answered with other JSON than a Jaeger", where=self.place)
        where = f"{self.place}/{path}"
        return sorted(decoded(bytes(found.get("services", b"[]")), list[str], where=where))

    def find(self, service: str, stretch: Stretch) -> Sequence[Piece]:
        path = "api/v3/traces"
        # The older spelling: later versions take it as well, and 1.x takes no other.
        params: dict[str, str | int] = {
            "query.start_time_min": _rfc3339(stretch.start),
            "query.start_time_max": _rfc3339(stretch.end),
            "query.num_traces": self.limit,
            "query.raw_traces": "true",
        }
        if service:
            params["query.service_name"] = service
        body = self.search(path, params)
        if body is None:
            return ()  # HTTP 404 is how it says that there are no traces
        return [_resource(raw) for raw in _resources(body, f"{self.place}/{path}")]

    def document(self, bodies: Sequence[bytes]) -> bytes:
        return b'{"resourceSpans":[%s]}' % b",".join(bodies)


class _Legacy(_Api):
    """``/api/traces``: Jaeger's own JSON, an object a trace."""

    finds_any: ClassVar[bool] = False

    def services(self) -> Sequence[str]:
        path = "api/services"
        found = self.backend.ask(path, _Names)
        if found is None:
            raise self.absent(path)
        return sorted(found.data or ())

    def find(self, service: str, stretch: Stretch) -> Sequence[Piece]:
        path = "api/traces"
        params: dict[str, str | int] = {
            "service": service,
            "start": stretch.start,
            "end": stretch.end,
            "limit": self.limit,
            "raw": "true",
        }
        body = self.search(path, params)
        if body is None:
            raise self.absent(path)
        found = decoded(body, _Traces, where=f"{self.place}/{path}")
        return [_trace(raw) for raw in found.data or ()]

    def document(self, bodies: Sequence[bytes]) -> bytes:
        return b'{"data":[%s]}' % b",".join(bodies)


class _Dependency(msgspec.Struct):
    parent: str
    child: str
    calls: int = msgspec.field(name="callCount", default=0)


class _Dependencies(msgspec.Struct):
    data: list[_Dependency] | None


class _Names(msgspec.Struct):
    data: list[str] | None


class _Traces(msgspec.Struct):
    data: list[msgspec.Raw] | None


class _Span(msgspec.Struct):
    start: float = msgspec.field(name="startTime", default=0)


class _Trace(msgspec.Struct):
    id: str = msgspec.field(name="traceID")
    spans: list[_Span] | None = None


class _Result(msgspec.Struct):
    resources: list[msgspec.Raw] | None = msgspec.field(name="resourceSpans", default=None)


class _Found(msgspec.Struct):
    result: _Result


class _OtlpSpan(msgspec.Struct):
    trace: str = msgspec.field(name="traceId")
    start: str | int = msgspec.field(name="startTimeUnixNano", default=0)


class _Scope(msgspec.Struct):
    spans: list[_OtlpSpan] | None = None


class _Resource(msgspec.Struct):
    scopes: list[_Scope] | None = msgspec.field(name="scopeSpans", default=None)


def _resources(body: bytes, where: str) -> list[msgspec.Raw]:
    # Older versions stream objects, a line each; in one object no brace is followed like that.
    if b"}\n{" in body:
        body = b"[%s]" % body.replace(b"}\n{", b"},{")
        found = decoded(body, list[_Found], where=where)
    else:
        found = [decoded(body, _Found, where=where)]
    return [raw for one in found for raw in one.result.resources or ()]


def _resource(raw: msgspec.Raw) -> Piece:
    """Say what is in a resource; one that is malformed is left to the reader to tell."""
    try:
        scopes = _RESOURCE.decode(raw).scopes or ()
        spans = [span for scope in scopes for span in scope.spans or ()]
        starts = [start for span in spans if (start := int(span.start) // 1000) > 0]
    except (msgspec.DecodeError, ValueError):
        return Piece(frozenset(), None, bytes(raw))
    return Piece(frozenset(span.trace for span in spans), min(starts, default=None), bytes(raw))


def _trace(raw: msgspec.Raw) -> Piece:
    """Say which trace this is; one that is malformed is left to the reader to tell."""
    try:
        trace = _TRACE.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Piece(frozenset(), None, bytes(raw))
    starts = [int(span.start) for span in trace.spans or () if span.start > 0]
    return Piece(frozenset((trace.id,)), min(starts, default=None), bytes(raw))


def _rfc3339(tick: int) -> str:
    return Clock(_Api.tick).moment(tick).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


_RESOURCE = msgspec.json.Decoder(_Resource)
_TRACE = msgspec.json.Decoder(_Trace)
