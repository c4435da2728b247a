"""Who is started after whom: by declared order, by waiting, by connecting before it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.model.evidence import Evidence
from depmap.model.words import Kind, NodeKind, Source, Strength
from depmap.scanning.declaring import VARIANT, unused

if TYPE_CHECKING:
    from depmap.model.deployed import StartAfter
    from depmap.scanning.addresses import Address
    from depmap.scanning.estate import Service
    from depmap.scanning.gathering import Gathering

ORDERED = 0.9
"""Confidence of a declared order between services of which one uses the other."""

UNREADABLE = 0.7
"""Confidence of one whose consumer's code is not, or not wholly, understood."""

GATED = 0.55
"""Confidence of an order that is kept until the other is healthy, though nothing uses it."""

UNUSED = 0.35
"""Confidence of another order that no code bears out."""

CONNECTS = 0.75
"""The most that connecting at start says where no file declares an order."""


def join_waits(g: Gathering) -> None:
    """Turn waiting at start into evidence."""
    for wait in g.waits:
        named = g.estate.named(wait.unit) if wait.unit else None
        for consumer in (named,) if named is not None else g.owners(wait):
            for target in (one for value in wait.targets for one in g.targets(value, consumer)):
                if target.service is None or target.service is consumer:
                    continue
                g.claim(
                    Evidence(
                        consumer=consumer.name,
                        provider=target.service.name,
                        kind=Kind.STARTUP_ORDER,
                        source=Source.CODE if wait.file.endswith(".py") else Source.DEPLOYMENT,
                        locators=(g.at(wait), *g.shown(target.address.settings)),
                        operation=_asked(target.address),
                        confidence=target.confidence,
                        strength=Strength.STRONG if wait.hard else Strength.WEAK,
                        reason=wait.mechanism,
                    )
                )
                g.met.add((consumer.name, target.service.name))
                g.connected.discard((consumer.name, target.service.name))


def _asked(address: Address) -> str:
    web = address.scheme in {"http", "https"} and address.path.strip("/")
    return f"GET {address.path}" if web else ""


def join_order(g: Gathering) -> None:
    """Turn declared order, and connecting at start, into evidence."""
    declared: set[tuple[str, str]] = set()
    for fact in g.after:
        consumer, provider = g.estate.named(fact.unit), g.estate.named(fact.on)
        if consumer is None or provider is None or consumer is provider:
            continue
        declared.add((consumer.name, provider.name))
        g.claim(_after(g, fact, consumer, provider))
    # What a job calls as it runs is its work, and no start.
    jobs = {one.name for one in g.estate.services.values() if one.kind is NodeKind.JOB}
    for item in list(g.evidence):
        pair = (item.consumer, item.provider)
        if item.consumer in jobs:
            continue
        if pair in g.connected and pair not in declared and _calls(item):
            g.connected.discard(pair)
            g.evidence.append(
                Evidence(
                    consumer=item.consumer,
                    provider=item.provider,
                    kind=Kind.STARTUP_ORDER,
                    source=Source.CODE,
                    locators=item.locators,
                    confidence=min(CONNECTS, item.confidence),
                    strength=Strength.STRONG,
                    reason="it is called before the service runs, and a failure ends the start",
                )
            )


def _calls(item: Evidence) -> bool:
    return item.kind.is_call and "at start" in item.reason


def _after(g: Gathering, fact: StartAfter, consumer: Service, provider: Service) -> Evidence:
    pair = (consumer.name, provider.name)
    hard = fact.condition in {"healthy", "completed"} or pair in g.connected
    hard = hard or (consumer.kind is NodeKind.GATEWAY and not consumer.read)
    migrates = provider.kind is NodeKind.DATABASE and g.ways.migrates(consumer) and pair in g.met
    hard = hard or migrates
    confidence, reason = ORDERED, fact.mechanism
    job = fact.condition == "completed"
    if pair not in g.met and not job:
        if consumer.read and consumer.thorough and consumer.name not in g.blind:
            confidence = GATED if fact.condition == "healthy" else UNUSED
            reason = f"{fact.mechanism}, but no code of {consumer.name} uses {provider.name}"
            g.findings.append(unused(pair, "depends_on", g.at(fact)))
        else:
            confidence = UNREADABLE
    elif pair in g.connected or migrates:
        does = "connects" if pair in g.connected else "makes its tables"
        reason = f"{fact.mechanism}; it {does} at start, and a failure ends the start"
    if fact.variant:
        confidence, reason = min(confidence, VARIANT), f"{reason}; only in {fact.variant}"
    if not fact.required:
        hard, reason = False, f"{reason}; it is started without as well"
    return Evidence(
        consumer=consumer.name,
        provider=provider.name,
        kind=Kind.STARTUP_ORDER,
        source=Source.DEPLOYMENT,
        locators=(g.at(fact),),
        confidence=confidence,
        strength=Strength.STRONG if hard else Strength.WEAK,
        reason=reason,
    )
