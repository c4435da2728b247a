"""gRPC: stubs that are called and servicers that answer, by the names of the contract."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.code.placed import Placer, values
from collectors.code.summary import argument
from collectors.code.things import Scope, Thing, literal, seen_from
from depmap.model.facts import Entry, Route, Use, Value
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.summary import Site
    from collectors.code.things import Things
    from depmap.model.facts import Fact

_STUB = re.compile(r"(?:^|\.)(\w+)Stub$")
_ADDS = re.compile(r"^add_(\w+)Servicer_to_server$")
_CHANNELS = frozenset({"insecure_channel", "secure_channel"})
_PACKAGE = re.compile(r"(?:^|;)\s*package\s+([\w.]+)\s*;", re.MULTILINE)
_SERVICE = re.compile(r"(?:^|[;}])\s*service\s+(\w+)\s*\{", re.MULTILINE)
_PORT = re.compile(r":(\d+)$")
_FRAMEWORK = frozenset({"Health", "ServerReflection", "Channelz"})
MAX_HOLDERS = 6


def packages(proto: str) -> dict[str, str]:
    """Return the full name of each service of a contract, by its short one.

    >>> packages("package shop.v1; service Cart {}")
    {'Cart': 'shop.v1.Cart'}
    """
    bare = re.sub(r"//[^\n]*|/\*.*?\*/", "", proto, flags=re.DOTALL)
    package = _PACKAGE.search(bare)
    prefix = f"{package[1]}." if package is not None else ""
    return {name: f"{prefix}{name}" for name in _SERVICE.findall(bare)}


@dataclass(slots=True)
class Grpc:
    """The contracts of a root, and what is called and served of them.

    Attributes:
        placer: where things stand.
        names: the full name of each service of a contract, by its short one.
    """

    placer: Placer
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the full names that generated code holds."""
        for path, summary in self.placer.program.files.items():
            if not path.endswith("_pb2_grpc.py"):
                continue
            for site in summary.sites:
                given = site.call.args[1:2]
                if given and given[0].op == "text" and given[0].text.startswith("/"):
                    full = given[0].text.strip("/").partition("/")[0]
                    self.names.setdefault(full.rpartition(".")[2], full)

    def facts(self, path: str, site: Site) -> Iterator[Fact]:
        """Yield the call of a stub that a call is, or the routes that it registers."""
        if path.endswith("_pb2_grpc.py"):
            return
        called = site.call.args[0]
        adds = _ADDS.match(called.text)
        if adds is not None and adds[1] not in _FRAMEWORK:
            yield from self._served(path, site, adds[1])
        elif called.op == "attr" and called.text in {"add_insecure_port", "add_secure_port"}:
            yield from self._port(path, site)
        elif called.op == "attr" and called.text[:1].isupper():
            yield from self._called(path, site)

    def _full(self, short: str) -> str:
        return self.names.get(short, short)

    def _called(self, path: str, site: Site) -> Iterator[Fact]:
        ev = self.placer.flow.ev
        base, method = site.call.args[0].args[0], site.call.args[0].text

        def asked(scope: Scope) -> tuple[Things, ...]:
            stubs = [one for one in ev.evaluate(base, scope) if _stub(one)]
            addresses = [where for one in stubs for where in self._address(one, 0)]
            return tuple(stubs), tuple(dict.fromkeys(addresses))

        if not any(_stub(one) for one in ev.ask(base, seen_from(path, site))):
            return
        for case in self.placer.flow.cases(path, site, asked):
            stubs, addresses = case.answers
            for short in sorted({_stub(one) for one in stubs} - {"", *_FRAMEWORK}):
                use = Use(
                    kind=Kind.GRPC,
                    system="grpc",
                    targets=values(addresses),
                    operations=(Value.literal(f"{self._full(short)}/{method}"),),
                )
                yield from self.placer.placed(use, case.chain)

    def _address(self, thing: Thing, level: int) -> Things:
        """Where the channel of a stub leads to."""
        if level > MAX_HOLDERS or thing.scope is None:
            return ()
        ev = self.placer.flow.ev
        made = next((one for one in thing.roots() if _is_channel(one)), None)
        if made is not None and made.scope is not None:
            given = argument(made.expr, 0, "target")
            return ev.evaluate(given, made.scope) if given is not None else ()
        given = argument(thing.expr, 0, "channel")
        held = ev.evaluate(given, thing.scope) if given is not None else ()
        return tuple(where for one in held for where in self._where(one, level))

    def _where(self, held: Thing, level: int) -> Things:
        parameter = any(part.kind == "param" for part in held.parts)
        return (held,) if parameter else self._address(held, level + 1)

    def _served(self, path: str, site: Site, short: str) -> Iterator[Route]:
        ev = self.placer.flow.ev
        given = argument(site.call, 0, "servicer")
        things = ev.ask(given, seen_from(path, site)) if given is not None else ()
        found = False
        for thing in things:
            if thing.kind not in {"class", "instance"}:
                continue
            for name, line in self._methods(thing):
                found = True
                yield self._route(f"{thing.path}:{line}", f"{self._full(short)}/{name}")
        if not found:
            yield self._route(f"{path}:{site.line}", f"{self._full(short)}/*")

    def _methods(self, thing: Thing) -> Iterator[tuple[str, int]]:
        for name, function in self.placer.program.files[thing.path].functions.items():
            last = name.rpartition(".")[2]
            if function.owner == thing.text and last[:1].isupper():
                yield last, function.line

    def _route(self, locator: str, operation: str) -> Route:
        return Route(
            root=self.placer.root, locator=locator, method="", path=operation, protocol="grpc"
        )

    def _port(self, path: str, site: Site) -> Iterator[Entry]:
        given = argument(site.call, 0, "address")
        things = self.placer.flow.ev.ask(given, seen_from(path, site)) if given else ()
        port = Value()
        for thing in things:
            whole = literal(thing)
            match = _PORT.search(whole) if whole is not None else None
            if match is not None:
                port = Value.literal(match[1])
            elif thing.parts and thing.parts[-1].kind == "env":
                port = Value(thing.parts[-1:])
        yield Entry(root=self.placer.root, locator=f"{path}:{site.line}", way="server", port=port)


def _stub(thing: Thing) -> str:
    """The short name of the service that a stub calls; empty for other things."""
    generated = thing.path.endswith("_pb2_grpc.py") or "_pb2_grpc." in thing.text
    match = _STUB.search(thing.text) if thing.kind in {"instance", "obj"} and generated else None
    return match[1] if match is not None else ""


def _is_channel(thing: Thing) -> bool:
    return thing.kind == "obj" and thing.text.rpartition(".")[2] in _CHANNELS
