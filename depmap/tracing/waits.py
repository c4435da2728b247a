"""Whom each call belongs to, and whether its consumer waited for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from depmap.model.words import Kind
from depmap.tracing.calls import CODE_OF, RULE_CODE, Calls, Column, Scene
from depmap.tracing.parts import CALLED
from depmap.tracing.spans import Rows
from depmap.tracing.tree import Flags, nearest

SKEW_NS: Final = 1_000_000
"""By how much a call may outlive its consumer's span and still count as waited for."""


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
