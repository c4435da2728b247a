"""Windows of time: each trace belongs, whole, to the UTC hour of its earliest span."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.tracing.spans import Spans, trace_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

UNDATED: Final = "undated"
"""The window of traces none of whose spans has a time stamp."""

_HOUR: Final = 3_600_000_000_000
_LATE: Final = np.iinfo(np.int64).max


def by_hour(spans: Spans) -> Iterator[tuple[str, Spans]]:
    """Yield the windows in order, as ``2026-11-20T14``, with their traces; undated ones last."""
    keys, trace = np.unique(trace_keys(spans.trace_high, spans.trace_low), return_inverse=True)
    earliest = np.full(len(keys), _LATE, dtype=np.int64)
    np.minimum.at(earliest, trace, np.where(spans.start > 0, spans.start, _LATE))
    hour = np.where(earliest == _LATE, _LATE, earliest // _HOUR)[trace]
    order = np.argsort(hour, kind="stable")
    first = np.flatnonzero(np.diff(hour[order], prepend=-1))
    for rows in np.split(order, first[1:]) if len(order) else ():
        yield window_name(int(hour[rows[0]])), spans.take(rows)


def window_name(hour: int) -> str:
    """Return the name of an hour, counted since 1970."""
    if hour == _LATE:
        return UNDATED
    return datetime.fromtimestamp(hour * 3600, tz=UTC).strftime("%Y-%m-%dT%H")
