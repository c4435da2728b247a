"""Grammars, and from their trees to expressions: the only importer of tree-sitter."""

from __future__ import annotations

import importlib
import re
from functools import cache
from typing import TYPE_CHECKING

from tree_sitter import Language as Grammar
from tree_sitter import Parser

from collectors.polyglot import nodes
from collectors.polyglot.expressions import HOLE, Expr

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node, Tree

    from collectors.polyglot.languages import Language

MAX_DEPTH = 60
"""Expressions that are nested deeper are unknown from there on."""

_BASES = ("operand", "object", "expression", "value", "path", "scope", "qualifier", "package")
_LASTS = ("field", "property", "name")
_JOINS = frozenset({"+", ".", "<>"})
_ORS = frozenset({"||", "??", "?:", "or"})


@cache
def parser(language: Language) -> Parser:
    """The parser of a language."""
    grammar = getattr(importlib.import_module(language.module), language.function)
    return Parser(Grammar(grammar()))


def parse(language: Language, data: bytes) -> Tree:
    """The tree of a file; what is wrong in it is a node of its own."""
    return parser(language).parse(data)


def text_of(node: Node | None) -> str:
    """The source text of a node."""
    return node.text.decode("utf-8", "replace") if node is not None and node.text else ""


def field(node: Node, *names: str) -> Node | None:
    """The first child that has one of these field names."""
    for name in names:
        found = node.child_by_field_name(name)
        if found is not None:
            return found
    return None


class Converter:
    """Turns nodes of one tree into expressions, each once."""

    def __init__(self) -> None:
        """Start with nothing converted."""
        self._known: dict[int, Expr] = {}

    def expr(self, node: Node | None, depth: int = 0) -> Expr:
        """The expression of a node."""
        if node is None or depth > MAX_DEPTH:
            return HOLE
        known = self._known.get(node.id)
        if known is None:
            make = _MAKERS.get(node.type)
            known = make(self, node, depth + 1) if make is not None else HOLE
            self._known[node.id] = known
        return known

    def all(self, nodes: list[Node], depth: int) -> tuple[Expr, ...]:
        """The expressions of several nodes, without comments."""
        return tuple(self.expr(node, depth) for node in nodes if node.type not in _SKIPPED)


_SKIPPED = frozenset({"comment", "line_comment", "block_comment", "interpolation_brace"})


def _first(node: Node) -> Node | None:
    return node.named_children[0] if node.named_children else None


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _text(c: Converter, node: Node, depth: int) -> Expr:
    parts: list[Expr] = []
    for child in node.named_children:
        if child.type in nodes.CONTENTS:
            parts.append(Expr("text", text_of(child), line=_line(node)))
        elif child.type in {"interpolation", "template_substitution"}:
            inner = [one for one in child.named_children if one.type not in _SKIPPED]
            parts.append(c.expr(inner[0], depth) if inner else HOLE)
        elif child.type not in {"interpolation_start", "string_start", "heredoc_start"}:
            parts.append(c.expr(child, depth))
    if not parts:
        bare = re.sub(r"^[@$fr#]*(\"{3}|[\"'`])|(\"{3}|[\"'`])#*$", "", text_of(node))
        return Expr("text", bare, line=_line(node))
    parts = _dollars(parts) if node.type == "string_literal" else parts
    return parts[0] if len(parts) == 1 else Expr("join", args=tuple(parts), line=_line(node))


def _dollars(parts: list[Expr]) -> list[Expr]:
    """``$name`` in Kotlin, where the grammar gives the sign and the rest as two texts."""
    found: list[Expr] = []
    for part in parts:
        before = found[-1] if found else HOLE
        name = re.match(r"[A-Za-z_]\w*", part.text) if part.op == "text" else None
        if before.op == "text" and before.text == "$" and name is not None:
            found[-1] = Expr("name", name[0], line=part.line)
            found.append(Expr("text", part.text[name.end() :], line=part.line))
        else:
            found.append(part)
    return found


def _number(c: Converter, node: Node, depth: int) -> Expr:
    del c, depth
    return Expr("text", text_of(node), line=_line(node))


def _name(c: Converter, node: Node, depth: int) -> Expr:
    del c, depth
    return Expr("name", text_of(node).lstrip("$:"), line=_line(node))


def _instance(c: Converter, node: Node, depth: int) -> Expr:
    del c, depth
    return Expr("attr", text_of(node).lstrip("@"), (Expr("name", "self"),), _line(node))


def _generic(c: Converter, node: Node, depth: int) -> Expr:
    return c.expr(node.named_children[0] if node.named_children else None, depth)


def _member(c: Converter, node: Node, depth: int) -> Expr:
    children = node.named_children
    if not children:
        return HOLE
    base = field(node, *_BASES) or children[0]
    last = field(node, *_LASTS) or children[-1]
    if base.id == last.id:
        return c.expr(base, depth)
    name = last.named_children[0] if last.type == "generic_name" else last
    return Expr("attr", text_of(name).lstrip("$"), (c.expr(base, depth),), _line(last))


def _conditional(c: Converter, node: Node, depth: int) -> Expr:
    """``a?.b()`` of C#."""
    base, last = field(node, "condition"), node.named_children[-1]
    name = last.named_children[0] if last.named_children else last
    return Expr("attr", text_of(name), (c.expr(base, depth),), _line(node))


def _index(c: Converter, node: Node, depth: int) -> Expr:
    children = node.named_children
    return Expr(
        "index", "", (c.expr(children[0], depth), c.expr(children[-1], depth)), _line(node)
    )


def _arguments(node: Node) -> list[Node]:
    held = field(node, "arguments")
    if held is None:
        kinds = {"value_arguments", "argument_list", "arguments", "token_tree"}
        held = next((one for one in node.named_children if one.type in kinds), None)
    return list(held.named_children) if held is not None else []


def _call(c: Converter, node: Node, depth: int) -> Expr:
    base = field(node, "object", "receiver", "scope")
    last = field(node, "name", "method")
    callee: Expr
    if last is not None:
        name = text_of(last)
        receiver = c.expr(base, depth) if base is not None else None
        callee = (
            Expr("attr", name, (receiver,), _line(last))
            if receiver is not None
            else Expr("name", name, line=_line(last))
        )
        bare = node.type == "call" and not _arguments(node) and field(node, "block") is None
        if bare and receiver is not None:  # Ruby: an attribute and a call look alike
            return callee
    else:
        function = field(node, "function", "macro") or _first(node)
        callee = c.expr(function, depth)
    args = c.all(_arguments(node), depth)
    if node.type == "macro_invocation" and callee.text == "vec":
        return Expr("list", "", args, _line(node))
    return Expr("call", callee.text, (callee, *args), callee.line or _line(node))


def _new(c: Converter, node: Node, depth: int) -> Expr:
    made = field(node, "type", "constructor", "name") or _first(node)
    name = text_of(made).partition("<")[0].partition("{")[0]
    args = list(c.all(_arguments(node), depth))
    body = field(node, "body", "initializer")
    if body is not None and body.type != "class_body":
        args.extend(c.expr(body, depth).args)
    return Expr("new", re.split(r"[.:\\]", name.strip())[-1], tuple(args), _line(node))


def _list(c: Converter, node: Node, depth: int) -> Expr:
    return Expr("list", "", c.all(node.named_children, depth), _line(node))


def _pair(c: Converter, node: Node, depth: int) -> Expr:
    """A named element; one without a name of its own is its value."""
    children = [one for one in node.named_children if one.type not in _SKIPPED]
    key = field(node, "key", "name", "left", "field") or (
        children[0] if len(children) > 1 else None
    )
    value = field(node, "value", "right") or (children[-1] if children else None)
    if key is None or value is None or key.id == value.id:
        return c.expr(value, depth)
    name = text_of(key).strip("\"':@$ ")
    return Expr("kw", name, (c.expr(value, depth),), _line(node))


def _shorthand(c: Converter, node: Node, depth: int) -> Expr:
    del c, depth
    name = text_of(node)
    return Expr("kw", name, (Expr("name", name, line=_line(node)),), _line(node))


def _binary(c: Converter, node: Node, depth: int) -> Expr:
    children = node.named_children
    sign = next((text_of(one) for one in node.children if not one.is_named), "")
    if len(children) < 2:  # noqa: PLR2004 - a left and a right side
        return HOLE
    sides = (c.expr(children[0], depth), c.expr(children[-1], depth))
    if sign in _JOINS:
        return Expr("join", "", sides, _line(node))
    return Expr("or", "", sides, _line(node)) if sign in _ORS else HOLE


def _ternary(c: Converter, node: Node, depth: int) -> Expr:
    first = field(node, "consequence", "body") or field(node, "condition")
    last = field(node, "alternative") or (node.named_children[-1] if node.named_children else None)
    return Expr("or", "", (c.expr(first, depth), c.expr(last, depth)), _line(node))


def _unwrap(c: Converter, node: Node, depth: int) -> Expr:
    children = [one for one in node.named_children if one.type not in _SKIPPED]
    if node.type in {"argument", "attribute_argument"} and len(children) > 1:
        return _pair(c, node, depth)
    inner = field(node, "value", "operand", "argument", "expression") or (
        children[-1] if children else None
    )
    found = c.expr(inner, depth)
    sign = text_of(node.children[0]) if node.children else ""
    if sign == "*" and node.type in {"unary_expression", "pointer_expression"}:
        return Expr("deref", "", (found,), _line(node))
    return HOLE if sign in {"!", "-", "~"} else found


def _several(c: Converter, node: Node, depth: int) -> Expr:
    found = c.all(node.named_children, depth)
    return found[0] if len(found) == 1 else Expr("list", "", found, _line(node))


_MAKERS: dict[str, Callable[[Converter, Node, int], Expr]] = {
    **{
        name: make
        for names, make in (
            (nodes.TEXTS, _text), (nodes.NAMES, _name), (nodes.MEMBERS, _member),
            (nodes.INDEXES, _index), (nodes.CALLS, _call),
            (nodes.NEWS, _new), (nodes.LISTS, _list), (nodes.WRAPPERS, _unwrap),
            (nodes.PAIRS, _pair), (nodes.NUMBERS, _number),
            (nodes.CONDITIONS, _ternary),
            (nodes.BINARIES, _binary),
        )
        for name in names.split()
    },
    "expression_list": _several,
    "instance_variable": _instance,
    "generic_name": _generic,
    "generic_type": _generic,
    "conditional_access_expression": _conditional,
    "shorthand_property_identifier": _shorthand,
}  # fmt: skip
