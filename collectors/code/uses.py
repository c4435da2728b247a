"""Calls of other services over HTTP, and of collectors of telemetry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.code import received, tables
from collectors.code.instances import given, lineage
from collectors.code.strings import concatenate
from collectors.code.summary import argument
from collectors.code.things import UNKNOWN, Scope, Thing, literal, text
from depmap.model.facts import Part

if TYPE_CHECKING:
    from collectors.code.evaluate import Evaluator
    from collectors.code.summary import Expr, Site
    from collectors.code.things import Things

_METHODS = (
    *sorted(tables.VERBS),
    "request",
    "stream",
    "build_request",
    "fetch",
    "ws_connect",
    "urlopen",
    "open",
    "*",
)

_ENDLESS = frozenset({"requests", "urllib", "urllib2"})


def is_http(ev: Evaluator, thing: Thing) -> bool:
    """Whether calling a thing calls a URL."""
    head, _, last = thing.text.rpartition(".")
    if thing.kind == "ref":
        return thing.text in tables.HTTP_ANY or (
            head in tables.HTTP_MODULES and (last in tables.VERBS or last == "*")
        )
    return thing.kind == "method" and last in _METHODS and client(ev, thing.origin) is not None


def client(ev: Evaluator, thing: Thing | None) -> Thing | None:
    """The HTTP client that an object is; None for others, answers of a client among them."""
    if thing is None:
        return None
    made = thing.kind == "obj" and thing.text in tables.HTTP_CLIENTS
    return thing if made or (thing.kind == "instance" and _derives(ev, thing)) else None


def _derives(ev: Evaluator, thing: Thing) -> bool:
    return any(
        base.text in tables.HTTP_CLIENTS
        for path, held in lineage(ev, thing.path, thing.text)
        for expr in held.bases
        for base in ev.evaluate(expr, Scope(path))
        if base.kind == "ref"
    )


def asked(ev: Evaluator, site: Site, scope: Scope) -> tuple[Things, Things]:
    """Return the addresses and the methods of an HTTP call, as seen from a scope."""
    targets: list[Thing] = []
    methods: list[Thing] = []
    for thing in ev.evaluate(site.call.args[0], scope):
        if not is_http(ev, thing):
            continue
        last = thing.text.rpartition(".")[2]
        places = _places(thing, last)
        method, url = (given(ev, site.call, place, name, scope) for place, name in places)
        posts = thing.text.startswith(tables.HTTP_POSTS)
        methods.extend(_methods("post" if posts else last, method, site.call))
        asked_for = url if url is not None else (text(""),)
        for base in _bases(ev, thing):
            targets.extend(_joined(base, one) for one in asked_for)
        targets.extend(one for one in map(received.open_, asked_for) if one is not None)
    if not targets:
        targets.extend(one for found in received.waiting(ev, site, scope) for one in found)
    return tuple(dict.fromkeys(targets)), tuple(dict.fromkeys(methods))


def endless(callee: Things, site: Site) -> bool:
    """Whether a call may wait for ever: requests and urllib have no limit of their own."""
    made = [one.expr for thing in callee for one in thing.roots() if one.kind == "obj"]
    given = [argument(call, -1, "timeout") for call in (site.call, *made)]
    known = next((one for one in given if one is not None), None)
    if known is not None or "**" in site.call.keys:
        return known is not None and known.text == "None"
    return any(one.text.split(".")[0] in _ENDLESS for thing in callee for one in thing.roots())


def _places(thing: Thing, last: str) -> tuple[tuple[int, str], tuple[int, str]]:
    if thing.text in tables.HTTP_ANY:
        method, url = tables.HTTP_ANY[thing.text]
        return (method, "method"), (url, "url")
    if last in {"request", "stream", "open", "build_request"}:
        return (0, "method"), (1, "url")
    return (-1, "method"), (0, "url")


def _methods(last: str, method: Things | None, call: Expr) -> list[Thing]:
    if last in tables.VERBS:
        return [text(last.upper())]
    if method is not None:
        found = [literal(thing) for thing in method]
        raw = [thing for thing in method if literal(thing) is None]
        return [text(name.upper()) for name in found if name] + raw
    return [UNKNOWN if last == "*" else text("POST" if "data" in call.keys else "GET")]


def _bases(ev: Evaluator, thing: Thing) -> Things:
    """The base address of the client that a method belongs to."""
    made = client(ev, thing.origin) if thing.kind == "method" else None
    if made is None or made.kind == "instance":
        return (text(""),)
    place = tables.HTTP_CLIENTS[made.text]
    given = argument(made.expr, place, "base_url", "host")
    if given is None or made.scope is None:
        return (text(""),)
    found = ev.evaluate(given, made.scope)
    if "HTTPConnection" in made.text or "HTTPSConnection" in made.text:
        port = argument(made.expr, 1, "port")
        scheme = "https://" if "HTTPS" in made.text else "http://"
        pieces: list[Things] = [(text(scheme),), found]
        if port is not None:
            pieces += [(text(":"),), ev.evaluate(port, made.scope)]
        return concatenate(pieces)
    return found


def _joined(base: Thing, url: Thing) -> Thing:
    head, tail = base.parts, url.parts or (Part("hole"),)
    if not head or head == (Part("text"),):
        return Thing("str", tail)
    whole = literal(url) or ""
    if whole.startswith(("http://", "https://")):
        return url
    first = tail[0]
    last = head[-1]
    ends = last.text if last.kind == "text" else last.default or ""
    if first.kind == "text" and first.text.startswith("/") and ends.endswith("/"):
        tail = (Part("text", first.text[1:]), *tail[1:])
    elif whole and not whole.startswith("/") and not ends.endswith("/"):
        tail = (Part("text", "/"), *tail)
    return Thing("str", (*head, *tail))


def exporter(thing: Thing) -> tuple[str, ...]:
    """The variables that tell an exporter of telemetry where to send; empty for other things."""
    if thing.kind != "ref" or not thing.text.startswith("opentelemetry.exporter."):
        return ()
    last = thing.text.rpartition(".")[2]
    if not last.endswith("Exporter"):
        return ()
    if "zipkin" in thing.text:
        return ("OTEL_EXPORTER_ZIPKIN_ENDPOINT",)
    if "jaeger" in thing.text:
        return ("OTEL_EXPORTER_JAEGER_ENDPOINT", "OTEL_EXPORTER_JAEGER_AGENT_HOST")
    kind = next((word for word in ("METRIC", "LOG") if word in last.upper()), "TRACE")
    return (f"OTEL_EXPORTER_OTLP_{kind}S_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


def exported(ev: Evaluator, site: Site, scope: Scope) -> tuple[Things, Things]:
    """Return the addresses that an exporter of telemetry sends to."""
    found: list[Thing] = []
    given = argument(site.call, 0, "endpoint", "agent_host_name", "collector_endpoint")
    for thing in ev.evaluate(site.call.args[0], scope):
        names = exporter(thing)
        if names and given is not None:
            found.extend(ev.evaluate(given, scope))
        else:
            found.extend(Thing("str", (Part("env", name),)) for name in names)
    return tuple(dict.fromkeys(found)), ()
