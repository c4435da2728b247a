"""Deployment files: units, their environment, order, files, libraries and proxies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from depmap.collecting.files import named_roots, read_text, walk
from depmap.collecting.port import Collector, Window, option
from depmap.model.evidence import Gap
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from collectors.manifests.yamls import Item as Yaml
    from depmap.collecting.port import Item

    _Reader = Callable[[str, str, str], Iterable[Item]]

_SHELL_NAMES = ("entrypoint", "docker-entrypoint", "start", "run", "wait")
_YAML = (".yml", ".yaml")
_ENDS = (".sh", ".conf", ".conf.template", ".env", ".template", ".cfg", ".tpl")
_TOLD = ("services", "include", "static_resources", "routers", "_format_version",
         "scrape_configs")  # fmt: skip


_OF_CI = re.compile(
    r"(?:^|/)(?:\.(?:github|gitlab|circleci|buildkite|woodpecker|semaphore|azure-?pipelines)/|"
    r"\.(?:gitlab-ci|travis|drone|woodpecker|appveyor|cirrus)[\w.-]*\.ya?ml$|"
    r"(?:azure|bitbucket)-pipelines[\w.-]*\.ya?ml$|(?:cloudbuild|buildspec)[\w.-]*\.ya?ml$)"
)
"""Files of builds and tests: what they start is no part of the system."""


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
    from collectors.manifests import (  # noqa: PLC0415 - imports are late, see discovery
        artifacts,
        contracts,
        gateways,
        locks,
        packages,
        processes,
        terraform,
    )

    lowered = name.lower()
    if lowered.endswith((*_YAML, *_ENDS)) or name in {"CODEOWNERS", "Dockerfile"}:
        return True
    if lowered.startswith(("dockerfile", ".env")) or lowered.endswith(".dockerfile"):
        return True
    if ".env." in lowered:
        return True
    if any(
        one.wanted(name)
        for one in (packages, locks, contracts, processes, artifacts, gateways, terraform)
    ):
        return True
    return lowered.startswith(_SHELL_NAMES) and "." not in lowered


def _facts(root: str, texts: dict[str, str]) -> Iterator[Item]:
    yield from _projects(root, texts)
    composed = {path.rpartition("/")[0] for path in texts if "compose" in path.rpartition("/")[2]}
    for path, text in texts.items():
        if ".env" not in path or path.rpartition("/")[0] not in composed:
            yield from _by_name(root, path, text)


def _by_name(root: str, path: str, text: str) -> Iterator[Item]:
    from collectors.manifests import (  # noqa: PLC0415
        artifacts,
        contracts,
        dockerfile,
        dotenv,
        gateways,
        locks,
        nginx,
        owners,
        packages,
        processes,
        proxies,
        scripts,
        shell,
    )

    last = path.rpartition("/")[2]
    name = last.lower()
    if scripts.wanted(last):
        yield from scripts.read(root, path, text)
    readers: tuple[tuple[bool, _Reader], ...] = (
        (contracts.wanted(last), contracts.read),
        (last == "CODEOWNERS", owners.codeowners),
        (name.startswith("dockerfile") or name.endswith(".dockerfile"), dockerfile.read),
        (dotenv.wanted(last), dotenv.read),
        (locks.wanted(last), locks.read),
        (packages.wanted(last), packages.read),
        (processes.wanted(last), processes.waits),
        (artifacts.wanted(last), lambda *_: ()),
        (gateways.wanted(last), gateways.read),
        (".conf" in name and "ProxyPass" in text, gateways.apache),
        (name.endswith(".sh") or "." not in name, shell.waits),
        (name.endswith(".cfg") and "backend " in text, proxies.haproxy),
        (
            (".conf" in name or name.endswith(".template")) and nginx.looks_like(text),
            nginx.read,
        ),
    )
    chosen = next((reader for fits, reader in readers if fits), None)
    if chosen is not None:
        yield from chosen(root, path, text)


def _projects(root: str, texts: dict[str, str]) -> Iterator[Item]:
    from collectors.manifests import (  # noqa: PLC0415
        artifacts,
        owners,
        proxies,
        terraform,
        watching,
    )
    from collectors.manifests.helm import charts  # noqa: PLC0415
    from collectors.manifests.kubernetes import Cluster  # noqa: PLC0415
    from collectors.manifests.kustomize import generated  # noqa: PLC0415
    from collectors.manifests.objects import Object  # noqa: PLC0415
    from collectors.manifests.projects import compose_facts, is_compose  # noqa: PLC0415

    compose: list[tuple[str, Yaml]] = []
    objects: list[Object] = []
    catalogue: list[tuple[str, Yaml]] = []
    yield from terraform.read(root, texts)
    for made in chain(charts(texts), generated(texts)):
        if isinstance(made, Gap):
            yield made
        else:
            objects.append(made)
    for item in _documents(texts):
        if isinstance(item, Gap):
            yield item
        elif is_compose(*item):
            compose.append(item)
        elif not (item[1]["apiVersion"] and item[1]["kind"]):
            yield from proxies.read(root, *item)
            yield from watching.read(root, *item)
        elif item[1]["apiVersion"].text.startswith("backstage.io"):
            catalogue.append(item)
            yield from owners.catalogue(root, *item)
        elif item[1]["kind"].text == "List":
            objects.extend(Object(item[0], one) for one in item[1]["items"].items)
        else:
            objects.append(Object(*item))
    yield from owners.needs(root, catalogue)
    yield from compose_facts(root, compose, texts)
    yield from Cluster(root, objects, artifacts.places(texts)).facts()


def _documents(texts: dict[str, str]) -> Iterator[tuple[str, Yaml] | Gap]:
    """Every document of every YAML file that may be about deployment."""
    from collectors.manifests import yamls  # noqa: PLC0415
    from collectors.manifests.helm import is_template  # noqa: PLC0415

    for path, text in texts.items():
        objects = "apiVersion" in text
        if not path.endswith(_YAML) or not (objects or any(word in text for word in _TOLD)):
            continue
        if _OF_CI.search(path) or (objects and is_template(path, texts)):
            continue
        found = list(yamls.documents(text, path))
        if objects and "{{" in text and any(map(_unfilled, found)):
            yield Gap("a template of Helm", "it is not known what fills it in", f"{path}:1")
            continue
        for document in found:
            yield document if isinstance(document, Gap) else (path, document)


def _unfilled(document: Yaml | Gap) -> bool:
    """Whether a document can only be read when its places are filled in."""
    return isinstance(document, Gap) or not document["kind"].text
