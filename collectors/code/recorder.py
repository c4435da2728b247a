"""What is written down while a file is read: calls with what is around them, and names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import libcst as cst

from collectors.code import handlers
from collectors.code.expressions import Builder, last_name, pieces, text_of
from collectors.code.summary import COMPREHENSION, HOLE, Expr, Handler, Loop, Site, Summary

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENV_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{3,}[A-Z0-9]*")
_LEAVES = frozenset({cst.Name, cst.SimpleString, cst.ConcatenatedString})
MAX_WORD = 80
"""No environment variable has a longer name."""


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a statement; see ``Site``.

    Attributes:
        prefix: what is put before the names of variables, ``with env.prefixed("A_")``.
        block: the blocks that may be left out or repeated; see ``Expr``.
    """

    function: str = ""
    owner: str = ""
    handlers: tuple[tuple[Handler, ...], ...] = ()
    loops: tuple[Loop, ...] = ()
    tests: tuple[Expr, ...] = ()
    in_handler: bool = False
    main: bool = False
    prefix: str = ""
    block: str = ""


@dataclass(slots=True)
class _Pending:
    """Sites of a function, which wait for what is done with their results."""

    sites: list[int] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    collected: set[str] = field(default_factory=set)


class Recorder:
    """Fills a summary; knows the line that is being read."""

    def __init__(self, path: str, lines: dict[int, int]) -> None:
        """Begin with an empty summary."""
        self.summary = Summary(path)
        self.line = 1
        self.order = 0
        self.builder = Builder(lambda node: lines.get(id(node), self.line))
        self._lines = lines
        self._pending: dict[str, _Pending] = {}

    def enter(self, statement: cst.CSTNode) -> None:
        """Go to a statement."""
        self.order += 1
        self.line = self._lines.get(id(statement), self.line)

    def inside(self, around: Around, *, loop: bool = False) -> str:
        """The blocks of what is in a block of a statement."""
        self.order += 1
        return f"{around.block}/{self.order}{'L' if loop else ''}"

    def first_line(self, body: cst.BaseSuite) -> int:
        """The line of the first statement of a block."""
        for statement in body.body:
            for small in pieces(statement):
                if id(small) in self._lines:
                    return self._lines[id(small)]
        return self.line

    def done(self) -> Summary:
        """Close the summary: what a function refuses is known only at its end."""
        for pending in self._pending.values():
            for index in pending.sites:
                site = self.summary.sites[index]
                if site.target in pending.refused:
                    self.summary.sites[index] = replace(site, refused=True)
                elif site.target in pending.collected:
                    self.summary.sites[index] = replace(site, within=handlers.COLLECTED)
        return self.summary

    def refuse(self, function: str, names: Iterable[str]) -> None:
        """Note that a function fails when one of these is empty."""
        self._pending.setdefault(function, _Pending()).refused.update(names)

    def _pend(self, around: Around) -> _Pending:
        return self._pending.setdefault(around.function, _Pending())

    def names(self, around: Around) -> dict[str, list[Expr]]:
        """Where assigned names go: to the function, the class or the module."""
        if around.function:
            return self.summary.functions[around.function].names
        if around.owner:
            return self.summary.classes[around.owner].names
        return self.summary.names

    def bind(self, target: cst.CSTNode, value: Expr, around: Around) -> str:
        """Note an assignment; returns the name bound, empty for several or none."""
        if around.prefix:
            value = Expr("prefixed", around.prefix, (value,))
        match target:
            case cst.Name(value=name) if name in self._shared(around):
                inner = Expr("within", around.function, (value,))
                self.summary.names.setdefault(name, []).append(inner)
                return name
            case cst.Name(value=name):
                placed = Expr("at", around.block, (value,), line=self.order)
                held = self.names(around).setdefault(name, [])
                held.append(placed if around.function else value)
                if not around.function and not around.owner:
                    self.summary.lines.setdefault(name, self.line)
                return name
            case cst.Attribute(value=cst.Name(value=base), attr=cst.Name(value=name)):
                self._bind_attribute(base, name, value, around)
                return f"{base}.{name}"
            case cst.Attribute(value=cst.Attribute(attr=cst.Name(value=base)), attr=attr):
                self._hold(base, attr.value, value, around)
            case cst.Subscript():
                self._bind_item(target, value, around)
            case cst.Tuple() | cst.List():
                items = [element.value for element in target.elements]
                exact = value.op == "list" and len(value.args) == len(items)
                for place, item in enumerate(items):
                    self.bind(item, value.args[place] if exact else HOLE, around)
        return ""

    def _shared(self, around: Around) -> set[str]:
        """The names of the module that a function says it assigns to."""
        return self.summary.functions[around.function].shared if around.function else set()

    def _bind_attribute(self, base: str, name: str, value: Expr, around: Around) -> None:
        if base in {"self", "cls"} and around.owner:
            held = self.summary.classes[around.owner].attributes
            held.setdefault(name, []).append((around.function, value))
        else:
            held_by = Expr("name", base)
            if around.function:
                value = Expr("within", around.function, (value,))
                held_by = Expr("within", around.function, (held_by,))
            self.summary.puts.append((name, held_by, value))

    def _bind_item(self, target: cst.Subscript, value: Expr, around: Around) -> None:
        """``app.config["X"] = …`` is kept under ``[config]X``."""
        built = self.builder.build(target)
        if built.op != "index":
            return
        base, key = built.args[0], built.args[1]
        if key.op == "text" and base.op in {"attr", "name"}:
            self._hold(base.text, key.text, value, around)

    def _hold(self, base: str, key: str, value: Expr, around: Around) -> None:
        """What is put into an object that is passed around: ``app.state.x``, ``app["x"]``."""
        if around.function:
            value = Expr("within", around.function, (value,))
        self.summary.names.setdefault(f"[{base}]{key}", []).append(value)

    def iterate(self, node: cst.BaseExpression, around: Around) -> None:
        """Note a loop over an object as a call of its iterator."""
        if isinstance(node, cst.Name | cst.Attribute):
            each = Expr("attr", "__iter__", (self.builder.build(node),))
            call = Expr("call", args=(each,), line=self.line)
            self._note(call, around, ("", ""), dropped=False)

    def expressions(
        self, node: cst.CSTNode, around: Around, label: str = "", *, dropped: bool = False
    ) -> None:
        """Note every call, name and telling literal below a node.

        Args:
            node: where to look.
            around: what stands around it.
            label: the name that the result is given.
            dropped: whether the statement keeps nothing of its result.
        """
        stack: list[tuple[cst.CSTNode, str, str]] = [(node, "", label)]
        while stack:
            item, within, label = stack.pop()
            kind = type(item)  # matching patterns asks abstract classes, which takes far longer
            if kind in _LEAVES:
                self._leaf(item)
            elif isinstance(item, cst.Call):
                self._site(item, around, (label, within), dropped=dropped)
                within = last_name(item.func)
                label = _appended_to(item) or label
                if handlers.collects(item):
                    within = handlers.COLLECTED
                    self._pend(around).collected.update(_starred(item))
            elif kind is cst.Yield:
                self._yielded(item, around)
            elif isinstance(item, cst.CompFor) and around.function:
                self._each(item, around)
            elif kind is cst.Await:
                dropped = False
            stack.extend((below, within, label) for below in reversed(pieces(item)))

    def _each(self, item: cst.CompFor, around: Around) -> None:
        """What the variable of a comprehension stands for: inside of its own statement."""
        if isinstance(item.target, cst.Name):
            value = Expr("each", args=(self.builder.build(item.iter),))
            held = self.names(around).setdefault(item.target.value, [])
            held.append(Expr("at", around.block, (value,), COMPREHENSION, self.order))

    def _leaf(self, item: cst.CSTNode) -> None:
        if isinstance(item, cst.Name):
            self.summary.mentions.add(item.value)
        elif isinstance(item, cst.BaseString):
            self._word(item)

    def _yielded(self, item: cst.CSTNode, around: Around) -> None:
        value = item.value if isinstance(item, cst.Yield) else None
        if isinstance(value, cst.BaseExpression) and around.function:
            returns = self.summary.functions[around.function].returns
            returns.append(self.builder.build(value))

    def _word(self, node: cst.BaseString) -> None:
        text = text_of(node)
        if text is not None and len(text) < MAX_WORD and _ENV_NAME.fullmatch(text):
            self.summary.words.setdefault(text, self.line)

    def _site(
        self, node: cst.Call, around: Around, named: tuple[str, str], *, dropped: bool
    ) -> None:
        self._note(self.builder.build(node), around, named, dropped=dropped)

    def _configure(self, call: Expr, around: Around) -> None:
        """``app.config.update(X=…)`` sets what ``app.config["X"] = …`` sets."""
        called = call.args[0]
        if called.op != "attr" or called.text not in {"from_mapping", "update"}:
            return
        if called.args[0].text in {"config", "conf"}:
            for key, value in zip(reversed(call.keys), reversed(call.args), strict=False):
                self._hold(called.args[0].text, key, value, around)

    def _note(self, call: Expr, around: Around, named: tuple[str, str], *, dropped: bool) -> None:
        label, within = named
        self._configure(call, around)
        self.summary.sites.append(
            Site(
                call,
                call.line,
                around.function,
                around.handlers,
                around.loops,
                around.tests,
                in_handler=around.in_handler,
                main=around.main,
                target=label,
                within=within,
                dropped=dropped,
                order=self.order,
                block=around.block,
            )
        )
        if label:
            self._pend(around).sites.append(len(self.summary.sites) - 1)


def _appended_to(call: cst.Call) -> str:
    """The list that a call appends to."""
    func = call.func
    if isinstance(func, cst.Attribute) and func.attr.value == "append":
        return func.value.value if isinstance(func.value, cst.Name) else ""
    return ""


def _starred(call: cst.Call) -> list[str]:
    """The names whose elements are given to a call: ``f(*names)``."""
    given = [arg.value for arg in call.args if arg.star == "*"]
    return [node.value for node in given if isinstance(node, cst.Name)]
