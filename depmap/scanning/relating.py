"""What deployment files say of two units outright, and whom they let through."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from depmap.model.evidence import Evidence
from depmap.model.facts import Value
from depmap.model.finding import Finding, Severity
from depmap.model.relations import Allowed, Owned, Relation
from depmap.model.words import Kind, NodeKind, Source
from depmap.scanning.addresses import resolve
from depmap.scanning.declaring import VARIANT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from depmap.scanning.estate import Service
    from depmap.scanning.gathering import Gathering

FORBIDDEN = 0.2
"""What is left of the confidence of a call that a policy does not let through."""

_BY_NODE = {
    NodeKind.DATABASE: Kind.DATABASE,
    NodeKind.CACHE: Kind.CACHE,
    NodeKind.SEARCH: Kind.SEARCH,
    NodeKind.BROKER: Kind.MESSAGING_PUBLISH,
}


@dataclass(slots=True)
class _Permitted:
    """Whom policies let through, by the service that they are about."""

    names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    places: dict[str, str] = field(default_factory=dict)
    more: set[str] = field(default_factory=set)

    def add(self, g: Gathering, fact: Allowed) -> None:
        for one in _chosen(g, fact.selector):
            self.places.setdefault(one.name, g.at(fact))
            peers = [_chosen(g, peer) for peer in fact.peers]
            self.names[one.name].update(other.name for found in peers for other in found)
            if not fact.whole or not all(peers):  # somebody is let through who is not known
                self.more.add(one.name)

    def forbids(self, one: str, other: str) -> bool:
        """Whether a service that policies are about is kept apart from another one."""
        return one in self.names and one not in self.more and other not in self.names[one]


def join_relations(g: Gathering) -> None:
    """Turn what is said outright into evidence, and doubt what no policy lets through."""
    inward, outward = _Permitted(), _Permitted()
    for fact in g.further:
        if isinstance(fact, Relation):
            for consumer in _consumers(g, fact):
                _relate(g, fact, consumer)
        elif isinstance(fact, Allowed):
            for consumer, provider in _pairs(g, fact):
                _allow(g, fact, consumer, provider)
            (inward if fact.inward else outward).add(g, fact)
    _forbid(g, inward, outward)


def _consumers(g: Gathering, fact: Relation) -> Iterable[Service]:
    if fact.consumer.startswith("selector:"):
        return _chosen(g, tuple(fact.consumer.removeprefix("selector:").split(",")))
    if not fact.consumer:
        return g.owners(fact)
    found = g.estate.named(fact.consumer)
    if found is None and fact.kind is Kind.MONITORING:
        found = g.estate.add(fact.consumer, NodeKind.EXTERNAL)
    return (found,) if found is not None else ()


def _relate(g: Gathering, fact: Relation, consumer: Service) -> None:
    given = consumer.settings.get(fact.provider)
    if given is None and re.fullmatch(r"[A-Z][A-Z0-9_]*", fact.provider):
        return  # a variable that nothing sets
    text = given.value if given is not None else fact.provider
    address = resolve(Value.literal(text), consumer)
    provider = g.estate.named(text) or g.estate.at(address.host, address.port, consumer.project)
    if provider is None:
        provider = (
            g.target(Value.literal(text), consumer).service
            if address.port or address.scheme
            else g.estate.add(text, NodeKind.EXTERNAL)
        )
    if provider is None or provider is consumer:
        return
    item = Evidence(
        consumer=consumer.name,
        provider=provider.name,
        kind=fact.kind,
        source=Source.DEPLOYMENT,
        locators=(g.at(fact),),
        operation=fact.operation,
        confidence=min(fact.confidence, VARIANT) if fact.variant else fact.confidence,
        strength=fact.strength,
        reason=f"{fact.reason}; only in {fact.variant}" if fact.variant else fact.reason,
    )
    g.claim(item)


def _chosen(g: Gathering, labels: Iterable[str]) -> list[Service]:
    """The services that labels or an identity choose."""
    wanted = set(labels)
    account = next((one.partition(":")[2] for one in wanted if one.startswith("account:")), "")
    return [
        one
        for one in sorted(g.estate.services.values(), key=lambda one: one.name)
        if (account in one.accounts if account else wanted and wanted <= one.labels)
    ]


def _pairs(g: Gathering, fact: Allowed) -> Iterator[tuple[Service, Service]]:
    for one in _chosen(g, fact.selector):
        for peer in fact.peers:
            for other in _chosen(g, peer):
                if one is not other:
                    yield (other, one) if fact.inward else (one, other)


def _allow(g: Gathering, fact: Allowed, consumer: Service, provider: Service) -> None:
    g.claim(
        Evidence(
            consumer=consumer.name,
            provider=provider.name,
            kind=_BY_NODE.get(provider.kind, Kind.HTTP),
            source=Source.DEPLOYMENT,
            locators=(g.at(fact),),
            confidence=fact.confidence,
            reason=fact.reason,
        )
    )


def _forbid(g: Gathering, inward: _Permitted, outward: _Permitted) -> None:
    for number, item in enumerate(g.evidence):
        ends = (g.estate.named(item.consumer), g.estate.named(item.provider))
        if not item.kind.is_call or not all(one is not None and one.labels for one in ends):
            continue
        if inward.forbids(item.provider, item.consumer):
            place = inward.places[item.provider]
        elif outward.forbids(item.consumer, item.provider):
            place = outward.places[item.consumer]
        else:
            continue
        g.evidence[number] = replace(
            item,
            confidence=item.confidence * FORBIDDEN,
            reason=f"{item.reason}; but a policy lets no call of {item.consumer} through",
        )
        g.findings.append(
            Finding(
                rule="forbidden-by-policy",
                subjects=(item.consumer, item.provider),
                message=f"{item.consumer} uses {item.provider}, and a policy does not let it",
                severity=Severity.MEDIUM,
                locators=(place,),
            )
        )


def join_owners(g: Gathering) -> None:
    """Give services the owners that catalogues and CODEOWNERS name; the last rule counts."""
    for fact in g.further:
        if not isinstance(fact, Owned):
            continue
        for service in _owned(g, fact):
            if fact.unit or not service.owner:
                service.owner = fact.owner
            service.criticality = fact.criticality or service.criticality


def _owned(g: Gathering, fact: Owned) -> list[Service]:
    if fact.unit:
        found = g.estate.named(fact.unit)
        return [found] if found is not None else []
    wanted = fact.pattern.strip("/")
    return [
        one
        for one in g.estate.services.values()
        if one.kind.is_service and one.path and f"{one.path}/".startswith(f"{wanted}/")
    ]
