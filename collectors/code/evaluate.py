"""What an expression stands for, across the files of a root."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.code import instances, special, strings, tables
from collectors.code.program import Place, Program
from collectors.code.things import UNKNOWN, Scope, Thing, Things, distinct, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collectors.code.summary import Expr

MAX_DEPTH = 30
"""Values nested deeper are unknown: a stop for recursion in the code that is read."""

MAX_STEPS = 20_000
"""Evaluations for one question; then everything further is unknown."""


@dataclass(slots=True)
class Evaluator:
    """Answers what expressions of a program stand for."""

    program: Program
    _depth: int = 0
    _steps: int = 0
    _active: set[tuple[str, str, str]] = field(default_factory=set)
    _memo: dict[tuple[str, str], Things] = field(default_factory=dict)

    def reset(self) -> None:
        """Begin a new question, with a budget of its own."""
        self._steps = 0

    def ask(self, expr: Expr, scope: Scope) -> Things:
        """Evaluate from outside: each question has its own budget."""
        self.reset()
        return self.evaluate(expr, scope)

    def evaluate(self, expr: Expr, scope: Scope) -> Things:
        """Return the alternatives of what an expression stands for; never none."""
        self._steps += 1
        if self._depth > MAX_DEPTH or self._steps > MAX_STEPS:
            return (UNKNOWN,)
        self._depth += 1
        try:
            rule = _RULES.get(expr.op)
            found = rule(self, expr, scope) if rule else (UNKNOWN,)
        finally:
            self._depth -= 1
        return distinct(found)

    def name(self, name: str, scope: Scope) -> Things:
        """What a name stands for in a scope."""
        key = (scope.path, scope.function, name)
        if key in self._active:
            return (UNKNOWN,)
        self._active.add(key)
        try:
            return self._local(name, scope) or self._global(name, scope.path)
        finally:
            self._active.discard(key)

    def _local(self, name: str, scope: Scope) -> Things:
        inside, current = scope, scope.function
        while current:
            function = self.program.function(Place(scope.path, current))
            if function is None:
                return ()
            found: list[Thing] = []
            if name in function.params:
                found.extend(instances.parameter(self, function, name, inside))
            for value in function.names.get(name, ()):
                found.extend(self.evaluate(value, inside))
            if found:
                return tuple(thing for thing in found if thing is not UNKNOWN) or (UNKNOWN,)
            nested = f"{current}.{name}"
            if self.program.function(Place(scope.path, nested)):
                return (Thing("func", text=nested, path=scope.path),)
            current = function.outer
            inside = Scope(scope.path, current, me=scope.me)
        return ()

    def _global(self, name: str, path: str) -> Things:
        key = (path, name)
        if key not in self._memo:
            depth = self._depth
            found = self._module_name(name, path)
            if depth < MAX_DEPTH - 10 and not self._active - {(path, "", name)}:
                self._memo[key] = found
            return found
        return self._memo[key]

    def _module_name(self, name: str, path: str) -> Things:
        summary = self.program.files[path]
        found = [
            thing
            for value in summary.names.get(name, ())
            for thing in self.evaluate(value, Scope(path))
        ]
        if found:
            return tuple(thing for thing in found if thing is not UNKNOWN) or (UNKNOWN,)
        if name in summary.functions:
            return (Thing("func", text=name, path=path),)
        if name in summary.classes:
            return (Thing("class", text=name, path=path),)
        if name in summary.imports:
            return self.dotted(summary.imports[name], path)
        for base in summary.imports.get("*", "").split():
            place = self.program.module(base, path)
            if place is not None and self.defines(place.path, name):
                return self.name(name, Scope(place.path))
        return (Thing("ref", text=name),)

    def defines(self, path: str, name: str) -> bool:
        """Whether a file has a thing of that name of its own or by import."""
        summary = self.program.files[path]
        held = (summary.names, summary.functions, summary.classes, summary.imports)
        return any(name in one for one in held)

    def dotted(self, target: str, path: str) -> Things:
        """What a dotted import stands for: a module or symbol of this root, else a ``ref``."""
        dots = len(target) - len(target.lstrip("."))
        names = target[dots:].split(".")
        for cut in range(len(names), 0, -1):
            place = self.program.module("." * dots + ".".join(names[:cut]), path)
            if place is not None and place.path != path:
                found: Things = (Thing("module", path=place.path),)
                for name in names[cut:]:
                    found = self.attributes(found, name)
                return found
        package = self.program.module("." * dots, path) if dots else None
        if package is not None and len(names) == 1 and package.path != path:
            return self.attributes((Thing("module", path=package.path),), names[0])
        return (Thing("ref", text=target.lstrip(".")),)

    def attributes(self, things: Things, name: str) -> Things:
        """What an attribute of each thing stands for."""
        return distinct([found for thing in things for found in self.attribute(thing, name)])

    def attribute(self, thing: Thing, name: str) -> Things:
        """What an attribute of a thing stands for."""
        match thing.kind:
            case "module":
                return self._of_module(thing, name)
            case "ref":
                return (Thing("ref", text=f"{thing.text}.{name}", scope=thing.scope),)
            case "class" | "instance":
                return instances.attribute(self, thing, name)
            case "str" if name == "value":
                return (thing,)
        kind = thing.text or "?"
        return (Thing("method", text=f"{kind}.{name}", origin=thing, scope=thing.scope),)

    def _of_module(self, thing: Thing, name: str) -> Things:
        if self.defines(thing.path, name):
            return self.name(name, Scope(thing.path))
        below = self.program.module(f".{name}", thing.path)
        if below is not None:
            return (Thing("module", path=below.path),)
        return self.name(name, Scope(thing.path))

    def run(self, function: Thing, call: Expr, scope: Scope) -> Things:
        """What a function of this root gives back, called like that."""
        place = Place(function.path, function.text)
        held = self.program.function(place)
        key = (function.path, function.text, "()")
        if held is None or key in self._active:
            return (UNKNOWN,)
        self._active.add(key)
        try:
            inside = instances.bind(self, function, call, scope)
            found = [one for value in held.returns for one in self.evaluate(value, inside)]
        finally:
            self._active.discard(key)
        return tuple(thing for thing in found if thing is not UNKNOWN) or (UNKNOWN,)


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
    base, key = expr.args[0], ev.evaluate(expr.args[1], scope)
    found: list[Thing] = []
    for thing in ev.evaluate(base, scope):
        found.extend(strings.item(ev, thing, key, scope))
    return distinct(found)


def _each(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    found: list[Thing] = []
    for thing in ev.evaluate(expr.args[0], scope):
        found.extend(strings.elements(ev, thing))
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
    match thing.kind:
        case "func":
            return ev.run(thing, expr, scope)
        case "ref":
            return _foreign(ev, thing, expr, scope)
        case "method" if thing.origin is not None:
            return strings.method(ev, thing, expr, scope)
    return (strings.looked_up(ev, expr, scope),)


def _foreign(ev: Evaluator, thing: Thing, expr: Expr, scope: Scope) -> Sequence[Thing]:
    """What calling something of another package gives."""
    rule = tables.SPECIAL.get(thing.text)
    if rule is not None:
        return special.special(ev, rule, expr, scope)
    named = strings.looked_up(ev, expr, scope).parts
    parts = named if named[0].kind == "name" else ()
    return (Thing("obj", parts, thing.text, "", expr, scope),)


def _keyed(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    return ev.evaluate(expr.args[0], scope)


def _typed(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    return instances.of_type(ev, expr.args[0], scope)


_RULES: dict[str, Callable[[Evaluator, Expr, Scope], Things]] = {
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
    "dict": lambda _, expr, scope: (Thing("map", expr=expr, scope=scope),),
    "list": lambda _, expr, scope: (Thing("seq", expr=expr, scope=scope),),
    "lambda": lambda _, expr, scope: (Thing("lambda", expr=expr, scope=scope),),
}
