"""Units of strength: what a consumer's span made of its providers' failures.

One unit is one consumer span that made calls (strength-and-impact.md §1.1): not a trace, not a
call. Retries count by their last attempt; only units in which a single provider failed, or none,
tell whether the consumer fails because of the provider.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from depmap.model.words import Kind
from depmap.tracing.calls import CODE_OF, Calls, Column, Scene
from depmap.tracing.drawing import gathered
from depmap.tracing.sorting import fresh_of, order_by
from depmap.tracing.spans import Rows
from depmap.tracing.splits import Split, Splits
from depmap.tracing.tree import Flags

_MINUTE: Final = 60_000_000_000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Units:
    """Units of each row, and what was waited for.

    Attributes:
        failed: n1 of each row.
        failed_too: k1 of each row.
        clean: n0 of each row.
        clean_failed: k0 of each row.
        weights: these four, corrected for sampling, in 1024ths.
        minute_row: for each distinct minute in which a row's ``failed`` lie: the row.
        minute: the minute, since 1970.
        retries: calls of each row that were made again after they had failed.
        failed_finally: calls of each row that failed and were not made again.
        splits: the units of each row by operation.
    """

    failed: Column
    failed_too: Column
    clean: Column
    clean_failed: Column
    weights: tuple[Column, ...]
    minute_row: Column
    minute: Column
    retries: Column
    failed_finally: Column
    splits: list[Splits]


def count_units(scene: Scene, calls: Calls, row: Column, unit: Rows, rows: int) -> Units:
    """Count the units of each row.

    Args:
        scene: the trees.
        calls: the calls.
        row: the row of each call.
        unit: the consumer's span around each call.
        rows: how many rows there are.
    """
    used = calls.observed & (unit >= 0)
    for kind in (Kind.EVENT, Kind.MESSAGING_CONSUME):
        used &= calls.kind != CODE_OF[kind]
    chosen = np.flatnonzero(used)
    calls, row, unit = calls.take(chosen), row[chosen], unit[chosen]
    failed, again = _outcomes(scene, calls, row, unit)
    failing = _failing_providers(scene, unit[failed], calls.provider[failed])
    asked = _asked(calls, row, unit, failed)
    pair = asked.pairs()
    alone = pair.failed & (failing[pair.unit] == 1)
    clean = failing[pair.unit] == 0
    masks = _masks(scene, pair.unit, alone, clean)
    counts = [np.bincount(pair.row[mask], minlength=rows) for mask in masks]
    weight = scene.tree.nodes.weight[pair.unit]
    stands = [np.bincount(pair.row[mask], weights=weight[mask], minlength=rows) for mask in masks]
    minute_row, minute = _minutes(scene, pair.row[alone], pair.unit[alone])
    single = alone & (pair.failing == 1)
    return Units(
        failed=counts[0],
        failed_too=counts[1],
        clean=counts[2],
        clean_failed=counts[3],
        weights=tuple(column.astype(np.int64) for column in stands),
        minute_row=minute_row,
        minute=minute,
        retries=np.bincount(row[again], minlength=rows),
        failed_finally=np.bincount(row[failed], minlength=rows),
        splits=_splits(scene, asked, single[pair.of] & asked.failed, clean[pair.of], rows),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What each unit asked of each row, by unit, row and operation.

    Attributes:
        unit: the consumer's span.
        row: the row.
        operation: what was asked for.
        failed: whether a call of it finally failed.
    """

    unit: Rows
    row: Column
    operation: Column
    failed: Flags

    def pairs(self) -> _Pairs:
        """Return the distinct pairs of unit and row."""
        fresh = fresh_of(self.unit, self.row)
        first = np.flatnonzero(fresh)
        failing = np.add.reduceat(self.failed, first, dtype=np.int64) if len(first) else first
        return _Pairs(
            self.unit[first], self.row[first], failing > 0, failing, np.cumsum(fresh) - 1
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Distinct pairs of unit and row.

    Attributes:
        unit: the consumer's span.
        row: the row.
        failed: whether any call finally failed.
        failing: how many operations did.
        of: the pair of each of ``_Asked``.
    """

    unit: Rows
    row: Column
    failed: Flags
    failing: Column
    of: Column


def _asked(calls: Calls, row: Column, unit: Rows, failed: Flags) -> _Asked:
    order = order_by(unit, row, calls.operation)
    unit, row, operation = unit[order], row[order], calls.operation[order]
    first = np.flatnonzero(fresh_of(unit, row, operation))
    any_failed = np.logical_or.reduceat(failed[order], first) if len(first) else failed
    return _Asked(unit[first], row[first], operation[first], any_failed)


def _masks(scene: Scene, unit: Rows, alone: Flags, clean: Flags) -> tuple[Flags, ...]:
    """Return which units make up n1, k1, n0 and k0."""
    too = scene.failure[unit]
    return alone, alone & too, clean, clean & too


def _splits(scene: Scene, asked: _Asked, alone: Flags, clean: Flags, rows: int) -> list[Splits]:
    """Return the units of each row by operation."""
    some = np.flatnonzero(alone | clean)
    unit, row, operation = asked.unit[some], asked.row[some], asked.operation[some]
    doing = scene.operation[unit]
    order = order_by(row, doing, operation)
    columns = row[order], doing[order], operation[order]
    fresh = fresh_of(*columns)
    code = np.empty(len(order), dtype=np.int64)
    code[order] = np.cumsum(fresh) - 1
    first = np.flatnonzero(fresh)
    masks = _masks(scene, unit, alone[some], clean[some])
    counts = [np.bincount(code[mask], minlength=len(first)).tolist() for mask in masks]
    minute_code, minute = _minutes(scene, code[masks[0]], unit[masks[0]])
    minutes = gathered(len(first), minute_code, minute.tolist())
    names = [scene.operations[at] for at in columns[1][first].tolist()]
    asked_for = [scene.operations[at] for at in columns[2][first].tolist()]
    found = list(map(Split, names, asked_for, *counts, minutes))
    return gathered(rows, columns[0][first], found)


def _failing_providers(scene: Scene, unit: Rows, provider: Column) -> Column:
    """Return how many providers failed in each node's span, given every final failure."""
    providers = len(scene.names)
    failing = np.unique(unit * providers + provider) // max(providers, 1)
    return np.bincount(failing, minlength=len(scene.tree.nodes))


def _minutes(scene: Scene, row: Column, unit: Rows) -> tuple[Column, Column]:
    """Return the distinct minutes in which units of each row lie: the row, and the minute."""
    start = scene.tree.nodes.start[unit]
    timed = start > 0
    found = np.unique(np.stack([row[timed], start[timed] // _MINUTE]), axis=1)
    return found[0], found[1]


def _outcomes(scene: Scene, calls: Calls, row: Column, unit: Rows) -> tuple[Flags, Flags]:
    """Tell the calls that failed and were not tried again, and those that failed and were.

    A call is tried again by the next one of the same unit to the same provider and operation
    that begins after it ended.
    """
    nodes = scene.tree.nodes
    finally_failed, retried = np.zeros((2, len(calls)), dtype=np.bool_)
    failing = np.bincount(unit[calls.failure], minlength=len(nodes)) > 0
    some = np.flatnonzero(failing[unit])
    calls, row, unit = calls.take(some), row[some], unit[some]
    node = np.where(calls.caller >= 0, calls.caller, calls.called)
    start = nodes.start[node]
    end = start + np.maximum(nodes.duration[node], 0)
    order = order_by(unit, row, calls.operation, start, end, nodes.span[node])
    failed = calls.failure[order]
    again = np.zeros(len(order), dtype=np.bool_)
    here, after = order[:-1], order[1:]
    again[:-1] = (
        (unit[here] == unit[after])
        & (row[here] == row[after])
        & (calls.operation[here] == calls.operation[after])
        & (start[after] >= end[here])
        & (start[here] > 0)
    )
    finally_failed[some[order]] = failed & ~again
    retried[some[order]] = failed & again
    return finally_failed, retried
