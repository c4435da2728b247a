"""Units that are one thing under several names: in compose, in a cluster, in versions."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from depmap.model.words import NodeKind
from depmap.scanning.addresses import image_system
from depmap.scanning.estate import normal
from depmap.scanning.images import image_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from depmap.model.deployed import Unit

_SUFFIX = re.compile(r"-(?:deployment|deploy|depl|dep|statefulset|sts|pod|workload|app)$")
_STORE = re.compile(r"-(?:db|database|postgres|mysql|mongo|redis|cache|queue|broker)$")
_VERSION = re.compile(r"-v\d+$")


def united(units: Iterable[Unit]) -> dict[str, str]:
    """Return the name that each unit has in the estate, by its normal name, where it differs."""
    held = list(units)
    composed = {normal(unit.name): unit for unit in held if unit.platform == "compose"}
    clustered = [unit for unit in held if unit.platform == "kubernetes"]
    stores: dict[str, list[Unit]] = defaultdict(list)
    for unit in held:
        if not unit.variant:
            stores[image_system(unit.image)].append(unit)
    joined = _joined([*composed.values(), *clustered])
    found: dict[str, str] = {}
    for unit in clustered:
        own = normal(unit.name)
        if own in composed:
            continue
        other = next((composed[name] for name in _like(unit) if name in composed), None)
        alike = joined[own.replace("-", "")]
        if other is None and normal(alike.name) != own:
            other = alike
        if other is None:
            other = (
                _same_image(unit, composed.values())
                or _same_store(unit, stores)
                or _of_project(unit, composed.values())
            )
        if other is not None:
            found[own] = other.name
    found.update(_versions(clustered, composed))
    return found


def _joined(units: list[Unit]) -> dict[str, Unit]:
    """Of units whose names only differ in how words are joined, the one that parts them most."""
    found: dict[str, Unit] = {}

    def rank(one: Unit) -> tuple[bool, int, str]:
        return one.platform != "compose", -normal(one.name).count("-"), one.name

    for unit in sorted(units, key=rank):
        found.setdefault(normal(unit.name).replace("-", ""), unit)
    return found


def _like(unit: Unit) -> Iterator[str]:
    """Names under which compose, or another set of files, may know a workload."""
    yield from map(normal, unit.names)
    short = _SUFFIX.sub("", normal(unit.name))
    if short != normal(unit.name):
        yield from (short, f"{short}-service", f"{short}-svc")


def _same_image(unit: Unit, others: Iterable[Unit]) -> Unit | None:
    if unit.kind is not NodeKind.SERVICE or not unit.image:
        return None
    image = image_name(unit.image)
    found = [
        one for one in others if one.kind is NodeKind.SERVICE and image_name(one.image) == image
    ]
    return found[0] if len(found) == 1 else None


def _same_store(unit: Unit, stores: Mapping[str, list[Unit]]) -> Unit | None:
    """The store of compose that a cluster has, where each has but one of that system."""
    system = image_system(unit.image)
    alike = stores.get(system, []) if system else []
    there = {normal(one.name): one for one in alike if one.platform == "compose"}
    here = {normal(one.name) for one in alike if one.platform == "kubernetes"}
    return next(iter(there.values())) if len(there) == len(here) == 1 else None


def _of_project(unit: Unit, others: Iterable[Unit]) -> Unit | None:
    """The one unit, stores left out, that the compose project of a workload's name builds."""
    found = [
        one
        for one in others
        if one.build is not None
        and normal(one.project.rpartition("/")[2]) == normal(unit.name)
        and not (one.variant or _STORE.search(normal(one.name)))
    ]
    return found[0] if len(found) == 1 and unit.kind is NodeKind.SERVICE else None


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
