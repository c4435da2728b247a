"""YAML that nobody vouches for: values with their lines; no tags, no bombs, no doubles."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import yaml

from depmap.collecting.yaml_text import YamlProblem, check_depth
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

MAX_ITEMS = 200_000
"""Values of one file, each alias counted with all that it stands for."""

MAX_DEPTH = 60
MAX_BROKEN = 20
"""Documents of one file that may be broken before the rest of it is left."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MARK = re.compile(r"---(?:\s|$)")
_PLAIN = "tag:yaml.org,2002:"
_TAGS = frozenset(
    {"null", "bool", "int", "float", "str", "timestamp", "binary", "value", "seq", "map"}
)


@dataclass(frozen=True, slots=True)
class Item:
    """A value and its line: a text, None, a list, or a mapping of texts.

    Attributes:
        value: the value.
        line: the line it starts at, counted from 1; that of its key where it has one.
    """

    value: str | list[Item] | dict[str, Item] | None
    line: int

    def __getitem__(self, key: str) -> Item:
        """The item under a key; an empty one where there is none."""
        if isinstance(self.value, dict):
            return self.value.get(key, EMPTY)
        return EMPTY

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.value)

    @property
    def text(self) -> str:
        """The text, empty for other values."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def items(self) -> list[Item]:
        """The elements of a list; nothing for other values."""
        return self.value if isinstance(self.value, list) else []

    @property
    def pairs(self) -> dict[str, Item]:
        """The entries of a mapping; nothing for other values."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def texts(self) -> list[Item]:
        """A text or a list of texts, as a list."""
        if isinstance(self.value, str):
            return [self]
        return [item for item in self.items if isinstance(item.value, str)]


EMPTY = Item(None, 0)


class _RefusedError(Exception):
    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


def documents(text: str, path: str) -> Iterator[Item | Gap]:
    """Yield each document of a file; a broken one is a gap, and the next ``---`` goes on.

    Args:
        text: the text of the file.
        path: its path, for gaps.
    """
    start = 0
    for _ in range(MAX_BROKEN):
        broken = yield from _whole(text, start, path)
        after = _next(text, broken) if broken is not None else None
        if after is None:
            return
        start = after


def _whole(text: str, start: int, path: str) -> Generator[Item | Gap, None, int | None]:
    """Yield the documents from a place on; return the line of one that is broken."""
    held = "\n" * text.count("\n", 0, start) + text[start:] if start else text
    loader = _LOADER(held)
    try:
        with suppress(yaml.YAMLError):  # what comes before it is read all the same
            check_depth(held)
        while loader.check_node():
            node = loader.get_node()
            assert isinstance(node, yaml.Node)  # noqa: S101 - check_node said so
            builder = _Builder(path)
            try:
                yield builder.build(node, 0)
            except _RefusedError as error:
                yield Gap("a document that is not read", str(error), f"{path}:{error.line}")
            yield from builder.gaps
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        why = " ".join(str(getattr(error, "problem", None) or error).split())
        yield Gap("a file that is not YAML", why, f"{path}:{line}")
        return line
    except YamlProblem as problem:
        yield Gap("a file that is not read", problem.why, f"{path}:{problem.line}")
    finally:
        loader.dispose()
    return None


def _next(text: str, line: int) -> int | None:
    """Where the first document starts that is after a line; None without one."""
    place = 0
    for number, one in enumerate(text.splitlines(keepends=True), 1):
        if number >= line and place and _MARK.match(one):
            return place + len(one)
        place += len(one)
    return None


class _Builder:
    def __init__(self, path: str) -> None:
        self.path = path
        self.gaps: list[Gap] = []
        self._count = 0

    def build(self, node: yaml.Node, depth: int) -> Item:
        line = node.start_mark.line + 1
        self._count += 1
        if self._count > MAX_ITEMS:
            raise _RefusedError(f"it has more than {MAX_ITEMS:,} values, aliases counted", line)
        if depth > MAX_DEPTH:
            raise _RefusedError("it is nested too deeply", line)
        if node.tag == "!reset":  # compose: the value of the files before is taken away
            return Item(None, line)
        if node.tag.removeprefix(_PLAIN) not in _TAGS and node.tag != "!override":
            raise _RefusedError(f"tags such as {node.tag} are not followed", line)
        if isinstance(node, yaml.MappingNode):
            return Item(self._mapping(node, depth), line)
        if isinstance(node, yaml.SequenceNode):
            return Item([self.build(item, depth + 1) for item in node.value], line)
        empty = node.tag == f"{_PLAIN}null"
        return Item(None if empty else str(node.value), line)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Item]:
        own: dict[str, Item] = {}
        merged: dict[str, Item] = {}
        for key, value in node.value:
            if key.tag == f"{_PLAIN}merge":
                self._merge(value, merged, depth)
                continue
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if name in own:
                line = key.start_mark.line + 1
                why = "the second one counts, as for most readers"
                self.gaps.append(Gap(f"the key {name} is there twice", why, f"{self.path}:{line}"))
            own[name] = replace(self.build(value, depth + 1), line=key.start_mark.line + 1)
        return merged | own

    def _merge(self, node: yaml.Node, merged: dict[str, Item], depth: int) -> None:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for item in nodes:
            for name, value in self.build(item, depth + 1).pairs.items():
                merged.setdefault(name, value)
