"""From expressions of the tree to ``Expr``, and the walk that finds every call in order."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import libcst as cst

from collectors.code.summary import HOLE, Expr

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 24
"""An expression nested deeper than this is unknown."""

_IGNORED = ("whitespace", "lpar", "rpar", "lbrac", "rbrac", "lbrace", "rbrace", "comma", "semi",
            "dot", "equal", "asynchronous", "colon", "header", "footer", "leading_lines",
            "lines_after", "empty_lines", "trailing_whitespace")  # fmt: skip
_ORDER: dict[type[cst.CSTNode], tuple[str, ...]] = {
    cst.IfExp: ("body", "test", "orelse"),
    cst.FunctionDef: ("decorators", "name", "params", "returns", "body"),
    cst.ClassDef: ("decorators", "name", "bases", "keywords", "body"),
    cst.ExceptHandler: ("type", "name", "body"),
    cst.ExceptStarHandler: ("type", "name", "body"),
    cst.Parameters: ("posonly_params", "params", "star_arg", "kwonly_params", "star_kwarg"),
}


def pieces(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The parts of a node that can hold expressions, in the order of the text."""
    found: list[cst.CSTNode] = []
    for name in _fields(type(node)):
        value = getattr(node, name)
        kind = _kind(value.__class__)
        if kind == "node":
            found.append(value)
        elif kind == "nodes":
            found.extend(one for one in value if _kind(one.__class__) == "node")
    return found


@cache
def _kind(kind: type[object]) -> str:
    """What a field of a type holds; asking an abstract class each time takes far longer."""
    if issubclass(kind, cst.CSTNode):
        return "node"
    return "nodes" if issubclass(kind, tuple | list) else ""


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    if kind in _ORDER:
        return _ORDER[kind]
    names = kind.__dataclass_fields__
    return tuple(name for name in names if not name.startswith(_IGNORED))


def text_of(node: cst.BaseString) -> str | None:
    """The text of a string literal; None for bytes and for one with holes."""
    if isinstance(node, cst.SimpleString):
        value = node.evaluated_value
        # half of a surrogate pair is no text that could be written down
        return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None
    if isinstance(node, cst.ConcatenatedString):
        left, right = text_of(node.left), text_of(node.right)
        return None if left is None or right is None else left + right
    return None


def dotted(node: cst.CSTNode | None) -> str:
    """The dotted name that a node spells; empty when it spells none."""
    names: list[str] = []
    while isinstance(node, cst.Attribute):
        names.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return ""
    return ".".join((node.value, *reversed(names)))


def last_name(node: cst.CSTNode) -> str:
    """The last name of what is called: ``get`` of ``a.b().get``."""
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


class Builder:
    """Builds ``Expr`` from nodes; asks for the line of each call."""

    def __init__(self, line_of: Callable[[cst.Call], int]) -> None:
        """Keep what gives a call's line."""
        self._line_of = line_of

    def build(  # noqa: PLR0911 - one rule a kind of node
        self, node: cst.CSTNode | None, depth: int = 0
    ) -> Expr:
        """Return the expression that a node stands for."""
        if depth > MAX_DEPTH:
            return HOLE
        match node:
            case cst.Name(value=name):
                return Expr("name", name)
            case cst.Attribute(value=base, attr=cst.Name(value=name)):
                return Expr("attr", name, (self.build(base, depth + 1),))
            case cst.Call():
                return self.call(node, depth + 1)
            case cst.FormattedString():
                return self.formatted(node, depth + 1)
            case cst.BaseString():
                return self._string(node, depth + 1)
            case cst.Integer(value=number) | cst.Float(value=number):
                return Expr("number", number)
        return self._rarer(node, depth + 1)

    def _rarer(  # noqa: PLR0911 - one rule a kind of node
        self, node: cst.CSTNode | None, depth: int
    ) -> Expr:
        match node:
            case cst.BinaryOperation():
                return self._binary(node, depth)
            case cst.BooleanOperation(left=left, operator=operator, right=right):
                second = self.build(right, depth)
                if not isinstance(operator, cst.Or):
                    return second
                return Expr("either", args=(self.build(left, depth), second))
            case cst.IfExp(body=body, orelse=other):
                return Expr("either", args=(self.build(body, depth), self.build(other, depth)))
            case cst.Subscript():
                return self._index(node, depth)
            case cst.Dict():
                return self.mapping(node, depth)
            case cst.Lambda(body=body):
                return Expr("lambda", args=(self.build(body, depth),))
        return self._through(node, depth)

    def _through(  # noqa: PLR0911 - one rule a kind of node
        self, node: cst.CSTNode | None, depth: int
    ) -> Expr:
        """Nodes that stand for what is inside of them."""
        match node:
            case cst.List() | cst.Tuple() | cst.Set():
                parts = tuple(self.build(item.value, depth) for item in node.elements)
                return Expr("list", args=parts)
            case cst.ListComp(elt=one) | cst.SetComp(elt=one) | cst.GeneratorExp(elt=one):
                return Expr("list", args=(self.build(one, depth),))
            case cst.DictComp(key=key, value=value):
                pair = (self.build(value, depth), self.build(key, depth))
                return Expr("dict", args=(Expr("keyed", args=pair),), keys=("",))
            case cst.Comparison(left=inner):  # only ever asked whether a variable decides it
                return self.build(inner, depth)
            case cst.Await(expression=inner) | cst.NamedExpr(value=inner):
                return self.build(inner, depth)
            case cst.Yield(value=cst.BaseExpression() as inner):
                return self.build(inner, depth)
        return HOLE

    def _string(self, node: cst.BaseString, depth: int) -> Expr:
        text = text_of(node)
        if text is not None:
            return Expr("text", text)
        if isinstance(node, cst.ConcatenatedString):
            parts = (self.build(node.left, depth), self.build(node.right, depth))
            return Expr("concat", args=parts)
        return HOLE

    def _binary(self, node: cst.BinaryOperation, depth: int) -> Expr:
        left, right = self.build(node.left, depth), self.build(node.right, depth)
        operations: dict[type[cst.BaseBinaryOp], str] = {
            cst.Add: "concat",
            cst.Modulo: "percent",
            cst.Divide: "slash",
            cst.BitOr: "either",
        }
        op = operations.get(type(node.operator))
        return Expr(op, args=(left, right)) if op else HOLE

    def _index(self, node: cst.Subscript, depth: int) -> Expr:
        keys = [
            self.build(element.slice.value, depth)
            for element in node.slice
            if isinstance(element.slice, cst.Index)
        ]
        base = self.build(node.value, depth)
        return Expr("index", args=(base, *keys)) if keys else HOLE

    def call(self, node: cst.Call, depth: int) -> Expr:
        """A call: the function, then positional and named arguments."""
        placed: list[Expr] = []
        named: list[tuple[str, Expr]] = []
        for arg in node.args:
            value = self.build(arg.value, depth)
            if arg.keyword is not None:
                named.append((arg.keyword.value, value))
            elif arg.star == "*":
                placed.append(Expr("each", args=(value,)))
            elif arg.star == "**":
                named.append(("**", value))
            else:
                placed.append(value)
        return Expr(
            "call",
            args=(self.build(node.func, depth), *placed, *(value for _, value in named)),
            keys=tuple(name for name, _ in named),
            line=self._line_of(node),
        )

    def formatted(self, node: cst.FormattedString, depth: int) -> Expr:
        """An f-string."""
        parts: list[Expr] = []
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                parts.append(Expr("text", _unescaped(part.value, node.start)))
            elif isinstance(part, cst.FormattedStringExpression):
                parts.append(self.build(part.expression, depth))
        return Expr("concat", args=tuple(parts))

    def mapping(self, node: cst.Dict, depth: int) -> Expr:
        """A dictionary, with its keys as far as they are literal or named."""
        keys: list[str] = []
        values: list[Expr] = []
        for element in node.elements:
            if isinstance(element, cst.DictElement):
                key = self.build(element.key, depth)
                keys.append(key.text if key.op in {"text", "name", "attr"} else "")
                values.append(
                    self.build(element.value, depth)
                    if key.op in {"text", "number"}
                    else Expr("keyed", args=(self.build(element.value, depth), key))
                )
        return Expr("dict", args=tuple(values), keys=tuple(keys))


def _unescaped(text: str, start: str) -> str:
    text = text.replace("{{", "{").replace("}}", "}")
    if "\\" not in text or "r" in start.lower():
        return text
    return text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"').replace("\\'", "'")
