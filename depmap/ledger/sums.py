"""What is added up of rows of evidence: only that is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from depmap.model.calls import Calls, OperationUnits
from depmap.tracing.latency import quantile_ms

if TYPE_CHECKING:
    from numpy.typing import NDArray

Words = list[tuple[str, int]]
Buckets = list[tuple[int, int]]
Sums = dict[Any, int]

EXAMPLES: Final = 3


class RowCalls(msgspec.Struct, gc=False):
    """What is added up of ``Calls``."""

    calls: int
    errors: int = 0
    weight: float = 0.0
    operations: Words = []
    buckets: Buckets = []
    server_buckets: Buckets = []
    units_failed: int = 0
    units_failed_too: int = 0
    units_clean: int = 0
    units_clean_failed: int = 0
    units_weight: tuple[float, float, float, float] | None = None
    incidents: int = 0
    by_operation: list[tuple[str, str, int, int, int, int, int]] = []
    non_blocking: float = 0.0
    outlived: int = 0
    retries: int = 0
    failed_finally: int = 0
    consumer_operations: Words = []
    critical_ns: int = 0
    critical_of_ns: int = 0
    load_quantile: float | None = None


class Row(msgspec.Struct, gc=False):
    """What is looked at of ``Evidence``."""

    consumer: str
    provider: str
    kind: str
    source: str
    collector: str = ""
    stance: str = "supports"
    observed: bool = True
    confidence: float = 1.0
    reason: str = ""
    locators: tuple[str, ...] = ()
    calls: RowCalls | None = None


DECODER: Final = msgspec.json.Decoder(Row)
WHOLE: Final = (
    "calls",
    "errors",
    "units_failed",
    "units_failed_too",
    "units_clean",
    "units_clean_failed",
    "incidents",
    "outlived",
    "retries",
    "failed_finally",
    "critical_ns",
    "critical_of_ns",
)


class Group:
    """The rows of one key: what is not a plain sum."""

    __slots__ = (
        "body", "buckets", "confidence", "doing", "examples", "operations", "rows", "split",
    )  # fmt: skip

    def __init__(self, body: str) -> None:
        """Start with the text of the first row."""
        self.body = body
        self.rows = 0
        self.confidence = 0.0
        self.examples: tuple[str, ...] = ()
        self.operations: Sums = {}
        self.doing: Sums = {}
        self.buckets: Sums = {}
        self.split: dict[tuple[str, str], list[int]] = {}

    def add(self, row: Row, calls: RowCalls) -> None:
        """Take a row."""
        self.rows += 1
        self.confidence = max(self.confidence, row.confidence)
        if len(self.examples) < EXAMPLES:
            self.examples = tuple(dict.fromkeys((*self.examples, *row.locators)))[:EXAMPLES]
        for sums, counts in (
            (self.operations, calls.operations),
            (self.doing, calls.consumer_operations),
            (self.buckets, calls.buckets),
        ):
            for what, count in counts:
                sums[what] = sums.get(what, 0) + count
        mine = self.split
        for doing, asked, failed, failed_too, clean, clean_failed, incidents in calls.by_operation:
            units = mine.get((doing, asked))
            if units is None:
                mine[doing, asked] = [failed, failed_too, clean, clean_failed, incidents]
                continue
            units[2] += clean
            if failed or clean_failed:  # seldom
                units[0] += failed
                units[1] += failed_too
                units[3] += clean_failed
                units[4] += incidents

    def absorb(self, other: Group) -> None:
        """Take what came after, added up apart."""
        self.rows += other.rows
        self.confidence = max(self.confidence, other.confidence)
        self.examples = tuple(dict.fromkeys((*self.examples, *other.examples)))[:EXAMPLES]
        for sums, more in (
            (self.operations, other.operations),
            (self.doing, other.doing),
            (self.buckets, other.buckets),
        ):
            for what, count in more.items():
                sums[what] = sums.get(what, 0) + count
        for operations, more_units in other.split.items():
            units = self.split.get(operations, [0] * len(more_units))
            self.split[operations] = [a + b for a, b in zip(units, more_units, strict=True)]


WIDTH: Final = len(WHOLE) + 9
"""Numbers of a row that are added up, see ``added_of``."""


def added_of(calls: RowCalls) -> tuple[float, ...]:
    """Return what is added up of a row: what is whole, then weights, waits and ranks by load."""
    weights = calls.units_weight
    told = weights is not None
    if weights is None:
        weights = (
            calls.units_failed,
            calls.units_failed_too,
            calls.units_clean,
            calls.units_clean_failed,
        )
    rank = calls.load_quantile
    return (
        calls.calls,
        calls.errors,
        calls.units_failed,
        calls.units_failed_too,
        calls.units_clean,
        calls.units_clean_failed,
        calls.incidents,
        calls.outlived,
        calls.retries,
        calls.failed_finally,
        calls.critical_ns,
        calls.critical_of_ns,
        *weights,
        told,
        calls.weight,
        calls.calls * calls.non_blocking,
        0.0 if rank is None else rank * calls.calls,
        0 if rank is None else calls.calls,
    )


def calls_of(sums: NDArray[np.float64], group: Group, hours: bytes) -> Calls:
    """Return the statistics of a group."""
    whole: Any = dict(zip(WHOLE, sums[: len(WHOLE)].astype(np.int64).tolist(), strict=True))
    *weights, told, weight, idle, ranks, ranked = sums[len(WHOLE) :].tolist()
    buckets = tuple(sorted(group.buckets.items()))
    return Calls(
        **whole,
        weight=weight,
        operations=tuple(sorted(group.operations.items())),
        consumer_operations=tuple(sorted(group.doing.items())),
        buckets=buckets,
        p50_ms=quantile_ms(buckets, 0.5),
        p95_ms=quantile_ms(buckets, 0.95),
        p99_ms=quantile_ms(buckets, 0.99),
        by_operation=tuple(
            OperationUnits(*operations, *units)
            for operations, units in sorted(group.split.items())
        ),
        units_weight=(weights[0], weights[1], weights[2], weights[3]) if told else None,
        non_blocking=idle / whole["calls"] if whole["calls"] else 0.0,
        load_quantile=round(ranks / ranked, 6) if ranked else None,
        hours=hours,
    )


def p95_of(buckets: Buckets) -> tuple[int, int]:
    """Return how many there are, and the bucket of the 95th percentile, nearest rank; -1: none."""
    total = sum([count for _, count in buckets])
    beyond = total // 20
    for bucket, count in reversed(buckets):
        beyond -= count
        if beyond < 0:
            return total, bucket
    return 0, -1
