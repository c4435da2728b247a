"""What a method of a store's or broker's client does: kind, what with, and whether it writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.code import stores, tables
from collectors.code.strings import argument, elements
from collectors.code.things import UNKNOWN, Thing, Things, literal, text
from depmap.model.facts import Part
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from collectors.code.evaluate import Evaluator
    from collectors.code.summary import Expr, Site
    from collectors.code.things import Scope

_REDIS_READS = frozenset(
    {"get", "mget", "hget", "hgetall", "hmget", "hkeys", "hvals", "hlen", "hexists", "exists",
     "ttl", "pttl", "keys", "scan", "scan_iter", "smembers", "sismember", "scard", "zrange",
     "zrevrange", "zscore", "zcard", "zrangebyscore", "zrank", "lrange", "llen", "strlen",
     "getrange", "type", "lindex", "hscan_iter", "zcount", "bitcount", "getbit", "pfcount"}
)  # fmt: skip
_REDIS_WRITES = frozenset(
    {"set", "setex", "psetex", "setnx", "mset", "hset", "hmset", "hincrby", "hsetnx", "hdel",
     "incr", "incrby", "decr", "decrby", "incrbyfloat", "expire", "expireat", "persist", "delete",
     "unlink", "sadd", "srem", "spop", "zadd", "zrem", "zincrby", "zremrangebyscore", "ltrim",
     "lset", "lrem", "append", "getset", "getdel", "setbit", "pfadd", "rename", "lock",
     "hincrbyfloat", "zremrangebyrank", "zpopmin", "geoadd", "flushdb"}
)  # fmt: skip
_QUEUES = {"lpush": True, "rpush": True, "blpop": False, "brpop": False, "blmove": False,
           "brpoplpush": False, "lpop": False, "rpop": False}  # fmt: skip
_SQL_CALLS = frozenset(
    {"execute", "executemany", "fetch", "fetchrow", "fetchval", "fetch_all", "fetch_one",
     "fetch_val", "iterate", "scalar", "scalars", "exec", "executescript", "stream", "copy_from",
     "query", "get", "add", "add_all", "merge", "delete", "execute_many", "create_all", "connect",
     "get_or_404", "bulk_save_objects", "copy_expert", "first_or_404", "run_sync", "mappings"}
)  # fmt: skip
_MONGO_READS = ("find", "count", "aggregate", "distinct", "estimated", "watch")
_MONGO_WRITES = ("insert", "update", "delete", "replace", "bulk_write", "find_one_and", "drop",
                 "create_index", "save", "remove")  # fmt: skip
_SEARCH = {"search": False, "index": True, "get": False, "bulk": True, "delete": True,
           "update": True, "count": False, "msearch": False, "create": True}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Doing:
    """What a call does with a store.

    Attributes:
        kind: how the store is used.
        names: tables, keys or topics, once for each alternative.
        writes: whether it changes them; None when unknown.
        command: the command, where readers need it to tell queues from keys.
    """

    kind: Kind
    names: Things = ()
    writes: bool | None = None
    command: str = ""


def doings(ev: Evaluator, system: str, thing: Thing, site: Site, scope: Scope) -> list[Doing]:
    """Return what calling a method of a client of that system does; nothing for plumbing."""
    last = thing.text.rpartition(".")[2]
    if system == "mongodb":
        return _mongo(last, thing)
    rule = _RULES.get(system, _sql)
    return rule(ev, last, site.call, scope)


def _named(ev: Evaluator, last: str, call: Expr, scope: Scope) -> list[Doing]:
    """Clients whose methods take the index, key, task or subject first."""
    names = _first(ev, call, scope)
    if last in _SEARCH:
        return [Doing(Kind.SEARCH, names, _SEARCH[last])]
    return []


def _memcached(ev: Evaluator, last: str, call: Expr, scope: Scope) -> list[Doing]:
    return [Doing(Kind.CACHE, _first(ev, call, scope), last not in {"get", "gets", "get_many"})]


def _celery(ev: Evaluator, last: str, call: Expr, scope: Scope) -> list[Doing]:
    names = _first(ev, call, scope) if last == "send_task" else ()
    return [Doing(Kind.MESSAGING_PUBLISH, names)] if names else []


def _nats(ev: Evaluator, last: str, call: Expr, scope: Scope) -> list[Doing]:
    kinds = {"publish": Kind.MESSAGING_PUBLISH, "subscribe": Kind.MESSAGING_CONSUME}
    return [Doing(kinds[last], _first(ev, call, scope))] if last in kinds else []


def _flat(ev: Evaluator, things: Things) -> Things:
    """Things, with lists taken apart."""
    return tuple(
        one
        for thing in things
        for one in (elements(ev, thing) if thing.kind == "seq" else (thing,))
    )


def _first(ev: Evaluator, call: Expr, scope: Scope) -> Things:
    given = argument(call, 0, "name", "key", "topic", "channel", "subject", "index")
    return ev.evaluate(given, scope) if given is not None else ()


def _redis(ev: Evaluator, last: str, call: Expr, scope: Scope) -> list[Doing]:
    if last in {"xadd", "publish", "spublish"}:
        return [Doing(Kind.MESSAGING_PUBLISH, _first(ev, call, scope), command=last)]
    if last in {"xread", "xreadgroup"}:
        place = 0 if last == "xread" else 2
        return [Doing(Kind.MESSAGING_CONSUME, _streams(ev, call, place, scope), command=last)]
    if last in {"subscribe", "psubscribe", "ssubscribe"}:
        named = [text(key) for key in call.keys if key != "**"]
        given = [one for arg in call.args[1 : len(call.args) - len(named)]
                 for one in ev.evaluate(arg, scope)]  # fmt: skip
        return [Doing(Kind.MESSAGING_CONSUME, tuple(given + named), command=last)]
    if last in _QUEUES:
        names = _flat(ev, _first(ev, call, scope))
        return [Doing(Kind.CACHE, names, writes=_QUEUES[last], command=last)]
    if last in _REDIS_READS or last in _REDIS_WRITES:
        return [Doing(Kind.CACHE, _first(ev, call, scope), last in _REDIS_WRITES)]
    return []


def _streams(ev: Evaluator, call: Expr, place: int, scope: Scope) -> Things:
    given = argument(call, place, "streams")
    found: list[Thing] = []
    for thing in ev.evaluate(given, scope) if given is not None else ():
        if thing.kind != "map" or thing.scope is None:
            continue
        for key, value in zip(thing.expr.keys, thing.expr.args, strict=False):
            named = value.args[1] if value.op == "keyed" else None
            found.extend(ev.evaluate(named, thing.scope) if named else (text(key),))
    return tuple(found)


def _sql(ev: Evaluator, last: str, call: Expr, scope: Scope) -> list[Doing]:
    if last not in _SQL_CALLS:
        return []
    given = argument(call, 0, "query", "sql", "statement", "operation", "entity", "instance")
    things = ev.evaluate(given, scope) if given is not None else ()
    found = stores.tables_of(stores.statement_of(things))
    if found:
        return [Doing(Kind.DATABASE, (text(name),), writes) for name, writes in found]
    writes = last in {"add", "add_all", "merge", "delete", "bulk_save_objects"} or None
    objects = stores.table_objects(ev, things)
    if any(word in thing.text for thing in things for word in (".insert", ".update", ".delete")):
        writes = True
    return [Doing(Kind.DATABASE, (text(name),), writes) for name in objects] or [
        Doing(Kind.DATABASE)
    ]


def loose_sql(ev: Evaluator, last: str, call: Expr, scope: Scope) -> list[Doing]:
    """SQL given to an object that nothing is known of."""
    if last not in {"execute", "executemany", "fetch", "fetchrow", "fetchval", "fetch_all",
                    "fetch_one", "read_sql", "query"}:  # fmt: skip
        return []
    things = ev.evaluate(call.args[1], scope) if len(call.args) > 1 else ()
    found = stores.tables_of(stores.statement_of(things))
    return [Doing(Kind.DATABASE, (text(name),), writes) for name, writes in found]


def _mongo(last: str, thing: Thing) -> list[Doing]:
    writes = last.startswith(_MONGO_WRITES)
    if not writes and not last.startswith(_MONGO_READS):
        return []
    names = thing.text.split(".")
    before = names[-2] if len(names) > 1 else ""
    named = thing.origin.parts if thing.origin is not None else ()
    found = [text(part.text) for part in named if part.kind == "name"]
    plain = before and before[0].islower() and before not in {"client", "db", "database"}
    return [Doing(Kind.DATABASE, tuple(found) or ((text(before),) if plain else ()), writes)]


def _amqp(ev: Evaluator, last: str, call: Expr, scope: Scope) -> list[Doing]:
    if last in {"basic_publish", "publish"}:
        exchange = argument(call, 0, "exchange") if last == "basic_publish" else None
        key = argument(call, 1, "routing_key")
        names = _routed(
            ev.evaluate(exchange, scope) if exchange is not None else (text(""),),
            ev.evaluate(key, scope) if key is not None else (text(""),),
        )
        return [Doing(Kind.MESSAGING_PUBLISH, names, command=last)]
    if last in {"basic_consume", "consume", "basic_get"}:
        queue = argument(call, 0, "queue")
        names = ev.evaluate(queue, scope) if queue is not None and queue.op != "lambda" else ()
        return [Doing(Kind.MESSAGING_CONSUME, names, command=last)]
    if last == "queue_bind":
        names = _routed(*(
            ev.evaluate(given, scope) if given is not None else (text(""),)
            for given in (argument(call, 1, "exchange"), argument(call, 2, "routing_key"))
        ))  # fmt: skip
        return [Doing(Kind.MESSAGING_CONSUME, names, command=last)]
    return []


def _routed(exchanges: Things, keys: Things) -> Things:
    """``exchange/key`` for each combination; the default exchange is the queue's name alone."""
    found: list[Thing] = []
    for exchange in exchanges:
        for key in keys:
            parts = key.parts or UNKNOWN.parts
            if literal(exchange) != "":
                parts = (*(exchange.parts or UNKNOWN.parts), Part("text", "/"), *parts)
            found.append(Thing("str", parts))
    return tuple(found)


def _kafka(ev: Evaluator, last: str, call: Expr, scope: Scope) -> list[Doing]:
    if last in {"send", "send_and_wait", "produce"}:
        return [Doing(Kind.MESSAGING_PUBLISH, _first(ev, call, scope), command=last)]
    if last == "subscribe":
        given = argument(call, 0, "topics", "pattern")
        names = _flat(ev, ev.evaluate(given, scope)) if given is not None else ()
        return [Doing(Kind.MESSAGING_CONSUME, names, command=last)]
    return []


def at_making(ev: Evaluator, made: Thing) -> list[Doing]:
    """What making a client does by itself: a consumer that is given its topics."""
    kind, system, _ = tables.STORES[made.text]
    if not made.text.endswith("Consumer") or system != "kafka" or made.scope is None:
        return [Doing(Kind(kind))]
    placed = made.expr.args[1 : len(made.expr.args) - len(made.expr.keys)]
    topics = [one for arg in placed for one in ev.evaluate(arg, made.scope) if one.kind == "str"]
    return [Doing(Kind.MESSAGING_CONSUME, tuple(topics))] if topics else []


_RULES: dict[str, Callable[[Evaluator, str, Expr, Scope], list[Doing]]] = {
    "redis": _redis,
    "elasticsearch": _named,
    "opensearch": _named,
    "memcached": _memcached,
    "amqp": _amqp,
    "kafka": _kafka,
    "celery": _celery,
    "nats": _nats,
}
