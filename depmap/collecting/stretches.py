"""Stretches of time in a server's own ticks: taken from windows, and cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from depmap.collecting.port import EVER, Window

if TYPE_CHECKING:
    from collections.abc import Iterable

HOUR = timedelta(hours=1)
MANY_HOURS = 24
"""A stretch of at most so many hours that is too much for one answer is cut into all of them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in a server's own ticks since 1970; both ends are part of it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Clock:
    """How a server counts time.

    Attributes:
        tick: the unit of its times.
        lag: how long after its earliest span a trace may be found. Servers that search by the
            root's time find a trace later than it began, if the clock of another span is behind.
    """

    tick: timedelta
    lag: timedelta = timedelta()

    @property
    def hour(self) -> int:
        """Ticks in an hour."""
        return HOUR // self.tick

    @property
    def late(self) -> int:
        """Ticks in the lag."""
        return self.lag // self.tick

    def stretch(self, window: Window) -> Stretch:
        """Return what must be searched to find all that begins in a window.

        A window without an end ends a day from now.
        """
        end = window.end if window.end < EVER.end else datetime.now(UTC) + _CLOCKS_AHEAD
        start = max(0, (window.start - _EPOCH) // self.tick)
        return Stretch(start, max(start + 1, -((_EPOCH - end - self.lag) // self.tick)))

    def moment(self, at: int) -> datetime:
        """Return the moment of a tick."""
        return _EPOCH + at * self.tick

    def known_until(self, stretch: Stretch) -> datetime:
        """Return until when all traces are known, if everything before a stretch's end is."""
        return self.moment(stretch.end) - self.lag

    def told(self, stretch: Stretch) -> str:
        """Return a stretch in words."""
        start, end = (self.moment(at) for at in (stretch.start, stretch.end))
        return f"from {start.isoformat()} to {end.isoformat()}"

    def hours(self, stretch: Stretch, found: Iterable[int]) -> tuple[Stretch, ...]:
        """Cut a long stretch where hours end; nothing where it is about an hour.

        Args:
            stretch: the stretch.
            found: times of what was found in it. Traces lie where traces were found: in years
                that hold a busy hour, halving alone would ask twenty times to come to the hour.
        """
        first = stretch.start // self.hour * self.hour + self.hour + self.late
        points = range(first, stretch.end, self.hour)
        if len(points) >= MANY_HOURS:
            times = [time for time in found if stretch.start <= time <= stretch.end]
            around = [min(times), max(times) + self.hour] if times else []
            wanted = [(stretch.start + stretch.end) // 2, *around]
            places = {min(max(0, (at - first) // self.hour), len(points) - 1) for at in wanted}
            return between({stretch.start, *(points[place] for place in places), stretch.end})
        return between({stretch.start, *points, stretch.end})


def halves(stretch: Stretch) -> tuple[Stretch, ...]:
    """Cut a stretch in the middle; nothing when it cannot be cut.

    The halves share the tick in which they meet: times are finer than ticks.
    """
    return between({stretch.start, (stretch.start + stretch.end) // 2, stretch.end})


def cut(stretch: Stretch, found: Iterable[int]) -> tuple[Stretch, ...]:
    """Cut a full stretch around and in the middle of what was found; nothing when it cannot be."""
    times = [time for time in found if stretch.start <= time <= stretch.end]
    if not times:
        return halves(stretch)
    first, last = min(times), max(times)
    points = {stretch.start, first, (first + last) // 2, last, stretch.end}
    return between(points) if len(points) > 2 else halves(stretch)  # noqa: PLR2004 - both ends


def between(points: set[int]) -> tuple[Stretch, ...]:
    """Return the stretches between points, if there is more than one."""
    ordered = sorted(points)
    parts = tuple(Stretch(a, b) for a, b in pairwise(ordered))
    return parts if len(parts) > 1 else ()
