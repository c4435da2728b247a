"""What an expression may stand for, and where it is looked at from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from collectors.code.summary import COMPREHENSION, HOLE, Expr
from depmap.model.facts import Part, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collectors.code.summary import Site


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression is evaluated: a function of a file, with its parameters as known.

    Attributes:
        path: the file.
        function: the function; empty for the module.
        bound: what parameters hold, by name.
        me: what ``self`` (or ``cls``) is, where it is known.
        at: the statement, as its place in the file and its blocks; None: anywhere.
        outer: a function around it with its parameters as known; None: nothing is known of them.
    """

    path: str
    function: str = ""
    bound: tuple[tuple[str, tuple[Thing, ...]], ...] = ()
    me: Thing | None = None
    at: tuple[int, str] | None = None
    outer: Scope | None = None

    def __hash__(self) -> int:
        """A hash of what is at hand."""
        return hash((self.path, self.function))

    def module(self) -> Scope:
        """The module of this scope."""
        return Scope(self.path)


def seen_from(path: str, site: Site) -> Scope:
    """The scope of a call."""
    return Scope(path, site.function, at=(site.order, site.block))


def reaching(values: list[Expr], at: tuple[int, str] | None) -> list[Expr]:
    """Of what is assigned to a name in a function, what it may hold at a statement.

    An assignment ends an earlier one where it is always made before the statement: where all
    the blocks it is in are blocks of the statement. Later ones count within a common loop.
    """
    if at is None or len(values) == 1:
        return values
    order, block = at
    found: list[Expr] = []
    for value in values:
        if value.op != "at" or (value.keys == COMPREHENSION and value.line == order):
            found.append(value)
        elif value.keys == COMPREHENSION:
            continue
        elif value.line < order:
            if f"{block}/".startswith(f"{value.text}/"):
                found.clear()
            found.append(value)
        elif value.line > order and "L" in _common(value.text, block):
            found.append(value)
    return found or values


def _common(left: str, right: str) -> str:
    pairs = zip(left.split("/"), right.split("/"), strict=False)
    return "/".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


@dataclass(frozen=True, slots=True)
class Thing:
    """What an expression stands for.

    Attributes:
        kind: ``str``; ``ref`` (a name of another package, dotted); ``obj`` (what calling a
            ``ref`` gave); ``method`` (an attribute of an ``obj``); ``func``, ``class``,
            ``instance``, ``module`` (of this root); ``seq``, ``map`` (a literal); ``section``
            (of an INI file); ``fields`` (of a class of settings, by name); ``receiver`` (a
            parameter whose method is called); ``hole``.
        parts: of a ``str``: its parts, among them ``param`` for a parameter not known.
        text: the dotted name, or the qualified name in the file.
        path: the file of what this root defines.
        expr: the call that made it, or the literal.
        scope: where ``expr`` stands.
        origin: the object that a ``method``, or what it returned, comes from.
    """

    kind: str
    parts: tuple[Part, ...] = ()
    text: str = ""
    path: str = ""
    expr: Expr = HOLE
    scope: Scope | None = None
    origin: Thing | None = None

    def __hash__(self) -> int:
        """A hash of what is at hand: that of all parts takes longer than comparing them."""
        return hash((self.kind, self.text, self.path, self.parts, self.expr.line))

    @property
    def identity(self) -> tuple[str, int, str]:
        """What tells two objects of one class apart: where they were made."""
        return (self.scope.path if self.scope else "", self.expr.line, self.text)

    def roots(self) -> list[Thing]:
        """The object and all that it was got from, nearest first."""
        found: list[Thing] = []
        thing: Thing | None = self
        while thing is not None and len(found) < MAX_ORIGINS:
            found.append(thing)
            thing = thing.origin
        return found


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a class is kept as in a store.

    Attributes:
        table: its table or collection.
        system: the store's system, where the mapper has only one.
    """

    table: str
    system: str = ""


MAX_ORIGINS = 8
"""Longer chains of calls are not followed back."""

Things = tuple[Thing, ...]

MAX_VALUES = 8
"""Alternatives kept of one value."""

UNKNOWN = Thing("hole", (Part("hole"),))


def text(value: str) -> Thing:
    """A literal string."""
    return Thing("str", (Part("text", value),))


def parts_of(thing: Thing) -> tuple[Part, ...]:
    """The parts of a thing where a string is wanted."""
    return thing.parts or (Part("hole"),)


def literal(thing: Thing) -> str | None:
    """The string a thing is, where it is fully known."""
    if thing.kind != "str" or any(part.kind != "text" for part in thing.parts):
        return None
    return "".join(part.text for part in thing.parts)


def usual(thing: Thing) -> str | None:
    """The string a thing is unless a variable says otherwise; None where it is not known."""
    if thing.kind != "str":
        return None
    texts = [part.text if part.kind == "text" else part.default for part in thing.parts]
    known = [one for one in texts if one is not None]
    return "".join(known) if len(known) == len(texts) else None


def value_of(parts: tuple[Part, ...]) -> Value:
    """Parts as they go into a fact: parameters become holes, neighbours of a kind are joined."""
    kept: list[Part] = []
    for raw in parts:
        part = Part("hole") if raw.kind in {"param", "self"} else raw
        last = kept[-1] if kept else None
        if part.kind == "text" and last is not None and last.kind == "text":
            kept[-1] = replace(last, text=last.text + part.text)
        elif part.kind == "hole" and last is not None and last.kind == "hole":
            continue
        elif part.kind != "text" or part.text:
            kept.append(part)
    return Value(tuple(kept))


def distinct(things: Iterable[Thing]) -> Things:
    """Keep each alternative once, and not too many."""
    found = tuple(things)
    if len(found) == 1:  # nearly always; comparing what nests deeply is slow
        return found
    return tuple(dict.fromkeys(found))[:MAX_VALUES] or (UNKNOWN,)


def env(name: str, default: Things) -> Things:
    """An environment variable with its default: both stay alternatives."""
    known = [
        text(thing.text) if thing.kind == "ref" and thing.text in {"True", "False"} else thing
        for thing in default
        if thing.kind == "str" or (thing.kind == "ref" and thing.text in {"True", "False"})
    ]
    if not known:
        return (Thing("str", (Part("env", name),)),)
    found: list[Thing] = []
    for thing in known:
        whole = literal(thing)
        if whole is not None:
            found.append(Thing("str", (Part("env", name, whole),)))
        else:
            found.extend((Thing("str", (Part("env", name),)), Thing("str", parts_of(thing))))
    return distinct(found)
