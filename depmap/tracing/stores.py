"""What tells databases, caches and search engines apart: the address, or a part of it.

Applied to links once all traces are linked, as names tell system, host and namespace apart.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from depmap.model.words import Kind
from depmap.tracing.joining import renamed

if TYPE_CHECKING:
    from depmap.tracing.links import Links

_STORES: Final = (Kind.DATABASE, Kind.CACHE, Kind.SEARCH)
_ADDRESS: Final = re.compile(r"(?P<system>[^:/]+)://(?P<host>[^/]*)(?P<namespace>/.*)?\Z")


class StoreIdentity(StrEnum):
    """What tells stores apart.

    By address each namespace on each host is one; by host all namespaces of a server are one; by
    namespace a database is one on whichever host it is found, as its replicas are; by system
    there is one of each system.
    """

    ADDRESS = "address"
    HOST = "host"
    NAMESPACE = "namespace"
    SYSTEM = "system"


def folded(links: Links, identity: StoreIdentity) -> Links:
    """Return links whose stores are called by their identity.

    Rows that become one are added up. A span that called several of the stores was a unit of each
    (see ``units``) and stays as many.
    """
    stores = {row.provider for row in links.rows if row.kind in _STORES}
    return renamed(links, {name: store_name(name, identity) for name in stores})


def store_name(name: str, identity: StoreIdentity) -> str:
    """Return what a store is called; where its name lacks the part that tells, its whole name.

    Example:
        >>> store_name("postgresql://pg-1:5432/shop", StoreIdentity.NAMESPACE)
        'postgresql:///shop'
    """
    found = _ADDRESS.match(name)
    if found is None:
        return name
    system, host, namespace = found["system"], found["host"], found["namespace"] or ""
    if identity is StoreIdentity.SYSTEM:
        return system
    if identity is StoreIdentity.HOST and host:
        return f"{system}://{host}"
    if identity is StoreIdentity.NAMESPACE and namespace:
        return f"{system}://{namespace}"
    return name
