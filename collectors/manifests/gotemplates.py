"""The syntax of Go's templates: text and actions, as a tree with lines."""

from __future__ import annotations

import ast
import re
from contextlib import suppress
from dataclasses import dataclass, field

MAX_NESTED = 60
"""Blocks or brackets in one another, before a template is refused."""

_LEFT = re.compile(r"\{\{-\s")
_STOP = re.compile(r"\}\}|/\*|[`\"]")
_CLOSE = {"/*": re.compile(r"\*/"), "`": re.compile("`"),
          '"': re.compile(r"(?:[^\"\\]|\\.)*+\"", re.DOTALL)}  # fmt: skip
_TOKEN = re.compile(
    r"\s*(?:(?P<string>\"(?:\\.|[^\"\\])*\")|(?P<raw>`[^`]*`)|(?P<char>'(?:\\.|[^'\\])+')"
    r"|(?P<number>-?\d[\w.]*)|(?P<set>:?=)|(?P<mark>[|(),])"
    r"|(?P<var>\$\w*(?:\.\w+)*)|(?P<field>(?:\.\w+)+|\.)|(?P<word>\w+))"
)
_FIXED = {"true": True, "false": False, "nil": None}
_BLOCKS = frozenset({"if", "range", "with", "define", "block"})


class TemplateError(Exception):
    """A template that cannot be read or filled in."""

    def __init__(self, why: str, line: int) -> None:
        """Say why, and at which line."""
        super().__init__(why)
        self.line = line


@dataclass(frozen=True, slots=True)
class Word:
    """A part of an expression.

    Attributes:
        kind: ``literal``, ``var`` (``$x.a``), ``field`` (``.a.b``), ``call`` (a function's name)
            or ``pipe`` (what is in brackets).
        value: the literal, or the name of the variable or function.
        path: the fields that are taken of it.
        inner: the pipeline in brackets.
    """

    kind: str
    value: str | int | float | bool | None = None
    path: tuple[str, ...] = ()
    inner: Pipeline | None = None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands, each a list of words, of which each gives its value to the next.

    Attributes:
        commands: the commands.
        names: the variables that get the value; of two, the first gets keys.
        declares: whether they are new ones.
    """

    commands: tuple[tuple[Word, ...], ...] = ()
    names: tuple[str, ...] = ()
    declares: bool = False


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
            name, pipeline = _named(rest, line)
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


def _named(text: str, line: int) -> tuple[str, Pipeline]:
    match = _TOKEN.match(text)
    name = match["string"] or match["raw"] if match is not None else None
    if match is None or name is None:
        raise TemplateError("a name is missing", line)
    return name[1:-1], expression(text[match.end() :], line)


def expression(text: str, line: int) -> Pipeline:
    """Return what is in an action.

    Raises:
        TemplateError: it is no expression.
    """
    tokens: list[tuple[str, str, bool]] = []
    place = 0
    text = text.strip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise TemplateError(f"{text[place : place + 20]!r} is not understood", line)
        close = match.start(match.lastgroup) == place
        tokens.append((match.lastgroup, match[match.lastgroup], close))
        place = match.end()
    reader = _Reader(tokens, line)
    found = reader.pipeline(0)
    if reader.place < len(tokens):
        raise TemplateError("a bracket too many", line)
    return found


@dataclass(slots=True)
class _Reader:
    tokens: list[tuple[str, str, bool]]
    line: int
    place: int = 0

    def pipeline(self, depth: int) -> Pipeline:
        if depth > MAX_NESTED:
            raise TemplateError("brackets that are nested too deeply", self.line)
        names, declares = self._assigned() if depth == 0 else ((), False)
        commands: list[tuple[Word, ...]] = []
        words: list[Word] = []
        while self.place < len(self.tokens):
            kind, text, close = self.tokens[self.place]
            if (kind, text) == ("mark", ")"):
                break
            self.place += 1
            if (kind, text) == ("mark", "|"):
                commands.append(tuple(words))
                words = []
            elif (kind, text) == ("mark", "("):
                words.append(self._bracket(depth))
            elif kind == "field" and close and text != "." and words and self._joined():
                last = words.pop()
                words.append(Word(last.kind, last.value, (*last.path, *_path(text)), last.inner))
            else:
                words.append(self._word(kind, text))
        commands.append(tuple(words))
        return Pipeline(tuple(one for one in commands if one), names, declares)

    def _joined(self) -> bool:
        return self.tokens[self.place - 2][:2] == ("mark", ")")

    def _bracket(self, depth: int) -> Word:
        inner = self.pipeline(depth + 1)
        if self.place >= len(self.tokens):
            raise TemplateError("a bracket without an end", self.line)
        self.place += 1
        return Word("pipe", inner=inner)

    def _assigned(self) -> tuple[tuple[str, ...], bool]:
        for number, (kind, text, _) in enumerate(self.tokens[:4]):
            if kind == "set":
                names = tuple(one for kind, one, _ in self.tokens[:number] if kind == "var")
                self.place = number + 1
                return names, text == ":="
        return (), False

    def _word(self, kind: str, text: str) -> Word:
        name, _, rest = text.partition(".")
        made = {
            "string": lambda: Word("literal", _unescaped(text)),
            "raw": lambda: Word("literal", text[1:-1]),
            "char": lambda: Word("literal", text[1:-1]),
            "number": lambda: Word("literal", _number(text)),
            "var": lambda: Word("var", name, _path(rest)),
            "field": lambda: Word("field", path=_path(text)),
            "word": lambda: (
                Word("literal", _FIXED[text]) if text in _FIXED else Word("call", text)
            ),
        }
        if kind not in made:
            raise TemplateError(f"{text!r} in the wrong place", self.line)
        return made[kind]()


def _path(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(".") if part)


def _unescaped(text: str) -> str:
    try:
        return str(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text[1:-1]


def _number(text: str) -> int | float | str:
    with suppress(ValueError):
        return int(text)
    with suppress(ValueError):
        return float(text)
    return text
