"""When dependencies were used: calls by UTC hour, and what their consumers did meanwhile.

The ledger keeps one row of traces an hour, so an hour is the finest that is told apart here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from depmap.model.calls import Hour
from depmap.model.words import Kind, Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.calls import Calls
    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Evidence

Key = tuple[str, str, Kind]
Numbers = NDArray[np.int64]

HOUR_S: Final = 3600
DAY_H: Final = 24
_ONE_ROW: Final = timedelta(hours=2)
"""A row of one hour ends with the traces that began in it; a longer one is no row of an hour."""
_TAKES: Final = frozenset({Kind.EVENT, Kind.MESSAGING_CONSUME})
"""Kinds whose rows are the consumer's own work."""

HOUR, CALLS, FIRST, LAST, SERVED, P95 = map(
    Hour._fields.index, ("hour", "calls", "first", "last", "served", "p95")
)
"""Columns of ``hours_table``."""


@dataclass(frozen=True, slots=True, eq=False)
class Used:
    """In which hours a dependency was seen, in order.

    Attributes:
        hours: hours since 1970, UTC.
        calls: how many calls.
        first: start of the first of them, in seconds since 1970.
        last: start of the last.
    """

    hours: Numbers
    calls: Numbers
    first: Numbers
    last: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """Calls by hour; every column has one number for each hour from ``start`` on.

    Attributes:
        start: the first hour, since 1970.
        used: the hours in which each dependency was seen.
        load: calls of the whole system.
        inward: calls that reached each node, and messages that it took.
        outward: calls that each node made.
        days: where each day begins among the hours.
    """

    start: int
    used: Mapping[Key, Used]
    load: Numbers
    inward: Mapping[str, Numbers]
    outward: Mapping[str, Numbers]
    days: Numbers

    def calls(self, key: Key) -> Numbers:
        """Return the calls of a dependency, a number for each hour."""
        mine = np.zeros_like(self.load)
        if key in self.used:
            mine[self.used[key].hours - self.start] = self.used[key].calls
        return mine

    def exposure(self, key: Key) -> Numbers:
        """Return what a consumer did by hour, this dependency aside: its chances to use it.

        That is the calls that reached it; of a node that is only called from outside, the calls
        that it made to others. All zero where nothing else is known of it.
        """
        consumer, _, kind = key
        reached = self.inward.get(consumer)
        if reached is not None and kind in _TAKES:
            reached = reached - self.calls(key)
        if reached is not None and reached.any():
            return reached
        return self.outward[consumer] - self.calls(key)

    def others(self, key: Key) -> Numbers:
        """Return what the whole system did by hour, this dependency aside."""
        return self.load - self.calls(key)


def activity(dependencies: Iterable[Dependency]) -> Activity:
    """Sort the calls that traces count by hour; rows without a time are left out."""
    items = list(dependencies)
    used = {item.key: found for item in items if (found := _used(item)) is not None}
    start = min((int(one.hours[0]) for one in used.values()), default=0)
    end = max((int(one.hours[-1]) + 1 for one in used.values()), default=start)
    empty = np.zeros(end - start, dtype=np.int64)
    load = empty.copy()
    inward: dict[str, Numbers] = defaultdict(empty.copy)
    outward: dict[str, Numbers] = defaultdict(empty.copy)
    for (consumer, provider, kind), one in sorted(used.items()):
        at = one.hours - start
        load[at] += one.calls
        inward[consumer if kind in _TAKES else provider][at] += one.calls
        outward[consumer][at] += one.calls
    return Activity(
        start=start,
        used=dict(sorted(used.items())),
        load=load,
        inward=dict(inward),
        outward=dict(outward),
        days=day_begins(start, end - start),
    )


def _used(item: Dependency) -> Used | None:
    parts = [rows for claim in item.evidence if (rows := _rows(claim)) is not None]
    if not parts:
        return None
    table = np.concatenate(parts)
    hour, calls, first, last = table[np.argsort(table[:, 0], kind="stable")].T
    hours, begin = np.unique(hour, return_index=True)
    return Used(
        hours=hours,
        calls=np.add.reduceat(calls, begin),
        first=np.minimum.reduceat(first, begin),
        last=np.maximum.reduceat(last, begin),
    )


def _rows(claim: Evidence) -> Numbers | None:
    """Return hour, calls, and when the first and last began in seconds since 1970, a row each."""
    if claim.source is not Source.TRACES or claim.calls is None:
        return None
    if claim.calls.hours:
        packed = hours_table(claim.calls)
        begin = packed[:, HOUR] * HOUR_S
        columns = (
            packed[:, HOUR],
            packed[:, CALLS],
            begin + packed[:, FIRST],
            begin + packed[:, LAST],
        )
        return np.column_stack(columns)
    first, last = claim.first_seen, claim.last_seen
    if not first or not last or last - first > _ONE_ROW:
        return None
    begins, ends = int(first.timestamp()), int(last.timestamp())
    return np.array([[begins // HOUR_S, claim.calls.calls, begins, ends]], dtype=np.int64)


def hours_table(calls: Calls) -> Numbers:
    """Return ``Calls.hours`` as a table, one row an hour, with the columns of ``Hour``."""
    packed = np.frombuffer(calls.hours, dtype="<i4").reshape(-1, len(Hour._fields))
    return packed.astype(np.int64)


def day_begins(start: int, hours: int) -> Numbers:
    """Return where each UTC day begins among hours, the first of which may lie within its day.

    Args:
        start: the first hour, since 1970.
        hours: how many hours.
    """
    days = (np.arange(hours) + start) // DAY_H
    return np.flatnonzero(np.diff(days, prepend=days[:1] - 1))


def by_day(hours: Numbers, begins: Numbers) -> Numbers:
    """Add up by day.

    Args:
        hours: a number for each hour.
        begins: where each day begins, see ``day_begins``.
    """
    found: Numbers = np.add.reduceat(hours, begins) if len(begins) else hours[:0]
    return found
