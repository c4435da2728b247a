"""HTTP calls: which service they reach, and which of its routes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from depmap.model.evidence import ONLY_AS_FALLBACK, Evidence
from depmap.model.finding import Finding, Severity
from depmap.model.words import Kind, NodeKind, Source, Strength
from depmap.scanning.addresses import filled
from depmap.scanning.answering import answering

if TYPE_CHECKING:
    from depmap.model.facts import Route, Use, Value
    from depmap.scanning.estate import Service
    from depmap.scanning.gathering import Gathering, Target

DEAD = 0.3
"""Confidence of a call in code that nothing reaches."""

BY_PATH = "its address is not known, and nobody else answers such a path"

_INTAKES = ("/api/v1/spans", "/api/v2/spans", "/v1/traces", "/v1/metrics", "/v1/logs",
            "/loki/api/v1/push")  # fmt: skip
"""Paths at which telemetry is taken in."""

_OFF = frozenset({"", "0", "false", "no", "off", "none", "disabled"})


def join_calls(g: Gathering) -> None:
    """Turn HTTP uses and exports of telemetry into evidence."""
    for use in g.uses:
        if use.kind not in {Kind.HTTP, Kind.MONITORING, Kind.GRPC} or is_rpc(use):
            continue
        owners = g.owners(use)
        if not owners:
            shown = " or ".join(str(value) for value in use.targets)
            g.miss(f"who calls {shown}", "the file belongs to no service", g.at(use))
        for consumer in owners:
            _join(g, use, consumer)
    for (consumer_name, provider_name), places in sorted(g.endless.items()):
        g.findings.append(
            Finding(
                rule="no-timeout",
                subjects=(consumer_name, provider_name),
                message=f"{consumer_name} waits without a limit of time for {provider_name}",
                severity=Severity.LOW,
                locators=tuple(sorted(set(places))),
            )
        )


def is_rpc(use: Use) -> bool:
    """Whether a use names the operation of a contract, which is matched by that name."""
    return use.system in {"grpc", "nameko", "nest"} and not use.method and bool(use.operations)


def _join(g: Gathering, use: Use, consumer: Service) -> None:
    targets = [
        (value, target) for value in use.targets for target in g.reach(use, value, consumer)
    ]
    found = [(value, one) for value, one in targets if one.service is not None]
    if not found and use.kind is Kind.HTTP:
        meant = [answering(g, use, pair, consumer, match) for pair in targets]
        found = [(value, one) for (value, _), one in zip(targets, meant, strict=True) if one]
        use = replace(use, reason="; ".join(filter(None, (use.reason, BY_PATH)))) if found else use
    if not found:
        if use.kind is not Kind.MONITORING:
            _unresolved(g, use, targets)
            g.blind.add(consumer.name)
        return
    deployed = [pair for pair in found if pair[1].address.settings] or found
    seen: set[tuple[str, str]] = set()
    for _, target in deployed:
        assert target.service is not None  # noqa: S101 - filtered above
        if target.service is consumer:
            continue
        key = (target.service.name, target.address.path)
        if key not in seen:
            seen.add(key)
            _claim(g, use, consumer, target)


_KINDS = {NodeKind.EXTERNAL: Kind.EXTERNAL, NodeKind.SEARCH: Kind.SEARCH}
"""What a plain call is of those who are no services."""


def _unresolved(g: Gathering, use: Use, targets: list[tuple[Value, Target]]) -> None:
    shown = " or ".join(str(value) for value, _ in targets) or "an unknown address"
    missing = sorted({name for _, target in targets for name in target.address.missing})
    if missing:
        why = f"nothing gives {', '.join(missing)} a value"
    elif any(target.address.known for _, target in targets):
        why = "no service is known to listen there"
    else:
        why = "the address is not known before it runs"
    g.miss(f"the provider of {use.method or 'a call of'} {shown}", why, g.at(use))


def _claim(g: Gathering, use: Use, consumer: Service, target: Target) -> None:
    provider = target.service
    assert provider is not None  # noqa: S101 - checked by the caller
    operation, route = "", None
    if use.kind is Kind.HTTP and target.address.path.rstrip("/").endswith(_INTAKES):
        use = replace(use, kind=Kind.MONITORING, strength=Strength.OPTIONAL)
    if use.kind is not Kind.MONITORING:
        operation, route = _operation(g, use, provider, target)
    plain = use.kind is Kind.HTTP and not (
        provider.kind is NodeKind.EXTERNAL and provider.deployed
    )
    places = [g.at(use), *further(g, use), *g.shown(target.address.settings)]
    confidence, reason = sureness(use, target)
    reason = noted(use, consumer, reason)
    row = Evidence(
        consumer=consumer.name,
        provider=provider.name,
        kind=_KINDS.get(provider.kind, use.kind) if plain else use.kind,
        source=_source(use),
        locators=tuple(dict.fromkeys([*places, *([g.at(route)] if route else [])])),
        operation=operation,
        protocol=use.system,
        confidence=confidence,
        strength=strength_of(use, consumer),
        reason=reason,
        at_start=use.at_start,
    )
    g.claim(row, target.address.keys if use.alive else ())
    if use.endless and use.alive:
        g.endless[consumer.name, provider.name].append(g.at(use))
    if use.at_start and use.strength is Strength.STRONG and use.kind is not Kind.MONITORING:
        g.connected.add((consumer.name, provider.name))


def _source(use: Use) -> Source:
    return Source.CODE if use.file.endswith(".py") else Source.DEPLOYMENT


def strength_of(use: Use, consumer: Service) -> Strength:
    """The strength of a use by a service: optional where what switches it on is off."""
    return Strength.OPTIONAL if _off(use, consumer) else use.strength


def _off(use: Use, consumer: Service) -> list[str]:
    """The switches of a use that are off for a service."""
    return [
        name for name in use.guards
        if (setting := consumer.settings.get(name)) is None
        or (not setting.secret and not setting.source and setting.value.casefold() in _OFF)
    ]  # fmt: skip


def noted(use: Use, consumer: Service, reason: str) -> str:
    """A reason, with the switches that are off."""
    off = _off(use, consumer)
    return "; ".join(
        filter(None, (f"only where {' and '.join(off)} is set" if off else "", reason))
    )


def further(g: Gathering, use: Use) -> list[str]:
    """The further places of a use, as locators."""
    return [f"{use.root}/{one}" if g.several and use.root else one for one in use.further]


def sureness(use: Use, target: Target) -> tuple[float, str]:
    """How sure a call is, and the reason for its strength and for the doubt."""
    if not use.alive:
        return min(DEAD, target.confidence), f"nothing calls this code; {use.reason}"
    notes = [use.reason]
    if use.fallback:
        notes.append(ONLY_AS_FALLBACK)
    if target.address.looked_up:
        notes.append(f"the address is looked up by the name {target.address.looked_up}")
    elif not target.address.known and target.address.missing:
        notes.append(f"nothing gives {target.address.missing[0]} a value, it has the name of it")
    elif target.address.keys and not target.address.settings:
        notes.append(f"by the default of {', '.join(target.address.keys)}")
    return target.confidence, "; ".join(filter(None, notes))


def _operation(
    g: Gathering, use: Use, provider: Service, target: Target
) -> tuple[str, Route | None]:
    path = plain(target.address.path or "/")
    if use.operations and not use.method:  # a library that names its own operations
        return filled(use.operations[0], provider), None
    if use.operations:  # a proxy: the location that is passed on
        location = filled(use.operations[0], provider) or "/"
        return f"{use.method} {location}", None
    routes = g.routes.get(provider.name, [])
    route = match(use.method, path, routes)
    if route is not None:
        method = route.method if use.method == "*" else use.method
        return f"{method} {route.path}", route
    if routes and provider.thorough and use.method != "*" and not path.startswith("{}"):
        g.findings.append(
            Finding(
                rule="no-such-route",
                subjects=(provider.name, f"{use.method} {path}"),
                message=f"{use.method} {path} is called, and {provider.name} has no such route",
                severity=Severity.MEDIUM,
                locators=(g.at(use),),
            )
        )
    return f"{use.method} {_templated(path)}", None


def _templated(path: str) -> str:
    """A path that no route explains: numbers in it are probably somebody's id."""
    return "/".join("{}" if part.isdecimal() else part for part in path.split("/"))


def plain(path: str) -> str:
    """A called path with what is unknown as ``{}``, without a slash at its end."""
    parts = ["{}" if "{" in part else part for part in re.sub("//+", "/", path).split("/")]
    return "/".join(parts).rstrip("/") or "/"


def match(method: str, path: str, routes: list[Route]) -> Route | None:
    """Return the route that a call reaches, which has as many parts as the call; None for none.

    Of several, it is the one with most parts alike. What is unknown of a call fits a literal part
    too, at the cost of one that is alike; but not where any method will do (``*``).
    """
    wanted = path.split("/")
    best: tuple[tuple[int, int], Route] | None = None
    for route in routes:
        if method not in {route.method, "*"} and route.method != "*":
            continue
        score = _score(wanted, route.path.split("/"), guess=method != "*")
        if score is not None and (best is None or score > best[0]):
            best = (score, route)
    return best[1] if best is not None else None


def _score(called: list[str], offered: list[str], *, guess: bool) -> tuple[int, int] | None:
    """How well a route fits; what is passed on as it comes, by any method, names no route."""
    if len(called) != len(offered):
        return None
    same = holes = 0
    for one, other in zip(called, offered, strict=True):
        if one == other:
            same += 1
            holes += one == "{}"
        elif other == "{}" and one:
            continue
        elif one == "{}" and guess:
            same -= 1
        else:
            return None
    return same, holes
