"""gRPC stubs and servers of all languages, by the services that .proto files declare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.polyglot.expressions import HOLE
from collectors.polyglot.https import CERTAINTY, typed_base
from collectors.polyglot.reaching import Reached, chain, fate, known, origins, reach
from depmap.model.facts import Part, Route, Use, Value
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.polyglot.contracts import Contracts
    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Expr, Site, Summary
    from collectors.polyglot.nest import Nest
    from collectors.polyglot.parts import Parts
    from collectors.polyglot.program import Scope

_MADE = re.compile(
    r"^(?:New(\w+)Client|(\w+?)Client|(\w+?)(?:Coroutine|Blocking|Future)?Stub|(\w+))$"
)
_STUBS = frozenset({"newBlockingStub", "newStub", "newFutureStub"})
_REGISTER = re.compile(r"^Register(\w+)Server$")
_BASE = re.compile(r"(\w+?)(?:Grpc|GrpcKt)?[.\s:]*(\w+?)(?:Coroutine)?(?:ImplBase|Base)\b")
_TYPED = re.compile(r"^(?:\w+\.)*(\w+?)(?:Blocking|Future|Coroutine)?(?:Stub|Client)$")
_FRAMEWORK = frozenset({"Health", "ServerReflection", "grpc", "Http", "Mongo", "Redis", "Rest"})
_ADDRESS = re.compile(r"^(?:\w+://)?[\w.-]+:\d+|^\w+://|^[a-z][\w-]*(?:\.[\w-]+)*:?$")
_CHANNELS = frozenset({"forAddress"})
_ASIDE = frozenset({"close", "Close", "withDeadlineAfter", "getChannel", "waitForReady"})


def rpc_uses(
    contracts: Contracts, nest: Nest, root: str, file: Summary, site: Site
) -> Iterator[Use]:
    """Yield the remote calls that a call is."""
    call = site.call
    if call.op != "call" or call.receiver is None or call.text in _ASIDE:
        return
    if not any(contracts.method(service, call.text) for service in contracts.methods):
        return
    services: dict[str, None] = {}

    def asked(scope: Scope) -> list[Parts]:
        found: list[Parts] = []
        for service, values in _spoken_to(contracts, nest, call, scope):
            services[service] = None
            found.extend(values)
        return list(dict.fromkeys(found)) or [()]

    for case in reach(nest.ev, file, site, asked):
        for service in services:
            operation = f"{contracts.full(service)}/{contracts.method(service, call.text)}"
            yield _use(nest.ev, root, file, site, (case, operation))


def _spoken_to(
    contracts: Contracts, nest: Nest, call: Expr, scope: Scope
) -> Iterator[tuple[str, list[Parts]]]:
    """The services that have the method of a call, each with where its stub leads to."""
    for service, made, where in _stubs(nest.ev, contracts, call.receiver or HOLE, scope):
        if not contracts.method(service, call.text):
            continue
        if made is None:
            yield service, typed_base(nest.ev, scope, f"{service}Client")
        else:
            yield service, _injected(nest, made, where) or _address(nest.ev, made, where)


def _use(ev: Evaluator, root: str, file: Summary, site: Site, asked: tuple[Reached, str]) -> Use:
    case, operation = asked
    strength, reason = fate(ev, file, site.context)
    return Use(
        root=root,
        locator=case.locator,
        kind=Kind.GRPC,
        system="grpc",
        targets=tuple(ev.value(one) for one in known(case.values)),
        operations=(Value.literal(operation),),
        strength=strength,
        reason=reason,
        further=case.further,
        certainty=CERTAINTY,
    )


def _stubs(
    ev: Evaluator, contracts: Contracts, receiver: Expr, scope: Scope
) -> Iterator[tuple[str, Expr | None, Scope]]:
    """The services that a receiver is a stub of, each with how the stub was made."""
    found = False
    for made, where in origins(ev, receiver, scope):
        for one in chain(made):
            service = _service(contracts, one)
            if service:
                found = True
                yield service, one, where
    typed = scope.file.types.get(receiver.text, "")
    typed = _unaliased(typed, scope.file) if typed else ""
    match = _TYPED.match(typed) if not found and typed else None
    if match is not None and match[1] in contracts.packages:
        yield match[1], None, scope


def _unaliased(typed: str, file: Summary) -> str:
    """A type by its own name, where C# is told another for it: ``using A = B.C;``."""
    pattern = re.compile(rf"(?:global )?using {re.escape(typed)}\s*=\s*([\w.]+)")
    found = (pattern.match(line) for line in file.imports)
    return next((match[1] for match in found if match is not None), typed)


def _service(contracts: Contracts, made: Expr) -> str:
    """The service whose stub a call or creation makes; empty for another."""
    if made.text == "getService" and made.first is not None:  # Nest
        return made.first.text if made.first.text in contracts.packages else ""
    if made.text in _STUBS and made.receiver is not None:
        return made.receiver.text.removesuffix("Grpc")
    parts = made.dotted().split(".")
    names = [made.text, *parts[-2:]]
    for name in names:
        match = _MADE.match(name)
        groups: tuple[str | None, ...] = match.groups() if match is not None else ()
        for short in filter(None, groups):
            if short in contracts.packages and short not in _FRAMEWORK:
                return short
    return ""


def _injected(nest: Nest, made: Expr, scope: Scope) -> list[Parts]:
    """Where the client of Nest leads to that a stub is taken from."""
    if made.text != "getService" or made.receiver is None:
        return []
    options = nest.injected(scope.file, scope.cls, made.receiver)
    return nest.address(options) if options is not None else []


def _address(ev: Evaluator, made: Expr, scope: Scope) -> list[Parts]:
    """Where the channel of a stub leads to."""
    found: list[Parts] = []
    for given in made.positional[:2]:
        found.extend(_addresses(ev, given, scope))
        for channel, where in origins(ev, given, scope):
            for one in chain(channel):
                if one.text in _CHANNELS and len(one.positional) > 1:
                    host = known(ev.values(one.positional[0], where))
                    ports = ev.values(one.positional[1], where)
                    found.extend((*h, Part("text", ":"), *p) for h in host for p in ports)
                    continue
                for part in one.positional[:2]:
                    found.extend(_addresses(ev, part, where))
    return list(dict.fromkeys(found))


def _addresses(ev: Evaluator, given: Expr, scope: Scope) -> list[Parts]:
    return [one for one in ev.values(given, scope) if _plausible(one)]


def _plausible(parts: Parts) -> bool:
    if not parts:
        return False
    first = parts[0]
    if first.kind == "env":
        return first.text.upper() != "PORT"
    return first.kind == "param" or (
        first.kind == "text" and _ADDRESS.match(first.text) is not None
        and (len(parts) > 1 or ":" in first.text)
    )  # fmt: skip


def offered(contracts: Contracts, root: str, file: Summary, site: Site) -> Iterator[Route]:
    """Yield the services that a call registers with a server."""
    call = site.call
    match = _REGISTER.match(call.text)
    names = [match[1]] if match is not None else []
    if call.text == "addService" and call.positional:  # Node
        names.append(call.positional[0].dotted().removesuffix(".service").rpartition(".")[2])
        names.append(call.positional[0].text.removesuffix("Service"))
        names.append(call.positional[0].text)
    if (
        call.op == "call"
        and call.text == "new"
        and (call.receiver or call).text.endswith("Server")
    ):
        names.append((call.receiver or call).text.removesuffix("Server"))  # Rust
    for name in dict.fromkeys(names):
        if name in contracts.packages and name not in _FRAMEWORK:
            yield _route(contracts, root, f"{file.path}:{call.line}", name)


def implemented(contracts: Contracts, root: str, file: Summary) -> Iterator[Route]:
    """Yield the services that classes implement by what they extend."""
    for name, bases in file.bases.items():
        for base in bases:
            for match in _BASE.finditer(base):
                service = next((one for one in match.groups() if one in contracts.packages), "")
                if service:
                    held = file.functions.get(name) or [
                        one for many in file.functions.values() for one in many if one.cls == name
                    ]
                    line = held[0].line if held else 1
                    yield _route(contracts, root, f"{file.path}:{line}", service)


def _route(contracts: Contracts, root: str, locator: str, service: str) -> Route:
    return Route(
        root=root, locator=locator, method="", path=f"{contracts.full(service)}/*", protocol="grpc"
    )
