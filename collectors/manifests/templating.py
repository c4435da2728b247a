"""Go templates as far as values fill them in: what stays unknown becomes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from collectors.manifests.yamls import EMPTY, Item

_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_CONTROL = re.compile(r"(if|with|range|define|block|else\s+if|else|end)\b\s*(.*)", re.DOTALL)
_PATH = re.compile(r"^\$?\.(Values|Chart|Release)\.([\w.]+)$")
_DEFINE = re.compile(
    r"\{\{-?\s*define\s+\"([^\"]+)\"\s*-?\}\}(.*?)\{\{-?\s*end\s*-?\}\}", re.DOTALL
)
_RELEASE = {"Name": "release", "Namespace": "", "Service": "Helm"}
MAX_INCLUDES = 6


@dataclass(frozen=True, slots=True)
class Template:
    """What fills a chart's templates in.

    Attributes:
        values: its values.yaml.
        chart: its Chart.yaml.
        texts: the files of the root, for what templates include.
    """

    values: Item
    chart: Item
    texts: Mapping[str, str]

    def fill(self, text: str) -> str:
        """Return a template with its lines where they were, and one branch of each condition."""
        shown: list[str] = []
        kept = [True]
        for line in text.split("\n"):
            filled, emptied = self._line(line, kept)
            whole = kept[-1] and not (emptied and not filled.strip(" -:"))
            shown.append(filled if whole else "")
        return "\n".join(shown)

    def _line(self, line: str, kept: list[bool]) -> tuple[str, bool]:
        """A line filled in, and whether there was anything to fill in."""
        found: list[str] = []
        last = 0
        for match in _ACTION.finditer(line):
            found.append(line[last : match.start()] if kept[-1] else "")
            last = match.end()
            control = _CONTROL.fullmatch(match[1])
            if control is not None:
                self._step(control[1].split()[0], control[1], control[2], kept)
            elif kept[-1] and not match[1].startswith("/*"):
                found.append(self._value(match[1], 0))
        found.append(line[last:] if kept[-1] else "")
        unfinished = "{{" in line and not _ACTION.search(line)
        return ("" if unfinished else "".join(found)), last > 0 or unfinished

    def _step(self, word: str, whole: str, condition: str, kept: list[bool]) -> None:
        if word == "end":
            if len(kept) > 1:
                kept.pop()
        elif word == "else":
            before = kept.pop() if len(kept) > 1 else True
            again = condition if "if" in whole else ""
            kept.append(kept[-1] and not before and (not again or self._true(again)))
        else:
            kept.append(kept[-1] and word != "define" and self._true(condition))

    def _true(self, condition: str) -> bool:
        """Whether a condition holds by the values; one that cannot be told does."""
        text = condition.strip()
        if text.startswith("not "):
            return not self._true(text[4:])
        equal = re.fullmatch(r"eq\s+(\S+)\s+\"?([^\"]*)\"?", text)
        if equal is not None and _PATH.match(equal[1]):
            return self._path(equal[1]) == equal[2]
        if _PATH.match(text):
            held = self._item(text)
            return bool(held) and held.text.lower() not in {"false", "0"}
        return True

    def _value(self, action: str, depth: int) -> str:
        """What an expression gives."""
        first, *pipes = [part.strip() for part in action.split("|")]
        text = self._first(first, depth)
        for pipe in pipes:
            word, _, rest = pipe.partition(" ")
            if word == "default" and not text:
                text = self._first(rest, depth)
            elif word == "quote" and not text.startswith('"'):
                text = f'"{text}"'
        return text

    def _first(self, text: str, depth: int) -> str:
        text = text.strip().removeprefix("(").removesuffix(")")
        if text.startswith(('"', "'", "`")):
            return text.strip("\"'`")
        word, _, rest = text.partition(" ")
        if word in {"include", "template"} and depth < MAX_INCLUDES:
            return self._included(rest.split()[0].strip('"') if rest else "", depth)
        if word in {"quote", "required", "tpl", "toString"}:
            return self._first(rest.rpartition(" ")[2] if word == "required" else rest, depth)
        if word == "printf":
            return self._printed(rest, depth)
        if word == "default":
            default, _, given = rest.partition(" ")
            return self._first(given, depth) or self._first(default, depth)
        return self._path(text)

    def _printed(self, rest: str, depth: int) -> str:
        match = re.match(r"\"([^\"]*)\"\s*(.*)", rest)
        if match is None:
            return ""
        given = iter([self._first(one, depth) for one in match[2].split()])
        return re.sub(r"%[sdv]", lambda _: next(given, ""), match[1])

    def _included(self, name: str, depth: int) -> str:
        """A named template of one line; a chart's usual names are the chart's own."""
        for path, text in self.texts.items():
            if path.endswith(".tpl") and name and f'"{name}"' in text:
                body = next((b for n, b in _DEFINE.findall(text) if n == name), "")
                filled = [
                    _ACTION.sub(lambda match: self._value(match[1], depth + 1), line).strip()
                    for line in body.splitlines()
                    if not any(_CONTROL.fullmatch(one) for one in _ACTION.findall(line))
                ]
                lines = [line for line in filled if line]
                if len(lines) == 1:
                    return lines[0]
        return self.chart["name"].text if re.search(r"name$", name, re.IGNORECASE) else ""

    def _path(self, text: str) -> str:
        match = _PATH.match(text)
        if match is not None and match[1] == "Release":
            return _RELEASE.get(match[2], "")
        return self._item(text).text

    def _item(self, text: str) -> Item:
        match = _PATH.match(text.strip().removeprefix("(").removesuffix(")"))
        if match is None:
            return EMPTY
        held = self.values if match[1] == "Values" else self.chart
        parts = match[2].split(".")
        if match[1] == "Chart":
            parts = [part[:1].lower() + part[1:] for part in parts]
        for part in parts:
            held = held[part]
        return held
