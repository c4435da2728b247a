"""Which folder a deployed unit is built from, and which files belong to which service."""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from depmap.model.facts import Build, Entry, Module, Mount, Package, Route, Setting, Unit
from depmap.model.words import NodeKind
from depmap.scanning.estate import Estate, Service, normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from depmap.model.facts import Fact

File = tuple[str, str]
Folder = tuple[str, str]

_GENERIC = frozenset({"", "src", "app", "code", "source", "lib", "python", "server", "api"})
_RUNS = re.compile(
    r"(?:python[\d.]*\s+(?:-\w+\s+)*-m\s+(?P<module>[\w.]+))|(?P<file>[\w./-]+\.py)\b"
    r"|(?P<app>[\w.]+):\w+"
)
_SERVERS = frozenset(
    {"uvicorn", "gunicorn", "hypercorn", "waitress", "flask", "celery", "debugpy"}
)


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


@dataclass(frozen=True, slots=True)
class Claim:
    """A service's claim to files: a folder or a pattern of one root."""

    service: Service
    root: str
    pattern: str
    copied: bool
    unit: Unit | None = None
    base: str = ""

    def covers(self, file: File) -> bool:
        """Whether a file is among those claimed."""
        if file[0] != self.root:
            return False
        if not self.pattern or file[1] == self.pattern or file[1].startswith(f"{self.pattern}/"):
            return True
        return "*" in self.pattern and fnmatchcase(file[1], self.pattern)


def place(estate: Estate, files: Files) -> None:
    """Give every deployed unit its folder, and every file its services."""
    folders = files.folders()
    claims: list[Claim] = []
    placed = [(unit, _folder(unit, files, folders)) for unit in files.units]
    taken = Counter(folder for _, folder in {(unit.name, where) for unit, where in placed})
    contexts = [folder for _, folder in placed if folder is not None]
    for unit, folder in placed:
        service = estate.add(unit.name, unit.kind)
        if folder is None:
            continue
        nested = posixpath.dirname(posixpath.normpath(unit.dockerfile or "Dockerfile"))
        service.path = service.path or (nested if not folder[1] and nested else (folder[1] or "."))
        if taken[folder] == 1 and _basename(folder) not in _GENERIC:
            service.names.add(_basename(folder))
        claims.extend(_claims(unit, service, folder, files, contexts))
    for mount in files.mounts:
        if mount.kind == "file":
            service = estate.add(mount.unit)
            claims.append(Claim(service, mount.root, mount.source, copied=False))
    _assign(estate, files, claims)
    _discover(estate, files)


def _folder(unit: Unit, files: Files, folders: set[Folder]) -> Folder | None:
    """The folder that a unit is built from, in whatever root it lies."""
    if unit.build is not None:
        context = "" if unit.build == "." else unit.build
        if (unit.root, context) in folders:
            return unit.root, context
        wanted = [part for part in unit.build.split("/") if part not in {"", ".", ".."}]
        return _nearest(wanted, folders)
    if not unit.image or unit.kind is not NodeKind.SERVICE:
        return None
    last = unit.image.partition("@")[0].rpartition("/")[2]
    base, _, tag = last.partition(":")
    marked = {folder for folder in folders if folder in files.projects or not folder[1]}
    for among in (marked, folders):
        for name in (unit.name, *unit.names, base, tag):
            found = [one for one in among if normal(_basename(one)) == normal(name)]
            if name not in _GENERIC and found:
                return min(found, key=lambda one: (one[1].count("/"), one))
    return None


def _basename(folder: Folder) -> str:
    return posixpath.basename(folder[1]) or folder[0].rpartition("/")[2]


def _nearest(wanted: list[str], folders: set[Folder]) -> Folder | None:
    best: tuple[int, int, Folder] | None = None
    for folder in sorted(folders):
        parts = [*folder[0].split("/"), *filter(None, folder[1].split("/"))]
        same = 0
        for one, other in zip(reversed(wanted), reversed(parts), strict=False):
            if normal(one) != normal(other):
                break
            same += 1
        if same and (best is None or (-same, len(parts)) < best[:2]):
            best = (-same, len(parts), folder)
    return best[2] if best is not None else None


def _claims(
    unit: Unit, service: Service, folder: Folder, files: Files, contexts: list[Folder]
) -> Iterator[Claim]:
    root, base = folder
    dockerfile = posixpath.normpath(posixpath.join(base, unit.dockerfile or "Dockerfile"))
    build = files.builds.get((root, dockerfile))
    crowded = contexts.count(folder) > 1 or any(
        other != base and (not base or other.startswith(f"{base}/"))
        for other_root, other in contexts
        if other_root == root
    )
    if crowded and build is not None and build.copies and "." not in build.copies:
        for copy in build.copies:
            pattern = posixpath.normpath(posixpath.join(base, copy.lstrip("/")))
            yield Claim(service, root, pattern, copied=True, unit=unit, base=base)
        nested = posixpath.dirname(dockerfile)
        if nested != base:
            yield Claim(service, root, nested, copied=True, unit=unit, base=base)
        return
    yield Claim(service, root, base, copied=False, unit=unit, base=base)


def _assign(estate: Estate, files: Files, claims: list[Claim]) -> None:
    for file in sorted({*files.modules, *files.builds, *files.others}):
        matching = [claim for claim in claims if claim.covers(file)]
        if not matching:
            continue
        deepest = max(len(claim.pattern) for claim in matching)
        kept = [claim for claim in matching if claim.copied or len(claim.pattern) == deepest]
        owners = _by_command(file, kept, files) if len(kept) > 1 else [kept[0].service]
        unique = {id(service): service for service in owners}
        estate.own(file, unique.values())
        if file in files.modules:
            for service in unique.values():
                service.read = True


def _by_command(file: File, claims: list[Claim], files: Files) -> list[Service]:
    """Of services built from one folder, those whose command leads to a file."""
    reached = []
    for claim in claims:
        start = _entry(claim, files)
        if start is not None and file in files.closure(start):
            reached.append(claim.service)
    known = [claim for claim in claims if _entry(claim, files) is not None]
    if reached:
        return reached + [c.service for c in claims if c not in known]
    return [claim.service for claim in claims]


def _entry(claim: Claim, files: Files) -> File | None:
    """The file that a service's command starts."""
    if claim.unit is None:
        return None
    dockerfile = posixpath.normpath(
        posixpath.join(claim.base, claim.unit.dockerfile or "Dockerfile")
    )
    build = files.builds.get((claim.root, dockerfile))
    command = claim.unit.command or (build.command if build is not None else "")
    for match in _RUNS.finditer(command):
        dotted = match["app"] or match["module"] or ""
        if dotted.split(".")[0] in _SERVERS:
            continue
        name = match["file"] or f"{dotted.replace('.', '/')}.py"
        for root, path in files.modules:
            if root == claim.root and (path == name or path.endswith(f"/{name.lstrip('./')}")):
                return root, path
    return None


def _discover(estate: Estate, files: Files) -> None:
    """Find services that no deployment file names: by their entry points."""
    free = {
        file: entries
        for file, entries in files.entries.items()
        if not estate.owners(*file) and file in files.modules
    }
    alone = _modules_that_serve(free)
    claimed: dict[File, list[Service]] = defaultdict(list)
    for file in sorted(alone):
        service = estate.add(posixpath.basename(file[1]).removesuffix(".py"))
        service.path, service.read = service.path or file[1], True
        for one in files.closure(file) - (alone - {file}):
            claimed[one].append(service)
    for folder in sorted({_project(file, files) for file in free.keys() - alone}):
        service = estate.add(_basename(folder) if _basename(folder) not in _GENERIC else folder[0])
        service.path, service.read = service.path or (folder[1] or "."), True
        for one in files.modules:
            inside = not folder[1] or one[1].startswith(f"{folder[1]}/")
            if one[0] == folder[0] and inside and not estate.owners(*one):
                claimed[one].append(service)
    for file, services in claimed.items():
        estate.own(file, {id(service): service for service in services}.values())


def _modules_that_serve(free: dict[File, list[Entry]]) -> set[File]:
    """Files of one folder that each listen for themselves: a service each."""
    beside: dict[Folder, list[File]] = defaultdict(list)
    for file, entries in sorted(free.items()):
        if any(entry.way == "server" for entry in entries):
            beside[file[0], posixpath.dirname(file[1])].append(file)
    return {file for group in beside.values() if len(group) > 1 for file in group}


def _project(file: File, files: Files) -> Folder:
    """The folder that a service's code lies in: the nearest that is a project, or its package."""
    root, path = file
    folder = posixpath.dirname(path)
    top = folder
    while True:
        if (root, folder) in files.projects:
            return root, folder
        if not folder:
            break
        folder = posixpath.dirname(folder)
    while (root, posixpath.join(top, "__init__.py")) in files.modules and top:
        top = posixpath.dirname(top)
    return root, top or posixpath.dirname(path)
