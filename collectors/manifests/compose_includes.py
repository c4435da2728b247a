"""Further files that compose files include, each with the folder that its paths start at."""

from __future__ import annotations

import posixpath
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.manifests.interpolation import interpolate
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collectors.manifests.yamls import Item


@dataclass(frozen=True, slots=True)
class Included:
    """A file that another one includes.

    Attributes:
        folder: the folder that its paths start at, relative to the root.
        variables: the files that give values to its variables; later ones go first.
    """

    folder: str
    variables: tuple[str, ...]


@dataclass(slots=True)
class Inclusions:
    """All that the files of a project include, and what that includes in turn.

    Attributes:
        files: the included files by their path.
        gaps: what is included and is not there.
    """

    files: dict[str, Included] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)


def inclusions(
    folder: str,
    usual: list[tuple[str, Item]],
    others: Mapping[str, Item],
    values: Mapping[str, str],
) -> Inclusions:
    """Return what the files of a project include.

    As the Compose Specification has it, a file is named from the folder of the one that includes
    it; its own paths start at ``project_directory``, else at the folder of the first file.

    Args:
        folder: the project's folder.
        usual: (path, document) of the project's own files.
        others: every compose file of the root by its path.
        values: the variables that may be used.
    """
    found = Inclusions()
    own = {path for path, _ in usual}
    waiting = deque((path, document, Included(folder, ())) for path, document in usual)
    while waiting:
        path, document, outer = waiting.popleft()
        for item in document["include"].items:
            paths, one = _read(item, outer, values)
            for other in paths:
                if other in own or other in found.files:
                    continue
                if other not in others:
                    found.gaps.append(_gap(item, path))
                    continue
                found.files[other] = one
                waiting.append((other, others[other], one))
    return found


def _read(item: Item, outer: Included, values: Mapping[str, str]) -> tuple[list[str], Included]:
    """The files of an inclusion, and how they are read."""

    def at(name: Item) -> str:
        return _join(outer.folder, interpolate(name.text, values)[0])

    paths = [at(name) for name in (item["path"] if item.pairs else item).texts]
    given = item["project_directory"]
    folder = at(given) if given.text else posixpath.dirname(paths[0]) if paths else ""
    variables = [at(name) for name in item["env_file"].texts] or [_join(folder, ".env")]
    return paths, Included(folder, (*variables, *outer.variables))


def _join(folder: str, name: str) -> str:
    path = posixpath.normpath(posixpath.join(folder, name))
    return "" if path == "." else path


def _gap(item: Item, path: str) -> Gap:
    names = ", ".join(one.text for one in (item["path"] if item.pairs else item).texts)
    return Gap(f"what {path} includes of {names}", "the file is not in this folder",
               f"{path}:{item.line}")  # fmt: skip
