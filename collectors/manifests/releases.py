"""Releases of charts: which chart is installed under which name, with which further values."""

from __future__ import annotations

import posixpath
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from collectors.manifests import values, yamls
from collectors.manifests.variants import is_aside
from collectors.manifests.yamls import Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WORDS = re.compile(r"\bHelmRelease\b|\bargoproj\.io/|\breleases:|\bskaffold/")
_COMMAND = re.compile(r"\bhelm3?\s+(?:upgrade|install)\b((?:\\\n|[^\n;&|])*)")
_VALUED = frozenset({"-n", "--namespace", "--version", "--timeout", "--kube-context", "--repo"})
MAX_RELEASES = 500


@dataclass(frozen=True, slots=True)
class Release:
    """A chart that is installed.

    Attributes:
        name: the name it is installed under.
        folder: the chart's folder, relative to the root.
        values: what it is given besides its own values, the last first in rank.
    """

    name: str
    folder: str
    values: tuple[dict[str, Any], ...] = ()


def releases(texts: Mapping[str, str], charts: set[str]) -> list[Release]:
    """Return the releases of charts of a root, one for each name, the usual ones before others."""
    found: dict[tuple[str, str], Release] = {}
    for path in sorted(texts, key=lambda path: (is_aside(path), path)):
        text = texts[path]
        if path.endswith((".yaml", ".yml")) and _WORDS.search(text):
            for document in yamls.documents(text, path):
                if isinstance(document, Item):
                    for one in _of(path, document, texts):
                        _keep(found, one, charts)
        elif path.endswith(".sh") and "helm" in text:
            for one in _commands(path, text, texts):
                _keep(found, one, charts)
    return list(found.values())[:MAX_RELEASES]


def _keep(found: dict[tuple[str, str], Release], one: Release, charts: set[str]) -> None:
    if one.folder in charts and one.name and "{{" not in one.name:
        found.setdefault((one.folder, one.name), one)


def _of(path: str, document: Item, texts: Mapping[str, str]) -> Iterator[Release]:
    spec, folder = document["spec"], posixpath.dirname(path)
    kind = document["kind"].text
    name = spec["releaseName"].text or document["metadata"]["name"].text
    if kind == "HelmRelease":
        chart = spec["chart"]["spec"]["chart"].text
        given = (values.plain(spec["values"]) or {},)
        for base in ("", folder):
            yield Release(name, _path(base, chart), given)
    elif kind == "Application":
        for source in (spec["source"], *spec["sources"].items):
            yield _of_argo(name, source, texts)
    elif kind in {"", "Config"}:
        held = (*document["releases"].items, *document["deploy"]["helm"]["releases"].items,
                *document["manifests"]["helm"]["releases"].items)  # fmt: skip
        for one in held:
            chart = one["chart"].text or one["chartPath"].text
            files = (*one["values"].items, *one["valuesFiles"].items)
            layers = [_layer(folder, item, texts) for item in files]
            layers.append(_set(values.plain(one["setValues"])))
            shown = tuple(layer for layer in layers if layer)
            yield Release(one["name"].text, _path(folder, chart), shown)


def _of_argo(name: str, source: Item, texts: Mapping[str, str]) -> Release:
    folder = _path("", source["path"].text)
    helm = source["helm"]
    layers = [_layer(folder, item, texts) for item in helm["valueFiles"].items]
    layers.append(values.mapping(helm["values"].text))
    layers.append(values.plain(helm["valuesObject"]) or {})
    layers.append(_set({one["name"].text: values.plain(one["value"])
                        for one in helm["parameters"].items}))  # fmt: skip
    shown = tuple(layer for layer in layers if layer)
    return Release(helm["releaseName"].text or name, folder, shown)


def _layer(folder: str, item: Item, texts: Mapping[str, str]) -> dict[str, Any]:
    if item.pairs:
        found = values.plain(item)
        return found if isinstance(found, dict) else {}
    return values.mapping(texts.get(_path(folder, item.text), ""))


def _set(given: Any) -> dict[str, Any]:
    """Values that are given by their paths; none of what is no mapping."""
    found: dict[str, Any] = {}
    for path, value in given.items() if isinstance(given, dict) else ():
        *above, last = str(path).split(".")
        held = found
        for part in above:
            inner = held.setdefault(part, {})
            held = inner if isinstance(inner, dict) else {}
        held[last] = value
    return found


def _commands(path: str, text: str, texts: Mapping[str, str]) -> Iterator[Release]:
    """Releases that a script makes."""
    for match in _COMMAND.finditer(text):
        try:
            words = shlex.split(match[1].replace("\\\n", " "), comments=True)
        except ValueError:
            continue
        plain: list[str] = []
        layers: list[dict[str, Any]] = []
        waiting = iter(words)
        for word in waiting:
            flag, _, value = word.partition("=")
            if flag in {"-f", "--values"}:
                file = value or next(waiting, "")
                folders = (posixpath.dirname(path), "")
                layers.append(next((values.mapping(texts[_path(base, file)]) for base in folders
                                    if _path(base, file) in texts), {}))  # fmt: skip
            elif flag in {"--set", "--set-string"}:
                given = value or next(waiting, "")
                pairs = (one.partition("=") for one in given.split(","))
                layers.append(_set({key: one for key, _, one in pairs}))
            elif word in _VALUED:
                next(waiting, "")
            elif not word.startswith("-"):
                plain.append(word)
        if len(plain) > 1 and "$" not in plain[0]:
            for base in (posixpath.dirname(path), ""):
                yield Release(plain[0], _path(base, plain[1]), tuple(filter(None, layers)))


def _path(folder: str, name: str) -> str:
    found = posixpath.normpath(posixpath.join(folder, name.lstrip("/") if folder == "" else name))
    return "" if found == "." else found
