"""Spans of one id that are different all the same: told apart by their parents and their times.

Ids collide where generators are weak, and where a proxy tries a call again under the id of the
first. What is complete (start and duration known) and either has another parent or lies apart in
time is a span of its own; what is not complete is a part of the one that was running then.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from depmap.tracing.spans import Rows, Spans

Span = tuple[int, int, int]
"""Parent, start and duration of a span, as the columns of ``Spans`` have them."""


def split_halves(
    spans: Spans, rows: Rows, half: NDArray[np.bool_]
) -> tuple[Rows, NDArray[np.bool_]]:
    """Split the halves that hold several spans.

    Args:
        spans: the spans.
        rows: the spans of shared ids, in order, those of a half side by side.
        half: where each half starts.

    Returns:
        The new order, as positions in ``rows``, and where each half starts.
    """
    order = np.arange(len(rows))
    number = np.cumsum(half) - 1
    doubtful = _doubtful(spans, rows, number)
    if not doubtful.any():
        return order, half
    half = half.copy()
    members = np.flatnonzero(doubtful[number])
    cuts = np.flatnonzero(np.diff(number[members], prepend=-1))
    told = list(
        zip(
            spans.parent[rows[members]].tolist(),
            spans.start[rows[members]].tolist(),
            spans.duration[rows[members]].tolist(),
            strict=True,
        )
    )
    for first, last in zip(cuts.tolist(), [*cuts[1:].tolist(), len(members)], strict=True):
        found = _apart(told[first:last])
        sequence = sorted(range(last - first), key=lambda at: (found[at], at))
        there = members[first:last]
        order[there] = there[sequence]
        numbers = [found[at] for at in sequence]
        half[there] = [at == 0 or numbers[at] != numbers[at - 1] for at in range(len(numbers))]
    return order, half


def _doubtful(spans: Spans, rows: Rows, number: Rows) -> NDArray[np.bool_]:
    """Tell the halves in which complete spans differ in time or parent."""
    halves = int(number[-1]) + 1 if len(number) else 0
    complete = (spans.start[rows] > 0) & (spans.duration[rows] >= 0)
    whole, at = rows[complete], number[complete]
    doubtful = np.zeros(halves, dtype=np.bool_)
    first = np.flatnonzero(np.diff(at, prepend=-1))
    if not len(first):
        return doubtful
    columns: tuple[NDArray[Any], ...] = (
        spans.parent[whole],
        spans.start[whole],
        spans.duration[whole],
    )
    for column in columns:
        differs = np.minimum.reduceat(column, first) != np.maximum.reduceat(column, first)
        doubtful[at[first]] |= differs
    return doubtful


def _apart(members: Sequence[Span]) -> list[int]:
    """Return which span each member is of, numbered by parent and start.

    A span without a parent goes with the first parent that another one names: the server's half
    of a shared id does not always get it.
    """
    complete = [at for at, (_, start, took) in enumerate(members) if start > 0 and took >= 0]
    known = min((members[at][0] for at in complete if members[at][0]), default=0)
    by_time = sorted((members[at][0] or known, *members[at][1:], at) for at in complete)
    found = [-1] * len(members)
    spans: list[Span] = []
    for parent, start, took, at in by_time:
        if spans and spans[-1][0] == parent and start <= spans[-1][2]:
            spans[-1] = (parent, spans[-1][1], max(spans[-1][2], start + took))
        else:
            spans.append((parent, start, start + took))
        found[at] = len(spans) - 1
    keys = [(span[0], span[1], at) for at, span in enumerate(spans)]
    by_start = sorted((span[1], -at) for at, span in enumerate(spans))
    for at, (parent, start, _) in enumerate(members):
        if found[at] < 0:
            found[at] = _running(keys, by_start, parent, start)
    return found


def _running(
    keys: Sequence[Span], by_start: Sequence[tuple[int, int]], parent: int, start: int
) -> int:
    """Return the span a part belongs to: of its parent, and begun last before it.

    Args:
        keys: parent, start and number of each span, in order.
        by_start: start and negated number of each span, in order.
        parent: the parent the part names; 0: none.
        start: its start; 0: unknown.
    """
    after = bisect_right(keys, (parent, start, len(keys)))
    if parent and after and keys[after - 1][0] == parent:
        return after - 1
    if parent and after < len(keys) and keys[after][0] == parent:
        return after
    before = bisect_right(by_start, (start, 1))
    return -by_start[before - 1][1] if before else 0
