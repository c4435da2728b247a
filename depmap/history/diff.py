"""What changed between two snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.history.drift import RateChange, rate_changes

if TYPE_CHECKING:
    from depmap.model.dependency import Dependency
    from depmap.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference.

    Attributes:
        what: "added", "removed", "strength", "rate", "phase", "node added", "node removed".
        subject: ``consumer -> provider (kind)``, or a node.
        before: the former value; empty where there was none.
        after: the new value; empty where there is none.
    """

    what: str
    subject: str
    before: str = ""
    after: str = ""


def changes(old: Snapshot, new: Snapshot) -> tuple[Change, ...]:
    """Return the changes from one snapshot to another, sorted.

    Only confirmed dependencies are compared, and a strength only where both snapshots state one:
    not to know it any more is not a change of the system.
    """
    return tuple(
        sorted(
            (
                *_nodes(old, new),
                *_dependencies(old, new),
                *_phases(old, new),
                *map(_rate, _rates(old, new)),
            )
        )
    )


def _rates(old: Snapshot, new: Snapshot) -> tuple[RateChange, ...]:
    """Compare how much dependencies were used; within a quarter the days are partly the same."""
    return () if old.quarter == new.quarter else rate_changes(old.usage, new.usage)


def _rate(item: RateChange) -> Change:
    consumer, provider, kind = item.key
    unit = f"calls for each unit of {consumer}'s work" if item.by_work else "calls a day"
    return Change(
        "rate",
        f"{consumer} -> {provider} ({kind.value})",
        f"{item.before:.3g} {unit}",
        f"{item.after:.3g}, {item.ratio:.2f} times as many",
    )


def _nodes(old: Snapshot, new: Snapshot) -> list[Change]:
    before = {node.name for node in old.nodes}
    after = {node.name for node in new.nodes}
    return [
        *(Change("node added", name, after="present") for name in after - before),
        *(Change("node removed", name, before="present") for name in before - after),
    ]


def _dependencies(old: Snapshot, new: Snapshot) -> list[Change]:
    before = {item.key: item for item in old.matrix.confirmed()}
    after = {item.key: item for item in new.matrix.confirmed()}
    found = [
        Change("added", _name(after[key]), after=_strength(after[key]))
        for key in after.keys() - before.keys()
    ]
    found += [
        Change("removed", _name(before[key]), before=_strength(before[key]))
        for key in before.keys() - after.keys()
    ]
    for key in before.keys() & after.keys():
        one, other = _strength(before[key]), _strength(after[key])
        if one != other and "undetermined" not in {one, other}:
            found.append(Change("strength", _name(after[key]), one, other))
    return found


def _phases(old: Snapshot, new: Snapshot) -> list[Change]:
    before = {item.name: item.phase.value for item in old.plan.placements}
    after = {item.name: item.phase.value for item in new.plan.placements}
    return [
        Change("phase", name, before[name], after[name])
        for name in before.keys() & after.keys()
        if before[name] != after[name]
    ]


def _name(item: Dependency) -> str:
    return f"{item.consumer} -> {item.provider} ({item.kind.value})"


def _strength(item: Dependency) -> str:
    return item.strength.strength.value
