"""What names and attributes are given: assignments, defaults, fields of literals."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from collectors.polyglot.expressions import Assign, Context, Expr, Summary
from collectors.polyglot.nodes import field, text_of
from collectors.polyglot.tree import Converter

if TYPE_CHECKING:
    from tree_sitter import Node

ASSIGNS = {
    "short_var_declaration": ("left", "right"), "assignment_statement": ("left", "right"),
    "var_spec": ("name", "value"), "const_spec": ("name", "value"),
    "keyed_element": ("key", "value"), "variable_declarator": ("name", "value"),
    "assignment_expression": ("left", "right"), "assignment": ("left", "right"),
    "pair": ("key", "value"), "public_field_definition": ("name", "value"),
    "field_definition": ("property", "value"), "property_declaration": ("name", "value"),
    "let_declaration": ("pattern", "value"), "const_item": ("name", "value"),
    "static_item": ("name", "value"), "required_parameter": ("pattern", "value"),
    "optional_parameter": ("name", "value"), "simple_parameter": ("name", "default_value"),
    "property_element": ("name", "default_value"), "const_element": ("name", "value"),
    "field_initializer": ("field", "value"), "enum_assignment": ("name", "value"),
    "property_promotion_parameter": ("name", "default_value"),
}  # fmt: skip
"""Kinds of nodes that give something a value: the fields of the name, and of the value."""

_OF_OBJECTS = frozenset({"keyed_element", "pair", "field_initializer", "public_field_definition",
                         "field_definition", "enum_assignment"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bindings:
    """Collects the assignments of one file."""

    summary: Summary
    convert: Converter

    def assign(self, node: Node, context: Context) -> None:
        """Keep what a node of any of the kinds in ``ASSIGNS`` gives a name."""
        left, right = ASSIGNS[node.type]
        target = field(node, left)
        value = field(node, right)
        if value is None and node.type == "variable_declarator" and len(node.named_children) > 1:
            value = node.named_children[-1]  # C#
        if target is None or value is None:
            return
        if target.type in {"object_pattern", "expression_list"}:
            self._unpack(node, target, value, context)
            return
        if node.type == "keyed_element":
            context = replace(context, cls=_literal_type(node) or context.cls)
        if node.type == "pair":
            context = replace(context, cls=_object_name(node) or context.cls)
        self._bind(target, self.convert.expr(value), context, node.type in _OF_OBJECTS)

    def _unpack(self, node: Node, target: Node, value: Node, context: Context) -> None:
        names = [one for one in target.named_children if one.type != "comment"]
        given = value.named_children if value.type == "expression_list" else [value]
        for number, one in enumerate(names):
            if target.type == "object_pattern":
                inner = field(one, "left", "value") or one
                key = text_of(field(one, "key") or inner)
                found = Expr("attr", key, (self.convert.expr(value),), node.start_point[0] + 1)
                default = field(one, "right")
                if default is not None:
                    found = Expr("or", "", (found, self.convert.expr(default)), found.line)
                self._bind(inner, found, context, attribute=False)
            elif number < len(given):
                self._bind(one, self.convert.expr(given[number]), context, attribute=False)

    def _bind(self, target: Node, value: Expr, context: Context, attribute: bool) -> None:
        left = self.convert.expr(target)
        function = self.summary.functions.get(context.function)
        if left.op == "deref" and function and left.args[0].text in function[-1].params:
            function[-1].outs[left.args[0].text] = value
            return
        if left.op == "index" and left.args[1].op == "text":
            left = Expr("attr", left.args[1].text, (left.args[0],))
        name = left.text or text_of(target).strip("\"'")
        if left.op == "hole" and not re.fullmatch(r"[\w$]+", name):
            return
        self.summary.add(Assign(name.lstrip("$@"), value, context, attribute or left.op == "attr"))

    def kotlin(self, node: Node, context: Context) -> None:
        """``val x = …`` of Kotlin, whose grammar names no fields."""
        children = node.named_children
        names = [one for one in children if one.type == "variable_declaration"]
        if node.type == "class_parameter":
            names = [one for one in children if one.type in {"identifier", "simple_identifier"}]
        plain = {"variable_declaration", "modifiers", "user_type", "identifier", "getter",
                 "simple_identifier", "binding_pattern_kind", "property_delegate"}  # fmt: skip
        values = [one for one in children if one.type not in plain]
        if names and values and "=" in {text_of(one) for one in node.children}:
            inner = names[0].named_children or [names[0]]
            self._bind(
                inner[0], self.convert.expr(values[-1]), context, attribute=not context.function
            )


def _object_name(node: Node) -> str:
    """The name that the object of a script is given in which a pair stands."""
    held = node.parent.parent if node.parent is not None else None
    if held is None or held.type not in {"pair", "variable_declarator"}:
        return ""
    return text_of(field(held, "key", "name")).strip("\"'")


def _literal_type(node: Node) -> str:
    """The type of the literal of Go that an element stands in, without its package."""
    held = node.parent.parent if node.parent is not None else None
    made = field(held, "type") if held is not None and held.type == "composite_literal" else None
    return text_of(made).rpartition(".")[2] if made is not None else ""
