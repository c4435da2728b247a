"""What each kind of expression stands for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from collectors.code import injected, instances, items, special, strings, tables
from collectors.code.things import Scope, Thing, Things, distinct, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collectors.code.evaluate import Evaluator
    from collectors.code.summary import Expr


def _concat(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    return strings.concatenate([ev.evaluate(part, scope) for part in expr.args])


def _percent(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    left, right = expr.args
    values = right.args if right.op == "list" else (right,)
    filled = [ev.evaluate(value, scope) for value in values]
    return distinct(
        found
        for thing in ev.evaluate(left, scope)
        for found in strings.fill_percent(thing, filled)
    )


def _slash(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    left, right = (ev.evaluate(part, scope) for part in expr.args)
    return strings.concatenate([left, (text("/"),), right])


def _either(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    found = [thing for part in expr.args for thing in ev.evaluate(part, scope)]
    known = [thing for thing in found if thing.kind != "hole" and thing.text != "None"]
    return distinct(known or found)


def _index(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    if expr.args[0].text in instances.UNWRAPPED:  # a name for an annotated type
        return instances.of_type(ev, expr, scope)
    base, key = expr.args[0], ev.evaluate(expr.args[1], scope)
    found: list[Thing] = []
    for thing in ev.evaluate(base, scope):
        handed = thing.kind == "ref" and thing.text in injected.PROVIDE
        found.extend(key if handed else items.item(ev, thing, key, scope))
    return distinct(found)


def _each(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    found: list[Thing] = []
    for thing in ev.evaluate(expr.args[0], scope):
        found.extend(items.elements(ev, thing))
    return distinct(found)


def _call(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    found: list[Thing] = []
    for thing in ev.evaluate(expr.args[0], scope):
        found.extend(call(ev, thing, expr, scope))
    return distinct(found)


def call(ev: Evaluator, thing: Thing, expr: Expr, scope: Scope) -> Sequence[Thing]:
    """What calling a thing gives."""
    made = {
        "class": Thing("instance", (), thing.text, thing.path, expr, scope),
        "obj": Thing("obj", (), thing.text, "", expr, scope, thing),
    }
    called = thing.kind == "obj" and thing.text in tables.ENV_OBJECTS
    if called or thing.text in tables.ENV_READERS:
        return special.special(ev, "env", expr, scope)
    if thing.kind in made:
        return (made[thing.kind],)
    if thing.kind == "lambda":
        return ev.evaluate(thing.expr.args[0], thing.scope or scope)
    return _called(ev, thing, expr, scope)


def _called(ev: Evaluator, thing: Thing, expr: Expr, scope: Scope) -> Sequence[Thing]:
    match thing.kind:
        case "func":
            return ev.run(thing, expr, scope)
        case "ref":
            return _foreign(ev, thing, expr, scope)
        case "instance":
            held = instances.attribute(ev, thing, "__call__")
            runs = next((one for one in held if one.kind == "func"), None)
            return ev.run(runs, expr, scope) if runs else (thing,)  # what a provider made
        case "method" if thing.origin is not None:
            return strings.method(ev, thing, expr, scope)
    return (items.looked_up(ev, expr, scope),)


def _foreign(ev: Evaluator, thing: Thing, expr: Expr, scope: Scope) -> Sequence[Thing]:
    """What calling something of another package gives."""
    rule = tables.SPECIAL.get(thing.text)
    if rule is not None:
        return special.special(ev, rule, expr, scope)
    head, _, last = thing.text.rpartition(".")
    if last == "get" and head.endswith("config") and len(expr.args) > 1:
        key = ev.evaluate(expr.args[1], scope)
        found = items.item(ev, Thing("ref", text=head), key, scope, strict=True)
        if found:
            return found
    named = items.looked_up(ev, expr, scope).parts
    parts = named if named[0].kind == "name" else ()
    return (Thing("obj", parts, thing.text, "", expr, scope),)


def _keyed(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    return ev.evaluate(expr.args[0], scope)


def _typed(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    return instances.of_type(ev, expr.args[0], scope)


def _prefixed(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    """Variables that are read with something put before their names."""
    return distinct(
        replace(thing, parts=tuple(
            replace(part, text=expr.text + part.text) if part.kind == "env" else part
            for part in thing.parts
        ))
        for thing in ev.evaluate(expr.args[0], scope)
    )  # fmt: skip


def _held(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    """All values of a mapping."""
    found: list[Thing] = []
    for thing in ev.evaluate(expr.args[0], scope):
        if thing.kind == "map" and thing.scope is not None:
            for value in thing.expr.args:
                found.extend(ev.evaluate(value, thing.scope))
    return distinct(found)


def _within(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    return ev.evaluate(expr.args[0], Scope(scope.path, expr.text))


def _at(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    """What a statement of a function assigns."""
    return ev.evaluate(expr.args[0], replace(scope, at=(expr.line, expr.text)))


RULES: dict[str, Callable[[Evaluator, Expr, Scope], Things]] = {
    "text": lambda _, expr, __: (text(expr.text),),
    "number": lambda _, expr, __: (text(expr.text),),
    "name": lambda ev, expr, scope: ev.name(expr.text, scope),
    "attr": lambda ev, expr, scope: ev.attributes(ev.evaluate(expr.args[0], scope), expr.text),
    "concat": _concat,
    "percent": _percent,
    "slash": _slash,
    "either": _either,
    "index": _index,
    "each": _each,
    "call": _call,
    "keyed": _keyed,
    "typed": _typed,
    "within": _within,
    "prefixed": _prefixed,
    "at": _at,
    "fields": lambda _, expr, scope: (Thing("fields", text=expr.text, path=scope.path),),
    "held": _held,
    "dict": lambda _, expr, scope: (Thing("map", expr=expr, scope=scope),),
    "list": lambda _, expr, scope: (Thing("seq", expr=expr, scope=scope),),
    "lambda": lambda _, expr, scope: (Thing("lambda", expr=expr, scope=scope),),
}
