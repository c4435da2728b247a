"""Bounded samples that parts and the whole draw alike: of traces for each row, and of minutes.

What is drawn depends on a hash of the trace or minute alone: the smallest hashes. The sample of
a whole is then among the samples of its parts, so that merging these gives that of the whole.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from depmap.tracing.ids import Ids

Share = tuple[int, int, int]
"""Of one trace: its hash, the time in ns that passes in a row's calls on the critical path, and
the duration of its root."""

MAX_TRACES: Final = 64
"""Traces of each row whose critical paths are looked at."""

MAX_MINUTES: Final = 60
"""Minutes whose load is compared: all of them in a window of one hour."""

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_SHIFT: Final = np.uint64(29)


def mix(values: NDArray[Any]) -> Ids:
    """Scramble 64-bit numbers, each into another one."""
    values = (values ^ (values >> _SHIFT)) * _MIX
    values = (values ^ (values >> _SHIFT)) * _MIX
    mixed: Ids = values ^ (values >> _SHIFT)
    return mixed


def drawn_minutes(load: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Add up the traces of each minute, and keep the drawn minutes, in order."""
    total: Counter[int] = Counter()
    for minute, traces in load:
        total[minute] += traces
    if len(total) <= MAX_MINUTES:
        return tuple(sorted(total.items()))
    minutes = np.array(sorted(total), dtype=np.uint64)
    kept = minutes[np.argsort(mix(minutes), kind="stable")[:MAX_MINUTES]]
    return tuple((minute, total[minute]) for minute in sorted(kept.tolist()))


def added_shares(shares: Iterable[Share]) -> tuple[Share, ...]:
    """Add up what is told of one trace, and keep the drawn traces, by hash."""
    told = sorted(shares)
    traces = [trace for trace, _, _ in told]
    if len(set(traces)) == len(traces):
        return tuple(told[:MAX_TRACES])
    parts: Counter[int] = Counter()
    roots: dict[int, int] = {}
    for trace, part, root in told:
        parts[trace] += part
        roots[trace] = root
    kept = sorted(roots)[:MAX_TRACES]
    return tuple((trace, min(parts[trace], roots[trace]), roots[trace]) for trace in kept)


def load_ranks(load: tuple[tuple[int, int], ...]) -> dict[int, int]:
    """Return twice the rank by load of each minute: the minutes with less, equal ones half."""
    traces = np.array([count for _, count in load], dtype=np.int64)
    ordered = np.sort(traces)
    ranks = np.searchsorted(ordered, traces) + np.searchsorted(ordered, traces, side="right")
    return {minute: rank for (minute, _), rank in zip(load, ranks.tolist(), strict=True)}


def load_quantile(seen: Sequence[int], ranks: Mapping[int, int]) -> float | None:
    """Return the mean rank (0-1) by load of the minutes a row was seen in.

    What is seen in the busiest minutes only is near 1, what is seen always is 0.5.

    Args:
        seen: the minutes, all of them among the ranked ones.
        ranks: twice the rank of each minute; of a single one no rank can be told.
    """
    if len(ranks) < 2 or not seen:  # noqa: PLR2004 - one minute has no rank among others
        return None
    return round(sum(ranks[minute] for minute in seen) / (2 * len(ranks) * len(seen)), 6)
