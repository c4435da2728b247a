"""What the join has in hand, and what it has made so far."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from depmap.model.dependency import CONFIRMED
from depmap.model.deployed import Package, Setting, StartAfter, Unit
from depmap.model.evidence import Evidence, Gap, Shared
from depmap.model.facts import EnvRead, Fact, KeyUse, Route, Use, Value, WaitFor
from depmap.model.finding import Finding
from depmap.model.relations import Allowed, Contract, Owned, Relation
from depmap.model.words import Kind, NodeKind
from depmap.scanning.addresses import LOOKED_UP, Address, image_system, resolve
from depmap.scanning.declaring import VARIANT, choose, declare, doubt, give
from depmap.scanning.estate import Estate, Service, is_local
from depmap.scanning.files import Files
from depmap.scanning.placing import place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.evidence import Node

_TAKES = re.compile(r"\bworker\b|dramatiq|huey_consumer|\barq\b")
"""Commands of processes that take tasks; others of these tools only look on or set the pace."""

UNSURE = 0.5
"""Confidence of a provider that no file declares."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a use leads to, as far as it is known.

    Attributes:
        service: the provider; None when it is not known.
        address: the address.
        confidence: how sure it is that this provider is meant.
    """

    service: Service | None
    address: Address
    confidence: float


@dataclass(slots=True)
class Gathering:
    """Facts by kind, the estate, and the results of the steps.

    Attributes:
        estate: services and names.
        files: where things are.
        several: whether there is more than one root, so that locators name it.
        used: variables of a service that lead somewhere, by (service name, key).
        kinds: what each of them leads to, as (provider, kind).
        endless: calls that may wait for ever, by (consumer, provider).
        offered: operations of contracts, with the services that answer them.
        tasked: services that run a tool of a task queue, and whether they take tasks.
        systems: what each deployed store speaks, by its name.
        further: what deployment files say of two units at once, of contracts and of owners.
        met: pairs (consumer, provider) that something in the code or a script uses.
    """

    estate: Estate
    files: Files
    several: bool
    uses: list[Use] = field(default_factory=list)
    routes: dict[str, list[Route]] = field(default_factory=lambda: defaultdict(list))
    offered: list[tuple[Service, Route]] = field(default_factory=list)
    keys: list[KeyUse] = field(default_factory=list)
    waits: list[WaitFor] = field(default_factory=list)
    after: list[StartAfter] = field(default_factory=list)
    packages: list[Package] = field(default_factory=list)
    reads: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    evidence: list[Evidence] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    used: set[tuple[str, str]] = field(default_factory=set)
    kinds: dict[tuple[str, str], set[tuple[str, Kind]]] = field(
        default_factory=lambda: defaultdict(set)
    )
    endless: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    tasked: dict[str, bool] = field(default_factory=dict)
    systems: dict[str, str] = field(default_factory=dict)
    further: list[Relation | Allowed | Contract | Owned] = field(default_factory=list)
    met: set[tuple[str, str]] = field(default_factory=set)
    connected: set[tuple[str, str]] = field(default_factory=set)

    def at(self, fact: Fact) -> str:
        """A fact's locator, with its root where there are several."""
        return f"{fact.root}/{fact.locator}" if self.several and fact.root else fact.locator

    def shown(self, places: Iterable[str]) -> tuple[str, ...]:
        """Locators of settings, as ``at`` shows them."""
        pairs = [place.partition("\x00") for place in places]
        return tuple(
            f"{root}/{locator}" if self.several and root else locator for root, _, locator in pairs
        )

    def ordered(self) -> set[tuple[str, str]]:
        """Pairs (unit, unit it is started after), by the names of the services."""
        named = [(self.estate.named(one.unit), self.estate.named(one.on)) for one in self.after]
        return {(one.name, other.name) for one, other in named if one and other}

    def owners(self, fact: Fact) -> tuple[Service, ...]:
        """The services that a fact is about: the unit that it names, else those of its file."""
        unit = fact.unit if isinstance(fact, Use) else ""
        if unit:
            named = self.estate.named(unit)
            return (named,) if named is not None else ()
        return self.estate.owners(fact.root, fact.file)

    def target(self, value: Value, consumer: Service) -> Target:
        """Where a value leads to for a consumer."""
        address = resolve(value, consumer)
        self.used.update((consumer.name, key) for key in address.keys)
        if address.looked_up:
            found = self.estate.named(address.looked_up)
            return Target(found, address, min(address.confidence, LOOKED_UP))
        if not address.known:
            return Target(None, address, 0.0)
        found = self.estate.at(address.host, address.port, consumer.project)
        if found is None and not is_local(address.host):
            found = self._stranger(address)
            return Target(found, address, min(address.confidence, UNSURE + 0.1))
        confidence = address.confidence
        if found is not None and not is_local(address.host) and _apart(consumer, found):
            confidence *= 0.2
        return Target(found, address, confidence)

    def reach(self, use: Use, value: Value, consumer: Service) -> Target:
        """Where a use leads to, as sure as its reading and the variant it is in let it be."""
        target = self.target(value, consumer)
        confidence = target.confidence * use.certainty
        if use.variant:
            confidence = min(confidence, VARIANT)
        return replace(target, confidence=confidence)

    def _stranger(self, address: Address) -> Service:
        """A node that no file declares: something outside, or not scanned."""
        kinds = {
            "postgresql": NodeKind.DATABASE, "mysql": NodeKind.DATABASE,
            "mongodb": NodeKind.DATABASE, "redis": NodeKind.CACHE, "memcached": NodeKind.CACHE,
            "amqp": NodeKind.BROKER, "kafka": NodeKind.BROKER, "nats": NodeKind.BROKER,
            "elasticsearch": NodeKind.SEARCH,
        }  # fmt: skip
        system = address.system
        name = f"{system}://{address.host}" if system else address.host
        if system and address.port:
            name += f":{address.port}"
        found = self.estate.add(name, kinds.get(system, NodeKind.EXTERNAL))
        words = address.host.split(".")
        short = words[-2] if len(words) > 2 else words[0]  # noqa: PLR2004 - api.example.com
        if not system and len(words) > 1 and len(short) > 3 and not self.estate.named(short):  # noqa: PLR2004 - no "co"
            found.names.add(short)
        return found

    def claim(self, item: Evidence, keys: Iterable[str] = ()) -> None:
        """Add a piece of evidence, and the variables by which it came about."""
        ends = (self.estate.named(item.consumer), self.estate.named(item.provider))
        confidence, reason = doubt(item.confidence, item.reason, *ends)
        item = replace(item, confidence=confidence, reason=reason)
        self.evidence.append(item)
        for key in keys:
            self.kinds[item.consumer, key].add((item.provider, item.kind))
        if item.kind is not Kind.STARTUP_ORDER and item.confidence >= CONFIRMED:
            self.met.add((item.consumer, item.provider))

    def miss(self, what: str, why: str, locator: str) -> None:
        """Add a gap."""
        self.gaps.append(Gap(what, why, locator))


def _apart(one: Service, other: Service) -> bool:
    """Whether networks keep two units apart."""
    return bool(one.networks and other.networks and not one.networks & other.networks)


def gather(facts: Iterable[Fact], nodes: Iterable[Node] = ()) -> Gathering:
    """Sort facts, put the estate together, and give each file its services."""
    held = sorted(facts, key=lambda fact: (fact.root, fact.file, _line(fact), repr(fact)))
    files = Files.of(held)
    estate = Estate()
    for node in nodes:
        service = estate.add(node.name, node.kind)
        service.names.update(node.aliases)
        service.path = service.path or node.path
        service.locators.extend(node.locators)
    place(estate, files)
    roots = {fact.root for fact in held}
    gathering = Gathering(estate, files, len(roots) > 1)
    for fact in held:
        _sort(fact, gathering)
    _kinds(gathering)
    choose(estate.services.values())
    estate.index()
    return gathering


def _line(fact: Fact) -> int:
    line = fact.locator.rpartition(":")[2]
    return int(line) if line.isdecimal() else 0


def _sort(fact: Fact, g: Gathering) -> None:  # noqa: C901, PLR0912 - one line a kind of fact
    match fact:
        case Use():
            g.uses.append(fact)
        case Route():
            for service in g.owners(fact):
                if fact.protocol == "http":
                    g.routes[service.name].append(fact)
                else:
                    g.offered.append((service, fact))
        case KeyUse():
            g.keys.append(fact)
        case WaitFor():
            g.waits.append(fact)
        case StartAfter():
            g.after.append(fact)
        case Package():
            g.packages.append(fact)
        case EnvRead():
            for service in g.owners(fact):
                g.reads[service.name].setdefault(fact.name, g.at(fact))
        case Setting():
            _set(fact, g)
        case Unit():
            _declare(fact, g)
        case Relation() | Allowed() | Contract() | Owned():
            g.further.append(fact)


def _set(fact: Setting, g: Gathering) -> None:
    if fact.unit:
        give(fact, g.estate.add(fact.unit))
        return
    for service in g.owners(fact):
        service.settings.setdefault(fact.key, fact)


def _declare(fact: Unit, g: Gathering) -> None:
    service = g.estate.add(fact.name, fact.kind)
    declare(fact, service, g.at(fact))
    if re.search(r"\b(?:celery|dramatiq|huey_consumer|taskiq|rq|arq)\b", fact.command):
        g.tasked.setdefault(service.name, bool(_TAKES.search(fact.command)))
    system = image_system(fact.image) if fact.build is None else ""
    if system:
        g.systems[service.name] = system


def _kinds(g: Gathering) -> None:
    """Let entry points say what a service is and where it listens."""
    ways: dict[str, set[str]] = defaultdict(set)
    for (root, path), entries in g.files.entries.items():
        for service in g.estate.owners(root, path):
            for entry in entries:
                ways[service.name].add(entry.way)
                port = resolve(Value(entry.port.parts), service).host if entry.port.parts else ""
                if port.isdecimal() and not service.ports:
                    service.ports.append((port, port))
                if not service.locators:
                    service.locators.append(g.at(entry))
    _exposed(g)
    for service in g.estate.services.values():
        if service.kind is NodeKind.SERVICE and ways[service.name] == {"worker"}:
            service.kind = NodeKind.WORKER
        elif service.kind is NodeKind.SERVICE and service.read and not ways[service.name]:
            service.kind = NodeKind.JOB


def _exposed(g: Gathering) -> None:
    """Let Dockerfiles say where services listen that nothing else says it of."""
    by_path: dict[str, list[Service]] = defaultdict(list)
    for service in g.estate.services.values():
        if service.path and not service.ports:
            by_path[service.path].append(service)
    for (_, path), build in sorted(g.files.builds.items()):
        told = re.findall(r"--(?:port|bind)[= ](?:[\w.]*:)?(\d+)", build.command)
        for service in by_path.get(posixpath.dirname(path) or ".", ()):
            service.ports.extend((port, port) for port in dict.fromkeys([*told, *build.ports]))
