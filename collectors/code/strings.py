"""Strings: what they are put together of, and what methods give."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from collectors.code.items import got, looked_up
from collectors.code.summary import Expr, argument
from collectors.code.things import UNKNOWN, Scope, Thing, parts_of, text
from depmap.model.facts import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from collectors.code.evaluate import Evaluator
    from collectors.code.things import Things

MAX_COMBINED = 8
"""Combinations of alternatives kept of one concatenation."""

_FIELD = re.compile(r"\{([^{}!:]*)(?:![rsa])?(?::[^{}]*)?\}")
_PLACE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
_PERCENT = re.compile(r"%(?:\((\w+)\))?[-#0-9.]*[sdrifx]")
_SAME = frozenset(
    {"strip", "lower", "upper", "encode", "decode", "removesuffix", "removeprefix",
     "replace", "casefold", "unicode_string", "get_secret_value", "render_as_string", "set",
     "with_query", "update_query", "copy", "values", "items", "__str__", "as_uri", "title",
     "read_text", "read_bytes", "resolve", "open", "absolute"}
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


def method(ev: Evaluator, thing: Thing, expr: Expr, scope: Scope) -> Things:
    """What calling a method of something gives."""
    origin = thing.origin or UNKNOWN
    name = thing.text.rpartition(".")[2]
    if origin.kind == "str":
        return _string_method(ev, origin, name, expr, scope)
    if origin.text == "string.Template" and name in {"substitute", "safe_substitute"}:
        return tuple(_fill_template(ev, origin, expr, scope))
    found = got(ev, origin, expr, scope) if name == "get" else None
    if found is not None:
        return found
    if origin.kind in {"map", "seq"}:
        return (origin,) if name in _SAME else (UNKNOWN,)
    if origin.kind == "hole":
        return (looked_up(ev, expr, scope),)
    named = looked_up(ev, expr, scope).parts
    parts = named if named[0].kind == "name" else ()
    return (Thing("obj", parts, thing.text, "", expr, scope, origin),)


def _string_method(ev: Evaluator, origin: Thing, name: str, expr: Expr, scope: Scope) -> Things:
    match name:
        case "format" | "format_map":
            return tuple(_fill(ev, origin, expr, scope))
        case "join":
            return _join(ev, origin, expr, scope)
        case "rstrip" | "lstrip":
            return (_stripped(origin) if name == "rstrip" else _unrooted(origin),)
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


def _unrooted(thing: Thing) -> Thing:
    first = thing.parts[0]
    if first.kind != "text":
        return thing
    return Thing("str", (Part("text", first.text.lstrip("/")), *thing.parts[1:]))


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


def _fill_template(ev: Evaluator, origin: Thing, expr: Expr, scope: Scope) -> Iterator[Thing]:
    """``Template("…$name…").substitute(name=…)``."""
    given = argument(origin.expr, 0, "template")
    for thing in ev.evaluate(given, origin.scope) if given is not None and origin.scope else ():
        parts = tuple(
            replace(part, text=_PLACE.sub(r"{\1}", part.text)) if part.kind == "text" else part
            for part in thing.parts
        )
        yield from _fill(ev, Thing("str", parts), expr, scope)


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
