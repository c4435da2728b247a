"""Strings, mappings and sequences: what their methods and items give."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from collectors.code import tables
from collectors.code.summary import Expr
from collectors.code.things import UNKNOWN, Scope, Thing, env, literal, parts_of, text
from depmap.model.facts import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from collectors.code.evaluate import Evaluator
    from collectors.code.things import Things

MAX_COMBINED = 8
"""Combinations of alternatives kept of one concatenation."""

_FIELD = re.compile(r"\{([^{}!:]*)(?:![rsa])?(?::[^{}]*)?\}")
_PERCENT = re.compile(r"%(?:\((\w+)\))?[-#0-9.]*[sdrifx]")
_SAME = frozenset(
    {"strip", "lstrip", "lower", "upper", "encode", "decode", "removesuffix", "removeprefix",
     "replace", "casefold", "unicode_string", "get_secret_value", "render_as_string", "set",
     "with_query", "update_query", "copy", "values", "items", "__str__", "as_uri", "title"}
)  # fmt: skip


def concatenate(pieces: Sequence[Things]) -> Things:
    """Strings put together, for each combination of alternatives."""
    found: list[Thing] = []
    for combined in product(*pieces):
        parts = tuple(part for thing in combined for part in parts_of(thing))
        found.append(Thing("str", parts))
        if len(found) == MAX_COMBINED:
            break
    return tuple(dict.fromkeys(found))


def argument(expr: Expr, place: int, *names: str) -> Expr | None:
    """The argument of a call at a place, or by one of the names; None where it is not given."""
    named = dict(zip(reversed(expr.keys), reversed(expr.args), strict=False))
    for name in names:
        if name in named:
            return named[name]
    placed = expr.args[1 : len(expr.args) - len(expr.keys)]
    if place < 0 or place >= len(placed) or any(one.op == "each" for one in placed[: place + 1]):
        return None
    return placed[place]


def method(ev: Evaluator, thing: Thing, expr: Expr, scope: Scope) -> Things:
    """What calling a method of something gives."""
    origin = thing.origin or UNKNOWN
    name = thing.text.rpartition(".")[2]
    match origin.kind:
        case "str":
            return _string_method(ev, origin, name, expr, scope)
        case "map" | "seq":
            if name == "get" and len(expr.args) > 1:
                return item(ev, origin, ev.evaluate(expr.args[1], scope), scope)
            return (origin,) if name in _SAME else (UNKNOWN,)
        case "hole" | "method" if name == "get":
            config = _configured(ev, origin, expr, scope)
            if config:
                return config
    if origin.kind == "hole":
        return (looked_up(ev, expr, scope),)
    named = looked_up(ev, expr, scope).parts
    parts = named if named[0].kind == "name" else ()
    return (Thing("obj", parts, thing.text, "", expr, scope, origin),)


def _configured(ev: Evaluator, origin: Thing, expr: Expr, scope: Scope) -> Things:
    if not origin.text or len(expr.args) < 2:  # noqa: PLR2004 - the function and one argument
        return ()
    return item(ev, origin, ev.evaluate(expr.args[1], scope), scope, strict=True)


def _string_method(ev: Evaluator, origin: Thing, name: str, expr: Expr, scope: Scope) -> Things:
    match name:
        case "format" | "format_map":
            return tuple(_fill(ev, origin, expr, scope))
        case "join":
            return _join(ev, origin, expr, scope)
        case "rstrip":
            return (_stripped(origin),)
        case "joinpath" | "with_path" if len(expr.args) > 1:
            head = host_only(parts_of(origin)) if name == "with_path" else origin.parts
            slash = (text("/" if name == "joinpath" else ""),)
            return concatenate([(Thing("str", head),), slash, ev.evaluate(expr.args[1], scope)])
        case "split" | "partition" | "rpartition":
            return (Thing("seq", parts_of(origin), expr=Expr("list"), scope=scope),)
    return (origin,) if name in _SAME else (UNKNOWN,)


def host_only(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts of an address before its path."""
    kept: list[Part] = []
    for part in parts:
        body = part.text.partition("://")[2] if "://" in part.text else part.text
        if part.kind == "text" and "/" in body:
            kept.append(Part("text", part.text[: len(part.text) - len(body) + body.index("/")]))
            break
        kept.append(part)
    return tuple(kept)


def _stripped(thing: Thing) -> Thing:
    last = thing.parts[-1]
    if last.kind == "text":
        return Thing("str", (*thing.parts[:-1], Part("text", last.text.rstrip("/"))))
    if last.kind == "env" and last.default is not None:
        trimmed = Part("env", last.text, last.default.rstrip("/"))
        return Thing("str", (*thing.parts[:-1], trimmed))
    return thing


def _fill(ev: Evaluator, origin: Thing, expr: Expr, scope: Scope) -> Iterator[Thing]:
    counter = iter(range(MAX_COMBINED * 4))
    pieces: list[Things] = []
    for part in origin.parts:
        if part.kind != "text":
            pieces.append((Thing("str", (part,)),))
            continue
        last = 0
        for found in _FIELD.finditer(part.text):
            pieces.append((text(part.text[last : found.start()]),))
            last = found.end()
            key = re.split(r"[.\[]", found[1])[0]
            place = next(counter, 0) if not key else int(key) if key.isdecimal() else -1
            given = argument(expr, place, key or "\0")
            pieces.append(ev.evaluate(given, scope) if given is not None else (UNKNOWN,))
        pieces.append((text(part.text[last:]),))
    yield from concatenate(pieces)


def fill_percent(thing: Thing, values: list[Things]) -> Things:
    """``"…%s…" % values``."""
    if thing.kind != "str":
        return (UNKNOWN,)
    rest = iter(values)
    pieces: list[Things] = []
    for part in thing.parts:
        if part.kind != "text":
            pieces.append((Thing("str", (part,)),))
            continue
        last = 0
        for found in _PERCENT.finditer(part.text):
            pieces.append((text(part.text[last : found.start()]),))
            last = found.end()
            pieces.append((UNKNOWN,) if found[1] else next(rest, (UNKNOWN,)))
        pieces.append((text(part.text[last:].replace("%%", "%")),))
    return concatenate(pieces)


def _join(ev: Evaluator, origin: Thing, expr: Expr, scope: Scope) -> Things:
    pieces: list[Things] = []
    for thing in ev.evaluate(expr.args[1], scope) if len(expr.args) > 1 else ():
        if thing.kind != "seq":
            return (UNKNOWN,)
        for place, part in enumerate(thing.expr.args):
            if place:
                pieces.append((origin,))
            pieces.append(ev.evaluate(part, thing.scope or scope))
    return concatenate(pieces) if pieces else (UNKNOWN,)


def elements(ev: Evaluator, thing: Thing) -> Things:
    """What iterating over a thing gives."""
    if thing.kind in {"seq", "map"} and thing.scope is not None:
        if thing.parts:
            return (Thing("str", thing.parts),)
        if thing.kind == "map":
            return tuple(text(key) for key in thing.expr.keys if key) or (UNKNOWN,)
        return tuple(one for part in thing.expr.args for one in ev.evaluate(part, thing.scope))
    return (thing,) if thing.kind == "str" else (UNKNOWN,)


def item(
    ev: Evaluator, thing: Thing, key: Things, scope: Scope, *, strict: bool = False
) -> Things:
    """What ``thing[key]`` gives; of a literal mapping with an unknown key, all its values."""
    names = [name for name in map(literal, key) if name is not None]
    if thing.text in tables.ENV_MAPS:
        return tuple(one for name in names for one in env(name, ())) or (UNKNOWN,)
    if thing.kind == "map" and thing.scope is not None:
        held = list(zip(thing.expr.keys, thing.expr.args, strict=False))
        chosen = [value for name, value in held if name in names] or [v for _, v in held]
        return tuple(one for value in chosen for one in ev.evaluate(value, thing.scope))
    if thing.kind == "seq":
        return elements(ev, thing)
    attribute = thing.text.rpartition(".")[2]
    if attribute:
        near = scope.path
        found = [
            one
            for name in names
            for path, value in ev.program.set_items(attribute, name, near)
            for one in ev.evaluate(value, Scope(path))
        ]
        if attribute == "config" and not found:
            found = [one for name in names for one in _of_classes(ev, name, near)]
        if found or strict:
            return tuple(found)
    return () if strict else (Thing("hole", (_named(names),), origin=thing),)


def _of_classes(ev: Evaluator, name: str, near: str) -> Things:
    """A setting that an application takes from a class: ``config.from_object(Config)``."""
    found = [
        one
        for path, owner in ev.program.configurations(name, near)
        for one in ev.attribute(Thing("class", text=owner, path=path), name)
    ]
    return tuple(one for one in found if one.kind == "str")


def looked_up(ev: Evaluator, expr: Expr, scope: Scope) -> Thing:
    """What an unknown function gives for one literal: a look-up by that name."""
    if len(expr.args) != 2 or expr.keys:  # noqa: PLR2004 - the function and one argument
        return UNKNOWN
    names = [name for name in map(literal, ev.evaluate(expr.args[1], scope)) if name]
    return Thing("hole", (_named(names),)) if names else UNKNOWN


def _named(names: list[str]) -> Part:
    return Part("name", names[0]) if len(names) == 1 else Part("hole")
