"""What changed between two snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from depmap.history.drift import RateChange, rate_changes

if TYPE_CHECKING:
    from depmap.model.dependency import Dependency
    from depmap.model.snapshot import Snapshot
    from depmap.model.words import Kind

SELDOM: Final = 0.01
"""Below so many per cent the number itself says nothing."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference.

    Attributes:
        what: "added", "removed", "strength", "rate", "phase", "node added", "node removed".
        subject: ``consumer -> provider (kind)``, or a node.
        before: the former value; empty where there was none.
        after: the new value; empty where there is none.
        basis: what it rests on, in words: who says so, how sure, of how much.
    """

    what: str
    subject: str
    before: str = ""
    after: str = ""
    basis: str = ""


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
        f"90 % interval {item.low:.2f} to {item.high:.2f} times, from {item.days[0]} days before "
        f"and {item.days[1]} after; of changes as striking as this, {_chance(item)} are chance",
    )


def _chance(item: RateChange) -> str:
    share = 100 * item.q_value
    return f"{share:.2g} %" if share >= SELDOM else f"fewer than {SELDOM} %"


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
        Change("added", _name(after[key]), "", _strength(after[key]), _exists(after[key]))
        for key in after.keys() - before.keys()
    ]
    found += [
        Change("removed", _name(before[key]), _strength(before[key]), basis=_gone(key, new))
        for key in before.keys() - after.keys()
    ]
    for key in before.keys() & after.keys():
        one, other = _strength(before[key]), _strength(after[key])
        if one != other and "undetermined" not in {one, other}:
            basis = f"{_sure(before[key])} before; {_sure(after[key])} now"
            found.append(Change("strength", _name(after[key]), one, other, basis))
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


def _exists(item: Dependency) -> str:
    return (
        f"confidence {_probability(item.confidence)} from {', '.join(item.sources) or 'no source'}"
    )


def _gone(key: tuple[str, str, Kind], new: Snapshot) -> str:
    """Return what is left of a dependency that is not confirmed any more."""
    left = [item for item in new.matrix.dependencies if item.key == key]
    return f"not confirmed: {_exists(left[0])}" if left else "no source names it any more"


def _sure(item: Dependency) -> str:
    view = item.strength
    sources = ", ".join(source for source, _ in view.said)
    told = f"strong with probability {_probability(view.probability)}"
    return f"{told} ({sources})" if sources else told


def _probability(value: float) -> str:
    """Return a probability; an estimate is never a certainty."""
    low, high = 0.005, 0.995
    return "<0.01" if value < low else ">0.99" if value >= high else f"{value:.2f}"
