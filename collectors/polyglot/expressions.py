"""Code of any language as far as it matters here: expressions, calls, assignments, functions."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Expr:
    """An expression, the same for every language.

    Attributes:
        op: ``text`` (a literal), ``join`` (a concatenation), ``name``, ``attr`` (args: the base),
            ``index`` (args: base and key), ``call`` (args: what is called, then the arguments),
            ``new`` (args: the arguments), ``or`` (alternatives, the first first), ``list``,
            ``section`` (of settings, that a name holds), ``kw`` (a named element, args: its
            value), ``lambda`` (args: what it assigns and returns), ``deref``, ``property`` (a key
            of a configuration file, args: the default), ``hole``.
        text: the literal, or the name; of a call the last part of what is called.
        args: the parts.
        line: the line it starts at.
        types: the type arguments of a call.
    """

    op: str
    text: str = ""
    args: tuple[Expr, ...] = ()
    line: int = 0
    types: tuple[str, ...] = ()

    def dotted(self) -> str:
        """Names joined by dots: ``os.Getenv``; what is no name is left out."""
        if self.op == "name":
            return self.text
        if self.op == "attr" and self.args:
            base = self.args[0].dotted()
            return f"{base}.{self.text}" if base else self.text
        if self.op in {"call", "new"}:
            return self.args[0].dotted() if self.op == "call" else self.text
        return ""

    @property
    def given(self) -> tuple[Expr, ...]:
        """The arguments of a call or creation."""
        return self.args[1:] if self.op == "call" else self.args

    @property
    def positional(self) -> list[Expr]:
        """The arguments that have no name."""
        return [one for one in self.given if one.op != "kw"]

    @property
    def first(self) -> Expr | None:
        """The first argument that has no name."""
        return next(iter(self.positional), None)

    @property
    def receiver(self) -> Expr | None:
        """What a method is called on; None for a function."""
        callee = self.args[0] if self.op == "call" else self
        return callee.args[0] if callee.op == "attr" and callee.args else None

    def named(self, *names: str) -> Expr | None:
        """The element of one of these names, in the arguments or in maps among them."""
        return _named(self, frozenset(name.casefold() for name in names), _MAPS)

    def configured(self, *names: str) -> Expr | None:
        """Likewise at any depth, or what a function in there assigns to one of these names."""
        return _named(self, frozenset(name.casefold() for name in names), _MAPS | {"lambda"})


def _named(expr: Expr, wanted: frozenset[str], into: frozenset[str]) -> Expr | None:
    for one in expr.given:
        if one.op == "kw" and one.text.casefold() in wanted and one.args:
            return one.args[0]
        deep = one.op == "kw" and "lambda" in into and one.args
        inner = one.args[0] if deep else one
        found = _named(inner, wanted, into) if inner.op in into else None
        if found is not None:
            return found
    return None


_MAPS = frozenset({"list", "new"})
HOLE = Expr("hole")


@dataclass(frozen=True, slots=True)
class Context:
    """Where in a file something is.

    Attributes:
        function: the function around it; empty at the top level.
        cls: the class around it.
        strength: what follows from its failure, as the value of a Strength; empty when unknown.
        reason: why.
        start: whether it is in what runs first.
        under: the path that the blocks around it put before those of its routes.
    """

    function: str = ""
    cls: str = ""
    strength: str = ""
    reason: str = ""
    start: bool = False
    under: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A call or creation and where it is."""

    call: Expr
    context: Context


@dataclass(frozen=True, slots=True, eq=False)
class Assign:
    """A name or attribute that is given a value."""

    name: str
    value: Expr
    context: Context
    attribute: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Annotation:
    """An annotation, attribute or decorator.

    Attributes:
        name: its name, without package.
        call: it as a call, with its arguments.
        on: ``class``, ``method``, ``field`` or ``parameter``.
        target: the name of what it stands on.
        cls: the class around that.
    """

    name: str
    call: Expr
    on: str
    target: str
    cls: str


@dataclass(slots=True, eq=False)
class Function:
    """A function: its parameters, its lines, what it returns and writes to parameters.

    Attributes:
        of: the type that a method of Go is of, which its class is not.
    """

    name: str
    cls: str
    params: tuple[str, ...]
    line: int
    end: int = 0
    of: str = ""
    returns: list[Expr] = field(default_factory=list)
    outs: dict[str, Expr] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Fork:
    """A part of a program that only runs for some words.

    Attributes:
        words: those words.
        asked: what is compared with them; None: the command line.
        first: its first line.
        last: its last line.
    """

    words: tuple[str, ...]
    asked: Expr | None
    first: int
    last: int


@dataclass(slots=True)
class Summary:
    """What one file says.

    Attributes:
        path: the file, relative to the root.
        language: the name of its language.
        sites: calls, in the order of the file.
        assigns: assignments by name.
        functions: functions by name.
        annotations: annotations in the order of the file.
        bases: what each class extends, by name.
        outer: the call that is made on what another one gives, by the identity of that.
        fields: the names of the fields of each class that are declared without a value.
        lines: the line at which each class starts, and each property, with a dot behind it.
        types: the declared type of a field, parameter or variable, by name.
        forks: parts that only run for some words.
        imports: what it imports, as written.
        package: the package it says it is in.
    """

    path: str
    language: str
    sites: list[Site] = field(default_factory=list)
    assigns: dict[str, list[Assign]] = field(default_factory=dict)
    functions: dict[str, list[Function]] = field(default_factory=dict)
    annotations: list[Annotation] = field(default_factory=list)
    bases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fields: dict[str, list[str]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    outer: dict[int, Expr] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    forks: list[Fork] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    package: str = ""

    def add(self, assign: Assign) -> None:
        """Keep an assignment."""
        self.assigns.setdefault(assign.name, []).append(assign)
