"""kustomize: the maps that it makes of literals and files, and patches inside its files."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from collectors.manifests import yamls
from collectors.manifests.interpolation import env_file
from collectors.manifests.objects import Object
from collectors.manifests.yamls import Item
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAMES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
_MADE = {"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}


def generated(texts: Mapping[str, str]) -> Iterator[Object | Gap]:
    """Yield the ConfigMaps and Secrets that kustomizations generate, and what they patch."""
    for path, text in texts.items():
        if path.rpartition("/")[2] not in _NAMES:
            continue
        for document in yamls.documents(text, path):
            if isinstance(document, Gap):
                continue
            for key, kind in _MADE.items():
                for item in document[key].items:
                    yield _made(path, kind, item, texts)
            for item in (*document["patchesStrategicMerge"].items,
                         *(one["patch"] for one in document["patches"].items)):  # fmt: skip
                if "kind:" in item.text:
                    yield from _patches(path, item)


def _patches(path: str, item: Item) -> Iterator[Object | Gap]:
    """The objects in a text inside a file, at their lines of it."""
    held = "\n" * (item.line - 1 + ("\n" in item.text)) + item.text
    for one in yamls.documents(held, path):
        yield one if isinstance(one, Gap) else Object(path, one)


def _made(path: str, kind: str, item: Item, texts: Mapping[str, str]) -> Object:
    data: dict[str, Item] = {}
    for one in item["literals"].texts:
        key, _, value = one.text.partition("=")
        data[key] = Item(value.strip("\"'"), one.line)
    folder = posixpath.dirname(path)
    for one in (*item["envs"].texts, *item["env"].texts):
        text = texts.get(posixpath.normpath(posixpath.join(folder, one.text)), "")
        data.update((k, Item(v, one.line)) for k, (v, _) in env_file(text, {}).items())
    for one in item["files"].texts:
        key, mark, name = one.text.partition("=")
        place = posixpath.normpath(posixpath.join(folder, name if mark else key))
        shown = key if mark else posixpath.basename(key)
        data[shown] = Item(texts.get(place, ""), one.line)
    body = {
        "kind": Item(kind, item.line),
        "metadata": Item({"name": item["name"], "namespace": item["namespace"]}, item.line),
        "data": Item(data, item.line),
    }
    return Object(path, Item(body, item.line))
