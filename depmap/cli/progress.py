"""How a pull gets on: a bar on a terminal, plain lines elsewhere, nothing when asked for quiet."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from depmap.collecting.progress import Progress

if TYPE_CHECKING:
    from depmap.cli.settings import Settings
    from depmap.collecting.port import Window

APART = 10.0
"""Seconds between two lines about one source."""


def progress_for(settings: Settings) -> Progress:
    """Return what suits the person, or the log, that reads stderr."""
    if settings.verbosity < 0:
        return Progress()
    return Bar(settings) if sys.stderr.isatty() else Lines(settings)


class Lines(Progress):
    """Says each source, and every few seconds how far it is."""

    def __init__(self, settings: Settings, apart: float = APART) -> None:
        """Write lines that are so many seconds apart."""
        self._settings = settings
        self._apart = apart
        self._window: Window | None = None
        self._name = ""
        self._begin = self._told = 0.0
        self._spans = 0

    def source(self, name: str) -> None:
        """Say which."""
        self._name, self._window, self._spans = name, None, 0
        self._begin = self._told = time.monotonic()
        self._settings.say(f"  {name}")

    def window(self, window: Window) -> None:
        """Keep it, to say how much is left."""
        self._window = window

    def spans(self, count: int) -> None:
        """Count them."""
        self._spans += count

    def reached(self, until: datetime) -> None:
        """Say so, unless something was said just now."""
        now = time.monotonic()
        if self._window is not None and now - self._told >= self._apart:
            self._told = now
            told = how_far(self._window, until, self._spans, now - self._begin)
            self._settings.say(f"  {self._name}: {told}")

    def say(self, text: str) -> None:
        """Say it."""
        self._settings.say(f"  {self._name}: {text}")


class Bar(Progress):
    """A bar with rate and time left. It goes away when the source is done."""

    def __init__(self, settings: Settings) -> None:
        """Draw nothing yet."""
        self._settings = settings
        self._name = ""
        self._bar: Any = None
        self._task: Any = None
        self._begin = 0.0
        self._spans = 0
        self._window: Window | None = None

    def source(self, name: str) -> None:
        """Begin a bar that only moves."""
        from rich.console import Console
        from rich.progress import BarColumn, SpinnerColumn, TextColumn
        from rich.progress import Progress as RichProgress

        self._name, self._window, self._spans = name, None, 0
        self._begin = time.monotonic()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn())
        told = TextColumn("{task.fields[told]}")
        self._bar = RichProgress(
            *columns, told, console=Console(stderr=True, highlight=False), transient=True
        )
        self._task = self._bar.add_task(name, total=None, told="", markup=False)
        self._bar.start()

    def window(self, window: Window) -> None:
        """Give the bar an end."""
        self._window = window
        self._bar.update(self._task, total=(window.end - window.start).total_seconds())

    def spans(self, count: int) -> None:
        """Show how many came."""
        self._spans += count
        self._bar.update(self._task, told=_rate(self._spans, time.monotonic() - self._begin))

    def reached(self, until: datetime) -> None:
        """Move the bar."""
        if self._window is not None:
            told = how_far(self._window, until, self._spans, time.monotonic() - self._begin)
            done = (until - self._window.start).total_seconds()
            self._bar.update(self._task, completed=done, told=told)

    def done(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def say(self, text: str) -> None:
        """Say it above the bar."""
        self._bar.console.print(f"  {self._name}: {text}", markup=False)


def how_far(window: Window, until: datetime, spans: int, seconds: float) -> str:
    """Return how far a pull is, how fast it is, and how long it will take at that pace."""
    whole, done = window.end - window.start, until - window.start
    share = min(1.0, done / whole)
    text = f"{until:%Y-%m-%d %H:%M}, {share:.0%}, {_rate(spans, seconds)}"
    if not 0 < share < 1:
        return text
    left = timedelta(seconds=round(seconds * (1 - share) / share))
    return f"{text}, about {left} left"


def _rate(spans: int, seconds: float) -> str:
    return f"{spans:,} spans, {spans / max(seconds, 0.001):,.0f}/s"
