"""The variables of a compose project: its .env files, env_file and environment."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from collectors.manifests.compose_layers import Layer, entries, files
from collectors.manifests.interpolation import env_file, interpolate
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.compose_includes import Included
    from collectors.manifests.yamls import Item

_EXAMPLES = ("example", "sample", "dist", "template", "default", "defaults")
Given = tuple[str, str, str]
"""A value, its locator, and what it is named where it comes from."""

_WHOLE = re.compile(r"\$\{?(\w+)(?::?[-?][^{}]*)?\}?")


@dataclass(slots=True)
class Variables:
    """What the files of a project may refer to.

    Attributes:
        root: the name of the root.
        folder: the project's folder.
        texts: the files of the root.
        values: the variables of its .env file, and those that files it includes have, where
            these agree.
        within: the variables of each file that it includes, where they differ.
        folders: the folder that the paths of such a file start at.
    """

    root: str
    folder: str
    texts: Mapping[str, str]
    values: dict[str, str] = field(default_factory=dict)
    within: dict[str, dict[str, str]] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        root: str,
        folder: str,
        texts: Mapping[str, str],
        included: Mapping[str, Included] = MappingProxyType({}),
    ) -> Variables:
        """Read the .env file of a folder, or the example that stands for it."""
        found = cls(root, folder, texts)
        own = found._read(posixpath.join(folder, ".env"))
        every: dict[str, set[str]] = defaultdict(set)
        for path, one in included.items():
            found.folders[path] = one.folder
            held = {k: v for file in one.variables for k, v in found._read(file).items()}
            found.within[path] = held | own
            for name, value in held.items():
                every[name].add(value)
        found.values = {name: min(held) for name, held in every.items() if len(held) == 1} | own
        return found

    def _read(self, path: str) -> dict[str, str]:
        held = self.text(path)
        return {n: value for n, (value, _) in env_file(held[1], {}).items()} if held else {}

    def path(self, name: str, file: str) -> str:
        """A path as it is written in a compose file, relative to the root."""
        folder = self.folders.get(file, posixpath.dirname(file))
        return posixpath.normpath(posixpath.join(folder, name))

    def known(self, file: str) -> dict[str, str]:
        """The variables that a compose file may use."""
        return self.within.get(file, self.values)

    def text(self, path: str) -> tuple[str, str] | None:
        """A file with its path; that of its example where only that is kept."""
        return next(
            ((one, self.texts[one]) for one in (path, *_examples(path)) if one in self.texts),
            None,
        )

    def given(self, name: str, layers: list[Layer]) -> tuple[dict[str, Given], list[Gap]]:
        """Return the environment of a unit, and what of it is missing."""
        given: dict[str, Given] = {}
        gaps: list[Gap] = []
        for path, unit in layers:
            for key, item in entries(unit["build"]["args"]):
                value = interpolate(item.text, self.known(path))[0]
                if value:
                    given[key] = (value, f"{path}:{item.line}", "")
        for path, unit in layers:
            for item, required in files(unit["env_file"]):
                gap = self._add_file(name, item, path, given)
                gaps.extend([gap] if gap is not None and required else [])
        for path, unit in layers:
            for key, item in entries(unit["environment"]):
                gap = self._add(name, (key, item), path, given)
                gaps.extend([gap] if gap is not None else [])
        return given, gaps

    def _add_file(self, name: str, item: Item, path: str, given: dict[str, Given]) -> Gap | None:
        values = self.known(path)
        wanted = self.path(interpolate(item.text, values)[0], path)
        held = self.text(wanted)
        if held is None:
            what = f"the variables that {name} gets of {wanted}"
            return Gap(what, "the file is not in this folder", f"{path}:{item.line}")
        target, text = held
        example = target != wanted
        for key, (value, line) in env_file(text, values).items():
            given[key] = (value, f"{target}:{line}", "" if example else f"{target}/{key}")
        return None

    def _add(
        self, name: str, entry: tuple[str, Item], path: str, given: dict[str, Given]
    ) -> Gap | None:
        key, item = entry
        at = f"{path}:{item.line}"
        raw = item.text if item.value is not None else f"${{{key}}}"
        value, unknown = interpolate(raw, self.known(path))
        whole = _WHOLE.fullmatch(raw)
        given[key] = (value, at, whole[1] if whole is not None else "")
        if unknown and not value:
            del given[key]
            return Gap(
                f"what {name} gets as {key}", f"nothing gives {', '.join(unknown)} a value", at
            )
        return None


def _examples(path: str) -> Iterator[str]:
    """The names that an example of a file of variables may have, the likeliest first."""
    folder, _, name = path.rpartition("/")
    stem, end = posixpath.splitext(name)
    above = f"{folder}/" if folder else ""
    for word in _EXAMPLES:
        yield from (f"{path}.{word}", f"{path}-{word}")
        if stem != ".env" and end:
            yield f"{above}{stem}.{word}{end}"
    for word in _EXAMPLES:
        plain = (f"{word}.env", f".{word}.env", f"env.{word}", f".env.{word}")
        yield from (f"{above}{one}" for one in plain)
