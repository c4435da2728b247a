"""Kubernetes objects: workloads with their environment, Services and their selectors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.manifests import shell
from collectors.manifests.images import kind_of
from collectors.manifests.settings import setting
from collectors.manifests.yamls import Item
from depmap.collecting.secrets import digest
from depmap.model.facts import Mount, Setting, Unit
from depmap.model.words import NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.model.facts import Fact

WORKLOADS = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod", "Rollout"}
)
_JOBS = frozenset({"Job", "CronJob"})


@dataclass(slots=True)
class Cluster:
    """The objects of one root, joined by name before anything is said of them.

    Attributes:
        root: the name of the root.
        objects: (path, document) of each object.
    """

    root: str
    objects: list[tuple[str, Item]]
    _maps: dict[tuple[str, str], tuple[str, Item]] = field(default_factory=dict)

    def facts(self) -> Iterator[Fact]:
        """Yield the facts of every workload."""
        for path, item in self.objects:
            if item["kind"].text in {"ConfigMap", "Secret"}:
                self._maps[item["kind"].text, item["metadata"]["name"].text] = (path, item)
        for path, item in self.objects:
            if item["kind"].text in WORKLOADS and item["metadata"]["name"].text:
                yield from self._workload(path, item)

    def _workload(self, path: str, item: Item) -> Iterator[Fact]:
        name = item["metadata"]["name"].text
        pod = _pod(item)
        containers = pod["spec"]["containers"].items
        first = containers[0] if containers else pod
        yield self._unit(path, item, pod, first)
        for container in containers:
            yield from self._environment(path, name, container)
        for waiting in (*pod["spec"]["initContainers"].items, *containers):
            command = _command(waiting)
            line = waiting.line
            yield from shell.waits(self.root, path, command, first=line, unit=name)
        for volume in pod["spec"]["volumes"].items:
            secret = volume["secret"]["secretName"].text
            claim = volume["persistentVolumeClaim"]["claimName"].text
            if secret or claim:
                kind = "secret" if secret else "volume"
                at = f"{path}:{volume.line}"
                yield Mount(
                    root=self.root, locator=at, unit=name, source=secret or claim, kind=kind
                )

    def _unit(self, path: str, item: Item, pod: Item, first: Item) -> Unit:
        image = first["image"].text
        kind = kind_of(image) or NodeKind.SERVICE
        if kind is NodeKind.SERVICE and item["kind"].text in _JOBS:
            kind = NodeKind.JOB
        names, ports = self._services(pod)
        inside = [one["containerPort"].text for one in first["ports"].items]
        return Unit(
            root=self.root,
            locator=f"{path}:{item['metadata']['name'].line}",
            name=item["metadata"]["name"].text,
            platform="kubernetes",
            kind=kind,
            image=image,
            names=tuple(names),
            ports=tuple(dict.fromkeys([*ports, *filter(None, inside)])),
            command=_command(first),
        )

    def _services(self, pod: Item) -> tuple[list[str], list[str]]:
        """Names and ports of the Services whose selector fits a pod."""
        labels = {key: one.text for key, one in pod["metadata"]["labels"].pairs.items()}
        names: list[str] = []
        ports: list[str] = []
        for _, item in self.objects:
            wanted = {key: one.text for key, one in item["spec"]["selector"].pairs.items()}
            if item["kind"].text != "Service" or not wanted or wanted.items() - labels.items():
                continue
            names.append(item["metadata"]["name"].text)
            ports.extend(one["port"].text for one in item["spec"]["ports"].items)
        return names, [port for port in ports if port]

    def _environment(self, path: str, name: str, container: Item) -> Iterator[Setting]:
        for source in container["envFrom"].items:
            prefix = source["prefix"].text
            for kind, key in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                named = source[key]["name"].text
                for entry in self._entries(kind, named):
                    yield self._from_map(name, (kind, named, entry), prefix + entry)
        for item in container["env"].items:
            key, at = item["name"].text, f"{path}:{item.line}"
            if item["value"].value is not None:
                yield setting(self.root, at, name, (key, item["value"].text))
            for kind, ref in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
                given = item["valueFrom"][ref]
                if given["name"].text:
                    place = (kind, given["name"].text, given["key"].text)
                    yield self._from_map(name, place, key, at)

    def _entries(self, kind: str, name: str) -> list[str]:
        _, item = self._maps.get((kind, name), ("", None))
        return [*item["data"].pairs, *item["stringData"].pairs] if item is not None else []

    def _from_map(self, unit: str, place: tuple[str, str, str], key: str, at: str = "") -> Setting:
        """A variable that comes from a ConfigMap or a Secret; a Secret's value is never kept."""
        kind, name, entry = place
        path, item = self._maps.get((kind, name), ("", None))
        held = item["data"][entry] or item["stringData"][entry] if item is not None else None
        locator = f"{path}:{held.line}" if held else at
        source = f"{name}/{entry}"
        if kind == "ConfigMap":
            return setting(self.root, locator, unit, (key, held.text if held else ""), source)
        return Setting(
            root=self.root,
            locator=at or locator,
            unit=unit,
            key=key,
            digest=digest(f"{name}/{entry}"),  # one Secret and key is one secret, whatever it is
            secret=True,
            source=source,
        )


def _pod(item: Item) -> Item:
    """The pod, or its template, of a workload."""
    if item["kind"].text == "Pod":
        return item
    job = item["spec"]["jobTemplate"]["spec"] if item["kind"].text == "CronJob" else item["spec"]
    return job["template"]


def _command(container: Item) -> str:
    words = [one.text for key in ("command", "args") for one in container[key].texts]
    return " ".join(words)
