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
from depmap.tracing.calls import CODE_OF, RULE_CODE, Calls, Column, Scene
from depmap.tracing.parts import CALLED
from depmap.tracing.sorting import order_by
from depmap.tracing.spans import Rows
from depmap.tracing.tree import Flags, nearest

SKEW_NS: Final = 1_000_000
"""By how much a call may outlive its consumer's span and still count as waited for."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Waits:
    """Whom each call belongs to, and whether it was waited for.

    Attributes:
        unit: the consumer's span around each call; -1: none.
        idle: whether the consumer did not wait for it.
        outlived: whether it went on after that span had ended.
    """

    unit: Rows
    idle: Flags
    outlived: Flags

    def take(self, rows: Column) -> Waits:
        """Return some of the rows."""
        return Waits(self.unit[rows], self.idle[rows], self.outlived[rows])


def waits_of(scene: Scene, calls: Calls) -> Waits:
    """Find whom each call belongs to, and whether it was waited for."""
    unit = unit_of(scene, calls)
    return Waits(unit, *unwaited(scene, calls, unit))


def unit_of(scene: Scene, calls: Calls) -> Rows:
    """Return the consumer's span around each call: its nearest span that was called, or its root.

    -1 where there is none but the call's own span.
    """
    service = scene.service
    stop = (service >= 0) & (
        (scene.tree.nodes.side == CALLED) | (scene.service_at(scene.above) != service)
    )
    around = nearest(scene.tree.parent, stop)
    within = calls.within
    unit = np.where(within < 0, -1, around[within])
    return np.where(unit == calls.caller, -1, unit)


def unwaited(scene: Scene, calls: Calls, unit: Rows) -> tuple[Flags, Flags]:
    """Tell the calls that their consumer did not wait for, and those that outlived its span.

    These are events, calls that only follow from what they refer to, and calls that begin after
    the consumer's span ended or outlive it. One that outlives it and failed is a time-out, which
    was waited for.
    """
    nodes = scene.tree.nodes
    node = np.where(calls.caller >= 0, calls.caller, calls.called)
    start, end = nodes.start[node], nodes.start[node] + np.maximum(nodes.duration[node], 0)
    begun = nodes.start[unit]
    ended = begun + nodes.duration[unit]
    timed = (unit >= 0) & (start > 0) & (begun > 0) & (nodes.duration[unit] > 0)
    late = timed & (start >= ended)
    event = calls.kind == CODE_OF[Kind.EVENT]
    longer = timed & (end > ended + SKEW_NS) & ~event
    follows = (calls.called >= 0) & scene.tree.follows[calls.called]
    idle: Flags = event | follows | late | (longer & ~calls.error)
    idle |= calls.rule == RULE_CODE["reference"]
    return idle, longer


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
    failed, again = _outcomes(scene, calls.take(chosen), row[chosen], unit[chosen])
    unit, row, provider = unit[chosen], row[chosen], calls.provider[chosen]
    failing = _failing_providers(scene, unit[failed], provider[failed])
    pair, of_pair = np.unique(unit * rows + row, return_inverse=True)
    at, which = pair // max(rows, 1), pair % max(rows, 1)
    alone = np.zeros(len(pair), dtype=np.bool_)
    np.logical_or.at(alone, of_pair, failed)
    alone &= failing[at] == 1
    clean = failing[at] == 0
    too = scene.failure[at]
    masks = (alone, alone & too, clean, clean & too)
    counts = [np.bincount(which[mask], minlength=rows) for mask in masks]
    weight = scene.tree.nodes.weight[at]
    stands = [np.bincount(which[mask], weights=weight[mask], minlength=rows) for mask in masks]
    minute_row, minute = _minutes(scene, which[alone], at[alone])
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
    )


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
