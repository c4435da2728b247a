"""Tables and collections behind mapped classes: Django, Tortoise, peewee, beanie and others."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from collectors.code import storetables
from collectors.code.instances import lineage
from collectors.code.program import Place
from collectors.code.things import Mapped, Scope, Thing, literal

if TYPE_CHECKING:
    from collectors.code.evaluate import Evaluator
    from collectors.code.summary import Class

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_READS = frozenset(
    {"get", "all", "filter", "exclude", "first", "last", "count", "exists", "values", "find",
     "values_list", "find_one", "find_all", "find_many", "get_or_none", "select", "aggregate",
     "annotate", "order_by", "earliest", "latest", "in_bulk", "iterator", "only", "get_by_id",
     "select_related", "prefetch_related", "raw", "distinct", "to_list", "filter_by", "one",
     "get_or_404", "first_or_404", "query", "scalar", "one_or_none", "all_or_404", "paginate",
     "aget", "afirst", "acount", "aexists", "refresh_from_db", "get_all", "objects"}
)  # fmt: skip
_WRITES = frozenset(
    {"create", "bulk_create", "bulk_update", "update", "delete", "save", "insert", "insert_one",
     "insert_many", "get_or_create", "update_or_create", "replace", "replace_one", "acreate",
     "delete_all", "delete_one", "update_one", "update_all", "upsert", "set", "inc", "asave",
     "adelete", "aupdate", "bulk_save", "execute", "delete_by_id", "save_changes"}
)  # fmt: skip


def mapped(ev: Evaluator, path: str, name: str) -> Mapped | None:
    """What a class is kept as; None for one that is not kept."""
    key = (path, name)
    if key not in ev.tables:
        ev.tables[key] = None  # a class that derives from itself ends here
        ev.tables[key] = _find(ev, path, name)
    return ev.tables[key]


def _find(ev: Evaluator, path: str, name: str) -> Mapped | None:
    held = ev.program.klass(Place(path, name))
    if held is None or _abstract(ev, path, held):
        return None
    given = _declared(ev, path, held)
    mapper = _mapper(ev, path, name)
    if mapper is None:
        return Mapped(given) if given and "__tablename__" in held.names else None
    if mapper.startswith("sqlmodel.") and "table" not in held.flags:
        return None
    short = name.rpartition(".")[2]
    return Mapped(given or _usual(mapper, path, short), storetables.MAPPERS[mapper])


def _mapper(ev: Evaluator, path: str, name: str) -> str | None:
    for where, held in lineage(ev, path, name):
        for base in held.bases:
            for one in ev.evaluate(base, Scope(where)):
                if one.kind in {"ref", "method"} and one.text in storetables.MAPPERS:
                    return one.text
    return None


def used(ev: Evaluator, thing: Thing) -> tuple[Mapped, bool] | None:
    """What a method of a mapped class works on, and whether it writes; None for others."""
    last = thing.text.rpartition(".")[2]
    if thing.kind != "method" or (last not in _READS and last not in _WRITES):
        return None
    for root in thing.roots():
        if root.kind in {"class", "instance"} and root.path:
            found = mapped(ev, root.path, root.text)
            if found is not None:
                return found, last in _WRITES
    return None


def _abstract(ev: Evaluator, path: str, held: Class) -> bool:
    meta = ev.program.klass(Place(path, f"{held.name}.Meta"))
    return any(value.text == "True" for value in (meta.names.get("abstract", ()) if meta else ()))


def _declared(ev: Evaluator, path: str, held: Class) -> str:
    """The name that a class gives itself, in one of the ways of the mappers."""
    inner = [
        (f"{held.name}.{name}", key)
        for name in ("Meta", "Settings", "Collection")
        for key in ("db_table", "table", "table_name", "tablename", "name", "collection")
    ]
    for name, key in ((held.name, "__tablename__"), (held.name, "__collection__"), *inner):
        klass = ev.program.klass(Place(path, name))
        for value in klass.names.get(key, ()) if klass is not None else ():
            for one in ev.evaluate(value, Scope(path)):
                whole = literal(one)
                if whole:
                    return whole
    for value in held.names.get("meta", ()):
        if value.op == "dict" and "collection" in value.keys:
            return value.args[value.keys.index("collection")].text
    return ""


def _usual(mapper: str, path: str, short: str) -> str:
    """The name that a mapper gives a class which says nothing."""
    if mapper.startswith("django."):
        folder = posixpath.dirname(path)
        app = posixpath.basename(folder)
        if app == "models":
            app = posixpath.basename(posixpath.dirname(folder))
        return f"{app}_{short}".casefold() if app else short.casefold()
    if mapper.startswith(("flask_sqlalchemy.", "mongoengine.")):
        return _WORD.sub("_", short).casefold()
    return short if mapper.startswith("beanie.") else short.casefold()
