"""Helm charts: rendered by helm where there is one, else read with their values filled in."""

from __future__ import annotations

import posixpath
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from collectors.manifests import yamls
from collectors.manifests.objects import Object
from collectors.manifests.templating import Template
from collectors.manifests.yamls import EMPTY, Item
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UNRENDERED = 0.7
"""How sure the reading of a template is that was not rendered."""

TIME_LIMIT = 20.0
_SOURCE = "# Source: "


def is_template(path: str, texts: Mapping[str, str]) -> bool:
    """Whether a file is a template of a chart, read with the chart."""
    return _chart_of(path, texts) is not None


def _chart_of(path: str, texts: Mapping[str, str]) -> str | None:
    """The folder of the chart that a file is a template of."""
    parts = path.split("/")
    for number in range(len(parts) - 1, 0, -1):
        if parts[number - 1] == "templates":
            folder = "/".join(parts[: number - 1])
            if posixpath.join(folder, "Chart.yaml") in texts:
                return folder
    return None


def charts(texts: Mapping[str, str]) -> Iterator[Object | Gap]:
    """Yield the objects of every chart of a root."""
    found: dict[str, list[str]] = {}
    for path, text in texts.items():
        if path.endswith((".yaml", ".yml")) and "apiVersion" in text:
            folder = _chart_of(path, texts)
            if folder is not None:
                found.setdefault(folder, []).append(path)
    for folder, paths in sorted(found.items()):
        if any(folder.startswith(f"{other}/charts/") for other in found):
            continue  # it is rendered with the chart that it is a part of
        rendered = _rendered(folder, texts)
        if rendered is not None:
            yield from _objects(folder, rendered)
        else:
            yield from _read(folder, paths, texts)


def _read(folder: str, paths: list[str], texts: Mapping[str, str]) -> Iterator[Object | Gap]:
    values = _values(posixpath.join(folder, "values.yaml"), texts)
    chart = _values(posixpath.join(folder, "Chart.yaml"), texts)
    for path in paths:
        text = Template(values, chart, texts).fill(texts[path])
        for document in yamls.documents(text, path):
            if isinstance(document, Gap):
                why = f"helm is not there to render it, and read as it is {document.why}"
                yield Gap("a template of Helm", why, document.locator)
            elif document["kind"]:
                yield Object(path, document, certainty=UNRENDERED, chart=folder or ".")


def _values(path: str, texts: Mapping[str, str]) -> Item:
    documents = yamls.documents(texts.get(path, ""), path)
    return next((one for one in documents if isinstance(one, Item)), EMPTY)


def _rendered(folder: str, texts: Mapping[str, str]) -> str | None:
    """What helm makes of a chart; None without helm, or when it fails or takes too long.

    The chart is written anew to an empty folder, so that nothing but what was read takes part.
    """
    helm = shutil.which("helm")
    if helm is None:
        return None
    with tempfile.TemporaryDirectory(prefix="depmap-helm-") as name:
        below = f"{folder}/" if folder else ""
        for path, text in texts.items():
            if path.startswith(below):
                target = Path(name, "chart", path.removeprefix(below))
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
        try:
            done = subprocess.run(
                [helm, "template", "release", str(Path(name, "chart"))],
                capture_output=True,
                check=True,
                timeout=TIME_LIMIT,
                env={"HOME": name, "PATH": "/nowhere", "http_proxy": "http://127.0.0.1:9",
                     "https_proxy": "http://127.0.0.1:9"},
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.decode("utf-8", "replace")


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
            elif document["kind"]:
                yield Object(path, _at_first(document), chart=folder or ".")


def _at_first(item: Item) -> Item:
    """An item with line 1 everywhere: lines of what helm printed are lines of no file."""
    if isinstance(item.value, dict):
        return Item({key: _at_first(one) for key, one in item.value.items()}, 1)
    if isinstance(item.value, list):
        return Item([_at_first(one) for one in item.value], 1)
    return Item(item.value, 1)
