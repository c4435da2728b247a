"""Kubernetes objects: workloads with their environment, Services and their selectors."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.manifests import nginx, policies, routes, shell, vault
from collectors.manifests.images import kind_of
from collectors.manifests.objects import Object, labels, pod_of
from collectors.manifests.settings import setting
from collectors.manifests.variants import FileSet, roles
from depmap.collecting.secrets import digest
from depmap.model.deployed import Mount, Setting, Unit
from depmap.model.words import NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.yamls import Item
    from depmap.model.facts import Fact

WORKLOADS = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod", "Rollout",
     "DeploymentConfig", "ReplicationController"}
)  # fmt: skip
_JOBS = frozenset({"Job", "CronJob"})
_MAPS = frozenset({"ConfigMap", "Secret"})


@dataclass(slots=True)
class Cluster:
    """The objects of one root, joined by name before anything is said of them.

    Attributes:
        root: the name of the root.
        objects: each object with its file and its certainty.
    """

    root: str
    objects: list[Object]
    _maps: dict[tuple[str, str], list[Object]] = field(default_factory=lambda: defaultdict(list))

    def facts(self) -> Iterator[Fact]:
        """Yield the facts of every object."""
        self._mark()
        for one in self.objects:
            if one.kind in _MAPS:
                self._maps[one.kind, one.name].append(one)
        for one in self.objects:
            if one.kind in WORKLOADS and one.name:
                yield from self._workload(one)
        yield from routes.read(self.root, self.objects)
        yield from policies.read(self.root, self.objects)
        yield from vault.read(self.root, self.objects)

    def _mark(self) -> None:
        """Say of every object which variant it belongs to."""
        sets: dict[str, FileSet] = {}
        for one in self.objects:
            if one.kind in WORKLOADS and one.name and not one.is_patch:
                held = sets.setdefault(one.folder, FileSet(one.folder))
                held.units[one.name] = ""
                held.certain = held.certain and one.certainty == 1
        chosen = roles(sets.values())
        for one in self.objects:
            role = chosen.get(one.folder) or next(
                (chosen[up] for up in _above(one.folder) if up in chosen and chosen[up].variant),
                None,
            )
            one.variant = one.variant or (role.variant if role is not None else one.aside)

    def _workload(self, one: Object) -> Iterator[Fact]:
        pod = pod_of(one.item)
        containers = pod["spec"]["containers"].items
        if one.is_patch:
            return
        first = containers[0] if containers else pod
        yield self._unit(one, pod, first)
        for container in containers:
            yield from self._environment(one, container)
        for waiting in (*pod["spec"]["initContainers"].items, *containers):
            command = _command(waiting)
            yield from shell.waits(self.root, one.path, command, first=waiting.line, unit=one.name)
        yield from self._volumes(one, pod)

    def _volumes(self, one: Object, pod: Item) -> Iterator[Fact]:
        used = {mount["name"].text: mount["mountPath"].text
                for container in pod["spec"]["containers"].items
                for mount in container["volumeMounts"].items}  # fmt: skip
        for volume in pod["spec"]["volumes"].items:
            sources = [volume, *volume["projected"]["sources"].items]
            for source in sources:
                for kind, name, keys in _sources(source):
                    yield Mount(
                        root=self.root,
                        locator=f"{one.path}:{volume.line}",
                        unit=one.name,
                        source=name,
                        target=used.get(volume["name"].text, ""),
                        kind=kind,
                        keys=keys,
                    )
                    if kind == "config":
                        yield from self._proxied(one, name)

    def _proxied(self, one: Object, name: str) -> Iterator[Fact]:
        """What a ConfigMap that is mounted as nginx configuration passes on."""
        held = self._map("ConfigMap", name, one)
        if held is None:
            return
        for entry in held.item["data"].pairs.values():
            if nginx.looks_like(entry.text):
                yield from nginx.read(
                    self.root, held.path, entry.text, first=entry.line + 1, unit=one.name
                )

    def _unit(self, one: Object, pod: Item, first: Item) -> Unit:
        image = first["image"].text
        kind = kind_of(image) or NodeKind.SERVICE
        if kind is NodeKind.SERVICE and one.kind in _JOBS:
            kind = NodeKind.JOB
        names, ports = self._services(one, pod)
        inside = [port["containerPort"].text for port in first["ports"].items]
        account = pod["spec"]["serviceAccountName"].text or pod["spec"]["serviceAccount"].text
        replicas = one.item["spec"]["replicas"].text
        return Unit(
            root=self.root,
            locator=f"{one.path}:{one.item['metadata']['name'].line}",
            name=one.name,
            platform="kubernetes",
            kind=kind,
            image=image,
            names=tuple(names),
            ports=tuple(dict.fromkeys([*ports, *filter(None, inside)])),
            command=_command(first),
            variant=one.variant or ("no replica" if replicas == "0" else ""),
            labels=tuple(sorted(f"{key}={value}" for key, value in labels(pod).items())),
            account=f"{one.namespace or 'default'}/{account}" if account else "",
        )

    def _services(self, one: Object, pod: Item) -> tuple[list[str], list[str]]:
        """Names and ports of the Services whose selector fits a pod."""
        held = labels(pod)
        names: list[str] = []
        ports: list[str] = []
        for other in self.objects:
            if other.kind != "Service" or other.namespace != one.namespace:
                continue
            wanted = {k: value.text for k, value in other.item["spec"]["selector"].pairs.items()}
            if not wanted or wanted.items() - held.items():
                continue
            names.append(other.name)
            if other.namespace:
                names.append(f"{other.name}.{other.namespace}")
            if other.variant == one.variant or not other.variant:
                ports.extend(port["port"].text for port in other.item["spec"]["ports"].items)
        return list(dict.fromkeys(names)), [port for port in ports if port]

    def _environment(self, one: Object, container: Item) -> Iterator[Setting]:
        for source in container["envFrom"].items:
            prefix = source["prefix"].text
            for kind, key in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                named = source[key]["name"].text
                held = self._map(kind, named, one)
                for entry in _entries(held):
                    yield self._from_map(one, (kind, named, entry), prefix + entry)
        for item in container["env"].items:
            key, at = item["name"].text, f"{one.path}:{item.line}"
            if item["value"].value is not None:
                text = _referred(item["value"].text, container)
                yield setting(self.root, at, one.name, (key, text), variant=one.variant)
            for kind, ref in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
                given = item["valueFrom"][ref]
                if given["name"].text:
                    place = (kind, given["name"].text, given["key"].text)
                    yield self._from_map(one, place, key, at)

    def _map(self, kind: str, name: str, user: Object) -> Object | None:
        """The map of that name that is nearest to its user: beside it, in the base, anywhere."""
        held = self._maps.get((kind, name), [])
        return min(
            held,
            key=lambda one: (
                one.namespace != user.namespace and bool(one.namespace and user.namespace),
                one.folder != user.folder,
                bool(one.variant),
                -len(posixpath.commonprefix([one.path, user.path])),
                one.path,
            ),
            default=None,
        )

    def _from_map(
        self, one: Object, place: tuple[str, str, str], key: str, at: str = ""
    ) -> Setting:
        """A variable that comes from a ConfigMap or a Secret; a Secret's value is never kept."""
        kind, name, entry = place
        held = self._map(kind, name, one)
        item = held.item["data"][entry] or held.item["stringData"][entry] if held else None
        locator = f"{held.path}:{item.line}" if held and item else at
        source = f"{name}/{entry}"
        if kind == "ConfigMap":
            given = (key, item.text if item else "")
            variant = one.variant or (held.variant if held else "")
            return setting(
                self.root, locator, one.name, given, source, variant=variant, whole=not at
            )
        return Setting(
            root=self.root,
            locator=at or locator,
            unit=one.name,
            key=key,
            digest=digest(f"{name}/{entry}"),  # one Secret and key is one secret, whatever it is
            secret=True,
            source=source,
            variant=one.variant,
            whole=not at,
        )


def _entries(held: Object | None) -> list[str]:
    return [*held.item["data"].pairs, *held.item["stringData"].pairs] if held is not None else []


def _above(folder: str) -> Iterator[str]:
    while folder:
        folder = posixpath.dirname(folder)
        yield folder


def _sources(volume: Item) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """What a volume holds: its kind, its name, and the keys that become files."""
    secret = volume["secret"]["secretName"].text or volume["secret"]["name"].text
    config = volume["configMap"]["name"].text
    claim = volume["persistentVolumeClaim"]["claimName"].text
    for kind, name in (("secret", secret), ("config", config), ("volume", claim)):
        if name:
            part = volume["secret" if kind == "secret" else "configMap"]
            yield kind, name, tuple(item["key"].text for item in part["items"].items)


def _referred(text: str, container: Item) -> str:
    """A value with ``$(OTHER)`` filled in from the same container."""
    known = {one["name"].text: one["value"].text for one in container["env"].items}
    return re.sub(r"\$\((\w+)\)", lambda match: known.get(match[1]) or match[0], text)


def _command(container: Item) -> str:
    words = [one.text for key in ("command", "args") for one in container[key].texts]
    return " ".join(words)
