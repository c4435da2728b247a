"""Grammars, and from their trees to expressions: the only importer of tree-sitter."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING

from tree_sitter import Language as Grammar
from tree_sitter import Parser

from collectors.polyglot.expressions import HOLE, Expr
from collectors.polyglot.makers import MAKERS
from collectors.polyglot.nodes import SKIPPED

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

    from collectors.polyglot.languages import Language

MAX_MACRO = 4_000
"""Bytes of a macro's arguments that are read."""

MAX_DEPTH = 60
"""Expressions that are nested deeper are unknown from there on."""


@cache
def parser(language: Language) -> Parser:
    """The parser of a language."""
    grammar = getattr(importlib.import_module(language.module), language.function)
    return Parser(Grammar(grammar()))


def parse(language: Language, data: bytes) -> Tree:
    """The tree of a file; what is wrong in it is a node of its own."""
    return parser(language).parse(data)


class Converter:
    """Turns nodes of one tree into expressions, each once."""

    def __init__(self, language: Language) -> None:
        """Start with nothing converted."""
        self.language = language
        self._known: dict[int, Expr] = {}
        self._kept: list[Tree] = []

    def expr(self, node: Node | None, depth: int = 0) -> Expr:
        """The expression of a node."""
        if node is None or depth > MAX_DEPTH:
            return HOLE
        known = self._known.get(node.id)
        if known is None:
            make = MAKERS.get(node.type)
            known = make(self, node, depth + 1) if make is not None else HOLE
            self._known[node.id] = known
        return known

    def inside(self, tokens: Node, depth: int) -> tuple[Expr, ...]:
        """The arguments of a macro of Rust, which its grammar leaves as mere tokens."""
        text = (tokens.text or b"")[:MAX_MACRO]
        tree = parse(self.language, b"\n" * tokens.start_point[0] + b"fn f() { g" + text + b" }")
        self._kept.append(tree)  # what is known is known by the identity of its nodes
        waiting = [tree.root_node]
        while waiting:
            node = waiting.pop()
            held = node.child_by_field_name("arguments")
            if node.type == "call_expression" and held is not None:
                return self.all(held.named_children, depth)
            waiting.extend(reversed(node.named_children))
        return ()

    def all(self, nodes: list[Node], depth: int) -> tuple[Expr, ...]:
        """The expressions of several nodes, without comments."""
        return tuple(self.expr(node, depth) for node in nodes if node.type not in SKIPPED)
