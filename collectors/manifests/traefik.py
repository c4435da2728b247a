"""Traefik: routes by labels of the units behind it, and by its own files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from depmap.model.facts import Use, Value
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from depmap.model.deployed import Unit

_RULE = re.compile(r"traefik\.(?:http|tcp)\.routers\.([\w-]+)\.rule|traefik\.frontend\.rule")
_PATH = re.compile(r"Path(?:Prefix)?(?:Strip)?(?:\(|:)\s*[`'\"]?([^`'\",)\s;]+)")


def labelled(
    units: Mapping[str, Unit], labels: Mapping[str, Mapping[str, tuple[str, str]]]
) -> Iterator[Use]:
    """Yield what Traefik passes on by the labels of a project's units.

    Args:
        units: the units of the project by name.
        labels: the labels of each with their places.
    """
    gateways = [name for name, unit in units.items() if "traefik" in unit.image.rpartition("/")[2]]
    for gateway in gateways:
        for name, held in labels.items():
            for key, (rule, at) in held.items():
                if _RULE.fullmatch(key) is None or name == gateway:
                    continue
                yield passed_on(
                    units[gateway].root, at, units[gateway].name, f"http://{name}", paths(rule)
                )


def paths(rule: str) -> list[str]:
    """The paths of a rule; ``/`` where it is only about hosts.

    >>> paths("Host(`a`) && (PathPrefix(`/b`) || Path(`/c`))")
    ['/b', '/c']
    """
    return _PATH.findall(rule) or ["/"]


def passed_on(root: str, at: str, gateway: str, target: str, found: list[str]) -> Use:
    """The fact that a gateway passes requests for some paths on."""
    return Use(
        root=root,
        locator=at,
        kind=Kind.HTTP,
        system="http",
        targets=(Value.literal(target),),
        method="*",
        operations=tuple(Value.literal(path) for path in found[:1]),
        strength=Strength.STRONG,
        reason="requests are passed on",
        unit=gateway,
    )
