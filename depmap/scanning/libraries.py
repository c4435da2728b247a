"""Code and libraries that several services have in common."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from depmap.model.evidence import Shared
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from depmap.model.deployed import Package
    from depmap.scanning.estate import Service
    from depmap.scanning.gathering import Gathering

SHORTEST = 2

APART = 0.45
"""Confidence that two versions matter to services that exchange nothing."""


def join_libraries(g: Gathering) -> None:
    """Find code that belongs to several services, and libraries they pin apart."""
    _common_code(g)
    _versions(g)


def _common_code(g: Gathering) -> None:
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    places: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (root, path), owners in g.estate.owned().items():
        module = g.files.modules.get((root, path))
        apart = len({service.path for service in owners}) >= SHORTEST
        if module is None or not apart or not module.shared:
            continue  # units of one folder are one code base under several names
        key = (root, tuple(sorted(service.name for service in owners)))
        groups[key].append(posixpath.dirname(path))
        places[key].append(g.at(module))
    for (root, members), folders in sorted(groups.items()):
        g.share(
            Shared(
                kind=Kind.SHARED_LIBRARY,
                resource=posixpath.commonpath(folders) or root,
                members=members,
                strength=Strength.STRONG,
                confidence=0.8,
                locators=tuple(sorted(places[root, members])),
            )
        )


def _versions(g: Gathering) -> None:
    pinned: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for package in g.packages:
        version = package.version
        for service in _folder_owners(g, package):
            if version:
                pinned[package.name].setdefault(service.name, (version, g.at(package)))
    meeting = _meeting(g)
    for name, held in sorted(pinned.items()):
        by_major: dict[str, list[str]] = defaultdict(list)
        for member, (version, _) in sorted(held.items()):
            by_major[_major(version)].append(f"{version}: {member}")
        if len(by_major) >= SHORTEST:
            apart = {
                (one, other)
                for one, (version, _) in held.items()
                for other, (another, _) in held.items()
                if _major(version) != _major(another)
            }
            g.share(
                Shared(
                    kind=Kind.LIBRARY_CONFLICT,
                    resource=name,
                    members=tuple(sorted(held)),
                    resources=tuple(", ".join(lines) for _, lines in sorted(by_major.items())),
                    strength=Strength.WEAK,
                    confidence=1.0 if apart & meeting else APART,
                    locators=tuple(place for _, (_, place) in sorted(held.items())),
                )
            )


def _meeting(g: Gathering) -> set[tuple[str, str]]:
    """Services that exchange something: by a call, or by a store or broker that both use."""
    users: dict[str, set[str]] = defaultdict(set)
    for consumer, provider in g.met:
        users[provider].update((consumer, provider))
    found = set(g.met) | {(other, one) for one, other in g.met}
    for provider, held in users.items():
        service = g.estate.named(provider)
        if service is not None and service.kind.is_infrastructure:
            found |= {(one, other) for one in held for other in held}
    return found


def _folder_owners(g: Gathering, package: Package) -> tuple[Service, ...]:
    owners = g.owners(package)
    if owners:
        return owners
    folder = posixpath.dirname(package.file)
    return tuple(
        service
        for service in g.estate.services.values()
        if service.kind.is_service and service.path == (folder or ".")
    )


def _major(version: str) -> str:
    """The part of a version that changes with what breaks: the minor one before 1.0.

    >>> _major("2.3.1"), _major("0.4.9")
    ('2', '0.4')
    """
    numbers = re.findall(r"\d+", version)
    if not numbers:
        return version
    return ".".join(numbers[:2]) if numbers[0] == "0" else numbers[0]
