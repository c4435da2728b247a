"""Kubernetes objects: workloads with their environment, Services and their selectors."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.manifests import artifacts, dapr, policies, routes, scaling, vault, watching
from collectors.manifests.images import kind_of
from collectors.manifests.maps import Maps
from collectors.manifests.objects import Object, labels, pod_of
from collectors.manifests.pod_estate import Estate, shared
from collectors.manifests.pods import Pod
from collectors.manifests.variants import FileSet, roles
from depmap.model.deployed import Unit
from depmap.model.words import NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.yamls import Item
    from depmap.model.facts import Fact

WORKLOADS = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod", "Rollout",
     "DeploymentConfig", "ReplicationController"}
)  # fmt: skip
_PORTS = {
    "5432": NodeKind.DATABASE, "3306": NodeKind.DATABASE, "27017": NodeKind.DATABASE,
    "1433": NodeKind.DATABASE, "9042": NodeKind.DATABASE, "26257": NodeKind.DATABASE,
    "6379": NodeKind.CACHE, "11211": NodeKind.CACHE, "5672": NodeKind.BROKER,
    "9092": NodeKind.BROKER, "4222": NodeKind.BROKER, "9200": NodeKind.SEARCH,
}  # fmt: skip
"""What listens at ports that nothing else is known to use."""

_JOBS = frozenset({"Job", "CronJob"})
_BESIDE = re.compile(
    r"gce-proxy|cloud-sql-proxy|proxyv2|envoy|linkerd|oauth2-proxy|exporter|daprd|fluent|filebeat|"
    r"otel|opentelemetry|jaeger-agent|vault-agent|git-sync|config-reload|statsd|logging-agent"
)


_SUFFIX = re.compile(
    r"[-_](?:deployment|deploy|depl|dep|statefulset|sts|daemonset|pod|workload|app|srv|svc|service)$"
)


_Front = tuple[int, dict[str, str], Object]
"""A Service by its place among the objects, with what it selects."""


@dataclass(slots=True)
class Cluster:
    """The objects of one root, joined by name before anything is said of them.

    Attributes:
        root: the name of the root.
        objects: each object with its file and its certainty.
        places: where images are built, by their short names.
    """

    root: str
    objects: list[Object]
    places: Mapping[str, artifacts.Place] = field(default_factory=dict)
    _fronts: dict[tuple[str, str, str], list[_Front]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _called: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def facts(self) -> Iterator[Fact]:
        """Yield the facts of every object."""
        self._mark()
        for number, one in enumerate(self.objects):
            wanted = {key: item.text for key, item in one.spec["selector"].pairs.items()}
            if one.kind == "Service" and wanted:
                self._fronts[one.namespace, *min(wanted.items())].append((number, wanted, one))
        maps = Maps.of(self.objects)
        for one in self.objects:
            if one.kind in WORKLOADS:
                bare = _SUFFIX.sub("", one.name)
                one.aliases += (bare,) if bare != one.name else ()
                one.aliases += tuple(filter(None, (dapr.app_id(one),)))
            for name in (one.name, *one.aliases) if _is_named(one) else ():
                self._called[name].add(one.name)
        estate = Estate(self.root, maps, frozenset(self._names()), shared(self.objects, maps))
        for one in self.objects:
            if one.kind in WORKLOADS and one.name:
                yield from self._workload(one, estate)
        yield from routes.read(self.root, self.objects)
        yield from policies.read(self.root, self.objects)
        yield from scaling.read(self.root, self.objects, maps)
        yield from watching.monitors(self.root, self.objects, WORKLOADS)
        yield from vault.read(self.root, self.objects, maps)
        yield from dapr.read(self.root, self.objects, maps)

    def _free(self, one: Object) -> list[str]:
        """What a thing may be called besides, where nothing else is."""
        return [name for name in one.aliases if self._called[name] == {one.name}]

    def _names(self) -> Iterator[str]:
        """The names of what is deployed: a host that is one of them is no outside one."""
        for one in self.objects:
            if _is_named(one):
                yield from (one.name, *self._free(one))

    def _mark(self) -> None:
        """Say of every object which variant it belongs to."""
        sets: dict[str, FileSet] = {}
        for one in self.objects:
            if one.kind in WORKLOADS and one.name and not one.is_patch:
                held = sets.setdefault(one.folder, FileSet(one.folder))
                held.units[one.name] = ""
                held.spaces[one.name] = one.namespace
                held.certain = held.certain and one.certainty == 1
        chosen = roles(sets.values())
        for one in self.objects:
            role = chosen.get(one.folder) or next(
                (chosen[up] for up in _above(one.folder) if up in chosen and chosen[up].variant),
                None,
            )
            one.variant = one.variant or (role.variant if role is not None else one.aside)
        self._tell_apart()

    def _tell_apart(self) -> None:
        """Give workloads of one name in several namespaces a name each."""
        held: dict[str, list[Object]] = defaultdict(list)
        for one in self.objects:
            if one.kind in WORKLOADS and one.name and not one.variant and not one.is_patch:
                held[one.name].append(one)
        twice = [alike for alike in held.values() if len({one.namespace for one in alike}) > 1
                 and all(one.namespace for one in alike)]  # fmt: skip
        spaces = {one.namespace for alike in twice for one in alike}
        for one in (one for alike in held.values() for one in alike):
            one.project = one.namespace if one.namespace in spaces else ""
        for one in (one for alike in twice for one in alike):
            one.aliases = (*one.aliases, one.name)
            one.called = f"{one.namespace}-{one.name}"

    def _workload(self, one: Object, estate: Estate) -> Iterator[Fact]:
        pod = pod_of(one.item)
        containers = pod["spec"]["containers"].items
        if one.is_patch:
            if any(other.name == one.name and not other.is_patch for other in self.objects):
                one.variant = one.variant or one.folder or one.path
                yield from Pod(estate, one).changes()
            return
        unit = self._unit(one, pod, _main(containers, one) or pod)
        yield unit
        yield from Pod(estate, one, unit.kind is NodeKind.EXTERNAL).facts()

    def _unit(self, one: Object, pod: Item, first: Item) -> Unit:
        image = first["image"].text
        inside = [port["containerPort"].text for port in first["ports"].items]
        place = self.places.get(artifacts.short(image))
        kind = kind_of(image) or _by_port(inside, built=place is not None)
        if kind is NodeKind.SERVICE and one.kind in _JOBS:
            kind = NodeKind.JOB
        names, ports = self._services(one, pod)
        account = pod["spec"]["serviceAccountName"].text or pod["spec"]["serviceAccount"].text
        replicas = one.item["spec"]["replicas"].text
        place = place if kind.is_service else None
        return Unit(
            root=self.root,
            locator=f"{one.path}:{one.item['metadata']['name'].line}",
            name=one.name,
            platform="kubernetes",
            kind=kind,
            image=image,
            build=place[0] if place is not None else None,
            dockerfile=place[1] if place is not None else "",
            names=tuple(dict.fromkeys([*names, *self._free(one), *_own(one)])),
            project=one.project,
            ports=tuple(dict.fromkeys([*ports, *filter(None, inside)])),
            entrypoint=" ".join(word.text for word in first["command"].texts),
            command=_command(first),
            folder=first["workingDir"].text,
            variant=one.variant or ("no replica" if replicas == "0" else ""),
            labels=tuple(sorted(f"{key}={value}" for key, value in labels(pod).items())),
            account=f"{one.namespace or 'default'}/{account}" if account else "",
        )

    def _services(self, one: Object, pod: Item) -> tuple[list[str], list[str]]:
        """Names and ports of the Services whose selector fits a pod."""
        held = labels(pod)
        names: list[str] = []
        ports: list[str] = []
        near = [
            front
            for pair in held.items()
            for front in self._fronts.get((one.namespace, *pair), ())
        ]
        for _, wanted, other in sorted(near, key=lambda front: front[0]):
            if wanted.items() - held.items():
                continue
            names.append(other.name)
            if other.namespace:
                names.append(f"{other.name}.{other.namespace}")
            names.extend(self._free(other))
            if other.variant == one.variant or not other.variant:
                ports.extend(port["port"].text for port in other.item["spec"]["ports"].items)
        return list(dict.fromkeys(names)), [port for port in ports if port]


def _main(containers: list[Item], one: Object) -> Item | None:
    """The container that a workload is about; the others are beside it."""
    named = [item for item in containers if item["name"].text == one.name]
    own = [item for item in containers if not _BESIDE.search(item["image"].text)]
    return next(iter((*named, *own, *containers)), None)


def _by_port(ports: list[str], *, built: bool) -> NodeKind:
    """What an image that nothing is known of runs, by the first port that it listens at."""
    return NodeKind.SERVICE if built or not ports else _PORTS.get(ports[0], NodeKind.SERVICE)


def _is_named(one: Object) -> bool:
    return one.kind in WORKLOADS or one.kind == "Service"


def _own(one: Object) -> tuple[str, ...]:
    """The name that a workload has in its namespace, where it is called otherwise here."""
    return (one.item["metadata"]["name"].text,) if one.called else ()


def _above(folder: str) -> Iterator[str]:
    while folder:
        folder = posixpath.dirname(folder)
        yield folder


def _command(container: Item) -> str:
    words = [one.text for key in ("command", "args") for one in container[key].texts]
    return " ".join(words)
