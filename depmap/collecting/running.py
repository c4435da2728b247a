"""One run of one source: asked for what is not there yet, and written hour by hour."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from depmap.collecting.comparing import compare
from depmap.collecting.port import EVER, Collector, Reached, Window
from depmap.collecting.recording import WHOLE, Recording
from depmap.collecting.tying import BACK, HOUR, moment
from depmap.errors import SourceUnavailable
from depmap.model.evidence import Gap
from depmap.tracing.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from depmap.collecting.progress import Progress
    from depmap.collecting.recording import Record
    from depmap.tracing.links import Senders

FIRST = timedelta(days=1)
"""How far back a source is read that was never read before."""

LATE = timedelta(hours=1)
"""How far before its last hour a source is read again, for spans that came late."""

CUT_OFF = "cut-off"
"""The window that says how far a pull came that did not come to its end."""

_HOUR = timedelta(hours=1)


class Notes(Protocol):
    """A short text that outlives the run."""

    def read(self) -> str:
        """Return what was noted last; empty for nothing."""

    def write(self, text: str) -> None:
        """Replace what is noted."""


class Store(Protocol):
    """Where a source's windows are written."""

    @property
    def note(self) -> Notes:
        """How far an unfinished pull came."""

    def windows(self) -> tuple[str, ...]:
        """Return the windows that are there, earliest first."""

    def replace(self, windows: Mapping[str, Iterable[Record]], *, whole: bool) -> None:
        """Write windows, each at once, in order; ``whole``: and remove all others."""

    def remove(self, window: str) -> None:
        """Remove a window, if it is there."""

    def senders(self, first: str, last: str) -> Mapping[str, Senders]:
        """Return the spans kept that sent messages, from an hour to before another."""

    def keep_senders(self, hour: str, sent: Senders | None, oldest: str) -> None:
        """Keep the spans of an hour that sent messages, and forget those before an hour."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What one source brought to the ledger.

    Attributes:
        name: the source.
        windows: how many windows were written.
        records: how many records.
        gaps: what it could not see.
        lost: those of the gaps that are hours in which something was lost.
        failed: why it could not be read, or not to its end; the hours before stay written.
        compared: what came of comparing its edges with the server's own, in a line.
    """

    name: str
    windows: int = 0
    records: int = 0
    gaps: tuple[Gap, ...] = ()
    lost: tuple[Gap, ...] = ()
    failed: SourceUnavailable | None = None
    compared: str = ""

    @property
    def trouble(self) -> str:
        """Why it is not complete; empty if it is."""
        return str(self.failed or "") or "; ".join(f"{gap.text}: {gap.why}" for gap in self.lost)


class Run:
    """One run of one source."""

    def __init__(self, name: str, collector: Collector, store: Store, progress: Progress) -> None:
        """Read nothing yet."""
        self._name = name
        self._collector = collector
        self._store = store
        self._progress = progress
        self._reached: datetime | None = None
        self._counts: dict[str, int] = {}
        self._gaps: dict[str, list[Gap]] = {}

    def go(self, window: Window | None) -> Collected:
        """Read the source and write what it says.

        Args:
            window: the stretch of time to ask for; None: from where it stopped.
        """
        asked = self._asked(window)
        first = asked.start.strftime(HOUR)
        sent = self._store.senders(_oldest(asked.start), first) if asked != EVER else {}
        recording = Recording(self._collector, asked, sent)
        failed, compared = None, ""
        try:
            self._read(recording, asked, note=_key(self._collector, window) if window else "")
            compared = self._end(recording)
        except SourceUnavailable as error:
            failed = self._cut_off(error, self._reached) if self._reached else error
        return Collected(
            self._name,
            windows=len(self._counts),
            records=sum(self._counts.values()),
            gaps=tuple(sorted({gap for gaps in self._gaps.values() for gap in gaps})),
            lost=tuple(recording.losses),
            failed=failed,
            compared=compared,
        )

    def _asked(self, window: Window | None) -> Window:
        """Return whole hours: those asked for, or from where an earlier run stopped."""
        if not self._collector.windowed:
            return EVER
        if window is None:
            now, hours = datetime.now(UTC), self._hours()
            start = max(hours[0], hours[-1] - LATE) if hours else now - FIRST
            return whole_hours(Window(start, now))
        asked = whole_hours(window)
        key, _, reached = self._store.note.read().partition(" ")
        if key != _key(self._collector, window) or not reached:
            return asked
        start = max(asked.start, datetime.fromisoformat(reached) - _HOUR - LATE)
        if start >= asked.end:
            return asked
        self._progress.say(f"going on at {start:%Y-%m-%dT%H:%M}: the last run came so far")
        return Window(start, asked.end)

    def _hours(self) -> list[datetime]:
        found = []
        for name in self._store.windows():
            with suppress(ValueError):
                found.append(moment(name))
        return found

    def _read(self, recording: Recording, asked: Window, note: str) -> None:
        if self._collector.windowed:
            self._progress.window(asked)
        for item in self._collector.collect(asked):
            recording.add(item)
            if isinstance(item, Spans):
                self._progress.spans(len(item))
            elif isinstance(item, Reached):
                self._mark(recording, item, note)

    def _mark(self, recording: Recording, mark: Reached, note: str) -> None:
        """Write what a mark finishes, before the collector is asked to go on."""
        windows = recording.finished(mark)
        for hour in sorted(windows):
            # First what was sent, so that an hour that is there has always left that, too.
            self._store.keep_senders(hour, recording.sent(hour), _oldest(moment(hour)))
        self._write(windows)
        if mark.lost:
            self._lose(recording.losses[-1], mark)
        self._reached = mark.until
        if note:
            self._store.note.write(f"{note} {mark.until.isoformat()}")
        self._progress.reached(mark.until)

    def _lose(self, gap: Gap, mark: Reached) -> None:
        """Say so in the hour that is lost, unless it is there from an earlier run."""
        hour = (mark.until - _HOUR).strftime(HOUR)
        if hour not in self._store.windows():
            self._write({hour: [gap]})

    def _end(self, recording: Recording) -> str:
        """Write what no mark finished; return what came of the comparison."""
        windows = recording.rest()
        comparison = None
        if recording.drawn:
            services = getattr(self._collector, "services", ())
            comparison = compare(recording.drawn, recording.ours, services)
            stamped = [replace(gap, collector=self._collector.name) for gap in comparison.gaps]
            if stamped:
                windows.setdefault(WHOLE, []).extend(stamped)
        self._write(windows, whole=not self._collector.windowed)
        for name in {WHOLE, CUT_OFF} - windows.keys() if self._collector.windowed else ():
            self._store.remove(name)
        self._store.note.write("")
        return comparison.text if comparison else ""

    def _cut_off(self, error: SourceUnavailable, reached: datetime) -> SourceUnavailable:
        """Say in the ledger how far the pull came, for reports that are made without it."""
        at = f"{reached:%Y-%m-%dT%H:%M}"
        why = f"the pull was cut off: {error.message}"
        self._write({CUT_OFF: [Gap(f"all from {at} on", why, error.where, self._collector.name)]})
        return SourceUnavailable(
            f"{error.message}; cut off at {at}, what lies before is kept",
            where=error.where,
            hint=error.hint or "collect again: it goes on there",
        )

    def _write(self, windows: Mapping[str, Sequence[Record]], *, whole: bool = False) -> None:
        if windows or whole:
            self._store.replace(windows, whole=whole)
        for name, records in windows.items():
            self._counts[name] = len(records)
            self._gaps[name] = [record for record in records if isinstance(record, Gap)]


def whole_hours(window: Window) -> Window:
    """Widen a window: an hour is replaced whole."""
    floor = window.start.replace(minute=0, second=0, microsecond=0)
    ceiling = window.end.replace(minute=0, second=0, microsecond=0)
    return Window(floor, ceiling if ceiling == window.end else ceiling + _HOUR)


def _oldest(at: datetime) -> str:
    return (at - BACK).strftime(HOUR)


def _key(collector: Collector, window: Window) -> str:
    """Tell pulls apart: only one that begins alike and asks alike can be gone on with."""
    text = f"{collector!r} {window.start.isoformat()}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
