"""Databases, caches and brokers: where they are, and what is read or written there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.code import storetables
from collectors.code.items import elements, item
from collectors.code.orm import mapped
from collectors.code.strings import concatenate
from collectors.code.summary import argument
from collectors.code.things import UNKNOWN, Scope, Thing, Things, literal, text

if TYPE_CHECKING:
    from collectors.code.evaluate import Evaluator
    from collectors.code.summary import Expr
    from depmap.model.facts import Part

MAX_DEPTH = 4

_SQL = re.compile(
    r"\b(FROM|JOIN|INTO|UPDATE|TABLE(?:\s+IF\s+(?:NOT\s+)?EXISTS)?|TRUNCATE)\s+"
    r"(?:ONLY\s+)?([\"`\[]?[A-Za-z_][\w$]*[\"`\]]?(?:\.[\"`\[]?[A-Za-z_][\w$]*[\"`\]]?)?)(\s*\()?",
    re.IGNORECASE,
)
_STARTS = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|TRUNCATE|MERGE|COPY|DROP)\b", re.IGNORECASE
)
_NO_TABLES = frozenset({"set", "select", "lateral", "unnest", "generate_series", "values", "only"})


def root_of(ev: Evaluator, thing: Thing | None, depth: int = 0) -> Thing | None:
    """The client of a store that an object is, or was got from; None for others."""
    if thing is None or depth > MAX_DEPTH:
        return None
    for root in thing.roots():
        if root.kind != "obj":
            continue
        if root.text in storetables.HOLDERS and root.scope is not None:
            for given in root.expr.args[1:]:
                for held in ev.evaluate(given, root.scope):
                    found = root_of(ev, held, depth + 1)
                    if found is not None:
                        return found
        if root.text in storetables.STORES:
            return root
    sessions = (
        one for one in thing.roots() if one.kind == "obj" and one.text in storetables.SESSIONS
    )
    return next(sessions, None)


def system_of(made: Thing) -> str:
    """What a client speaks; empty where its address says so."""
    return storetables.STORES[made.text][1] if made.text in storetables.STORES else ""


def addresses(ev: Evaluator, made: Thing, near: str) -> Things:
    """Where the store is that a client was made for."""
    if made.scope is None:
        return (UNKNOWN,)
    if made.text in storetables.CONFIGURED:
        return _of_application(ev, made, near)
    return _address(ev, made.text, made.expr, made.scope)


def described(ev: Evaluator, thing: Thing) -> Things:
    """The address that an object with an address describes."""
    if thing.kind == "str":
        return (thing,)
    if thing.kind != "obj" or thing.scope is None:
        return ()
    return tuple(
        one for one in _address(ev, thing.text, thing.expr, thing.scope) if one is not UNKNOWN
    )


def _of_application(ev: Evaluator, made: Thing, near: str) -> Things:
    """What an extension of Flask finds in the application's settings."""
    scheme, key = storetables.CONFIGURED[made.text]
    given = argument(made.expr, -1, "uri")
    if given is not None and made.scope is not None:
        return ev.evaluate(given, made.scope)
    held = item(ev, Thing("ref", text="app.config"), (text(key),), Scope(near), strict=True)
    return concatenate([(text(scheme),), held]) if scheme and held else held


def _address(ev: Evaluator, maker: str, call: Expr, scope: Scope) -> Things:
    if maker.startswith("boto3."):
        return _endpoint(ev, call, scope)
    if "sqlite" in maker:
        return (text("sqlite://"),)
    if maker.startswith("nameko_"):  # by a name of its configuration, which is no address
        return ()
    given = argument(call, storetables.PLACES.get(maker, 0), *storetables.ADDRESS_NAMES)
    if given is None:
        return () if _speaks(maker) in {"kafka", "celery"} else (UNKNOWN,)
    found: list[Thing] = []
    for thing in ev.evaluate(given, scope):
        found.extend(_flattened(ev, maker, call, scope, thing))
    return tuple(dict.fromkeys(found))


def _speaks(maker: str) -> str:
    """The system of a client, or of what only describes the address of one."""
    usual = "redis" if maker.startswith("arq.") else "amqp"
    return storetables.STORES[maker][1] if maker in storetables.STORES else usual


def _endpoint(ev: Evaluator, call: Expr, scope: Scope) -> Things:
    """Where a client of AWS leads: to what it is told, else to AWS itself."""
    given = argument(call, -1, "endpoint_url")
    if given is not None:
        return ev.evaluate(given, scope)
    first = argument(call, 0, "service_name")
    names = map(literal, ev.evaluate(first, scope)) if first is not None else ()
    return tuple(text(f"https://{name}.amazonaws.com") for name in names if name)


def _flattened(ev: Evaluator, maker: str, call: Expr, scope: Scope, thing: Thing) -> Things:
    if thing.kind == "obj" and thing.text in storetables.PARAMETERS and thing.scope is not None:
        return _address(ev, thing.text, thing.expr, thing.scope)
    if thing.kind == "obj" and "URL.create" in thing.text and thing.scope is not None:
        return _by_host(ev, thing.text, thing.expr, thing.scope)
    if thing.kind == "seq":
        return elements(ev, thing)
    if thing.kind == "map" and thing.scope is not None:
        return _of_mapping(ev, thing, thing.scope)
    if "host" in call.keys:
        return _by_host(ev, maker, call, scope)
    return (thing,)


def _of_mapping(ev: Evaluator, thing: Thing, scope: Scope) -> Things:
    """The address in a mapping: of Kafka's configuration, of Tortoise's, or of a host."""
    keys = dict(zip(thing.expr.keys, thing.expr.args, strict=False))
    inner = ev.evaluate(keys["connections"], scope) if "connections" in keys else ()
    for held in inner:
        found = tuple(one for one in ev.attribute(held, "default") if one.kind == "str")
        if found:
            return found
    value = keys.get("bootstrap.servers") or keys.get("host")
    return ev.evaluate(value, scope) if value is not None else (UNKNOWN,)


def _by_host(ev: Evaluator, maker: str, call: Expr, scope: Scope) -> Things:
    """An address given in pieces: ``host=…, port=…, dbname=…``."""
    system = _speaks(maker)
    host = argument(call, -1, "host")
    if host is None:
        return (UNKNOWN,)
    pieces: list[Things] = [(text(f"{system or 'sql'}://"),), ev.evaluate(host, scope)]
    for mark, names in ((":", ("port",)), ("/", ("dbname", "database", "db"))):
        given = argument(call, -1, *names)
        if given is not None:
            pieces += [(text(mark),), ev.evaluate(given, scope)]
    return concatenate(pieces)


def tables_of(sql: str) -> list[tuple[str, bool]]:
    """Return the tables that a statement names, and whether it writes each.

    >>> tables_of("INSERT INTO a (b) SELECT c FROM d")
    [('a', True), ('d', False)]
    """
    found: dict[str, bool] = {}
    deletes = re.match(r"\s*DELETE\b", sql, re.IGNORECASE) is not None
    for match in _SQL.finditer(sql):
        verb = match[1].upper().split()[0]
        name = re.sub(r"[\"`\[\]]", "", match[2])
        if name.lower() in _NO_TABLES or (match[3] and verb in {"FROM", "JOIN"}):
            continue
        writes = verb not in {"FROM", "JOIN"} or (deletes and not found)
        found[name] = found.get(name, False) or writes
    return list(found.items())


def is_sql(statement: str) -> bool:
    """Whether a string begins like a statement."""
    return _STARTS.match(statement) is not None


def statement_of(things: Things) -> str:
    """The text of a statement, with what is unknown in it left out."""
    for thing in things:
        parts = thing.parts if thing.kind == "str" else ()
        whole = "".join(part.text if part.kind == "text" else "?" for part in parts)
        if is_sql(whole):
            return whole
    return ""


def table_objects(ev: Evaluator, things: Things) -> list[str]:
    """The tables behind query objects: ``Table("x", …)``, mapped classes."""
    found: list[str] = []
    for thing in things:
        for root in thing.roots():
            if root.kind == "obj" and root.text.endswith(".Table") and root.scope is not None:
                names = ev.evaluate(root.expr.args[1], root.scope) if root.expr.args[1:] else ()
                found.extend(filter(None, map(literal, names)))
            if root.kind in {"class", "instance"}:
                kept = mapped(ev, root.path, root.text)
                found.extend([kept.table] if kept is not None else [])
            if root.kind == "obj" and root.scope is not None and root.expr.args[1:]:
                for given in root.expr.args[1:3]:
                    inner = ev.evaluate(given, root.scope)
                    found.extend(
                        name
                        for one in inner
                        if one.kind == "class"
                        for name in table_objects(ev, (one,))
                    )
    return list(dict.fromkeys(found))


def template(things: Things) -> str:
    """A key, topic or collection with what is unknown as ``{}``."""
    for thing in things:
        if thing.kind == "str":
            return "".join(_shown(part) for part in thing.parts)
    return ""


def _shown(part: Part) -> str:
    if part.kind == "text":
        return part.text
    return part.default if part.kind == "env" and part.default is not None else "{}"
