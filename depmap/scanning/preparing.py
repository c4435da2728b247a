"""Facts sorted, the estate put together, and each file given its services."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from depmap.model.deployed import Package, Setting, StartAfter, Unit
from depmap.model.facts import (
    EnvRead,
    Fact,
    KeyUse,
    Registered,
    Route,
    Use,
    Value,
    WaitFor,
)
from depmap.model.relations import Allowed, Contract, Owned, Relation
from depmap.model.words import Kind, NodeKind
from depmap.scanning.addresses import image_system, resolve
from depmap.scanning.declaring import choose, declare, give
from depmap.scanning.estate import Estate, Service
from depmap.scanning.files import Files
from depmap.scanning.gathering import Gathering
from depmap.scanning.images import called
from depmap.scanning.placing import place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.evidence import Node

_TAKES = re.compile(r"\bworker\b|dramatiq|huey_consumer|\barq\b")
"""Commands of processes that take tasks; others of these tools only look on or set the pace."""

_FOR_DEVELOPERS = re.compile(r"\.env\.(?:local|dev|development)$")
_NOT_DEPLOYED = re.compile(rf"{_FOR_DEVELOPERS.pattern}|example|sample|template|dist$|defaults?$")


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
    ways = place(estate, files)
    roots = {fact.root for fact in held}
    revisions = {fact.root: fact.revision for fact in held if fact.revision}
    gathering = Gathering(estate, files, ways, len(roots) > 1, revisions)
    for fact in held:
        _sort(fact, gathering)
    _kinds(gathering)
    choose(estate.services.values())
    called(estate.services.values())
    estate.index()
    return gathering


def _line(fact: Fact) -> int:
    line = fact.locator.rpartition(":")[2]
    return int(line) if line.isdecimal() else 0


def _sort(fact: Fact, g: Gathering) -> None:  # noqa: C901, PLR0912 - one line a kind of fact
    match fact:
        case Use():
            idle = g.ways.idle(fact, g.estate.owners(fact.root, fact.file))
            g.uses.append(replace(fact, alive=False) if idle else fact)
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
        case Registered():
            for service in g.owners(fact):
                service.names.add(fact.name)
        case Setting():
            _set(fact, g)
        case Unit():
            _declare(fact, g)
        case Relation() | Allowed() | Contract() | Owned():
            g.further.append(fact)


def _set(fact: Setting, g: Gathering) -> None:
    if fact.unit:
        give(fact, g.estate.add(fact.unit), g.files.platform(fact))
        return
    for service in g.owners(fact):
        held = service.settings.get(fact.key)
        if held is None or (_is_for_developers(held) and not _NOT_DEPLOYED.search(fact.file)):
            service.settings[fact.key] = fact


def _is_for_developers(given: Setting) -> bool:
    """Whether a file beside the code says what a variable is on its writers' own machines."""
    return not given.unit and _FOR_DEVELOPERS.search(given.file) is not None


def _declare(fact: Unit, g: Gathering) -> None:
    service = g.estate.add(fact.name, fact.kind)
    declare(fact, service, g.at(fact))
    service.others.setdefault("compose" if fact.platform == "compose" else "cluster", {})
    if re.search(r"\b(?:celery|dramatiq|huey_consumer|taskiq|rq|arq)\b", fact.command):
        g.tasked.setdefault(service.name, bool(_TAKES.search(fact.command)))
    system = image_system(fact.image if fact.build is None else service.base)
    if system:
        g.systems[service.name] = system


def _kinds(g: Gathering) -> None:
    """Let entry points and commands say what a service is."""
    ways = _ways(g)
    _exposed(g)
    for service in g.estate.services.values():
        role = g.ways.role(service)
        held = ways[service.name] | ({"server"} if role == "server" else set())
        if role == "worker":
            g.tasked[service.name] = True
        if service.kind is not NodeKind.SERVICE:
            continue
        if role == "worker" or held == {"worker"}:
            service.kind = NodeKind.WORKER
        elif service.read and not held:
            service.kind = NodeKind.JOB


def _ways(g: Gathering) -> dict[str, set[str]]:
    """How the processes of each service start; where they listen is noted by the way."""
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
    for use in g.uses:
        if use.kind is Kind.MESSAGING_CONSUME and use.method != "task" and use.alive:
            for service in g.owners(use):
                ways[service.name].add("worker")
    return ways


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
