"""Who reads what another writes, and whether versions of a library stand between them."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations, permutations, product
from typing import TYPE_CHECKING, Final

from depmap.model.finding import Finding, Severity
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Shared

Pair = tuple[str, str]

ENCODES: Final = frozenset(
    {
        *("protobuf", "grpcio", "protobufjs", "google-protobuf", "protobuf-java"),
        *("avro", "fastavro", "avsc", "thrift", "msgpack", "msgpack-python", "cbor2", "bson"),
        *("pyjwt", "python-jose", "jose", "jwcrypto", "authlib", "jsonwebtoken", "jjwt"),
        *("itsdangerous", "cryptography", "flask-session", "dill", "cloudpickle", "jsonpickle"),
        *("celery", "kombu", "dramatiq", "rq", "marshmallow", "pydantic", "cattrs"),
        *("jackson-databind", "sqlalchemy", "django"),
    }
)
"""Libraries whose output one service writes and another reads: messages, tokens, tasks, rows."""

_EXCHANGES: Final = frozenset(
    {Kind.HTTP, Kind.GRPC, Kind.RPC, Kind.EVENT, Kind.FILE, Kind.SHARED_DATA}
)
_MEETS: Final = frozenset(
    {Kind.MESSAGING_PUBLISH, Kind.MESSAGING_CONSUME, Kind.CACHE, Kind.DATABASE}
)


def exchanges(dependencies: Iterable[Dependency], limit: int) -> frozenset[Pair]:
    """Return the pairs (reader, writer) of which one reads what the other writes.

    A consumer reads what it is answered and a subscriber what is published; those that use the
    same table or key of one store stand both ways.

    Args:
        dependencies: all of them.
        limit: what more services use is no exchange between two of them.
    """
    found: set[Pair] = set()
    users: dict[Pair, dict[Kind, set[str]]] = defaultdict(lambda: defaultdict(set))
    for item in dependencies:
        if item.confirmed and item.kind in _EXCHANGES:
            found.add((item.consumer, item.provider))
        elif item.confirmed and item.kind in _MEETS:
            for operation in item.operations:
                users[item.provider, operation][item.kind].add(item.consumer)
    for by_kind in users.values():
        if len(set().union(*by_kind.values())) <= limit:
            readers, writers = by_kind[Kind.MESSAGING_CONSUME], by_kind[Kind.MESSAGING_PUBLISH]
            found.update(product(readers, writers))
            for kind in (Kind.CACHE, Kind.DATABASE):
                found.update(permutations(by_kind[kind], 2))
    return frozenset((one, other) for one, other in found if one != other)


def encodes(item: Shared) -> bool:
    """Whether a library's output is what services exchange."""
    return item.resource.casefold().rpartition("/")[2] in ENCODES


def conflicts_apart(shared: Iterable[Shared], exchanged: frozenset[Pair]) -> Iterator[Finding]:
    """Yield library conflicts between services that exchange nothing it makes: for information."""
    for item in shared:
        if item.kind is not Kind.LIBRARY_CONFLICT:
            continue
        if not encodes(item) or not list(apart(item, exchanged)):
            yield Finding(
                rule="library-versions",
                subjects=(item.resource, *item.members),
                severity=Severity.LOW,
                message=f"{item.resource} is used in incompatible versions, by services that "
                f"exchange nothing it makes as far as known",
                details=item.resources,
                locators=item.locators,
            )


def apart(item: Shared, exchanged: frozenset[Pair]) -> Iterator[Pair]:
    """Yield the pairs, in order of name, that exchange what incompatible versions encode.

    Args:
        item: a library with its members by version.
        exchanged: as ``exchanges`` gives it.
    """
    group = _groups(item)
    for pair in combinations(sorted(item.members), 2):
        one, other = (group.get(name) for name in pair)
        meet = not exchanged.isdisjoint((pair, pair[::-1]))
        if meet and (one is None or one != other):
            yield pair


def _groups(item: Shared) -> dict[str, int]:
    """Return which of the incompatible versions each member has, by ``version: member`` lists."""
    return {
        entry.partition(": ")[2]: place
        for place, entries in enumerate(item.resources)
        for entry in entries.split(", ")
    }
