"""Compose files of a root, sorted into projects, their overrides and their variants."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from collectors.manifests import shell
from collectors.manifests.compose import Compose
from collectors.manifests.compose_includes import Inclusions, inclusions
from collectors.manifests.variables import Variables
from collectors.manifests.variants import FileSet, is_aside, roles
from depmap.model.deployed import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collectors.manifests.yamls import Item
    from depmap.model.evidence import Gap
    from depmap.model.facts import Fact

_PLAIN = re.compile(r"(?:docker-)?compose\.ya?ml|(?:docker-)?compose\.override\.ya?ml")
_VALUES = re.compile(r"(?:^|[._-])values(?:[._-].*)?\.ya?ml$")
"""What charts are filled in with; it may look like a compose file."""

Document = tuple[str, "Item"]


def compose_facts(
    root: str, documents: list[Document], texts: Mapping[str, str]
) -> Iterator[Fact | Gap]:
    """Yield the facts of every compose project of a root.

    The usual file of a folder and its override are the base; further files beside them are
    variants, unless the base includes them or there is no usual file. What a project of another
    folder includes is part of that one alone.
    """
    found = _projects(root, documents, texts)
    for one, role in zip(found, _roles(found), strict=True):
        one.variant = one.variant or role[0]
        one.project = role[1]
    for one in found:
        for fact in one.facts():
            yield fact
            if isinstance(fact, Unit) and fact.command:
                line = int(fact.locator.rpartition(":")[2])
                yield from shell.waits(root, fact.file, fact.command, first=line, unit=fact.name)


def _projects(root: str, documents: list[Document], texts: Mapping[str, str]) -> list[Compose]:
    others = dict(documents)
    folders: dict[str, list[Document]] = defaultdict(list)
    for path, document in documents:
        folders[posixpath.dirname(path)].append((path, document))
    bases = {folder: _base(held) for folder, held in folders.items()}
    included = {
        folder: inclusions(folder, base, others, Variables.of(root, folder, texts).values)
        for folder, base in bases.items()
    }
    elsewhere = _elsewhere(bases, included)
    found: list[Compose] = []
    for folder, held in sorted(folders.items()):
        free = [one for one in sorted(held, key=_order) if one[0] not in elsewhere]
        inner = included[folder]
        base = [one for one in bases[folder] if one in free]
        if base:
            files = [(path, others[path]) for path in inner.files]
            found.append(Compose(root, folder, files + base, texts, others, included=inner))
        found.extend(
            Compose(root, folder, [one], texts, others, variant=posixpath.basename(one[0]))
            for one in free
            if one not in base and not (base and one[0] in inner.files)
        )
    return found


def _elsewhere(
    bases: Mapping[str, list[Document]], included: Mapping[str, Inclusions]
) -> set[str]:
    """The files that belong to a project of another folder, which includes them."""

    def rank(folder: str) -> tuple[bool, int, str]:
        return is_aside(folder), -len(included[folder].files), folder

    found: set[str] = set()
    kept: set[str] = set()
    for folder in sorted(bases, key=rank):
        own = {path for path, _ in bases[folder]} - found
        if own:
            kept |= own
            found |= {
                path for path in included[folder].files if posixpath.dirname(path) != folder
            } - kept
    return found


def _order(one: Document) -> tuple[bool, int, str]:
    return "override" in one[0], len(one[0]), one[0]


def _base(held: list[Document]) -> list[Document]:
    """The files of a folder that make up the base, in their order."""
    held = sorted(held, key=_order)
    names = [posixpath.basename(path) for path, _ in held]
    usual = [one for one, name in zip(held, names, strict=True) if _PLAIN.fullmatch(name)]
    if not usual:
        sets = [FileSet(path, dict.fromkeys(doc["services"].pairs, "")) for path, doc in held]
        chosen = roles(sets)
        usual = [one for one in held if not chosen[one[0]].variant]
    return usual


def _roles(found: list[Compose]) -> Iterator[tuple[str, str]]:
    sets: list[FileSet] = []
    for one in found:
        units = {name: one.identity(layers) for name, layers in one.units().items()}
        built = {name for name, (_, is_built) in units.items() if is_built}
        named = {name: what for name, (what, _) in units.items()}
        sets.append(FileSet(one.folder, named, built, ports=one.taken()))
    chosen = roles(each for each, one in zip(sets, found, strict=True) if not one.variant)
    for one in found:
        role = chosen.get(one.folder)
        yield (role.variant, role.project) if role is not None else ("", "")


def is_compose(path: str, document: Item) -> bool:
    """Whether a document is a compose file."""
    name = path.rpartition("/")[2]
    if "kind" in document.pairs or _VALUES.search(name):
        return False
    units = document["services"].pairs.values()
    if "compose" in name or name.startswith("stack"):
        return bool(units) or bool(document["include"])
    return any({"image", "build"} & set(unit.pairs) for unit in units) and not is_aside(path)
