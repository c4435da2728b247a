"""Claims of services to files, and which of several claims to one file hold."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from depmap.model.deployed import Unit
from depmap.scanning.branching import WORD, Branching, Started
from depmap.scanning.commands import Start
from depmap.scanning.estate import Service
from depmap.scanning.reaching import Reaching
from depmap.scanning.running import Begun, Running

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.deployed import Build
    from depmap.model.facts import Use
    from depmap.scanning.files import File, Files


@dataclass(frozen=True, slots=True)
class Claim:
    """A service's claim to files: a folder or a pattern of one root.

    Attributes:
        service: the service.
        root: the root.
        pattern: the folder or pattern; empty for all of the root.
        copied: whether a Dockerfile copies it, beside what others copy.
        unit: the unit that it is made for.
        base: the folder that the unit is built from.
        works: the folder that the unit's process runs in, where that is mounted from the root.
    """

    service: Service
    root: str
    pattern: str
    copied: bool
    unit: Unit | None = None
    base: str = ""
    works: str = ""

    def covers(self, file: File) -> bool:
        """Whether a file is among those claimed."""
        if file[0] != self.root:
            return False
        if not self.pattern or file[1] == self.pattern or file[1].startswith(f"{self.pattern}/"):
            return True
        return "*" in self.pattern and fnmatchcase(file[1], self.pattern)


class Ways:
    """Answers which services lead to a file, of those that claim it."""

    def __init__(self, files: Files, claims: Iterable[Claim]) -> None:
        """Find out what each service's command starts."""
        self.files = files
        self._running, self._reaching = Running(files), Reaching(files)
        self._claims: dict[int, list[Claim]] = defaultdict(list)
        for claim in claims:
            self._claims[id(claim.service)].append(claim)
        self.branching = Branching.of(
            files.branches, {key: self._words(held) for key, held in self._claims.items()}
        )
        self._begun = {key: self._started(held) for key, held in self._claims.items()}
        for begun in self._begun.values():
            self._reaching.apps.update(
                file for one in begun if one.start.way == "tasks" for file in one.files
            )
        self._reached: dict[int, frozenset[File]] = {}

    def leading_to(self, file: File, services: Iterable[Service]) -> list[Service]:
        """The services whose command leads to a file, and those whose command is not understood.

        A file that no command leads to belongs to those whose command is not understood, else to
        all of them that run code of their own.
        """
        held = list(services)
        leading = {
            id(one) for one in held if self._begun[id(one)] and file in self._reach(id(one))
        }
        if not leading:
            unknown = [one for one in held if not self._begun[id(one)]]
            running = [one for one in held if not self._only_prepares(id(one))]
            return unknown or running or held
        return [one for one in held if id(one) in leading or not self._begun[id(one)]]

    def _only_prepares(self, key: int) -> bool:
        """Whether a command is understood, and runs no more than tools that make things ready."""
        begun = self._begun[key]
        return bool(begun) and all(one.start.way == "nothing" for one in begun)

    def idle(self, use: Use, services: tuple[Service, ...]) -> bool:
        """Whether a use is in code that no unit of theirs runs.

        That is the ``main`` part of a file that is no program of theirs, and a file that several
        of them hold and none loads.
        """
        every = [self._begun.get(id(one), ()) for one in services]
        started = {file for begun in self._begun.values() for one in begun for file in one.files}
        files = {(use.root, one.partition(" ")[2]) for one in use.begins}
        alone = bool(use.begins) and all(one.startswith("main ") for one in use.begins)
        if alone and bool(every) and all(every) and not files & started:
            return True
        return self._unloaded((use.root, use.file), services)

    def _unloaded(self, file: File, services: tuple[Service, ...]) -> bool:
        """Whether several images are given a file, and no process of theirs loads it."""
        held = [id(one) for one in services]
        several = len(held) > 1 and file[1].endswith(".py") and file not in self.files.entries
        if not several or file in self.files.imported():
            return False
        return all(
            self._begun.get(key)
            and any(one.copied and one.covers(file) for one in self._claims[key])
            and file not in self._reach(key)
            for key in held
        )

    def making(self, use: Use, services: Iterable[Service]) -> tuple[Service, ...]:
        """The services, of those that have a file, whose processes make a use of it.

        A server alone answers its routes, a worker alone runs tasks, and the ``main`` part of a
        file is run where the file is the program. All of them, where that leaves none.
        """
        held = tuple(services)
        making = tuple(one for one in held if self._makes(use, id(one)))
        return making or held

    def role(self, service: Service) -> str:
        """What a service's command makes it: ``server``, ``worker``, or empty."""
        begun = self._begun.get(id(service), ())
        ways = {one.start.way for one in begun} - {"nothing"}
        if any(one.start.serves for one in begun):
            return "server"
        return "worker" if ways == {"tasks"} else ""

    def migrates(self, service: Service) -> bool:
        """Whether a service's command makes its tables before it goes on."""
        return any(one.start.migrates for one in self._begun.get(id(service), ()))

    def _makes(self, use: Use, key: int) -> bool:
        begun = self._begun.get(key, ())
        if not begun or not use.begins:
            return True
        reach = self._reach(key)
        started = {file for one in begun for file in one.files}
        for beginning in use.begins:
            kind, _, path = beginning.partition(" ")
            file = (use.root, path)
            if kind == "main" and file not in started:
                continue
            if kind == "route" and file not in started and not self._serves(key, started):
                continue
            if kind == "task" and not any(one.start.way == "tasks" for one in begun):
                continue
            if file in reach or file == (use.root, use.file):
                return True
        return False

    def _serves(self, key: int, started: set[File]) -> bool:
        """Whether a service's process is a server: by its command, or by what it runs."""
        if any(one.start.serves for one in self._begun[key]):
            return True
        if any(one.start.way == "django" for one in self._begun[key]):
            return False  # it loads the application for a command
        return any(
            entry.way == "server" and (file in started or not entry.main)
            for file in self._reach(key)
            for entry in self.files.entries.get(file, ())
        )

    def _reach(self, key: int) -> frozenset[File]:
        if key not in self._reached:
            claims = self._claims[key]
            self._reached[key] = self._reaching.reached(
                self._begun[key], lambda file: any(one.covers(file) for one in claims)
            )
        return self._reached[key]

    def _words(self, claims: list[Claim]) -> Started:
        """What a service's units are started with: the words of commands, and variables."""
        units = {(claim.unit, claim.root, claim.base) for claim in claims if claim.unit}
        commands = [
            self._running.command(unit, self._running.build(unit, root, base))
            for unit, root, base in units
        ]
        given = [self.files.given.get(unit.name, {}) for unit, _, _ in units]
        return Started(frozenset(WORD.findall(" ".join(commands))), tuple(given))

    def _started(self, claims: list[Claim]) -> tuple[Begun, ...]:
        found: dict[Begun, None] = {}
        for claim in claims:
            if claim.unit is None:
                continue
            build = self._running.build(claim.unit, claim.root, claim.base)
            compiled = self._compiled(claim, build)
            found.update(
                dict.fromkeys(
                    compiled
                    or self._running.begun(
                        claim.unit, build, lambda file: any(one.covers(file) for one in claims)
                    )
                )
            )
        return tuple(found)

    def _compiled(self, claim: Claim, build: Build | None) -> tuple[Begun, ...]:
        """The file that a compiled program begins with: of a Dockerfile, or where it runs."""
        for folder in build.built if build is not None else ():
            inside = posixpath.normpath(posixpath.join(claim.base, folder))
            found = [
                one for one in self.files.modules
                if one[0] == claim.root and posixpath.dirname(one[1]) == inside
            ]  # fmt: skip
            if found:
                first = min(found, key=lambda one: (not one[1].endswith("main.go"), one))
                return (Begun(Start("file", first[1]), (first,)),)
        main = (claim.root, posixpath.join(claim.works, "main.go"))
        if claim.works and main in self.files.modules:
            return (Begun(Start("file", main[1]), (main,)),)
        return ()
