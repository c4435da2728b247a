"""What containers of dependency_injector make, and the configuration that they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.code.configured import document, variable, walked
from collectors.code.summary import Expr, argument
from collectors.code.things import Scope, Thing, literal, seen_from

if TYPE_CHECKING:
    from collectors.code.evaluate import Evaluator
    from collectors.code.summary import Site
    from collectors.code.things import Things

CONFIGURATION = "dependency_injector.providers.Configuration"
PROVIDE = frozenset({"dependency_injector.wiring.Provide", "dependency_injector.wiring.Provider"})
_WHOLES = ("from_pydantic", "from_dict", "from_yaml", "from_json")


def provided(ev: Evaluator, expr: Expr, scope: Scope) -> Things:
    """What a provider makes: ``Singleton(Class, a, b=c)`` makes ``Class(a, b=c)``."""
    return ev.evaluate(Expr("call", "", expr.args[1:], expr.keys, expr.line), scope)


def setting(ev: Evaluator, thing: Thing, name: str) -> Things:
    """An attribute of a container's configuration; nothing where it is not told."""
    wanted = [*filter(None, thing.text[len(CONFIGURATION) :].split(".")), name]
    for path, site in ev.program.calls_of("from_env"):
        if _chain(site.call.args[0])[-len(wanted) - 1 : -1] == wanted:
            return _of_environment(ev, path, site)
    for path, site in ev.program.calls_of("from_value"):
        if _chain(site.call.args[0])[-len(wanted) - 1 : -1] == wanted and site.call.args[1:]:
            return ev.evaluate(site.call.args[1], seen_from(path, site))
    return next(filter(None, (_inside(ev, one, wanted) for one in _wholes(ev, thing))), ())


def _of_environment(ev: Evaluator, path: str, site: Site) -> Things:
    scope = seen_from(path, site)
    default = argument(site.call, 1, "default")
    given = ev.evaluate(default, scope) if default is not None else ()
    named = argument(site.call, 0, "name")
    names = map(literal, ev.evaluate(named, scope)) if named is not None else ()
    return tuple(one for key in names if key for one in variable(ev, key, given, path))


def _wholes(ev: Evaluator, thing: Thing) -> Things:
    """The objects and documents that a configuration is filled with."""
    found: list[Thing] = []
    made = next((one for one in thing.roots() if one.text == CONFIGURATION and one.scope), None)
    held = argument(made.expr, -1, "pydantic_settings") if made is not None else None
    if made is not None and made.scope is not None and held is not None:
        found.extend(one for part in held.args for one in ev.evaluate(part, made.scope))
    for name in _WHOLES:
        for path, site in ev.program.calls_of(name):
            scope = seen_from(path, site)
            given = ev.evaluate(site.call.args[1], scope) if site.call.args[1:] else ()
            files = name in {"from_yaml", "from_json"}
            found.extend(document(ev, given, scope) if files else given)
    return tuple(found)


def _inside(ev: Evaluator, whole: Thing, wanted: list[str]) -> Things:
    if whole.kind == "map":
        return walked(whole, wanted)
    found: Things = (whole,) if whole.kind in {"instance", "class"} else ()
    for name in wanted:
        found = tuple(one for thing in found for one in ev.attribute(thing, name))
    return tuple(one for one in found if one.kind == "str")


def _chain(expr: Expr) -> list[str]:
    """The names of ``a.b.c``."""
    if expr.op == "attr":
        return [*_chain(expr.args[0]), expr.text]
    return [expr.text] if expr.op == "name" else [""]
