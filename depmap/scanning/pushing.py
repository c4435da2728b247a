"""Units whose images are built elsewhere, from one of the Dockerfiles of a folder."""

from __future__ import annotations

import dataclasses
import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from depmap.scanning.discovering import basename
from depmap.scanning.estate import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from depmap.model.deployed import Build, Unit
    from depmap.scanning.files import File, Files, Folder

_NAMED = re.compile(r"(?i)^(?:(?:docker|container)file\.([\w-]+)|([\w-]+)\.dockerfile)$")


def built(files: Files) -> list[Unit]:
    """All units, and of those with a mere image, by what they are built.

    A folder ``x`` with a ``Dockerfile.y`` beside its ``Dockerfile`` builds the image ``x-y`` by
    the first and the only other image ``x-…`` by the second.
    """
    several = _several(files.builds)
    taken = {normal(basename(folder)) for folder in files.folders()}
    free = [
        unit for unit in files.units
        if unit.build is None and unit.image and unit.kind.is_service
        and normal(unit.name) not in taken
    ]  # fmt: skip
    given: dict[int, Unit] = {}
    for folder, named in several.items():
        begins = f"{normal(basename(folder))}-"
        ours = {id(unit): unit for unit in free if normal(unit.name).startswith(begins)}
        rests = {key: normal(unit.name)[len(begins) :] for key, unit in ours.items()}
        left = set(rests.values()) - set(named)
        if left == set(rests.values()):
            continue
        for key, rest in rests.items():
            file = named.get(rest) or (named.get("") if len(left) == 1 else None)
            if file is not None:
                given[key] = _by(ours[key], file, files.builds[file])
    return [given.get(id(unit), unit) for unit in files.units]


def _several(builds: Iterable[File]) -> Mapping[Folder, dict[str, File]]:
    """The Dockerfiles of each folder with more than one, by what their names add."""
    found: dict[Folder, dict[str, File]] = defaultdict(dict)
    for root, path in builds:
        folder, name = posixpath.split(path)
        said = _NAMED.match(name)
        found[root, folder][normal(said[1] or said[2]) if said else ""] = (root, path)
    return {folder: named for folder, named in found.items() if folder[1] and len(named) > 1}


def _by(unit: Unit, file: File, build: Build) -> Unit:
    """A unit as one that is built by a Dockerfile, from the folder that it copies from."""
    root, path = file
    folder = posixpath.dirname(path)
    whole = any(f"{one.strip('/')}/".startswith(f"{folder}/") for one in build.copies)
    if whole:
        return dataclasses.replace(unit, root=root, build=".", dockerfile=path)
    name = posixpath.basename(path)
    return dataclasses.replace(unit, root=root, build=folder, dockerfile=name)
