"""Stores and brokers: where their clients lead to, and what of them is used."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from collectors.polyglot.expressions import Expr
from collectors.polyglot.https import CERTAINTY
from collectors.polyglot.messaging import messages
from collectors.polyglot.parts import UNKNOWN
from collectors.polyglot.reaching import Reached, fate, known, reach, scope_of
from collectors.polyglot.storetables import CLIENTS, KEYS, KINDS, NAMED
from depmap.model.facts import Part, Use, Value
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Site, Summary
    from collectors.polyglot.parts import Parts
    from collectors.polyglot.program import Scope
    from collectors.polyglot.storetables import Client

_SCHEMES = {
    "postgres": "postgresql", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql",
    "mongodb": "mongodb", "mongodb+srv": "mongodb", "redis": "redis", "rediss": "redis",
    "amqp": "amqp", "amqps": "amqp", "nats": "nats", "sqlserver": "mssql", "kafka": "kafka",
    "jdbc:postgresql": "postgresql", "jdbc:mysql": "mysql", "jdbc:sqlserver": "mssql",
    "jdbc:mariadb": "mysql", "r2dbc:postgresql": "postgresql", "r2dbc:mysql": "mysql",
}  # fmt: skip
_SCHEME = re.compile(r"((?:jdbc:|r2dbc:)?[a-z][a-z0-9+]*)://")
_DRIVERS = {"postgres": "postgresql", "pgx": "postgresql", "mysql": "mysql", "sqlserver": "mssql",
            "mssql": "mssql", "pgsql": "postgresql", "postgresql": "postgresql"}  # fmt: skip
_LINKED = {r"lib/pq|jackc/pgx": "postgresql", r"go-sql-driver/mysql": "mysql",
           r"go-mssqldb": "mssql"}  # fmt: skip
"""Drivers that a program of Go is linked with, where it does not name one in the code."""

_READS = re.compile(r"\b(?:FROM|JOIN)\s+[`\"\[]?([A-Za-z_][\w.]*)", re.IGNORECASE)
_WRITES = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|REPLACE\s+INTO|MERGE\s+INTO)\s+[`\"\[]?"
    r"([A-Za-z_][\w.]*)",
    re.IGNORECASE,
)
_SQL = re.compile(
    r"^\s*(?:SELECT\b.*\bFROM\b|(?:INSERT|REPLACE|MERGE)\s+INTO\b|UPDATE\s+\S+\s+SET\b|"
    r"DELETE\s+FROM\b|WITH\b.*\bAS\b.*\bFROM\b)",
    re.IGNORECASE | re.DOTALL,
)
_NO_ADDRESS = re.compile(
    r"_(?:ID|NAME|USER(?:NAME)?|PASS(?:WORD)?|TOKEN|KEY|SECRET|PORT)$", re.IGNORECASE
)
"""Variables that hold something else than an address."""

_ATTRIBUTE = re.compile(r"[a-z]+(?:\.[a-z]+)*\.[a-z]+(?:_[a-z]+)+")
"""``db.connection_string`` and other names of attributes of telemetry."""

_TAKES = re.compile(r"consumer|reader|subscri|receiver", re.IGNORECASE)
_COLLECTIONS = frozenset({"collection", "Collection", "getCollection", "GetCollection", "C"})


def store_uses(ev: Evaluator, root: str, file: Summary, site: Site, words: str) -> Iterator[Use]:
    """Yield the uses of stores that a call is.

    Args:
        ev: the evaluator.
        root: the name of the root.
        file: the file.
        site: the call.
        words: what the file imports, as text.
    """
    found = False
    for system, given, bare in _made(ev, file, site, words):
        for case in reach(ev, file, site, partial(ev.values, given)):
            for use in _uses(ev, root, file, site, (system, bare, case)):
                found = True
                yield use
        if system == "kafka":
            yield from _topics_of(ev, root, file, site)
    if not found:
        yield from _sql(ev, root, file, site)
        yield from messages(ev, root, file, site, words)


def _topics_of(ev: Evaluator, root: str, file: Summary, site: Site) -> Iterator[Use]:
    """What a writer or reader of Kafka is made for."""
    topic = site.call.named("topic", "topics", "GroupTopics")
    if topic is None:
        return
    for case in reach(ev, file, site, partial(ev.values, topic)):
        values = known(case.values)
        if values:
            made = store_use(root, case.locator, "kafka", None)
            yield replace(
                made,
                kind=_kind("kafka", site.call.dotted() or site.call.text),
                operations=tuple(map(ev.value, values)),
                further=case.further,
            )


def _made(
    ev: Evaluator, file: Summary, site: Site, words: str
) -> Iterator[tuple[str, Expr, bool]]:
    """The addresses that a call makes a client with: the system, the address, a host or not."""
    call = site.call
    dotted = call.dotted() or call.text
    for client in CLIENTS:
        if client.called.fullmatch(dotted) is None:
            continue
        if client.imported and re.search(client.imported, words) is None:
            continue
        system = client.system or _driver(ev, call, scope_of(file, site.context))
        ask = call.configured if call.text.startswith(("forRoot", "Add")) else call.named
        host = ask(*client.hosts) if client.hosts else None
        given = ask(*client.names) if client.names else None
        if host is not None and given is None:
            yield system, host, True
            return
        given = given or _positional(ev, call, client, scope_of(file, site.context))
        if given is not None:
            whole = given.args[0] if given.op == "list" and given.args else given
            yield system, whole, False
            return
    for one in (
        *call.given,
        *(inner for part in call.given if part.op == "list" for inner in part.args),
    ):
        if one.op == "kw" and one.text in KEYS and one.args:
            yield KEYS[one.text], one.args[0], False
    if call.text in {"put", "setProperty", "set", "SetKey"} and len(call.positional) > 1:
        key = call.positional[0].text
        if key in KEYS:
            yield KEYS[key], call.positional[1], False


def _positional(ev: Evaluator, call: Expr, client: Client, scope: Scope) -> Expr | None:
    given = call.positional
    for place in client.places:
        one = given[place] if place < len(given) else None
        if one is None:
            continue
        if one.op == "list" and one.args and one.args[0].op != "kw":
            one = one.args[0]
        if one.op in {"text", "join", "name", "attr", "call", "new", "or", "index"} and (
            any(value and value != UNKNOWN for value in ev.values(one, scope))
            or ev.is_param(one.text, scope)
        ):
            named = call.text in NAMED and one.op == "text"
            return (
                Expr("property", f"ConnectionStrings:{one.text}", (), one.line) if named else one
            )
    return None


def _driver(ev: Evaluator, call: Expr, scope: Scope) -> str:
    named = call.configured("dialect", "type", "client", "adapter")
    first = call.positional[0] if call.positional else None
    for one in (named, first):
        text = ev.text(one, scope) if one is not None else ""
        word = text.partition(":")[0].lower()
        if word in _DRIVERS:
            return _DRIVERS[word]
    words = ev.program.project(scope.file).words() if scope.file.language == "go" else ""
    linked = [system for pattern, system in _LINKED.items() if re.search(pattern, words)]
    return linked[0] if len(linked) == 1 else ""


def _uses(
    ev: Evaluator, root: str, file: Summary, site: Site, made: tuple[str, bool, Reached]
) -> Iterator[Use]:
    system, bare, case = made
    strength, reason = fate(ev, file, site.context)
    if strength is Strength.OPTIONAL:  # a connection is tried again, or checked when it is used
        strength, reason = Strength.UNDETERMINED, ""
    for value in known(case.values):
        spoken = system or _spoken(value)
        if not spoken or not _addressed(value, spoken) or (not bare and _is_word(value, spoken)):
            continue
        parts = (
            (Part("text", f"{spoken}://"), *value) if bare and "://" not in _head(value) else value
        )
        yield Use(
            root=root,
            locator=case.locator,
            kind=_kind(spoken, site.call.dotted() or site.call.text),
            system=spoken,
            targets=(ev.value(parts),),
            strength=strength,
            reason=reason,
            further=case.further,
            certainty=CERTAINTY,
        )


def _kind(system: str, called: str) -> Kind:
    kind = KINDS.get(system, Kind.DATABASE)
    if kind is Kind.MESSAGING_PUBLISH and _TAKES.search(called):
        return Kind.MESSAGING_CONSUME
    return kind


def _head(value: Parts) -> str:
    return value[0].text if value[0].kind == "text" else value[0].default or ""


def _spoken(value: Parts) -> str:
    match = _SCHEME.match(_head(value))
    return _SCHEMES.get(match[1].partition("+")[0], "") if match is not None else ""


def _is_word(value: Parts, system: str) -> bool:
    """Whether a value is some name, given to a method of the program's own."""
    if value[0].kind == "env" and _NO_ADDRESS.search(value[0].text):
        return True
    whole = len(value) == 1 and value[0].kind == "text"
    if whole and _ATTRIBUTE.fullmatch(value[0].text):
        return True
    return system in {"mongodb", "nats"} and whole and ":" not in value[0].text


def _addressed(value: Parts, system: str) -> bool:
    """Whether a value can be an address of a system: not a path, a word of SQL or another's."""
    head = _head(value)
    match = _SCHEME.match(head)
    if match is not None:
        return _SCHEMES.get(match[1].partition("+")[0], system) == system or match[1] in {
            "http", "https", "tcp"}  # fmt: skip
    return value[0].kind != "text" or re.fullmatch(r"[\w.:=;,@()/ -]+", head) is not None


def _sql(ev: Evaluator, root: str, file: Summary, site: Site) -> Iterator[Use]:
    """Tables that the text of a statement names, and collections by their names."""
    scope = scope_of(file, site.context)
    for one in site.call.positional[:3]:
        if one.op not in {"text", "join", "name", "attr"}:
            continue
        text = _statement(ev.values(one, scope)[0])
        if _SQL.match(text):
            for table, writes in tables(text):
                yield _of_table(ev, root, file, site, (table, writes))
            return
    if site.call.text in _COLLECTIONS and len(site.call.positional) == 1:
        name = ev.text(site.call.positional[0], scope)
        if re.fullmatch(r"[A-Za-z][\w.-]*", name):
            yield _of_table(ev, root, file, site, (name, None))


def _statement(parts: Parts) -> str:
    return "".join(part.text if part.kind == "text" else "?" for part in parts)


def tables(text: str) -> list[tuple[str, bool]]:
    """The tables of a statement, each with whether it is written.

    >>> tables("INSERT INTO a SELECT * FROM b")
    [('a', True), ('b', False)]
    """
    written = list(dict.fromkeys(_WRITES.findall(text)))
    read = [name for name in dict.fromkeys(_READS.findall(text)) if name not in written]
    return [(name, True) for name in written] + [(name, False) for name in read]


def _of_table(
    ev: Evaluator, root: str, file: Summary, site: Site, used: tuple[str, bool | None]
) -> Use:
    strength, reason = fate(ev, file, site.context)
    table, writes = used
    found = table_use(root, f"{file.path}:{site.call.line}", table, writes=writes)
    return replace(found, strength=strength, reason=reason)


def table_use(
    root: str, at: str, table: str, *, system: str = "", writes: bool | None = None
) -> Use:
    """A use of a table or collection, in whatever store of its system the program works with."""
    return Use(
        root=root,
        locator=at,
        kind=Kind.DATABASE,
        system=system,
        operations=(Value.literal(table),),
        writes=writes,
        certainty=CERTAINTY,
    )


def store_use(root: str, at: str, system: str, target: Value | None) -> Use:
    """A connection to a store, or a use of it over whatever connection there is."""
    return Use(
        root=root,
        locator=at,
        kind=KINDS.get(system, Kind.DATABASE),
        system=system,
        targets=(target,) if target is not None else (),
        certainty=CERTAINTY,
    )
