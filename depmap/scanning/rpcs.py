"""Remote calls by a contract: gRPC and nameko, joined by address or by the contract's name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from depmap.model.evidence import Evidence
from depmap.model.words import Kind, Source, Strength
from depmap.scanning.addresses import Address
from depmap.scanning.calls import further, is_rpc, noted, strength_of, sureness
from depmap.scanning.gathering import Gathering, Target

if TYPE_CHECKING:
    from depmap.model.facts import Route, Use
    from depmap.scanning.estate import Service

BY_NAME = 0.75
"""Confidence where the address is unknown, and one service alone offers the contract."""

BY_BROKER = 0.9
"""Confidence where the name itself is the address."""


def join_rpcs(g: Gathering) -> None:
    """Turn calls of contracts into evidence."""
    for use in g.uses:
        if not is_rpc(use):
            continue
        owners = g.owners(use)
        if not owners:
            g.miss(f"who calls {use.operations[0]}", "the file belongs to no service", g.at(use))
        for consumer in owners:
            _join(g, use, consumer)


def _join(g: Gathering, use: Use, consumer: Service) -> None:
    operation = str(use.operations[0])
    offers = [(one, route) for one, route in g.offered if _same(use, operation, route)]
    targets = [one for value in use.targets for one in g.reach(use, value, consumer)]
    found = [one for one in targets if one.service is not None]
    deployed = [one for one in found if one.address.settings] or found
    sole = {one.name for one, _ in offers if one is not consumer}
    least = (BY_BROKER if use.kind is Kind.RPC else BY_NAME) * use.certainty
    deployed = [
        replace(one, confidence=max(one.confidence, least))
        if one.service is not None and sole == {one.service.name}
        else one
        for one in deployed
    ]
    if not deployed:
        others = [one for one, _ in offers if one is not consumer]
        usual = [one for one in others if not one.variant]
        names = sorted({one.name for one in usual or others})
        if not names:
            _unresolved(g, use, operation, targets)
        sure = least / max(1, len(names))
        deployed = [Target(g.estate.named(name), Address(confidence=sure), sure) for name in names]
    for provider in {one.service.name: one for one in deployed if one.service}.values():
        if provider.service is not consumer:
            _claim(g, use, consumer, provider, offers)


def _same(use: Use, operation: str, route: Route) -> bool:
    """Whether a route is the operation that is called; packages may be known on one side only."""
    if use.system != route.protocol:
        return False
    if route.path == operation:
        return True
    called, offered = operation.split("/"), route.path.split("/")
    if len(called) != len(offered) or offered[-1] not in {called[-1], "*"}:
        return False
    short = [names[0].rpartition(".")[2] for names in (called, offered)]
    whole = "." in called[0] and "." in offered[0]
    return short[0] == short[1] and (not whole or called[0] == offered[0])


def _claim(
    g: Gathering,
    use: Use,
    consumer: Service,
    target: Target,
    offers: list[tuple[Service, Route]],
) -> None:
    provider = target.service
    assert provider is not None  # noqa: S101 - checked by the caller
    own = [route for service, route in offers if service is provider]
    confidence, reason = sureness(use, target)
    if not use.targets and use.kind is Kind.GRPC:
        reason += f"; {provider.name} alone offers the contract"
    places = [g.at(use), *further(g, use), *g.shown(target.address.settings)]
    g.claim(
        Evidence(
            consumer=consumer.name,
            provider=provider.name,
            kind=use.kind,
            source=Source.CODE,
            locators=tuple(dict.fromkeys([*places, *(g.at(route) for route in own[:1])])),
            operation=_fullest(str(use.operations[0]), own),
            protocol=use.system,
            confidence=confidence,
            strength=strength_of(use, consumer),
            reason=noted(use, consumer, reason),
            at_start=use.at_start,
        ),
        target.address.keys if use.alive else (),
    )
    if use.at_start and use.strength is Strength.STRONG:
        g.connected.add((consumer.name, provider.name))


def _fullest(called: str, own: list[Route]) -> str:
    """The operation with its package, which may be known on one side only."""
    named = [route.path for route in own if "." in route.path and not route.path.endswith("*")]
    return max([called, *named], key=len)


def _unresolved(g: Gathering, use: Use, operation: str, targets: list[Target]) -> None:
    shown = " or ".join(str(value) for value in use.targets)
    missing = sorted({name for target in targets for name in target.address.missing})
    why = "no service is known to offer it"
    if missing:
        why = f"nothing gives {', '.join(missing)} a value, and {why}"
    at = f" at {shown}" if shown else ""
    g.miss(f"the provider of {operation}{at}", why, g.at(use))
