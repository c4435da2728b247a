"""What the labels of a series tell, and how a family of metrics is described."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from depmap.model.words import Kind, NodeKind
from depmap.tracing import attributes
from depmap.tracing.peers import is_public

Labels = Mapping[str, str]

_IN_CLUSTER = re.compile(r"^(?P<name>[^.:/]+)\.(?P<namespace>[^.:/]+)\.svc(\.[^:/]*)?$")
_PORT = re.compile(r":\d+$")


@dataclass(frozen=True, slots=True)
class End:
    """One side of an edge.

    Attributes:
        name: what it is called, with its namespace where there is one.
        kind: what it is.
        alias: the Kubernetes Service that leads to it; empty when unknown.
    """

    name: str
    kind: NodeKind = NodeKind.SERVICE
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """Who depends on whom.

    Attributes:
        consumer: the side that calls.
        provider: the side that is called.
        kind: how.
        protocol: the protocol, where the kind does not tell it.
        rank: of several reporters of an edge the lowest is believed, and the others are left out.
        beneath: it counts connections that may carry the requests of another metric.
        service: the Service that was asked for, for waypoints.
    """

    consumer: End
    provider: End
    kind: Kind
    protocol: str = ""
    rank: int = 0
    beneath: bool = False
    service: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A service that is called from outside of what is observed."""

    service: str


@dataclass(frozen=True, slots=True, order=True)
class Unseen:
    """Calls of which one side is not known, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A second counter that tells how calls ended.

    Attributes:
        metric: its name.
        where: label matchers.
        details: labels that tell how a call ended.
        failed: whether these labels mean a failure.
    """

    metric: str
    where: str = ""
    details: tuple[str, ...] = ()
    failed: Callable[[Labels], bool] = lambda _: True


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """How one kind of metrics tells edges.

    Attributes:
        metric: the counter of calls.
        read: what the labels ``by`` tell; None for what is no edge.
        by: labels that tell the edge.
        where: label matchers.
        details: labels of the counter that tell how a call ended.
        failed: whether these labels mean a failure.
        outcome: a counter of its own for that.
        latency: histograms of the same calls with ms for each of their units, the best first.
        alive: counters any of which grows while the edge is in use, without new calls.
        prefixed: whether the names may have a prefix.
        gauge: whether the metric counts nothing, and is 1 while the edge is in use.
    """

    metric: str
    read: Callable[[Labels], Edge | Entry | Unseen | None]
    by: tuple[str, ...]
    where: str = ""
    details: tuple[str, ...] = ()
    failed: Callable[[Labels], bool] = lambda _: False
    outcome: Outcome | None = None
    latency: tuple[tuple[str, float], ...] = ()
    alive: tuple[str, ...] = ()
    prefixed: bool = False
    gauge: bool = False

    @property
    def wanted(self) -> Iterator[str]:
        """The metrics that it is read from."""
        yield self.metric
        yield from (f"{name}_bucket" for name, _ in self.latency)
        yield from self.alive
        if self.outcome is not None:
            yield self.outcome.metric

    def present(self, names: Iterable[str]) -> Iterator[Family]:
        """Yield the family once for each counter of it that there is."""
        for name in sorted(names):
            if name == self.metric:
                yield self
            elif self.prefixed and name.endswith(f"_{self.metric}"):
                yield self._with(name.removesuffix(self.metric))

    def _with(self, prefix: str) -> Family:
        outcome = self.outcome
        return replace(
            self,
            metric=prefix + self.metric,
            latency=tuple((prefix + name, unit) for name, unit in self.latency),
            outcome=outcome and replace(outcome, metric=prefix + outcome.metric),
        )


def workload(name: str, namespace: str) -> str:
    """Return a workload's name with its namespace; empty where its name is not known."""
    if is_unknown(name):
        return ""
    return name if is_unknown(namespace) else f"{name}.{namespace}"


def is_unknown(value: str) -> bool:
    """Whether a label says nothing."""
    return value in {"", "unknown"}


def host_end(host: str) -> End:
    """Return the side that a host name or address means: a Service, or something outside."""
    bare = _PORT.sub("", host)
    inside = _IN_CLUSTER.match(bare)
    if inside:
        return End(f"{inside['name']}.{inside['namespace']}")
    return End(bare, NodeKind.EXTERNAL if is_public(bare) else NodeKind.SERVICE)


def store_kind(name: str) -> Kind | None:
    """Return the kind of calls to a store that is called by its system, such as ``redis``."""
    system = attributes.DB_ALIASES.get(name.lower(), name.lower())
    if system in attributes.CACHES:
        return Kind.CACHE
    if system in attributes.SEARCHES:
        return Kind.SEARCH
    return Kind.DATABASE if system in _STORES else None


_STORES = frozenset(
    {
        *attributes.DB_ALIASES.values(),
        *("mysql", "mariadb", "cassandra", "couchbase", "sqlite", "clickhouse", "cockroachdb"),
    }
)
