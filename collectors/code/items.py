"""Mappings and sequences, and objects that hold configuration: what their items are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.code import tables
from collectors.code.configured import PARSERS, of_application, parsed, variable
from collectors.code.things import UNKNOWN, Scope, Thing, literal, text
from depmap.model.facts import Part

if TYPE_CHECKING:
    from collectors.code.evaluate import Evaluator
    from collectors.code.summary import Expr
    from collectors.code.things import Things

_PAIR = 2
"""A function and one argument."""

_NAMES = frozenset({"text", "name", "attr", "either", "index"})
"""Expressions that may stand for a literal name."""


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
    found = _of_configuration(ev, thing, names, scope)
    if found is not None:
        return found or (UNKNOWN,)
    if thing.kind == "map" and thing.scope is not None:
        held = list(zip(thing.expr.keys, thing.expr.args, strict=False))
        chosen = [value for name, value in held if name in names] or [v for _, v in held]
        return tuple(one for value in chosen for one in ev.evaluate(value, thing.scope))
    if thing.kind == "seq":
        return elements(ev, thing)
    attribute = thing.text.rpartition(".")[2]
    put = _put(ev, attribute, names, scope.path) if attribute else []
    if put or strict:
        return tuple(put)
    return (Thing("hole", (_named(names),), origin=thing),)


def _of_configuration(
    ev: Evaluator, thing: Thing, names: list[str], scope: Scope
) -> Things | None:
    """An item of an object that holds configuration; None for other objects."""
    if thing.text in tables.ENV_MAPS:
        return tuple(one for name in names for one in variable(ev, name, (), scope.path))
    if thing.text in PARSERS and names:
        return (Thing("section", text=names[0], origin=thing),)
    if thing.kind == "section" and thing.origin is not None and names:
        return parsed(ev, thing.origin, [thing.text, names[0]])
    if thing.kind == "fields":
        settings = Thing("class", text=thing.text, path=thing.path)
        return tuple(one for name in names for one in ev.attribute(settings, name))
    return None


def got(ev: Evaluator, origin: Thing, expr: Expr, scope: Scope) -> Things | None:
    """What ``.get(key)`` of an object that can be asked for items gives; None for others."""
    if len(expr.args) < _PAIR:
        return None
    if origin.kind in {"map", "seq", "section", "fields"}:
        return item(ev, origin, ev.evaluate(expr.args[1], scope), scope)
    if origin.text in PARSERS:
        keys = [literal(one) or "" for arg in expr.args[1:3] for one in ev.evaluate(arg, scope)]
        return parsed(ev, origin, keys) or (UNKNOWN,)
    if origin.kind in {"hole", "method"} and origin.text:
        return item(ev, origin, ev.evaluate(expr.args[1], scope), scope, strict=True) or None
    return None


def _put(ev: Evaluator, attribute: str, names: list[str], near: str) -> list[Thing]:
    """What was put into an object that is passed around, or is its configuration."""
    found = [
        one
        for name in names
        for path, value in ev.program.set_items(attribute, name, near)
        for one in ev.evaluate(value, Scope(path))
    ]
    if attribute != "config" or found:
        return found
    of_classes = [one for name in names for one in _of_classes(ev, name, near)]
    return of_classes or [one for name in names for one in of_application(ev, name, near)]


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
    if len(expr.args) != _PAIR or expr.keys or expr.args[1].op not in _NAMES:
        return UNKNOWN
    names = [name for name in map(literal, ev.evaluate(expr.args[1], scope)) if name]
    return Thing("hole", (_named(names),)) if names else UNKNOWN


def _named(names: list[str]) -> Part:
    return Part("name", names[0]) if len(names) == 1 else Part("hole")
