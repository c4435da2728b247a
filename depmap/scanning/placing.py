"""Which folder a deployed unit is built from, and which files belong to which service."""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from depmap.model.deployed import Unit
from depmap.model.words import NodeKind
from depmap.scanning.estate import Estate, Service, normal
from depmap.scanning.uniting import united

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.model.facts import Entry
    from depmap.scanning.files import File, Files, Folder


_NO_CODE = frozenset({"gateway", "external"})
_GENERIC = frozenset({"", "src", "app", "code", "source", "lib", "python", "server", "api"})
_RUNS = re.compile(
    r"(?:python[\d.]*\s+(?:-\w+\s+)*-m\s+(?P<module>[\w.]+))|(?P<file>[\w./-]+\.py)\b"
    r"|(?P<app>[\w.]+):\w+"
)
_SERVERS = frozenset(
    {"uvicorn", "gunicorn", "hypercorn", "waitress", "flask", "celery", "debugpy"}
)


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
    estate.united = united(files.units)
    units = sorted(files.units, key=lambda unit: (bool(unit.variant), unit.platform in _NO_CODE))
    placed = [(unit, _folder(unit, files, folders)) for unit in units]
    taken = Counter(folder for _, folder in {(unit.name, where) for unit, where in placed})
    distinct = {(normal(unit.name), folder) for unit, folder in placed if folder is not None}
    contexts = [folder for _, folder in sorted(distinct)]
    nests = Counter(
        (folder[0], _nested(unit, folder[1]))
        for unit, folder in {
            (u.name, f): (u, f) for u, f in placed if f is not None and not u.variant
        }.values()
    )
    for unit, folder in placed:
        service = estate.add(unit.name, unit.kind)
        if folder is None:
            continue
        nested = posixpath.dirname(posixpath.normpath(unit.dockerfile or "Dockerfile"))
        alone = nests[folder[0], _nested(unit, folder[1])] <= 1
        own = _nested(unit, folder[1]) if alone else ""
        service.path = service.path or own or folder[1] or nested or "."
        _kind_by_base(service, unit, folder, files)
        if taken[folder] == 1 and _basename(folder) not in _GENERIC:
            service.names.add(_basename(folder))
        claims.extend(_claims(unit, service, folder, files, contexts, alone=alone))
    for mount in files.mounts:
        if mount.kind == "file":
            service = estate.add(mount.unit)
            claims.append(Claim(service, mount.root, mount.source, copied=False))
    _assign(estate, files, claims)
    _discover(estate, files)


def _kind_by_base(service: Service, unit: Unit, folder: Folder, files: Files) -> None:
    """A store or broker that is built upon its usual image is one."""
    dockerfile = posixpath.normpath(posixpath.join(folder[1], unit.dockerfile or "Dockerfile"))
    build = files.builds.get((folder[0], dockerfile))
    known = build is not None and service.kind is NodeKind.SERVICE
    if not known or build is None:
        return
    inside = posixpath.dirname(dockerfile)
    code = any(root == folder[0] and path.startswith(f"{inside}/") for root, path in files.modules)
    if build.kind.is_infrastructure or (build.kind is NodeKind.EXTERNAL and not code):
        service.kind = build.kind


def _nested(unit: Unit, base: str) -> str:
    """The folder of a unit's Dockerfile."""
    dockerfile = posixpath.join(base, unit.dockerfile or "Dockerfile")
    return posixpath.dirname(posixpath.normpath(dockerfile))


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
    unit: Unit,
    service: Service,
    folder: Folder,
    files: Files,
    contexts: list[Folder],
    *,
    alone: bool,
) -> Iterator[Claim]:
    root, base = folder
    dockerfile = posixpath.normpath(posixpath.join(base, unit.dockerfile or "Dockerfile"))
    build = files.builds.get((root, dockerfile))
    crowded = contexts.count(folder) > 1 or any(
        other != base and (not base or other.startswith(f"{base}/"))
        for other_root, other in contexts
        if other_root == root
    )
    nested = posixpath.dirname(dockerfile)
    beside = Claim(service, root, nested, copied=True, unit=unit, base=base)
    if crowded and build is not None and build.copies and "." not in build.copies:
        patterns = [
            posixpath.normpath(posixpath.join(base, one.lstrip("/"))) for one in build.copies
        ]
        copied = [Claim(service, root, one, copied=True, unit=unit, base=base) for one in patterns]
        if nested != base:
            copied.append(beside)
        if any(one.covers(file) for one in copied for file in files.modules):
            yield from copied  # else it copies what was built from the code
            return
    if crowded and nested != base and alone:
        yield beside  # everything is copied, and built from the folder of its Dockerfile
        for inside in files.needed((root, nested)):
            yield Claim(service, root, inside, copied=True, unit=unit, base=base)
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
                service.thorough = service.thorough and files.modules[file].thorough


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
    for folder in build.built if build is not None else ():
        inside = posixpath.normpath(posixpath.join(claim.base, folder))
        found = [one for one in files.modules
                 if one[0] == claim.root and posixpath.dirname(one[1]) == inside]  # fmt: skip
        if found:
            return min(found, key=lambda one: (not one[1].endswith("main.go"), one))
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
        if any(entry.way != "code" for entry in entries)
        and not estate.owners(*file)
        and file in files.modules
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
        if file[1].endswith(".py") and any(entry.way == "server" for entry in entries):
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
