"""Services that no deployment file names, found by where their processes start."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.facts import Entry
    from depmap.scanning.estate import Estate, Service
    from depmap.scanning.files import File, Files, Folder

GENERIC = frozenset({"", "src", "app", "code", "source", "lib", "python", "server", "api"})
"""Names of folders that say nothing of what is in them."""


def discover(estate: Estate, files: Files) -> None:
    """Find services that no deployment file names, and give them their files."""
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
    folders = _folders(_outermost(free.keys() - alone, files), files)
    for folder in folders:
        service = estate.add(basename(folder) if basename(folder) not in GENERIC else folder[0])
        service.path, service.read = service.path or (folder[1] or "."), True
        for one in _files_of(folder, folders, files):
            if not estate.owners(*one):
                claimed[one].append(service)
    for file, services in claimed.items():
        estate.own(file, {id(service): service for service in services}.values())


def basename(folder: Folder) -> str:
    """What a folder is called; the root by its own name."""
    return posixpath.basename(folder[1]) or folder[0].rpartition("/")[2]


def _modules_that_serve(free: dict[File, list[Entry]]) -> set[File]:
    """Files of one folder that each listen for themselves: a service each."""
    beside: dict[Folder, list[File]] = defaultdict(list)
    for file, entries in sorted(free.items()):
        if file[1].endswith(".py") and any(entry.way == "server" for entry in entries):
            beside[file[0], posixpath.dirname(file[1])].append(file)
    return {file for group in beside.values() if len(group) > 1 for file in group}


def _outermost(free: Iterable[File], files: Files) -> set[File]:
    """The starts that no other one imports: those are parts of its process."""
    held = set(free)
    for file in sorted(held):
        if file in held:
            held -= files.closure(file) - {file}
    return held


def _folders(free: Iterable[File], files: Files) -> list[Folder]:
    """The folders of the services that start in some files."""
    starting: dict[Folder, set[File]] = defaultdict(set)
    for file in free:
        starting[_project(file, files)].add(file)
    return sorted({
        folder for project, held in starting.items() for folder in _apart(project, held, files)
    })  # fmt: skip


def _apart(project: Folder, starts: set[File], files: Files) -> list[Folder]:
    """A project, or the folders in it in which something starts, where none imports another."""
    root, top = project
    beside = {file for file in starts if posixpath.dirname(file[1]) == top}
    below: dict[Folder, set[File]] = defaultdict(set)
    for file in starts - beside:
        rest = file[1].removeprefix(f"{top}/") if top else file[1]
        below[root, posixpath.join(top, rest.partition("/")[0])].add(file)
    listening = [folder for folder, held in below.items() if _listens(held, files)]
    if beside or len(listening) != len(below):
        return [project]
    if len(below) == 1:
        ((only, held),) = below.items()
        deeper = _apart(only, held, files)
        return deeper if len(deeper) > 1 else [project]
    inside = {folder: _inside(folder, files) for folder in below}
    for folder, held in inside.items():
        others = {file for other, them in inside.items() if other != folder for file in them}
        if any(others & files.closure(file) for file in held):
            return [project]
    return sorted(below)


def _listens(starts: set[File], files: Files) -> bool:
    """Whether something among starts is a process of its own, and no mere task or part."""
    return any(
        entry.way in {"server", "app"} or (entry.way == "worker" and file not in files.tasks)
        for file in starts
        for entry in files.entries[file]
    )


def _inside(folder: Folder, files: Files) -> set[File]:
    start = f"{folder[1]}/" if folder[1] else ""
    every = (*files.modules, *files.beside, *files.others)
    return {one for one in every if one[0] == folder[0] and one[1].startswith(start)}


def _files_of(folder: Folder, folders: list[Folder], files: Files) -> set[File]:
    """The files of a service: its folder's, and what they import beside the other services."""
    own = _inside(folder, files)
    deeper = [one for one in folders if one != folder and _below(one, folder)]
    own -= {file for one in deeper for file in _inside(one, files)}
    others = {file for one in folders if one != folder for file in _inside(one, files)} - own
    beside = {one for file in own for one in files.closure(file)}
    return own | (beside - others)


def _below(one: Folder, other: Folder) -> bool:
    return one[0] == other[0] and (not other[1] or one[1].startswith(f"{other[1]}/"))


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
    above, main, _ = path.partition("/src/main/")  # of Gradle, Maven and sbt
    if main:
        return root, above
    while (root, posixpath.join(top, "__init__.py")) in files.modules and top:
        top = posixpath.dirname(top)
    return root, top or posixpath.dirname(path)
