"""Units that are one thing under several names: in compose, in a cluster, in versions."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from depmap.model.words import NodeKind
from depmap.scanning.estate import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from depmap.model.deployed import Unit

_SUFFIX = re.compile(r"-(?:deployment|deploy|depl|dep|statefulset|sts|pod|workload|app)$")
_VERSION = re.compile(r"-v\d+$")


def united(units: Iterable[Unit]) -> dict[str, str]:
    """Return the name that each unit has in the estate, by its normal name, where it differs."""
    held = list(units)
    composed = {normal(unit.name): unit for unit in held if unit.platform == "compose"}
    clustered = [unit for unit in held if unit.platform == "kubernetes"]
    found: dict[str, str] = {}
    for unit in clustered:
        own = normal(unit.name)
        if own in composed:
            continue
        other = next((composed[name] for name in _like(unit) if name in composed), None)
        if other is None:
            other = _same_image(unit, composed.values())
        if other is not None:
            found[own] = other.name
    found.update(_versions(clustered, composed))
    return found


def _like(unit: Unit) -> Iterator[str]:
    """Names under which compose may know a workload."""
    yield from map(normal, unit.names)
    short = _SUFFIX.sub("", normal(unit.name))
    if short != normal(unit.name):
        yield short


def _same_image(unit: Unit, others: Iterable[Unit]) -> Unit | None:
    if unit.kind is not NodeKind.SERVICE or not unit.image:
        return None
    image = _image(unit)
    found = [one for one in others if one.kind is NodeKind.SERVICE and _image(one) == image]
    return found[0] if len(found) == 1 else None


def _image(unit: Unit) -> str:
    return unit.image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _versions(units: list[Unit], composed: dict[str, Unit]) -> dict[str, str]:
    """Workloads that are versions of what one Service selects."""
    behind: dict[str, set[str]] = defaultdict(set)
    for unit in units:
        short = _VERSION.sub("", normal(unit.name))
        for name in unit.names:
            if normal(name) == short != normal(unit.name):
                behind[name].add(normal(unit.name))
    return {
        version: composed[normal(name)].name if normal(name) in composed else name
        for name, versions in behind.items()
        for version in versions
    }
