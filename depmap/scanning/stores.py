"""Databases, caches and brokers: who uses which instance, and who reads what another wrote."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from depmap.model.evidence import Evidence, Shared
from depmap.model.words import Kind, NodeKind, Source, Strength
from depmap.scanning.access import Access, access
from depmap.scanning.addresses import filled, system_of
from depmap.scanning.attaching import Attaching
from depmap.scanning.calls import DEAD, further, noted, strength_of
from depmap.scanning.gathering import BY_VARIABLE

if TYPE_CHECKING:
    from depmap.model.facts import Use
    from depmap.scanning.estate import Service
    from depmap.scanning.gathering import Gathering, Target

KINDS = frozenset({Kind.DATABASE, Kind.CACHE, Kind.SEARCH, Kind.MESSAGING_PUBLISH,
                   Kind.MESSAGING_CONSUME})  # fmt: skip
OWN = 0.45
"""Confidence that two share data where only the server is known that both use."""

_POPS = frozenset({"blpop", "brpop", "blmove", "brpoplpush"})
_PUSHES = frozenset({"lpush", "rpush"})
_BROKERS = frozenset({"amqp", "kafka", "nats", "celery"})


def join_stores(g: Gathering) -> list[Access]:
    """Turn uses of stores and brokers into evidence; return them for further steps."""
    accesses: list[Access] = []
    loose: list[tuple[Use, Service]] = []
    attaching = Attaching(g)
    for use in g.uses:
        if use.kind not in KINDS:
            continue
        users = _users(g, use)
        for other in g.estate.owners(use.root, use.file):
            if other not in users:
                attaching.have(_accesses(g, use, other) or ())
        for consumer in users:
            found = _accesses(g, use, consumer)
            if found is None:
                attaching.embedded.add(consumer.name)
            elif found:
                accesses.extend(found)
            else:
                loose.append((use, consumer))
    attaching.know(accesses)
    for use, consumer in loose:
        accesses.extend(attaching.attach(use, consumer))
    accesses = _queues(accesses)
    for one in accesses:
        _claim(g, one)
    _share(g, accesses)
    return accesses


def _users(g: Gathering, use: Use) -> list[Service]:
    """Who makes a use: of the services that share its code, workers take tasks, others give."""
    owners = list(g.owners(use))
    if use.method != "task":
        return owners
    takes = use.kind is Kind.MESSAGING_CONSUME
    apt = [one for one in owners if g.tasked.get(one.name, not takes) is takes]
    workers = any(g.tasked.get(one.name) for one in owners)
    if takes:
        return apt if workers else owners
    return [one for one in owners if one.name not in g.tasked] or owners


def _accesses(g: Gathering, use: Use, consumer: Service) -> list[Access] | None:
    """The accesses that a use is; none when its address is unknown, None when it has none."""
    targets = [one for value in use.targets for one in g.reach(use, value, consumer)]
    known = [one for one in targets if one.service is not None]
    if not known:
        local = any(one.address.scheme == "sqlite" for one in targets)
        return None if local else []
    best = [one for one in known if one.address.settings] or known
    operations = [filled(name, consumer) for name in use.operations] or [""]
    return [
        access(use, consumer, _agreeing(g, use, target), operation)
        for target in dict.fromkeys(best)
        for operation in operations
    ]


def _agreeing(g: Gathering, use: Use, target: Target) -> Target:
    """A target by a variable's name alone is as sure as that, where it speaks what is asked."""
    name = target.service.name if target.service is not None else ""
    if name not in g.systems or system_of(g.systems[name]) != system_of(use.system):
        return target
    unset = not target.address.known and bool(target.address.missing)
    return replace(target, confidence=max(target.confidence, BY_VARIABLE)) if unset else target


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


def _claim(g: Gathering, held: Access) -> None:
    use = held.use
    dead = not use.alive
    reason = noted(use, held.consumer, "; ".join(filter(None, (use.reason, held.note))))
    reason = f"nothing calls this code; {reason}" if dead else reason
    places = (g.at(use), *further(g, use), *g.shown(held.settings))
    g.claim(
        Evidence(
            consumer=held.consumer.name,
            provider=held.provider.name,
            kind=held.kind,
            source=Source.CODE,
            locators=tuple(dict.fromkeys(places)),
            operation=held.operation,
            protocol=held.system,
            confidence=min(DEAD, held.confidence) if dead else held.confidence,
            strength=_strength(held),
            reason=reason,
            at_start=use.at_start,
        ),
        () if dead else held.keys,
    )
    if use.at_start and use.strength is Strength.STRONG:
        g.connected.add((held.consumer.name, held.provider.name))


def _strength(held: Access) -> Strength:
    """How strong: a process that does nothing but work from a broker is nothing without it."""
    found = strength_of(held.use, held.consumer)
    worker = held.consumer.kind is NodeKind.WORKER and held.kind is Kind.MESSAGING_CONSUME
    return Strength.STRONG if worker and found is Strength.WEAK else found


def _share(g: Gathering, accesses: list[Access]) -> None:
    by_instance: dict[str, list[Access]] = defaultdict(list)
    for one in accesses:
        kept = not one.kind.is_asynchronous or (one.system == "redis" and one.use.method != "task")
        if one.use.alive and kept:
            by_instance[one.instance].append(one)
    for instance, users in sorted(by_instance.items()):
        members = sorted({one.consumer.name for one in users})
        if len(members) < 2:  # noqa: PLR2004 - one service alone shares nothing
            continue
        writers = sorted({one.consumer.name for one in users if _writes(one)})
        g.share(
            Shared(
                kind=Kind.SHARED_DATA,
                resource=instance,
                members=tuple(members),
                owner=writers[0] if len(writers) == 1 else "",
                resources=tuple(sorted({one.operation for one in users if one.operation})),
                strength=Strength.STRONG,
                confidence=min(_apart(instance, users), *(one.confidence for one in users)),
                locators=tuple(dict.fromkeys(g.at(one.use) for one in users)),
            )
        )
        _readers(g, users)


def _apart(instance: str, users: list[Access]) -> float:
    """How sure it is that users of a server share what is on it: each may have its own database.

    It is sure where the database is named, or by its data, and where a server has one by default.
    """
    named = "://" in instance or users[0].system != "mongodb"
    tables = [(one.operation, one.consumer.name) for one in users if one.operation]
    common = len({table for table, _ in tables}) < len(set(tables))
    return 1.0 if named or common else OWN


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
