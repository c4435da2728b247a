"""nameko: services that are classes, and call each other over a broker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.code.placed import Placer
from collectors.code.servers import plain_path
from collectors.code.summary import argument
from collectors.code.things import Scope, Thing, literal
from depmap.model.facts import Entry, Route, Use, Value
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.summary import Class, Expr, Function, Site, Summary
    from depmap.model.facts import Fact

_PROXIES = frozenset({"RpcProxy", "ServiceRpc", "ServiceProxy"})
_CLUSTERS = frozenset(
    {"ClusterRpcProxy", "ClusterRpcClient", "ClusterRpc", "FlaskPooledClusterRpcProxy"}
)
_DISPATCHERS = frozenset({"EventDispatcher", "event_dispatcher"})
_MAKERS = _PROXIES | _CLUSTERS | _DISPATCHERS
_ON_THE_BROKER = "amqp"
_ROUTE, _EVENT = 2, 2


@dataclass(slots=True)
class Nameko:
    """What nameko's classes of a root call, offer and listen to."""

    placer: Placer
    _active: dict[str, bool] = field(default_factory=dict)

    def _used(self, path: str) -> bool:
        """Whether a file has to do with nameko; most have not, and are left alone."""
        if path not in self._active:
            summary = self.placer.program.files[path]
            self._active[path] = any("nameko" in name for name in summary.modules)
        return self._active[path]

    def offered(self, path: str) -> Iterator[Fact]:
        """Yield what the classes of a file answer and listen to."""
        if not self._used(path):
            return
        summary = self.placer.program.files[path]
        for held in summary.classes.values():
            name = _service_name(held)
            if not name:
                continue
            for function in summary.functions.values():
                if function.owner == held.name:
                    yield from self._entrypoint(path, name, function)

    def _entrypoint(self, path: str, name: str, function: Function) -> Iterator[Fact]:
        root, where = self.placer.root, f"{path}:{function.line}"
        short = function.name.rpartition(".")[2]
        for item in function.decorators:
            called = item.args[0].text if item.op == "call" else item.text
            given = self._literals(item, path)
            if called == "rpc":
                yield Entry(root=root, locator=where, way="worker")
                yield Route(root=root, locator=where, method="", path=f"{name}.{short}",
                            protocol="nameko")  # fmt: skip
                yield self._consumes(where, f"nameko-rpc/{name}.{short}")
            elif called == "event_handler" and len(given) >= _EVENT:
                yield Entry(root=root, locator=where, way="worker")
                yield self._consumes(where, f"{given[0]}.events/{given[1]}")
            elif called == "http" and len(given) >= _ROUTE:
                yield Entry(root=root, locator=where, way="server")
                for method in given[0].split(","):
                    yield Route(root=root, locator=where, method=method.strip().upper(),
                                path=plain_path(given[1]))  # fmt: skip

    def _literals(self, item: Expr, path: str) -> list[str]:
        if item.op != "call":
            return []
        found = [self.placer.flow.ev.ask(one, Scope(path)) for one in item.args[1:]]
        return [literal(things[0]) or "{}" for things in found]

    def _consumes(self, where: str, operation: str) -> Use:
        return Use(
            root=self.placer.root,
            locator=where,
            kind=Kind.MESSAGING_CONSUME,
            system=_ON_THE_BROKER,
            method="rpc" if operation.startswith("nameko-rpc/") else "",
            operations=(Value.literal(operation),),
            strength=Strength.STRONG,
            reason="its work comes from the broker",
        )

    def facts(self, path: str, site: Site) -> Iterator[Fact]:
        """Yield the remote call, or the event, that a call is."""
        if not self._used(path):
            return
        for thing in self.placer.flow.callee(path, site):
            for operation, kind, system in self._calls(path, site, thing):
                method = "rpc" if operation.startswith("nameko-rpc/") else ""
                use = Use(kind=kind, system=system, method=method,
                          operations=(Value.literal(operation),))  # fmt: skip
                (case, *_) = self.placer.flow.cases(path, site, lambda _: ())
                yield from self.placer.placed(use, case.chain)

    def _calls(self, path: str, site: Site, thing: Thing) -> Iterator[tuple[str, Kind, str]]:
        rooted = [(one.text.rpartition(".")[2], one) for one in thing.roots()]
        makers = [(word, one) for word, one in rooted if one.kind == "obj" and word in _MAKERS]
        if not makers:
            return
        word, maker = makers[0]
        names = thing.text[len(maker.text) :].strip(".").split(".")
        names = [one for one in names if one not in {"", "call_async"}]
        if word in _DISPATCHERS:
            (event, *_) = self._literals(site.call, path) or ["{}"]
            yield f"{self._source(path, site)}.events/{event}", Kind.MESSAGING_PUBLISH, "amqp"
            return
        if word in _PROXIES:
            given = self._literals(maker.expr, maker.scope.path if maker.scope else path)
            names = [*given[:1], *names]
        if len(names) > 1 and names[0]:
            called = f"{names[0]}.{names[1]}"
            yield called, Kind.RPC, "nameko"
            yield f"nameko-rpc/{called}", Kind.MESSAGING_PUBLISH, "amqp"

    def _source(self, path: str, site: Site) -> str:
        summary = self.placer.program.files[path]
        return _of_site(summary, site) or "{}"


def _of_site(summary: Summary, site: Site) -> str:
    owner = summary.functions[site.function].owner if site.function else ""
    held = summary.classes.get(owner)
    if held is not None and _service_name(held):
        return _service_name(held)
    given = argument(site.call, -1, "source_service")
    return given.text if given is not None and given.op == "text" else ""


def _service_name(held: Class) -> str:
    return next((value.text for value in held.names.get("name", ()) if value.op == "text"), "")
