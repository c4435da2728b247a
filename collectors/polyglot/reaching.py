"""From a call to those who decide what it is given, and what becomes of its failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.polyglot.evaluate import Evaluator, bind
from collectors.polyglot.parts import PARAM, UNKNOWN, Parts
from collectors.polyglot.program import Scope
from depmap.model.words import Strength

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collectors.polyglot.expressions import Context, Expr, Site, Summary

MAX_LEVELS = 3
MAX_CALLERS = 24
_UPWARDS = ("nothing catches its failure", "its error is returned", "its handler raises")


@dataclass(frozen=True, slots=True)
class Reached:
    """What a call is given, as decided in one place.

    Attributes:
        values: the alternatives.
        locator: the place that decides; the call itself where it does.
        further: the places between that and the call.
        scope: the scope in which the call was looked at.
    """

    values: tuple[Parts, ...]
    locator: str
    further: tuple[str, ...]
    scope: Scope


def scope_of(file: Summary, context: Context) -> Scope:
    """The scope of a place, with its parameters undecided."""
    return Scope(file, context.function, context.cls)


def reach(
    ev: Evaluator, file: Summary, site: Site, ask: Callable[[Scope], list[Parts]]
) -> Iterator[Reached]:
    """Yield what a call is given, once for each caller that decides it.

    Args:
        ev: the evaluator.
        file: the file of the call.
        site: the call.
        ask: what is asked, in a scope.
    """
    at = f"{file.path}:{site.call.line}"
    found = list(_cases(ev, scope_of(file, site.context), ask, (at,), 0))
    yield from found[:MAX_CALLERS]


def _cases(
    ev: Evaluator,
    scope: Scope,
    ask: Callable[[Scope], list[Parts]],
    trail: tuple[str, ...],
    level: int,
) -> Iterator[Reached]:
    values = ask(scope)
    open_ones = [one for one in values if any(part.kind == PARAM for part in one)]
    callers = [
        (file, site)
        for file, site in ev.program.callers(scope.function, scope.file)
        if site.context.function != scope.function or file is not scope.file
    ] if scope.function else []  # fmt: skip
    if not open_ones or level >= MAX_LEVELS or not callers:
        yield Reached(tuple(values), trail[0], trail[1:], scope)
        return
    params = _params(scope)
    for file, site in callers:
        outer = scope_of(file, site.context)

        def inside(caller: Scope, call: Expr = site.call) -> list[Parts]:
            bound = bind(params, call, caller)
            return ask(Scope(scope.file, scope.function, scope.cls, bound))

        at = f"{file.path}:{site.call.line}"
        yield from _cases(ev, outer, inside, (at, *trail), level + 1)


def _params(scope: Scope) -> tuple[str, ...]:
    held = scope.file.functions.get(scope.function, [])
    return held[0].params if held else ()


def fate(ev: Evaluator, file: Summary, context: Context, level: int = 0) -> tuple[Strength, str]:
    """What becomes of a failure: by the handler here, else by those of the callers."""
    if not context.strength:
        return Strength.UNDETERMINED, ""
    own = Strength(context.strength), context.reason
    if own[0] is not Strength.STRONG or context.reason not in _UPWARDS or level >= MAX_LEVELS:
        return own
    callers = ev.program.callers(context.function, file) if context.function else []
    outer = [
        fate(ev, where, site.context, level + 1)
        for where, site in callers
        if site.context.function != context.function
    ]
    if outer and all(one[0] is Strength.OPTIONAL for one in outer):
        return outer[0][0], "its caller swallows the failure"
    return own


def origins(ev: Evaluator, expr: Expr, scope: Scope, depth: int = 0) -> list[tuple[Expr, Scope]]:
    """The calls and creations that a name, attribute or helper stands for."""
    if depth > MAX_LEVELS + 1:
        return []
    if expr.op == "name" and expr.text in scope.bound:
        given, outer = scope.bound[expr.text]
        return origins(ev, given, outer, depth + 1)
    if expr.op in {"name", "attr"}:
        held = ev.program.assigned(expr.text, scope, attribute=expr.op == "attr", line=expr.line)
        found = [
            pair
            for file, one in held
            for pair in origins(ev, one.value, _where(file, one.context, scope), depth + 1)
        ]
        for left, place in ev.left(expr.text, scope):
            found.extend(origins(ev, left, place, depth + 1))
        return found
    if expr.op == "or":
        return [pair for one in expr.args for pair in origins(ev, one, scope, depth + 1)]
    if expr.op not in {"call", "new"}:
        return []
    found = [(expr, scope)]
    for file, function in ev.program.functions(expr.text, scope.file):
        inner = Scope(file, function.name, function.cls, bind(function.params, expr, scope))
        for value in function.returns[:2]:
            found.extend(origins(ev, value, inner, depth + 1))
    return found


def _where(file: Summary, context: Context, scope: Scope) -> Scope:
    if file is scope.file and context.function == scope.function:
        return scope
    return scope_of(file, context)


def chain(expr: Expr) -> list[Expr]:
    """A chain of calls, the last one first: ``a.b().c()`` gives c, b."""
    found: list[Expr] = []
    at: Expr | None = expr
    while at is not None and at.op in {"call", "new"} and len(found) < 20:  # noqa: PLR2004
        found.append(at)
        at = at.receiver if at.op == "call" else None
    return found


def known(values: tuple[Parts, ...] | list[Parts]) -> list[Parts]:
    """The values of which something is known."""
    return [one for one in values if one and one != UNKNOWN and one[0].kind != PARAM]
