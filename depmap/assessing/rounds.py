"""Boots in rounds: which services started together, and who was ready before whom.

A round takes all boots that start within ten minutes of its first one. In it a service has started
with the first of its instances, and is ready with the first that is.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from depmap.model.evidence import Boot

Values = NDArray[np.float64]
Counts = NDArray[np.int32]
Flags = NDArray[np.bool_]

_TICK: Final = 0.001
ROUND_S: Final = 600.0
FEW: Final = 5
"""Rounds in which a service must have become ready; fewer tell nothing."""
PACE: Final = 3
"""Services that were ready before, from which it can be told how slow a round was."""
MOST_ROUNDS: Final = 500
MOST_SERVICES: Final = 2000
"""What is judged at most, the last rounds and the services that start most often: the cost is that
of comparing all pairs in each round, in memory that grows with the square of the services."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """Starts by round (row) and service (column), in seconds since 1970; NaN: it did not start.

    Attributes:
        names: the services, in order of name.
        started: when each started.
        down: from when on it was surely not ready.
        ready: from when it was surely ready; infinite: it was not.
        early: the earliest moment at which it may have been ready.
        failed: whether an instance ended before it was ready.
        took: seconds from start to ready; NaN where it was not.
        shortest: the shortest of them, by service.
        pace: how slow the round was, 1 as usual, until each service was ready: what was ready
            before did not wait for it. 1 where that are too few to tell.
        instance: the instance that started first, by (round, service).
        left: services that were left out, as they started too seldom or too many are there.
    """

    names: tuple[str, ...]
    started: Values
    down: Values
    ready: Values
    early: Values
    failed: Flags
    took: Values
    shortest: Values
    pace: Values
    instance: dict[tuple[int, int], str]
    left: int = 0


@dataclass(frozen=True, slots=True)
class Compared:
    """Each pair of consumer (row) and provider (column), over the rounds they have in common.

    Attributes:
        after: rounds in which the consumer was surely ready after the provider.
        before: rounds in which it was surely ready before: each is a counterexample.
        waited: rounds in which it started before the provider was ready, and then failed, or was
            ready only after it.
    """

    after: Counts
    before: Counts
    waited: Counts


def rounds(boots: Iterable[Boot], services: Iterable[str]) -> Rounds:
    """Put boots of these services into rounds."""
    known = set(services)
    ours = {boot for boot in boots if boot.service in known}
    grouped = _grouped(sorted(ours, key=lambda boot: (boot.started, boot.service, boot.instance)))
    met: dict[str, int] = defaultdict(int)
    for group in grouped:
        for name in {boot.service for boot in group if boot.ready is not None}:
            met[name] += 1
    often = sorted((name for name in met if met[name] >= FEW), key=lambda name: (-met[name], name))
    names = tuple(sorted(often[:MOST_SERVICES]))
    return _table(grouped, names, left=len({boot.service for boot in ours}) - len(names))


def _grouped(boots: Sequence[Boot]) -> list[list[Boot]]:
    found: list[list[Boot]] = []
    for boot in boots:
        if found and (boot.started - found[-1][0].started).total_seconds() <= ROUND_S:
            found[-1].append(boot)
        else:
            found.append([boot])
    return found[-MOST_ROUNDS:]


def _table(grouped: Sequence[Sequence[Boot]], names: tuple[str, ...], left: int) -> Rounds:
    at = {name: column for column, name in enumerate(names)}
    shape = (len(grouped), len(names))
    started, down, ready, early = (np.full(shape, np.nan) for _ in range(4))
    failed = np.zeros(shape, dtype=np.bool_)
    instance: dict[tuple[int, int], str] = {}
    for row, group in enumerate(grouped):
        for boot in group:
            column = at.get(boot.service)
            if column is None:
                continue
            here = (row, column)
            begin = boot.started.timestamp()
            if here not in instance:  # boots come in the order in which they start
                instance[here] = boot.instance
                started[here], down[here], ready[here], early[here] = begin, begin, np.inf, np.inf
            if boot.down_since is not None:
                down[here] = min(down[here], boot.down_since.timestamp())
            failed[here] |= boot.failed
            if boot.ready is not None and boot.ready.timestamp() < ready[here]:
                ready[here] = boot.ready.timestamp()
                early[here] = max(begin, ready[here] - boot.within_s)
    took = np.where(np.isinf(ready), np.nan, ready - started)
    return Rounds(
        names=names,
        started=started,
        down=down,
        ready=ready,
        early=early,
        failed=failed,
        took=took,
        shortest=np.array([np.nanmin(column) for column in took.T]),
        pace=_pace(took, ready, early),
        instance=instance,
        left=left,
    )


def _pace(took: Values, ready: Values, early: Values) -> Values:
    took = np.maximum(took, _TICK)
    pace = np.ones(took.shape)
    if not took.size:
        return pace
    ratio = took / np.nanmedian(took, axis=0)
    for row, times in enumerate(ready):
        order = np.argsort(times, kind="stable")
        order = order[np.isfinite(times[order])]
        medians = np.array([1.0, *_medians(ratio[row, order].tolist())])
        before = np.searchsorted(times[order], early[row], side="left")
        pace[row] = np.where(before >= PACE, medians[before], 1.0)
    return pace


def _medians(values: Sequence[float]) -> list[float]:
    """Return the median of the first value, of the first two, and so on."""
    ordered: list[float] = []
    found = []
    for value in values:
        insort(ordered, value)
        middle = len(ordered) // 2
        found.append((ordered[middle] + ordered[~middle]) / 2)
    return found


def compared(found: Rounds) -> Compared:
    """Compare all pairs in each round, O(rounds times pairs that start together).

    A round is not common to a pair where the consumer may have been ready before the provider is
    known to have been down.
    """
    many = len(found.names)
    after, before, waited = (np.zeros((many, many), dtype=np.int32) for _ in range(3))
    for row in range(len(found.started)):
        here = np.flatnonzero(~np.isnan(found.started[row]))
        started, down, ready, early = (
            values[row, here] for values in (found.started, found.down, found.ready, found.early)
        )
        common = down[None, :] <= (started + found.shortest[here])[:, None]
        was_ready = np.isfinite(ready)[:, None]
        follows = common & was_ready & (ready[None, :] <= early[:, None])
        precedes = common & was_ready & (ready[:, None] < early[None, :])
        too_early = (started[:, None] < early[None, :]) & np.isfinite(ready)[None, :]
        pairs = np.ix_(here, here)
        after[pairs] += follows
        before[pairs] += precedes
        waited[pairs] += common & too_early & (follows | found.failed[row, here][:, None])
    for values in (after, before, waited):
        np.fill_diagonal(values, 0)
    return Compared(after, before, waited)
