"""Filling in the templates of a chart with its values, each line with where it came from."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from collectors.manifests.chart_files import Files
from collectors.manifests.goexpressions import Pipeline, TemplateError, Word
from collectors.manifests.gotemplates import Node, parse
from collectors.manifests.govalues import MAX_TEXT, text, to_yaml, true
from collectors.manifests.sprig import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_STEPS = 400_000
"""Actions of one chart that are followed."""

MAX_INCLUDES = 30
_NOTHING = re.compile(
    r"labels|annotations|selector|affinit|tolerat|checksum|validat|notes", re.IGNORECASE
)
_GROUPS = {"deployment": "apps/v1", "statefulset": "apps/v1", "daemonset": "apps/v1",
           "ingress": "networking.k8s.io/v1", "networkPolicy": "networking.k8s.io/v1",
           "cronjob": "batch/v1", "job": "batch/v1", "hpa": "autoscaling/v2"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filled:
    """What a template gives.

    Attributes:
        text: the text.
        lines: for each of its lines, the line of the template it came from.
    """

    text: str
    lines: tuple[int, ...]


@dataclass(slots=True)
class _Out:
    pieces: list[tuple[str, int, bool]] = field(default_factory=list)
    size: int = 0

    def add(self, shown: str, line: int, *, written: bool = False) -> None:
        """Add a text; one that is written there has a line of its own for each of its lines."""
        self.size += len(shown)
        if self.size > MAX_TEXT:
            raise TemplateError("it grows too long", line)
        self.pieces.append((shown, line, written))

    @property
    def text(self) -> str:
        return "".join(shown for shown, _, _ in self.pieces)


@dataclass(slots=True)
class Template:
    """What the templates of a chart are filled in with.

    Attributes:
        given: ``Values``, ``Chart``, ``Release`` and ``Files``.
        defines: the named templates of the chart and those it is used with.
        unknown: functions and named templates that were asked for and are not known, with lines.
    """

    given: dict[str, Any]
    defines: dict[str, list[Node]] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    _steps: int = 0
    _depth: int = 0

    def learn(self, source: str) -> None:
        """Take over the named templates of a file; nothing of one that is no template."""
        with suppress(TemplateError, RecursionError):
            self._learn(parse(source))

    def _learn(self, nodes: list[Node]) -> None:
        for node in nodes:
            if node.kind in {"define", "block"}:
                self.defines[node.text] = node.body
            self._learn(node.body)
            self._learn(node.other)

    def fill(self, source: str) -> Filled:
        """Return a template filled in.

        Raises:
            TemplateError: it cannot be read, or has no end.
        """
        out = _Out()
        try:
            nodes = parse(source)
            self._run(nodes, self.given, [{"$": self.given}], out)
        except (RecursionError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise TemplateError(f"it cannot be filled in: {error}", 1) from error
        return _filled(out)

    def _run(self, nodes: list[Node], dot: Any, frames: list[dict[str, Any]], out: _Out) -> str:
        """Run some nodes; return ``break`` or ``continue`` where they end a loop."""
        frames = [*frames, {}]
        for node in nodes:
            self._steps += 1
            if self._steps > MAX_STEPS:
                raise TemplateError("it takes too many steps", node.line)
            match node.kind:
                case "text":
                    out.add(node.text, node.line, written=True)
                case "value":
                    value = self._pipeline(node.pipeline, dot, frames, node.line)
                    if not node.pipeline.names:
                        out.add(text(value), node.line)
                case "template" | "block":
                    value = self._pipeline(node.pipeline, dot, frames, node.line)
                    out.add(self._include(node.text, value, node.line), node.line)
                case "break" | "continue":
                    return node.kind
                case "if" | "with" | "range":
                    ended = self._block(node, dot, frames, out)
                    if ended:
                        return ended
        return ""

    def _block(self, node: Node, dot: Any, frames: list[dict[str, Any]], out: _Out) -> str:
        inner = [*frames, {}]
        if node.kind == "range":
            return self._range(node, dot, inner, out)
        value = self._pipeline(node.pipeline, dot, inner, node.line)
        if true(value):
            return self._run(node.body, value if node.kind == "with" else dot, inner, out)
        return self._run(node.other, dot, frames, out)

    def _range(self, node: Node, dot: Any, frames: list[dict[str, Any]], out: _Out) -> str:
        names = node.pipeline.names
        value = self._pipeline(Pipeline(node.pipeline.commands), dot, frames, node.line)
        if isinstance(value, Files):
            value = dict(value.all())
        if isinstance(value, bool | str) or value is None:
            value = []
        pairs: list[tuple[Any, Any]] = (
            sorted(value.items()) if isinstance(value, dict)
            else list(enumerate(range(value) if isinstance(value, int) else value))
        )  # fmt: skip
        for key, one in pairs:
            held = dict(zip(reversed(names), (one, key), strict=False))
            if self._run(node.body, one, [*frames, held], out) == "break":
                break
        if not pairs:
            return self._run(node.other, dot, frames, out)
        return ""

    def _pipeline(
        self, pipeline: Pipeline, dot: Any, frames: list[dict[str, Any]], line: int
    ) -> Any:
        value: Any = None
        for number, command in enumerate(pipeline.commands):
            value = self._command(command, [value] if number else [], (dot, frames), line)
            if isinstance(value, str) and len(value) > MAX_TEXT:
                raise TemplateError("it grows too long", line)
        for name in pipeline.names:
            frame = next((one for one in reversed(frames) if name in one), frames[-1])
            (frames[-1] if pipeline.declares else frame)[name] = value
        return value

    def _command(
        self,
        words: tuple[Word, ...],
        piped: list[Any],
        scope: tuple[Any, list[dict[str, Any]]],
        line: int,
    ) -> Any:
        first, *rest = words
        given = [self._word(one, scope, line) for one in rest] + piped
        if first.kind == "call":
            return self._call(str(first.value), given, scope, line)
        value = self._word(first, scope, line)
        return value(*given) if callable(value) else value

    def _word(self, word: Word, scope: tuple[Any, list[dict[str, Any]]], line: int) -> Any:
        dot, frames = scope
        match word.kind:
            case "literal":
                return word.value
            case "call":
                return self._call(str(word.value), [], scope, line)
            case "var":
                name = str(word.value)
                value = next((one[name] for one in reversed(frames) if name in one), None)
            case "pipe":
                assert word.inner is not None  # noqa: S101 - the parser gave it one
                value = self._pipeline(word.inner, dot, frames, line)
            case _:
                value = dot
        for part in word.path:
            value = _member(value, part)
        return value

    def _call(
        self, name: str, given: list[Any], scope: tuple[Any, list[dict[str, Any]]], line: int
    ) -> Any:
        if name in {"include", "tpl"} and given:
            dot = given[1] if len(given) > 1 else scope[0]
            return self._put_in(name, text(given[0]), dot, line)
        function: Callable[..., Any] | None = FUNCTIONS.get(name)
        if function is None:
            self.unknown.setdefault(f"the function {name}", line)
            return None
        return function(*given)

    def _put_in(self, how: str, what: str, dot: Any, line: int) -> str:
        if how == "include":
            return self._include(what, dot, line)
        out = _Out()
        self._run(parse(what), dot, [{"$": dot}], out)
        return out.text

    def _include(self, name: str, dot: Any, line: int) -> str:
        body = self.defines.get(name)
        if body is None:
            return self._missing(name, dot, line)
        if self._depth >= MAX_INCLUDES:
            raise TemplateError(f"{name} includes itself", line)
        out = _Out()
        self._depth += 1
        try:
            self._run(body, dot, [{"$": dot}], out)
        finally:
            self._depth -= 1
        return out.text

    def _missing(self, name: str, dot: Any, line: int) -> str:
        """What a named template of a library that is not there gives, as they usually do."""
        last = name.rpartition(".")[2]
        chart, release = self.given.get("Chart", {}), self.given.get("Release", {})
        own = text(_member(self.given.get("Values"), "nameOverride")) or text(chart.get("Name"))
        if last.lower().endswith("fullname"):
            held = text(_member(self.given.get("Values"), "fullnameOverride"))
            outer = text(release.get("Name"))
            return held or (outer if own in outer else f"{outer}-{own}")
        if last == "render" and isinstance(dot, dict):
            value = dot.get("value")
            return self._put_in(
                "tpl",
                value if isinstance(value, str) else to_yaml(value),
                dot.get("context"),
                line,
            )
        if last == "apiVersion":
            return _GROUPS.get(name.split(".")[-2], "v1")
        if last.lower().endswith("name"):
            return own
        if not _NOTHING.search(name):
            self.unknown.setdefault(f"the template {name}", line)
        return ""


def _member(value: Any, name: str) -> Any:
    if isinstance(value, Files):
        return value.member(name)
    if name == "Has":
        return lambda api: "openshift" not in text(api)
    return value.get(name) if isinstance(value, dict) else None


def _filled(out: _Out) -> Filled:
    """The text, with the template's line for each of its lines: the first that says anything."""
    lines: list[int] = [0]
    for shown, start, written in out.pieces:
        for number, part in enumerate(shown.split("\n")):
            if number:
                lines.append(0)
            if not lines[-1] and part.strip():
                lines[-1] = start + number if written else start
    return Filled(out.text, tuple(lines))
