"""The files of a root by project: where a name leads to."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from collectors.polyglot.expressions import Assign, Expr, Function, Site, Summary
from collectors.polyglot.properties import Properties

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
class Project:
    """Files that are built together."""

    folder: str
    properties: Properties
    files: list[Summary] = field(default_factory=list)
    assigns: dict[str, list[tuple[Summary, Assign]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    functions: dict[str, list[tuple[Summary, Function]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    sites: dict[str, list[tuple[Summary, Site]]] = field(default_factory=lambda: defaultdict(list))
    _passing: dict[str, list[tuple[Summary, Site]]] | None = None

    def passing(self, name: str) -> list[tuple[Summary, Site]]:
        """The calls that give a name to a function that writes to what it is given."""
        if self._passing is None:
            self._passing = defaultdict(list)
            for called, held in self.functions.items():
                if any(function.outs for _, function in held):
                    for file, site in self.sites.get(called, ()):
                        for one in site.call.given:
                            if one.op in {"attr", "name"}:
                                self._passing[one.text].append((file, site))
        return self._passing.get(name, [])


@dataclass(slots=True)
class Program:
    """Every project of a root, by its folder."""

    projects: dict[str, Project] = field(default_factory=dict)
    _of: dict[str, Project] = field(default_factory=dict)

    @classmethod
    def of(
        cls, files: list[Summary], folders: set[str], properties: Mapping[str, Properties]
    ) -> Program:
        """Sort files into the projects whose folders are given."""
        program = cls()
        for one in files:
            folder = _nearest(posixpath.dirname(one.path), folders)
            project = program.projects.get(folder)
            if project is None:
                project = Project(folder, properties.get(folder) or Properties())
                program.projects[folder] = project
            _add(project, one)
            program._of[one.path] = project
        return program

    def project(self, file: Summary) -> Project:
        """The project of a file."""
        return self._of[file.path]

    def functions(self, name: str, near: Summary) -> list[tuple[Summary, Function]]:
        """The functions of a name, those of the same file or folder first; few or none."""
        return _tier(self.project(near).functions.get(name, []), near)

    def callers(self, name: str, near: Summary) -> list[tuple[Summary, Site]]:
        """The places at which a function is called."""
        held = self.project(near).sites.get(name, [])
        return held if len(held) <= MOST * MOST else []

    def assigned(
        self, name: str, scope: Scope, *, attribute: bool, line: int = 0, base: str = ""
    ) -> list[tuple[Summary, Assign]]:
        """What a name or attribute is given, nearest first: function, class, file, project."""
        if not attribute:
            local = [
                (scope.file, one)
                for one in scope.file.assigns.get(name, [])
                if one.context.function == scope.function and not one.attribute
            ]
            if local and scope.function:
                return _latest(local, line)[:MOST]
        held = [
            (file, one)
            for file, one in self.project(scope.file).assigns.get(name, [])
            if one.attribute or not one.context.function or one.context.start
        ]
        of_base = {base.lower(), scope.file.types.get(base, "").rpartition(".")[2].lower()} - {""}
        typed = [pair for pair in held if pair[1].context.cls.lower() in of_base]
        if typed:
            return typed[:MOST]
        mine = [pair for pair in held if pair[1].context.cls == scope.cls and scope.cls]
        return _tier(mine or held, scope.file)


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


def _add(project: Project, file: Summary) -> None:
    project.files.append(file)
    for name, assigns in file.assigns.items():
        project.assigns[name].extend((file, one) for one in assigns)
    for name, functions in file.functions.items():
        project.functions[name].extend((file, one) for one in functions)
    for site in file.sites:
        if site.call.text:
            project.sites[site.call.text].append((file, site))


def _nearest(folder: str, folders: set[str]) -> str:
    at = folder
    while at not in folders and at:
        at = posixpath.dirname(at)
    if at in folders:
        return at
    return folder.partition("/")[0]
