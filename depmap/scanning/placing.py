"""Which folder a deployed unit is built from, and which files belong to which service."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from typing import TYPE_CHECKING

from depmap.model.words import NodeKind
from depmap.scanning.claims import Claim, Ways
from depmap.scanning.discovering import GENERIC, basename, discover
from depmap.scanning.estate import Estate, Service, normal
from depmap.scanning.pushing import built
from depmap.scanning.uniting import united

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from depmap.model.deployed import Mount, Unit
    from depmap.scanning.files import Files, Folder


SHORTEST = 2
"""Letters of a name that are too few for it to be part of another one."""

_SAYS_SERVICE = re.compile(r"-(?:service|svc|server|app|api)$")
_NO_CODE = frozenset({"gateway", "external"})


def place(estate: Estate, files: Files) -> Ways:
    """Give every deployed unit its folder, and every file its services.

    Returns:
        what tells which of several services of a file make a use in it.
    """
    folders = files.folders()
    claims: list[Claim] = []
    files.units = built(files)
    estate.united = united(files.units)
    units = sorted(files.units, key=lambda unit: (bool(unit.variant), unit.platform in _NO_CODE))
    called = frozenset(normal(name) for unit in units for name in (unit.name, *unit.names))
    placed = [(unit, _folder(unit, files, folders, called)) for unit in units]
    estate.united.update(_modelled(placed, estate.united))
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
        if taken[folder] == 1 and basename(folder) not in GENERIC:
            service.names.add(basename(folder))
        claims.extend(_claims(unit, service, folder, files, contexts, alone=alone))
    for mount in files.mounts:
        if mount.kind == "file":
            service = estate.add(mount.unit)
            claims.append(_mounted(service, mount, files))
    ways = Ways(files, claims)
    _assign(estate, files, claims, ways)
    discover(estate, files)
    return ways


def _modelled(
    placed: list[tuple[Unit, Folder | None]], united: Mapping[str, str]
) -> dict[str, str]:
    """Units of an application model that other files deploy as well, by the folder they share."""
    found: dict[str, str] = {}
    for unit, folder in placed:
        if unit.platform != "aspire" or folder is None:
            continue
        around = {
            united.get(normal(other.name), other.name)
            for other, where in placed
            if other.platform != "aspire" and where is not None and where[0] == folder[0]
            and (nest := _nested(other, where[1])) and f"{folder[1]}/".startswith(f"{nest}/")
        }  # fmt: skip
        if len(around) == 1:
            found[normal(unit.name)] = around.pop()
    return found


def _mounted(service: Service, mount: Mount, files: Files) -> Claim:
    units = [one for one in files.units if one.name == mount.unit]
    unit = next((one for one in (*(u for u in units if u.folder), *units)), None)
    inside = posixpath.relpath(unit.folder, mount.target) if unit and unit.folder else ".."
    works = "" if inside.startswith("..") else posixpath.normpath(f"{mount.source}/{inside}")
    return Claim(
        service, mount.root, mount.source, copied=False, unit=unit, base=mount.source, works=works
    )


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
        service.kind, service.base = build.kind, build.base


def _nested(unit: Unit, base: str) -> str:
    """The folder of a unit's Dockerfile."""
    dockerfile = posixpath.join(base, unit.dockerfile or "Dockerfile")
    return posixpath.dirname(posixpath.normpath(dockerfile))


def _folder(
    unit: Unit, files: Files, folders: set[Folder], called: frozenset[str]
) -> Folder | None:
    """The folder that a unit is built from, in whatever root it lies.

    Args:
        unit: the unit.
        files: where things are.
        folders: every folder with code.
        called: the names of all units.
    """
    if unit.build is not None:
        context = "" if unit.build == "." else unit.build
        if (unit.root, context) in folders:
            return unit.root, context
        wanted = [part for part in unit.build.split("/") if part not in {"", ".", ".."}]
        return _nearest(wanted, folders)
    if not unit.image or not unit.kind.is_service:
        return None
    last = unit.image.partition("@")[0].rpartition("/")[2]
    base, _, tag = last.partition(":")
    marked = {folder for folder in folders if folder in files.projects or not folder[1]}
    names = [name for name in (unit.name, *unit.names, base, tag) if name not in GENERIC]
    for among in (marked, folders):
        for name in names:
            found = [one for one in among if normal(basename(one)) == normal(name)]
            if found:
                return min(found, key=lambda one: (one[1].count("/"), one))
        close = _joined(names, marked) or _close(names, marked, called) or _shorter(names, marked)
        if close is not None:
            return close
    return _ending(unit, base, marked, files)


def _ending(unit: Unit, image: str, marked: set[Folder], files: Files) -> Folder | None:
    """The one folder that an image's name ends with, has a Dockerfile, and is no other unit's."""
    made = {(root, posixpath.dirname(path)) for root, path in files.builds}
    building = {
        (one.root, one.build) for one in files.units
        if one.build and one.platform == unit.platform and one.image != unit.image
    }  # fmt: skip
    found: dict[str, list[Folder]] = {}
    for folder in sorted((marked & made) - building):
        name = normal(basename(folder))
        if normal(image).endswith(f"-{name}") and name not in GENERIC and len(name) > SHORTEST:
            found.setdefault(name, []).append(folder)
    best = found[max(found, key=len)] if found else []
    return best[0] if len(best) == 1 else None


def _joined(names: list[str], marked: set[Folder]) -> Folder | None:
    """The one project that has a unit's name with its words joined in another way."""
    for name in names:
        found = [one for one in marked if _bare(basename(one)) == _bare(name)]
        if len(found) == 1:
            return found[0]
    return None


def _bare(name: str) -> str:
    return normal(name).replace("-", "").replace(".", "")


def _close(names: list[str], marked: set[Folder], called: frozenset[str]) -> Folder | None:
    """The one project whose name is a unit's with more words, and no other unit's."""
    single = len({root for root, _ in marked}) == 1  # the name of all is nobody's then
    free = [
        one
        for one in sorted(marked)
        if normal(basename(one)) not in called and (one[1] or not single)
    ]
    for name in names:
        bare = normal(name)
        found = [
            one
            for one in free
            if normal(basename(one)).startswith(f"{bare}-")
            or normal(basename(one)).endswith(f"-{bare}")
        ]
        if len(found) == 1 and len(bare) > SHORTEST:
            return found[0]
    return None


def _shorter(names: list[str], marked: set[Folder]) -> Folder | None:
    """The one project that has a unit's name without the word that says it is a service."""
    for name in names:
        bare = _SAYS_SERVICE.sub("", normal(name))
        found = [one for one in marked if normal(basename(one)) == bare]
        if len(found) == 1 and bare != normal(name) and bare not in GENERIC:
            return found[0]
    return None


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
    for given in (build.copies, build.made) if crowded and build is not None else ():
        if not given or "." in given:
            continue
        patterns = [posixpath.normpath(posixpath.join(base, one.lstrip("/"))) for one in given]
        copied = [Claim(service, root, one, copied=True, unit=unit, base=base) for one in patterns]
        if nested != base:
            copied.append(beside)
        sources = build is not None and given is build.made
        if sources or any(one.covers(file) for one in copied for file in files.modules):
            yield from copied  # else it copies what was built from the code
            return
    if service.base and crowded:  # it runs what its image runs, and of the code no more
        yield beside
        return
    if crowded and build is not None and not (build.copies or build.made):
        return  # its code is what is mounted into it
    if crowded and nested != base and alone:
        yield beside  # everything is copied, and built from the folder of its Dockerfile
        for inside in files.needed((root, nested)):
            yield Claim(service, root, inside, copied=True, unit=unit, base=base)
        return
    yield Claim(service, root, base, copied=False, unit=unit, base=base)
    for inside in files.needed(folder) if unit.platform == "aspire" else ():  # no image, no copies
        yield Claim(service, root, inside, copied=True, unit=unit, base=base)


def _assign(estate: Estate, files: Files, claims: list[Claim], ways: Ways) -> None:
    for file in sorted({*files.modules, *files.builds, *files.others, *files.beside}):
        matching = [claim for claim in claims if claim.covers(file)]
        if not matching:
            continue
        deepest = max(len(claim.pattern) for claim in matching)
        kept = [claim for claim in matching if claim.copied or len(claim.pattern) == deepest]
        unique = {id(claim.service): claim.service for claim in kept}
        owners = ways.leading_to(file, unique.values()) if len(unique) > 1 else unique.values()
        estate.own(file, owners)
        if file in files.modules:
            for service in owners:
                service.read = True
                service.thorough = service.thorough and files.modules[file].thorough
