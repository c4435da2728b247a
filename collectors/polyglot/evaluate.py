"""What an expression may be: literals, variables of the environment, and holes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.polyglot.environment import env, section
from collectors.polyglot.parts import PARAM, UNKNOWN, Parts, emptiness, merged, with_default
from collectors.polyglot.program import Program, Scope
from collectors.polyglot.rewriting import plain
from depmap.model.facts import Part, Value

if TYPE_CHECKING:
    from collectors.polyglot.expressions import Assign, Expr, Summary

MAX_DEPTH = 14
MOST = 6
MAX_STEPS = 3_000
"""Steps of one evaluation; functions that call one another would else take for ever."""

_CONSTRUCTORS = frozenset({"constructor", "__construct", "initialize"})
_WRAPPED = frozenset({"Result", "AddressList", "Value"})
"""Attributes that only hold the value that they are asked of."""

_PLACEHOLDER = re.compile(r"\$\{([^${}]*(?:\$\{[^{}]*\}[^${}]*)*)\}")


@dataclass(slots=True)
class Evaluator:
    """Evaluates expressions of one program."""

    program: Program
    _active: set[tuple[int, int]] = field(default_factory=set)
    _steps: int = 0

    def values(self, expr: Expr, scope: Scope, depth: int = 0) -> list[Parts]:
        """Every value that an expression may have, the likeliest first; at least one."""
        key = (id(expr), id(scope))
        self._steps = self._steps + 1 if self._active else 0
        if depth > MAX_DEPTH or key in self._active or self._steps > MAX_STEPS:
            return [UNKNOWN]
        self._active.add(key)
        try:
            found = self._values(expr, scope, depth + 1)
        finally:
            self._active.discard(key)
        return list(dict.fromkeys(map(merged, found)))[:MOST] or [UNKNOWN]

    def value(self, parts: Parts) -> Value:
        """A value as others see it: what a caller decides is unknown."""
        return Value(tuple(Part("hole") if part.kind == PARAM else part for part in parts))

    def text(self, expr: Expr | None, scope: Scope) -> str:
        """The literal that an expression is; empty for another."""
        if expr is None:
            return ""
        (first, *_) = self.values(expr, scope)
        return first[0].text if len(first) == 1 and first[0].kind == "text" else ""

    def _values(self, expr: Expr, scope: Scope, depth: int) -> list[Parts]:
        read = env(expr, scope.file) if expr.op in {"call", "attr", "index"} else None
        expr = read or expr
        if expr.op == "text":
            whole = scope.file.language in {"java", "kotlin"} and "${" in expr.text
            text = (Part("text", expr.text),) if expr.text else ()
            return [self._placed(expr.text, scope) if whole else text]
        if expr.op in {"deref", "kw"}:
            return self.values(expr.args[0], scope, depth)
        if expr.op == "list" and all(one.op != "kw" for one in expr.args):
            return [value for one in expr.args[:MOST] for value in self.values(one, scope, depth)]
        known = {
            "env": self._env, "property": self._property, "join": self._joined,
            "or": self._either, "name": self._looked_up, "attr": self._looked_up,
            "index": self._looked_up, "section": self._section, "call": self._called,
            "new": self._called,
        }  # fmt: skip
        make = known.get(expr.op)
        return make(expr, scope, depth) if make is not None else [UNKNOWN]

    def _section(self, expr: Expr, scope: Scope, depth: int) -> list[Parts]:
        """The keys, with a colon behind them, of the section of settings that a name holds."""
        del depth
        held = self.program.assigned(expr.args[0].text, scope, attribute=False)
        named = next((text for _, one in held if (text := section(one.value))), "")
        return [(Part("text", named),) if named else ()]

    def _placed(self, text: str, scope: Scope) -> Parts:
        """A text with ``${key:default}`` in it, as Spring fills it in."""
        found: list[Part] = []
        last = 0
        for match in _PLACEHOLDER.finditer(text):
            found.append(Part("text", text[last : match.start()]))
            key, mark, default = match[1].partition(":")
            found.extend(self._key(key, default.removeprefix("-") if mark else None, scope, 0))
            last = match.end()
        found.append(Part("text", text[last:]))
        return tuple(part for part in found if part.kind != "text" or part.text)

    def _key(self, key: str, default: str | None, scope: Scope, depth: int) -> Parts:
        """The value of a key of a configuration file, which the environment may override."""
        held, properties = self.program.property(key, scope.file)
        if held is not None and depth < MAX_DEPTH and "${" in held.text:
            return self._placed(held.text, scope)
        if held is not None:
            default = held.text or None
        if default is not None and "${" in default:
            return self._placed(default, scope)
        name = key if re.fullmatch(r"[A-Z][A-Z0-9_]*", key) else properties.variable(key)
        if scope.file.language == "csharp":
            name = key.replace(":", "__")
        return (Part("env", name, default),)

    def _property(self, expr: Expr, scope: Scope, depth: int) -> list[Parts]:
        key = expr.text or (self.text(expr.args[0], scope) if expr.args else "")
        given = expr.args[:1] if expr.text else expr.args[1:2]
        default = self.text(given[0], scope) if given else None
        return [self._key(key, default or None, scope, depth)] if key else [UNKNOWN]

    def _env(self, expr: Expr, scope: Scope, depth: int) -> list[Parts]:
        names = [expr.text]
        rest = expr.args
        if not expr.text:
            names = [
                parts[0].text
                for parts in self.values(expr.args[0], scope, depth)
                if len(parts) == 1 and parts[0].kind == "text"
            ]
            rest = expr.args[1:]
        default = self.text(rest[0], scope) if rest else None
        found: list[Parts] = [(Part("env", name, default or None),) for name in names if name]
        if not names and self._decided(expr.args[0], scope, depth):
            return [(Part(PARAM),)]
        return found

    def _decided(self, expr: Expr, scope: Scope, depth: int) -> bool:
        return any(part.kind == PARAM for one in self.values(expr, scope, depth) for part in one)

    def _joined(self, expr: Expr, scope: Scope, depth: int) -> list[Parts]:
        found: list[Parts] = [()]
        for one in expr.args:
            more = self.values(one, scope, depth)
            found = [(*before, *after) for before in found for after in more][:MOST]
        return found

    def _either(self, expr: Expr, scope: Scope, depth: int) -> list[Parts]:
        first = self.values(expr.args[0], scope, depth)
        second = self.values(expr.args[-1], scope, depth)
        whole = [one for one in first if len(one) == 1 and one[0].kind == "env"]
        texts = [one for one in second if len(one) == 1 and one[0].kind == "text"]
        if whole and texts and whole[0][0].default is None:
            return [(Part("env", one[0].text, texts[0][0].text),) for one in whole]
        return [one for one in (*first, *second) if one != UNKNOWN] or [UNKNOWN]

    def _looked_up(self, expr: Expr, scope: Scope, depth: int) -> list[Parts]:
        name = expr.text if expr.op != "index" else expr.args[1].text
        if expr.op == "name" and name in scope.bound:
            given, outer = scope.bound[name]
            return self.values(given, outer, depth)
        held = self.program.assigned(
            name, scope, attribute=expr.op != "name", line=expr.line, base=_base(expr)
        )
        held = [pair for pair in held if pair[1].value is not expr]
        if not held and expr.op == "name" and self.is_param(name, scope):
            return [(Part(PARAM, f"{scope.function}\x00{name}"),)]
        found: list[Parts] = []
        for file, one in held:
            where = self._scope(file, one, scope)
            values = self.values(one.value, where, depth)
            if where is not scope and any(part.kind == PARAM for many in values for part in many):
                values = self._handed(one.value, where, depth) or values
            found.extend(values)
        found.extend(self._outs(expr, scope, depth))
        if not found and expr.op == "attr" and expr.text in _WRAPPED:
            return self.values(expr.args[0], scope, depth)
        known = [one for one in found if one != UNKNOWN]
        if not known and expr.op == "attr":
            key = self.program.key(expr.dotted().split("."), scope.file)
            known = [self._key(key, None, scope, depth)] if key else [
                value for file, one in self.program.elsewhere(name, scope.file)
                for value in self.values(one.value, self._scope(file, one, scope), depth)
                if value != UNKNOWN
            ]  # fmt: skip
        return sorted(known, key=emptiness) or [UNKNOWN]

    def _scope(self, file: Summary, one: Assign, scope: Scope) -> Scope:
        inside = file is scope.file and one.context.function == scope.function
        if inside and one.context.function:
            return scope
        return Scope(file, one.context.function, one.context.cls)

    def _handed(self, value: Expr, where: Scope, depth: int) -> list[Parts]:
        """What is kept of the parameters of another function, as its callers give them."""
        held = where.file.functions.get(where.function, [])
        made = where.function in _CONSTRUCTORS or where.function == where.cls
        name = where.cls if made else where.function
        found: list[Parts] = []
        for file, site in self.program.callers(name, where.file)[:MOST] if name else ():
            outer = Scope(file, site.context.function, site.context.cls)
            for function in held:
                bound = bind(function.params, site.call, outer)
                inner = Scope(where.file, where.function, where.cls, bound)
                found.extend(self.values(value, inner, depth) if bound else ())
        return [one for one in found if all(part.kind != PARAM for part in one)]

    def is_param(self, name: str, scope: Scope) -> bool:
        """Whether a name is a parameter of the function around it."""
        held = scope.file.functions.get(scope.function, [])
        return any(name in function.params for function in held)

    def _outs(self, expr: Expr, scope: Scope, depth: int) -> list[Parts]:
        """What calls leave in a variable that they are given by reference."""
        found: list[Parts] = []
        for inner, where in self.left(expr.text, scope):
            found.extend(self.values(inner, where, depth))
        return found

    def left(self, name: str, scope: Scope) -> list[tuple[Expr, Scope]]:
        """The expressions that calls assign to a name by reference, each with its scope."""
        found: list[tuple[Expr, Scope]] = []
        for file, site in self.program.project(scope.file).passing(name):
            for where, function in self.program.functions(site.call.text, file):
                outer = Scope(file, site.context.function, site.context.cls)
                bound = bind(function.params, site.call, outer)
                for param, value in function.outs.items():
                    if param in bound and bound[param][0].text == name:
                        found.append((value, Scope(where, function.name, function.cls, bound)))
        return found[:MOST]

    def _called(self, expr: Expr, scope: Scope, depth: int) -> list[Parts]:
        found = self._returned(expr, scope, depth)
        if found:
            return found
        converts = scope.file.language == "go" and len(expr.positional) == 1
        if converts and expr.text in self.program.project(scope.file).classes:
            return self.values(expr.positional[0], scope, depth)
        key = self._component(expr, scope) if not expr.given else ""
        if key:
            return [self._key(key, None, scope, depth)]
        shaped = plain(expr, lambda one: self.text(one, scope))
        return self.values(shaped, scope, depth) if shaped is not None else [UNKNOWN]

    def _component(self, expr: Expr, scope: Scope) -> str:
        """The key of settings that a component of a record of Spring stands for."""
        receiver = expr.receiver
        typed = scope.file.types.get(receiver.text, "") if receiver is not None else ""
        for file, mark in self.program.marks.get(typed, ()) if typed else ():
            own = self.program.project(file) is self.program.project(scope.file)
            if own and mark.name == "ConfigurationProperties" and mark.on == "class":
                given = mark.call.named("prefix", "value") or mark.call.first
                prefix = self.text(given, Scope(file))
                bare = re.sub(r"^get(?=[A-Z])", "", expr.text)
                return f"{prefix}.{bare[:1].lower()}{bare[1:]}" if prefix else ""
        return ""

    def _returned(self, expr: Expr, scope: Scope, depth: int) -> list[Parts]:
        """What a function of the project gives back."""
        found: list[Parts] = []
        for file, function in self.program.functions(expr.text, scope.file):
            inner = Scope(file, function.name, function.cls, bind(function.params, expr, scope))
            for value in function.returns[:MOST]:
                found.extend(self.values(value, inner, depth))
            found = with_default(found)
        return sorted((one for one in found if one != UNKNOWN), key=emptiness)


def bind(params: tuple[str, ...], call: Expr, scope: Scope) -> dict[str, tuple[Expr, Scope]]:
    """What the parameters of a function are given by a call."""
    found = {
        name: (one, scope) for name, one in zip(params, call.positional, strict=False)
    }  # fmt: skip
    for one in call.given:
        if one.op == "kw" and one.text in params and one.args:
            found[one.text] = (one.args[0], scope)
    return found


def _base(expr: Expr) -> str:
    """The name of what an attribute is taken from."""
    return expr.args[0].text if expr.op == "attr" and expr.args else ""
