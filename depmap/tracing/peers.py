"""Names for the other side of a call that recorded no spans of its own."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final, NamedTuple

from depmap.model.words import Kind
from depmap.tracing import attributes as names
from depmap.tracing.facts import Family

if TYPE_CHECKING:
    from depmap.tracing.facts import Facts

BY_NAME: Final = "peer-name"
BY_ADDRESS: Final = "peer-address"
BY_SYSTEM: Final = "peer-system"
"""The rules that name a peer: the name the span gives, its address, or only its system."""

KIND_OF: Final = {
    Family.UNKNOWN: Kind.RPC,
    Family.HTTP: Kind.HTTP,
    Family.GRPC: Kind.GRPC,
    Family.RPC: Kind.RPC,
    Family.DATABASE: Kind.DATABASE,
    Family.CACHE: Kind.CACHE,
    Family.SEARCH: Kind.SEARCH,
    Family.MESSAGING: Kind.RPC,
}
"""The kind of a call by its protocol family; publishing and consuming are told apart before."""

_INSIDE: Final = (".local", ".internal", ".svc", ".consul", ".lan", ".localdomain")
_STORES: Final = frozenset(
    {"mysql", "mariadb", "postgresql", "mongodb", "cassandra", "couchbase", "oracle.db"}
)


class Peer(NamedTuple):
    """A peer's name and the rule that gave it; both empty where it has none."""

    name: str = ""
    rule: str = ""


def name_peer(facts: Facts) -> Peer:
    """Name the other side: as the span calls it, else by address, else by system.

    Databases, caches and brokers are ``system://[host[:port]][/namespace]``, others the host
    (design.md §6).
    """
    if facts.peer:
        return Peer(facts.peer, BY_NAME)
    if facts.family.is_store or facts.family is Family.MESSAGING:
        return _resource(facts)
    if facts.host:
        return Peer(facts.host, BY_ADDRESS)
    if facts.family is Family.RPC and facts.system:
        return Peer(facts.system, BY_SYSTEM)
    return Peer()


def _resource(facts: Facts) -> Peer:
    """Name a store or a broker by its address; without its system by its host or namespace."""
    host = f"[{facts.host}]" if ":" in facts.host else facts.host
    address = f"{host}:{facts.port}" if host and facts.port else host
    namespace = facts.namespace.strip("/")
    if not facts.system:
        name = facts.host or namespace
        return Peer(name, BY_ADDRESS) if name else Peer()
    if not address and not namespace:
        return Peer(facts.system, BY_SYSTEM)
    path = f"/{namespace}" if namespace else ""
    return Peer(f"{facts.system}://{address}{path}", BY_ADDRESS)


def family_of(facts: Facts) -> Family:
    """Return the protocol family; where no attribute tells it, a peer called "mysql" does."""
    if facts.family is not Family.UNKNOWN or not facts.peer:
        return facts.family
    system = facts.peer.lower()
    system = names.DB_ALIASES.get(system, system)
    if system in names.CACHES:
        return Family.CACHE
    if system in names.SEARCHES:
        return Family.SEARCH
    return Family.DATABASE if system in _STORES else Family.UNKNOWN


def is_wire(facts: Facts) -> bool:
    """Whether a span tells of nothing but a socket: no protocol, no name, only an address.

    Looking up a host's name and connecting to it are such spans.
    """
    if facts.family is not Family.UNKNOWN or facts.peer or not facts.host:
        return False
    try:
        ipaddress.ip_address(facts.host)
    except ValueError:
        return False
    return True


def is_public(host: str) -> bool:
    """Whether a host is outside of the system: a public address or a domain name.

    A name without a dot, of a cluster, or a private address belongs to the system.
    """
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        bare = host.rstrip(".").lower()
        return "." in bare and not bare.endswith(_INSIDE)
