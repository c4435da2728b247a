"""What is wrong with a source, and what cures it: one look, without writing anything."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from depmap.collecting.port import EVER, Drawn, Reached, Window
from depmap.errors import DepmapError, SourceUnavailable
from depmap.model.evidence import Gap
from depmap.tracing.spans import WEIGHT_ONE, Spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from depmap.collecting.port import Collector, Item

ITEMS: Final = 2_000
"""Items looked at; what a server of traces yields at once is one item."""

LONGEST: Final = 20.0
"""Seconds after which it has seen enough."""

BACK: Final = (timedelta(hours=1), timedelta(days=1), timedelta(weeks=1))
"""How far back it is looked for spans: the shortest time that holds some."""

AHEAD: Final = timedelta(minutes=2)
"""By how much a clock may be ahead and still be right."""


class State(StrEnum):
    """How a source is."""

    FINE = "fine"
    DOUBTFUL = "doubtful"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Health:
    """How a source is.

    Attributes:
        name: the source.
        state: fine, doubtful or failed.
        found: what was found, in words.
        cure: what to do; empty where nothing need be done.
    """

    name: str
    state: State
    found: str
    cure: str = ""


class Doubt(NamedTuple):
    """What is doubtful about spans, and what to do."""

    found: str
    cure: str


def examine(
    name: str, collector: Collector, now: datetime, doubt: Callable[[Spans], Doubt | None]
) -> Health:
    """Look at a source.

    Args:
        name: the source.
        collector: reads it.
        now: the moment that clocks are compared with, UTC.
        doubt: tells what is doubtful about spans of whole traces; None: nothing.
    """
    items: list[Item] = []
    try:
        for back in BACK if collector.windowed else (None,):
            # Spans of clocks that are ahead lie after now.
            window = Window(now - back, EVER.end) if back else EVER
            items = list(islice(_until_enough(collector.collect(window)), ITEMS))
            if any(not isinstance(item, Gap | Reached | Drawn) for item in items):
                return _health(name, items, now, back, doubt)
    except SourceUnavailable as error:
        return Health(name, State.FAILED, _where(error), error.hint)
    except DepmapError as error:
        return Health(name, State.FAILED, _where(error), error.hint or "mend depmap.toml")
    told = [f"{item.text}: {item.why}" for item in items if isinstance(item, Gap)]
    lately = " of the last week" if collector.windowed else ""
    return Health(
        name,
        State.DOUBTFUL,
        f"it answers, and holds nothing{lately}" + (f" ({told[0]})" if told else ""),
        "does anything send to it? is it the right address, tenant or folder?",
    )


def _where(error: DepmapError) -> str:
    return f"{error.where}: {error.message}" if error.where else error.message


def _until_enough(items: Iterator[Item]) -> Iterator[Item]:
    """Yield items up to the first mark after something was told, or until it takes too long."""
    told, end = False, time.monotonic() + LONGEST
    for item in items:
        yield item
        told = told or not isinstance(item, Gap | Reached | Drawn)
        if told and (isinstance(item, Reached) or time.monotonic() > end):
            return


def _health(
    name: str,
    items: list[Item],
    now: datetime,
    back: timedelta | None,
    doubt: Callable[[Spans], Doubt | None],
) -> Health:
    spans = [item for item in items if isinstance(item, Spans)]
    gaps = [item for item in items if isinstance(item, Gap)]
    if not spans:
        claims = sum(not isinstance(item, Gap | Reached | Drawn) for item in items)
        found = f"{claims:,} claims and facts"
        return Health(name, State.FINE, found + (f", {len(gaps)} gaps" if gaps else ""))
    whole = Spans.concat(spans)
    services = sorted({process.service for process in whole.processes if process.service})
    since = f" of the last {_length(back)}" if back else ""
    found = f"{len(whole):,} spans of {len(services)} services{since} looked at"
    if late := _ahead(whole, now):
        service, by = late
        return Health(
            name,
            State.DOUBTFUL,
            f"{found}; {service} writes times that are {_length(by)} ahead of this machine's",
            f"set the clock of {service}, or of this machine (NTP): its traces are filed wrongly",
        )
    if share := _sampled(whole):
        found += f", sampled: about {share:.3g} of the traces are kept"
        return Health(name, State.FINE, found, "counts are corrected; rare calls may be missing")
    if doubtful := doubt(whole):
        return Health(name, State.DOUBTFUL, f"{found}; {doubtful.found}", doubtful.cure)
    return Health(name, State.FINE, found)


def _ahead(spans: Spans, now: datetime) -> tuple[str, timedelta] | None:
    """Return the service whose clock is most ahead, and by how much."""
    latest = int(spans.start.argmax())
    moment = datetime.fromtimestamp(int(spans.start[latest]) / 1e9, UTC)
    if moment <= now + AHEAD:
        return None
    return spans.processes[int(spans.process[latest])].service or "a service", moment - now


def _sampled(spans: Spans) -> float:
    """Return the share (0-1) of traces that sampling keeps, as the spans tell it; 0: all."""
    told = np.array([facts.weight for facts in spans.fact_table], dtype=np.int64)
    weight = np.maximum(spans.weight, told[spans.facts])
    return WEIGHT_ONE / float(weight.mean()) if (weight > WEIGHT_ONE).any() else 0.0


def _length(span: timedelta) -> str:
    for unit, seconds in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if span.total_seconds() >= seconds:
            many = round(span.total_seconds() / seconds)
            return f"{many} {unit}s" if many > 1 else unit
    return f"{span.total_seconds():.0f} seconds"
