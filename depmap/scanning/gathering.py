"""What the join has in hand, and what it has made so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from depmap.model.dependency import CONFIRMED
from depmap.model.deployed import Package, StartAfter
from depmap.model.evidence import Evidence, Gap, Shared
from depmap.model.facts import (
    Fact,
    KeyUse,
    Route,
    Use,
    Value,
    WaitFor,
)
from depmap.model.finding import Finding
from depmap.model.relations import Allowed, Contract, Owned, Relation
from depmap.model.words import Kind, NodeKind
from depmap.scanning.addresses import (
    LOOKED_UP,
    Address,
    alike,
    resolve,
    resolved,
)
from depmap.scanning.claims import Ways
from depmap.scanning.declaring import VARIANT, doubt
from depmap.scanning.estate import Estate, Service, is_local, is_near, normal
from depmap.scanning.files import Files

if TYPE_CHECKING:
    from collections.abc import Iterable


BY_VARIABLE = 0.55
"""Confidence of a provider that has the name of a variable which nothing gives a value."""

UNDECLARED = 0.45
"""Confidence of a host in the code of a deployed unit that its deployment does not declare."""

_SEVERAL = 2
"""Members that a shared resource has at least."""

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
        ways: which of several services of a file make a use in it.
        several: whether there is more than one root, so that locators name it.
        revisions: the revision of each root that tells it.
        used: variables of a service that lead somewhere, by (service name, key).
        kinds: what each of them leads to, as (provider, kind).
        endless: calls that may wait for ever, by (consumer, provider).
        offered: operations of contracts, with the services that answer them.
        tasked: services that run a tool of a task queue, and whether they take tasks.
        systems: what each deployed store speaks, by its name.
        further: what deployment files say of two units at once, of contracts and of owners.
        blind: services with a call whose address is not known.
        met: pairs (consumer, provider) that something in the code or a script uses.
    """

    estate: Estate
    files: Files
    ways: Ways
    several: bool
    revisions: Mapping[str, str] = field(default_factory=dict)
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
    blind: set[str] = field(default_factory=set)
    met: set[tuple[str, str]] = field(default_factory=set)
    connected: set[tuple[str, str]] = field(default_factory=set)

    def at(self, fact: Fact) -> str:
        """A fact's locator, with its root where there are several, and its revision."""
        return self._place(fact.root, fact.locator)

    def shown(self, places: Iterable[str]) -> tuple[str, ...]:
        """Locators of settings, as ``at`` shows them."""
        pairs = [place.partition("\x00") for place in places]
        return tuple(self._place(root, locator) for root, _, locator in pairs)

    def _place(self, root: str, locator: str) -> str:
        place = f"{root}/{locator}" if self.several and root else locator
        revision = self.revisions.get(root)
        return f"{place}@{revision}" if revision else place

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
        held = self.ways.branching.running(fact, self.estate.owners(fact.root, fact.file))
        return self.ways.making(fact, held) if isinstance(fact, Use) and len(held) > 1 else held

    def targets(self, value: Value, consumer: Service) -> tuple[Target, ...]:
        """Where a value leads to for a consumer, once for each provider.

        Of several deployments each counts. A name that no file declares counts only where no
        deployment gives one that is declared.
        """
        found: dict[tuple[str, str], Target] = {}
        addresses = resolved(value, consumer)
        for address in addresses:
            self.used.update((consumer.name, key) for key in address.keys)
            one = self._declared(address, consumer)
            key = (one.service.name if one.service is not None else "", address.path)
            held = found.get(key)
            both = alike(held.address, address) if held is not None else address
            sure = max(one.confidence, held.confidence if held is not None else 0.0)
            found[key] = replace(held or one, address=both, confidence=sure)
        known = [one for one in found.values() if one.service is not None]
        if not known and any(is_local(one.host) and one.settings for one in addresses):
            known = self._by_default(value, consumer)
        if known:
            return tuple(known)
        return tuple(self._outside(one, consumer) for one in found.values())

    def _by_default(self, value: Value, consumer: Service) -> list[Target]:
        """Where a value leads to without the files beside the code: they speak of one machine."""
        deployed = {key: one for key, one in consumer.settings.items() if one.unit}
        address = resolve(value, replace(consumer, settings=deployed))
        one = self._declared(address, consumer)
        return [one] if one.service is not None else []

    def target(self, value: Value, consumer: Service) -> Target:
        """Where a value leads to for a consumer; of several deployments, the first that does."""
        return self.targets(value, consumer)[0]

    def _declared(self, address: Address, consumer: Service) -> Target:
        """What is declared to answer at an address."""
        if address.looked_up:
            found = self.estate.named(address.looked_up)
            return Target(found, address, min(address.confidence, LOOKED_UP))
        if not address.known:
            named = self.estate.meant(_unset(address)) if _unset(address) else None
            return Target(named, address, BY_VARIABLE if named is not None else 0.0)
        if consumer.listens(address.host, address.port):
            return Target(consumer, address, address.confidence)
        found = self.estate.at(address.host, address.port, consumer.project)
        confidence = address.confidence
        near = is_near(address.host)
        if found is not None and not (near or is_local(address.host)) and _apart(consumer, found):
            confidence *= 0.2
        if found is not None and near and normal(address.host) not in map(normal, found.names):
            confidence = min(confidence, BY_VARIABLE)  # it listens at that port
        return Target(found, address, confidence)

    def _outside(self, target: Target, consumer: Service) -> Target:
        """The same, with a provider that no file declares where that can only be meant."""
        address = target.address
        if not address.known or address.looked_up or is_local(address.host):
            return target
        found = self._stranger(address)
        sure = UNSURE + 0.1
        if consumer.deployed and "." not in address.host and not address.settings:
            sure = UNDECLARED
        return Target(found, address, min(address.confidence, sure))

    def reach(self, use: Use, value: Value, consumer: Service) -> tuple[Target, ...]:
        """Where a use leads to, as sure as its reading and the variant it is in let it be."""
        most = VARIANT if use.variant else 1.0
        return tuple(
            replace(one, confidence=min(one.confidence * use.certainty, most))
            for one in self.targets(value, consumer)
        )

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

    def share(self, item: Shared) -> None:
        """Add a resource that services share; doubtful where only variants deploy several.

        What a service and its own jobs are given is not shared with anybody.
        """
        members = [self.estate.named(name) for name in item.members]
        given = item.kind in {Kind.SHARED_SECRET, Kind.SHARED_CONFIG}
        if given and len(_without_jobs(one for one in members if one is not None)) == 1:
            return
        usual = [one for one in members if one is not None and not one.variant]
        doubtful = len(usual) < _SEVERAL
        self.shared.append(
            replace(item, confidence=min(item.confidence, VARIANT)) if doubtful else item
        )

    def miss(self, what: str, why: str, locator: str) -> None:
        """Add a gap."""
        self.gaps.append(Gap(what, why, locator))


def _without_jobs(services: Iterable[Service]) -> list[Service]:
    """Services without the jobs that have the name of one of them, and more."""
    held = list(services)
    return [
        one for one in held
        if one.kind is not NodeKind.JOB
        or not any(normal(one.name).startswith(f"{normal(other.name)}-") for other in held)
    ]  # fmt: skip


def _unset(address: Address) -> str:
    """The variable that holds an address, where its value is given nowhere, or kept secret."""
    return next(iter((*address.missing, *address.keys)), "") if address.host == "{}" else ""


def _apart(one: Service, other: Service) -> bool:
    """Whether networks keep two units apart."""
    return bool(one.networks and other.networks and not one.networks & other.networks)
