"""What deployment files declare of a unit: the base first, variants only where it says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.model.finding import Finding, Severity
from depmap.model.words import NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.deployed import Setting, Unit
    from depmap.scanning.estate import Service

VARIANT = 0.45
"""Confidence of what only a variant of the deployment says: declared, and not the usual case."""

_COMMON = 0.5
"""Share of units that have to be there without a profile for profiles to mean a choice."""


def give(setting: Setting, service: Service, platform: str) -> None:
    """Add a variable to a service's environment, and to what a platform gives it.

    The base is not changed by a variant, and no value by the mere name of where one comes from.
    """
    _give(setting, service.settings)
    _give(setting, service.others.setdefault(platform, {}))


def _give(setting: Setting, settings: dict[str, Setting]) -> None:
    held = settings.get(setting.key)
    if held is not None:
        if setting.variant and not held.variant:
            return
        known = bool(held.value or held.digest)
        if known and not (setting.value or setting.digest) and not (
            held.variant and not setting.variant
        ):  # fmt: skip
            return
    settings[setting.key] = setting


def declare(unit: Unit, service: Service, locator: str) -> None:
    """Add what a deployment file declares of a unit to its service."""
    first = not service.deployed
    usual = not unit.variant
    if first or (usual and service.variant):
        service.variant = unit.variant
        service.profiles = unit.profiles
        service.networks = frozenset(unit.networks)
    elif usual:
        service.profiles = service.profiles if unit.profiles else ()
        service.networks = service.networks | frozenset(unit.networks)
    service.deployed = True
    service.names.update((unit.name, *unit.names))
    service.project = unit.project
    service.labels.update(unit.labels)
    if unit.kind is NodeKind.SERVICE:
        service.images.update(filter(None, (unit.image,)))
    service.accounts.update(filter(None, (unit.account,)))
    if usual or not service.locators:
        service.locators.append(locator)
    if usual or not service.ports:
        for port in unit.ports:
            published, mark, internal = port.partition(":")
            service.ports.append((published, internal) if mark else ("", published))


def choose(services: Iterable[Service]) -> None:
    """Let profiles make variants, where most units are there without any."""
    units = [one for one in services if one.deployed and one.kind is not NodeKind.EXTERNAL]
    usual = [one for one in units if not one.profiles and not one.variant]
    if units and len(usual) >= _COMMON * len(units):
        for one in units:
            if one.profiles and not one.variant:
                one.variant = f"the profile {', '.join(one.profiles)}"


def doubt(confidence: float, reason: str, *ends: Service | None) -> tuple[float, str]:
    """Confidence and reason of a claim whose ends are perhaps not deployed at all."""
    for end in ends:
        if end is not None and end.variant:
            note = f"{end.name} is only deployed with {end.variant}"
            return min(confidence, VARIANT), f"{reason}; {note}" if reason else note
    return confidence, reason


def unused(pair: tuple[str, str], what: str, locator: str) -> Finding:
    """What a reviewer is told of a dependency that is declared, and that no code uses."""
    consumer, provider = pair
    return Finding(
        rule="declared-unused",
        subjects=(consumer, provider, what),
        message=f"{consumer} declares {provider} ({what}), and no code uses it",
        severity=Severity.LOW,
        locators=(locator,),
    )
