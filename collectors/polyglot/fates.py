"""What becomes of a failure, where the code says so plainly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.polyglot.nodes import field, text_of
from depmap.model.words import Strength

if TYPE_CHECKING:
    from tree_sitter import Node

    from collectors.polyglot.languages import Language

Fate = tuple[str, str]
LONGEST = 3000
"""Characters of a handler that are looked at."""

_ENDS = re.compile(
    r"\b(?:throw|raise|rethrow|panic!?|fatal\w*|exit|abort|die|reject)\b|log\.Fatal|os\.Exit",
    re.IGNORECASE,
)
_ANSWERS = re.compile(
    r"\b5\d\d\b|INTERNAL_SERVER_ERROR|InternalServerError|SERVICE_UNAVAILABLE|ServiceUnavailable|"
    r"BadGateway|BAD_GATEWAY|\bnext\s*\(\s*\w|http\.Error\(|AbortWith|status\.Error|Problem\("
)
_RETURNS_ERROR = re.compile(r"\breturn\b[^\n]*\b(?:err\w*|Err\w*|\w*errors?\.\w+)")
_TRIES = frozenset({"try_statement", "try_expression", "try_with_resources_statement", "begin"})
_HANDLERS = frozenset({"catch_clause", "catch_block", "rescue"})
_STATEMENTS = frozenset(
    {"short_var_declaration", "assignment_statement", "expression_statement", "var_declaration"}
)


def unguarded(language: Language) -> Fate:
    """What becomes of a failure that nothing in a function catches."""
    if language.throws:
        return Strength.STRONG.value, "nothing catches its failure"
    return "", ""


def around(node: Node, child: Node, language: Language) -> Fate | None:
    """What becomes of a failure in a child because of where it stands; None: as around it."""
    if node.type in _TRIES and language.name != "rust":
        return _tried(node, child)
    if node.type in _HANDLERS:
        return None
    if language.name == "go":
        return _in_go(node, child)
    if language.name == "rust" and child.type == "try_expression":
        return Strength.STRONG.value, "its error is returned"
    return None


def _in_go(node: Node, child: Node) -> Fate | None:
    if node.type == "if_statement":
        if field(node, "initializer") == child:
            return _verdict(text_of(field(node, "consequence"))[:LONGEST], go=True)
        return None
    if child.type == "return_statement":
        return Strength.STRONG.value, "its error is returned"
    return _checked(child.next_named_sibling) if child.type in _STATEMENTS else None


def _tried(node: Node, child: Node) -> Fate | None:
    handlers = [one for one in node.named_children if one.type in _HANDLERS]
    if child in handlers or child.type in {"finally_clause", "finally_block", "ensure"}:
        return None
    if not handlers:
        return None
    return _verdict(" ".join(text_of(one) for one in handlers)[:LONGEST], go=False)


def _checked(after: Node | None) -> Fate | None:
    """The verdict of the ``if err != nil`` that follows a statement of Go."""
    if after is not None and after.type == "return_statement":
        passed = re.search(r"\berr\w*\s*$", text_of(after))
        return (Strength.STRONG.value, "its error is returned") if passed else None
    if after is None or after.type != "if_statement":
        return None
    condition = text_of(field(after, "condition"))
    if not re.search(r"\berr\w*\s*!=\s*nil", condition):
        return None
    return _verdict(text_of(field(after, "consequence"))[:LONGEST], go=True)


def _verdict(handler: str, *, go: bool) -> Fate:
    if _ENDS.search(handler):
        word = "ends the process" if go else "raises"
        return Strength.STRONG.value, f"its handler {word}"
    if _ANSWERS.search(handler):
        return Strength.STRONG.value, "its handler answers with an error"
    if _RETURNS_ERROR.search(handler):
        return Strength.STRONG.value, "its error is returned"
    if go and re.search(r"\breturn\b", handler):
        return "", ""
    if re.search(r"\breturn\b[^\n;]*(?:err|Err|fail)", handler):
        return "", ""
    return Strength.OPTIONAL.value, "its handler swallows the failure"
