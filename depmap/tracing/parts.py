"""Parts of one span: which half of a call each belongs to, and what they tell together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from depmap.tracing.facts import Facts, Family

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from depmap.tracing.spans import Codes, Rows

CALLER: Final = 0
CALLED: Final = 1
LOCAL: Final = 2
"""The side of a call a span is on, by its kind."""


def join_parts(
    order: Rows,
    half: NDArray[np.bool_],
    partial: NDArray[np.bool_],
    ordered: Sequence[NDArray[Any]],
) -> tuple[Rows, NDArray[np.bool_]]:
    """Put the parts of spans to their halves, group by group."""
    address, service, side, group = ordered[-4:]
    shared = ordered[-5]
    order, half = order.copy(), half.copy()
    rows = np.flatnonzero(partial)
    cuts = np.flatnonzero(np.diff(group[rows], prepend=-1))
    for first, last in zip(cuts, [*cuts[1:], len(rows)], strict=True):
        members = rows[first:last]
        halves = _assign(
            [(int(side[i]), int(service[i]), int(address[i]), bool(shared[i])) for i in members]
        )
        sequence = sorted(range(len(members)), key=lambda i: (halves[i], i))
        order[members] = order[members[sequence]]
        numbers = [halves[i] for i in sequence]
        half[members] = [at == 0 or numbers[at] != numbers[at - 1] for at in range(len(numbers))]
    return order, half


def _assign(members: Sequence[tuple[int, int, int, bool]]) -> list[int]:
    """Return the half of each span of one id, given as (side, service, address, shared).

    Spans that tell their side and service make the halves; a vaguer one joins the half it does
    not contradict, rather one of its own service and with the same shared flag. As Zipkin's
    ``Trace.merge``.
    """
    halves: list[tuple[int, int, int, bool]] = []
    found = [0] * len(members)
    by_vagueness = sorted(
        range(len(members)), key=lambda i: ((members[i][0] == LOCAL), members[i][1] < 0, i)
    )
    for i in by_vagueness:
        side, service, address, shared = members[i]
        fits = [
            (half[1] != service, half[3] != shared, at)
            for at, half in enumerate(halves)
            if side in (LOCAL, half[0])
            and (min(service, half[1]) < 0 or service == half[1])
            and (0 in (address, half[2]) or address == half[2])
        ]
        if fits:
            found[i] = min(fits)[2]
            half = halves[found[i]]
            halves[found[i]] = (half[0], max(half[1], service), half[2] or address, half[3])
        else:
            found[i] = len(halves)
            halves.append(members[i])
    by_side = sorted(range(len(halves)), key=lambda at: (halves[at][:3], at))
    place = {at: rank for rank, at in enumerate(by_side)}
    return [place[at] for at in found]


def merged_facts(facts: Codes, order: Rows, first: Rows, table: list[Facts]) -> Codes:
    """Return the facts of each node; those of differing parts are put together."""
    if not len(first):
        return facts[:0]
    lowest = np.minimum.reduceat(facts[order], first)
    mixed = np.flatnonzero(lowest != np.maximum.reduceat(facts[order], first))
    last = np.append(first[1:], len(order))
    known: dict[tuple[int, ...], int] = {}
    for node in mixed:
        parts = tuple(sorted(set(facts[order[first[node] : last[node]]].tolist())))
        if parts not in known:
            known[parts] = len(table)
            table.append(merged([table[code] for code in parts]))
        lowest[node] = known[parts]
    return lowest


def merged(parts: Sequence[Facts]) -> Facts:
    """Put the facts of the parts of one span together: the fullest leads, the others fill in."""
    ordered = sorted(parts)
    ordered.sort(key=lambda f: (f.family is Family.UNKNOWN, -sum(map(bool, f))))
    values = {
        key: next((v for part in ordered if (v := getattr(part, key))), getattr(ordered[0], key))
        for key in Facts._fields
    }
    return Facts(**values)
