"""From what a collector yields to records by window: spans linked, origins stamped."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from depmap.collecting.comparing import Ours
from depmap.collecting.port import EVER, Collector, Drawn, Item, Reached, Window
from depmap.collecting.tying import HOUR, Ties, linked
from depmap.model.evidence import Audit, Boot, Evidence, Flow, Gap, Node, Shared
from depmap.model.facts import Fact
from depmap.model.finding import Finding
from depmap.tracing.claims import claims
from depmap.tracing.spans import Spans
from depmap.tracing.windows import UNDATED, by_hour

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from depmap.tracing.links import Links, Senders
    from depmap.tracing.spans import Codes

Record = Evidence | Audit | Boot | Node | Shared | Finding | Gap | Flow | Fact
"""What is kept of a collector's items."""

T = TypeVar("T")
Stamped = TypeVar("Stamped", bound=Record)

WHOLE = "whole"
"""The window of what belongs to no hour: code, deployment files, interviews, gaps of a pull."""

_MICROSECOND = timedelta(microseconds=1)


class Recording:
    """Items of one source on their way into windows.

    A trace that begins outside the window, or in an hour that was finished before, is left out:
    its hour is not known whole here, and a window on disk is only replaced by a whole one.
    """

    def __init__(
        self,
        collector: Collector,
        window: Window = EVER,
        senders: Mapping[str, Senders] | None = None,
    ) -> None:
        """Hold nothing yet.

        Args:
            collector: whose items they are.
            window: whole hours.
            senders: spans that sent messages in the hours before the window.
        """
        self.drawn: Drawn | None = None
        self.losses: list[Gap] = []
        self.ours = Ours()
        self._collector = collector
        self._end = window.end
        self._first = window.start.strftime(HOUR)
        self._last = window.end.strftime(HOUR)
        self._ties = Ties(senders)
        self._spans: list[Spans] = []
        self._nodes: list[Node] = []
        self._placed: set[str] = set()
        self._gaps: list[Gap] = []
        self._undated = 0
        self._kept: dict[str, list[Record]] = defaultdict(list)
        # What the last hour holds besides links, should a later message tie it anew.
        self._beside: dict[str, list[Record]] = {}

    def sent(self, hour: str) -> Senders | None:
        """Return the spans of an hour just finished that sent messages."""
        return self._ties.senders.get(hour)

    def add(self, item: Item) -> None:
        """Take an item; what a mark finishes is returned by ``finished``."""
        if isinstance(item, Spans):
            self._spans.append(item)
        elif isinstance(item, Drawn):
            self.drawn = item
        elif isinstance(item, Reached):
            return
        elif self._collector.windowed and isinstance(item, Node):
            self._nodes.append(item)
        elif self._collector.windowed and isinstance(item, Gap):
            self._gaps.append(self._stamped(item))
        else:
            hour = _hour_of(item) if self._collector.windowed else WHOLE
            self._kept[hour].append(self._stamped(item))

    def finished(self, mark: Reached) -> dict[str, list[Record]]:
        """Return the windows that are whole now; none where a mark says that something is lost.

        The window of the last hour may come once more, where it waited for a message of this one.
        """
        until = mark.until.strftime(HOUR)
        hours = self._hours(until)
        ready = {hour for hour in self._kept if self._first <= hour < until}
        windows: dict[str, list[Record]] = {hour: self._kept.pop(hour) for hour in sorted(ready)}
        if self._gaps:
            before = max(self._first, (mark.until - _MICROSECOND).strftime(HOUR))
            windows.setdefault(before, []).extend(self._gaps)
            self._gaps = []
        first, self._first = self._first, max(self._first, until)
        if mark.lost:
            self.losses.append(self._loss(first, mark))
            return {}
        found = self._ties.add(hours)
        beside = {hour: list(windows.get(hour, ())) for hour in found}
        for hour, links in found.items():
            again = self._beside.get(hour, []) if hour not in hours else []
            windows[hour] = [*windows.get(hour, again), *self._claims(links)]
        if hours:
            self._beside = {max(hours): beside[max(hours)]}
        self._place(windows)
        return windows

    def rest(self) -> dict[str, list[Record]]:
        """Return what no mark finished."""
        gaps, self._gaps = self._gaps, []
        windows: dict[str, list[Record]] = {}
        if self._collector.windowed:
            windows = self.finished(Reached(self._end))
        else:
            for hour, links in linked(dict(by_hour(Spans.concat(self._spans)))).items():
                windows[hour] = list(self._claims(links))
        late, self._kept = dict(self._kept), defaultdict(list)
        self._place(late)
        for hour, records in late.items():
            windows.setdefault(hour, []).extend(records)
        loose = [node for node in self._nodes if node.name not in self._placed]
        whole: list[Record] = [*gaps, *self.losses, *self._without_time(), *loose]
        if whole:
            windows.setdefault(WHOLE, []).extend(whole)
        return windows

    def _hours(self, until: str) -> dict[str, Spans]:
        """Take the spans of hours that are over; those of later ones stay."""
        hours: dict[str, Spans] = {}
        parts, self._spans = by_hour(Spans.concat(self._spans)), []
        for hour, spans in parts:
            if hour == UNDATED:
                self._undated += len(spans)
            elif hour >= until:
                self._spans.append(_compact(spans))
            elif self._first <= hour < self._last:
                hours[hour] = spans
        return hours

    def _claims(self, links: Links) -> Iterable[Record]:
        self.ours.add(links)
        return [self._stamped(item) for item in claims(links)]

    def _place(self, windows: Mapping[str, list[Record]]) -> None:
        """Keep each node with every hour that names it, so that it lasts as long as its claims."""
        for hour, records in windows.items():
            if hour == WHOLE:
                continue
            claimed = [item for item in records if isinstance(item, Evidence)]
            named = {name for item in claimed for name in (item.consumer, item.provider)}
            records.extend(node for node in self._nodes if node.name in named)
            self._placed |= named

    def _loss(self, first: str, mark: Reached) -> Gap:
        what = f"traces from {first}:00 to {mark.until.strftime(HOUR)}:00"
        return self._stamped(Gap(what, f"they could not be had: {mark.lost}"))

    def _without_time(self) -> Iterable[Gap]:
        if self._undated:
            why = "without a time stamp they belong to no window"
            yield self._stamped(Gap("a span of a trace without times", why, count=self._undated))

    def _stamped(self, item: Stamped) -> Stamped:
        if isinstance(item, Evidence | Gap) and not item.collector:
            return replace(item, collector=self._collector.name)
        return item


def _hour_of(item: Item) -> str:
    """Return the hour of a dated claim; what has no date belongs to no hour."""
    if isinstance(item, Evidence) and item.first_seen is not None:
        return item.first_seen.strftime(HOUR)
    return item.seen.strftime(HOUR) if isinstance(item, Boot) else WHOLE


def _compact(spans: Spans) -> Spans:
    """Leave out of the dictionaries what no span uses: they would grow from hour to hour."""
    process, processes = _used(spans.process, spans.processes)
    name, names = _used(spans.name, spans.names)
    facts, table = _used(spans.facts, spans.fact_table)
    return replace(
        spans,
        process=process,
        processes=processes,
        name=name,
        names=names,
        facts=facts,
        fact_table=table,
    )


def _used(codes: Codes, table: Sequence[T]) -> tuple[Codes, tuple[T, ...]]:
    used, new = np.unique(codes, return_inverse=True)
    return new.astype(np.int32), tuple(table[code] for code in used.tolist())
