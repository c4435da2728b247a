"""Hash partitions by trace id: whole traces, in memory or in files of records.

A spool takes batches of spans in any order and gives them back by partition. What it holds beyond
a limit goes to one file a partition, as records of fixed width; dictionaries stay in memory.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path  # noqa: TC003 - fields of a named tuple
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from depmap.tracing.sorting import order_by
from depmap.tracing.spans import COLUMN_TYPES, Process, Spans, trace_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from depmap.tracing.facts import Facts

Counts = NDArray[np.int64]
"""How many spans each partition has."""

PARTITIONS: Final = 256
"""Partitions on disk; several make one piece of work."""

HELD: Final = 300_000
"""Spans that a spool holds before it writes them out."""

MAIN: Final = "main"
"""The group of spans that stay whatever happens."""

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_OF_LINKS: Final = ("link_row", "link_low", "link_span")
_ROW: Final = np.dtype([(key, kind) for key, kind in COLUMN_TYPES if key not in _OF_LINKS])
_LINK: Final = np.dtype([(key, kind) for key, kind in COLUMN_TYPES if key in _OF_LINKS])


def partition_of(spans: Spans, partitions: int) -> Counts:
    """Return the partition of each span, by its trace alone."""
    keys = trace_keys(spans.trace_high, spans.trace_low)
    mixed = ((keys ^ (keys >> np.uint64(32))) * _MIX) >> np.uint64(32)
    return (mixed % np.uint64(partitions)).astype(np.int64)


def split(spans: Spans, partitions: int) -> list[Spans]:
    """Split spans into partitions."""
    if partitions == 1:
        return [spans]
    code = partition_of(spans, partitions)
    order = order_by(code)
    ends = np.searchsorted(code[order], np.arange(1, partitions))
    return [spans.take(rows) for rows in np.split(order, ends)]


class _Coding:
    """One dictionary for the dictionaries of all batches."""

    def __init__(self) -> None:
        self.codes: dict[Any, int] = {}
        self._last: tuple[Any, ...] = ()
        self._table = np.zeros(0, np.int32)

    def of(self, items: tuple[Any, ...]) -> NDArray[np.int32]:
        """Return the common code of each item; batches of one reader only add items."""
        if items is self._last:
            return self._table
        if items[: len(self._last)] != self._last:
            self._last, self._table = (), np.zeros(0, np.int32)
        new = [self.codes.setdefault(item, len(self.codes)) for item in items[len(self._last) :]]
        self._table = np.concatenate([self._table, np.array(new, dtype=np.int32)])
        self._last = items
        return self._table


class Tables(NamedTuple):
    """The dictionaries of a spool, and the text of ids that are no hex."""

    processes: tuple[Process, ...] = ()
    names: tuple[str, ...] = ()
    facts: tuple[Facts, ...] = ()
    odd: tuple[tuple[tuple[int, int], str], ...] = ()


class Shelf(NamedTuple):
    """What one spool wrote, for any process to read.

    Attributes:
        folder: where its files are.
        tables: its dictionaries.
        rows: how many spans each partition has, by group.
    """

    folder: Path
    tables: Tables
    rows: dict[str, Counts]

    def spans(self, without: Collection[str]) -> Counts:
        """Return how many spans each partition has, without some groups."""
        kept = [rows for group, rows in self.rows.items() if group not in without]
        return np.sum(kept, axis=0) if kept else np.zeros(PARTITIONS, np.int64)

    def read(self, partitions: Sequence[int], without: Collection[str]) -> Iterable[Spans]:
        """Yield the spans of some partitions, without some groups."""
        for group, rows in self.rows.items():
            there = [at for at in partitions if rows[at] and group not in without]
            if there:
                yield self._read(group, there, rows[there])

    def _read(self, group: str, partitions: Sequence[int], rows: Counts) -> Spans:
        paths = [self.folder / f"{group}-{at}.rows" for at in partitions]
        records = np.concatenate([np.fromfile(path, dtype=_ROW) for path in paths])
        links = np.concatenate(
            [
                _links_of(path.with_suffix(".links"), before)
                for path, before in zip(paths, np.cumsum(rows) - rows, strict=True)
            ]
        )
        columns = {key: records[key].copy() for key in _ROW.names or ()}
        columns |= {key: links[key].copy() for key in _LINK.names or ()}
        return Spans(
            **columns,
            processes=self.tables.processes,
            names=self.tables.names,
            fact_table=self.tables.facts,
            odd=dict(self.tables.odd),
        )


def _links_of(path: Path, before: int) -> NDArray[Any]:
    """Return a partition's span links, whose rows count from ``before`` on."""
    if not path.is_file():
        return np.empty(0, _LINK)
    links = np.fromfile(path, dtype=_LINK)
    links["link_row"] += before
    return links


class Spool:
    """Takes spans, and gives them back by partition.

    Spans come in groups, so that those of one group can be left out in the end.
    """

    def __init__(self, folder: Path, held: int = HELD) -> None:
        """Start empty.

        Args:
            folder: where to write what is more than is held; a spool's own.
            held: how many spans to hold in memory.
        """
        self._folder = folder
        self._limit = held
        self._rows: dict[str, Counts] = {}
        self._held: dict[str, list[Spans]] = {}
        self._count = 0
        self._processes, self._names, self._facts = _Coding(), _Coding(), _Coding()
        self._odd: dict[tuple[int, int], str] = {}

    def add(self, spans: Spans, group: str = MAIN) -> None:
        """Take a batch."""
        if len(spans):
            self._held.setdefault(group, []).append(spans)
            self._count += len(spans)
        if self._count >= self._limit:
            self._flush()

    def in_memory(self, without: Collection[str]) -> Spans | None:
        """Return all spans, without some groups; None where some were written out."""
        if self._rows:
            return None
        kept = [batches for group, batches in self._held.items() if group not in without]
        return Spans.concat(batch for batches in kept for batch in batches)

    def shelf(self) -> Shelf:
        """Write out what is still held, and say where everything is."""
        self._flush()
        codings = (self._processes, self._names, self._facts)
        processes, names, facts = (tuple(coding.codes) for coding in codings)
        tables = Tables(processes, names, facts, tuple(self._odd.items()))
        return Shelf(self._folder, tables, self._rows)

    def _flush(self) -> None:
        """Write out what is held."""
        for group, batches in self._held.items():
            self._write(Spans.concat(batches), group)
        self._held, self._count = {}, 0

    def _write(self, spans: Spans, group: str) -> None:
        """Append spans to the files of their partitions."""
        self._odd.update(spans.odd)
        records = np.empty(len(spans), dtype=_ROW)
        for key in _ROW.names or ():
            records[key] = getattr(spans, key)
        records["process"] = self._processes.of(spans.processes)[spans.process]
        records["name"] = self._names.of(spans.names)[spans.name]
        records["facts"] = self._facts.of(spans.fact_table)[spans.facts]
        code = partition_of(spans, PARTITIONS)
        order = order_by(code)
        count = np.bincount(code, minlength=PARTITIONS)
        before = self._rows.setdefault(group, np.zeros(PARTITIONS, dtype=np.int64))
        self._append(records[order], count, f"{group}-{{}}.rows")
        if len(spans.link_row):
            at = np.empty(len(order), dtype=np.int64)
            at[order] = np.arange(len(order))
            within = at - (np.cumsum(count) - count)[code] + before[code]
            self._write_links(spans, within, code, group)
        before += count

    def _write_links(self, spans: Spans, within: Counts, code: Counts, group: str) -> None:
        """Append a batch's span links, whose rows count from the start of the partition."""
        links = np.empty(len(spans.link_row), dtype=_LINK)
        links["link_row"] = within[spans.link_row]
        links["link_low"], links["link_span"] = spans.link_low, spans.link_span
        of_link = code[spans.link_row]
        count = np.bincount(of_link, minlength=PARTITIONS)
        self._append(links[order_by(of_link)], count, f"{group}-{{}}.links")

    def _append(self, records: NDArray[Any], count: NDArray[np.intp], name: str) -> None:
        """Append records that are ordered by partition to the partitions' files."""
        first = 0
        for partition in np.flatnonzero(count).tolist():
            last = first + int(count[partition])
            with (self._folder / name.format(partition)).open("ab") as stream:
                records[first:last].tofile(stream)
            first = last


def pieces(rows: Counts, wanted: int, least: int) -> list[list[int]]:
    """Group partitions into pieces of about ``wanted`` spans, ``least`` or a multiple of it."""
    many = min(least * max(1, -(-int(rows.sum()) // (wanted * least))), PARTITIONS)
    bounds = np.linspace(0, PARTITIONS, many + 1).astype(int).tolist()
    return [list(range(a, b)) for a, b in pairwise(bounds)]
