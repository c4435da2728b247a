"""Charts of Helm as folders: what they hold, depend on, and are filled in with."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from collectors.manifests import values, yamls
from collectors.manifests.sprig import merged
from collectors.manifests.yamls import EMPTY, Item

if TYPE_CHECKING:
    from collections.abc import Iterator

ABOUT = frozenset({"chart.yaml", "chart.yml"})
"""The file that makes a folder a chart, in any case: not every file system tells them apart."""

_DEPENDENCIES = ("Chart.yaml", "chart.yaml", "requirements.yaml")
_YAML = (".yaml", ".yml")
MAX_NESTED = 8
"""Charts in one another that are followed."""

MAX_CHARTS = 300
"""Charts that one brings with it and that are filled in, each as often as it is brought."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A chart that another one brings with it.

    Attributes:
        name: the name of its values, its alias where it has one.
        chart: the chart's own name.
        folder: where it lies in the root; None for one that is kept elsewhere.
        condition: the paths of the values that switch it on or off.
        locator: where it is named.
    """

    name: str
    chart: str
    folder: str | None
    condition: tuple[str, ...]
    locator: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart.

    Attributes:
        folder: its folder, relative to the root.
        about: its ``Chart.yaml``.
        values: its own values.
        dependencies: the charts that it brings with it.
    """

    folder: str
    about: dict[str, Any]
    values: dict[str, Any]
    dependencies: tuple[Dependency, ...] = ()

    @property
    def name(self) -> str:
        """The name it gives itself."""
        return str(self.about.get("name") or posixpath.basename(self.folder) or "chart")


@dataclass(slots=True)
class Shelf:
    """The charts of a root.

    Attributes:
        texts: the files of the root.
        charts: the charts by their folder.
    """

    texts: Mapping[str, str]
    charts: dict[str, Chart] = field(default_factory=dict)

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Shelf:
        """Find the charts among the files of a root."""
        shelf = cls(texts)
        about = {
            posixpath.dirname(path): text
            for path, text in texts.items()
            if posixpath.basename(path).lower() in ABOUT
        }
        folders = sorted(about)
        for folder in folders:
            held = texts.get(posixpath.join(folder, "values.yaml"), "")
            shelf.charts[folder] = Chart(
                folder,
                values.mapping(about[folder]),
                values.mapping(held),
                tuple(_dependencies(folder, texts, folders)),
            )
        return shelf

    def tops(self) -> Iterator[Chart]:
        """The charts that are no part of another one, and no library."""
        inner = {one.folder for chart in self.charts.values() for one in chart.dependencies}
        for folder, chart in self.charts.items():
            if folder not in inner and chart.about.get("type") != "library":
                yield chart

    def files(self, chart: Chart) -> dict[str, str]:
        """The files of a chart alone, by their path in it."""
        before = f"{chart.folder}/" if chart.folder else ""
        return {
            path.removeprefix(before): held
            for path, held in self.texts.items()
            if path.startswith(before) and not path.removeprefix(before).startswith("charts/")
        }

    def tree(self, chart: Chart) -> list[Chart]:
        """A chart with all that it brings with it, each once."""
        found = {chart.folder: chart}
        waiting = [chart]
        while waiting:
            for one in waiting.pop().dependencies:
                if one.folder is not None and one.folder not in found:
                    found[one.folder] = self.charts[one.folder]
                    waiting.append(found[one.folder])
        return list(found.values())


def _dependencies(
    folder: str, texts: Mapping[str, str], folders: list[str]
) -> Iterator[Dependency]:
    below = posixpath.join(folder, "charts") + "/"
    direct = [one for one in folders if one.startswith(below) and "/" not in one[len(below) :]]
    known = set(folders)
    for name in _DEPENDENCIES:
        path = posixpath.join(folder, name)
        for item in _document(texts.get(path, ""), path)["dependencies"].items:
            chart = item["name"].text
            inside = below + chart
            repository = item["repository"].text
            if repository.startswith("file://"):
                inside = posixpath.normpath(posixpath.join(folder, repository[len("file://") :]))
            where = inside if inside in known else None
            direct = [one for one in direct if one != inside]
            condition = tuple(filter(None, item["condition"].text.replace(" ", "").split(",")))
            shown = item["alias"].text or chart
            yield Dependency(shown, chart, where, condition, f"{path}:{item.line}")
    for one in direct:
        shown = posixpath.basename(one)
        yield Dependency(shown, shown, one, (), f"{one}/Chart.yaml:1")


def _document(text: str, path: str) -> Item:
    return next((one for one in yamls.documents(text, path) if isinstance(one, Item)), EMPTY)


def switched_on(one: Dependency, given: dict[str, Any]) -> bool:
    """Whether a chart's values have it bring a dependency: the first condition that is there."""
    for path in one.condition:
        value: Any = given
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, bool):
            return value
    return True


def inner_values(chart: Chart, name: str, outer: dict[str, Any]) -> dict[str, Any]:
    """What a chart inside another is filled in with: its own values under the outer ones."""
    own = outer.get(name)
    found = merged(own if isinstance(own, dict) else {}, chart.values)
    shared = outer.get("global")
    if isinstance(shared, dict):
        found["global"] = merged(shared, found.get("global"))
    return found


def templates(chart: Chart, files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The templates of a chart that make objects: path in the root and text."""
    for path, text in sorted(files.items()):
        plain = not posixpath.basename(path).startswith("_") and path.endswith(_YAML)
        if path.startswith("templates/") and plain:
            yield posixpath.join(chart.folder, path), text
