"""What sources say: evidence, nodes they name, what several share, and what they could not see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import starmap
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from depmap.model.words import Impact, Kind, Layer, NodeKind, Source, Stance, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ONLY_AS_FALLBACK = "made only when something else failed"
"""What ``Evidence.reason`` says of a call that no healthy request makes."""


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """Something that could not be seen, and why. Gaps are normal: counted, shown, never fatal.

    Attributes:
        what: what is missing once, in words ("a span of a lost trace", "the provider of a call").
        why: the reason, with what to do where there is something to do.
        locator: where: ``path:line``, a URL or a trace id; empty when there is no place.
        collector: the collector that met it; filled in by the pipeline.
        count: how often it is missing.
    """

    what: str
    why: str
    locator: str = ""
    collector: str = ""
    count: int = 1

    @property
    def text(self) -> str:
        """What is missing, and how often."""
        return self.what if self.count == 1 else f"{self.what} ({self.count:,} times)"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Node:
    """A service or resource as one source names it, or, after identity, as it is.

    Attributes:
        name: the name that people see.
        kind: what it is.
        path: the folder it is built from, relative to its root; empty when unknown.
        aliases: all other names under which it is known (compose, DNS, container, address).
        reasons: why each of these names means it, as (name, reason); filled in by identity.
        owner: the team that answers for it; empty when unknown.
        capabilities: business capabilities that it carries.
        criticality: the tier its owner gives it ("tier-1"); empty when unknown.
        entry: whether requests reach it from outside the system.
        requests: how many of these one source saw; 0 in merged nodes.
        requests_failed: how many of them failed, likewise.
        locators: where it was found, as ``path:line``.
    """

    name: str
    kind: NodeKind = NodeKind.SERVICE
    path: str = ""
    aliases: tuple[str, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    owner: str = ""
    capabilities: tuple[str, ...] = ()
    criticality: str = ""
    entry: bool = False
    requests: int = 0
    requests_failed: int = 0
    locators: tuple[str, ...] = ()


class OperationUnits(NamedTuple):
    """The units of a pair that one operation of the consumer and one of the provider make.

    Attributes:
        consumer_operation: what the consumer was doing; empty when unknown.
        operation: what it asked the provider for.
        failed: units in which only the provider failed, and of it only this operation.
        failed_too: of those, the ones in which the consumer failed as well.
        clean: units with such a call in which no provider failed.
        clean_failed: of those, the ones in which the consumer failed all the same.
        incidents: distinct UTC minutes in which ``failed`` lie.
    """

    consumer_operation: str
    operation: str
    failed: int
    failed_too: int
    clean: int
    clean_failed: int
    incidents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Statistics of the calls behind one piece of observed evidence.

    Attributes:
        calls: how many calls were seen.
        errors: how many of them failed, once a call.
        weight: calls corrected for sampling.
        operations: what was asked for, as (operation, calls).
        buckets: latency as (index, count) of logarithmic buckets (``depmap.tracing.latency``).
        p50_ms: median latency in ms, None without durations; likewise p95_ms and p99_ms.
        units_failed: consumer spans in which only this provider finally failed (n1).
        units_failed_too: of those, the ones in which the consumer failed as well (k1).
        units_clean: consumer spans of the same kind in which no provider failed (n0).
        units_clean_failed: of those, the ones in which the consumer failed all the same (k0).
        units_weight: (n1, k1, n0, k0) corrected for sampling; None: every span stands for itself.
        incidents: distinct UTC minutes in which the ``units_failed`` lie.
        by_operation: the units by operation of the consumer and of the provider; empty: not known.
        non_blocking: share (0-1) of calls that the consumer did not wait for.
        outlived: calls that went on after the consumer's span had ended, failed ones included.
        retries: calls that were made again after they had failed.
        failed_finally: calls that failed and were not made again.
        client_buckets: latency as the consumer's spans tell it, as ``buckets``.
        server_buckets: latency as the provider's spans tell it, likewise.
        consumer_operations: what the consumer was doing when it called, as (operation, calls).
        critical_ns: time in ns that passes in these calls on the critical paths of a sample of
            traces; of ``critical_of_ns``.
        critical_of_ns: duration in ns of these traces; 0: unknown.
        load_quantile: mean rank (0-1) by load of the minutes with calls; near 1: seen at peaks
            only. None where a single minute was seen.
        hours: what was seen in each hour, where rows of several hours were put together, packed
            (see ``hours_of``); empty where the claim is of one stretch of time.
    """

    calls: int
    errors: int = 0
    weight: float = 0.0
    operations: tuple[tuple[str, int], ...] = ()
    buckets: tuple[tuple[int, int], ...] = ()
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    units_failed: int = 0
    units_failed_too: int = 0
    units_clean: int = 0
    units_clean_failed: int = 0
    units_weight: tuple[float, float, float, float] | None = None
    incidents: int = 0
    by_operation: tuple[OperationUnits, ...] = ()
    non_blocking: float = 0.0
    outlived: int = 0
    retries: int = 0
    failed_finally: int = 0
    client_buckets: tuple[tuple[int, int], ...] = ()
    server_buckets: tuple[tuple[int, int], ...] = ()
    consumer_operations: tuple[tuple[str, int], ...] = ()
    critical_ns: int = 0
    critical_of_ns: int = 0
    load_quantile: float | None = None
    hours: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One source's claim about one dependency.

    Attributes:
        consumer: the depending node, by the source's own name for it.
        provider: the node it depends on, likewise. In an ``event`` row the *publisher* stands as
            consumer and the subscriber as provider, as tracing tools draw it; merging turns it.
        kind: how the consumer depends on the provider.
        source: the kind of witness.
        collector: the name of the collector that brought it; filled in by the pipeline.
        locators: where a person can look it up: ``path:line``, ``trace:<id>``.
        stance: whether the claim supports or denies the dependency.
        layer: the layer, where a person says other than the kind; None: as the kind says.
        operation: ``GET /a/{}``, ``pkg.Service/Method``, topic, table; empty when unknown.
        protocol: ``http``, ``postgresql``, ``redis``; empty when unknown.
        confidence: how sure the source is that this dependency exists, 0-1.
        strength: the strength this source claims.
        reason: why it claims that strength or confidence, in words.
        impact: what happens to the consumer when the provider is down, where it is said.
        users_see: what users see then, in the words of the person asked.
        when: when it is needed ("quarter-end", "peak"); empty: always or unknown.
        observed: False where the row is inferred over a lost span.
        calls: call statistics, where the source counts calls.
        first_seen: first and last time the claim was true, UTC; None without a date.
        last_seen: see ``first_seen``.
        said_by: who said it, for people's evidence.
    """

    consumer: str
    provider: str
    kind: Kind
    source: Source
    collector: str = ""
    locators: tuple[str, ...] = ()
    stance: Stance = Stance.SUPPORTS
    layer: Layer | None = None
    operation: str = ""
    protocol: str = ""
    confidence: float = 1.0
    strength: Strength = Strength.UNDETERMINED
    reason: str = ""
    impact: Impact | None = None
    users_see: str = ""
    when: str = ""
    observed: bool = True
    calls: Calls | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    said_by: str = ""


class Hour(NamedTuple):
    """What one source saw of one dependency in one UTC hour.

    Attributes:
        hour: hours since 1970.
        calls: how many calls.
        first: start of the first of them, in seconds after the hour began.
        last: start of the last, likewise.
        served: calls that the provider's spans tell the latency of.
        p95: 95th percentile of that latency, as a bucket; -1: unknown.
        failed: units in which only the provider failed.
        failed_too: of those, the ones in which the consumer failed as well.
    """

    hour: int
    calls: int
    first: int
    last: int
    served: int
    p95: int
    failed: int
    failed_too: int


_PACKED = Struct("<8i")


def packed_hours(hours: Iterable[Hour]) -> bytes:
    """Pack hours for ``Calls.hours``: eight little-endian 32-bit integers each."""
    return b"".join(_PACKED.pack(*hour) for hour in hours)


def hours_of(calls: Calls) -> Iterator[Hour]:
    """Yield the hours that were put together; none where the claim is of one stretch of time."""
    yield from starmap(Hour, _PACKED.iter_unpack(calls.hours))


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """That someone listed all that one service depends on; the list is evidence of ``audits``.

    Attributes:
        service: the service that was looked into.
        at: when, UTC.
        chosen: how it was chosen; only ``random`` lets it stand for the others.
        said_by: who did it.
        locators: where it is written.
    """

    service: str
    at: datetime
    chosen: str = "random"
    said_by: str = ""
    locators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """That an instance of a service started while no other was ready, and when it was ready.

    Attributes:
        service: the service, by the source's own name for it.
        instance: which instance of it.
        started: when it started, UTC.
        seen: when the source saw how it went: the hour of the ledger that it belongs to.
        ready: when it was seen to be ready; None: it was not.
        within_s: it may have been ready so many seconds earlier; 0: the moment is known.
        failed: whether it ended before it was ready.
        down_since: from when on no instance of the service was ready; None: not known.
    """

    service: str
    instance: str
    started: datetime
    seen: datetime
    ready: datetime | None = None
    within_s: float = 0.0
    failed: bool = False
    down_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A resource that several services are coupled through.

    Attributes:
        kind: one of the coupling kinds.
        resource: the secret, key, database instance, library or file they share.
        members: the services that use it.
        owner: the issuer, writer or owner among them; empty when unknown.
        resources: what inside it is shared (tables, keys).
        strength: how strongly the members are tied to it.
        confidence: how sure the source is, 0-1.
        locators: ``path:line`` of each use.
    """

    kind: Kind
    resource: str
    members: tuple[str, ...]
    owner: str = ""
    resources: tuple[str, ...] = ()
    strength: Strength = Strength.UNDETERMINED
    confidence: float = 1.0
    locators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A call-tree shape of healthy traces of one business operation, with its count.

    The tree is given in pre-order: ``parents[i]`` is the index of the parent of node ``i`` and is
    smaller than ``i``; ``parents[0]`` is -1.

    Attributes:
        operation: the root's operation, as ``service: operation``.
        nodes: the service or resource that each tree node belongs to.
        parents: index of each node's parent.
        blocking: whether the parent waits for the node.
        count: how many traces had this shape.
        operations: what each node was asked for; empty: not known, as in older ledgers.
    """

    operation: str
    nodes: tuple[str, ...]
    parents: tuple[int, ...]
    blocking: tuple[bool, ...]
    count: int
    operations: tuple[str, ...] = ()

    @property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """The (consumer, provider) of each call in it, but for calls of oneself."""
        return frozenset(
            (self.nodes[parent], name)
            for name, parent in zip(self.nodes, self.parents, strict=True)
            if parent >= 0 and self.nodes[parent] != name
        )
