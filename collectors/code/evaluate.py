"""What an expression stands for, across the files of a root."""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.code import instances, special
from collectors.code.program import Place, Program
from collectors.code.rules import RULES
from collectors.code.summary import HOLE, Class
from collectors.code.things import UNKNOWN, Mapped, Scope, Thing, Things, distinct, reaching

if TYPE_CHECKING:
    from collections.abc import Callable

    from collectors.code.summary import Expr

MAX_DEPTH = 30
"""Values nested deeper are unknown: a stop for recursion in the code that is read."""

MAX_STEPS = 20_000
"""Evaluations for one question; then everything further is unknown."""


@dataclass(slots=True)
class Evaluator:
    """Answers what expressions of a program stand for.

    Attributes:
        program: the files.
        tables: what classes are kept as in a store, as far as it was asked for.
        lineages: what classes derive from, as far as it was asked for.
        spent: evaluations made so far.
        cuts: how often something was not followed.
    """

    program: Program
    tables: dict[tuple[str, str], Mapped | None] = field(default_factory=dict)
    lineages: dict[tuple[str, str], list[tuple[str, Class]]] = field(default_factory=dict)
    _depth: int = 0
    _steps: int = 0
    spent: int = 0
    _active: set[tuple[str, str, str]] = field(default_factory=set)
    _memo: dict[tuple[object, ...], Things] = field(default_factory=dict)
    cuts: int = 0

    def reset(self) -> None:
        """Begin a new question, with a budget of its own."""
        self.spent += self._steps
        self._steps = 0

    def ask(self, expr: Expr, scope: Scope) -> Things:
        """Evaluate from outside: each question has its own budget."""
        self.reset()
        return self.evaluate(expr, scope)

    def evaluate(self, expr: Expr, scope: Scope) -> Things:
        """Return the alternatives of what an expression stands for; never none."""
        self._steps += 1
        if self._depth > MAX_DEPTH or self._steps > MAX_STEPS:
            return self._cut()
        self._depth += 1
        try:
            rule = RULES.get(expr.op)
            found = rule(self, expr, scope) if rule else (UNKNOWN,)
        finally:
            self._depth -= 1
        return distinct(found)

    def _cut(self) -> Things:
        """What is not followed; what it is a part of is not kept."""
        self.cuts += 1
        return (UNKNOWN,)

    def kept(self, key: tuple[object, ...], find: Callable[[], Things]) -> Things:
        """What was found before, else what is found now; kept where nothing was left out."""
        known = self._memo.get(key)
        if known is not None:
            return known
        cuts = self.cuts
        found = find()
        if cuts == self.cuts:
            self._memo[key] = found
        return found

    def name(self, name: str, scope: Scope) -> Things:
        """What a name stands for in a scope."""
        key = (scope.path, scope.function, f"{name} {scope.at or ''}")
        if key in self._active:
            return self._cut()
        if scope.bound or scope.outer is not None:
            return self._named(key, name, scope)
        return self.kept((*key, scope.me), lambda: self._named(key, name, scope))

    def _named(self, key: tuple[str, str, str], name: str, scope: Scope) -> Things:
        self._active.add(key)
        try:
            inside = self._local(name, scope) or self._in_class(name, scope)
            return inside or self._global(name, scope.path)
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
            for value in reaching(function.names.get(name, []), inside.at):
                found.extend(self.evaluate(value, inside))
            if found:
                return tuple(thing for thing in found if thing is not UNKNOWN) or (UNKNOWN,)
            nested = f"{current}.{name}"
            if self.program.function(Place(scope.path, nested)):
                return (Thing("func", text=nested, path=scope.path),)
            current = function.outer
            known = scope.outer is not None and scope.outer.function == current
            inside = (
                scope.outer if known and scope.outer else Scope(scope.path, current, me=scope.me)
            )
        return ()

    def _in_class(self, name: str, scope: Scope) -> Things:
        """What a name stands for in the body of a class, among what the class is made of."""
        me = scope.me
        if scope.function or me is None or me.kind != "class" or me.path != scope.path:
            return ()
        held = self.program.klass(Place(me.path, me.text))
        values = held.names.get(name, ()) if held is not None else ()
        return tuple(one for value in values for one in self.evaluate(value, scope))

    def _global(self, name: str, path: str) -> Things:
        return self.kept((path, name), lambda: self._module_name(name, path))

    def _module_name(self, name: str, path: str) -> Things:
        summary = self.program.files[path]
        values = summary.names.get(name, ())
        if name in summary.imports and all(value.text == "None" for value in values):
            values = ()  # what there is where the package is not installed
        found = [thing for value in values for thing in self.evaluate(value, Scope(path))]
        if found:
            return _best(found)
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
        return self._in_some_class(name, path) or (Thing("ref", text=name),)

    def _in_some_class(self, name: str, path: str) -> Things:
        """What a name stands for that only the body of a class of a file knows."""
        for held in self.program.files[path].classes.values():
            if name in held.names and not hasattr(builtins, name):
                me = Thing("class", text=held.name, path=path)
                return self._in_class(name, Scope(path, me=me))
        return ()

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
        seen = Scope(path) if target.startswith(("django.conf", "dynaconf")) else None
        return (Thing("ref", text=target.lstrip("."), scope=seen),)

    def attributes(self, things: Things, name: str) -> Things:
        """What an attribute of each thing stands for."""
        return distinct([found for thing in things for found in self.attribute(thing, name)])

    def attribute(self, thing: Thing, name: str) -> Things:
        """What an attribute of a thing stands for."""
        match thing.kind:
            case "module":
                return self._of_module(thing, name)
            case "ref":
                held = special.configured(self, thing, name)
                return held or (Thing("ref", text=f"{thing.text}.{name}", scope=thing.scope),)
            case "class" | "instance":
                return instances.attribute(self, thing, name)
        if (thing.kind, name) in {("str", "value"), ("fields", "data")}:
            return (thing,)
        if thing.kind == "map" and name in thing.expr.keys and thing.scope is not None:
            return self.evaluate(thing.expr.args[thing.expr.keys.index(name)], thing.scope)
        return self._of_object(thing, name)

    def _of_object(self, thing: Thing, name: str) -> Things:
        kind = thing.text or "?"
        found = self._held(thing, name) or special.configured(self, thing, name)
        if found:
            return found
        return (Thing("method", text=f"{kind}.{name}", origin=thing, scope=thing.scope),)

    def _held(self, thing: Thing, name: str) -> Things:
        """What was put into an object that is passed around: ``request.app.state.x``."""
        last = thing.text.rpartition(".")[2]
        if thing.kind != "method" or last not in {"state", "app", "ctx"}:
            return ()
        near = thing.scope.path if thing.scope is not None else ""
        held = self.program.set_items(last, name, near)
        return tuple(one for path, value in held for one in self.evaluate(value, Scope(path)))

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
        if held is None:
            return (UNKNOWN,)
        if key in self._active:
            return self._cut()
        self._active.add(key)
        try:
            inside = instances.bind(self, function, call, scope)
            found = [one for value in held.returns for one in self.evaluate(value, inside)]
        finally:
            self._active.discard(key)
        return tuple(thing for thing in found if thing is not UNKNOWN) or (UNKNOWN,)


def _best(found: list[Thing]) -> Things:
    """Alternatives without those that say nothing beside others: None, unknown, a mere type."""
    made = any(one.kind == "obj" and one.expr is not HOLE for one in found)
    kept = [
        one for one in found
        if one is not UNKNOWN and not (
            made and (one.text == "None" or (one.kind == "obj" and one.expr is HOLE))
        )
    ]  # fmt: skip
    return tuple(kept) or (UNKNOWN,)
