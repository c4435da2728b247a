"""Reading a ledger for a build: the rows of a source's many hours become few.

A thousand services bring millions of rows of traces, one an hour for each dependency; what a
build asks of them are sums, and when the dependency was used. Rows that tell the same of the same
pair are added up month by month (ages are told apart by that), and what each hour held is kept,
packed. Only what is added up is decoded (``sums``), and all rows of a window are added at once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from depmap.ledger.records import decode
from depmap.ledger.sums import DECODER, WHOLE, WIDTH, Group, Row, added_of, calls_of, p95_of
from depmap.model.calls import Hour
from depmap.model.evidence import Evidence, Flow, Gap, Node

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depmap.ledger.records import Record
    from depmap.ledger.sums import Sums

Numbers = NDArray[np.int64]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = 1_000_000
_HOUR: Final = 3600 * _SECOND
_LONGEST: Final = 2 * _HOUR
"""A row of one hour ends with the traces that began in it; a longer one is no row of an hour."""
_LATE: Final = np.iinfo(np.int64).max


class Folding:
    """Adds up the records of one source, window by window."""

    def __init__(self) -> None:
        """Start empty."""
        self.rows = 0
        self._kept: list[Record] = []
        self._codes: dict[tuple[Any, ...], int] = {}
        self._groups: list[Group] = []
        self._sums = np.zeros((0, WIDTH))
        self._first = np.zeros(0, dtype=np.int64)
        self._last = np.zeros(0, dtype=np.int64)
        self._hours: list[NDArray[np.int32]] = []
        self._nodes: dict[Node, list[int]] = {}
        self._gaps: dict[tuple[str, ...], list[Any]] = {}
        self._flows: dict[tuple[Any, ...], list[Any]] = {}

    def add(
        self, names: Sequence[str], bodies: Sequence[str], first: Numbers, last: Numbers
    ) -> None:
        """Take the records of one window, as they are on disk.

        Args:
            names: the types of the records; only evidence has times.
            bodies: the records.
            first: start of the first call of each in microseconds since 1970; -1: unknown.
            last: likewise of the last.
        """
        hourly = (first >= 0) & (last >= first) & (last - first <= _LONGEST)
        self.rows += sum(name == Evidence.__name__ for name in names)
        rows: list[Row] = []
        claims: list[int] = []
        for at in np.flatnonzero(hourly).tolist():
            row = DECODER.decode(bodies[at])
            if row.calls is not None:
                rows.append(row)
                claims.append(at)
        others = np.ones(len(bodies), dtype=np.bool_)
        others[claims] = False
        for at in np.flatnonzero(others).tolist():
            self._add(decode(names[at], bodies[at]))
        if rows:
            self._add_claims(rows, [bodies[at] for at in claims], first[claims], last[claims])

    def _add(self, record: Record) -> None:
        if isinstance(record, Node):
            plain = replace(record, requests=0, requests_failed=0)
            sums = self._nodes.setdefault(plain, [0, 0])
            sums[0] += record.requests
            sums[1] += record.requests_failed
        elif isinstance(record, Flow):
            shape = (record.nodes, record.parents, record.blocking, record.operations)
            key = (record.operation, *shape)
            found = self._flows.setdefault(key, [record, 0])
            found[1] += record.count
        elif isinstance(record, Gap):
            # a trace is one example of many; any other place is a gap of its own
            place = "" if record.locator.startswith("trace:") else record.locator
            found = self._gaps.setdefault(
                (record.what, record.why, record.collector, place), [record, 0]
            )
            found[1] += record.count
        else:
            self._kept.append(record)

    def _add_claims(
        self, rows: Sequence[Row], bodies: Sequence[str], first: Numbers, last: Numbers
    ) -> None:
        months = first.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
        codes, numbers, served = [], [], []
        for row, body, month in zip(rows, bodies, months.tolist(), strict=True):
            calls: Any = row.calls
            codes.append(self._code(row, body, month))
            self._groups[codes[-1]].add(row, calls)
            numbers.append(added_of(calls))
            served.append(p95_of(calls.server_buckets))
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
            table[:, WHOLE.index("units_failed")],
            table[:, WHOLE.index("units_failed_too")],
        ]
        self._hours.append(np.stack(columns, axis=1).astype(np.int32))

    def _code(self, row: Row, body: str, month: int) -> int:
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
            self._groups.append(Group(body))
        return code

    def _grow(self) -> None:
        more = len(self._groups) - len(self._sums)
        if more > 0:
            more = max(more, len(self._sums))
            self._sums = np.concatenate([self._sums, np.zeros((more, WIDTH))])
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
        for gap, count in self._gaps.values():
            yield replace(gap, count=count)
        for node, (requests, failed) in self._nodes.items():
            yield replace(node, requests=requests, requests_failed=failed)
        for flow, count in self._flows.values():
            yield replace(flow, count=count)

    def records(self) -> Iterator[Record]:
        """Yield what was taken, added up; a row that is alone stays as it was."""
        yield from self.rest()
        yield from self._claims()

    def _claims(self) -> Iterator[Record]:
        empty = np.zeros((0, len(Hour._fields) + 1), dtype=np.int32)
        hours = np.concatenate([empty, *self._hours])
        hours = hours[np.argsort(hours[:, 0], kind="stable")]
        ends = np.searchsorted(hours[:, 0], np.arange(len(self._groups) + 1))
        packed = hours[:, 1:].astype("<i4")
        for at, group in enumerate(self._groups):
            claim = decode(Evidence.__name__, group.body)
            if group.rows > 1 and isinstance(claim, Evidence):
                calls = calls_of(self._sums[at], group, packed[ends[at] : ends[at + 1]].tobytes())
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


def _most(counts: Sums) -> str:
    told = [(-count, word) for word, count in counts.items() if word]
    return str(min(told)[1]) if told else ""


def _moment(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=int(us))
