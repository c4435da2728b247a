"""Names as sources write them, and the forms in which they may mean the same thing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.model.words import NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLUSTER = re.compile(
    r"^([a-z0-9-]+\.)?(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)\.svc(\.[a-z0-9.-]+)?$"
)
"""``service.namespace.svc...``, before which a headless service puts the name of the pod."""
_ADDRESS = re.compile(
    r"^(?P<system>[a-z][a-z0-9+._-]*)://(?P<host>\[[^\]]*\]|[^:/]+)?(:(?P<port>\d+))?(?P<rest>/.*)?$"
)
_HOST_PORT = re.compile(r"^(?P<host>[^:/]+):(?P<port>\d+)$")
_NAMESPACED = re.compile(r"^(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]{3,})$")
_TOP_LEVEL = frozenset({
    "com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "dev", "app", "cloud",
    "local", "internal", "lan", "corp", "home", "test", "example", "invalid", "localhost",
})  # fmt: skip
"""Last labels of public and private hosts; those of two letters are taken for countries."""

_NUMERIC = re.compile(r"^[\d.]+$")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "[::1]", "::1"})  # noqa: S104

_SCHEMES = {"postgres": "postgresql", "rediss": "redis", "amqps": "amqp", "mongo": "mongodb"}
_PORTS = {
    "postgresql": "5432",
    "mysql": "3306",
    "redis": "6379",
    "mongodb": "27017",
    "amqp": "5672",
    "kafka": "9092",
    "memcached": "11211",
    "elasticsearch": "9200",
    "nats": "4222",
    "http": "80",
    "https": "443",
}
"""The port where an address names none (IANA service names and the systems' own manuals)."""

NOT_DEPLOYED = frozenset({
    NodeKind.TOPIC, NodeKind.SECRET, NodeKind.CONFIG, NodeKind.LIBRARY, NodeKind.TEAM,
    NodeKind.CAPABILITY,
})  # fmt: skip
"""Kinds whose names have no parts: ``orders.created`` is no service ``orders`` in a namespace."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a name.

    Attributes:
        text: the form, as names are compared.
        how: why the name may mean what is called so.
        label: whether it leaves out in which namespace the thing stands.
    """

    text: str
    how: str
    label: bool = False


def normal_form(name: str) -> str:
    """Return the form in which names are compared: case and ``_`` against ``-`` do not matter.

    An address with the usual port of its system is the same as one without a port.
    """
    plain = name.strip().casefold().replace("_", "-")
    address = _ADDRESS.match(plain)
    if not address:
        return plain
    system, port = _SCHEMES.get(address["system"], address["system"]), address["port"]
    shown = "" if port is None or port == _PORTS.get(system) else f":{port}"
    rest = (address["rest"] or "").rstrip("/")
    return f"{system}://{address['host'] or ''}{shown}{rest}"


def forms(name: str) -> Iterator[Form]:
    """Yield the forms under which a name may be known, the most exact first.

    ``postgresql://db.shop.svc.cluster.local:5432/orders`` gives the whole address, the address
    without its namespace, ``host:port``, the host, and its first label as Kubernetes writes it.
    So does ``workload.namespace``, as meshes write it. A loopback host alone names nothing: many
    things listen there.
    """
    whole = normal_form(name)
    yield Form(whole, "the same but for case, _ and the usual port")
    address = _ADDRESS.match(whole)
    if address:
        yield from _address_forms(address)
        return
    host_port = _HOST_PORT.match(whole)
    if host_port:
        yield from _host_forms(host_port["host"], "the host of this address")
    else:
        yield from _dns_forms(whole)


def namespace_of(name: str) -> tuple[str, str] | None:
    """Return (first label, namespace) of a name that Kubernetes or a mesh writes; else None."""
    whole = normal_form(name)
    address = _ADDRESS.match(whole) or _HOST_PORT.match(whole)
    host = address["host"] or "" if address else whole
    found = _CLUSTER.match(host) or _NAMESPACED.match(host)
    if found is None or (not _CLUSTER.match(host) and found["namespace"] in _TOP_LEVEL):
        return None
    return found["name"], found["namespace"]


def _address_forms(address: re.Match[str]) -> Iterator[Form]:
    host, system = address["host"], address["system"]
    if not host:
        return
    port = address["port"] or _PORTS.get(system)
    if address["rest"]:
        shown = f":{address['port']}" if address["port"] else ""
        yield Form(f"{system}://{host}{shown}", "the server of this address")
    if port:
        yield Form(f"{host}:{port}", "the host and port of this address")
    yield from _host_forms(host, "the host of this address")


def _host_forms(host: str, how: str) -> Iterator[Form]:
    if host in _LOOPBACK or _NUMERIC.match(host):
        return
    yield Form(host, how)
    yield from _dns_forms(host)


def _dns_forms(host: str) -> Iterator[Form]:
    cluster = _CLUSTER.match(host)
    if cluster:
        yield Form(f"{cluster['name']}.{cluster['namespace']}", "its name in the cluster")
        yield Form(cluster["name"], "its name in the cluster", label=True)
    namespaced = _NAMESPACED.match(host)
    if namespaced and namespaced["namespace"] not in _TOP_LEVEL:
        yield Form(namespaced["name"], "its name and namespace", label=True)
