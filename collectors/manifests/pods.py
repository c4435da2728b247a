"""Pods: the environment of their containers, what they wait for, and the files they get."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from collectors.manifests import commands, mounted, nginx, shell, watching
from collectors.manifests.maps import Maps, entries, value_of
from collectors.manifests.objects import Object, pod_of
from collectors.manifests.settings import address_in, setting
from depmap.collecting.secrets import is_secret_name
from depmap.model.deployed import Mount, Setting
from depmap.model.facts import Part, Value, WaitFor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.yamls import Item
    from depmap.model.facts import Fact

_REFS = (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef"))
_WHOLE = (("ConfigMap", "configMapRef"), ("Secret", "secretRef"))
_REFERRED = re.compile(r"\$\((\w+)\)")
_IN_SHELL = re.compile(r"\$\{?(\w+)\}?")
_MIGRATES = re.compile(
    r"migrat|alembic|flyway|liquibase|prisma|goose\b|dbmate|db:|create[-_]?(?:db|schema|tables)"
)
_STORES = re.compile(
    r"^(?:jdbc:)?(?:postgres|pgsql|mysql|mariadb|mongodb|redis|amqp|kafka|sqlserver)\w*[+:]"
)
_HARMLESS = re.compile(r"\d{1,5}|true|false|yes|no|on|off", re.IGNORECASE)
_PLAIN = re.compile(
    r"(?:^|[_.-])(?:host(?:name)?|port|database|db|dbname|schema|user(?:name)?|name|driver|dialect|"
    r"sync|region|zone|bucket|env(?:ironment)?|debug|level|timeout|mode|tz|email|from)$",
    re.IGNORECASE,
)
_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
_OWN_SERVICE = re.compile(r"([A-Z][A-Z0-9_]*)_SERVICE_(HOST|PORT)")


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
            own = {one.key: one for one in self._environment(container)}
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
            yield from self._environment(container)

    def _environment(self, container: Item) -> Iterator[Setting]:
        for source in container["envFrom"].items:
            for kind, ref in _WHOLE:
                name = source[ref]["name"].text
                held = self.estate.maps.find(kind, name, self.one)
                for entry in entries(held):
                    place = (kind, name, entry)
                    yield self._from_map(place, source["prefix"].text + entry, source)
        plain = {one["name"].text: one["value"].text for one in container["env"].items}
        for item in container["env"].items:
            key = item["name"].text
            if item["value"].value is not None:
                text = self._referred(item["value"].text, plain)
                at = self.one.at(item)
                yield setting(
                    self.estate.root, at, self.one.name, (key, text), variant=self.one.variant
                )
            for kind, ref in _REFS:
                place = (kind, item["valueFrom"][ref]["name"].text,
                         item["valueFrom"][ref]["key"].text)  # fmt: skip
                if place[1]:
                    yield self._from_map(place, key, item, whole=False)

    def _referred(self, text: str, plain: dict[str, str]) -> str:
        """A value with ``$(OTHER)`` filled in, also by what every Service is announced with."""

        def filled(match: re.Match[str]) -> str:
            service = _OWN_SERVICE.fullmatch(match[1])
            if match[1] in plain or service is None:
                return plain.get(match[1]) or match[0]
            name = service[1].lower().replace("_", "-")
            return name if service[2] == "HOST" and name in self.estate.known else match[0]

        return re.sub(r":\$\(\w+_SERVICE_PORT\)", "", _REFERRED.sub(filled, text))

    def _from_map(
        self, place: tuple[str, str, str], key: str, used: Item, *, whole: bool = True
    ) -> Setting:
        """A variable from a ConfigMap or a Secret; of a Secret's value only an address is kept."""
        kind, name, entry = place
        held = self.estate.maps.find(kind, name, self.one)
        item = entries(held).get(entry)
        found = held.at(item) if held is not None and item is not None else self.one.at(used)
        text = value_of(held, entry) if held is not None else ""
        if kind == "ConfigMap":
            given = (key, text.strip())  # a map that only variants have is needed all the same
            return setting(self.estate.root, found, self.one.name, given, f"{name}/{entry}",
                           variant=self.one.variant, whole=whole)  # fmt: skip
        source, hashed = self.estate.maps.identity(name, entry)
        guessed = is_secret_name(entry) or is_secret_name(key)  # "postgres" may be a password
        address = address_in(text, () if guessed else self.estate.known)
        return Setting(
            root=self.estate.root,
            locator=found if whole else self.one.at(used),
            unit=self.one.name,
            key=key,
            value=address,
            digest=hashed,
            secret=address != text.strip() if address else not _is_plain(entry, text),
            source=source,
            variant=self.one.variant,
            whole=whole,
            named=True,
        )

    def _waits(
        self, container: Item, given: dict[str, Setting], *, starts: bool
    ) -> Iterator[WaitFor]:
        """What a container waits for, by its command and by a command after its start."""
        after = container["lifecycle"]["postStart"]["exec"]
        for lines, line in (*commands.scripts(container), *commands.scripts(after)):
            text = _IN_SHELL.sub(
                lambda match: given[match[1]].value or match[0] if match[1] in given else match[0],
                _REFERRED.sub(r"${\1}", lines),
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
        for container in containers:
            for name, item in _secrets_of(container):
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


def _is_plain(entry: str, text: str) -> bool:
    """Whether an entry of a Secret says nothing that is secret: a port, a switch, a name."""
    return _HARMLESS.fullmatch(text.strip()) is not None or (
        _PLAIN.search(entry) is not None and not is_secret_name(entry)
    )


def _secrets_of(container: Item) -> Iterator[tuple[str, Item]]:
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
