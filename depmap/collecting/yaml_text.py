"""YAML as data with positions, read from files that nobody vouches for.

Only what JSON could say: no tags, no dates (they stay text), and the booleans of YAML 1.2, so that
``no`` is the word. Anchors are allowed within a bound on the size of what they expand to.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import yaml

MAX_VALUES = 200_000
MAX_DEPTH = 100
_PREFIX = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"^[-+]?(0|[1-9][0-9]*)$")

Path = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""


class YamlProblem(Exception):  # noqa: N818 - a problem of the text, shown as a gap or an error
    """A text that cannot be read as data.

    Attributes:
        why: the reason, in words.
        line: 1-based line.
        column: 1-based column.
    """

    def __init__(self, why: str, line: int, column: int) -> None:
        """Keep where it is."""
        super().__init__(why)
        self.why = why
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a YAML text.

    Attributes:
        value: the data: dicts, lists, str, int, float, bool, None.
        marks: 1-based (line, column) of each value, and of each key as ``(*path, key, "")``.
        line: the line on which the document starts.
    """

    value: Any
    marks: dict[Path, tuple[int, int]]
    line: int

    def where(self, path: Path) -> tuple[int, int]:
        """Return the position of a value, or of its nearest parent that has one."""
        while path not in self.marks and path:
            path = path[:-1]
        return self.marks.get(path, (self.line, 1))

    def key(self, path: Path) -> tuple[int, int]:
        """Return the position of the key that names a value."""
        return self.marks.get((*path, ""), self.where(path))


def read_documents(text: str) -> list[Document | YamlProblem]:
    """Return the documents of a text; one that is broken is a problem, the others are kept.

    A syntax error ends the text, since where the next document starts is then unknown, except at
    a line of ``---``.
    """
    found: list[Document | YamlProblem] = []
    for start, part in _parts(text):
        try:
            found.extend(_read(part, start))
        except YamlProblem as problem:
            found.append(problem)
    return found


def _parts(text: str) -> list[tuple[int, str]]:
    """Cut at document marks, so that one broken document does not lose the rest."""
    parts: list[tuple[int, list[str]]] = [(0, [])]
    for number, line in enumerate(text.splitlines(keepends=True)):
        if line.rstrip() == "---" and parts[-1][1]:
            parts.append((number, []))
        parts[-1][1].append(line)
    return [(start, "".join(lines)) for start, lines in parts]


def _read(text: str, start: int) -> list[Document | YamlProblem]:
    try:
        check_depth(text, start)
        roots: list[yaml.Node] = list(yaml.compose_all(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        raise YamlProblem(error.problem or "not YAML", start + line + 1, column + 1) from None
    except (yaml.YAMLError, ValueError) as error:
        raise YamlProblem(str(error).splitlines()[0], start + 1, 1) from None
    return [_Builder(start).document(root) for root in roots]


def check_depth(text: str, start: int = 0) -> None:
    """Refuse deep nesting before nodes are composed: the composer in C recurses until it crashes.

    Other mistakes of the text are left to whoever composes it.

    Args:
        text: the YAML text.
        start: the number of lines before it, for positions.

    Raises:
        YamlProblem: the text is nested deeper than ``MAX_DEPTH``.
    """
    depth = 0
    with suppress(yaml.YAMLError):
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    mark: Any = event.start_mark
                    raise YamlProblem("nested too deeply", start + mark.line + 1, mark.column + 1)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Builder:
    """Turns the node tree of one document into data."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.marks: dict[Path, tuple[int, int]] = {}
        self.count = 0

    def document(self, root: yaml.Node) -> Document:
        value = self.value(root, ())
        return Document(value, self.marks, self.start + root.start_mark.line + 1)

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.count += 1
        if self.count > MAX_VALUES or len(path) > MAX_DEPTH:
            raise self.problem("expands to more than it may", node)
        self.marks[path] = self.position(node)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            self.check_tag(node, "seq")
            return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
        return self.scalar(node)

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        self.check_tag(node, "map")
        data: dict[str, Any] = {}
        merged: list[Any] = []
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.problem("a key must be plain text", key_node)
            key = str(key_node.value)
            if key_node.tag == _PREFIX + "merge":
                values = self.value(value_node, (*path, key))
                merged.extend(values if isinstance(values, list) else [values])
                continue
            if key in data:
                raise self.problem(f"the key {key!r} stands here a second time", key_node)
            data[key] = self.value(value_node, (*path, key))
            self.marks[(*path, key, "")] = self.position(key_node)
        for other in merged:
            if isinstance(other, dict):
                data = {**other, **data}
        return data

    def scalar(self, node: yaml.Node) -> Any:
        text = str(node.value)
        kind = node.tag.removeprefix(_PREFIX)
        if kind in {"str", "timestamp", "value"}:
            return text
        if kind == "null":
            return None
        if kind == "bool":
            return {"true": True, "false": False}.get(text.lower(), text)
        if kind == "int":
            return int(text) if _INTEGER.match(text) and len(text) < 19 else text  # noqa: PLR2004
        if kind == "float":
            return _float(text)
        raise self.problem(f"the tag {node.tag!r} is not allowed", node)

    def check_tag(self, node: yaml.Node, kind: str) -> None:
        if node.tag != _PREFIX + kind:
            raise self.problem(f"the tag {node.tag!r} is not allowed", node)

    def position(self, node: yaml.Node) -> tuple[int, int]:
        return (self.start + node.start_mark.line + 1, node.start_mark.column + 1)

    def problem(self, why: str, node: yaml.Node) -> YamlProblem:
        return YamlProblem(why, *self.position(node))


def _float(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
