"""The facts that say where things are: code, builds, entry points, units, mounts."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from depmap.model.deployed import Build, Mount, Package, Setting, Unit
from depmap.model.facts import Entry, Module, Route
from depmap.model.relations import Needs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.facts import Fact

File = tuple[str, str]
"""A root and a path in it."""

Folder = tuple[str, str]
"""A root and a folder in it, empty for the root itself."""


@dataclass(slots=True)
class Files:
    """The facts that say where things are."""

    modules: dict[File, Module] = field(default_factory=dict)
    builds: dict[File, Build] = field(default_factory=dict)
    entries: dict[File, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    projects: set[Folder] = field(default_factory=set)
    units: list[Unit] = field(default_factory=list)
    mounts: list[Mount] = field(default_factory=list)
    others: set[File] = field(default_factory=set)
    needs: dict[Folder, set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> Files:
        """Sort facts by what they say about places."""
        files = cls()
        for fact in facts:
            file = (fact.root, fact.file)
            match fact:
                case Module():
                    files.modules[file] = fact
                case Build():
                    files.builds[file] = fact
                    files.projects.add((fact.root, posixpath.dirname(fact.file)))
                case Entry():
                    files.entries[file].append(fact)
                case Package():
                    files.projects.add((fact.root, posixpath.dirname(fact.file)))
                case Needs():
                    files.needs[fact.root, posixpath.dirname(fact.file)].update(fact.folders)
                case Unit():
                    files.units.append(fact)
                case Mount():
                    files.mounts.append(fact)
                case _ if not isinstance(fact, Route | Setting):
                    files.others.add(file)
        return files

    def folders(self) -> set[Folder]:
        """Every folder that holds code, and those above it."""
        found: set[Folder] = set()
        for root, path in (*self.modules, *self.builds):
            folder = posixpath.dirname(path)
            while (root, folder) not in found:
                found.add((root, folder))
                folder = posixpath.dirname(folder)
        return found

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
