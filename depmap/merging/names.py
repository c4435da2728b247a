"""Names as sources write them, and the forms in which they may mean the same thing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLUSTER = re.compile(r"^(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)\.svc(\.[a-z0-9.-]+)?$")
_ADDRESS = re.compile(
    r"^(?P<system>[a-z][a-z0-9+._-]*)://(?P<host>\[[^\]]*\]|[^:/]+)?(:(?P<port>\d+))?(?P<rest>/.*)?$"
)
_HOST_PORT = re.compile(r"^(?P<host>[^:/]+):(?P<port>\d+)$")
_NAMESPACED = re.compile(r"^(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]{3,})$")
_TOP_LEVEL = frozenset(
    ("com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "dev", "app", "cloud")
)
"""Last labels of public hosts; those of two letters are taken for countries."""

_NUMERIC = re.compile(r"^[\d.]+$")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "[::1]", "::1"})  # noqa: S104


def normal_form(name: str) -> str:
    """Return the form in which names are compared: case and ``_`` against ``-`` do not matter."""
    return name.strip().casefold().replace("_", "-")


def forms(name: str) -> Iterator[str]:
    """Yield the normal forms under which a name may be known, the most exact first.

    ``postgresql://db.shop.svc.cluster.local:5432/orders`` gives the whole address, the address
    without its namespace, ``host:port``, the host, and its first label as Kubernetes writes it.
    So does ``workload.namespace``, as meshes write it. A loopback host alone names nothing: many
    things listen there.
    """
    whole = normal_form(name)
    yield whole
    address = _ADDRESS.match(whole)
    if address:
        yield from _address_forms(address)
        return
    host_port = _HOST_PORT.match(whole)
    host = host_port["host"] if host_port else whole
    yield from _host_forms(host)


def _address_forms(address: re.Match[str]) -> Iterator[str]:
    host, port = address["host"], address["port"]
    if not host:
        return
    if port:
        if address["rest"]:
            yield f"{address['system']}://{host}:{port}"
        yield f"{host}:{port}"
    elif address["rest"]:
        yield f"{address['system']}://{host}"
    yield from _host_forms(host)


def _host_forms(host: str) -> Iterator[str]:
    if host in _LOOPBACK or _NUMERIC.match(host):
        return
    yield host
    cluster = _CLUSTER.match(host)
    if cluster:
        yield f"{cluster['name']}.{cluster['namespace']}"
        yield cluster["name"]
    namespaced = _NAMESPACED.match(host)
    if namespaced and namespaced["namespace"] not in _TOP_LEVEL:
        yield namespaced["name"]
