"""From the files of a root to facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.code import received, tables, uses
from collectors.code.django import Django
from collectors.code.further import Further
from collectors.code.grpcs import Grpc
from collectors.code.keys import key_uses, settings_keys
from collectors.code.mqtt import Mqtt
from collectors.code.nameko import Nameko
from collectors.code.placed import Placer, plain, values
from collectors.code.resources import Resources
from collectors.code.sdks import sdk_calls
from collectors.code.servers import Servers, entries
from collectors.code.storage import Storage
from collectors.code.streams import Streams
from collectors.code.tasks import Tasks
from collectors.code.things import Scope, Thing, value_of
from depmap.model.evidence import Gap
from depmap.model.facts import EnvRead, Module, Part, Use
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collectors.code.program import Program
    from collectors.code.summary import Site
    from collectors.code.things import Things
    from depmap.model.facts import Fact

_PAIR = 2
MAX_STEPS = 2_000_000
"""Evaluations that the calls of one file may take: some seconds."""

TOO_LONG = "what its calls stand for is too much to follow; the rest of it is left out"


def facts(
    root: str, program: Program, contracts: Mapping[str, str] | None = None
) -> Iterator[Fact | Gap]:
    """Yield every fact of a program, file by file.

    Args:
        root: the name of the root.
        program: its files.
        contracts: full names of the gRPC services of its contracts, by the short ones.
    """
    everything = Emitter(Placer(root, program), dict(contracts or {}))
    for path, summary in program.files.items():
        for site in summary.sites:
            everything.servers.nest(path, site)
    for path in program.files:
        yield from everything.file(path)
    yield from everything.storage.rest()
    yield from everything.django.routes()


class Emitter:
    """Asks everyone who knows something of a kind of call about each call of a file."""

    def __init__(self, placer: Placer, contracts: dict[str, str]) -> None:
        """Set up those who are asked."""
        self.placer = placer
        self.servers = Servers(placer.flow)
        self._resources = Resources(self.servers)
        self.storage = Storage(placer)
        self.django = Django(placer)
        self._grpc, self._nameko = Grpc(placer, contracts), Nameko(placer)
        self._tasks, self._further = Tasks(placer), Further(placer)
        self._mqtt, self._streams = Mqtt(placer), Streams(placer)

    def file(self, path: str) -> Iterator[Fact | Gap]:
        """Yield the facts of a file."""
        root, ev = self.placer.root, self.placer.flow.ev
        summary = self.placer.program.files[path]
        yield Module(
            root=root,
            locator=f"{path}:1",
            imports=self.placer.program.imported(path),
            shared=bool(summary.functions or summary.classes or summary.names),
            parsed=summary.parsed,
        )
        yield from _reads(self.placer, path)
        yield from settings_keys(self.placer.flow, root, path)
        for other in (self._nameko.offered, self._tasks.offered, self._tasks.workers,
                      self._streams.offered, self.django.stores):  # fmt: skip
            yield from other(path)
        spent = ev.spent
        for site in summary.sites:
            if ev.spent - spent > MAX_STEPS:
                yield Gap("a file that takes too long", TOO_LONG, f"{path}:{site.line}")
                break
            yield from self._site(path, site)

    def _site(self, path: str, site: Site) -> Iterator[Fact]:
        root, flow = self.placer.root, self.placer.flow
        yield from entries(flow, root, path, site)
        yield from self.servers.routes(root, path, site)
        yield from self._resources.routes(root, path, site)
        yield from key_uses(flow, root, path, site)
        yield from _calls(self.placer, self.storage, path, site)
        yield from sdk_calls(self.placer, path, site)
        for other in (self._grpc, self._nameko, self._tasks, self._further, self._mqtt,
                      self._streams):  # fmt: skip
            yield from other.facts(path, site)


def _reads(placer: Placer, path: str) -> Iterator[EnvRead]:
    summary = placer.program.files[path]
    found = dict(summary.words)
    for held in summary.classes.values():
        if not any(base.text in tables.SETTINGS_BASES for base in held.bases):
            continue
        me = Thing("class", text=held.name, path=path)
        for name, line in held.lines.items():
            for thing in placer.flow.ev.attribute(me, name):
                for part in thing.parts:
                    if part.kind == "env":
                        found.setdefault(part.text, line)
    for name, line in sorted(found.items()):
        yield EnvRead(root=placer.root, locator=f"{path}:{line}", name=name)


def _calls(placer: Placer, storage: Storage, path: str, site: Site) -> Iterator[Fact]:
    ev = placer.flow.ev
    callee = received.callees(placer.flow, path, site, placer.flow.callee(path, site))
    if any(uses.is_http(ev, thing) for thing in callee):
        yield from _http(placer, path, site)
    elif any(uses.exporter(thing) for thing in callee):
        yield from _telemetry(placer, path, site)
    elif any(thing.text == "socket.create_connection" for thing in callee):
        yield from _socket(placer, path, site)
    else:
        yield from storage.facts(path, site, callee)


def _http(placer: Placer, path: str, site: Site) -> Iterator[Fact]:
    ev = placer.flow.ev
    for case in placer.flow.cases(path, site, lambda scope: uses.asked(ev, site, scope)):
        given, methods = case.answers
        targets = tuple(thing for thing in given if thing.kind != "receiver")
        if all(_own(thing) for thing in targets):
            continue
        for method in sorted({plain(thing) or "*" for thing in methods}):
            use = Use(
                kind=Kind.HTTP,
                system="http",
                targets=values(targets),
                method=method,
                endless=uses.endless(placer.flow.callee(path, site), site),
            )
            yield from placer.placed(use, case.chain)


def _own(thing: Thing) -> bool:
    """Whether an address is no address: a bare path of a client for tests, or some key."""
    parts = value_of(thing.parts).parts
    if not parts or parts[0].kind != "text":
        return not parts
    if " " in parts[0].text.partition("/")[0]:
        return False  # what somebody is to put an address in place of
    return "://" not in parts[0].text and (len(parts) == 1 or parts[0].text.startswith("/"))


def _telemetry(placer: Placer, path: str, site: Site) -> Iterator[Fact]:
    ev = placer.flow.ev
    for case in placer.flow.cases(path, site, lambda scope: uses.exported(ev, site, scope)):
        use = Use(
            kind=Kind.MONITORING,
            system="otlp",
            targets=values(case.answers[0]),
            strength=Strength.OPTIONAL,
            reason="telemetry is sent in the background",
        )
        yield from (item for item in placer.placed(use, case.chain) if isinstance(item, Use))


def _socket(placer: Placer, path: str, site: Site) -> Iterator[Fact]:
    """A bare connection: only ever made to wait for something."""
    ev = placer.flow.ev
    given = site.call.args[1] if len(site.call.args) > 1 else None
    if given is None or given.op != "list" or len(given.args) != _PAIR:
        return

    def asked(scope: Scope) -> tuple[Things, ...]:
        hosts, ports = (ev.evaluate(part, scope) for part in given.args)
        return (
            tuple(
                Thing("str", (Part("text", "tcp://"), *host.parts, Part("text", ":"), *port.parts))
                for host in hosts
                for port in ports
            ),
        )

    for case in placer.flow.cases(path, site, asked):
        yield from placer.waits(values(case.answers[0]), case.chain)
