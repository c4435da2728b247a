"""Django: its databases and caches by settings, and its routes by tables of patterns."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.code.instances import lineage
from collectors.code.placed import Placer, values
from collectors.code.program import Place
from collectors.code.servers import plain_path
from collectors.code.strings import concatenate
from collectors.code.summary import HOLE, argument
from collectors.code.things import Scope, Thing, Things, literal, text
from depmap.model.facts import Entry, Route, Use
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.summary import Expr, Site, Summary
    from depmap.model.facts import Fact

_ENGINES = {"postgres": "postgresql", "postgis": "postgresql", "mysql": "mysql",
            "sqlite": "sqlite", "djongo": "mongodb", "mongodb": "mongodb"}  # fmt: skip
_VERBS = ("get", "post", "put", "patch", "delete", "head", "options")
_GENERIC = {
    "List": "GET", "Retrieve": "GET", "Create": "POST", "Update": "PUT PATCH",
    "Destroy": "DELETE", "Detail": "GET", "Template": "GET",
}  # fmt: skip
_ACTIONS = {"list": ("GET", ""), "create": ("POST", ""), "retrieve": ("GET", "{}"),
            "update": ("PUT", "{}"), "partial_update": ("PATCH", "{}"),
            "destroy": ("DELETE", "{}")}  # fmt: skip
_REGEX_PARAMETER = re.compile(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)|\((?:[^()])*\)")
MAX_NESTING = 6


@dataclass(slots=True)
class Django:
    """The Django projects of a root."""

    placer: Placer
    _included: set[str] = field(default_factory=set)

    def stores(self, path: str) -> Iterator[Fact]:
        """Yield the databases and caches that a file of settings names."""
        summary = self.placer.program.files[path]
        for name, key, kind in (
            ("DATABASES", "HOST", Kind.DATABASE),
            ("CACHES", "LOCATION", Kind.CACHE),
        ):
            line = summary.lines.get(name, 1)
            for value in summary.names.get(name, ()):
                for held in value.args if value.op == "dict" else ():
                    yield from self._store(path, line, held, key, kind)
            for held, later in _set_later(summary, name):
                yield from self._store(path, later or line, held, key, kind)

    def _store(self, path: str, line: int, held: Expr, key: str, kind: Kind) -> Iterator[Use]:
        targets, system = self._address(path, held, key)
        if targets:
            yield Use(
                root=self.placer.root,
                locator=f"{path}:{line}",
                kind=kind,
                system=system,
                targets=values(targets),
                strength=Strength.STRONG if kind is Kind.DATABASE else Strength.WEAK,
                reason="the project's settings keep its data there",
            )

    def _address(self, path: str, held: Expr, key: str) -> tuple[Things, str]:
        ev, scope = self.placer.flow.ev, Scope(path)
        if held.op != "dict":
            return self._by_url(held, scope), ""
        keys = dict(zip(held.keys, held.args, strict=False))
        if key == "LOCATION":
            given = ev.ask(keys[key], scope) if key in keys else ()
            remote = tuple(one for one in given if one.kind in {"str", "seq"})
            backend = keys.get("BACKEND", HOLE).text.casefold()
            return (remote, "redis") if "redis" in backend else ((), "")
        engine = (literal(ev.ask(keys.get("ENGINE", HOLE), scope)[0]) or "").casefold()
        system = next((one for word, one in _ENGINES.items() if word in engine), "")
        if system == "sqlite":
            return (text("sqlite://"),), system
        if "HOST" not in keys:
            return (), system
        pieces: list[Things] = [(text(f"{system or 'sql'}://"),), ev.ask(keys["HOST"], scope)]
        for mark, name in ((":", "PORT"), ("/", "NAME")):
            if name in keys:
                pieces += [(text(mark),), ev.ask(keys[name], scope)]
        return concatenate(pieces), system

    def _by_url(self, held: Expr, scope: Scope) -> Things:
        """``dj_database_url.config(default=…)``, ``env.db()``."""
        if held.op not in {"call", "name"}:
            return ()
        found = self.placer.flow.ev.ask(held, scope)
        return tuple(one for one in found if one.kind == "str")

    def routes(self) -> Iterator[Fact]:
        """Yield the routes of every project, from its outermost table of patterns inwards."""
        tables = [path for path, one in self.placer.program.files.items()
                  if "urlpatterns" in one.names]  # fmt: skip
        found: dict[str, list[Route]] = {}
        for path in tables:
            found[path] = [
                route for value in self.placer.program.files[path].names["urlpatterns"]
                for route in self._patterns(path, value, "/", 0)
            ]  # fmt: skip
        for path in tables:
            if path not in self._included:
                yield Entry(root=self.placer.root, locator=f"{path}:1", way="app")
                yield from found[path]

    def _patterns(self, path: str, expr: Expr, prefix: str, level: int) -> Iterator[Route]:
        if level > MAX_NESTING:
            return
        if expr.op in {"list", "concat", "either"}:
            for part in expr.args:
                yield from self._patterns(path, part, prefix, level + 1)
        elif expr.op == "attr" and expr.text == "urls":
            yield from self._registered(path, expr.args[0], prefix)
        elif expr.op == "call" and expr.args[0].text in {"path", "re_path", "url"}:
            yield from self._pattern(path, expr, prefix, level)
        elif expr.op == "name" and expr.text != "urlpatterns":
            for value in self.placer.program.files[path].names.get(expr.text, ()):
                yield from self._patterns(path, value, prefix, level + 1)

    def _pattern(self, path: str, expr: Expr, prefix: str, level: int) -> Iterator[Route]:
        given, view = argument(expr, 0, "route", "regex"), argument(expr, 1, "view")
        if given is None or view is None or given.op != "text":
            return
        shown = given.text if expr.args[0].text == "path" else _unregexed(given.text)
        whole = prefix + (shown.lstrip("/") if prefix.endswith("/") else shown)
        if view.op == "call" and view.args[0].text == "include":
            yield from self._include(path, view, whole, level)
        elif view.op == "attr" and view.text == "urls":
            if view.args[0].text != "site":  # the administration's own pages
                yield from self._registered(path, view.args[0], whole)
        else:
            for method in self._methods(path, view):
                yield self._route(f"{path}:{expr.line}", method, whole)

    def _include(self, path: str, view: Expr, prefix: str, level: int) -> Iterator[Route]:
        given = argument(view, 0, "arg")
        if given is not None and given.op == "list" and given.args:
            given = given.args[0]
        if given is None:
            return
        if given.op != "text":
            yield from self._patterns(path, given, prefix, level + 1)
            return
        place = self.placer.program.module(given.text, path)
        if place is None or place.path == path:
            return
        self._included.add(place.path)
        for value in self.placer.program.files[place.path].names.get("urlpatterns", ()):
            yield from self._patterns(place.path, value, prefix, level + 1)

    def _registered(self, path: str, router: Expr, prefix: str) -> Iterator[Route]:
        """The routes of the viewsets that are registered with a router of a file."""
        for where in {path, *self.placer.program.imported(path)}:
            for site in self.placer.program.files[where].sites:
                called = site.call.args[0]
                same = called.op == "attr" and called.args[0].text == router.text
                if called.text == "register" and same:
                    yield from self._viewset(where, site, prefix)

    def _viewset(self, path: str, site: Site, prefix: str) -> Iterator[Route]:
        given, view = argument(site.call, 0, "prefix"), argument(site.call, 1, "viewset")
        if given is None or view is None or given.op != "text":
            return
        base = prefix + _unregexed(given.text).strip("/")
        where = f"{path}:{site.line}"
        for thing in self.placer.flow.ev.ask(view, Scope(path)):
            if thing.kind != "class":
                continue
            for action, (method, tail) in _ACTIONS.items():
                if self._acts(thing, action):
                    yield self._route(where, method, f"{base}/{tail}")
            yield from self._extra(thing, base, where)

    def _acts(self, thing: Thing, action: str) -> bool:
        program = self.placer.program
        words = {base.text for _, held in lineage(self.placer.flow.ev, thing.path, thing.text)
                 for base in held.bases}  # fmt: skip
        if "ModelViewSet" in words:
            return True
        if action in {"list", "retrieve"} and "ReadOnlyModelViewSet" in words:
            return True
        mixin = f"{action.removeprefix('partial_').title()}ModelMixin"
        own = program.function(Place(thing.path, f"{thing.text}.{action}"))
        return own is not None or mixin in words

    def _extra(self, thing: Thing, base: str, where: str) -> Iterator[Route]:
        """``@action(detail=True, methods=["post"])``."""
        for name, function in self.placer.program.files[thing.path].functions.items():
            for item in function.decorators if function.owner == thing.text else ():
                if item.op != "call" or item.args[0].text != "action":
                    continue
                detail = argument(item, -1, "detail")
                given = argument(item, -1, "url_path")
                last = given.text if given is not None else name.rpartition(".")[2]
                middle = "/{}" if detail is not None and detail.text == "True" else ""
                methods = argument(item, -1, "methods")
                for one in methods.args if methods is not None else ():
                    yield self._route(where, one.text.upper(), f"{base}{middle}/{last}")
                if methods is None:
                    yield self._route(where, "GET", f"{base}{middle}/{last}")

    def _methods(self, path: str, view: Expr) -> list[str]:
        called = view.args[0] if view.op == "call" else view
        if view.op == "call" and called.text == "as_view":
            given = argument(view, 0, "actions")
            if given is not None and given.op == "dict":
                return [key.upper() for key in given.keys if key]
            view = called.args[0]
        for thing in self.placer.flow.ev.ask(view, Scope(path)):
            if thing.kind == "class":
                return self._of_class(thing)
            if thing.kind == "func":
                return self._of_function(thing)
        return ["*"]

    def _of_class(self, thing: Thing) -> list[str]:
        program = self.placer.program
        own = [verb.upper() for verb in _VERBS
               if program.function(Place(thing.path, f"{thing.text}.{verb}"))]  # fmt: skip
        words = [base.text for _, held in lineage(self.placer.flow.ev, thing.path, thing.text)
                 for base in held.bases if base.text.endswith("View")]  # fmt: skip
        usual = [one for word in words for part, methods in _GENERIC.items()
                 if part in word for one in methods.split()]  # fmt: skip
        return list(dict.fromkeys([*own, *usual])) or ["*"]

    def _of_function(self, thing: Thing) -> list[str]:
        function = self.placer.program.function(Place(thing.path, thing.text))
        for item in function.decorators if function is not None else ():
            named = item.args[0].text if item.op == "call" else item.text
            if named.startswith("require_") and named[8:].upper() in {"GET", "POST"}:
                return [named[8:].upper()]
            if named in {"api_view", "require_http_methods"} and item.op == "call":
                given = item.args[1].args if len(item.args) > 1 else ()
                return [one.text.upper() for one in given if one.text] or ["GET"]
        return ["*"]

    def _route(self, locator: str, method: str, path: str) -> Route:
        return Route(root=self.placer.root, locator=locator, method=method, path=plain_path(path))


def _set_later(summary: Summary, name: str) -> Iterator[tuple[Expr, int]]:
    """What is put into a setting after it: ``NAME["default"] = …``, or by its ``update``."""
    for key, held in summary.names.items():
        if key.startswith(f"[{name}]"):
            yield from ((value, 0) for value in held)
    for site in summary.sites:
        called, *given = site.call.args
        inside = called.args[0] if called.op == "attr" and called.text == "update" else None
        if inside is not None and inside.op == "index" and inside.args[0].text == name:
            yield from ((value, site.line) for value in given[:1])


def _unregexed(pattern: str) -> str:
    """A regular expression as a path: its groups are parameters.

    >>> _unregexed(r"^orders/(?P<key>[0-9]+)/$")
    'orders/{}/'
    """
    return _REGEX_PARAMETER.sub("{}", pattern.lstrip("^").rstrip("$").replace("\\Z", ""))
