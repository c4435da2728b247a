"""What the join has in hand, and what it has made so far."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from depmap.model.dependency import CONFIRMED
from depmap.model.evidence import Evidence, Gap, Shared
from depmap.model.facts import (
    EnvRead,
    Fact,
    KeyUse,
    Package,
    Route,
    Setting,
    StartAfter,
    Unit,
    Use,
    Value,
    WaitFor,
)
from depmap.model.finding import Finding
from depmap.model.words import Kind, NodeKind
from depmap.scanning.addresses import LOOKED_UP, Address, resolve
from depmap.scanning.estate import Estate, Service, is_local
from depmap.scanning.placing import Files, place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.evidence import Node

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
        met: pairs (consumer, provider) that something in the code or a script uses.
    """

    estate: Estate
    files: Files
    several: bool
    uses: list[Use] = field(default_factory=list)
    routes: dict[str, list[Route]] = field(default_factory=lambda: defaultdict(list))
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

    def owners(self, fact: Fact) -> tuple[Service, ...]:
        """The services that a fact's file belongs to."""
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
        found = self.estate.at(address.host, address.port)
        if found is None and not is_local(address.host):
            found = self._stranger(address)
            return Target(found, address, min(address.confidence, UNSURE + 0.1))
        confidence = address.confidence
        if found is not None and _apart(consumer, found):
            confidence *= 0.2
        return Target(found, address, confidence)

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
        return self.estate.add(name, kinds.get(system, NodeKind.EXTERNAL))

    def claim(self, item: Evidence, keys: Iterable[str] = ()) -> None:
        """Add a piece of evidence, and the variables by which it came about."""
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
    estate.index()
    return gathering


def _line(fact: Fact) -> int:
    line = fact.locator.rpartition(":")[2]
    return int(line) if line.isdecimal() else 0


def _sort(fact: Fact, g: Gathering) -> None:  # noqa: C901 - one line a kind of fact
    match fact:
        case Use():
            g.uses.append(fact)
        case Route():
            for service in g.owners(fact):
                g.routes[service.name].append(fact)
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


def _set(fact: Setting, g: Gathering) -> None:
    if fact.unit:
        g.estate.add(fact.unit).settings[fact.key] = fact
        return
    for service in g.owners(fact):
        service.settings.setdefault(fact.key, fact)


def _declare(fact: Unit, g: Gathering) -> None:
    service = g.estate.add(fact.name, fact.kind)
    service.deployed = True
    service.names.update((fact.name, *fact.names))
    service.networks = service.networks | frozenset(fact.networks)
    service.profiles = fact.profiles
    service.locators.append(g.at(fact))
    for port in fact.ports:
        published, mark, internal = port.partition(":")
        service.ports.append((published, internal) if mark else ("", published))


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
    for service in g.estate.services.values():
        if service.kind is NodeKind.SERVICE and ways[service.name] == {"worker"}:
            service.kind = NodeKind.WORKER
        elif service.kind is NodeKind.SERVICE and service.read and not ways[service.name]:
            service.kind = NodeKind.JOB
