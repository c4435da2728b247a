"""Routes in lists: as objects, as rows or as classes (Starlette, Tornado, Flask-RESTful)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.code.items import elements
from collectors.code.servers import Servers, plain_path, verbs_of
from collectors.code.summary import argument
from collectors.code.things import Scope, Thing, literal, seen_from, usual
from depmap.model.facts import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.summary import Expr, Site

_OBJECTS = frozenset({"starlette.routing.Route", "starlette.routing.WebSocketRoute",
                      "fastapi.routing.APIRoute"})  # fmt: skip
_ROWS = frozenset({"tornado.web.Application", "tornado.routing.RuleRouter"})
_APIS = frozenset({"flask_restful.Api", "flask_restx.Api", "flask_restplus.Api"})
_GROUP = re.compile(r"\((?:[^()\\]|\\.)*\)")
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Resources:
    """The routes of a root that no decorator or method declares.

    Attributes:
        servers: how routers are nested.
    """

    servers: Servers

    def routes(self, root: str, path: str, site: Site) -> Iterator[Route]:
        """Yield the routes that a call declares."""
        for method, shown in self._declared(path, site):
            where = f"{path}:{site.line}"
            yield Route(root=root, locator=where, method=method, path=plain_path(shown))

    def _declared(self, path: str, site: Site) -> Iterator[tuple[str, str]]:
        scope = seen_from(path, site)
        for thing in self.servers.flow.callee(path, site):
            if thing.kind == "ref" and thing.text in _OBJECTS:
                yield from self._object(thing, site, scope)
            elif thing.kind == "ref" and thing.text in _ROWS:
                yield from self._rows(site, scope)
            elif thing.text.endswith(".add_resource"):
                yield from self._resource(thing, site, scope)

    def _texts(self, given: Expr | None, scope: Scope) -> list[str]:
        things = self.servers.flow.ev.ask(given, scope) if given is not None else ()
        return [text for text in map(usual, things) if text is not None]

    def _object(self, thing: Thing, site: Site, scope: Scope) -> Iterator[tuple[str, str]]:
        ev = self.servers.flow.ev
        given = argument(site.call, -1, "methods")
        held = ev.ask(given, scope) if given is not None else ()
        methods = [literal(one) for thing in held for one in elements(ev, thing)]
        made = Thing("obj", (), thing.text, "", site.call, scope)
        for text in self._texts(argument(site.call, 0, "path"), scope):
            for prefix in self.servers.prefixes(made):
                for method in methods or ["GET"]:
                    yield (method or "*").upper(), prefix + text

    def _rows(self, site: Site, scope: Scope) -> Iterator[tuple[str, str]]:
        ev = self.servers.flow.ev
        given = argument(site.call, 0, "handlers", "rules")
        for listed in ev.ask(given, scope) if given is not None else ():
            for row in elements(ev, listed):
                parts = row.expr.args[1:] if row.kind == "obj" else row.expr.args
                if row.scope is None or len(parts) < _PAIR:
                    continue
                verbs = [verb for one in ev.ask(parts[1], row.scope) for verb in verbs_of(ev, one)]
                for text in self._texts(parts[0], row.scope):
                    shown = _GROUP.sub("{}", text.strip("^$"))
                    yield from ((verb, shown) for verb in verbs or ["*"])

    def _resource(self, thing: Thing, site: Site, scope: Scope) -> Iterator[tuple[str, str]]:
        """``api.add_resource(Item, "/items", "/items/<int:id>")``."""
        ev = self.servers.flow.ev
        api = next((one for one in thing.roots() if one.kind == "obj" and one.text in _APIS), None)
        placed = site.call.args[1 : len(site.call.args) - len(site.call.keys)]
        if api is None or not placed:
            return
        verbs = [verb for one in ev.ask(placed[0], scope) for verb in verbs_of(ev, one)]
        for given in placed[1:]:
            for text in self._texts(given, scope):
                for prefix in self.servers.prefixes(api):
                    yield from ((verb, prefix + text) for verb in verbs or ["*"])
