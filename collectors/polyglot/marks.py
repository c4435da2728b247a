"""Annotations, attributes, decorators and tags, with what they stand on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.polyglot.expressions import Annotation, Assign, Context, Expr, Summary
from collectors.polyglot.nodes import field, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from collectors.polyglot.tree import Converter

_MARKS = frozenset({"annotation", "marker_annotation", "attribute", "decorator"})
_CLASSES = frozenset({"class_declaration", "interface_declaration", "object_declaration",
                      "abstract_class_declaration", "record_declaration",
                      "struct_item"})  # fmt: skip
_METHODS = frozenset({"method_declaration", "function_declaration", "method_definition",
                      "function_item", "constructor_declaration"})  # fmt: skip
_FIELDS = frozenset({"field_declaration", "property_declaration", "public_field_definition"})
_PARAMS = frozenset({"formal_parameter", "parameter", "class_parameter", "required_parameter"})
_TAG = re.compile(r"(\w+):\"([^\"]*)\"")
CLIMB = 6


class Marks:
    """Adds the annotations of one file to its summary."""

    def __init__(self, summary: Summary, convert: Converter) -> None:
        """Add to a summary, with the converter of the file's tree."""
        self.summary = summary
        self.convert = convert

    def visit(self, node: Node, context: Context) -> None:
        """Add what a node is, when it is an annotation or has a tag."""
        if node.type in _MARKS and not (node.type == "attribute" and _inside(node)):
            owner = _owner(node)
            if owner is not None:
                self._add(node, owner, context)
        elif node.type == "field_declaration" and field(node, "tag") is not None:
            self._tagged(node, context)

    def settings(self) -> None:
        """The fields of a class of settings of Spring are keys of configuration files."""
        for mark in list(self.summary.annotations):
            given = mark.call.named("prefix", "value") or mark.call.first
            if mark.name != "ConfigurationProperties" or given is None:
                continue
            for name in self.summary.fields.get(mark.cls, ()):
                value = Expr("property", f"{given.text}.{name}", (), mark.call.line)
                self.summary.add(Assign(name, value, Context(cls=mark.cls), attribute=True))

    def _add(self, node: Node, owner: Node, context: Context) -> None:
        call = self._call(node)
        on = next(
            (
                name
                for name, kinds in (("class", _CLASSES), ("method", _METHODS), ("field", _FIELDS),
                                    ("parameter", _PARAMS))
                if owner.type in kinds
            ),
            "",
        )  # fmt: skip
        if on and call.text:
            target = _name(owner)
            self._injected(call, on, target, context)
            cls = target if on == "class" else context.cls
            self.summary.annotations.append(Annotation(call.text, call, on, target, cls))

    def _injected(self, call: Expr, on: str, target: str, context: Context) -> None:
        """What the framework puts into a field or parameter."""
        value: Expr | None = None
        if call.text == "ConfigProperty":
            key, default = call.named("name"), call.named("defaultValue")
            given = (default,) if default is not None else ()
            value = Expr("property", key.text, given, call.line) if key is not None else None
        elif call.text == "Value" and call.given:
            value = call.named("value") or call.given[0]
        if value is not None and on in {"field", "parameter"}:
            self.summary.add(Assign(target, value, context, attribute=on == "field"))

    def _call(self, node: Node) -> Expr:
        line = node.start_point[0] + 1
        inner = node.named_children[0] if node.named_children else node
        if node.type == "decorator":
            found = self.convert.expr(inner)
            return found if found.op == "call" else Expr("call", found.text, (found,), line)
        if inner.type == "constructor_invocation":  # Kotlin
            inner, node = inner.named_children[0], inner
        name = text_of(field(node, "name") or inner).rpartition(".")[2]
        held = field(node, "arguments") or next(
            (
                one
                for one in node.named_children
                if one.type in {"value_arguments", "attribute_argument_list"}
            ),
            None,
        )
        args = self.convert.all(held.named_children, 0) if held is not None else ()
        return Expr("call", name, (Expr("name", name, line=line), *args), line)

    def _tagged(self, node: Node, context: Context) -> None:
        """The environment name in a tag of a Go struct."""
        tags = dict(_TAG.findall(text_of(field(node, "tag"))))
        names = [one for one in node.named_children if one.type == "field_identifier"]
        key = tags.get("env") or tags.get("envconfig")
        if not names or not key:
            return
        key, _, _ = key.partition(",")
        default = tags.get("envDefault") or tags.get("env-default") or tags.get("default")
        line = node.start_point[0] + 1
        given = (Expr("text", default, line=line),) if default is not None else ()
        value = Expr("env", key, given, line)
        self.summary.add(Assign(text_of(names[0]), value, context, attribute=True))


def _inside(node: Node) -> bool:
    """Whether an ``attribute`` is part of an attribute of Rust, which is read whole."""
    return node.parent is not None and node.parent.type not in {"attribute_list", "attribute_item"}


def _owner(node: Node) -> Node | None:
    """What an annotation stands on: what it is part of, or what comes next."""
    above = node.parent
    if above is not None and above.type in {"attribute_item", "class_body", "export_statement"}:
        after = (
            above.next_named_sibling if above.type == "attribute_item" else node.next_named_sibling
        )
        while after is not None and after.type in {"decorator", "attribute_item"}:
            after = after.next_named_sibling
        return after
    for _ in range(CLIMB):
        if above is None or above.type in _CLASSES | _METHODS | _FIELDS | _PARAMS:
            break
        above = above.parent
    return above


def _name(owner: Node) -> str:
    found = field(owner, "name", "pattern")
    if found is None:
        declared = field(owner, "declarator") or next(
            (
                one
                for one in owner.named_children
                if one.type in {"variable_declaration", "variable_declarator", "identifier",
                                "simple_identifier"}
            ),
            None,
        )  # fmt: skip
        found = field(declared, "name") if declared is not None else None
        if found is None and declared is not None:
            inner = declared.named_children
            found = next((one for one in inner if one.type == "variable_declarator"), None)
            found = field(found, "name") if found is not None else (inner or [declared])[0]
    return text_of(found)
