"""Services as they are deployed, the files that belong to each, and the names they answer to."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from depmap.model.deployed import Setting
from depmap.model.evidence import Node
from depmap.model.words import NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_ITSELF = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "::1", "::"})  # noqa: S104 - compared only
_LOCAL = _ITSELF | frozenset(
    {"host.docker.internal",
     "gateway.docker.internal", "docker.for.mac.localhost", "docker.for.win.localhost",
     "docker.for.mac.host.internal", "docker.for.win.host.internal", "host.minikube.internal"}
)  # fmt: skip
_ADDRESS_WORDS = frozenset(
    ["url", "uri", "urls", "host", "hostname", "port", "addr", "address", "endpoint", "base",
     "root", "service", "services", "svc", "server", "api", "app", "ms", "microservice", "http",
     "https", "grpc", "rpc", "internal", "public", "deployment"]
)  # fmt: skip
"""Words in the names of variables and services that do not say which service is meant."""

_SPACED = re.compile(r"([\w-]+\.[\w-]+)\.svc(?:\.|$)")
_CLUSTER = re.compile(r"(?:\.[\w{}-]+)?\.svc(?:\.[\w{}.-]+)?$|\.(?:local|internal|lan)$")


def normal(name: str) -> str:
    """A name as it is compared: without case, ``_`` and ``-`` alike.

    >>> normal("Cart_Service")
    'cart-service'
    """
    return name.casefold().replace("_", "-").rstrip(".")


@dataclass(slots=True, eq=False)
class Service:
    """A deployed or discovered unit while it is put together.

    Attributes:
        name: its name.
        kind: what it is.
        path: its folder; empty when unknown.
        names: further names.
        addresses: addresses under which its users know it, and names of its images.
        settings: its environment; where several deployments differ, what the last one says.
        others: what each platform that deploys it gives it, where there is more than one.
        ports: (published, internal) ports, each possibly empty.
        networks: the networks it is in, empty for the default one.
        read: whether its code was read.
        deployed: whether a deployment file names it.
        profiles: the profiles it is limited to.
        locators: where it was found.
        thorough: whether its code was read so well that what was not seen is not there.
        variant: the overlay, profile or further file that alone declares it; empty for others.
        project: the project in which its names hold; empty: everywhere.
        labels: what selectors of other objects choose it by.
        accounts: the identities it runs under.
        owner: who answers for it.
        criticality: the tier that its owner gives it.
        base: the image of a store or broker that it is built upon.
        images: the images that it runs.
    """

    name: str
    kind: NodeKind = NodeKind.SERVICE
    path: str = ""
    names: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    settings: dict[str, Setting] = field(default_factory=dict)
    others: dict[str, dict[str, Setting]] = field(default_factory=dict)
    ports: list[tuple[str, str]] = field(default_factory=list)
    networks: frozenset[str] = frozenset()
    read: bool = False
    deployed: bool = False
    profiles: tuple[str, ...] = ()
    locators: list[str] = field(default_factory=list)
    thorough: bool = True
    variant: str = ""
    project: str = ""
    labels: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    owner: str = ""
    criticality: str = ""
    base: str = ""
    images: set[str] = field(default_factory=set)

    def setting(self, key: str, platform: str = "") -> Setting | None:
        """A variable of its environment, in any way that .NET and Spring let it be written.

        Args:
            key: the variable.
            platform: the platform that it is deployed by; empty: any.
        """
        return _named(key, self.others.get(platform, {})) or _named(key, self.settings)

    def given(self) -> list[Setting]:
        """All that it is given, by whatever platform, in a fixed order."""
        every = {id(one): one for held in self.others.values() for one in held.values()}
        every |= {id(one): one for one in self.settings.values()}
        return sorted(every.values(), key=lambda one: (one.key, one.root, one.locator, one.value))

    def listens(self, host: str, port: str) -> bool:
        """Whether it answers itself at a port of what it takes for its own machine."""
        return host.casefold() in _ITSELF and any(port == inside for _, inside in self.ports)

    def node(self) -> Node:
        """The node that it is."""
        aliases = {name for name in self.names | self.addresses if name != self.name}
        return Node(
            name=self.name,
            kind=self.kind,
            path=self.path,
            aliases=tuple(sorted(aliases)),
            owner=self.owner,
            criticality=self.criticality,
            locators=tuple(dict.fromkeys(self.locators)),
        )


def _telling(name: str) -> tuple[str, ...]:
    """The words of a name that say which service is meant, in the singular."""
    words = re.split(r"[-_.]", name.casefold())
    return tuple(word.removesuffix("s") for word in words if word and word not in _ADDRESS_WORDS)


def _words_of(service: Service) -> set[tuple[str, ...]]:
    """The words of each name of a service, and of its folder's."""
    return {_telling(one) for one in (service.name, service.path.rpartition("/")[2])}


def _named(key: str, settings: Mapping[str, Setting]) -> Setting | None:
    held = settings.get(key)
    if held is None and "__" in key:
        plain = key.casefold()
        return next(
            (one for name, one in sorted(settings.items())
             if name.replace(":", "__").casefold() == plain), None)  # fmt: skip
    if held is None and "_" in key:  # Spring takes A_BC and A_B_C for a.b-c
        bare = key.replace("_", "")
        return next(
            (one for name, one in sorted(settings.items()) if name.replace("_", "") == bare), None
        )
    return held


@dataclass(slots=True)
class Estate:
    """Every service and resource, by normal name, and what leads to each."""

    services: dict[str, Service] = field(default_factory=dict)
    united: dict[str, str] = field(default_factory=dict)
    _owners: dict[tuple[str, str], tuple[Service, ...]] = field(default_factory=dict)
    _names: dict[str, Service] = field(default_factory=dict)
    _ports: dict[str, list[Service]] = field(default_factory=dict)

    def add(self, name: str, kind: NodeKind = NodeKind.SERVICE) -> Service:
        """Return the service of that name, a new one when there is none."""
        key = normal(name)
        if key in self.united:
            name = self.united[key]
            key = normal(name)
        if key not in self.services:
            self.services[key] = Service(name, kind)
        return self.services[key]

    def own(self, file: tuple[str, str], services: Iterable[Service]) -> None:
        """Say which services a file belongs to."""
        self._owners[file] = tuple(services)

    def owners(self, root: str, path: str) -> tuple[Service, ...]:
        """The services that a file belongs to."""
        return self._owners.get((root, path), ())

    def owned(self) -> dict[tuple[str, str], tuple[Service, ...]]:
        """Every file that belongs to a service."""
        return self._owners

    def index(self) -> None:
        """Make names and ports known; to be called when all services are there."""
        for service in self.services.values():
            for name in (service.name, *sorted(service.names)):
                if "://" not in name and ":" not in name:
                    self._names.setdefault(normal(name), service)
                    if service.project:
                        self._names.setdefault(f"{service.project}\x00{normal(name)}", service)
            seen = (published or internal for published, internal in service.ports)
            for port in filter(None, dict.fromkeys(seen)):  # two deployments may tell of one
                self._ports.setdefault(port, []).append(service)

    def named(self, name: str, project: str = "") -> Service | None:
        """The service of that name or alias, in a project first where one is given."""
        held = self._names.get(f"{project}\x00{normal(name)}") if project else None
        return held or self._names.get(self._key(name))

    def _key(self, name: str) -> str:
        return normal(self.united.get(normal(name), name))

    def meant(self, variable: str) -> Service | None:
        """The service whose name an address's variable has, where there is one such only.

        >>> estate = Estate()
        >>> _ = estate.add("user-service"), estate.add("mail")
        >>> estate.meant("USERS_SERVICE_BASE_URL").name, estate.meant("URL")
        ('user-service', None)
        """
        words = _telling(variable)
        found = [one for one in self.services.values() if words and words in _words_of(one)]
        return found[0] if len(found) == 1 else None

    def at(self, host: str, port: str, project: str = "") -> Service | None:
        """The service that answers at a host and port, as seen from inside the system.

        Args:
            host: the host.
            port: the port, empty when it is not given.
            project: the project of whoever asks; names in it come first.
        """
        if host.casefold() in _LOCAL:
            found = self._ports.get(port, [])
            return found[0] if len(found) == 1 else None
        within = _SPACED.match(host)  # service.namespace, of service.namespace.svc.cluster.local
        direct = self.named(host, project) or (self.named(within[1]) if within else None)
        if direct is not None:
            return direct
        if is_near(host):  # the machine of those who wrote it
            found = self._ports.get(port, [])
            return found[0] if len(found) == 1 else None
        short = _CLUSTER.sub("", host)
        if short == host and host.count(".") == 1 and not host.endswith((".com", ".org", ".io")):
            first, _, second = host.partition(".")  # service.namespace, or pod.service
            short = second if re.search(r"-\d+$", first) and self.named(second) else first
        if short == host:
            return None
        pod, _, service = short.partition(".")  # a pod of a StatefulSet: pod.service
        return self.named(short, project) or self.named(service or pod, project)

    def nodes(self) -> tuple[Node, ...]:
        """Every node, by name."""
        return tuple(sorted(service.node() for service in self.services.values()))


def is_near(host: str) -> bool:
    """Whether a host is an address of a network of one's own.

    >>> is_near("192.168.1.8"), is_near("8.8.8.8"), is_near("shop")
    (True, False, False)
    """
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def is_local(host: str) -> bool:
    """Whether a host is the machine itself."""
    return host.casefold() in _LOCAL
