"""Links: what whole traces say about who called whom, and how partial results are put together.

Everything here is kept in counts that can be added, so that linking parts and merging them gives
what linking everything at once gives. Ratios, quantiles and "the most frequent" are properties.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from depmap.model.evidence import Flow, Gap
from depmap.model.words import Kind, NodeKind
from depmap.tracing.latency import quantile_ms
from depmap.tracing.missing import Missing, gap_of
from depmap.tracing.operations import FOLDED
from depmap.tracing.samples import Share
from depmap.tracing.services import NO_SENDERS, Entry, Senders, TracedService
from depmap.tracing.spans import WEIGHT_ONE
from depmap.tracing.splits import Splits

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Entry", "Link", "Links", "Senders", "TracedService", "Waiting"]

K = TypeVar("K", str, int)

Counts = tuple[tuple[str, int], ...]
Buckets = tuple[tuple[int, int], ...]
Virtual = Literal["consumer", "provider"]

UNITS_1024: Final = (
    "units_failed_1024",
    "units_failed_too_1024",
    "units_clean_1024",
    "units_clean_failed_1024",
)
"""The fields of a link that hold its units corrected for sampling."""

MAX_EXAMPLES: Final = 3
MAX_OPERATIONS: Final = 500
"""Operations kept for each service, the first by name; the others are folded into one and counted.

By name and not by frequency, so that parts and the whole keep the same ones."""

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
        units_failed_1024: n1 corrected for sampling, in 1024ths; likewise k1, n0 and k0.
        units_failed_too_1024: see ``units_failed_1024``.
        units_clean_1024: likewise.
        units_clean_failed_1024: likewise.
        minutes: the UTC minutes since 1970 in which the ``units_failed`` lie.
        splits: the units by operation of the consumer and of the provider, by name.
        unwaited: calls that the consumer did not wait for.
        outlived: calls that went on after the consumer's span had ended, failed ones included.
        retries: calls that were made again after they had failed.
        failed_finally: calls that failed and were not made again.
        client_buckets: latency as the callers' spans tell it.
        server_buckets: latency as the spans of the provider tell it.
        consumer_operations: what the consumer was doing when it called, with counts, by name.
        critical: time on the critical path in a bounded sample of traces, see ``samples``.
        seen: minutes in which the calls were seen, of the sampled ones (``Links.load``).
        load_quantile: mean rank (0-1) by load of these minutes; None where there is only one.
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
    buckets: Buckets = ()
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
    units_failed_1024: int = 0
    units_failed_too_1024: int = 0
    units_clean_1024: int = 0
    units_clean_failed_1024: int = 0
    minutes: tuple[int, ...] = ()
    splits: Splits = ()
    unwaited: int = 0
    outlived: int = 0
    retries: int = 0
    failed_finally: int = 0
    client_buckets: Buckets = ()
    server_buckets: Buckets = ()
    consumer_operations: Counts = ()
    critical: tuple[Share, ...] = ()
    seen: tuple[int, ...] = ()
    load_quantile: float | None = None

    @property
    def is_self_call(self) -> bool:
        """Whether a service calls itself."""
        return self.consumer == self.provider

    @property
    def critical_ns(self) -> int:
        """Time in ns that passes in these calls on the critical paths of the sampled traces."""
        return sum(part for _, part, _ in self.critical)

    @property
    def critical_of_ns(self) -> int:
        """Duration in ns of the sampled traces."""
        return sum(root for _, _, root in self.critical)

    @property
    def critical_share(self) -> float | None:
        """Share (0-1) of the requests' time that passes in these calls; None when unknown."""
        return self.critical_ns / self.critical_of_ns if self.critical_of_ns else None

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
        load: how many traces began in each UTC minute, of a bounded sample of minutes.
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
    load: tuple[tuple[int, int], ...] = ()
    waiting: tuple[Waiting, ...] = ()
    senders: Senders = field(default=NO_SENDERS, compare=False, repr=False)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be seen, as gaps: orphans by service, nameless spans, loose links."""
        loose = Counter(item.event.provider for item in self.waiting)
        found = [*self.missing, *(Missing("loose", (name,), n) for name, n in loose.items())]
        found += [Missing("operations", (name,), n) for name, n in self._folded().items()]
        return tuple(sorted(gap_of(item) for item in found))

    def _folded(self) -> Counter[str]:
        """Return how many calls of each provider have an operation that is not kept."""
        folded: Counter[str] = Counter()
        for link in self.rows:
            folded[link.provider] += dict(link.operations).get(FOLDED, 0)
        return +folded

    @property
    def flows_cut(self) -> int:
        """Healthy traces whose shape was not kept."""
        return sum(item.count for item in self.missing if item.reason == "flows")


def summed(counts: Iterable[tuple[K, int]]) -> tuple[tuple[K, int], ...]:
    """Add up counts by what is counted, and put them in order."""
    total: dict[K, int] = {}
    for what, count in counts:
        total[what] = total.get(what, 0) + count
    return tuple(sorted(total.items()))
