"""Which files of a root are read, by whom: each alone by its name, or all of a kind together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from collectors.manifests import (
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
    terraform,
    watching,
    yamls,
)
from collectors.manifests.helm import charts, is_template
from collectors.manifests.kubernetes import Cluster
from collectors.manifests.kustomize import generated
from collectors.manifests.objects import Object
from collectors.manifests.projects import compose_facts, is_compose
from collectors.manifests.yamls import Item as Yaml
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from depmap.collecting.port import Item

    _Fits = Callable[[str, str], bool]
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


def _dockerfile(name: str) -> bool:
    return name.lower().startswith("dockerfile") or name.lower().endswith(".dockerfile")


def _ends(name: str, *ends: str) -> bool:
    return name.lower().endswith(ends)


def _server(name: str) -> bool:
    return ".conf" in name.lower() or _ends(name, ".template")


_READERS: tuple[tuple[_Fits, _Reader], ...] = (
    (lambda name, _: contracts.wanted(name), contracts.read),
    (lambda name, _: name == "CODEOWNERS", owners.codeowners),
    (lambda name, _: _dockerfile(name), dockerfile.read),
    (lambda name, _: dotenv.wanted(name), dotenv.read),
    (lambda name, _: locks.wanted(name), locks.read),
    (lambda name, _: packages.wanted(name), packages.read),
    (lambda name, _: processes.wanted(name), processes.waits),
    (lambda name, _: artifacts.wanted(name), lambda *_: ()),
    (lambda name, _: gateways.wanted(name), gateways.read),
    (lambda name, text: ".conf" in name.lower() and "ProxyPass" in text, gateways.apache),
    (lambda name, _: _ends(name, ".sh") or "." not in name, shell.waits),
    (lambda name, text: _ends(name, ".cfg") and "backend " in text, proxies.haproxy),
    (lambda name, text: _server(name) and nginx.looks_like(text), nginx.read),
)
"""Which file, by its name and text, is read by whom; the first that fits."""


def wanted(name: str) -> bool:
    """Whether a file of that name is read at all."""
    lowered = name.lower()
    return (
        lowered.endswith((*_YAML, *_ENDS))
        or name in {"CODEOWNERS", "Dockerfile"}
        or lowered.startswith((".env", "env."))
        or ".env." in lowered
        or _dockerfile(name)
        or any(
            one.wanted(name)
            for one in (packages, locks, contracts, processes, artifacts, gateways, terraform)
        )
        or (lowered.startswith(_SHELL_NAMES) and "." not in lowered)
    )


def facts(root: str, texts: dict[str, str]) -> Iterator[Item]:
    """Yield what the files of a root say.

    Args:
        root: the name of the root.
        texts: its files by their path.
    """
    yield from _together(root, texts)
    composed = {path.rpartition("/")[0] for path in texts if "compose" in path.rpartition("/")[2]}
    for path, text in texts.items():
        if ".env" not in path or path.rpartition("/")[0] not in composed:
            yield from _alone(root, path, text)


def _alone(root: str, path: str, text: str) -> Iterator[Item]:
    name = path.rpartition("/")[2]
    if scripts.wanted(name):
        yield from scripts.read(root, path, text)
    chosen = next((reader for fits, reader in _READERS if fits(name, text)), None)
    if chosen is not None:
        yield from chosen(root, path, text)


def _together(root: str, texts: dict[str, str]) -> Iterator[Item]:
    """What files say together: of Terraform, compose, a cluster, and a catalogue."""
    yield from terraform.read(root, texts)
    sorted_out = _Sorted(root)
    for made in chain(charts(texts), generated(texts)):
        if isinstance(made, Gap):
            yield made
        else:
            sorted_out.objects.append(made)
    for item in _documents(texts):
        if isinstance(item, Gap):
            yield item
        else:
            yield from sorted_out.add(*item)
    yield from owners.needs(root, sorted_out.catalogue)
    yield from compose_facts(root, sorted_out.compose, texts)
    yield from Cluster(root, sorted_out.objects, artifacts.places(texts)).facts()


@dataclass(slots=True)
class _Sorted:
    """The documents of a root that are read with others of their kind."""

    root: str
    compose: list[tuple[str, Yaml]] = field(default_factory=list)
    objects: list[Object] = field(default_factory=list)
    catalogue: list[tuple[str, Yaml]] = field(default_factory=list)

    def add(self, path: str, document: Yaml) -> Iterator[Item]:
        """Keep a document of a kind; yield what it says by itself."""
        if is_compose(path, document):
            self.compose.append((path, document))
        elif not (document["apiVersion"] and document["kind"]):
            yield from proxies.read(self.root, path, document)
            yield from watching.read(self.root, path, document)
        elif document["apiVersion"].text.startswith("backstage.io"):
            self.catalogue.append((path, document))
            yield from owners.catalogue(self.root, path, document)
        elif document["kind"].text == "List":
            self.objects.extend(Object(path, one) for one in document["items"].items)
        else:
            self.objects.append(Object(path, document))


def _documents(texts: dict[str, str]) -> Iterator[tuple[str, Yaml] | Gap]:
    """Every document of every YAML file that may be about deployment."""
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
