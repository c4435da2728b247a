"""Reading a ledger for a build: the rows of a source's many hours become few.

A thousand services bring millions of rows of traces, one an hour for each dependency; what a
build asks of them are sums, and when the dependency was used. Rows that tell the same of the same
pair are added up month by month (ages are told apart by that), and what each hour held is kept,
packed. Only what is added up is decoded, and all rows of a window are added at once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from depmap.ledger.records import decode
from depmap.model.evidence import Calls, Evidence, Flow, Node
from depmap.tracing.latency import quantile_ms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depmap.ledger.records import Record

Words = list[tuple[str, int]]
Buckets = list[tuple[int, int]]
Sums = dict[Any, int]
Numbers = NDArray[np.int64]

EXAMPLES: Final = 3
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = 1_000_000
_HOUR: Final = 3600 * _SECOND
_LONGEST: Final = 2 * _HOUR
"""A row of one hour ends with the traces that began in it; a longer one is no row of an hour."""


class _Calls(msgspec.Struct, gc=False):
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
    non_blocking: float = 0.0
    outlived: int = 0
    retries: int = 0
    failed_finally: int = 0
    consumer_operations: Words = []
    critical_ns: int = 0
    critical_of_ns: int = 0
    load_quantile: float | None = None


class _Row(msgspec.Struct, gc=False):
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
    calls: _Calls | None = None


_DECODER: Final = msgspec.json.Decoder(_Row)
_WHOLE: Final = (
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


class _Group:
    """The rows of one key: what is not a plain sum."""

    __slots__ = ("body", "buckets", "confidence", "doing", "examples", "operations", "rows")

    def __init__(self, body: str) -> None:
        self.body = body
        self.rows = 0
        self.confidence = 0.0
        self.examples: tuple[str, ...] = ()
        self.operations: Sums = {}
        self.doing: Sums = {}
        self.buckets: Sums = {}

    def add(self, row: _Row, calls: _Calls) -> None:
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

    def absorb(self, other: _Group) -> None:
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


class Folding:
    """Adds up the records of one source, window by window."""

    def __init__(self) -> None:
        """Start empty."""
        self.rows = 0
        self._kept: list[Record] = []
        self._codes: dict[tuple[Any, ...], int] = {}
        self._groups: list[_Group] = []
        self._sums = np.zeros((0, _WIDTH))
        self._first = np.zeros(0, dtype=np.int64)
        self._last = np.zeros(0, dtype=np.int64)
        self._hours: list[NDArray[np.int32]] = []
        self._nodes: dict[Node, list[int]] = {}
        self._flows: dict[tuple[Any, ...], list[Any]] = {}

    def add(
        self, names: Sequence[str], bodies: Sequence[str], first: Numbers, last: Numbers
    ) -> None:
        """Take the records of one window, as they are on disk.

        Args:
            names: the types of the records.
            bodies: the records.
            first: start of the first call of each in microseconds since 1970; -1: unknown.
            last: likewise of the last.
        """
        hourly = (first >= 0) & (last >= first) & (last - first <= _LONGEST)
        claims: list[int] = []
        rows: list[_Row] = []
        for at, (name, body, short) in enumerate(zip(names, bodies, hourly.tolist(), strict=True)):
            claim = name == Evidence.__name__
            self.rows += claim
            row = _DECODER.decode(body) if claim and short else None
            if row is None or row.calls is None:
                self._add(decode(name, body))
            else:
                claims.append(at)
                rows.append(row)
        if rows:
            self._add_claims(rows, [bodies[at] for at in claims], first[claims], last[claims])

    def _add(self, record: Record) -> None:
        if isinstance(record, Node):
            plain = replace(record, requests=0, requests_failed=0)
            sums = self._nodes.setdefault(plain, [0, 0])
            sums[0] += record.requests
            sums[1] += record.requests_failed
        elif isinstance(record, Flow):
            key = (record.operation, record.nodes, record.parents, record.blocking)
            found = self._flows.setdefault(key, [record, 0])
            found[1] += record.count
        else:
            self._kept.append(record)

    def _add_claims(
        self, rows: Sequence[_Row], bodies: Sequence[str], first: Numbers, last: Numbers
    ) -> None:
        months = first.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
        codes, numbers, served = [], [], []
        for row, body, month in zip(rows, bodies, months.tolist(), strict=True):
            calls: Any = row.calls
            codes.append(self._code(row, body, month))
            self._groups[codes[-1]].add(row, calls)
            numbers.append(_numbers(calls))
            served.append(_p95(calls.server_buckets))
        code, table = np.array(codes), np.array(numbers, dtype=np.float64)
        self._grow()
        np.add.at(self._sums, code, table)
        np.minimum.at(self._first, code, first)
        np.maximum.at(self._last, code, last)
        hour = first // _HOUR
        columns = [
            code,
            hour,
            table[:, 0],
            (first - hour * _HOUR) // _SECOND,
            (last - hour * _HOUR) // _SECOND,
            *np.array(served).T,
            table[:, _WHOLE.index("units_failed")],
            table[:, _WHOLE.index("units_failed_too")],
        ]
        self._hours.append(np.stack(columns, axis=1).astype(np.int32))

    def _code(self, row: _Row, body: str, month: int) -> int:
        """Return the number of the group that a row is added to."""
        key = (
            row.consumer,
            row.provider,
            row.kind,
            row.source,
            row.collector,
            row.stance,
            row.observed,
            row.reason,
            month,
        )
        return self._group(key, body)

    def _group(self, key: tuple[Any, ...], body: str) -> int:
        code = self._codes.get(key)
        if code is None:
            code = self._codes[key] = len(self._groups)
            self._groups.append(_Group(body))
        return code

    def _grow(self) -> None:
        more = len(self._groups) - len(self._sums)
        if more > 0:
            more = max(more, len(self._sums))
            self._sums = np.concatenate([self._sums, np.zeros((more, _WIDTH))])
            self._first = np.concatenate([self._first, np.full(more, _LATE)])
            self._last = np.concatenate([self._last, np.full(more, -1)])

    def absorb(self, other: Folding) -> None:
        """Take what came after, added up apart."""
        self.rows += other.rows
        for record in other.rest():
            self._add(record)
        if not other._groups:
            return
        keys = zip(other._codes, other._groups, strict=True)
        codes = np.array([self._group(key, group.body) for key, group in keys])
        for code, group in zip(codes.tolist(), other._groups, strict=True):
            self._groups[code].absorb(group)
        self._grow()
        many = len(codes)
        self._sums[codes] += other._sums[:many]
        self._first[codes] = np.minimum(self._first[codes], other._first[:many])
        self._last[codes] = np.maximum(self._last[codes], other._last[:many])
        for hours in other._hours:
            hours[:, 0] = codes[hours[:, 0]]
            self._hours.append(hours)

    def rest(self) -> Iterator[Record]:
        """Yield what is not evidence by the hour."""
        yield from self._kept
        for node, (requests, failed) in self._nodes.items():
            yield replace(node, requests=requests, requests_failed=failed)
        for flow, count in self._flows.values():
            yield replace(flow, count=count)

    def records(self) -> Iterator[Record]:
        """Yield what was taken, added up; a row that is alone stays as it was."""
        yield from self.rest()
        yield from self._claims()

    def _claims(self) -> Iterator[Record]:
        empty = np.zeros((0, _HOUR_WIDTH + 1), dtype=np.int32)
        hours = np.concatenate([empty, *self._hours])
        hours = hours[np.argsort(hours[:, 0], kind="stable")]
        ends = np.searchsorted(hours[:, 0], np.arange(len(self._groups) + 1))
        packed = hours[:, 1:].astype("<i4")
        for at, group in enumerate(self._groups):
            claim = decode(Evidence.__name__, group.body)
            if group.rows > 1 and isinstance(claim, Evidence):
                calls = _calls(self._sums[at], group, packed[ends[at] : ends[at + 1]].tobytes())
                yield replace(
                    claim,
                    calls=calls,
                    locators=group.examples,
                    operation=_most(group.operations) or claim.operation,
                    confidence=group.confidence,
                    first_seen=_moment(self._first[at]),
                    last_seen=_moment(self._last[at]),
                )
            else:
                yield claim


_WIDTH: Final = len(_WHOLE) + 9
_HOUR_WIDTH: Final = 8
_LATE: Final = np.iinfo(np.int64).max


def _numbers(calls: _Calls) -> tuple[float, ...]:
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


def _calls(sums: NDArray[np.float64], group: _Group, hours: bytes) -> Calls:
    """Return the statistics of a group."""
    whole: Any = dict(zip(_WHOLE, sums[: len(_WHOLE)].astype(np.int64).tolist(), strict=True))
    *weights, told, weight, idle, ranks, ranked = sums[len(_WHOLE) :].tolist()
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
        units_weight=(weights[0], weights[1], weights[2], weights[3]) if told else None,
        non_blocking=idle / whole["calls"] if whole["calls"] else 0.0,
        load_quantile=round(ranks / ranked, 6) if ranked else None,
        hours=hours,
    )


def _p95(buckets: Buckets) -> tuple[int, int]:
    """Return how many there are, and the bucket of the 95th percentile, nearest rank; -1: none."""
    total = sum([count for _, count in buckets])
    beyond = total // 20
    for bucket, count in reversed(buckets):
        beyond -= count
        if beyond < 0:
            return total, bucket
    return 0, -1


def _most(counts: Sums) -> str:
    told = [(-count, word) for word, count in counts.items() if word]
    return str(min(told)[1]) if told else ""


def _moment(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=int(us))
