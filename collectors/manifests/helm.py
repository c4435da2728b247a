"""Helm charts: rendered by helm where there is one, else read with their values filled in."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from collectors.manifests import yamls
from collectors.manifests.chart_files import Files
from collectors.manifests.charts import (
    MAX_CHARTS,
    MAX_NESTED,
    Chart,
    Dependency,
    Shelf,
    inner_values,
    switched_on,
    templates,
)
from collectors.manifests.goexpressions import TemplateError
from collectors.manifests.helm_command import rendered_chart
from collectors.manifests.images import kind_of
from collectors.manifests.objects import Object
from collectors.manifests.releases import Release, releases
from collectors.manifests.sprig import merged
from collectors.manifests.templating import Filled, Template
from collectors.manifests.yamls import Item
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collectors.manifests.gotemplates import Node

UNRENDERED = 0.7
"""How sure the reading of a template is that was not rendered."""

_SOURCE = "# Source: "
_ABOUT = ("Chart.yaml", "chart.yaml")
_VERSIONS = {"KubeVersion": {"Version": "v1.31.0", "GitVersion": "v1.31.0", "Major": "1",
                             "Minor": "31"}, "APIVersions": {}}  # fmt: skip
_MADE = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: "{name}"}}
spec:
  template:
    metadata: {{labels: {{made-by-chart: "{name}"}}}}
    spec: {{containers: [{{name: main, image: "{image}"}}]}}
"""
_ENDS = ("", "-master", "-primary", "-headless", "-hl")


def is_template(path: str, texts: Mapping[str, str]) -> bool:
    """Whether a file is a template of a chart, read with the chart."""
    parts = path.split("/")
    return any(
        parts[number - 1] == "templates"
        and any(posixpath.join("/".join(parts[: number - 1]), name) in texts for name in _ABOUT)
        for number in range(len(parts) - 1, 0, -1)
    )


def charts(texts: Mapping[str, str]) -> Iterator[Object | Gap]:
    """Yield the objects of every chart of a root, for each time that it is released."""
    shelf = Shelf.of(texts)
    released: dict[str, list[Release]] = {}
    for one in releases(texts, set(shelf.charts)):
        released.setdefault(one.folder, []).append(one)
    for chart in shelf.tops():
        usual = [Release(_release_name(chart), chart.folder)]
        for one in released.get(chart.folder, usual):
            yield from _Reading(shelf, one).objects(chart)


def _release_name(chart: Chart) -> str:
    return re.sub(r"[^a-z0-9-]+", "-", chart.name.lower()).strip("-") or "release"


@dataclass(slots=True)
class _Reading:
    shelf: Shelf
    release: Release
    left: int = MAX_CHARTS

    def objects(self, chart: Chart) -> Iterator[Object | Gap]:
        """Yield what a chart makes, by helm or by reading it."""
        given = dict(chart.values)
        for more in self.release.values:
            given = merged(more, given)
        named = Template({})
        for one in self.shelf.tree(chart):
            for path, text in sorted(self.shelf.files(one).items()):
                if path.startswith("templates/") and "define" in text:
                    named.learn(text)
        own = list(self._chart(chart, chart, given, named.defines))
        rendered = rendered_chart(chart.folder, self.shelf.texts, self.release)
        if rendered is None:
            yield from own
            return
        known = {(one.path, one.kind, one.name): one for one in own if isinstance(one, Object)}
        for made in _objects(chart.folder, rendered):
            held = known.get((made.path, made.kind, made.name)) if isinstance(
                made, Object) else None  # fmt: skip
            if isinstance(made, Object):
                made.item = _placed(made.item, held.item if held is not None else None)
                made.aliases = self._aliases(chart, made.name)
            yield made
        yield from (one for one in own if isinstance(one, Object) and one.certainty == 1)

    def _chart(
        self,
        top: Chart,
        chart: Chart,
        given: dict[str, Any],
        defines: dict[str, list[Node]],
        depth: int = 0,
    ) -> Iterator[Object | Gap]:
        files = self.shelf.files(chart)
        template = Template(self._given(chart, files, given), defines)
        for path, text in templates(chart, files):
            template.given["Template"] = {
                "Name": f"{chart.name}/{path}", "BasePath": f"{chart.name}/templates",
            }  # fmt: skip
            yield from self._documents(top, path, text, template)
        for what, line in template.unknown.items():
            why = f"{what} is not known, and helm is not there to render it"
            yield Gap("a template of Helm", why, f"{chart.folder}/Chart.yaml:{line and 1}")
        for one in chart.dependencies if depth < MAX_NESTED else ():
            self.left -= 1
            if self.left < 0 or not switched_on(one, given):
                continue
            inner = self.shelf.charts.get(one.folder) if one.folder is not None else None
            if inner is None:
                yield from self._brought(top, one, given)
            elif inner.about.get("type") != "library":
                named = replace(inner, about=inner.about | {"name": one.name})
                inside = inner_values(inner, one.name, given)
                yield from self._chart(top, named, inside, defines, depth + 1)

    def _given(
        self, chart: Chart, files: Mapping[str, str], given: dict[str, Any]
    ) -> dict[str, Any]:
        about = {key[:1].upper() + key[1:]: value for key, value in chart.about.items()}
        return {
            "Values": given,
            "Chart": {"Name": chart.name} | about,
            "Release": {"Name": self.release.name, "Namespace": "default", "Service": "Helm",
                        "IsInstall": True, "IsUpgrade": False, "Revision": 1},
            "Files": Files(files),
            "Capabilities": _VERSIONS,
            "Subcharts": {},
        }  # fmt: skip

    def _documents(
        self, top: Chart, path: str, text: str, template: Template
    ) -> Iterator[Object | Gap]:
        try:
            filled = template.fill(text)
        except TemplateError as error:
            why = f"helm is not there to render it, and {error}"
            yield Gap("a template of Helm", why, f"{path}:{error.line}")
            return
        for document in yamls.documents(filled.text, path):
            if isinstance(document, Gap):
                line = int(document.locator.rpartition(":")[2])
                why = f"helm is not there to render it, and read as it is {document.why}"
                yield Gap("a template of Helm", why, f"{path}:{_line(filled, line)}")
            elif document["kind"] and not _is_test(document):
                made = Object(path, _lined(document, filled), UNRENDERED, chart=top.folder or ".")
                made.aliases = self._aliases(top, made.name)
                yield made

    def _aliases(self, chart: Chart, name: str) -> tuple[str, ...]:
        """What people call a thing whose name starts with that of its release."""
        found: list[str] = []
        for before in (self.release.name, chart.name):
            short = (found or [name])[-1].removeprefix(f"{before}-")
            found += [short] if short != (found or [name])[-1] else []
        return tuple(found)

    def _brought(
        self, top: Chart, one: Dependency, given: dict[str, Any]
    ) -> Iterator[Object | Gap]:
        """The store or broker that a chart from elsewhere brings; of others it is not known."""
        kind = kind_of(one.chart)
        if kind is None or not kind.is_infrastructure:
            what = f"what the chart {one.chart} brings"
            yield Gap(what, "it is kept elsewhere, and was not read", one.locator)
            return
        own = given.get(one.name)
        own = own if isinstance(own, dict) else {}
        short = str(own.get("nameOverride") or one.name)
        outer = self.release.name
        full = str(
            own.get("fullnameOverride") or (outer if short in outer else f"{outer}-{short}")
        )
        path, _, line = one.locator.rpartition(":")
        text = _MADE.format(name=re.sub(r"[^\w.-]", "", full), image=one.chart)
        for document in yamls.documents(text, path):
            if isinstance(document, Item):
                made = Object(path, _all_at(document, int(line)), chart=top.folder or ".")
                names = [f"{name}{end}" for name in (full, short, one.chart) for end in _ENDS]
                made.aliases = tuple(dict.fromkeys(names[1:]))
                yield made


def _is_test(document: Item) -> bool:
    return document["metadata"]["annotations"]["helm.sh/hook"].text.startswith("test")


def _line(filled: Filled, line: int) -> int:
    """The template's line of a line that was filled in."""
    known = filled.lines[:line]
    return next((one for one in reversed(known) if one), 1)


def _lined(item: Item, filled: Filled) -> Item:
    """An item with the lines of the template that it comes from."""
    line = _line(filled, item.line)
    if isinstance(item.value, dict):
        return Item({key: _lined(one, filled) for key, one in item.value.items()}, line)
    if isinstance(item.value, list):
        return Item([_lined(one, filled) for one in item.value], line)
    return Item(item.value, line)


def _all_at(item: Item, line: int) -> Item:
    if isinstance(item.value, dict):
        return Item({key: _all_at(one, line) for key, one in item.value.items()}, line)
    if isinstance(item.value, list):
        return Item([_all_at(one, line) for one in item.value], line)
    return Item(item.value, line)


def _placed(item: Item, like: Item | None) -> Item:
    """An item that helm printed, with the lines of the same one as it was read; 1 without."""
    line = like.line if like is not None and like.line else 1
    if isinstance(item.value, dict):
        known = like.pairs if like is not None else {}
        return Item({key: _placed(one, known.get(key)) for key, one in item.value.items()}, line)
    if isinstance(item.value, list):
        others = like.items if like is not None else []
        return Item(
            [_placed(one, others[n] if n < len(others) else None)
             for n, one in enumerate(item.value)], line,
        )  # fmt: skip
    return Item(item.value, line)


def _objects(folder: str, rendered: str) -> Iterator[Object | Gap]:
    """The objects that helm printed, each with the template it comes from."""
    for part in rendered.split("\n---"):
        source = next(
            (line[len(_SOURCE) :] for line in part.splitlines() if line.startswith(_SOURCE)), ""
        )
        path = posixpath.join(folder, source.partition("/")[2] or "Chart.yaml")
        for document in yamls.documents(part.removeprefix("---"), path):
            if isinstance(document, Gap):
                yield document
            elif document["kind"] and not _is_test(document):
                yield Object(path, document, chart=folder or ".")
