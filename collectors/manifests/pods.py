"""Pods: what their containers are given, wait for and call, and the files they get."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from collectors.manifests import commands, mounted, nginx, shell, watching
from collectors.manifests.maps import entries, value_of
from collectors.manifests.objects import Object, pod_of
from collectors.manifests.pod_environment import REFERRED, Environment
from collectors.manifests.pod_estate import Estate, secrets_of, sources
from depmap.model.deployed import Mount, Setting
from depmap.model.facts import Part, Value, WaitFor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.yamls import Item
    from depmap.model.facts import Fact

_IN_SHELL = re.compile(r"\$\{?(\w+)\}?")
_MIGRATES = re.compile(
    r"migrat|alembic|flyway|liquibase|prisma|goose\b|dbmate|db:|create[-_]?(?:db|schema|tables)"
)
_STORES = re.compile(
    r"^(?:jdbc:)?(?:postgres|pgsql|mysql|mariadb|mongodb|redis|amqp|kafka|sqlserver)\w*[+:]"
)
_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")


@dataclass(frozen=True, slots=True)
class Pod:
    """The pod of one workload.

    Attributes:
        estate: what it may refer to.
        one: the workload.
        telemetry: whether it only watches others, or carries what they say of themselves.
    """

    estate: Estate
    one: Object
    telemetry: bool = False

    def facts(self) -> Iterator[Fact]:
        """Yield what its containers are given, wait for, and call."""
        spec = pod_of(self.one.item)["spec"]
        first, main = spec["initContainers"].items, spec["containers"].items
        given: dict[str, Setting] = {}
        for container in (*first, *reversed(main)):
            own = {one.key: one for one in Environment(self.estate, self.one).settings(container)}
            given.update(own)
            yield from self._waits(container, own, starts=container in first)
            if container not in first:
                values = {key: one.value for key, one in own.items() if not one.secret}
                yield from commands.read(
                    self.estate.root, self.one, container, (self.estate.known, values)
                )
        yield from given.values()
        for container in main:
            yield from self._asked(container)
        yield from self._volumes(spec)

    def changes(self) -> Iterator[Setting]:
        """Yield the variables that a patch of a workload gives its containers."""
        for container in pod_of(self.one.item)["spec"]["containers"].items:
            yield from Environment(self.estate, self.one).settings(container)

    def _waits(
        self, container: Item, given: dict[str, Setting], *, starts: bool
    ) -> Iterator[WaitFor]:
        """What a container waits for, by its command and by a command after its start."""
        after = container["lifecycle"]["postStart"]["exec"]
        for lines, line in (*commands.scripts(container), *commands.scripts(after)):
            text = _IN_SHELL.sub(
                lambda match: given[match[1]].value or match[0] if match[1] in given else match[0],
                REFERRED.sub(r"${\1}", lines),
            )
            for wait in shell.waits(self.estate.root, self.one.path, text, first=line):
                yield replace(wait, unit=self.one.name)
        whole = f"{container['image'].text} {container['name'].text} {commands.whole(container)}"
        if starts and _MIGRATES.search(whole.lower()):
            yield from self._migrates(given)

    def _migrates(self, given: dict[str, Setting]) -> Iterator[WaitFor]:
        """The stores of a container that makes their tables before the others start."""
        for key, one in given.items():
            if _STORES.match(one.value):
                yield WaitFor(
                    root=self.estate.root,
                    locator=one.locator,
                    targets=(Value((Part("env", key),)),),
                    mechanism="a container makes its tables before it starts",
                    unit=self.one.name,
                )

    def _asked(self, container: Item) -> Iterator[WaitFor]:
        """What its probes ask, other than itself."""
        for name in _PROBES:
            probe = container[name]
            words = " ".join(one.text for one in probe["exec"]["command"].texts)
            targets = shell.calls(words)
            host = probe["httpGet"]["host"] or probe["tcpSocket"]["host"]
            if host.text:
                port = (probe["httpGet"]["port"] or probe["tcpSocket"]["port"]).text
                targets.append(Value.literal(f"tcp://{host.text}:{port}".rstrip(":")))
            for target in targets:
                asked = re.match(r"(?:\w+://)?([\w-]+)", str(target))
                if asked is None or asked[1] not in self.estate.known - {self.one.name}:
                    continue
                yield WaitFor(
                    root=self.estate.root,
                    locator=self.one.at(probe),
                    targets=(target,),
                    mechanism="its health check asks it",
                    hard=False,
                    unit=self.one.name,
                )

    def _volumes(self, spec: Item) -> Iterator[Fact]:
        containers = (*spec["initContainers"].items, *spec["containers"].items)
        used = {mount["name"].text: mount["mountPath"].text
                for container in containers
                for mount in container["volumeMounts"].items}  # fmt: skip
        got: set[str] = set()
        for volume in spec["volumes"].items:
            for source in (volume, *volume["projected"]["sources"].items):
                for kind, name, keys in sources(source):
                    got.add(name)
                    yield self._mount(volume, name, kind, keys, used.get(volume["name"].text, ""))
                    yield from self._files(name, kind, keys)
        if self.one.name not in got:  # Spring takes it from the cluster by its name
            held = entries(self.estate.maps.find("ConfigMap", self.one.name, self.one))
            keys = tuple(entry for entry in held if mounted.is_of_spring(entry))
            yield from self._files(self.one.name, "config", keys) if keys else ()
        for container in containers:
            for name, item in secrets_of(container):
                if ("secret", name) in self.estate.shared and name not in got:
                    got.add(name)
                    yield self._mount(item, name, "secret", (), "")

    def _mount(
        self, item: Item, name: str, kind: str, keys: tuple[str, ...], target: str
    ) -> Mount:
        return Mount(
            root=self.estate.root,
            locator=self.one.at(item),
            unit=self.one.name,
            source=name,
            target=target,
            kind=kind,
            keys=keys,
        )

    def _files(self, name: str, kind: str, keys: tuple[str, ...]) -> Iterator[Fact]:
        """What files say that a ConfigMap or a Secret is given to it as."""
        if kind not in {"config", "secret"}:
            return
        held = self.estate.maps.find("Secret" if kind == "secret" else "ConfigMap", name, self.one)
        for entry, item in entries(held).items():
            if held is None or (keys and entry not in keys):
                continue
            text, first = value_of(held, entry), item.line + ("\n" in item.text)
            if kind == "config" and nginx.looks_like(text):
                yield from nginx.read(
                    self.estate.root, held.path, text, first=first, unit=self.one.name
                )
            elif self.telemetry:
                yield from watching.told(
                    self.estate.root, (held.path, first), self.one.name, text, self.estate.known
                )
            else:
                whole = len(self.estate.shared.get((kind, name), ())) > 1
                place = mounted.Place(
                    self.estate.root, held.path, first, self.one.name,
                    self.one.variant, whole=whole, secret=kind == "secret",
                )  # fmt: skip
                yield from mounted.read(place, (name, entry), text, self.estate.known)
