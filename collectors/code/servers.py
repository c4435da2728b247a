"""Routes and entry points."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.code import tables
from collectors.code.flow import Flow
from collectors.code.strings import argument
from collectors.code.things import Scope, Thing, literal, value_of
from depmap.model.facts import Entry, Route, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.summary import Site

_PARAMETER = re.compile(r"<[^<>]*>|\{[^{}]*\}|:(?<=/:)\w+")
_ROUTING = frozenset({*tables.VERBS, "route", "websocket", "api_route", "add_url_rule",
                      "add_api_route", "websocket_route", "add_route", "view",
                      *(f"add_{verb}" for verb in tables.VERBS)})  # fmt: skip
_NESTING = frozenset({"include_router", "register_blueprint", "mount", "blueprint"})
_HOOKS = frozenset(
    [
        "uvicorn.run",
        "waitress.serve",
        "hypercorn.run",
        "gevent.pywsgi.WSGIServer",
        "aiohttp.web.run_app",
        "eventlet.wsgi.server",
        "wsgiref.simple_server.make_server",
        "cheroot.wsgi.Server",
    ]
)
_WORKS = frozenset({"xreadgroup", "xread", "start_consuming", "basic_consume", "blpop", "brpop"})
MAX_NESTING = 5
_THREE = 3
"""A call, its method and its path: with a handler, ``add_route`` has the method first."""

Identity = tuple[str, int, str]


def plain_path(path: str) -> str:
    """A route's path with each parameter as ``{}``, and without a slash at its end."""
    shown = _PARAMETER.sub("{}", path)
    return shown if shown == "/" else shown.rstrip("/") or "/"


@dataclass(slots=True)
class Servers:
    """The routers of a root and how they are nested."""

    flow: Flow
    _parents: dict[Identity, list[tuple[Thing | None, str]]] = field(default_factory=dict)

    def nest(self, path: str, site: Site) -> None:
        """Note that a call puts one router into another."""
        if site.call.args[0].text not in _NESTING or len(site.call.args) < 2:  # noqa: PLR2004 - the function and one argument
            return
        scope = Scope(path, site.function)
        ev = self.flow.ev
        given = argument(site.call, -1, "prefix", "url_prefix", "path")
        if site.call.args[0].text == "mount":
            given = argument(site.call, 0, "path")
        prefixes = [literal(thing) for thing in ev.ask(given, scope)] if given else [""]
        router = argument(
            site.call, 1 if site.call.args[0].text == "mount" else 0, "router", "app"
        )
        outer = [thing for one in self.flow.callee(path, site) for thing in one.roots()[1:]]
        parent = next((thing for thing in outer if thing.kind == "obj"), None)
        for thing in ev.ask(router, scope) if router else ():
            if thing.kind == "obj":
                held = self._parents.setdefault(thing.identity, [])
                held.extend((parent, prefix or "") for prefix in prefixes)

    def routes(self, root: str, path: str, site: Site) -> Iterator[Route]:
        """Yield the routes that a call declares."""
        name = site.call.args[0].text
        if name not in _ROUTING or site.call.args[0].op != "attr":
            return
        for thing in self.flow.callee(path, site):
            made = next((one for one in thing.roots()[1:] if one.kind in {"obj", "str"}), None)
            table = thing.kind == "ref" and thing.text.startswith("aiohttp.web.")
            if table:
                made = thing  # a row of a table of routes, which belongs to no router yet
            if made is None or not (table or _is_router(made)):
                continue
            given = argument(site.call, _place(name, site), "path", "rule")
            for raw in self.flow.ev.ask(given, Scope(path, site.function)) if given else ():
                text = literal(raw)
                if text is None or (text and not text.startswith("/")):
                    continue
                for prefix in self._prefixes(made, 0):
                    for method in self._methods(name, path, site):
                        yield Route(
                            root=root,
                            locator=f"{path}:{site.line}",
                            method=method,
                            path=plain_path(prefix + text),
                        )

    def _prefixes(self, made: Thing, level: int) -> list[str]:
        own = ""
        if made.kind == "obj" and made.text in tables.ROUTERS and made.scope is not None:
            given = argument(made.expr, -1, tables.ROUTERS[made.text])
            found = self.flow.ev.ask(given, made.scope) if given is not None else ()
            own = next(filter(None, map(literal, found)), "")
        return [before + own for before in self._outer(made.identity, level)]

    def _outer(self, identity: Identity, level: int) -> list[str]:
        if level > MAX_NESTING or identity not in self._parents:
            return [""]
        found: list[str] = []
        for parent, prefix in self._parents[identity]:
            above = self._prefixes(parent, level + 1) if parent is not None else [""]
            found.extend(before + prefix for before in above)
        return list(dict.fromkeys(found))

    def _methods(self, name: str, path: str, site: Site) -> list[str]:
        verb = name.removeprefix("add_")
        if verb in tables.VERBS:
            return [verb.upper()]
        if name == "view":
            return ["*"]
        if _place(name, site):
            first = self.flow.ev.ask(site.call.args[1], Scope(path, site.function))
            return [(literal(one) or "*").upper() for one in first]
        given = argument(site.call, -1, "methods")
        found: list[str] = []
        for thing in self.flow.ev.ask(given, Scope(path, site.function)) if given else ():
            if thing.kind == "seq" and thing.scope is not None:
                for part in thing.expr.args:
                    found.extend(filter(None, map(literal, self.flow.ev.ask(part, thing.scope))))
        return [method.upper() for method in found] or ["GET"]


def _place(name: str, site: Site) -> int:
    """The place of the path: with a method before it, and a handler after it, the second."""
    placed = len(site.call.args) - len(site.call.keys)
    later = name in {"add_route", "route"} and placed > _THREE
    return int(later and not site.call.args[1].text.startswith("/"))


def _is_router(made: Thing) -> bool:
    if made.kind == "str":
        return any(part.kind == "param" for part in made.parts)
    return made.text in tables.SERVERS or made.text in tables.ROUTERS


def entries(flow: Flow, root: str, path: str, site: Site) -> Iterator[Entry]:
    """Yield the entry points that a call is."""
    where = f"{path}:{site.line}"
    name = site.call.args[0].text
    if name in _WORKS and site.call.args[0].op == "attr":
        yield Entry(root=root, locator=where, way="worker")
        return
    scope = Scope(path, site.function)
    for thing in flow.callee(path, site):
        served = (
            thing.kind == "method"
            and name == "run"
            and any(one.text in tables.SERVERS for one in thing.roots())
        )
        if served or (thing.kind == "ref" and thing.text in _HOOKS):
            given = argument(site.call, 1 if served else -1, "port")
            ports = flow.ev.ask(given, scope) if given is not None else ()
            port = value_of(ports[0].parts) if ports and ports[0].parts else Value()
            yield Entry(root=root, locator=where, way="server", port=port)
        elif thing.kind == "ref" and thing.text in tables.SERVERS:
            yield Entry(root=root, locator=where, way="app")
