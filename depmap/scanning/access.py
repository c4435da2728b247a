"""A use of a store or broker by a service, with the instance that it goes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.model.facts import Use
from depmap.model.words import Kind, NodeKind
from depmap.scanning.estate import Service, is_local

if TYPE_CHECKING:
    from depmap.scanning.gathering import Target

_CACHES = frozenset({"redis", "memcached"})
"""Systems that are caches to whoever only knows them as some store."""


@dataclass(frozen=True, slots=True)
class Access:
    """A use of a store by a service, with the instance it goes to.

    Attributes:
        consumer: who uses it.
        provider: the store.
        use: where and how.
        kind: how, as far as all uses together tell.
        system: what the store speaks.
        instance: what tells it apart from others: ``system://host:port/namespace``.
        operation: the table, key or topic; empty when unknown.
        confidence: how sure it is that this store is meant.
        settings: locators of the settings that gave the address.
        keys: the variables that it was made of.
        note: why this store, where no address says so.
    """

    consumer: Service
    provider: Service
    use: Use
    kind: Kind
    system: str
    instance: str
    operation: str
    confidence: float
    settings: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    note: str = ""


def access(use: Use, consumer: Service, target: Target, operation: str) -> Access:
    """Return the access that a use is, at an address that is known."""
    assert target.service is not None  # noqa: S101 - filtered by the caller
    system = target.address.system or use.system
    if target.service.kind is NodeKind.SERVICE and not target.service.read:
        _become(target.service, use.kind)
    instance = _instance(target, system)
    target.service.addresses.add(instance)
    return Access(
        consumer,
        target.service,
        use,
        Kind.CACHE if use.kind is Kind.DATABASE and system in _CACHES else use.kind,
        system,
        instance,
        operation,
        target.confidence,
        target.address.settings,
        target.address.keys,
    )


def _instance(target: Target, system: str) -> str:
    provider, address = target.service, target.address
    assert provider is not None  # noqa: S101 - filtered by the caller
    if not address.known:
        return provider.name
    if not provider.deployed:
        return address.instance(system)
    inside = [internal for published, internal in provider.ports if published == address.port]
    local = is_local(address.host) and bool(inside)
    return address.instance(system, provider.name, inside[0] if local else "")


def _become(service: Service, kind: Kind) -> None:
    """A unit of an unknown image that is used as a store is one."""
    service.kind = {
        Kind.DATABASE: NodeKind.DATABASE,
        Kind.CACHE: NodeKind.CACHE,
        Kind.SEARCH: NodeKind.SEARCH,
    }.get(kind, NodeKind.BROKER)
