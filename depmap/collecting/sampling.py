"""The best sample of a trace server that a given time can buy.

What calls what repeats from hour to hour, so slices of some minutes, spread over the whole window,
show nearly all of it. What they miss is what is rare: therefore every third slice lies in the
busiest hour of a day, and services that the server lists and no slice has shown are asked for by
name. It ends when the time is over, or when as much again would hardly show anything new.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from depmap.collecting.comparing import Ours, Pair, compare
from depmap.collecting.port import Window
from depmap.collecting.recording import WHOLE, Recording
from depmap.collecting.running import Collected, whole_hours
from depmap.collecting.tying import HOUR
from depmap.errors import SourceUnavailable
from depmap.model.evidence import Gap
from depmap.tracing.halves import fold
from depmap.tracing.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from depmap.collecting.progress import Progress
    from depmap.collecting.recording import Record
    from depmap.collecting.running import Store
    from depmap.collecting.searched import Preview, SearchedCollector

_HOUR: Final = timedelta(hours=1)
MINUTES: Final = (1, 2, 5, 10, 20, 60)
"""Lengths of a slice; it begins with the third."""

FEWEST: Final = 8
"""Slices before it is asked whether more would show anything new."""

RARE: Final = 20
"""Services at most that are asked for by name."""

_PEAK: Final = 3
_OF_RARE: Final = 0.25
_LITTLE: Final = 0.01
_GOLDEN: Final = 0.6180339887498949


class _Seen(NamedTuple):
    """What one slice showed."""

    hour: datetime
    traces_per_minute: float
    pairs: frozenset[Pair]


class Sample:
    """One sample of one source."""

    def __init__(
        self, name: str, collector: SearchedCollector, store: Store, progress: Progress
    ) -> None:
        """Read nothing yet."""
        self._name = name
        self._collector = collector
        self._store = store
        self._progress = progress
        self._seen: list[_Seen] = []
        self._ours = Ours()
        self._there = set(store.windows())
        self._written: dict[str, list[Record]] = {}
        self._named: list[str] = []
        self._gaps: list[Record] = []
        self._length = 2
        self._minutes = 0
        self._end = 0.0

    def go(self, window: Window, budget: timedelta) -> Collected:
        """Read slices until it is enough.

        Args:
            window: the stretch of time that the sample is of; widened to whole hours.
            budget: how long it may take; the slice that is under way is cut off.
        """
        begun = time.monotonic()
        self._end = begun + budget.total_seconds()
        asked = whole_hours(window)
        failed, told = None, ""
        try:
            preview = self._collector.preview(asked)
            self._say(preview)
            why = self._slices(asked, budget, preview)
            told = self._told(asked, preview, why, time.monotonic() - begun)
            self._note(asked)
        except SourceUnavailable as error:
            failed = error
        records = [record for records in self._written.values() for record in records]
        return Collected(
            self._name,
            windows=len(self._written),
            records=len(records),
            gaps=tuple(sorted({record for record in records if isinstance(record, Gap)})),
            failed=failed,
            compared=told,
        )

    def _say(self, preview: Preview) -> None:
        drawn = len(preview.drawn.edges) if preview.drawn else 0
        edges = f" and draws {drawn} edges itself" if drawn else ""
        self._progress.say(f"the server lists {len(preview.services)} services{edges}")

    def _slices(self, asked: Window, budget: timedelta, preview: Preview) -> str:
        """Read slices; return why it ended."""
        there = self._there
        hours = [hour for hour in _hours(asked) if hour.strftime(HOUR) not in there]
        left = [hours[at] for at in spread(len(hours))]
        while left:
            if time.monotonic() >= self._end:
                return "the time is over"
            if len(self._seen) == FEWEST:
                self._rare(asked, budget, preview)
            if len(self._seen) >= FEWEST and self._more() <= _LITTLE * len(self._ours.edges):
                return "little new is to be expected"
            hour = self._next(left)
            left.remove(hour)
            self._slice(hour, budget)
        return "each hour has been looked into"

    def _next(self, left: Sequence[datetime]) -> datetime:
        """Return the hour to look into: every third time a busy one."""
        if self._seen and len(self._seen) % _PEAK == 0:
            busy = max(self._seen, key=lambda seen: (seen.traces_per_minute, seen.hour)).hour.hour
            return next((hour for hour in left if hour.hour == busy), left[0])
        return left[0]

    def _slice(self, hour: datetime, budget: timedelta) -> None:
        """Read some minutes of an hour, and fit the length of the next slice to the time."""
        minutes = MINUTES[self._length]
        skip = int(len(self._seen) * _GOLDEN % 1 * (61 - minutes))
        start = hour + timedelta(minutes=skip)
        part = Window(start, start + timedelta(minutes=minutes))
        begun = time.monotonic()
        recording = self._recorded(self._collector, Window(hour, hour + _HOUR), part, self._end)
        took = (time.monotonic() - begun) / budget.total_seconds()
        self._length += (took < 1 / 60) - (took > 1 / 20)
        self._length = min(max(self._length, 0), len(MINUTES) - 1)
        self._write(recording)
        self._minutes += minutes
        found = recording.ours
        self._seen.append(_Seen(hour, found.traces / minutes, frozenset(found.edges)))

    def _rare(self, asked: Window, budget: timedelta, preview: Preview) -> None:
        """Ask for listed services that no slice has shown, those with the fewest calls first.

        None of their traces is in a slice, so that what they show can be added to it.
        """
        unseen = self._unseen(preview)
        if not unseen:
            return
        calls: Counter[str] = Counter()
        for caller, called, many in preview.drawn.edges if preview.drawn else ():
            calls[caller] += many
            calls[called] += many
        self._named = sorted(unseen, key=lambda name: (calls[name], name))[:RARE]
        some = replace(self._collector, services=tuple(self._named))
        end = min(self._end, time.monotonic() + budget.total_seconds() * _OF_RARE)
        self._write(self._recorded(some, asked, asked, end))

    def _unseen(self, preview: Preview) -> list[str]:
        if self._collector.services:
            return []
        return [name for name in preview.services if fold(name) not in self._ours.traced]

    def _recorded(
        self, collector: SearchedCollector, hours: Window, part: Window, end: float
    ) -> Recording:
        """Read a part of some hours, as far as the time lasts."""
        recording = Recording(collector, hours)
        for item in collector.sample(part):
            recording.add(item)
            if isinstance(item, Spans):
                self._progress.spans(len(item))
            if time.monotonic() >= end:
                break
        return recording

    def _write(self, recording: Recording) -> None:
        """Add what was recorded to the hours of this run; hours of earlier ones stay."""
        windows = recording.rest()
        self._ours.join(recording.ours)
        self._gaps += windows.pop(WHOLE, [])
        for name in sorted(windows.keys() - self._there):
            self._written[name] = [*self._written.get(name, ()), *windows[name]]
            self._store.replace({name: self._written[name]}, whole=False)

    def _note(self, asked: Window) -> None:
        """Say in the ledger that it is a sample."""
        named = f", and traces of {', '.join(self._named)}" if self._named else ""
        what = f"traces from {asked.start:%Y-%m-%dT%H}:00 to {asked.end:%Y-%m-%dT%H}:00"
        why = f"only a sample was read: {self._slices_told(asked)}{named}"
        gap = Gap(what, why, self._collector.url, self._collector.name)
        self._written[WHOLE] = [gap, *self._gaps]
        self._store.replace({WHOLE: self._written[WHOLE]}, whole=False)

    def _slices_told(self, asked: Window) -> str:
        hours = (asked.end - asked.start) // _HOUR
        return f"{len(self._seen)} slices ({self._minutes} minutes of {hours} hours)"

    def _more(self) -> float:
        """Return how many more edges as many slices again would show."""
        found = Counter(pair for seen in self._seen for pair in seen.pairs)
        return more_of(Counter(found.values()), len(self._seen))

    def _told(self, asked: Window, preview: Preview, why: str, seconds: float) -> str:
        edges = len(self._ours.edges)
        parts = [f"{self._slices_told(asked)} in {seconds:.0f} s show {edges} edges; {why}"]
        if self._seen:
            parts.append(f"as much again would show about {self._more():.0f} more")
        if silent := self._unseen(preview):
            shown = ", ".join(silent[:5]) + (" and more" if len(silent) > 5 else "")  # noqa: PLR2004
            parts.append(f"{len(silent)} listed services have shown no span: {shown}")
        if preview.drawn is not None:
            parts.append(compare(preview.drawn, self._ours, self._collector.services).text)
        return "; ".join(parts)


def spread(count: int) -> list[int]:
    """Return all numbers below ``count``, so that any first few lie evenly among them.

    By reversed bits (van der Corput's sequence): first the middle, then the quarters, and so on.
    """
    bits = max(count - 1, 0).bit_length()
    order = sorted(range(1 << bits), key=lambda at: f"{at:0{bits}b}"[::-1] if bits else "")
    return [at for at in order if at < count]


def more_of(often: Counter[int], slices: int) -> float:
    """Return how many new edges as many slices again would show.

    Chao2's bias-corrected estimate of the unseen, and how fast they would come (Colwell et al.,
    2012, eq. 18).

    Args:
        often: how many edges were seen in one slice, in two, and so on.
        slices: how many slices there were.
    """
    once, twice = often[1], often[2]
    unseen = (slices - 1) / slices * once * (once - 1) / (2 * (twice + 1)) if slices else 0.0
    if not once or not unseen:
        return float(once > 0)
    return unseen * (1 - (1 - once / (slices * unseen + once)) ** slices)


def _hours(window: Window) -> Iterator[datetime]:
    hour = window.start
    while hour < window.end:
        yield hour
        hour += _HOUR
