"""Counters and histograms with a history, as a Prometheus would have scraped them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from depmap.collecting.port import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
"""The hour of the first calls; every counter is there an hour before, at zero."""

_SCRAPES = 60


def hour(number: int = 0, hours: int = 1) -> Window:
    """Return a window that begins so many hours after ``NOON``."""
    start = NOON + timedelta(hours=number)
    return Window(start, start + timedelta(hours=hours))


def rising(series: str, *increases: float, old: float = 0) -> Iterator[str]:
    """Yield the samples of a counter that rises by so much in each hour, in its first minutes."""
    for number, (before, after) in enumerate(_hours(increases, old)):
        for minute in range(_SCRAPES):
            share = min(1.0, minute / 10)
            yield _sample(series, number, minute, before + round((after - before) * share))


def on_the_hour(series: str, *increases: float) -> Iterator[str]:
    """Yield the samples of a counter that rises between two scrapes, when the hour strikes."""
    for number, (_, after) in enumerate(_hours(increases, 0)):
        for minute in range(_SCRAPES):
            yield _sample(series, number, minute, after)


def appearing(series: str, value: float) -> Iterator[str]:
    """Yield the samples of a counter that comes into being with a value after half an hour."""
    for minute in range(_SCRAPES // 2, _SCRAPES):
        yield _sample(series, 1, minute, value)


def restarted(series: str, before: float, after: float) -> Iterator[str]:
    """Yield the samples of a counter that starts anew in the middle of the first hour."""
    yield from rising(series, old=100)
    for minute in range(_SCRAPES):
        late = minute - _SCRAPES // 2
        value = 100 + before * (minute > 0) if late < 0 else after * (late > 0)
        yield _sample(series, 1, minute, value)


def histogram(name: str, labels: str, counts: Mapping[str, int]) -> Iterator[str]:
    """Yield the buckets of a histogram, given how many calls each adds in the first hour."""
    totals = accumulate(counts.values())
    for bound, total in zip(counts, totals, strict=True):
        yield from rising(f'{name}_bucket{{{labels},le="{bound}"}}', total)


def openmetrics(cases: Mapping[str, Iterable[str]]) -> str:
    """Return the text of all cases, each with its name as a label."""
    lines = [
        re.sub(r"^(\w+)\{", rf'\1{{case="{case}",', line)
        for case, samples in sorted(cases.items())
        for line in samples
    ]
    return "\n".join((*lines, "# EOF\n"))


def _hours(increases: Iterable[float], old: float) -> Iterator[tuple[float, float]]:
    """Yield the value at the beginning and end of each hour, a quiet one first."""
    value = old
    for increase in (0.0, *increases):
        yield value, value + increase
        value += increase


def _sample(series: str, number: int, minute: int, value: float) -> str:
    # Between the minutes, so that no sample lies on the edge of two hours.
    start = NOON + timedelta(hours=number - 1, minutes=minute, seconds=30)
    return f"{series} {value:g} {start.timestamp():.0f}"
