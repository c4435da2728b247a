"""Changing a person's file: lines are put in, and every other byte stays as it was written.

The text is never written anew from its data: that would lose comments, order and style. Each
change is read back, and one that gives anything but what was meant is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from depmap.collecting.yaml_text import Document
from depmap.errors import InputError
from depmap.interviewing.reading import documents, readable
from depmap.interviewing.writing import scalar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depmap.interviewing.mistakes import Path

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Edited:
    """One document of a file, under change."""

    def __init__(self, text: str, name: str, line: int = 1) -> None:
        """Take the text.

        Args:
            text: what the file holds, its line ends as they are.
            name: the file's name, for errors.
            line: a line of the document that is changed; the others stay as they are.

        Raises:
            InputError: the document cannot be read.
        """
        self._before, self.text, self._behind = _cut(text, line)
        self._name = name
        self._data = self._read()
        self._end = "\r\n" if "\r\n" in text else "\n"

    @property
    def whole(self) -> str:
        """The text of the file as it is now."""
        return self._before + self.text + self._behind

    def add_items(self, section: str, items: Sequence[Sequence[str]]) -> None:
        """Put items at the end of a list, which is made where there is none.

        Args:
            section: a key at the top.
            items: the lines of each, not indented; the first but comments begins with a dash.

        Raises:
            InputError: the list is written in a way that cannot be added to.
        """
        added = [value for lines in items for value in _values(lines)]
        wanted = {**self._data, section: [*(self._data.get(section) or []), *added]}
        node = self._node((section,))
        if node is None:
            self._insert(len(self.text), self._block(items, 2, head=f"{section}:"))
        elif isinstance(node, yaml.SequenceNode) and node.flow_style and node.value:
            inner = "".join(f", {_flow(value)}" for value in added)
            self._insert(self._at(node.value[-1].end_mark), inner)
        elif isinstance(node, yaml.SequenceNode) and getattr(self._node(()), "flow_style", False):
            self._insert(self._at(node.start_mark) + 1, ", ".join(map(_flow, added)))
        elif isinstance(node, yaml.SequenceNode) and not node.flow_style:
            column = node.value[0].start_mark.column
            indent = self._lines()[node.value[0].start_mark.line].rfind("-", 0, column)
            self._insert(self._after(node.value[-1], indent), self._block(items, indent))
        else:
            kept = self.text[: self._at(node.start_mark)].rstrip(" ")
            self.text = kept + self.text[self._at(node.end_mark) :]
            self._insert(self._line_end(len(kept)), self._block(items, 2))
        self._verify(wanted)

    def set(self, path: Path, value: str) -> None:
        """Set a key to a text, where the map that holds it is there.

        Raises:
            InputError: the map is written in a way that cannot be added to.
        """
        wanted = _with(self._data, path, value)
        node, parent, key = self._node(path), self._node(path[:-1]), str(path[-1])
        if node is not None:
            start, end = self._at(node.start_mark), self._at(node.end_mark)
            gap = "" if self.text[start - 1 : start] in {" ", '"', "'"} else " "
            self.text = self.text[:start] + gap + scalar(value) + self.text[end:]
        elif isinstance(parent, yaml.MappingNode) and parent.value and parent.flow_style:
            self._insert(self._at(parent.value[-1][1].end_mark), f", {key}: {scalar(value)}")
        elif isinstance(parent, yaml.MappingNode) and parent.value:
            column = parent.value[0][0].start_mark.column
            at = self._after(parent.value[-1][1], column)
            self._insert(at, f"{' ' * column}{key}: {scalar(value)}{self._end}")
        self._verify(wanted)

    def _read(self) -> dict[str, Any]:
        found = documents(self.text)
        if len(found) != 1 or not isinstance(found[0], Document):
            raise InputError(
                "it must be free of mistakes before it can be changed",
                where=self._name,
                hint=f"depmap interview check {self._name}",
            )
        value = found[0].value
        return dict(value) if isinstance(value, dict) else {}

    def _verify(self, wanted: dict[str, Any]) -> None:
        found = documents(self.text)
        same = len(found) == 1 and isinstance(found[0], Document) and found[0].value == wanted
        if not same:
            raise InputError(
                "it is written in a way that cannot be added to without changing the rest",
                where=self._name,
                hint="change it by hand; nothing was written",
            )
        self._data = wanted

    def _node(self, path: Path) -> yaml.Node | None:
        node: yaml.Node | None = yaml.compose(readable(self.text), Loader=_LOADER)
        for step in path:
            if isinstance(node, yaml.MappingNode):
                pairs = [value for key, value in node.value if key.value == step]
                node = pairs[0] if pairs else None
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                node = node.value[step]
            else:
                return None
        return node

    def _lines(self) -> list[str]:
        return self.text.splitlines(keepends=True)

    def _at(self, mark: yaml.Mark) -> int:
        return sum(map(len, self._lines()[: mark.line])) + mark.column

    def _line_end(self, at: int) -> int:
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end + 1

    def _after(self, node: yaml.Node, indent: int) -> int:
        """Return where the next line goes: after a node and the comments that belong to it."""
        last = _last(node)
        at = self._at(last.end_mark)
        if not (isinstance(last, yaml.ScalarNode) and last.style in {"|", ">"}):
            # A text of several lines ends where the next line begins; all else, within a line.
            at = self._line_end(at)
        for line in self.text[at:].splitlines(keepends=True):
            bare = line.lstrip(" ")
            if not bare.startswith("#") or len(line) - len(bare) <= indent:
                break
            at += len(line)
        return at

    def _block(self, items: Sequence[Sequence[str]], indent: int, head: str = "") -> str:
        lines = [" " * indent + line for item in items for line in item]
        return "".join(line + self._end for line in ([head] if head else []) + lines)

    def _insert(self, at: int, text: str) -> None:
        before = self.text[:at]
        if text.endswith("\n") and before and not before.endswith("\n"):
            before += self._end
        self.text = before + text + self.text[at:]


def _cut(text: str, line: int) -> tuple[str, str, str]:
    """Return what stands before the document that holds a line, the document, and the rest.

    Documents begin at a line of ``---``, as they do for ``read_documents``.
    """
    lines = text.splitlines(keepends=True)
    marks = [at for at, content in enumerate(lines) if content.rstrip() == "---"]
    start = max((at for at in marks if at < line), default=0)
    only_comments = not any(one.strip() and not one.startswith("#") for one in lines[:start])
    start = 0 if only_comments else start
    end = min((at for at in marks if at >= max(line, start + 1)), default=len(lines))
    return "".join(lines[:start]), "".join(lines[start:end]), "".join(lines[end:])


def _last(node: yaml.Node) -> yaml.Node:
    """Return the piece of a node that ends last; the end of a block itself lies further on."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last(last[1] if isinstance(last, tuple) else last)
    return node


def _values(lines: Sequence[str]) -> list[Any]:
    found = documents("\n".join(lines))
    return list(found[0].value) if isinstance(found[0], Document) else []


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    return scalar(str(value))


def _with(data: Any, path: Path, value: str) -> Any:
    """Return data in which a path leads to a value."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        return [_with(item, rest, value) if i == step else item for i, item in enumerate(data)]
    return {**data, step: _with(data.get(step), rest, value)}
