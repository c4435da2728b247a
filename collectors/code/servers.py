"""Routes and entry points."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.code import tables
from collectors.code.flow import Flow
from collectors.code.instances import lineage
from collectors.code.items import elements
from collectors.code.summary import argument
from collectors.code.things import Scope, Thing, literal, seen_from, usual, value_of
from depmap.model.facts import Entry, Route, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.evaluate import Evaluator
    from collectors.code.summary import Expr, Site

_PARAMETER = re.compile(r"<[^<>]*>|\{[^{}]*\}|:(?<=/:)\w+")
_ROUTING = frozenset({*tables.VERBS, "route", "websocket", "api_route", "add_url_rule",
                      "add_api_route", "websocket_route", "add_route", "view",
                      *(f"add_{verb}" for verb in tables.VERBS)})  # fmt: skip
_NESTING = frozenset({"include_router", "register_blueprint", "mount", "blueprint", "Mount",
                      "add_namespace", "add_subapp", "register_api"})  # fmt: skip
_PATH_FIRST = frozenset({"mount", "Mount", "add_subapp"})
MOUNT = "starlette.routing.Mount"
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
    """A route's path with each parameter as ``{}``, no slash doubled and none at its end."""
    shown = re.sub("//+", "/", _PARAMETER.sub("{}", path))
    return shown if shown == "/" else shown.rstrip("/") or "/"


@dataclass(frozen=True, slots=True)
class Nesting:
    """One router inside another.

    Attributes:
        outer: the other; None where it is not known.
        prefix: what is put before the paths.
        instead: whether it stands for the router's own prefix.
    """

    outer: Thing | None
    prefix: str = ""
    instead: bool = False


@dataclass(slots=True)
class Servers:
    """The routers of a root and how they are nested."""

    flow: Flow
    _parents: dict[Identity, list[Nesting]] = field(default_factory=dict)

    def nest(self, path: str, site: Site) -> None:
        """Note that a call puts one router into another."""
        name = site.call.args[0].text
        if name not in _NESTING or len(site.call.args) < 2:  # noqa: PLR2004 - the function and one argument
            return
        scope = seen_from(path, site)
        ev = self.flow.ev
        first = int(name in _PATH_FIRST)
        given = argument(site.call, first - 1, "prefix", "url_prefix", "path")
        prefixes = [usual(thing) for thing in ev.ask(given, scope)] if given else [""]
        inner = argument(site.call, first, "router", "app", "blueprint", "ns", "routes")
        outer = [thing for one in self.flow.callee(path, site) for thing in one.roots()[1:]]
        parent = next((thing for thing in outer if thing.kind == "obj"), None)
        if name == "Mount":
            mount = Thing("obj", (), MOUNT, "", site.call, scope)
            held = self._parents.setdefault(mount.identity, [])
            held.extend(Nesting(None, prefix or "") for prefix in prefixes)
            self._inside(scope, inner, [Nesting(mount)])
            return
        instead = given is not None and name in {"register_blueprint", "add_namespace"}
        nestings = [Nesting(parent, prefix or "", instead) for prefix in prefixes]
        self._inside(scope, inner, nestings)

    def _inside(self, scope: Scope, inner: Expr | None, nestings: list[Nesting]) -> None:
        for thing in self.flow.ev.ask(inner, scope) if inner else ():
            for one in elements(self.flow.ev, thing) if thing.kind == "seq" else (thing,):
                if one.kind == "obj":
                    self._parents.setdefault(one.identity, []).extend(nestings)

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
            for raw in self.flow.ev.ask(given, seen_from(path, site)) if given else ():
                text = usual(raw)
                if text is None or (text and not text.startswith("/")):
                    continue
                for prefix in self.prefixes(made):
                    for method in self._methods(name, path, site):
                        yield Route(
                            root=root,
                            locator=f"{path}:{site.line}",
                            method=method,
                            path=plain_path(prefix + text),
                        )

    def prefixes(self, made: Thing, level: int = 0) -> list[str]:
        """What stands before the paths of a router, for each way it is reached."""
        own = ""
        if made.kind == "obj" and made.text in tables.ROUTERS and made.scope is not None:
            own = self._own(made, made.scope)
        nestings = self._parents.get(made.identity) or self._of_api(made)
        if level > MAX_NESTING or not nestings:
            return [own]
        found: list[str] = []
        for one in nestings:
            above = self.prefixes(one.outer, level + 1) if one.outer is not None else [""]
            after = one.prefix if one.instead else one.prefix + own
            found.extend(before + after for before in above)
        return list(dict.fromkeys(found))

    def _own(self, made: Thing, scope: Scope) -> str:
        """A router's prefix of its own; a namespace without one is called by its name."""
        given = argument(made.expr, -1, tables.ROUTERS[made.text])
        found = self.flow.ev.ask(given, scope) if given is not None else ()
        named = argument(made.expr, 0, "name") if made.text.endswith(".Namespace") else None
        if given is None and named is not None:
            return next(
                (f"/{one}" for one in map(usual, self.flow.ev.ask(named, scope)) if one), ""
            )
        return next(filter(None, map(usual, found)), "")

    def _of_api(self, made: Thing) -> list[Nesting]:
        """An API that is made for an application or a blueprint is inside of it."""
        if not made.text.endswith(".Api") or made.scope is None:
            return []
        given = argument(made.expr, 0, "app", "blueprint")
        things = self.flow.ev.ask(given, made.scope) if given is not None else ()
        return [Nesting(thing) for thing in things if thing.kind == "obj"]

    def _methods(self, name: str, path: str, site: Site) -> list[str]:
        verb = name.removeprefix("add_")
        if verb in tables.VERBS:
            return [verb.upper()]
        if name == "view":
            return ["*"]
        of_class = self._of_class(path, site)
        if of_class:
            return of_class
        if _place(name, site):
            first = self.flow.ev.ask(site.call.args[1], seen_from(path, site))
            return [(literal(one) or "*").upper() for one in first]
        given = argument(site.call, -1, "methods")
        found: list[str] = []
        for thing in self.flow.ev.ask(given, seen_from(path, site)) if given else ():
            if thing.kind == "seq" and thing.scope is not None:
                for part in thing.expr.args:
                    found.extend(filter(None, map(literal, self.flow.ev.ask(part, thing.scope))))
        return [method.upper() for method in found] or ["GET"]

    def _of_class(self, path: str, site: Site) -> list[str]:
        """The verbs of a class that answers: the one decorated, or the one given as a view."""
        ev = self.flow.ev
        things = [Thing("class", text=site.target, path=path)] if site.target else []
        view = argument(site.call, -1, "view_func")
        if view is not None and view.op == "call" and view.args[0].text == "as_view":
            things.extend(ev.ask(view.args[0].args[0], seen_from(path, site)))
        return [verb for thing in things for verb in verbs_of(ev, thing)]


def verbs_of(ev: Evaluator, thing: Thing) -> list[str]:
    """The methods of HTTP that a class answers, in capitals."""
    if thing.kind not in {"class", "instance"}:
        return []
    names = [
        name.rpartition(".")[2].removeprefix("on_")
        for where, held in lineage(ev, thing.path, thing.text)
        for name, function in ev.program.files[where].functions.items()
        if function.owner == held.name
    ]
    return [name.upper() for name in dict.fromkeys(names) if name in tables.VERBS]


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
    scope = seen_from(path, site)
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
            yield Entry(root=root, locator=where, way="server", port=port, main=site.main)
        elif thing.kind == "ref" and thing.text in tables.SERVERS:
            yield Entry(root=root, locator=where, way="app")
