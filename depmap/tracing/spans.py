"""The span table: what readers build, what links are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from depmap.tracing.facts import Facts
from depmap.tracing.ids import Ids, trace_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Codes = NDArray[np.int32]
Numbers = NDArray[np.int64]
Rows = NDArray[np.intp]

WEIGHT_ONE: Final = 1024
"""The weight of a span that stands for itself only; weights are kept in 1024ths, so that sums
of them are integers and do not depend on the order of summing."""

LATEST: Final = (1 << 62) - 1
"""Latest time in ns that is believed (the year 2116); sums of two of them still fit."""


class Process(NamedTuple):
    """Who recorded a span.

    Attributes:
        service: the service's name; empty where the span does not tell.
        namespace: the service's namespace, likewise.
        environment: the deployment environment, likewise.
        address: the IP address of the instance, where the format tells it (Zipkin).
    """

    service: str = ""
    namespace: str = ""
    environment: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Spans:
    """An immutable batch of spans, in columns; strings and attributes are dictionary-coded.

    Attributes:
        trace_high: upper 64 bits of the trace id.
        trace_low: lower 64 bits; traces are told apart by them.
        span: the span's own id; 0: it has none.
        parent: the parent span's id; 0: it has none.
        kind: a ``SpanKind``.
        shared: Zipkin's flag: the span was opened by its client under the same id.
        start: start time in ns since 1970, UTC; 0: unknown.
        duration: duration in ns; -1: unknown.
        weight: how many spans it stands for, in 1024ths (``WEIGHT_ONE`` = 1).
        process: index into ``processes``.
        name: index into ``names``.
        facts: index into ``fact_table``.
        link_row: for each span link: the row it starts from.
        link_low: the trace it points to, as its key (``trace_keys``).
        link_span: the span it points to.
        processes: distinct processes.
        names: distinct span names.
        fact_table: distinct facts.
        odd: original text of trace ids that are no hex, by (high, low).
    """

    trace_high: Ids
    trace_low: Ids
    span: Ids
    parent: Ids
    kind: NDArray[np.uint8]
    shared: NDArray[np.bool_]
    start: Numbers
    duration: Numbers
    weight: Numbers
    process: Codes
    name: Codes
    facts: Codes
    link_row: Numbers
    link_low: Ids
    link_span: Ids
    processes: tuple[Process, ...]
    names: tuple[str, ...]
    fact_table: tuple[Facts, ...]
    odd: Mapping[tuple[int, int], str] = field(default_factory=lambda: MappingProxyType({}))

    def __len__(self) -> int:
        """Return how many spans there are, repeated ones included."""
        return len(self.span)

    @classmethod
    def concat(cls, batches: Iterable[Spans]) -> Spans:
        """Join batches into one; their dictionaries become one."""
        parts = list(batches)
        if len(parts) == 1:
            return parts[0]
        coding: tuple[dict[Any, int], ...] = ({}, {}, {})
        columns: dict[str, list[NDArray[Any]]] = {key: [np.zeros(0, t)] for key, t in COLUMN_TYPES}
        offset = 0
        told: tuple[Any, ...] = ()
        codes: tuple[Codes, ...] = ()
        for part in parts:
            for key, _ in COLUMN_TYPES:
                columns[key].append(getattr(part, key))
            tables = (part.processes, part.names, part.fact_table)
            # batches of one source share their dictionaries, which may be long
            if list(map(id, tables)) != list(map(id, told)):
                told = tables
                codes = tuple(_recode(*each) for each in zip(coding, tables, strict=True))
            for key, code in zip(("process", "name", "facts"), codes, strict=True):
                columns[key][-1] = code[columns[key][-1]]
            columns["link_row"][-1] = part.link_row + offset
            offset += len(part)
        return cls(
            **{key: np.concatenate(columns[key]).astype(t, copy=False) for key, t in COLUMN_TYPES},
            processes=tuple(coding[0]),
            names=tuple(coding[1]),
            fact_table=tuple(coding[2]),
            odd={key: text for part in parts for key, text in part.odd.items()},
        )

    def take(self, rows: Rows) -> Spans:
        """Return the given rows, in the given order, with their links; a row may come twice."""
        links, starts = _links_of(self.link_row, rows, len(self))
        taken = {key: getattr(self, key)[rows] for key, _ in COLUMN_TYPES if key not in _LINKS}
        return Spans(
            **taken,
            link_row=starts,
            link_low=self.link_low[links],
            link_span=self.link_span[links],
            processes=self.processes,
            names=self.names,
            fact_table=self.fact_table,
            odd=self.odd,
        )

    def trace_name(self, high: int, low: int) -> str:
        """Return a trace id as people look it up."""
        return self.odd.get((high, low)) or trace_text(high, low)


def trace_keys(high: Ids, low: Ids) -> Ids:
    """Return what traces are told apart by: the lower 64 bits of their ids.

    64- and 128-bit ids of one trace may be mixed. Where the lower bits are all zero, it is the
    upper ones.
    """
    return np.where(low == 0, high, low)


COLUMN_TYPES: Final[tuple[tuple[str, Any], ...]] = (
    ("trace_high", np.uint64),
    ("trace_low", np.uint64),
    ("span", np.uint64),
    ("parent", np.uint64),
    ("kind", np.uint8),
    ("shared", np.bool_),
    ("start", np.int64),
    ("duration", np.int64),
    ("weight", np.int64),
    ("process", np.int32),
    ("name", np.int32),
    ("facts", np.int32),
    ("link_row", np.int64),
    ("link_low", np.uint64),
    ("link_span", np.uint64),
)
_LINKS: Final = frozenset({"link_row", "link_low", "link_span"})


def _recode(codes: dict[Any, int], table: Sequence[Any]) -> Codes:
    """Return the common code of each entry of a batch's dictionary."""
    return np.array([codes.setdefault(item, len(codes)) for item in table], dtype=np.int32)


def _links_of(link_row: Numbers, rows: Rows, size: int) -> tuple[Rows, Numbers]:
    """Return which links start at the rows, and at which position of ``rows`` each does."""
    order = np.argsort(link_row, kind="stable")
    first = np.searchsorted(link_row[order], np.arange(size + 1))
    counts = (first[1:] - first[:-1])[rows]
    starts = np.repeat(np.arange(len(rows)), counts)
    within = np.arange(len(starts)) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[np.repeat(first[:-1][rows], counts) + within], starts.astype(np.int64)
