"""One walk over a file's tree: calls, functions, classes and what they return and hold."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from collectors.polyglot import fates
from collectors.polyglot.bindings import ASSIGNS, Bindings
from collectors.polyglot.expressions import (
    Context,
    Expr,
    Fork,
    Function,
    Site,
    Summary,
)
from collectors.polyglot.marks import Marks
from collectors.polyglot.nodes import field, text_of
from collectors.polyglot.tree import Converter, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from collectors.polyglot.languages import Language

MAX_NODES = 400_000
"""A file with more is machine-made; the rest of it is not read."""

_FUNCTIONS = frozenset(
    {"function_declaration", "method_declaration", "function_definition", "method_definition",
     "function_item", "method", "constructor_declaration", "local_function_statement",
     "function_expression", "arrow_function", "generator_function_declaration"}
)  # fmt: skip
_CLASSES = frozenset(
    {"class_declaration", "interface_declaration", "class", "object_declaration", "struct_item",
     "impl_item", "record_declaration", "class_definition", "abstract_class_declaration",
     "struct_declaration", "enum_declaration", "module", "type_spec"}
)  # fmt: skip
_SITES = frozenset(
    {"call_expression", "method_invocation", "invocation_expression", "call",
     "function_call_expression", "member_call_expression", "scoped_call_expression",
     "object_creation_expression", "new_expression", "macro_invocation", "composite_literal",
     "implicit_object_creation_expression"}
)  # fmt: skip
_NESTS = frozenset({"Route", "Group", "group", "namespace", "scope", "resources"})
_BASES = frozenset({"superclass", "super_interfaces", "extends_interfaces", "base_list",
                    "delegation_specifiers", "class_heritage", "base_clause",
                    "delegation_specifier"})  # fmt: skip
_FLOWS = frozenset({"return_statement", "return_expression", "return", "expression_case"})
_NAMES = frozenset({"identifier", "field_identifier", "simple_identifier", "property_identifier"})
_IMPORTS = frozenset({"import_spec", "import_statement", "import_declaration", "import_header",
                      "using_directive", "use_declaration", "import",
                      "namespace_use_declaration"})  # fmt: skip
_PACKAGES = frozenset({"package_clause", "package_declaration", "package_header",
                       "namespace_declaration", "file_scoped_namespace_declaration"})  # fmt: skip
_TYPED = frozenset({"field_declaration", "parameter", "formal_parameter", "parameter_declaration",
                    "required_parameter", "class_parameter", "property_declaration",
                    "variable_declaration"})  # fmt: skip


def read(path: str, language: Language, text: str) -> Summary:
    """Return what a file says."""
    reader = _Reader(path, language)
    reader.walk(parse(language, text.encode()).root_node)
    reader.marks.settings()
    return reader.summary


class _Reader:
    def __init__(self, path: str, language: Language) -> None:
        self.summary = Summary(path, language.name)
        self.language = language
        self.convert = Converter(language)
        self.bindings = Bindings(self.summary, self.convert)
        self.marks = Marks(self.summary, self.convert)

    def walk(self, root: Node) -> None:
        waiting: list[tuple[Node, Context]] = [(root, Context(start=True))]
        count = 0
        while waiting and count < MAX_NODES:
            node, context = waiting.pop()
            count += 1
            context = self._visit(node, context)
            children = node.named_children
            below = [(child, self._below(node, child, context)) for child in children]
            waiting.extend(reversed(below))

    def _visit(self, node: Node, context: Context) -> Context:
        kind = node.type
        if kind in _CLASSES:
            context = self._class(node, context)
        elif kind in _FUNCTIONS:
            context = self._function(node, context)
        elif kind in _SITES:
            context = self._call(node, context)
        elif kind in _IMPORTS:
            self.summary.imports.append(text_of(node)[:200])
        elif kind in _PACKAGES:
            self.summary.package = re.split(r"[\s;{]+", text_of(node)[:200])[1]
        elif kind in _FLOWS:
            self._flow(node, context)
        if kind in ASSIGNS:
            self.bindings.assign(node, context)
        if kind in {"property_declaration", "class_parameter"}:
            self.bindings.kotlin(node, context)
        if kind in _TYPED:
            self._typed(node, context)
        self.marks.visit(node, context)
        return context

    def _call(self, node: Node, context: Context) -> Context:
        call = self.convert.expr(node)
        self.summary.sites.append(Site(call, context))
        word = call.named("Use") if call.op == "new" and call.text == "Command" else None
        runs = call.named("Run", "RunE")  # the root of a tree of commands has none
        if word is not None and word.op == "text" and word.text and runs is not None:
            self.summary.forks.append(Fork((word.text.split()[0],), None, *lines(node)))
        if call.receiver is not None and call.receiver.op == "call":
            self.summary.outer[id(call.receiver)] = call
        path = _nested_path(call) if call.text in _NESTS else ""
        return replace(context, under=f"{context.under}/{path.strip('/')}") if path else context

    def _case(self, node: Node) -> None:
        """A case of Go for some words."""
        given = field(node, "value")
        asked = field(node.parent, "value") if node.parent is not None else None
        values = self.convert.all(given.named_children, 0) if given is not None else ()
        if asked is not None and values and all(one.op == "text" and one.text for one in values):
            words = tuple(one.text for one in values)
            self.summary.forks.append(Fork(words, self.convert.expr(asked), *lines(node)))

    def _below(self, node: Node, child: Node, context: Context) -> Context:
        """The context of a child: what becomes of a failure there."""
        fate = fates.around(node, child, self.language)
        if fate is not None:
            return replace(context, strength=fate[0], reason=fate[1])
        return context

    def _class(self, node: Node, context: Context) -> Context:
        name = text_of(field(node, "name", "type")) or next(
            (text_of(one) for one in node.named_children if one.type in {"identifier",
             "type_identifier", "constant"}), "")  # fmt: skip
        self.summary.lines.setdefault(name, node.start_point[0] + 1)
        bases = [text_of(one) for one in node.named_children if one.type in _BASES]
        if name and bases:
            self.summary.bases[name] = tuple(bases)
        elif name:
            self.summary.bases.setdefault(name, ())
        return replace(context, cls=name or context.cls, function="", start=False)

    def _function(self, node: Node, context: Context) -> Context:
        name = text_of(field(node, "name")) or _given_name(node)
        held = field(node, "parameters", "parameter") or next(
            (one for one in node.named_children if one.type == "function_value_parameters"), None
        )
        params = tuple(_params(held)) if held is not None else ()
        if node.type == "arrow_function" and held is not None and not held.named_children:
            params = (text_of(held),) if held.type == "identifier" else ()
        if not name:
            return context  # what an unnamed function does, the one around it does
        made = Function(name, context.cls, params, *lines(node), _owner(node))
        self.summary.functions.setdefault(name, []).append(made)
        body = field(node, "body")
        if body is not None and not body.type.endswith(
            ("block", "body", "statement", "statement_block")
        ):
            made.returns.append(self.convert.expr(body))
        elif body is not None and node.type == "method" and body.named_children:
            made.returns.append(self.convert.expr(body.named_children[-1]))
        fate = fates.unguarded(self.language)
        return Context(name, context.cls, *fate, start=name in self.language.mains)

    def _flow(self, node: Node, context: Context) -> None:
        """What a function gives back, and what of it only runs for some words."""
        if node.type == "expression_case":
            self._case(node)
        else:
            self._returned(node, context)

    def _returned(self, node: Node, context: Context) -> None:
        held = self.summary.functions.get(context.function)
        if held and node.named_children:
            value = self.convert.expr(node.named_children[0])
            listed = node.named_children[0]
            several = listed.type == "expression_list" and len(listed.named_children) > 1
            first = value.args[0] if several and value.args else value  # Go: and an error
            held[-1].returns.append(first)

    def _typed(self, node: Node, context: Context) -> None:
        held = field(node, "type") or next(
            (one for one in node.named_children if one.type == "user_type"), None
        )
        if held is None:
            return
        for one in node.named_children:
            name = field(one, "name") if one.type == "variable_declarator" else one
            if name is not None and name.id != held.id and name.type in _NAMES:
                self.summary.types.setdefault(text_of(name), text_of(held).strip(" :*?&"))
                if node.type == "property_declaration":
                    self.summary.lines.setdefault(f"{text_of(name)}.", node.start_point[0] + 1)
                if node.type == "field_declaration":
                    self.summary.fields.setdefault(context.cls, []).append(text_of(name))


def lines(node: Node) -> tuple[int, int]:
    """The first and the last line of a node."""
    return node.start_point[0] + 1, node.end_point[0] + 1


def _nested_path(call: Expr) -> str:
    """The path that a call puts before the routes in its block: of chi, Laravel, Rails."""
    inner = call.receiver
    given = call.named("prefix") or (inner.first if inner is not None and inner.text == "prefix"
                                     else None) or call.first  # fmt: skip
    return given.text if given is not None and given.op in {"text", "name"} else ""


def _owner(node: Node) -> str:
    """The type that a method of Go is of."""
    match = re.search(r"(\w+)(?:\[[^\]]*\])?\s*\)$", text_of(field(node, "receiver")))
    return match[1] if match is not None and node.type == "method_declaration" else ""


def _given_name(node: Node) -> str:
    """The name that an unnamed function is given where it stands."""
    parent = node.parent
    if parent is not None and parent.type in {
        "variable_declarator",
        "pair",
        "public_field_definition",
    }:
        return text_of(field(parent, "name", "key"))
    if parent is not None and parent.type == "assignment_expression":
        left = field(parent, "left")
        return text_of(field(left, "property")) if left is not None else ""
    return ""


def _params(held: Node) -> Iterator[str]:
    """The names of parameters; Go gives one type to several."""
    for one in held.named_children:
        several = one.children_by_field_name("name")
        names = [text_of(name) for name in several] if len(several) > 1 else [_param(one)]
        yield from filter(None, names)


def _param(node: Node) -> str:
    found = field(node, "name", "pattern")
    if found is None and node.type in {"identifier", "simple_identifier"}:
        found = node
    if found is None:
        found = next(
            (one for one in node.named_children if one.type in {"identifier", "simple_identifier",
             "variable_name"}), None)  # fmt: skip
    return text_of(found).lstrip("$&")
