"""The facts that say where things are: code, builds, entry points, units, mounts."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from depmap.model.deployed import Build, Mount, Package, Script, Setting, Unit
from depmap.model.facts import Entry, Module, Route, Use
from depmap.model.relations import Branch, Needs
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.facts import Fact

File = tuple[str, str]
"""A root and a path in it."""

Folder = tuple[str, str]
"""A root and a folder in it, empty for the root itself."""


@dataclass(slots=True)
class Files:
    """The facts that say where things are.

    Attributes:
        stages: the named stages of Dockerfiles, by root, path and name.
        scripts: files of commands.
        tasks: files that define tasks of a queue, which its workers run.
        beside: files with variables for the code that they lie beside.
        composed: files that declare units for compose.
        given: what deployment files give each unit, by its name and the variable's.
    """

    modules: dict[File, Module] = field(default_factory=dict)
    builds: dict[File, Build] = field(default_factory=dict)
    stages: dict[tuple[str, str, str], Build] = field(default_factory=dict)
    scripts: dict[File, list[Script]] = field(default_factory=lambda: defaultdict(list))
    tasks: set[File] = field(default_factory=set)
    beside: set[File] = field(default_factory=set)
    composed: set[File] = field(default_factory=set)
    given: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    entries: dict[File, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    projects: set[Folder] = field(default_factory=set)
    units: list[Unit] = field(default_factory=list)
    mounts: list[Mount] = field(default_factory=list)
    others: set[File] = field(default_factory=set)
    branches: list[Branch] = field(default_factory=list)
    needs: dict[Folder, set[str]] = field(default_factory=lambda: defaultdict(set))
    _imported: set[File] | None = None

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> Files:
        """Sort facts by what they say about places."""
        files = cls()
        for fact in facts:
            file = (fact.root, fact.file)
            if isinstance(fact, Module | Build | Entry | Script | Package | Needs):
                files._of_file(file, fact)
            elif isinstance(fact, Unit):
                files.units.append(fact)
                files.composed.update({file} if fact.platform == "compose" else ())
            elif isinstance(fact, Branch):
                files.branches.append(fact)
            elif isinstance(fact, Mount):
                files.mounts.append(fact)
            elif isinstance(fact, Setting):
                if fact.unit:
                    files.given[fact.unit][fact.key] = fact.value
                else:
                    files.beside.add(file)
            elif not isinstance(fact, Route):
                files.others.add(file)
                if isinstance(fact, Use) and fact.method == "task":
                    takes = fact.kind is Kind.MESSAGING_CONSUME
                    files.tasks.update({file} if takes else ())
        return files

    def _of_file(
        self, file: File, fact: Module | Build | Entry | Script | Package | Needs
    ) -> None:
        """Add what a file is, or says of the folder that it lies in."""
        folder = (file[0], posixpath.dirname(file[1]))
        match fact:
            case Module():
                self.modules[file] = fact
            case Build(stage=""):
                self.builds[file] = fact
                self.projects.add(folder)
            case Build():
                self.stages[*file, fact.stage] = fact
            case Entry():
                self.entries[file].append(fact)
            case Script():
                self.scripts[file].append(fact)
            case Package():
                self.projects.add(folder)
            case Needs():
                self.needs[folder].update(fact.folders)

    def platform(self, setting: Setting) -> str:
        """The platform whose files give a unit a variable."""
        composed = not setting.file.endswith((".yml", ".yaml"))
        return (
            "compose" if composed or (setting.root, setting.file) in self.composed else "cluster"
        )

    def folders(self) -> set[Folder]:
        """Every folder that holds code, and those above it."""
        found: set[Folder] = set()
        for root, path in (*self.modules, *self.builds):
            folder = posixpath.dirname(path)
            while (root, folder) not in found:
                found.add((root, folder))
                folder = posixpath.dirname(folder)
        return found

    def imported(self) -> set[File]:
        """Every file that another one imports."""
        if self._imported is None:
            self._imported = {
                (root, one) for (root, _), module in self.modules.items() for one in module.imports
            }
        return self._imported

    def needed(self, folder: Folder) -> list[str]:
        """The folders of the projects that a folder's project is built with, directly or not."""
        found: set[str] = set()
        waiting = [folder[1]]
        while waiting:
            for one in self.needs.get((folder[0], waiting.pop()), ()):
                if one not in found:
                    found.add(one)
                    waiting.append(one)
        return sorted(found)

    def closure(self, file: File) -> set[File]:
        """A file and every file of its root that it imports, directly or not."""
        found: set[File] = set()
        waiting = [file]
        while waiting:
            one = waiting.pop()
            if one in found or one not in self.modules:
                continue
            found.add(one)
            waiting.extend((one[0], path) for path in self.modules[one].imports)
            package = (one[0], posixpath.join(posixpath.dirname(one[1]), "__init__.py"))
            if package in self.modules:
                waiting.append(package)
        return found
