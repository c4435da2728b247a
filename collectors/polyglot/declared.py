"""Interfaces that frameworks make clients of: Feign, Micronaut, MicroProfile, Refit."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from collectors.polyglot.expressions import Context, Expr
from collectors.polyglot.https import CERTAINTY, dotnet_base, spring_base
from collectors.polyglot.parts import UNKNOWN
from collectors.polyglot.reaching import fate, scope_of
from collectors.polyglot.servers import inherited, paths, plain_path
from depmap.model.facts import Part, Use, Value
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Annotation, Summary
    from collectors.polyglot.parts import Parts

CLIENTS = frozenset(
    {"FeignClient", "RegisterRestClient", "HttpExchange", "Client", "ReactiveFeignClient"}
)
_JAX = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH"})
_REFIT = {verb.title(): verb for verb in _JAX}
_VERBS = {f"{verb.title()}{end}": verb for verb in _JAX for end in ("Mapping", "Exchange", "")} | {
    verb: verb for verb in _JAX
}
_PREFIXES = frozenset({"RequestMapping", "Path", "HttpExchange"})
_NAME = re.compile(r"[\w.-]+$")


def clients(ev: Evaluator, root: str, file: Summary) -> Iterator[Use]:
    """Yield the calls that interfaces of declared clients stand for."""
    for mark in file.annotations:
        if mark.on != "class" or mark.name not in CLIENTS:
            continue
        base = _address(ev, file, mark)
        prefix = _prefix(ev, file, mark)
        for where, one in inherited(ev, file, mark.cls):
            for verb, path in _asked(ev, where, one):
                at = f"{where.path}:{one.call.line}"
                places = (at, ()) if where is file else (f"{file.path}:{mark.call.line}", (at,))
                call = _call(root, places, base, (verb, f"{prefix}/{path}"))
                yield _fated(ev, file, mark.cls, one, call)


def exchanges(ev: Evaluator, root: str, file: Summary) -> Iterator[Use]:
    """Yield the calls of interfaces of Spring whose client a bean makes, with its one address."""
    if file.language not in {"java", "kotlin"}:
        return
    told = {one.cls for one in file.annotations if one.on == "class" and one.name in CLIENTS}
    for one in file.annotations:
        if one.on != "method" or not one.name.endswith("Exchange") or one.cls in told:
            continue
        for base in spring_base(ev, scope_of(file, Context(cls=one.cls))):
            for asked in _asked(ev, file, one):
                call = _call(root, (f"{file.path}:{one.call.line}", ()), base, asked)
                yield _fated(ev, file, one.cls, one, call)


def _fated(ev: Evaluator, file: Summary, cls: str, one: Annotation, call: Use) -> Use:
    """A call with what becomes of its failure where the client is asked, by the worst case."""
    asked = [
        fate(ev, where, site.context)
        for where, site in ev.program.callers(one.target, file)
        if site.call.receiver is not None and where.types.get(site.call.receiver.text) == cls
    ]
    for strength in (Strength.STRONG, Strength.WEAK, Strength.OPTIONAL):
        why = next((reason for found, reason in asked if found is strength), None)
        if why is not None:
            return replace(call, strength=strength, reason=f"{call.reason}; {why}")
    return call


def _asked(ev: Evaluator, file: Summary, one: Annotation) -> Iterator[tuple[str, str]]:
    """The methods and paths that a method of an interface asks for."""
    if one.on != "method":
        return
    if one.name == "RequestLine":
        verb, _, path = ev.text(one.call.first, scope_of(file, Context())).partition(" ")
        yield verb or "*", path.partition("?")[0]
        return
    verb = _VERBS.get(one.name, "")
    if one.name == "RequestMapping":
        verb = (one.call.named("method") or Expr("hole")).text or "*"
    if not verb:
        return
    jax = [
        mark for mark in file.annotations
        if mark.name == "Path" and mark.on == "method"
        and (mark.target, mark.cls) == (one.target, one.cls)
    ]  # fmt: skip
    for path in paths(ev, file, jax[0] if jax and one.name.isupper() else one):
        yield verb, path.partition("{?")[0]


def _prefix(ev: Evaluator, file: Summary, mark: Annotation) -> str:
    """The path under which all calls of a client go."""
    scope = scope_of(file, Context())
    given = ev.text(mark.call.named("path"), scope)
    outer = next(
        (
            one
            for one in file.annotations
            if one.on == "class" and one.cls == mark.cls and one.name in _PREFIXES
            and one.name != mark.name
        ),
        None,
    )  # fmt: skip
    return given or (paths(ev, file, outer)[0] if outer is not None else "")


def _address(ev: Evaluator, file: Summary, mark: Annotation) -> Parts:
    scope = scope_of(file, Context())
    if mark.name == "RegisterRestClient":
        return _configured(ev, file, mark)
    url = mark.call.named("url", "baseUri")
    if url is not None and ev.values(url, scope)[0]:
        return ev.values(url, scope)[0]
    name = mark.call.named("name", "value", "id", "contextId") or mark.call.first
    held = ev.values(name, scope)[0] if name is not None else ()
    text = held[0].text if held and held[0].kind == "text" else ""
    if "://" in text:
        return held
    if not text or _NAME.match(text):
        return (Part("text", "http://"), *held)
    return UNKNOWN


def _configured(ev: Evaluator, file: Summary, mark: Annotation) -> Parts:
    """The address that a configuration file gives a client of MicroProfile."""
    scope = scope_of(file, Context())
    given = mark.call.named("baseUri")
    key = ev.text(mark.call.named("configKey"), scope) or f"{file.package}.{mark.cls}"
    for name in (f"quarkus.rest-client.{key}.url", f"quarkus.rest-client.{key}.uri",
                 f"{key}/mp-rest/url", f"{key}/mp-rest/uri"):  # fmt: skip
        if ev.program.property(name, file)[0] is not None:
            return ev.values(Expr("property", name), scope)[0]
    return ev.values(given, scope)[0] if given is not None else UNKNOWN


def _call(
    root: str, places: tuple[str, tuple[str, ...]], base: Parts, asked: tuple[str, str]
) -> Use:
    verb, path = asked
    if base and base[-1].kind == "text" and base[-1].text.endswith("/") and len(base) == 1:
        base = (Part("text", base[0].text.rstrip("/")),)
    return Use(
        root=root,
        locator=places[0],
        kind=Kind.HTTP,
        system="http",
        targets=(Value((*base, Part("text", plain_path(re.sub(r"/+", "/", path))))),),
        method=verb,
        strength=Strength.UNDETERMINED,
        reason="a declared client",
        further=places[1],
        certainty=CERTAINTY,
    )


def refit(ev: Evaluator, root: str, file: Summary) -> Iterator[Use]:
    """Yield the calls of interfaces that Refit makes clients of, where an address is known."""
    if file.language != "csharp":
        return
    for one in file.annotations:
        if one.on != "method" or one.name not in _REFIT:
            continue
        found = set(dotnet_base(ev, scope_of(file, Context(cls=one.cls)), None))
        for path in paths(ev, file, one) if len(found) == 1 else ():
            if path.startswith("/") or not path:
                at = f"{file.path}:{one.call.line}"
                yield _call(root, (at, ()), next(iter(found)), (_REFIT[one.name], path))
