"""The syntax of Go's templates: text and actions, as a tree with lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from collectors.manifests.goexpressions import (
    MAX_NESTED,
    Pipeline,
    TemplateError,
    expression,
    named,
)

_LEFT = re.compile(r"\{\{-\s")
_STOP = re.compile(r"\}\}|/\*|[`\"]")
_CLOSE = {"/*": re.compile(r"\*/"), "`": re.compile("`"),
          '"': re.compile(r"(?:[^\"\\]|\\.)*+\"", re.DOTALL)}  # fmt: skip
_BLOCKS = frozenset({"if", "range", "with", "define", "block"})


@dataclass(slots=True)
class Node:
    """Text, or an action with what it is about.

    Attributes:
        kind: ``text``, ``value``, ``if``, ``range``, ``with``, ``define``, ``template``,
            ``block``, ``break`` or ``continue``.
        line: where it starts.
        text: the text, or the name of what is defined or put in.
        pipeline: what is given or asked.
        body: what it holds.
        other: what holds else.
    """

    kind: str
    line: int
    text: str = ""
    pipeline: Pipeline = field(default_factory=Pipeline)
    body: list[Node] = field(default_factory=list)
    other: list[Node] = field(default_factory=list)


def parse(text: str) -> list[Node]:
    """Return a template as a tree.

    Raises:
        TemplateError: it is no template; what comes after an action without an end is left out.
    """
    parser = _Parser(_pieces(text))
    found = parser.nodes(0)
    if parser.place < len(parser.pieces):
        raise TemplateError("an end that nothing begins", parser.pieces[parser.place][2])
    return found


def _pieces(text: str) -> list[tuple[bool, str, int]]:
    """Text and actions in turn: whether it is an action, what it says, and its line."""
    found: list[tuple[bool, str, int]] = []
    last, line, trim = 0, 1, False
    while last < len(text):
        start = text.find("{{", last)
        between = text[last:start] if start >= 0 else text[last:]
        shown = between.lstrip() if trim else between
        place = line + between[: len(between) - len(shown)].count("\n")
        left = start >= 0 and _LEFT.match(text, start) is not None
        shown = shown.rstrip() if left else shown
        if shown:
            found.append((False, shown, place))
        line += between.count("\n")
        end = _end(text, start + 2) if start >= 0 else None
        if end is None:
            break
        inner = text[start + 2 + left : end]
        trim = inner[-2:-1].isspace() and inner.endswith("-")
        inner = inner[:-1] if trim else inner
        if not inner.lstrip().startswith("/*"):
            found.append((True, inner.strip(), line))
        line += text.count("\n", start, end + 2)
        last = end + 2
    return found


def _end(text: str, place: int) -> int | None:
    """Where an action ends, past its texts and its comment; None where it does not."""
    while True:
        match = _STOP.search(text, place)
        if match is None or match[0] == "}}":
            return match.start() if match is not None else None
        close = _CLOSE[match[0]].search(text, match.end())
        if close is None:
            return None
        place = close.end()


@dataclass(slots=True)
class _Parser:
    pieces: list[tuple[bool, str, int]]
    place: int = 0

    def nodes(self, depth: int) -> list[Node]:
        """Read up to an ``end`` or ``else``, which stays."""
        found: list[Node] = []
        while self.place < len(self.pieces):
            action, text, line = self.pieces[self.place]
            word = text.split(None, 1)[0] if action and text else ""
            if action and word in {"end", "else"}:
                break
            self.place += 1
            if not action:
                found.append(Node("text", line, text))
            elif word:
                found.append(self._action(word, text, line, depth))
        return found

    def _action(self, word: str, text: str, line: int, depth: int) -> Node:
        rest = text[len(word) :].strip() if word in _BLOCKS | {"template"} else text
        if depth > MAX_NESTED:
            raise TemplateError("blocks that are nested too deeply", line)
        if word in {"break", "continue"}:
            return Node(word, line)
        if word in {"define", "block", "template"}:
            name, pipeline = named(rest, line)
            node = Node(word, line, name, pipeline)
        else:
            kind = word if word in _BLOCKS else "value"
            node = Node(kind, line, pipeline=expression(rest, line))
        if word in _BLOCKS:
            self._block(node, depth)
        return node

    def _block(self, node: Node, depth: int) -> None:
        node.body = self.nodes(depth + 1)
        if self.place >= len(self.pieces):
            raise TemplateError(f"{node.kind} without an end", node.line)
        _, text, line = self.pieces[self.place]
        self.place += 1
        if text.split(None, 1)[0] == "end":
            return
        rest = text[len("else") :].strip()
        if rest:
            word = rest.split(None, 1)[0]
            inner = Node(word, line, pipeline=expression(rest[len(word) :], line))
            self._block(inner, depth + 1)
            node.other = [inner]
            return
        node.other = self.nodes(depth + 1)
        if self.place >= len(self.pieces):
            raise TemplateError(f"{node.kind} without an end", node.line)
        self.place += 1
