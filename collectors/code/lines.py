"""The line of every call, without the position provider of libcst.

The provider costs 5 to 13 times the parse. The parser of the standard library is ten times
faster than that of libcst and gives positions for nothing: both trees hold the same calls in
the same order, so the n-th call of one is the n-th of the other. Where the orders differ (newer
syntax than this interpreter's), the provider is asked after all.
"""

from __future__ import annotations

import ast
import warnings
from functools import cache
from typing import TYPE_CHECKING

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from collectors.code.expressions import pieces

if TYPE_CHECKING:
    from collections.abc import Iterator


_COMPOUND = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
)


def parse_fast(text: str) -> ast.Module:
    """Parse with the standard library; it also refuses what is nested too deeply.

    Raises:
        SyntaxError: the text is no Python of this version.
        ValueError: likewise.
        RecursionError: it is nested too deeply.
        MemoryError: likewise.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def line_numbers(module: cst.Module, tree: ast.Module | None) -> dict[int, int]:
    """Return the line of each simple statement and call by the ``id`` of its node.

    Calls inside an f-string are left out: their positions are wrong before Python 3.12.
    """
    nodes = list(_nodes(module))
    lines = _lines(tree) if tree is not None else []
    if [call for _, call in lines] == [isinstance(node, cst.Call) for node in nodes]:
        return {id(node): line for node, (line, _) in zip(nodes, lines, strict=True)}
    places = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    return {id(node): places[node].start.line for node in nodes}


def _nodes(module: cst.Module) -> Iterator[cst.CSTNode]:
    stack: list[cst.CSTNode] = [module]
    while stack:
        node = stack.pop()
        if _is_placed(type(node)):
            yield node
        elif type(node) is cst.FormattedString:
            continue
        stack.extend(reversed(pieces(node)))


@cache
def _is_placed(kind: type[cst.CSTNode]) -> bool:
    return issubclass(kind, cst.Call | cst.BaseSmallStatement)


def _lines(tree: ast.Module) -> list[tuple[int, bool]]:
    """The line of each statement and call in the order of the text; True for calls."""
    found: list[tuple[int, int, bool, int, int]] = []
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.JoinedStr):
            continue
        if isinstance(node, ast.stmt | ast.Call) and not isinstance(node, _COMPOUND):
            ends = (-(node.end_lineno or 0), -(node.end_col_offset or 0))
            found.append((node.lineno, node.col_offset, isinstance(node, ast.Call), *ends))
        stack.extend(ast.iter_child_nodes(node))
    return [(place[0], place[2]) for place in sorted(found)]
