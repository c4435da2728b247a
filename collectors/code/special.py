"""Functions of other packages that give back what they are given, or make a value of it."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from collectors.code import injected
from collectors.code.configured import document, dynaconf, variable, variables
from collectors.code.strings import concatenate, host_only
from collectors.code.summary import HOLE, Expr, argument
from collectors.code.things import UNKNOWN, Scope, Thing, literal, parts_of, text
from depmap.model.facts import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from collectors.code.evaluate import Evaluator
    from collectors.code.things import Things


ANY = "*"
"""An attribute whose name is not known."""


_FIRST = {"env": ("key", "varname", "var_name", "option", "var")}
"""Names of the first argument, where a default is another one."""


def special(ev: Evaluator, rule: str, expr: Expr, scope: Scope) -> Things:
    """What a function gives that ``tables.SPECIAL`` knows."""
    first = argument(expr, 0, *_FIRST.get(rule, ("default", "dependency", "url", "value")))
    given = ev.evaluate(first, scope) if first is not None else (UNKNOWN,)
    return _RULES.get(rule, _attribute)(ev, expr, given, scope) or (UNKNOWN,)


def _path(ev: Evaluator, expr: Expr, given: Things, scope: Scope) -> Things:
    rest = [ev.evaluate(part, scope) for part in expr.args[2:]]
    return concatenate([given, *(piece for one in rest for piece in ((text("/"),), one))])


def _depends(ev: Evaluator, _: Expr, given: Things, scope: Scope) -> Things:
    return tuple(found for thing in given for found in _called(ev, thing, scope))


def _second(ev: Evaluator, expr: Expr, _: Things, scope: Scope) -> Things:
    second = argument(expr, 1)
    return ev.evaluate(second, scope) if second is not None else (UNKNOWN,)


def _attribute(ev: Evaluator, expr: Expr, given: Things, scope: Scope) -> Things:
    """``getattr(thing, "name")``; of a client, an unknown name is that of any method."""
    names = [literal(thing) or ANY for thing in _second(ev, expr, given, scope)]
    return tuple(one for name in names for one in ev.attributes(given, name))


def _database(ev: Evaluator, expr: Expr, _: Things, scope: Scope) -> Things:
    default = ev.evaluate(argument(expr, 0, "default") or HOLE, scope)
    held = argument(expr, -1, "env")
    return variable(ev, held.text if held is not None else "DATABASE_URL", default, scope.path)


def configured(ev: Evaluator, thing: Thing, name: str) -> Things:
    """A setting of an object that holds those of a whole project; nothing for other objects."""
    if thing.text == "django.conf.settings" and thing.scope is not None:
        found = [
            one
            for path in ev.program.configuring(name, thing.scope.path)
            for one in ev.name(name, Scope(path))
        ]
        return tuple(found)
    if thing.text.startswith(injected.CONFIGURATION):
        return injected.setting(ev, thing, name)
    if thing.text in {"dynaconf.Dynaconf", "dynaconf.LazySettings", "dynaconf.settings"}:
        given = argument(thing.expr, -1, "envvar_prefix") if thing.kind == "obj" else None
        prefix = "DYNACONF" if given is None else given.text.upper()
        plain = given is not None and given.text == "False"
        near = thing.scope.path if thing.scope is not None else ""
        held = dynaconf(ev, name, near)
        if held and held[0].kind != "str":  # a whole section
            return held
        return variable(ev, name.upper() if plain else f"{prefix}_{name.upper()}", held, near)
    return ()


def _called(ev: Evaluator, thing: Thing, scope: Scope) -> Things:
    if thing.kind == "lambda":
        return ev.evaluate(thing.expr.args[0], thing.scope or scope)
    if thing.kind == "func":
        return ev.run(thing, Expr("call", args=(HOLE,)), scope)
    if thing.kind == "class":
        return (Thing("instance", (), thing.text, thing.path, Expr("call", args=(HOLE,)), scope),)
    if thing.kind == "ref":
        return (Thing("obj", (), thing.text, "", Expr("call", args=(HOLE,)), scope),)
    return (thing,) if thing.kind == "instance" else (UNKNOWN,)


def _field(ev: Evaluator, expr: Expr, _: Things, scope: Scope) -> Things:
    factory = argument(expr, -1, "default_factory", "factory")
    if factory is not None:
        made = [one for thing in ev.evaluate(factory, scope) for one in _called(ev, thing, scope)]
        return tuple(made) or (UNKNOWN,)
    default = argument(expr, 0, "default")
    return ev.evaluate(default, scope) if default is not None else (UNKNOWN,)


def _env(ev: Evaluator, expr: Expr, names: Things, scope: Scope) -> Things:
    default = argument(expr, 1, "default")
    fallback = ev.evaluate(default, scope) if default is not None else ()
    found: list[Thing] = []
    for thing in names:
        name = literal(thing)
        if name is not None:
            found.extend(variable(ev, name, fallback, scope.path))
        elif thing.kind == "str" and len(thing.parts) == 1 and thing.parts[0].kind == "param":
            found.append(Thing("str", (Part("hole"),)))
    if not expr.args[1:] and expr.args[0].text in {"db", "db_url"}:
        found.extend(variable(ev, "DATABASE_URL", fallback, scope.path))
    return tuple(found) or (UNKNOWN,)


def _built(ev: Evaluator, expr: Expr, _: Things, scope: Scope) -> Things:
    """An address that is given in pieces: ``PostgresDsn.build(scheme=…, host=…, path=…)``."""
    pieces: list[Things] = []
    for before, after, names in _PIECES:
        given = argument(expr, -1, *names)
        if given is not None:
            mark = () if given.text == "None" else ev.evaluate(given, scope)
            rooted = before == "/" and any(
                one.parts[0].text.startswith("/") for one in mark if one.parts
            )
            pieces += [(text("" if rooted else before),), mark, (text(after),)] if mark else []
    return concatenate(pieces) if pieces else (UNKNOWN,)


_PIECES = (
    ("", "://", ("scheme", "drivername")),
    ("", "", ("host",)),
    (":", "", ("port",)),
    ("/", "", ("path", "database")),
)
"""Pieces of an address, with what stands before and after each."""


def _urljoin(bases: Things, rests: Things) -> Things:
    found: list[Thing] = []
    for base, rest in product(bases, rests):
        head = parts_of(base)
        tail = literal(rest) or ""
        first = parts_of(rest)[0]
        if tail.startswith(("http://", "https://")):
            found.append(rest)
            continue
        rooted = first.kind == "text" and first.text.startswith("/")
        head = host_only(head) if rooted else _folder(head)
        found.append(Thing("str", (*head, *parts_of(rest))))
    return tuple(found) or (UNKNOWN,)


def _folder(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    last = parts[-1]
    if last.kind != "text":
        return (*parts, Part("text", "/"))
    body = last.text.partition("://")[2] if "://" in last.text else last.text
    if "/" not in body:
        return (*parts, Part("text", "/"))
    return (*parts[:-1], Part("text", last.text[: last.text.rindex("/") + 1]))


_RULES: dict[str, Callable[[Evaluator, Expr, Things, Scope], Things]] = {
    "env": _env,
    "same": lambda _ev, _expr, given, _scope: given,
    "second": _second,
    "field": _field,
    "dburl": _database,
    "join": lambda ev, expr, given, scope: _urljoin(
        given, ev.evaluate(argument(expr, 1, "url") or HOLE, scope)
    ),
    "path": _path,
    "document": lambda ev, _, given, scope: document(ev, given, scope),
    "variables": lambda ev, _expr, _given, scope: variables(ev, scope),
    "build": _built,
    "depends": _depends,
    "provided": lambda ev, expr, _given, scope: injected.provided(ev, expr, scope),
}
