"""Links: what whole traces say about who called whom, and how partial results are put together.

Everything here is kept in counts that can be added, so that linking parts and merging them gives
what linking everything at once gives. Ratios, quantiles and "the most frequent" are properties.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from depmap.model.evidence import Flow, Gap
from depmap.model.words import Kind, NodeKind
from depmap.tracing.ids import Ids
from depmap.tracing.latency import quantile_ms
from depmap.tracing.missing import Missing, gap_of
from depmap.tracing.spans import WEIGHT_ONE

if TYPE_CHECKING:
    from collections.abc import Iterable

Counts = tuple[tuple[str, int], ...]
Virtual = Literal["consumer", "provider"]

MAX_EXAMPLES: Final = 3
MAX_OPERATIONS: Final = 500
"""Operations kept for each row, the first by name; the others are folded into one and counted."""

MAX_SHAPES: Final = 500
"""Call-tree shapes kept for each business operation, the smallest first."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment(ns: int) -> datetime | None:
    """Return a time in ns since 1970 as UTC; None for 0, which stands for unknown."""
    return _EPOCH + timedelta(microseconds=ns // 1000) if ns else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """All calls of one kind from one consumer to one provider.

    Attributes:
        consumer: the calling service. In ``messaging-consume`` rows the service that consumes,
            in ``event`` rows the publisher.
        provider: the called service, store, broker or host; in ``event`` rows the subscriber.
        kind: the kind of call.
        calls: how many calls were seen.
        errors: how many of them failed, once a call whichever side tells.
        observed: False where the calls are guessed over lost spans.
        virtual: the side that has no spans of its own in what was read; None: both have.
        consumer_kind: what the consumer is.
        provider_kind: what the provider is.
        weight_1024: calls corrected for sampling, in 1024ths.
        buckets: latency as (bucket, count), see ``depmap.tracing.latency``.
        first_seen: start of the first call, UTC; None without times.
        last_seen: start of the last call.
        operations: what was asked for, with counts, by name.
        rules: the rules that found the calls, with counts, by name.
        protocols: database, messaging or RPC systems, with counts, by name.
        examples: up to three trace ids, the smallest.
        units_failed: consumer spans in which only this provider finally failed (n1).
        units_failed_too: of those, the ones that failed as well (k1).
        units_clean: consumer spans that called this provider and in which no provider failed (n0).
        units_clean_failed: of those, the ones that failed all the same (k0).
        minutes: the UTC minutes since 1970 in which the ``units_failed`` lie.
        unwaited: calls that the consumer did not wait for.
    """

    consumer: str
    provider: str
    kind: Kind
    calls: int
    errors: int = 0
    observed: bool = True
    virtual: Virtual | None = None
    consumer_kind: NodeKind = NodeKind.SERVICE
    provider_kind: NodeKind = NodeKind.SERVICE
    weight_1024: int = 0
    buckets: tuple[tuple[int, int], ...] = ()
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    operations: Counts = ()
    rules: Counts = ()
    protocols: Counts = ()
    examples: tuple[str, ...] = ()
    units_failed: int = 0
    units_failed_too: int = 0
    units_clean: int = 0
    units_clean_failed: int = 0
    minutes: tuple[int, ...] = ()
    unwaited: int = 0

    @property
    def weight(self) -> float:
        """Calls corrected for sampling."""
        return self.weight_1024 / WEIGHT_ONE

    @property
    def p50_ms(self) -> float | None:
        """Median latency in ms, within 5 %; None without durations."""
        return quantile_ms(self.buckets, 0.5)

    @property
    def p95_ms(self) -> float | None:
        """95th percentile of latency in ms, within 5 %; None without durations."""
        return quantile_ms(self.buckets, 0.95)

    @property
    def p99_ms(self) -> float | None:
        """99th percentile of latency in ms, within 5 %; None without durations."""
        return quantile_ms(self.buckets, 0.99)

    @property
    def operation(self) -> str:
        """The most frequent operation; empty when none is told."""
        return most_frequent(self.operations)

    @property
    def rule(self) -> str:
        """The rule that found most of the calls."""
        return most_frequent(self.rules)

    @property
    def protocol(self) -> str:
        """The most frequent database, messaging or RPC system; empty when none is told."""
        return most_frequent(self.protocols)

    @property
    def incidents(self) -> int:
        """Distinct UTC minutes in which only this provider failed."""
        return len(self.minutes)

    @property
    def non_blocking(self) -> float:
        """Share (0-1) of calls that the consumer did not wait for."""
        return self.unwaited / self.calls if self.calls else 0.0


def most_frequent(counts: Counts) -> str:
    """Return the most frequent word, of several the first by name; empty only if all are."""
    told = [(-count, word) for word, count in counts if word]
    return min(told)[1] if told else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Calls that reach a service from outside of what was traced.

    Attributes:
        service: the service.
        operation: what was asked for.
        calls: how often.
        errors: how many of these failed.
    """

    service: str
    operation: str
    calls: int
    errors: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedService:
    """A service that recorded spans.

    Attributes:
        name: its name.
        spans: how many spans it recorded, repeated ones once.
        namespaces: service namespaces that it gives, by name.
        environments: deployment environments that it gives, by name.
    """

    name: str
    spans: int
    namespaces: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A span link whose sender was not among the spans read with it.

    Attributes:
        trace: key of the trace it points to.
        span: span id it points to.
        event: the event it would be, with the sender left empty.
    """

    trace: int
    span: int
    event: Link


@dataclass(frozen=True, slots=True, eq=False)
class Senders:
    """Spans that sent a message, for links from other parts to find them.

    Attributes:
        trace: key of the trace.
        span: span id.
        code: index into ``labels``.
        labels: (service, operation) of senders.
    """

    trace: Ids
    span: Ids
    code: np.ndarray[tuple[int], np.dtype[np.int64]]
    labels: tuple[tuple[str, str], ...]


NO_SENDERS: Final = Senders(
    np.zeros(0, np.uint64), np.zeros(0, np.uint64), np.zeros(0, np.int64), ()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The result of linking whole traces.

    Attributes:
        rows: the links, by (consumer, provider, kind) and then operation.
        flows: call-tree shapes of healthy traces, by operation.
        entries: calls from outside, by service and operation.
        services: services that recorded spans, by name.
        missing: what could not be seen, counted.
        traces: how many traces there were.
        spans: how many spans, repeated ones once.
        by_operation: whether rows are split by operation.
        waiting: span links that wait for their sender, when parts are merged.
        senders: what links from other parts may wait for; no part of the result's value.
    """

    rows: tuple[Link, ...] = ()
    flows: tuple[Flow, ...] = ()
    entries: tuple[Entry, ...] = ()
    services: tuple[TracedService, ...] = ()
    missing: tuple[Missing, ...] = ()
    traces: int = 0
    spans: int = 0
    by_operation: bool = False
    waiting: tuple[Waiting, ...] = ()
    senders: Senders = field(default=NO_SENDERS, compare=False, repr=False)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be seen, as gaps: orphans by service, nameless spans, loose links."""
        loose = Counter(item.event.provider for item in self.waiting)
        found = [*self.missing, *(Missing("loose", (name,), n) for name, n in loose.items())]
        return tuple(sorted(gap_of(item) for item in found))

    @property
    def flows_cut(self) -> int:
        """Healthy traces whose shape was not kept."""
        return sum(item.count for item in self.missing if item.reason == "flows")


def summed(counts: Iterable[tuple[str, int]]) -> Counts:
    """Add up counts by word, and put them in order."""
    total: Counter[str] = Counter()
    for word, count in counts:
        total[word] += count
    return tuple(sorted(total.items()))
