"""Gateways: the requests that they pass on, by their configuration or their code."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from collectors.polyglot.expressions import Context, Expr
from collectors.polyglot.https import CERTAINTY
from collectors.polyglot.reaching import chain, known, scope_of
from collectors.polyglot.settings import counting
from collectors.polyglot.springs import unit_of
from depmap.model.facts import Part, Use, Value
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Site, Summary
    from collectors.polyglot.parts import Parts
    from collectors.polyglot.project import Project

_SPRING = re.compile(r"spring\.cloud\.gateway\..*routes\[(\d+)\]\.(uri|predicates.*)$")
_ZUUL = re.compile(r"zuul\.routes\.([\w-]+)(?:\.(path|url|serviceid))?$")
_YARP = re.compile(r"reverseproxy\.clusters\.([^.]+)\.destinations\..*\.address$")
_YARP_PATH = re.compile(r"reverseproxy\.routes\.([^.]+)\.(clusterid|match\.path)$")
_OCELOT = re.compile(
    r"(?:re)?routes\.(\d+)\.(downstreamhostandports\.0\.host|downstreamhostandports\.0\.port|"
    r"servicename|upstreampathtemplate|downstreamscheme)$"
)
_CALLS = frozenset({"createProxyMiddleware", "proxy", "NewSingleHostReverseProxy", "httpProxy",
                    "createProxy", "createProxyServer"})  # fmt: skip
_PATHS = re.compile(r"\*.*$|\{\*{0,2}[\w-]*\}.*$")


def passed_on(ev: Evaluator, root: str, project: Project) -> Iterator[Use]:
    """Yield the routes of the gateways that a project's configuration files describe."""
    if not project.files or not any(
        word in key for key in project.properties.values for word in ("route", "reverseproxy")
    ):
        return
    ask = _Asking(ev, project)
    for read in (_spring, _zuul, _yarp, _ocelot):
        for use in read(root, ask):
            yield replace(use, unit=unit_of(project, use.locator))


class _Asking:
    """Values of the keys of one project."""

    def __init__(self, ev: Evaluator, project: Project) -> None:
        self.ev = ev
        self.properties = project.properties
        self.scope = scope_of(project.files[0], Context())
        self.keys = counting(project)

    def value(self, key: str) -> Parts:
        """The value of a key."""
        return self.ev.values(Expr("property", self.properties.keys[key]), self.scope)[0]

    def text(self, key: str) -> str:
        """The text of a key; empty when there is none."""
        held = self.properties.values.get(key)
        return held.text if held is not None else ""

    def at(self, key: str) -> str:
        """Where a key stands."""
        return self.properties.values[key].locator


def _spring(root: str, ask: _Asking) -> Iterator[Use]:
    uris: dict[str, str] = {}
    paths: dict[str, list[str]] = defaultdict(list)
    for key in ask.keys:
        match = _SPRING.search(key)
        if match is not None and match[2] == "uri":
            uris[match[1]] = key
        elif match is not None:
            text = ask.text(key)
            if text.startswith("Path=") or ".args." in key:
                paths[match[1]].extend(re.split(r"\s*,\s*", text.removeprefix("Path=")))
    for number, key in uris.items():
        yield _use(root, ask.at(key), ask.value(key), paths[number])


def _zuul(root: str, ask: _Asking) -> Iterator[Use]:
    routes: dict[str, dict[str, str]] = defaultdict(dict)
    for key in ask.keys:
        match = _ZUUL.match(key)
        if match is not None:
            routes[match[1]][match[2] or "path"] = key
    for name, held in routes.items():
        key = held.get("url") or held.get("serviceid") or held.get("path", "")
        value = ask.value(key)
        if key == held.get("path"):  # the name of the route is that of the service
            word = ask.properties.keys[key].split(".")[2]
            value = (Part("text", f"http://{word}"),)
        elif "://" not in ask.text(key):
            value = (Part("text", "http://"), *value)
        path = ask.text(held["path"]) if "path" in held else f"/{name}/"
        yield _use(root, ask.at(key), value, [path])


def _yarp(root: str, ask: _Asking) -> Iterator[Use]:
    clusters: dict[str, list[str]] = defaultdict(list)
    routes: dict[str, dict[str, str]] = defaultdict(dict)
    for key in ask.keys:
        match = _YARP_PATH.match(key)
        if match is not None:
            routes[match[1]][match[2]] = ask.text(key)
    for held in routes.values():
        name = re.sub(r"[-_]", "", held.get("clusterid", "")).lower()
        clusters[name].append(held.get("match.path", "/"))
    for key in ask.keys:
        match = _YARP.match(key)
        if match is not None:
            yield _use(root, ask.at(key), ask.value(key), clusters[match[1]])


def _ocelot(root: str, ask: _Asking) -> Iterator[Use]:
    routes: dict[str, dict[str, str]] = defaultdict(dict)
    for key in ask.keys:
        match = _OCELOT.search(key)
        if match is not None:
            routes[match[1]][match[2].rpartition(".")[2]] = key
    for _, held in sorted(routes.items(), key=lambda one: int(one[0])):
        key = held.get("host") or held.get("servicename", "")
        if not key:
            continue
        port = ask.text(held["port"]) if "port" in held else ""
        where = f"http://{ask.text(key)}" + (f":{port}" if port else "")
        path = ask.text(held.get("upstreampathtemplate", ""))
        yield _use(root, ask.at(key), (Part("text", where),), [path])


def proxied(ev: Evaluator, root: str, file: Summary, site: Site) -> Iterator[Use]:
    """Yield what a proxy in the code passes on: http-proxy-middleware, Go's reverse proxy."""
    scope = scope_of(file, site.context)
    call = site.call
    routed = [one for one in chain(call) if one.text == "path"] if call.text == "uri" else []
    if call.text not in _CALLS and not routed:
        return
    given = call.named("target", "upstream") or call.first
    values = [
        value
        for value in (known(ev.values(given, scope)) if given is not None else ())
        if value[0].kind == "env" or "://" in value[0].text
    ]
    firsts = [one.first for one in (*routed, call) if one.first is not None]
    paths = [text for one in firsts if (text := ev.text(one, scope)).startswith("/")]
    for outer in file.sites:
        mounts = outer.call.text in {"use", "all"} and any(
            inner is call for one in outer.call.positional[1:] for inner in chain(one)
        )
        if mounts and outer.call.first is not None:
            paths.append(ev.text(outer.call.first, scope))
    for value in values:
        yield _use(root, f"{file.path}:{call.line}", value, paths)


def _use(root: str, at: str, value: Parts, paths: Iterable[str]) -> Use:
    shown = [_PATHS.sub("", path) or "/" for path in paths if path]
    return Use(
        root=root,
        locator=at,
        kind=Kind.HTTP,
        system="http",
        targets=(Value(tuple(Part("hole") if p.kind == "param" else p for p in value)),),
        method="*",
        operations=(Value.literal(shown[0]),) if shown else (),
        strength=Strength.STRONG,
        reason="requests are passed on",
        certainty=CERTAINTY,
    )
