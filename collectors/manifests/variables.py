"""The variables of a compose project: its .env files, env_file and environment."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.manifests.compose_layers import Layer, entries, files
from collectors.manifests.interpolation import env_file, interpolate
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collectors.manifests.yamls import Item

EXAMPLES = (".example", ".sample", ".dist", ".template", ".default", ".defaults", "-example")
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
        values: the variables of its .env file.
    """

    root: str
    folder: str
    texts: Mapping[str, str]
    values: dict[str, str]

    @classmethod
    def of(cls, root: str, folder: str, texts: Mapping[str, str]) -> Variables:
        """Read the .env file of a folder, or the example that stands for it."""
        found = cls(root, folder, texts, {})
        path = found.path(".env")
        text = found.text(path)
        if text is not None:
            found.values = {name: value for name, (value, _) in env_file(text[1], {}).items()}
        return found

    def path(self, name: str) -> str:
        """A path as it is written in the folder's files, relative to the root."""
        return posixpath.normpath(posixpath.join(self.folder, name))

    def text(self, path: str) -> tuple[str, str] | None:
        """A file with its path; that of its example where only that is kept."""
        return next(
            (
                (one, self.texts[one])
                for one in (path, *(f"{path}{end}" for end in EXAMPLES))
                if one in self.texts
            ),
            None,
        )

    def given(self, name: str, layers: list[Layer]) -> tuple[dict[str, Given], list[Gap]]:
        """Return the environment of a unit, and what of it is missing."""
        given: dict[str, Given] = {}
        gaps: list[Gap] = []
        for path, unit in layers:
            for key, item in entries(unit["build"]["args"]):
                value = interpolate(item.text, self.values)[0]
                if value:
                    given[key] = (value, f"{path}:{item.line}", "")
        for path, unit in layers:
            for item, required in files(unit["env_file"]):
                gap = self._add_file(name, item, f"{path}:{item.line}", given)
                gaps.extend([gap] if gap is not None and required else [])
        for path, unit in layers:
            for key, item in entries(unit["environment"]):
                gap = self._add(name, key, item, f"{path}:{item.line}", given)
                gaps.extend([gap] if gap is not None else [])
        return given, gaps

    def _add_file(self, name: str, item: Item, at: str, given: dict[str, Given]) -> Gap | None:
        wanted = self.path(interpolate(item.text, self.values)[0])
        held = self.text(wanted)
        if held is None:
            what = f"the variables that {name} gets of {wanted}"
            return Gap(what, "the file is not in this folder", at)
        target, text = held
        example = target != wanted
        for key, (value, line) in env_file(text, self.values).items():
            given[key] = (value, f"{target}:{line}", "" if example else f"{target}/{key}")
        return None

    def _add(
        self, name: str, key: str, item: Item, at: str, given: dict[str, Given]
    ) -> Gap | None:
        raw = item.text if item.value is not None else f"${{{key}}}"
        value, unknown = interpolate(raw, self.values)
        whole = _WHOLE.fullmatch(raw)
        given[key] = (value, at, whole[1] if whole is not None else "")
        if unknown and not value:
            del given[key]
            return Gap(
                f"what {name} gets as {key}", f"nothing gives {', '.join(unknown)} a value", at
            )
        return None
