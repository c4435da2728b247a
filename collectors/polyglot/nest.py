"""Microservices of NestJS: clients by name, patterns, transports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.polyglot.evaluate import Evaluator
from collectors.polyglot.expressions import HOLE, Context, Expr
from collectors.polyglot.https import CERTAINTY
from collectors.polyglot.reaching import fate, known, scope_of
from depmap.model.facts import Entry, Part, Route, Use, Value
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.polyglot.contracts import Contracts
    from collectors.polyglot.expressions import Site, Summary
    from collectors.polyglot.parts import Parts
    from collectors.polyglot.program import Scope
    from collectors.polyglot.project import Project
    from depmap.model.facts import Fact

_SYSTEMS = {"RMQ": "amqp", "KAFKA": "kafka", "NATS": "nats", "REDIS": "redis", "MQTT": "mqtt"}
_MAKERS = frozenset({"Module", "register", "registerAsync"})
_SERVERS = ("createMicroservice", "connectMicroservice")
_DEEPEST = 7
_SCRIPTS = frozenset({"javascript", "typescript"})

Options = tuple[Expr, "Scope"]
"""The options of a client or server, and where they stand."""


@dataclass(slots=True)
class Nest:
    """The microservices of one project.

    Attributes:
        ev: the evaluator.
        clients: the options of each client, by the name under which it is injected.
        servers: the options of the servers that the project starts.
    """

    ev: Evaluator
    clients: dict[str, Options] = field(default_factory=dict)
    servers: list[Options] = field(default_factory=list)

    @classmethod
    def of(cls, ev: Evaluator, project: Project) -> Nest:
        """Read the modules of a project."""
        found = cls(ev)
        for name in _MAKERS:
            for file, site in project.sites.get(name, ()):
                if file.language in _SCRIPTS:
                    for one in site.call.given:
                        found._search(one, scope_of(file, site.context), 0)
        for name in _SERVERS:
            for file, site in project.sites.get(name, ()):
                for one in site.call.positional[:2]:
                    held = _options(ev, one, scope_of(file, site.context), 0)
                    if held is not None:
                        found.servers.append(held)
        return found

    def _search(self, expr: Expr, scope: Scope, depth: int) -> None:
        if depth > _DEEPEST:
            return
        named = _own(expr, "provide") or _own(expr, "name")
        options = _options(self.ev, expr, scope, 0) if named is not None else None
        name = self.ev.text(named, scope) or (named.text if named is not None else "")
        if options is not None and name:
            self.clients.setdefault(name, options)
            return
        for one in expr.args:
            self._search(one, scope, depth + 1)

    def injected(self, file: Summary, cls: str, receiver: Expr) -> Options | None:
        """The options of the client that a field of a class holds."""
        for mark in file.annotations:
            if mark.target != receiver.text or mark.cls != cls:
                continue
            given = mark.call.first
            if mark.name == "Client" and given is not None:
                return _options(self.ev, given, scope_of(file, Context(cls=cls)), 0)
            if mark.name == "Inject" and given is not None:
                name = self.ev.text(given, scope_of(file, Context())) or given.text
                return self.clients.get(name)
        return None

    def address(self, options: Options) -> list[Parts]:
        """Where a client of these options leads to."""
        held, scope = options
        url = held.configured("url", "urls", "servers", "brokers")
        if url is not None:
            url = url.args[0] if url.op == "list" and url.args else url
            return known(self.ev.values(url, scope))
        host = held.configured("host")
        port = held.configured("port")
        if host is None:
            return []
        ports = known(self.ev.values(port, scope)) if port is not None else []
        ports = ports[:1] or [()]
        return [
            (*one, *((Part("text", ":"), *ports[0]) if ports[0] else ()))
            for one in known(self.ev.values(host, scope))
        ]


def _options(ev: Evaluator, expr: Expr, scope: Scope, depth: int) -> Options | None:
    """The map with a ``transport`` that an expression is, or that a factory in it returns."""
    if depth > _DEEPEST:
        return None
    if expr.op == "list" and _own(expr, "transport") is not None:
        return Expr("call", "", (HOLE, expr)), scope
    given = expr.first.text if expr.op == "call" and expr.first is not None else ""
    inner: list[Options] = []
    if expr.op == "list":
        made = _own(expr, "useFactory")
        inner = [(made, scope)] if made is not None else []
    elif expr.op == "lambda":
        inner = [(one, scope) for one in expr.args]
    elif expr.text in {"create", "connect"} and expr.first is not None:
        inner = [(expr.first, scope)]
    elif expr.op in {"name", "attr", "call"}:
        name = given if expr.text == "get" else expr.text
        held = list(ev.program.assigned(name, scope, attribute=expr.op != "name"))
        held += [(scope.file, one) for one in scope.file.assigns.get(name, ())]
        inner = [(one.value, scope_of(file, one.context)) for file, one in held]
    found = (_options(ev, one, where, depth + 1) for one, where in inner)
    return next((one for one in found if one is not None), None)


def _own(expr: Expr, name: str) -> Expr | None:
    """The element of that name in a map itself."""
    if expr.op != "list":
        return None
    return next((one.args[0] for one in expr.args if one.op == "kw" and one.text == name), None)


def transport(options: Options) -> str:
    """The name of the transport of options."""
    given = options[0].configured("transport")
    return given.text if given is not None else ""


def nest_uses(nest: Nest, root: str, file: Summary, site: Site) -> Iterator[Use]:
    """Yield what a call sends over a client of Nest."""
    call = site.call
    receiver = call.receiver
    if call.text not in {"send", "emit"} or receiver is None or not call.positional:
        return
    options = nest.injected(file, site.context.cls, receiver)
    if options is None:
        return
    over = transport(options)
    strength, reason = fate(nest.ev, file, site.context)
    yield Use(
        root=root,
        locator=f"{file.path}:{call.line}",
        kind=Kind.MESSAGING_PUBLISH if over in _SYSTEMS else Kind.RPC,
        system=_SYSTEMS.get(over, "nest"),
        targets=tuple(map(nest.ev.value, nest.address(options))),
        operations=(_pattern(nest.ev, call.positional[0], scope_of(file, site.context)),),
        strength=strength,
        reason=reason,
        certainty=CERTAINTY,
    )


def _pattern(ev: Evaluator, given: Expr, scope: Scope) -> Value:
    """A pattern: a text, or the values of a map of texts."""
    if given.op != "list":
        return ev.value(ev.values(given, scope)[0])
    held = [ev.text(one.args[0], scope) for one in given.args if one.op == "kw" and one.args]
    return Value.literal("/".join(filter(None, held)) or "{}")


def nest_facts(nest: Nest, contracts: Contracts, root: str, file: Summary) -> Iterator[Fact]:
    """Yield what the controllers of a file answer and take."""
    if file.language not in _SCRIPTS:
        return
    for mark in file.annotations:
        at = f"{file.path}:{mark.call.line}"
        scope = scope_of(file, Context())
        if mark.name == "GrpcMethod" and mark.call.positional:
            names = [nest.ev.text(one, scope) for one in mark.call.positional]
            method = contracts.method(names[0], names[1] if len(names) > 1 else mark.target)
            path = f"{contracts.full(names[0])}/{method or mark.target}"
            yield Route(root=root, locator=at, method="", path=path, protocol="grpc")
        elif mark.name in {"MessagePattern", "EventPattern"} and mark.call.positional:
            yield from _taken(nest, root, at, _pattern(nest.ev, mark.call.positional[0], scope))


def _taken(nest: Nest, root: str, at: str, pattern: Value) -> Iterator[Fact]:
    brokers = [one for one in nest.servers if transport(one) in _SYSTEMS]
    if len(brokers) < len(nest.servers) or not nest.servers:
        yield Route(root=root, locator=at, method="", path=str(pattern), protocol="nest")
    for one in brokers:
        yield Use(
            root=root,
            locator=at,
            kind=Kind.MESSAGING_CONSUME,
            system=_SYSTEMS[transport(one)],
            targets=tuple(map(nest.ev.value, nest.address(one))),
            operations=(pattern,),
            writes=False,
            strength=Strength.UNDETERMINED,
            certainty=CERTAINTY,
        )


def nest_entry(nest: Nest, root: str, file: Summary, site: Site) -> Iterator[Entry]:
    """Yield the server that a call starts."""
    if site.call.text not in _SERVERS:
        return
    for one in site.call.positional[:2]:
        scope = scope_of(file, site.context)
        held = _options(nest.ev, one, scope, 0)
        if held is None:
            continue
        given = held[0].configured("port")
        ports = known(nest.ev.values(given, held[1])) if given is not None else []
        port = nest.ev.value(ports[0]) if ports else Value()
        at = f"{file.path}:{site.call.line}"
        yield Entry(root=root, locator=at, way="server", port=port)
