"""Calls whose address is not known: who alone answers such a path."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from depmap.scanning.estate import is_local
from depmap.scanning.gathering import BY_VARIABLE, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from depmap.model.facts import Route, Use, Value
    from depmap.scanning.estate import Service
    from depmap.scanning.gathering import Gathering

    Match = Callable[[str, str, list[Route]], Route | None]

TELLING = 2
"""Literal parts of a path that tell whose it is: ``/items`` may be anybody's."""

_HEAD = re.compile(r"^[^/]*?://[^/]*|^[^/]*")


def answering(
    g: Gathering, use: Use, found: tuple[Value, Target], consumer: Service, match: Match
) -> Target | None:
    """The only service with a route that a call fits whose address says nothing; else None.

    Args:
        g: what the join has in hand.
        use: the call.
        found: its address, and where that leads to.
        consumer: who calls.
        match: what finds the route that a method and a path reach, of some.
    """
    value, target = found
    address = target.address
    if (address.known and not is_local(address.host)) or address.looked_up or use.method == "*":
        return None
    path = _path(value)
    if len([part for part in path.split("/") if part not in {"", "{}"}]) < TELLING:
        return None
    fitting = [
        service
        for name, service in sorted(g.estate.services.items())
        if service is not consumer
        and (route := match(use.method, path, g.routes.get(service.name, []))) is not None
        and _alike(path, route.path) >= TELLING
    ]
    if len(fitting) != 1:
        return None
    return Target(fitting[0], replace(address, path=path), BY_VARIABLE)


def _path(value: Value) -> str:
    """The path of an address, with what is unknown as ``{}``."""
    shown = "".join(part.text if part.kind == "text" else "{}" for part in value.parts)
    rest = _HEAD.sub("", shown).partition("?")[0]
    parts = ["{}" if "{" in part else part for part in re.sub("//+", "/", rest).split("/")]
    return "/".join(parts).rstrip("/")


def _alike(called: str, offered: str) -> int:
    pairs = zip(called.split("/"), offered.split("/"), strict=True)
    return sum(one == other and one not in {"", "{}"} for one, other in pairs)
