"""What is counted of calls: over all, by operation, by hour."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import starmap
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


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
