"""What one Python file says, by itself: the values that the walk over its tree gives.

A summary depends on the file's text only, so that it can be kept by content hash. It holds no
nodes of the tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Expr:
    """An expression, reduced to what an address may be made of.

    Attributes:
        op: ``text``, ``number``, ``name``, ``attr``, ``call``, ``concat``, ``index``, ``either``,
            ``dict``, ``list``, ``each`` (an element of), ``percent``, ``lambda``, ``hole``,
            ``held`` (any value of a mapping), ``within`` (as seen from inside the function that
            ``text`` names), ``prefixed`` (with ``text`` before the names of its variables),
            ``fields`` (those of the class of settings that ``text`` names), ``at`` (what a
            function assigns: ``line`` counts its statement, and ``text`` is the blocks it is
            in, each ``/number``, of loops ``/numberL``).
        text: the literal, the name, or the attribute.
        args: its parts; of a call the function, the positional and then the named arguments.
        keys: names of the last arguments of a call, or keys of a dictionary.
        line: its line, for calls.
    """

    op: str
    text: str = ""
    args: tuple[Expr, ...] = ()
    keys: tuple[str, ...] = ()
    line: int = 0

    def __hash__(self) -> int:
        """A hash of what is at hand: that of all parts takes longer than comparing them."""
        return hash((self.op, self.text, self.line))


HOLE = Expr("hole")

COMPREHENSION = ("of a comprehension",)
"""The keys of an ``at`` that holds for its own statement alone."""


def argument(expr: Expr, place: int, *names: str) -> Expr | None:
    """The argument of a call at a place, or by one of the names; None where it is not given."""
    named = dict(zip(reversed(expr.keys), reversed(expr.args), strict=False))
    for name in names:
        if name in named:
            return named[name]
    placed = expr.args[1 : len(expr.args) - len(expr.keys)]
    if place < 0 or place >= len(placed) or any(one.op == "each" for one in placed[: place + 1]):
        return None
    return placed[place]


@dataclass(frozen=True, slots=True)
class Handler:
    """An ``except`` clause.

    Attributes:
        catches: names of what it catches, last part of each; empty: everything.
        does: ``raise``, ``exit``, ``fail`` (answers 4xx or 5xx), ``retry`` or ``swallow``.
        line: where it starts.
        calls: whether it calls something other than logging, so that it may hold a fall-back.
        answers: whether it gives back something in place of the result.
    """

    catches: tuple[str, ...]
    does: str
    line: int
    calls: bool = False
    answers: bool = False


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop around a call.

    Attributes:
        kind: ``forever``, ``while``, ``range`` or ``each``.
        sleeps: whether its body sleeps.
        fails_after: whether the function raises or exits after the loop.
        leaves: whether its body returns or breaks.
    """

    kind: str
    sleeps: bool
    fails_after: bool = False
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """A call, where it stands.

    Attributes:
        call: the call.
        line: its line.
        function: the function it is in; empty at module level.
        handlers: the handlers of each ``try`` whose body it is in, innermost first.
        loops: the loops around it, innermost first.
        tests: the conditions under which it is reached, innermost first.
        in_handler: whether it is inside an ``except`` clause or the ``else`` of a checked one.
        main: whether it is under ``if __name__ == "__main__"``.
        target: the name its result is given, or the class it decorates; empty for none.
        refused: whether an empty result makes the function fail.
        within: the last name of the call that it, or what collects it, is an argument of.
        dropped: whether the statement keeps nothing of its result and does not wait for it.
        order: the place of its statement in the file.
        block: the blocks it is in, outermost first, see ``Expr``'s ``at``.
    """

    call: Expr
    line: int
    function: str = ""
    handlers: tuple[tuple[Handler, ...], ...] = ()
    loops: tuple[Loop, ...] = ()
    tests: tuple[Expr, ...] = ()
    in_handler: bool = False
    main: bool = False
    target: str = ""
    refused: bool = False
    within: str = ""
    dropped: bool = False
    order: int = 0
    block: str = ""


@dataclass(slots=True)
class Function:
    """A function or method.

    Attributes:
        name: its qualified name in the file, such as ``Pool.connection``.
        params: names of its parameters, in order, ``self`` included.
        defaults: their defaults.
        types: their annotations.
        names: what is assigned inside.
        returns: what it gives back or yields.
        shared: names of the module that it assigns to.
        decorators: its decorators.
        owner: the class it is a method of; empty for a function.
        outer: the function around it; empty for none.
        line: where it starts.
    """

    name: str
    params: tuple[str, ...] = ()
    defaults: dict[str, Expr] = field(default_factory=dict)
    types: dict[str, Expr] = field(default_factory=dict)
    names: dict[str, list[Expr]] = field(default_factory=dict)
    returns: list[Expr] = field(default_factory=list)
    shared: set[str] = field(default_factory=set)
    decorators: tuple[Expr, ...] = ()
    owner: str = ""
    outer: str = ""
    line: int = 0


@dataclass(slots=True)
class Class:
    """A class.

    Attributes:
        name: its qualified name in the file.
        bases: what it derives from.
        names: what its body assigns: attributes and fields.
        types: the annotations of its fields.
        attributes: what its methods assign to ``self``: (method, value) by attribute.
        decorators: its decorators.
        lines: the line of each field.
        flags: keywords of its bases that are true, such as ``table=True``.
        line: where it starts.
    """

    name: str
    bases: tuple[Expr, ...] = ()
    names: dict[str, list[Expr]] = field(default_factory=dict)
    types: dict[str, Expr] = field(default_factory=dict)
    attributes: dict[str, list[tuple[str, Expr]]] = field(default_factory=dict)
    decorators: tuple[Expr, ...] = ()
    lines: dict[str, int] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    line: int = 0


@dataclass(slots=True)
class Summary:
    """A file.

    Attributes:
        path: the file, relative to the root.
        imports: dotted target by local name; a relative one starts with dots.
        modules: dotted names of all modules that it imports or may import.
        names: what the module assigns.
        lines: the line of each of these.
        functions: by qualified name.
        classes: by qualified name.
        puts: attributes set from outside of an object: (attribute, object, value).
        sites: every call.
        words: string literals and names that look like environment variables, with a line.
        mentions: every identifier that is read, for knowing what is never used.
    """

    path: str
    imports: dict[str, str] = field(default_factory=dict)
    modules: list[str] = field(default_factory=list)
    names: dict[str, list[Expr]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    puts: list[tuple[str, Expr, Expr]] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    words: dict[str, int] = field(default_factory=dict)
    mentions: set[str] = field(default_factory=set)
    parsed: bool = True
