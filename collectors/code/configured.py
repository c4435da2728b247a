"""What a program finds in its configuration: variables with their values, documents, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.code.documents import is_local
from collectors.code.summary import Expr, argument
from collectors.code.things import Scope, Thing, env, seen_from, text, usual

if TYPE_CHECKING:
    from collectors.code.evaluate import Evaluator
    from collectors.code.things import Things

PARSERS = frozenset({"configparser.ConfigParser", "configparser.RawConfigParser",
                     "configparser.SafeConfigParser"})  # fmt: skip
_OPENS = frozenset({"open", "io.open", "aiofiles.open", "codecs.open"})
_SECTIONS = ("default", "production", "development")


def variable(ev: Evaluator, name: str, default: Things, near: str) -> Things:
    """An environment variable: the code's default is that of a ``.env`` file where it has one."""
    documents = ev.program.documents
    told = any(thing.kind == "str" for thing in default)
    given = documents.given(name, near)
    if given is not None and told and is_local(given):
        given = None  # of a developer's machine: the code knows where it is elsewhere
    if given is None and not told:
        given = documents.shown(name, near)
    return env(name, (text(given),) if given is not None else default)


def document(ev: Evaluator, given: Things, scope: Scope) -> Things:
    """What loading a document gives: by the name of the file that is opened."""
    for thing in given:
        for one in (thing, *opened(ev, thing)):
            held = ev.program.documents.document(_name(one), scope.path)
            if held is not None and held.op == "dict":
                return (Thing("map", expr=held, scope=Scope(scope.path)),)
    return ()


def variables(ev: Evaluator, scope: Scope) -> Things:
    """All variables of a ``.env`` file, as a mapping."""
    held = ev.program.documents.values(scope.path)
    args = tuple(Expr("text", value) for value in held.values())
    return (Thing("map", expr=Expr("dict", args=args, keys=tuple(held)), scope=scope),)


def opened(ev: Evaluator, thing: Thing) -> Things:
    """The name of the file whose content a thing is; nothing for other things."""
    made = next((one for one in thing.roots() if one.text in _OPENS), None)
    given = argument(made.expr, 0, "file") if made is not None else None
    if made is None or given is None or made.scope is None:
        return ()
    return ev.evaluate(given, made.scope)


def _name(thing: Thing) -> str:
    """The last part of a path: what is known of its end."""
    last = thing.parts[-1] if thing.kind == "str" and thing.parts else None
    if last is None:
        return ""
    return last.text if last.kind == "text" else last.default or ""


def parsed(ev: Evaluator, made: Thing, keys: list[str]) -> Things:
    """What a parser of INI files holds under a section and perhaps a key."""
    if made.scope is None:
        return ()
    for path, site in ev.program.calls_of("read"):
        given = site.call.args[1:2]
        if path != made.scope.path or not given:
            continue
        for held in document(ev, ev.evaluate(given[0], seen_from(path, site)), Scope(path)):
            return walked(held, keys)
    return ()


def walked(held: Thing, keys: list[str]) -> Things:
    """What lies in a document below keys."""
    inner: Expr = held.expr
    for key in keys:
        if inner.op != "dict" or key not in inner.keys:
            return ()
        inner = inner.args[inner.keys.index(key)]
    return _thing(inner, held.scope)


def _thing(inner: Expr, scope: Scope | None) -> Things:
    kinds = {"dict": "map", "list": "seq"}
    if inner.op in kinds:
        return (Thing(kinds[inner.op], expr=inner, scope=scope),)
    return (text(inner.text),) if inner.op == "text" else ()


def dynaconf(ev: Evaluator, name: str, near: str) -> Things:
    """A setting of dynaconf's files, whatever its case; of the usual sections, or of none."""
    for base in ("settings.toml", "settings.yaml", "settings.yml", "settings.json"):
        held = ev.program.documents.document(base, near)
        for section in (*_SECTIONS, ""):
            inner = _insensitive(held, section) if section else held
            found = _insensitive(inner, name) if inner is not None else None
            if found is not None:
                return _thing(found, Scope(near))
    return ()


def _insensitive(held: Expr | None, name: str) -> Expr | None:
    if held is None or held.op != "dict":
        return None
    folded = [key.casefold() for key in held.keys]
    return held.args[folded.index(name.casefold())] if name.casefold() in folded else None


def of_application(ev: Evaluator, name: str, near: str) -> Things:
    """A setting of a Flask application that is in a file, or in the environment by a prefix."""
    for path, site in ev.program.calls_of("from_pyfile"):
        given = ev.evaluate(site.call.args[1], seen_from(path, site))
        for held in document(ev, given, Scope(near)) if site.call.args[1:] else ():
            found = walked(held, [name])
            if found:
                return found
    for path, site in ev.program.calls_of("from_prefixed_env"):
        prefix = argument(site.call, 0, "prefix")
        things = ev.evaluate(prefix, seen_from(path, site)) if prefix is not None else ()
        word = next(filter(None, map(usual, things)), "FLASK")
        return variable(ev, f"{word}_{name}", (), near)
    return ()
