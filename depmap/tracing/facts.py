"""What linking needs to know of a span beyond its place in the tree.

A span's attributes are reduced to one small value, of which a file holds few distinct ones.
Everything after the readers works on their codes; peers are named once per distinct value.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class SpanKind(IntEnum):
    """OTLP's span kinds; Zipkin's and Jaeger's are turned into these."""

    UNSET = 0
    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    PRODUCER = 4
    CONSUMER = 5


class Status(IntEnum):
    """OTLP's span status."""

    UNSET = 0
    OK = 1
    ERROR = 2


class Family(IntEnum):
    """What kind of protocol a span speaks, as far as its attributes tell."""

    UNKNOWN = 0
    HTTP = 1
    GRPC = 2
    RPC = 3
    DATABASE = 4
    CACHE = 5
    SEARCH = 6
    MESSAGING = 7

    @property
    def is_store(self) -> bool:
        """Whether this is a database, a cache or a search engine."""
        return self in (Family.DATABASE, Family.CACHE, Family.SEARCH)


class Role(IntEnum):
    """What a messaging span does with its broker."""

    NONE = 0
    PUBLISH = 1
    CONSUME = 2
    SETTLE = 3


class Facts(NamedTuple):
    """The facts of a span, as its attributes tell them; empty strings where they do not.

    Attributes:
        family: the protocol family.
        system: database, messaging or RPC system, in lower case and in its current spelling.
        peer: the logical name the span gives the other side.
        host: the other side's host name or address.
        port: its port.
        namespace: the database, schema or index of a store.
        operation: what was asked for, templated.
        role: what a messaging span does.
        error: whether the span tells of an error (status, error tag, HTTP >= 500, gRPC non-OK).
        failure: whether it counts as failed where strength is judged: as ``error``, but of the
            HTTP 4xx only 408 and 429 (strength-and-impact.md §1.1).
        weight: how many spans it stands for, in 1024ths, as its attributes tell the sampling; 0:
            they do not.
    """

    family: Family = Family.UNKNOWN
    system: str = ""
    peer: str = ""
    host: str = ""
    port: str = ""
    namespace: str = ""
    operation: str = ""
    role: Role = Role.NONE
    error: bool = False
    failure: bool = False
    weight: int = 0
