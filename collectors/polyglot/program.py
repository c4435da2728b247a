"""The files of a root by project: where a name leads to."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from collectors.polyglot.expressions import Annotation, Assign, Expr, Function, Site, Summary
from collectors.polyglot.project import Project
from collectors.polyglot.properties import Held, Properties

T = TypeVar("T")

MOST = 6
"""A name with more values than this is no name of one thing."""


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Where an expression stands, and what the parameters around it are given.

    Attributes:
        file: the file.
        function: the function around it.
        cls: the class around it.
        bound: what its parameters are given, each with where that stands.
    """

    file: Summary
    function: str = ""
    cls: str = ""
    bound: Mapping[str, tuple[Expr, Scope]] = field(default_factory=dict)


@dataclass(slots=True)
class Program:
    """Every project of a root.

    Attributes:
        projects: by their folder.
        settings: configuration files' keys, by the folder that they are for.
        marks: annotations, by the class that they are on or in.
        names: the folders of projects of .NET, by their generated names.
        taken: messages that some class consumes; None before it is asked for.
    """

    projects: dict[str, Project] = field(default_factory=dict)
    settings: Mapping[str, Properties] = field(default_factory=dict)
    marks: dict[str, list[tuple[Summary, Annotation]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    names: dict[str, str] = field(default_factory=dict)
    taken: frozenset[str] | None = None
    _of: dict[str, Project] = field(default_factory=dict)
    _assigned: dict[tuple[object, ...], list[tuple[Summary, Assign]]] = field(default_factory=dict)
    _functions: dict[tuple[str, str], list[tuple[Summary, Function]]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, files: list[Summary], folders: set[str], properties: Mapping[str, Properties]
    ) -> Program:
        """Sort files into the projects whose folders are given."""
        program = cls(settings=properties)
        for one in files:
            folder = _nearest(posixpath.dirname(one.path), folders)
            project = program.projects.get(folder)
            if project is None:
                project = Project(folder, properties.get(folder) or Properties())
                program.projects[folder] = project
            project.add(one)
            program._of[one.path] = project
            for mark in one.annotations:
                program.marks[mark.cls].append((one, mark))
        return program

    def project(self, file: Summary) -> Project:
        """The project of a file."""
        return self._of[file.path]

    def property(self, key: str, file: Summary) -> tuple[Held | None, Properties]:
        """The value of a key for a file, and the settings that it is among.

        Those of the folders around a file count before those of others in its project, and these
        before those of the projects beside it. Where others disagree the value has no text.
        """
        project = self.project(file)
        for group in self._near(file):
            held = {
                one.text: (one, among) for among in group if (one := among.get(key)) is not None
            }
            if len(held) == 1:
                return next(iter(held.values()))
            if held:
                _, among = next(iter(held.values()))
                return Held("", ""), among
        return None, project.properties

    def key(self, names: list[str], file: Summary) -> str:
        """The key that a chain of attributes leads to, in the settings near a file."""
        for group in self._near(file):
            found = {key for among in group if (key := among.ending(names))}
            if len(found) == 1:
                return found.pop()
        return ""

    def _near(self, file: Summary) -> Iterator[list[Properties]]:
        if not self.settings:
            return
        home = self.project(file).folder
        inside = [one for one in self.settings if one == home or one.startswith(f"{home}/")
                  or not home]  # fmt: skip
        around = [one for one in inside if not one or file.path.startswith(f"{one}/")]
        for folder in sorted(around, key=len, reverse=True):
            yield [self.settings[folder]]
        yield [self.settings[one] for one in inside if one not in around]
        beside = posixpath.dirname(home)
        yield [held for one, held in self.settings.items()
               if beside and one != home and posixpath.dirname(one) == beside]  # fmt: skip

    def functions(self, name: str, near: Summary) -> list[tuple[Summary, Function]]:
        """The functions of a name, those of the same file or folder first; few or none."""
        asked = (name, near.path)
        if asked not in self._functions:
            self._functions[asked] = _tier(self.project(near).functions.get(name, []), near)
        return self._functions[asked]

    def callers(self, name: str, near: Summary) -> list[tuple[Summary, Site]]:
        """The places at which a function is called."""
        held = self.project(near).sites.get(name, [])
        if near.language == "go":
            held = [pair for pair in held if _may_call(*pair, near)] or held
        return held if len(held) <= MOST * MOST else []

    def elsewhere(self, name: str, file: Summary) -> list[tuple[Summary, Assign]]:
        """What an attribute is given in other files of the project; few or none."""
        held = [
            (path, one) for path, one in self.project(file).assigns.get(name, [])
            if path is not file and one.attribute
        ]  # fmt: skip
        return held if len(held) <= MOST else []

    def assigned(
        self, name: str, scope: Scope, *, attribute: bool, line: int = 0, base: str = ""
    ) -> list[tuple[Summary, Assign]]:
        """What a name or attribute is given, nearest first: function, class, file, project."""
        asked = (name, scope.file.path, scope.function, scope.cls, attribute, line, base)
        if asked not in self._assigned:
            local = None if attribute else _local(name, scope, line)
            self._assigned[asked] = self._around(name, scope, attribute, base) if (
                local is None) else local  # fmt: skip
        return self._assigned[asked]

    def _around(
        self, name: str, scope: Scope, attribute: bool, base: str
    ) -> list[tuple[Summary, Assign]]:
        """What a name is given outside of functions, and an attribute anywhere."""
        held = [
            (file, one)
            for file, one in self.project(scope.file).assigns.get(name, [])
            if one.attribute
            or not one.context.function
            or (one.context.start and file is scope.file)
            or one.context.function == one.context.cls
        ]
        if scope.file.language == "go":
            held = self._owned(held, scope, attribute, base)
        of_base = {base.lower(), scope.file.types.get(base, "").rpartition(".")[2].lower()} - {""}
        typed = [pair for pair in held if pair[1].context.cls.lower() in of_base]
        if typed:
            return typed[:MOST]
        mine = [pair for pair in held if pair[1].context.cls == scope.cls and scope.cls]
        return _tier(mine or held, scope.file)

    def _owned(
        self, held: list[tuple[Summary, Assign]], scope: Scope, attribute: bool, base: str
    ) -> list[tuple[Summary, Assign]]:
        """Of Go, what is the program's own: a field of a library's type is none of it."""
        own = self.project(scope.file).classes
        return [
            pair for pair in held
            if (pair[1].context.cls in own if pair[1].attribute
                else not attribute or pair[0].package == base or not base)
        ]  # fmt: skip


def _local(name: str, scope: Scope, line: int) -> list[tuple[Summary, Assign]] | None:
    """What the function around gives a name; none for a parameter; None where others decide."""
    held = [
        (scope.file, one)
        for one in scope.file.assigns.get(name, [])
        if one.context.function == scope.function and not one.attribute
    ]
    if held and scope.function:
        return _latest(held, line)[:MOST]
    around = scope.file.functions.get(scope.function, [])
    if any(name in function.params for function in around):
        return []  # its callers decide
    return None


def _latest(held: list[tuple[Summary, Assign]], line: int) -> list[tuple[Summary, Assign]]:
    """Of the same call made again and again, the last one before a line."""
    calls = {one.value.text for _, one in held if one.value.op == "call"}
    if len(held) < 2 or len(calls) != 1 or any(one.value.op != "call" for _, one in held):  # noqa: PLR2004
        return held
    before = [pair for pair in held if pair[1].value.line <= line]
    return before[-1:] or held


def _tier(held: list[tuple[Summary, T]], near: Summary) -> list[tuple[Summary, T]]:
    """Those of the same file, else of the same folder, else all; none when they are many."""
    folder = posixpath.dirname(near.path)
    for among in (
        [pair for pair in held if pair[0] is near],
        [pair for pair in held if posixpath.dirname(pair[0].path) == folder],
        held,
    ):
        if among:
            return among if len(among) <= MOST else []
    return []


def _may_call(file: Summary, site: Site, near: Summary) -> bool:
    """Whether a call of Go may be one of a function in another file, as far as packages tell."""
    folder = posixpath.dirname(near.path)
    inside = posixpath.dirname(file.path) == folder
    packages = _packages(tuple(file.imports))
    receiver = site.call.receiver
    plain = receiver is not None and receiver.op == "name"
    called = packages.get(receiver.text) if receiver is not None and plain else None
    if called is not None:
        return called == posixpath.basename(folder)
    return inside or (receiver is not None and posixpath.basename(folder) in packages.values())


@cache
def _packages(imports: tuple[str, ...]) -> dict[str, str]:
    """The last names of the packages that a file of Go imports, by what it calls them."""
    found: dict[str, str] = {}
    for line in imports:
        alias, _, rest = line.partition('"')
        last = rest.rstrip('"').rpartition("/")[2]
        found[alias.strip() or last] = last
    return found


def _nearest(folder: str, folders: set[str]) -> str:
    at = folder
    while at not in folders and at:
        at = posixpath.dirname(at)
    if at in folders:
        return at
    return folder.partition("/")[0]
