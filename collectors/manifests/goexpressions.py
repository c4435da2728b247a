"""The expressions in the actions of Go's templates: pipelines of commands, commands of words."""

from __future__ import annotations

import ast
import re
from contextlib import suppress
from dataclasses import dataclass

MAX_NESTED = 60
"""Blocks or brackets in one another, before a template is refused."""

_TOKEN = re.compile(
    r"\s*(?:(?P<string>\"(?:\\.|[^\"\\])*\")|(?P<raw>`[^`]*`)|(?P<char>'(?:\\.|[^'\\])+')"
    r"|(?P<number>-?\d[\w.]*)|(?P<set>:?=)|(?P<mark>[|(),])"
    r"|(?P<var>\$\w*(?:\.\w+)*)|(?P<field>(?:\.\w+)+|\.)|(?P<word>\w+))"
)
_FIXED = {"true": True, "false": False, "nil": None}


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


def named(text: str, line: int) -> tuple[str, Pipeline]:
    """Return the name of a template, and what it is given.

    Raises:
        TemplateError: there is no name, or what follows is no expression.
    """
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
