"""Deployment files: units, their environment, order, files, libraries and proxies."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from depmap.collecting.files import named_roots, read_text, walk
from depmap.collecting.port import Collector, Window, option
from depmap.model.evidence import Gap
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.yamls import Item as Yaml
    from depmap.collecting.port import Item

_SHELL_NAMES = ("entrypoint", "docker-entrypoint", "start", "run", "wait")
_YAML = (".yml", ".yaml")


@dataclass(frozen=True)
class Manifests(Collector):
    """Facts from the deployment files of one or many folders."""

    name: ClassVar[str] = "manifests"
    source: ClassVar[Source] = Source.DEPLOYMENT

    paths: tuple[Path, ...] = option("Folders to read: repositories, or parts of one")

    def collect(self, window: Window) -> Iterator[Item]:
        """Yield the facts of each folder, file by file."""
        del window  # deployment files have no time
        for root, folder in named_roots(self.paths):
            texts: dict[str, str] = {}
            for item in walk(folder, _wanted):
                if isinstance(item, Gap):
                    yield item
                    continue
                text = read_text(item)
                if isinstance(text, Gap):
                    if not text.what.startswith("a binary"):
                        yield text
                    continue
                texts[item.name] = text
            yield from _facts(root, texts)


def _wanted(name: str) -> bool:
    from collectors.manifests import packages  # noqa: PLC0415 - imports are late, see discovery

    lowered = name.lower()
    if lowered.endswith((*_YAML, ".sh", ".conf", ".conf.template", ".env", ".template")):
        return True
    if lowered.startswith((".env", "dockerfile")) or lowered.endswith(".dockerfile"):
        return True
    return packages.wanted(name) or (lowered.startswith(_SHELL_NAMES) and "." not in lowered)


def _facts(root: str, texts: dict[str, str]) -> Iterator[Item]:
    from collectors.manifests import dockerfile, nginx, packages, shell  # noqa: PLC0415

    yield from _projects(root, texts)
    for path, text in texts.items():
        name = path.rpartition("/")[2].lower()
        if name.startswith("dockerfile") or name.endswith(".dockerfile"):
            yield from dockerfile.read(root, path, text)
        elif packages.wanted(path.rpartition("/")[2]):
            yield from packages.read(root, path, text)
        elif name.endswith(".sh") or "." not in name:
            yield from shell.waits(root, path, text)
        elif ".conf" in name and nginx.looks_like(text):
            yield from nginx.read(root, path, text)


def _projects(root: str, texts: dict[str, str]) -> Iterator[Item]:
    from collectors.manifests import shell  # noqa: PLC0415
    from collectors.manifests.compose import Compose  # noqa: PLC0415
    from collectors.manifests.kubernetes import Cluster  # noqa: PLC0415
    from depmap.model.facts import Unit  # noqa: PLC0415

    projects: dict[str, list[tuple[str, Yaml]]] = defaultdict(list)
    objects: list[tuple[str, Yaml]] = []
    for item in _documents(texts):
        if isinstance(item, Gap):
            yield item
        elif _is_compose(*item):
            projects[item[0].rpartition("/")[0]].append(item)
        elif item[1]["apiVersion"] and item[1]["kind"]:
            objects.append(item)
    for folder, documents in sorted(projects.items()):
        documents.sort(key=lambda item: ("override" in item[0], len(item[0]), item[0]))
        for fact in Compose(root, folder, documents, texts).facts():
            yield fact
            if isinstance(fact, Unit) and fact.command:
                line = int(fact.locator.rpartition(":")[2])
                yield from shell.waits(root, fact.file, fact.command, first=line, unit=fact.name)
    yield from Cluster(root, objects).facts()


def _documents(texts: dict[str, str]) -> Iterator[tuple[str, Yaml] | Gap]:
    """Every document of every YAML file that may be about deployment."""
    from collectors.manifests import yamls  # noqa: PLC0415

    for path, text in texts.items():
        objects = "apiVersion" in text
        if not path.endswith(_YAML) or not (objects or "services" in text):
            continue
        if objects and "{{" in text:
            yield Gap("a template of Helm", "it is not rendered", f"{path}:1")
            continue
        for document in yamls.documents(text, path):
            yield document if isinstance(document, Gap) else (path, document)


def _is_compose(path: str, document: Yaml) -> bool:
    if "kind" in document.pairs:
        return False
    units = document["services"].pairs.values()
    if "compose" in path.rpartition("/")[2]:
        return bool(units)
    return any({"image", "build"} & set(unit.pairs) for unit in units)
