"""What the nodes of a tree mean: one function for each kind of expression."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.polyglot import nodes
from collectors.polyglot.expressions import HOLE, Expr
from collectors.polyglot.nodes import SKIPPED, Conversion, field, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node


MAX_STATEMENTS = 40
"""Statements of an unnamed function that are looked at."""

_TYPE_LISTS = frozenset({"type_argument_list", "type_arguments"})
_BLOCKS = frozenset({"block", "statement_block"})
_BASES = ("operand", "object", "expression", "value", "path", "scope", "qualifier", "package")
_LASTS = ("field", "property", "name")
_FORMATS = frozenset({"format", "format_args", "concat"})
_JOINS = frozenset({"+", ".", "<>"})
_ORS = frozenset({"||", "??", "?:", "or"})


def _first(node: Node) -> Node | None:
    return node.named_children[0] if node.named_children else None


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _text(c: Conversion, node: Node, depth: int) -> Expr:
    parts: list[Expr] = []
    for child in node.named_children:
        if child.type in nodes.CONTENTS:
            parts.append(Expr("text", text_of(child), line=_line(node)))
        elif child.type in {"interpolation", "template_substitution"}:
            inner = [one for one in child.named_children if one.type not in SKIPPED]
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


def _number(c: Conversion, node: Node, depth: int) -> Expr:
    del c, depth
    return Expr("text", text_of(node), line=_line(node))


def _name(c: Conversion, node: Node, depth: int) -> Expr:
    del c, depth
    return Expr("name", text_of(node).lstrip("$:"), line=_line(node))


def _instance(c: Conversion, node: Node, depth: int) -> Expr:
    del c, depth
    return Expr("attr", text_of(node).lstrip("@"), (Expr("name", "self"),), _line(node))


def _generic(c: Conversion, node: Node, depth: int) -> Expr:
    return c.expr(node.named_children[0] if node.named_children else None, depth)


def _member(c: Conversion, node: Node, depth: int) -> Expr:
    children = node.named_children
    if not children:
        return HOLE
    base = field(node, *_BASES) or children[0]
    last = field(node, *_LASTS) or children[-1]
    if base.id == last.id:
        return c.expr(base, depth)
    name = last.named_children[0] if last.type == "generic_name" else last
    return Expr("attr", text_of(name).lstrip("$"), (c.expr(base, depth),), _line(last))


def _conditional(c: Conversion, node: Node, depth: int) -> Expr:
    """``a?.b()`` of C#."""
    base, last = field(node, "condition"), node.named_children[-1]
    name = last.named_children[0] if last.named_children else last
    return Expr("attr", text_of(name), (c.expr(base, depth),), _line(node))


def _index(c: Conversion, node: Node, depth: int) -> Expr:
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


def _call(c: Conversion, node: Node, depth: int) -> Expr:
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
    tokens = next((one for one in node.named_children if one.type == "token_tree"), None)
    formats = tokens is not None and callee.text in _FORMATS
    args = c.inside(tokens, depth) if formats and tokens else c.all(_arguments(node), depth)
    types = _types(node)
    if node.type == "macro_invocation" and callee.text == "vec":
        return Expr("list", "", args, _line(node))
    return Expr("call", callee.text, (callee, *args), callee.line or _line(node), types)


def _types(node: Node) -> tuple[str, ...]:
    """The type arguments of a call: ``Add<A, B>(…)``, in C# those of the name called."""
    held = field(node, "type_arguments")
    named = field(node, "function")
    while held is None and named is not None:
        held = next((one for one in named.named_children if one.type in _TYPE_LISTS), None)
        named = field(named, "name") if held is None else None
    return tuple(text_of(one)[:200] for one in held.named_children) if held is not None else ()


def _function(c: Conversion, node: Node, depth: int) -> Expr:
    """What an unnamed function assigns and returns, as far as it is plain to see."""
    body = field(node, "body")
    if body is None:
        return HOLE
    if body.type not in _BLOCKS:
        return Expr("lambda", "", (c.expr(body, depth),), _line(node))
    kept: list[Expr] = []
    first = _first(body)
    listed = first if first is not None and first.type == "statement_list" else body
    for one in listed.named_children[:MAX_STATEMENTS]:
        inner = one.named_children[0] if one.named_children else one
        returns = one.type == "return_statement"
        if returns or inner.type == "assignment_expression":
            kept.append(c.expr(inner, depth))
    return Expr("lambda", "", tuple(kept), _line(node))


def _new(c: Conversion, node: Node, depth: int) -> Expr:
    made = field(node, "type", "constructor", "name") or _first(node)
    implicit = node.type == "implicit_object_creation_expression"  # C#: ``new(…)``
    name = "" if implicit else text_of(made).partition("<")[0].partition("{")[0]
    args = list(c.all(_arguments(node), depth))
    body = field(node, "body", "initializer")
    if body is not None and body.type != "class_body":
        args.extend(c.expr(body, depth).args)
    if made is not None and made.type in {"slice_type", "array_type"}:
        return Expr("list", "", tuple(args), _line(node))
    return Expr("new", re.split(r"[.:\\]", name.strip())[-1], tuple(args), _line(node))


def _annotation(c: Conversion, node: Node, depth: int) -> Expr:
    """An annotation that stands in another one's arguments."""
    held = field(node, "arguments")
    args = c.all(held.named_children, depth) if held is not None else ()
    return Expr("new", text_of(field(node, "name")).rpartition(".")[2], args, _line(node))


def _list(c: Conversion, node: Node, depth: int) -> Expr:
    return Expr("list", "", c.all(node.named_children, depth), _line(node))


def _pair(c: Conversion, node: Node, depth: int) -> Expr:
    """A named element; one without a name of its own is its value."""
    children = [one for one in node.named_children if one.type not in SKIPPED]
    key = field(node, "key", "name", "left", "field") or (
        children[0] if len(children) > 1 else None
    )
    value = field(node, "value", "right") or (children[-1] if children else None)
    if key is None or value is None or key.id == value.id:
        return c.expr(value, depth)
    name = text_of(key).strip("\"':@$ ")
    if node.type == "assignment_expression":
        name = name.rpartition(".")[2]
    return Expr("kw", name, (c.expr(value, depth),), _line(node))


def _shorthand(c: Conversion, node: Node, depth: int) -> Expr:
    del c, depth
    name = text_of(node)
    return Expr("kw", name, (Expr("name", name, line=_line(node)),), _line(node))


def _binary(c: Conversion, node: Node, depth: int) -> Expr:
    children = node.named_children
    sign = next((text_of(one) for one in node.children if not one.is_named), "")
    if len(children) < 2:  # noqa: PLR2004 - a left and a right side
        return HOLE
    sides = (c.expr(children[0], depth), c.expr(children[-1], depth))
    if sign in _JOINS:
        return Expr("join", "", sides, _line(node))
    return Expr("or", "", sides, _line(node)) if sign in _ORS else HOLE


def _ternary(c: Conversion, node: Node, depth: int) -> Expr:
    first = field(node, "consequence", "body") or field(node, "condition")
    last = field(node, "alternative") or (node.named_children[-1] if node.named_children else None)
    return Expr("or", "", (c.expr(first, depth), c.expr(last, depth)), _line(node))


def _unwrap(c: Conversion, node: Node, depth: int) -> Expr:
    children = [one for one in node.named_children if one.type not in SKIPPED]
    if node.type in {"argument", "attribute_argument"} and len(children) > 1:
        return _pair(c, node, depth)
    inner = field(node, "value", "operand", "argument", "expression") or (
        children[-1] if children else None
    )
    if node.type in {"as_expression", "satisfies_expression"} and children:
        inner = children[0]  # the rest is a type
    found = c.expr(inner, depth)
    sign = text_of(node.children[0]) if node.children else ""
    if sign == "*" and node.type in {"unary_expression", "pointer_expression"}:
        return Expr("deref", "", (found,), _line(node))
    return HOLE if sign in {"!", "-", "~"} else found


def _several(c: Conversion, node: Node, depth: int) -> Expr:
    found = c.all(node.named_children, depth)
    return found[0] if len(found) == 1 else Expr("list", "", found, _line(node))


MAKERS: dict[str, Callable[[Conversion, Node, int], Expr]] = {
    **{
        name: make
        for names, make in (
            (nodes.TEXTS, _text), (nodes.NAMES, _name), (nodes.MEMBERS, _member),
            (nodes.INDEXES, _index), (nodes.CALLS, _call),
            (nodes.NEWS, _new), (nodes.LISTS, _list), (nodes.WRAPPERS, _unwrap),
            (nodes.PAIRS, _pair), (nodes.NUMBERS, _number), (nodes.FUNCTIONS, _function),
            (nodes.CONDITIONS, _ternary),
            (nodes.BINARIES, _binary),
        )
        for name in names.split()
    },
    "expression_list": _several,
    "annotation": _annotation,
    "marker_annotation": _annotation,
    "instance_variable": _instance,
    "generic_name": _generic,
    "generic_function": _generic,
    "generic_type": _generic,
    "conditional_access_expression": _conditional,
    "shorthand_property_identifier": _shorthand,
}  # fmt: skip
