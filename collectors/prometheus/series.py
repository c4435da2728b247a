"""Questions to a Prometheus, each about all hours of a window at once."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from depmap.collecting.answers import AskedTooMuch, UnusableAnswer
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from depmap.collecting.http import Backend
    from depmap.collecting.port import Window

T = TypeVar("T")

MAX_BODY = 64_000_000
"""A longer answer is asked for in two halves."""

MAX_HOURS = 10_000
"""Prometheus gives at most 11,000 points of a series at once."""

STEP = 15
"""Seconds between two moments, where hours are too coarse: as often as most targets are asked."""

MAX_MOMENT_HOURS = 40
"""Likewise of moments, which are 240 an hour."""

_HOUR = 3600
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Point(NamedTuple):
    """A value of one group of series in one hour, counted since 1970."""

    hour: int
    labels: Mapping[str, str]
    value: float


class Moment(NamedTuple):
    """A value of one series at one step, in seconds since 1970."""

    time: int
    labels: Mapping[str, str]
    value: float


class Series:
    """The series of one window, which is widened to whole UTC hours."""

    def __init__(self, backend: Backend, window: Window, match: str) -> None:
        """Ask nothing yet.

        Args:
            backend: the server.
            window: the window; what lies ahead of now is left out.
            match: label matchers that every question has.
        """
        self.now = datetime.now(UTC)
        end = min(window.end, self.now)
        self.hours = range(
            (window.start - _EPOCH) // timedelta(hours=1),
            -((_EPOCH - end) // timedelta(hours=1)),
        )
        self.place = backend.url
        self._backend = backend
        self._match = match.strip().strip(",")
        self._width = {_HOUR: MAX_HOURS, STEP: MAX_MOMENT_HOURS}
        self._warnings: set[str] = set()

    @property
    def warnings(self) -> Iterator[Gap]:
        """What the server said of its own answers: parts of the data may be missing."""
        for text in sorted(self._warnings):
            yield Gap("a part of the metrics", f"the server warns: {text}", self.place)

    @property
    def told(self) -> str:
        """The window in words."""
        first, last = (moment(hour) for hour in (self.hours.start, self.hours.stop))
        return f"from {first.isoformat()} to {last.isoformat()}"

    @property
    def selected(self) -> str:
        """The matchers in words; empty without any."""
        return f" with {self._match}" if self._match else ""

    def selector(self, metric: str, where: str = "") -> str:
        """Return a selector with the matchers that every question has."""
        matchers = ",".join(filter(None, (where, self._match)))
        return f"{metric}{{{matchers}}}" if matchers else metric

    def names(self, wanted: Iterable[str]) -> frozenset[str]:
        """Return which metrics there are, also with a prefix."""
        pattern = f'__name__=~"(.+_)?({"|".join(wanted)})"'
        found: set[str] = set()
        for part in self._parts(self.hours, _HOUR):
            params: dict[str, str | int] = {
                "match[]": self.selector("", pattern),
                "start": part.start * _HOUR,
                "end": part.stop * _HOUR,
            }
            found.update(self._ask("label/__name__/values", list[str], params))
        return frozenset(found)

    def points(self, query: str) -> Iterator[Point]:
        """Yield a query's values at the end of each hour; what is no finite number is left out.

        Raises:
            SourceUnavailable: it cannot be answered, even for a single hour.
        """
        for part in self._parts(self.hours, _HOUR):
            for time, labels, value in self._values(query, part, _HOUR):
                yield Point(time // _HOUR - 1, labels, value)

    def moments(self, query: str, stretches: Iterable[range]) -> Iterator[Moment]:
        """Yield a query's values at every step of some hours; it should have few of them.

        Raises:
            SourceUnavailable: it cannot be answered, even for a single hour.
        """
        for hours in stretches:
            for part in self._parts(hours, STEP):
                yield from self._values(query, part, STEP)

    def at(self, query: str, time: int) -> Iterator[Moment]:
        """Yield a query's values at one moment, in seconds since 1970."""
        params: dict[str, str | int] = {"query": query, "start": time, "end": time, "step": STEP}
        yield from _moments(self._ask("query_range", _Matrix, params))

    def _parts(self, hours: range, step: int) -> Iterator[range]:
        width = self._width[step]  # it may shrink before the next part is asked for
        for first in range(hours.start, hours.stop, width):
            yield range(first, min(first + width, hours.stop))

    def _values(self, query: str, hours: range, step: int) -> Iterator[Moment]:
        """Ask; where it is too much, remember that and ask for halves."""
        try:
            found = self._range(query, hours, step)
        except (AskedTooMuch, UnusableAnswer) as error:
            # HTTP 422 is how it says that a question would load too many samples.
            too_much = isinstance(error, AskedTooMuch) or "HTTP 422" in error.message
            if not too_much or len(hours) == 1:
                raise
            self._width[step] = min(self._width[step], (len(hours) + 1) // 2)
            for part in self._parts(hours, step):
                yield from self._values(query, part, step)
            return
        yield from _moments(found)

    def _range(self, query: str, hours: range, step: int) -> _Matrix:
        # An hour is known at its end, a moment at once.
        first, last = (_HOUR, 0) if step == _HOUR else (0, step)
        params: dict[str, str | int] = {
            "query": query,
            "start": hours.start * _HOUR + first,
            "end": hours.stop * _HOUR - last,
            "step": step,
        }
        return self._ask("query_range", _Matrix, params)

    def _ask(self, what: str, shape: type[T], params: Mapping[str, str | int]) -> T:
        # Generic structs cannot be made at run time, so the data is decoded in a second step.
        answer = self._backend.ask(f"api/v1/{what}", _Answer, params)
        if answer is None:
            hint = "check the address, with the base path if there is one"
            raise UnusableAnswer(
                f"there is no api/v1/{what} (HTTP 404)", where=self.place, hint=hint
            )
        if answer.status != "success":
            raise UnusableAnswer(f"answered with an error: {answer.error}", where=self.place)
        self._warnings.update(answer.warnings or ())
        try:
            return msgspec.json.decode(answer.data, type=shape)
        except msgspec.ValidationError as error:
            message = f"answered with JSON of another shape: {error}"
            raise UnusableAnswer(message, where=self.place) from None


def hour_of(when: datetime) -> int:
    """Return the hour of a moment, counted since 1970."""
    return (when - _EPOCH) // timedelta(hours=1)


def moment(hour: int) -> datetime:
    """Return the beginning of an hour."""
    return _EPOCH + timedelta(hours=hour)


def _moments(found: _Matrix) -> Iterator[Moment]:
    for series in found.result:
        for time, text in series.values:
            value = float(text)
            if math.isfinite(value):
                yield Moment(round(time), series.metric, value)


class _Answer(msgspec.Struct):
    status: str
    data: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""
    warnings: list[str] | None = None


class _Vector(msgspec.Struct):
    metric: dict[str, str]
    values: list[tuple[float, str]]


class _Matrix(msgspec.Struct):
    result: list[_Vector]
