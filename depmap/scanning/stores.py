"""Databases, caches and brokers: who uses which instance, and who reads what another wrote."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from depmap.model.evidence import Evidence, Shared
from depmap.model.facts import Use
from depmap.model.words import Kind, NodeKind, Source, Strength
from depmap.scanning.addresses import filled
from depmap.scanning.calls import DEAD, further
from depmap.scanning.estate import Service, is_local

if TYPE_CHECKING:
    from depmap.scanning.gathering import Gathering, Target

KINDS = frozenset({Kind.DATABASE, Kind.CACHE, Kind.SEARCH, Kind.MESSAGING_PUBLISH,
                   Kind.MESSAGING_CONSUME})  # fmt: skip
_POPS = frozenset({"blpop", "brpop", "blmove", "brpoplpush"})
_PUSHES = frozenset({"lpush", "rpush"})
_BROKERS = frozenset({"amqp", "kafka", "nats", "celery"})


@dataclass(frozen=True, slots=True)
class Access:
    """A use of a store by a service, with the instance it goes to."""

    consumer: Service
    provider: Service
    use: Use
    kind: Kind
    system: str
    instance: str
    operation: str
    confidence: float
    settings: tuple[str, ...]
    keys: tuple[str, ...] = ()


def join_stores(g: Gathering) -> list[Access]:
    """Turn uses of stores and brokers into evidence; return them for further steps."""
    accesses: list[Access] = []
    loose: list[tuple[Use, Service]] = []
    for use in g.uses:
        if use.kind not in KINDS:
            continue
        for consumer in g.owners(use):
            if not use.targets and use.kind is Kind.DATABASE:
                loose.append((use, consumer))
            else:
                accesses.extend(_accesses(g, use, consumer))
    accesses.extend(_attached(g, loose, accesses))
    accesses = _queues(accesses)
    for access in accesses:
        _claim(g, access)
    _share(g, accesses)
    return accesses


def _accesses(g: Gathering, use: Use, consumer: Service) -> list[Access]:
    targets = [g.target(value, consumer) for value in use.targets]
    known = [one for one in targets if one.service is not None]
    if not known:
        local = [one for one in targets if one.address.scheme == "sqlite"]
        if not local and targets:
            _unresolved(g, use, targets)
        return []
    best = [one for one in known if one.address.settings] or known
    operations = [filled(name, consumer) for name in use.operations] or [""]
    return [
        _access(use, consumer, target, operation)
        for target in dict.fromkeys(best)
        for operation in operations
    ]


def _unresolved(g: Gathering, use: Use, targets: list[Target]) -> None:
    shown = " or ".join(str(value) for value in use.targets)
    missing = sorted({name for target in targets for name in target.address.missing})
    why = (
        f"nothing gives {', '.join(missing)} a value"
        if missing
        else ("the address is not known before it runs")
    )
    g.miss(f"the {use.system or use.kind.value} at {shown}", why, g.at(use))


def _access(use: Use, consumer: Service, target: Target, operation: str) -> Access:
    assert target.service is not None  # noqa: S101 - filtered by the caller
    system = target.address.system or use.system
    kind = use.kind
    if target.service.kind is NodeKind.SERVICE and not target.service.read:
        _become(target.service, kind)
    instance = _instance(target, system)
    target.service.addresses.add(instance)
    return Access(
        consumer,
        target.service,
        use,
        kind,
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


def _attached(
    g: Gathering, loose: list[tuple[Use, Service]], accesses: list[Access]
) -> list[Access]:
    """Tables whose connection is not seen belong to the one database that the service uses."""
    by_consumer: dict[str, dict[str, Access]] = defaultdict(dict)
    for access in accesses:
        if access.kind is Kind.DATABASE:
            by_consumer[access.consumer.name].setdefault(access.instance, access)
    found: list[Access] = []
    for use, consumer in loose:
        instances = list(by_consumer[consumer.name].values())
        if len({one.provider.name for one in instances}) != 1:
            names = ", ".join(str(name) for name in use.operations)
            why = (
                "the service uses no database that is known"
                if not instances
                else ("the service uses more than one")
            )
            g.miss(f"the database of the table {names}", why, g.at(use))
            continue
        like = instances[0]
        found.extend(
            replace(like, use=use, operation=filled(name, consumer)) for name in use.operations
        )
    return found


def _queues(accesses: list[Access]) -> list[Access]:
    """A list that somebody waits on is a queue: pushing is publishing, popping consuming."""
    queues = {(one.instance, one.operation) for one in accesses if one.use.method in _POPS}
    found: list[Access] = []
    for one in accesses:
        kind = one.kind
        if (one.instance, one.operation) in queues and one.operation:
            if one.use.method in _PUSHES:
                kind = Kind.MESSAGING_PUBLISH
            elif one.use.method in _POPS or one.use.method in {"lpop", "rpop"}:
                kind = Kind.MESSAGING_CONSUME
        found.append(replace(one, kind=kind))
    return found


def _claim(g: Gathering, access: Access) -> None:
    use = access.use
    dead = not use.alive
    reason = f"nothing calls this code; {use.reason}" if dead else use.reason
    places = (g.at(use), *further(g, use), *g.shown(access.settings))
    g.claim(
        Evidence(
            consumer=access.consumer.name,
            provider=access.provider.name,
            kind=access.kind,
            source=Source.CODE,
            locators=tuple(dict.fromkeys(places)),
            operation=access.operation,
            protocol=access.system,
            confidence=min(DEAD, access.confidence) if dead else access.confidence,
            strength=use.strength,
            reason=reason,
        ),
        () if dead else access.keys,
    )
    if use.at_start and use.strength is Strength.STRONG:
        g.connected.add((access.consumer.name, access.provider.name))


def _share(g: Gathering, accesses: list[Access]) -> None:
    by_instance: dict[str, list[Access]] = defaultdict(list)
    for access in accesses:
        if access.use.alive and (access.system == "redis" or not access.kind.is_asynchronous):
            by_instance[access.instance].append(access)
    for instance, users in sorted(by_instance.items()):
        members = sorted({one.consumer.name for one in users})
        if len(members) < 2:  # noqa: PLR2004 - one service alone shares nothing
            continue
        writers = sorted({one.consumer.name for one in users if _writes(one)})
        g.shared.append(
            Shared(
                kind=Kind.SHARED_DATA,
                resource=instance,
                members=tuple(members),
                owner=writers[0] if len(writers) == 1 else "",
                resources=tuple(sorted({one.operation for one in users if one.operation})),
                strength=Strength.STRONG,
                confidence=min(one.confidence for one in users),
                locators=tuple(dict.fromkeys(g.at(one.use) for one in users)),
            )
        )
        _readers(g, users)


def _writes(access: Access) -> bool:
    return bool(access.use.writes) or access.kind is Kind.MESSAGING_PUBLISH


def _readers(g: Gathering, users: list[Access]) -> None:
    """A reader of a table depends on whoever writes it."""
    tables: dict[str, list[Access]] = defaultdict(list)
    for one in users:
        if one.operation:
            tables[one.operation].append(one)
    for _, rows in sorted(tables.items()):
        writers = {one.consumer.name: one for one in rows if one.use.writes}
        readers = {one.consumer.name: one for one in rows if one.use.writes is False}
        for reader in sorted(readers.keys() - writers.keys()):
            for _, written in sorted(writers.items()):
                g.claim(_reads(g, readers[reader], written))


def _reads(g: Gathering, read: Access, written: Access) -> Evidence:
    return Evidence(
        consumer=read.consumer.name,
        provider=written.consumer.name,
        kind=Kind.SHARED_DATA,
        source=Source.CODE,
        locators=(g.at(read.use), g.at(written.use)),
        operation=read.operation,
        protocol=read.system,
        confidence=min(read.confidence, written.confidence),
        strength=read.use.strength,
        reason=f"{read.consumer.name} reads what {written.consumer.name} writes",
    )
