"""Uses of stores whose address is not known: the store that can only be meant."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from depmap.model.words import Kind, NodeKind
from depmap.scanning.access import Access
from depmap.scanning.addresses import SYSTEMS, filled, parse, resolve, system_of
from depmap.scanning.estate import is_local
from depmap.scanning.gathering import Gathering

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.facts import Use
    from depmap.scanning.estate import Service

NAMED = 0.7
"""Confidence where the service is given the store's name, or is started after it."""

ALONE = 0.55
"""Confidence where the store is the only one of its system, and nothing else points to it."""

SEEN = 0.9
"""Certainty of a reading that has seen the code make a client."""

_NODES = {
    Kind.DATABASE: NodeKind.DATABASE,
    Kind.CACHE: NodeKind.CACHE,
    Kind.SEARCH: NodeKind.SEARCH,
    Kind.MESSAGING_PUBLISH: NodeKind.BROKER,
    Kind.MESSAGING_CONSUME: NodeKind.BROKER,
}
_CARRIERS = frozenset({"amqp", "redis", "sqs"})
"""What a task queue sends its messages over."""


@dataclass(slots=True)
class Attaching:
    """Finds the store of a use without an address.

    Attributes:
        g: what the join has in hand.
        embedded: services with a database inside their own process, which no table leaves.
    """

    g: Gathering
    embedded: set[str] = field(default_factory=set)
    _seen: dict[str, dict[str, Access]] = field(default_factory=lambda: defaultdict(dict))
    _had: dict[str, dict[str, Access]] = field(default_factory=lambda: defaultdict(dict))

    def know(self, accesses: Iterable[Access]) -> None:
        """Learn which stores a service uses by an address."""
        for one in accesses:
            self._seen[one.consumer.name].setdefault(one.instance, one)

    def have(self, accesses: Iterable[Access]) -> None:
        """Learn which stores a service has an address of, in code that another process runs."""
        for one in accesses:
            self._had[one.consumer.name].setdefault(one.instance, one)

    def attach(self, use: Use, consumer: Service) -> list[Access]:
        """Return the accesses that a use is; a gap when no store can be told."""
        alike = self._alike(use, self._seen[consumer.name].values())
        alike = alike or self._alike(use, self._had[consumer.name].values())
        if len({one.provider.name for one in alike}) == 1:
            return [
                replace(alike[0], use=use, kind=use.kind, operation=name, note="")
                for name in _names(use, consumer)
            ]
        if not alike and not (use.kind is Kind.DATABASE and consumer.name in self.embedded):
            found, confidence, note = self._only(use, consumer)
            if found is not None:
                return self._made(use, consumer, found, confidence, note)
        beside = None if alike else self._beside(use, consumer)
        if beside is not None:
            store, instance = beside
            made = self._made(use, consumer, store, ALONE, "on the machine of its user")
            return [replace(one, instance=instance) for one in made]
        self._miss(use, consumer, several=bool(alike))
        if use.system and not alike and use.kind.is_asynchronous and not self._deployed(use):
            somewhere = self.g.estate.add(use.system, NodeKind.BROKER)
            return self._made(use, consumer, somewhere, ALONE, "no file says where it is")
        return []

    def _alike(self, use: Use, known: Iterable[Access]) -> list[Access]:
        """The stores of those known that a use may be of."""
        return [
            one for one in known
            if (one.provider.kind is _NODES[use.kind] or one.system == use.system != "")
            and (not use.system or _speaks(use.system, one.system))
        ]  # fmt: skip

    def _deployed(self, use: Use) -> bool:
        """Whether there is a broker that may be meant."""
        return any(_speaks(use.system, system) for system in self.g.systems.values())

    def _made(
        self, use: Use, consumer: Service, store: Service, confidence: float, note: str
    ) -> list[Access]:
        system = self.g.systems.get(store.name, use.system)
        sure = max(confidence * use.certainty, self._least(use, consumer, store))
        made = Access(consumer, store, use, use.kind, system, store.name, "",
                      sure, note=note)  # fmt: skip
        return [replace(made, operation=name) for name in _names(use, consumer)]

    def _least(self, use: Use, consumer: Service, store: Service) -> float:
        """How sure a store is at least that the code of one service makes a client of."""
        own = self.g.estate.owners(use.root, use.file) == (consumer,)
        there = store.deployed or not consumer.deployed
        made = bool(use.targets) and use.certainty >= SEEN
        return ALONE if own and made and there else 0.0

    def _only(self, use: Use, consumer: Service) -> tuple[Service | None, float, str]:
        every = [
            service for name, system in sorted(self.g.systems.items())
            if (service := self.g.estate.named(name)) is not None
            and (_speaks(use.system, system) if use.system else service.kind is _NODES[use.kind])
        ]  # fmt: skip
        every = [one for one in every if not one.variant] or every
        word = use.system or use.kind.value
        given = [one for one in every if one.name in self._given(consumer)]
        if len(given) == 1:
            return given[0], NAMED, f"the only {word} whose name {consumer.name} is given"
        near = [one for one in given or every if _is_beside(one, consumer)]
        if len(near) == 1:
            return near[0], NAMED, f"the only {word} that is declared beside its code"
        after = [one for one in given or every if (consumer.name, one.name) in self.g.ordered()]
        if len(after) == 1:
            return after[0], NAMED, f"the only {word} that {consumer.name} is started after"
        if len(every) == 1:
            return every[0], ALONE, f"the only {word} that is deployed"
        return None, 0.0, ""

    def _beside(self, use: Use, consumer: Service) -> tuple[Service, str] | None:
        """A store at ``localhost`` that no file declares, and what of it is used."""
        for value in use.targets:
            address = resolve(value, consumer)
            system = address.system or use.system
            if is_local(address.host) and system in SYSTEMS.values():
                instance = address.instance(system)
                name = instance.rpartition("/")[0]
                whole = name if "://" in name else instance
                return self.g.estate.add(whole, _NODES[use.kind]), instance
        return None

    def _given(self, consumer: Service) -> set[str]:
        """The services that the environment of a service names."""
        found = set()
        for setting in consumer.settings.values():
            for one in setting.value.split(","):
                _, host, _, _ = parse(one)
                named = self.g.estate.at(host, "", consumer.project) if host else None
                if named is not None:
                    found.add(named.name)
        return found

    def _miss(self, use: Use, consumer: Service, *, several: bool) -> None:
        if use.kind is Kind.DATABASE and not use.targets and consumer.name in self.embedded:
            return
        names = ", ".join(str(name) for name in use.operations)
        shown = " or ".join(str(value) for value in use.targets)
        missing = sorted(
            {one for value in use.targets for one in resolve(value, consumer).missing}
        )
        if shown:
            what = f"the {use.system or use.kind.value} at {shown}"
            why = "the address is not known before it runs"
        elif use.kind is Kind.DATABASE:
            what = f"the database of the table {names}"
            why = "the service uses no database that is known"
        else:
            what = f"the {use.system or use.kind.value} of {names or 'a call'}"
            why = "the service uses none that is known"
        if missing:
            why = f"nothing gives {', '.join(missing)} a value"
        self.g.miss(what, "the service uses more than one" if several else why, self.g.at(use))


def _is_beside(store: Service, consumer: Service) -> bool:
    """Whether a store is declared in the folder of a service that nothing deploys."""
    folders = {posixpath.dirname(one.partition(":")[0]) for one in store.locators}
    own = consumer.path.strip("./")
    return bool(own) and not consumer.deployed and any(
        one == own or one.endswith(f"/{own}") for one in folders
    )  # fmt: skip


def _speaks(wanted: str, system: str) -> bool:
    if wanted == "celery":
        return system in _CARRIERS
    return system_of(wanted) == system_of(system)


def _names(use: Use, consumer: Service) -> list[str]:
    return [filled(name, consumer) for name in use.operations] or [""]
