"""Secrets that come from Vault or another keeper: by annotation, by CSI, by External Secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.manifests.objects import pod_of
from depmap.model.deployed import Mount
from depmap.model.relations import Relation
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.objects import Object
    from collectors.manifests.yamls import Item
    from depmap.model.facts import Fact

_ANNOTATION = "vault.hashicorp.com/agent-inject-secret-"
_TEMPLATE = "vault.hashicorp.com/agent-inject-template-"
_PATH = re.compile(r"\bsecret\s+\"([^\"]+)\"")
KEEPER = "vault"


def read(root: str, objects: list[Object]) -> Iterator[Fact]:
    """Yield which secrets each workload takes from a keeper."""
    classes = {one.name: one for one in objects if one.kind == "SecretProviderClass"}
    for one in objects:
        pod = pod_of(one.item)
        if not pod["spec"]["containers"].items or one.is_patch:
            continue
        for path, item in _annotated(pod):
            yield from _taken(root, one, item, path)
        for volume in pod["spec"]["volumes"].items:
            name = volume["csi"]["volumeAttributes"]["secretProviderClass"].text
            for path in _provided(classes.get(name)):
                yield from _taken(root, one, volume, path)


def remote(objects: list[Object]) -> dict[str, str]:
    """Where each Secret that is made by External Secrets comes from, by its name."""
    found: dict[str, str] = {}
    for one in objects:
        if one.kind == "ExternalSecret":
            name = one.spec["target"]["name"].text or one.name
            keys = [item["remoteRef"]["key"].text for item in one.spec["data"].items]
            keys += [item["extract"]["key"].text for item in one.spec["dataFrom"].items]
            if any(keys):
                found[name] = next(filter(None, keys))
    return found


def _annotated(pod: Item) -> Iterator[tuple[str, Item]]:
    for key, item in pod["metadata"]["annotations"].pairs.items():
        if key.startswith(_ANNOTATION) and item.text:
            yield item.text, item
        elif key.startswith(_TEMPLATE):
            yield from ((path, item) for path in _PATH.findall(item.text))


def _provided(one: Object | None) -> list[str]:
    """The secrets that a SecretProviderClass names, in whatever form its text has."""
    if one is None:
        return []
    text = one.spec["parameters"]["objects"].text
    return re.findall(r"(?:secretPath|objectName)\s*:\s*[\"']?([^\"'\s]+)", text)


def _taken(root: str, one: Object, item: Item, path: str) -> Iterator[Fact]:
    at = one.at(item)
    yield Mount(root=root, locator=at, unit=one.name, source=path, kind="secret")
    yield Relation(
        root=root,
        locator=at,
        consumer=one.name,
        provider=KEEPER,
        kind=Kind.STARTUP_ORDER,
        operation=path,
        strength=Strength.STRONG,
        confidence=0.95 * one.certainty,
        reason="it does not start before it has its secrets",
        variant=one.variant,
    )
