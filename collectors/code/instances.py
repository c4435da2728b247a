"""Classes of the root: their attributes, how they are made, and calls with their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.code import settings
from collectors.code.handlers import spelled
from collectors.code.program import Place
from collectors.code.summary import HOLE, Class, Expr, Function, argument
from collectors.code.things import UNKNOWN, Scope, Thing, seen_from
from depmap.model.facts import Part

if TYPE_CHECKING:
    from collectors.code.evaluate import Evaluator
    from collectors.code.things import Things

UNWRAPPED = frozenset({"Annotated", "Optional", "Final", "ClassVar", "Union"})
"""Types that stand for what is inside of them."""

MAX_BASES = 6


def parameter(ev: Evaluator, function: Function, name: str, scope: Scope) -> Things:
    """What a parameter stands for: what is bound to it, else its type, else unknown."""
    for bound, things in scope.bound:
        if bound == name:
            return things
    if function.owner and name == function.params[0]:
        static = any(item.text == "staticmethod" for item in function.decorators)
        if not static:
            if scope.me is not None:
                return (scope.me,)
            made = any(item.text == "classmethod" for item in function.decorators)
            kind = "class" if made else "instance"
            return (Thing(kind, text=function.owner, path=scope.path),)
    default = function.defaults.get(name)
    if default is not None and default.op == "call":
        found = ev.evaluate(default, Scope(scope.path))
        if any(_known(thing) for thing in found):
            return found
    if name in function.types:
        typed = of_type(ev, function.types[name], Scope(scope.path))
        if typed != (UNKNOWN,):
            return typed
    part = Part("param", f"{scope.path}::{function.name}::{name}")
    return (Thing("str", (part,)),)


def _known(thing: Thing) -> bool:
    """Whether it is known where an object comes from, so that its type tells no more."""
    if thing.kind in {"hole", "method"}:
        return any(one.kind == "obj" and one.expr is not HOLE for one in thing.roots())
    return thing.kind != "str"


def of_type(ev: Evaluator, kind: Expr, scope: Scope) -> Things:
    """An object of an annotated type, where the type tells something."""
    if kind.op == "index" and kind.args[0].text in UNWRAPPED:
        depends = [part for part in kind.args[1:] if part.op == "call"]
        given = [one for part in depends for one in ev.evaluate(part, scope)]
        return tuple(given) or _first_known(ev, kind.args[1:], scope)
    if kind.op == "index":
        kind = kind.args[0]
    if kind.op == "either":
        return _first_known(ev, kind.args, scope)
    if kind.op == "text":
        kind = _spelled(kind.text)
    if kind.op not in {"name", "attr"}:
        return (UNKNOWN,)
    things = ev.evaluate(kind, scope)
    if any(thing.kind == "obj" for thing in things):  # of a name for an annotated type
        return things
    found = (_of(thing, scope) for thing in things)
    return next(((one,) for one in found if one is not None), (UNKNOWN,))


def _of(kind: Thing, scope: Scope) -> Thing | None:
    """An object of a type; of the name for an annotated type, what it is annotated with."""
    if kind.kind == "class":
        return Thing("instance", text=kind.text, path=kind.path)
    if kind.kind == "ref" and "." in kind.text and not kind.text.startswith("typing."):
        return Thing("obj", text=kind.text, scope=scope)
    return kind if kind.kind in {"obj", "instance"} else None


def _first_known(ev: Evaluator, kinds: tuple[Expr, ...], scope: Scope) -> Things:
    found = (of_type(ev, kind, scope) for kind in kinds)
    return next((one for one in found if one != (UNKNOWN,)), (UNKNOWN,))


def _spelled(text: str) -> Expr:
    """An annotation that is written as a string."""
    return spelled(text) if text.replace(".", "").isidentifier() else HOLE


def bind(ev: Evaluator, function: Thing, call: Expr, scope: Scope) -> Scope:
    """The scope inside a function of this root, called like that."""
    held = ev.program.function(Place(function.path, function.text))
    if held is None:
        return Scope(function.path, function.text)
    me = function.origin
    static = any(item.text == "staticmethod" for item in held.decorators)
    params = held.params[1:] if held.owner and not static else held.params
    bound: list[tuple[str, Things]] = []
    for place, name in enumerate(params):
        found = given(ev, call, place, name, scope)
        if found is not None:
            bound.append((name, found))
        elif name in held.defaults:
            bound.append((name, ev.evaluate(held.defaults[name], Scope(function.path))))
    return Scope(function.path, function.text, tuple(bound), me)


def lineage(ev: Evaluator, path: str, name: str) -> list[tuple[str, Class]]:
    """A class and the classes of this root that it derives from, nearest first."""
    known = ev.lineages.get((path, name))
    if known is not None:
        return known
    cuts = ev.cuts
    found = _derived(ev, path, name)
    if cuts == ev.cuts:
        ev.lineages[path, name] = found
    return found


def _derived(ev: Evaluator, path: str, name: str) -> list[tuple[str, Class]]:
    found: list[tuple[str, Class]] = []
    waiting = [(path, name)]
    while waiting and len(found) < MAX_BASES:
        where, which = waiting.pop(0)
        held = ev.program.klass(Place(where, which))
        if held is None or (where, held) in found:
            continue
        found.append((where, held))
        for base in held.bases:
            above = ev.evaluate(base, Scope(where))
            waiting.extend((one.path, one.text) for one in above if one.kind == "class")
    return found


def attribute(ev: Evaluator, thing: Thing, name: str) -> Things:
    """What an attribute of a class or of an object of it stands for."""
    for path, held in lineage(ev, thing.path, thing.text):
        qualified = f"{held.name}.{name}"
        method = ev.program.function(Place(path, qualified))
        if method is not None:
            return _method(ev, thing, path, method)
        if f"{held.name}.{name}" in ev.program.files[path].classes:
            return (Thing("class", text=f"{held.name}.{name}", path=path),)
        found = _field(ev, thing, path, held, name)
        if found:
            return found
    if name in {"value", "name"} and thing.kind == "class":
        return (UNKNOWN,)
    return (Thing("method", text=f"?.{name}", origin=thing),)


def _method(ev: Evaluator, thing: Thing, path: str, method: Function) -> Things:
    owner = Thing("func", text=method.name, path=path, origin=thing)
    names = {item.text for item in method.decorators}
    if names & {"property", "cached_property", "computed_field"}:
        return ev.run(owner, Expr("call", args=(HOLE,)), Scope(path))
    return (owner,)


def _field(ev: Evaluator, thing: Thing, path: str, held: Class, name: str) -> Things:
    declared = name in held.types or name in held.names
    found: list[Thing] = []
    for method, value in held.attributes.get(name, ()):
        inside = _inside(ev, thing, path, held, method)
        found.extend(ev.evaluate(value, inside))
    if declared and settings.is_settings(ev, path, held, thing):
        return (*settings.field(ev, path, held, name, thing), *_texts(found))
    known = tuple(one for one in found if one is not UNKNOWN)
    if known:
        return known
    if name in held.types and thing.kind == "instance":
        given = given_at_making(ev, thing, held, name)
        if given:
            return given
    put = _put(ev, thing, name) if thing.kind == "instance" else ()
    if put:
        return put
    values, body = held.names.get(name, ()), body_of(path, held)
    typed = of_type(ev, held.types[name], Scope(path)) if name in held.types else (UNKNOWN,)
    if typed != (UNKNOWN,) and all(value.text == "None" for value in values):
        return typed
    defaults = [one for value in values for one in ev.evaluate(value, body)]
    return tuple(defaults) or ((UNKNOWN,) if found or declared else ())


def body_of(path: str, held: Class) -> Scope:
    """The scope of the body of a class."""
    return Scope(path, me=Thing("class", text=held.name, path=path))


def _texts(things: list[Thing]) -> Things:
    return tuple(one for one in things if one.kind == "str")


def _put(ev: Evaluator, thing: Thing, name: str) -> Things:
    """What is assigned to an attribute from outside of the object."""
    found: list[Thing] = []
    for path, base, value in ev.program.puts(name):
        for one in ev.evaluate(base, Scope(path)):
            if (one.kind, one.path, one.text) == ("instance", thing.path, thing.text):
                found.extend(ev.evaluate(value, Scope(path)))
    return tuple(one for one in found if one is not UNKNOWN and one.text != "None")


def given_at_making(ev: Evaluator, thing: Thing, held: Class, name: str) -> Things:
    """What a field is given where an object is made."""
    place = list(held.types).index(name)
    for call, scope in made(ev, thing):
        found = given(ev, call, place, name, scope) if scope is not None else None
        if found is not None:
            return found
    return ()


def given(ev: Evaluator, call: Expr, place: int, name: str, scope: Scope) -> Things | None:
    """What a call is given as an argument, also by ``**mapping``; None where it is not given."""
    plain = argument(call, place, name)
    if plain is not None:
        return ev.evaluate(plain, scope)
    for key, value in zip(reversed(call.keys), reversed(call.args), strict=False):
        for held in ev.evaluate(value, scope) if key == "**" else ():
            if held.kind == "map" and name in held.expr.keys and held.scope is not None:
                return ev.evaluate(held.expr.args[held.expr.keys.index(name)], held.scope)
    return None


def made(ev: Evaluator, thing: Thing) -> list[tuple[Expr, Scope | None]]:
    """The calls that made an object: the one known, else every one of its class."""
    if thing.expr is not HOLE:
        return [(thing.expr, thing.scope)]
    found: list[tuple[Expr, Scope | None]] = []
    for path, site in ev.program.calls_of(thing.text.rpartition(".")[2]):
        scope = seen_from(path, site)
        found.extend(
            (site.call, scope)
            for called in ev.evaluate(site.call.args[0], scope)
            if (called.kind, called.path, called.text) == ("class", thing.path, thing.text)
        )
    return found[:MAX_BASES]


def _inside(ev: Evaluator, thing: Thing, path: str, held: Class, method: str) -> Scope:
    """The scope of a method that sets an attribute; parameters of ``__init__`` are bound."""
    me = thing if thing.expr is not HOLE else None
    if not method.endswith(".__init__"):
        return Scope(path, method, me=me)
    function = Thing("func", text=method, path=path, origin=thing)
    calls = made(ev, thing)
    call, scope = calls[0] if len(calls) == 1 else (None, None)
    derived = (thing.path, thing.text) != (path, held.name)
    upward = _to_base(ev, thing) if derived else None
    if upward is not None:
        child = Thing("func", text=f"{thing.text}.__init__", path=thing.path, origin=thing)
        inner = Scope(child.path, child.text, me=me)
        if call is not None and scope is not None:
            inner = bind(ev, child, call, scope)
        return bind(ev, function, upward, inner)
    if call is None or scope is None:
        return Scope(path, method, me=me)
    return bind(ev, function, call, scope)


def _to_base(ev: Evaluator, thing: Thing) -> Expr | None:
    """The ``super().__init__(…)`` of a class."""
    for site in ev.program.files[thing.path].sites:
        called = site.call.args[0]
        if site.function == f"{thing.text}.__init__" and called.text == "__init__":
            return site.call
    return None
