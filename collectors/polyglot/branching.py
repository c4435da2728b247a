"""Programs that are several in one: what the words of their command lines lead to, of Go.

From the ``case`` of a word, or the command of cobra that it names, the functions are followed
that run then. A method counts when its class is made on the way there, and it is exported (what
is not may only be called by name).
"""

from __future__ import annotations

import posixpath
import re
import sys
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.polyglot.environment import env
from collectors.polyglot.expressions import Fork, Function, Site, Summary
from collectors.polyglot.imports import go_folders
from depmap.model.relations import Branch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from collectors.polyglot.expressions import Expr
    from collectors.polyglot.program import Program
    from collectors.polyglot.project import Project

_ARGUMENT = re.compile(r"(?:flag\.Args?|os\.Args|flagSet\.Args?)$")
_MAIN = frozenset({"main", "init"})
MAX_DEPTH = 12
_Place = tuple[str, int, int]
"""A file with the first and the last line of a function, or of a part of one."""

_Fork = tuple[Summary, Fork, str]
"""A part that only runs for some words, its file, and the variable that is asked."""

_Class = tuple[str, str]
"""The folder of a package and the name of a class in it."""


def branches(
    root: str, program: Program, project: Project, modules: Mapping[str, str]
) -> Iterator[Branch]:
    """Yield what each word of a program's command lines does not lead to, and others do.

    Args:
        root: the name of the root.
        program: every project.
        project: the one that is asked about.
        modules: the folder of each Go module, by its name.
    """
    forks = [
        (file, fork, variable)
        for file in project.files
        if file.language == "go"
        for fork in file.forks
        if (variable := _decides(program, file, fork)) is not None
    ]  # fmt: skip
    words = {(word, variable) for _, fork, variable in forks for word in fork.words}
    if len(words) < 2:  # noqa: PLR2004 - one way is no fork
        return
    code = _Code.of(project, modules)
    every = [(file.path, fork.first, fork.last) for file, fork, _ in forks]
    base = [pair for pair in code.loose if not _inside(pair, every)]
    own = {key: _places(forks, key) for key in sorted(words)}
    reached = {
        key: code.reached([*base, *(p for p in code.every if _inside(p, mine))], every, mine)
        for key, mine in own.items()
    }
    together = set().union(*reached.values())
    for key, mine in sorted(reached.items()):
        apart = sorted((together - mine) | (set(every) - set(own[key])))
        path, first, _ = own[key][0]
        yield Branch(
            root=root,
            locator=f"{path}:{first}",
            word=key[0],
            variable=key[1],
            program=project.folder,
            apart=tuple(f"{file}:{start}-{end}" for file, start, end in apart),
        )


def _places(forks: list[_Fork], key: tuple[str, str]) -> list[_Place]:
    """The parts of a program that a word leads to."""
    return [
        (file.path, fork.first, fork.last)
        for file, fork, asked in forks
        if asked == key[1] and key[0] in fork.words
    ]


def _decides(program: Program, file: Summary, fork: Fork) -> str | None:
    """The variable of the environment that a fork asks for; empty for the command line."""
    if fork.asked is None:
        return ""
    waiting = [fork.asked]
    for _ in range(MAX_DEPTH):
        if not waiting:
            break
        expr = waiting.pop()
        read = env(expr, file) if expr.op in {"call", "attr", "index"} else None
        if read is not None and read.op == "env":
            return read.text
        named = expr.dotted() or (expr.args[0].dotted() if expr.args else "")
        if _ARGUMENT.search(named):
            return ""
        if expr.op == "name":
            held = program.project(file).assigns.get(expr.text, [])
            waiting += [one.value for path, one in held if path is file]
        waiting += expr.given if expr.op == "call" else expr.args
    return None


def _inside(pair: tuple[Summary, Site], places: Iterable[_Place]) -> bool:
    file, site = pair
    return any(path == file.path and a <= site.call.line <= b for path, a, b in places)


@dataclass(slots=True)
class _Seen:
    """What running code names, and the classes that it makes.

    Attributes:
        names: a function with the folder of its package before it; of others a dot before it.
        live: the classes.
    """

    names: set[str] = field(default_factory=set)
    live: set[_Class] = field(default_factory=set)


@dataclass(slots=True)
class _Code:
    """The functions of a project by what calls them."""

    functions: dict[tuple[str, str], list[tuple[Summary, Function]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    methods: dict[_Class, list[tuple[Summary, Function]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    classes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    inside: dict[_Place, list[tuple[Summary, Site]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    every: list[tuple[Summary, Site]] = field(default_factory=list)
    loose: list[tuple[Summary, Site]] = field(default_factory=list)
    aliases: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, project: Project, modules: Mapping[str, str]) -> _Code:
        code = cls()
        for file in (one for one in project.files if one.language == "go"):
            folder = posixpath.dirname(file.path)
            code.aliases[file.path] = go_folders(file, modules)
            for name in file.bases:
                code.classes[name].add(folder)
            for name, held in file.functions.items():
                for one in held:
                    if one.of:
                        code.methods[folder, one.of].append((file, one))
                    else:
                        code.functions[folder, name].append((file, one))
            starts = sorted(
                (one.line, one.end) for held in file.functions.values() for one in held
            )
            for site in file.sites:
                pair = (file, site)
                code.every.append(pair)
                place = bisect_right(starts, (site.call.line, sys.maxsize)) - 1
                if place >= 0 and site.call.line <= starts[place][1]:
                    code.inside[file.path, *starts[place]].append(pair)
                if not site.context.function or site.context.function in _MAIN:
                    code.loose.append(pair)
        return code

    def reached(
        self, start: list[tuple[Summary, Site]], forks: list[_Place], own: list[_Place]
    ) -> set[_Place]:
        """The functions that run where some calls do; the other branches' calls do not."""
        closed = [one for one in forks if one not in own]
        found: set[_Place] = set()
        seen = _Seen()
        waiting = [pair for pair in start if not _inside(pair, closed)]
        while waiting:
            new = _Seen()
            for file, site in waiting:
                self._take(file, site.call, new.names, new.live)
            waiting = []
            for file, function in self._called(seen, new):
                place = (file.path, function.line, function.end)
                if place not in found:
                    found.add(place)
                    held = self.inside.get(place, ())
                    waiting += [pair for pair in held if not _inside(pair, closed)]
            seen.names |= new.names
            seen.live |= new.live
        return found

    def _take(self, file: Summary, call: Expr, names: set[str], live: set[_Class]) -> None:
        """Note what an expression names: functions, classes that are made, methods."""
        folder = posixpath.dirname(file.path)
        aliases = self.aliases[file.path]
        for one in _within(call, 0):
            if one.op == "new":
                there = self.classes.get(one.text, set())
                near = {folder} & there or set(aliases.values()) & there
                live.update((held, one.text) for held in near)
            elif one.op == "attr":
                base = one.args[0].text if one.args and one.args[0].op == "name" else ""
                inside = aliases.get(base)
                names.add(f"{inside} {one.text}" if inside is not None else f". {one.text}")
            elif one.op == "name":
                names.add(f"{folder} {one.text}")

    def _called(self, seen: _Seen, new: _Seen) -> Iterator[tuple[Summary, Function]]:
        """What newly runs: functions that are newly named, methods of classes newly made."""
        named = new.names - seen.names
        for name in named:
            folder, _, last = name.rpartition(" ")
            yield from self.functions.get((folder, last), ())
        for one in seen.live | new.live:
            fresh = one not in seen.live
            for file, function in self.methods.get(one, ()):
                called = f". {function.name}"
                if called in named or (
                    fresh and (function.name[:1].isupper() or called in seen.names)
                ):
                    yield file, function


def _within(expr: Expr, depth: int) -> Iterator[Expr]:
    yield expr
    if depth < MAX_DEPTH:
        for one in expr.args:
            yield from _within(one, depth + 1)
