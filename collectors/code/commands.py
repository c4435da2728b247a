"""What a method of a store's or broker's client does: kind, what with, and whether it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.code import amazon, brokers, stores, storetables
from collectors.code.brokers import Doing, first, flat
from collectors.code.summary import argument
from collectors.code.things import Thing, Things, text
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
_MONGO_CALLS = frozenset(
    {"find", "find_one", "insert_one", "insert_many", "update_one", "update_many", "delete_one",
     "delete_many", "aggregate", "count_documents", "find_one_and_update", "replace_one"}
)  # fmt: skip
_FILES = frozenset({"gridfs.GridFS", "gridfs.GridFSBucket",
                    "motor.motor_asyncio.AsyncIOMotorGridFSBucket"})  # fmt: skip
_SEARCH = {"search": False, "index": True, "get": False, "bulk": True, "delete": True,
           "update": True, "count": False, "msearch": False, "create": True}  # fmt: skip
_OF_LISTS = frozenset({"append", "keys", "type", "index", "count", "copy", "lock", "rename"})
METHODS = (
    _REDIS_READS | _REDIS_WRITES | _QUEUES.keys() | _SQL_CALLS | _MONGO_CALLS | brokers.METHODS
    | {"xadd", "xread", "xreadgroup", "psubscribe", "search"}
) - _OF_LISTS  # fmt: skip
"""Methods of clients that are followed to where the client was made."""

UNMISTAKABLE = {
    "basic_publish": "amqp", "basic_consume": "amqp", "send_and_wait": "kafka", "xadd": "redis",
    "xreadgroup": "redis",
}  # fmt: skip
"""Methods that only clients of one system have."""


def doings(ev: Evaluator, system: str, thing: Thing, site: Site, scope: Scope) -> list[Doing]:
    """Return what calling a method of a client of that system does; nothing for plumbing."""
    last = thing.text.rpartition(".")[2]
    known = brokers.by_client(ev, thing, site.call, scope)
    if known is not None:
        return known
    if system == "mongodb":
        return _mongo(last, thing)
    if system in _BROKERS:
        return _BROKERS[system](ev, thing, site.call, scope)
    rule = _RULES.get(system, _sql)
    return rule(ev, last, site.call, scope)


def _named(ev: Evaluator, last: str, call: Expr, scope: Scope) -> list[Doing]:
    """Clients whose methods take the index, key, task or subject first."""
    names = first(ev, call, scope)
    if last in _SEARCH:
        return [Doing(Kind.SEARCH, names, _SEARCH[last])]
    return []


def _memcached(ev: Evaluator, last: str, call: Expr, scope: Scope) -> list[Doing]:
    return [Doing(Kind.CACHE, first(ev, call, scope), last not in {"get", "gets", "get_many"})]


def _redis(ev: Evaluator, last: str, call: Expr, scope: Scope) -> list[Doing]:
    if last in {"xadd", "publish", "spublish"}:
        return [Doing(Kind.MESSAGING_PUBLISH, first(ev, call, scope), command=last)]
    if last in {"xread", "xreadgroup"}:
        place = 0 if last == "xread" else 2
        return [Doing(Kind.MESSAGING_CONSUME, _streams(ev, call, place, scope), command=last)]
    if last in {"subscribe", "psubscribe", "ssubscribe"}:
        named = [text(key) for key in call.keys if key != "**"]
        given = [one for arg in call.args[1 : len(call.args) - len(named)]
                 for one in ev.evaluate(arg, scope)]  # fmt: skip
        return [Doing(Kind.MESSAGING_CONSUME, tuple(given + named), command=last)]
    if last in _QUEUES:
        names = flat(ev, first(ev, call, scope))
        return [Doing(Kind.CACHE, names, writes=_QUEUES[last], command=last)]
    if last in _REDIS_READS or last in _REDIS_WRITES:
        return [Doing(Kind.CACHE, first(ev, call, scope), last in _REDIS_WRITES)]
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
    if any(root.text in _FILES for root in thing.roots()):
        return [Doing(Kind.DATABASE, (text("fs"),), writes=last not in {"get", "find", "exists"})]
    writes = last.startswith(_MONGO_WRITES)
    if not writes and not last.startswith(_MONGO_READS):
        return []
    names = thing.text.split(".")
    before = names[-2] if len(names) > 1 else ""
    named = thing.origin.parts if thing.origin is not None else ()
    found = [text(part.text) for part in named if part.kind == "name"]
    plain = before and before[0].islower() and before not in {"client", "db", "database"}
    return [Doing(Kind.DATABASE, tuple(found) or ((text(before),) if plain else ()), writes)]


def at_making(ev: Evaluator, made: Thing) -> list[Doing]:
    """What making a client does by itself: a consumer that is given its topics."""
    kind, system, _ = storetables.STORES[made.text]
    if not made.text.endswith("Consumer") or system != "kafka" or made.scope is None:
        return [Doing(Kind(kind))]
    names = brokers.topics(ev, made)
    return [Doing(Kind.MESSAGING_CONSUME, names)] if names else []


def _buckets(ev: Evaluator, last: str, call: Expr, scope: Scope) -> list[Doing]:
    if last.startswith(("put_", "fput_", "remove_", "make_", "copy_")):
        return [Doing(Kind.DATABASE, first(ev, call, scope, "bucket_name"), writes=True)]
    if last.startswith(("get_", "fget_", "list_", "stat_", "presigned_", "bucket_")):
        return [Doing(Kind.DATABASE, first(ev, call, scope, "bucket_name"), writes=False)]
    return []


def _any(_ev: Evaluator, last: str, _call: Expr, _scope: Scope) -> list[Doing]:
    """Clients of which only the address is known."""
    return [] if last in {"close", "aclose", "shutdown"} else [Doing(Kind.DATABASE)]


_RULES: dict[str, Callable[[Evaluator, str, Expr, Scope], list[Doing]]] = {
    "s3": _buckets,
    **dict.fromkeys(("neo4j", "influxdb", "qdrant", "weaviate", "chroma", "milvus", "etcd"), _any),
    "meilisearch": _named,
    "typesense": _named,
    "redis": _redis,
    "elasticsearch": _named,
    "opensearch": _named,
    "memcached": _memcached,
}
_BROKERS: dict[str, Callable[[Evaluator, Thing, Expr, Scope], list[Doing]]] = {
    "amqp": brokers.amqp,
    "kafka": brokers.kafka,
    "nats": brokers.nats,
    "pubsub": brokers.pubsub,
    "aws": amazon.aws,
}
