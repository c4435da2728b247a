"""What the pods of a root may refer to: maps, names, and what several of them get."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.manifests.maps import Maps, entries
from collectors.manifests.objects import Object, pod_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.yamls import Item


@dataclass(frozen=True, slots=True)
class Estate:
    """What the pods of a root may refer to.

    Attributes:
        root: the name of the root.
        maps: its ConfigMaps and Secrets.
        known: the names of its workloads and Services.
        shared: the Secrets and ConfigMaps that a workload gets as files or as a whole, each
            with its users.
    """

    root: str
    maps: Maps
    known: AbstractSet[str]
    shared: dict[tuple[str, str], set[str]]


def secrets_of(container: Item) -> Iterator[tuple[str, Item]]:
    """The Secrets that a container takes variables of, with the places."""
    for source in container["envFrom"].items:
        if source["secretRef"]["name"].text:
            yield source["secretRef"]["name"].text, source
    for item in container["env"].items:
        if item["valueFrom"]["secretKeyRef"]["name"].text:
            yield item["valueFrom"]["secretKeyRef"]["name"].text, item


def sources(volume: Item) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """What a volume holds: its kind, its name, and the keys that become files."""
    secret = volume["secret"]["secretName"].text or volume["secret"]["name"].text
    config = volume["configMap"]["name"].text
    claim = volume["persistentVolumeClaim"]["claimName"].text
    for kind, name in (("secret", secret), ("config", config), ("volume", claim)):
        if name:
            part = volume["secret" if kind == "secret" else "configMap"]
            yield kind, name, tuple(item["key"].text for item in part["items"].items)


def shared(objects: list[Object], maps: Maps) -> dict[tuple[str, str], set[str]]:
    """The Secrets and ConfigMaps that workloads get as files, or as a whole of unknown entries."""
    found: dict[tuple[str, str], set[str]] = {}
    for one in objects:
        spec = pod_of(one.item)["spec"]
        for volume in spec["volumes"].items:
            for source in (volume, *volume["projected"]["sources"].items):
                for kind, name, _ in sources(source):
                    found.setdefault((kind, name), set()).add(one.name)
        for container in (*spec["initContainers"].items, *spec["containers"].items):
            for item in container["envFrom"].items:
                name = item["secretRef"]["name"].text
                if name and not entries(maps.find("Secret", name, one)):
                    found.setdefault(("secret", name), set()).add(one.name)
    return found
