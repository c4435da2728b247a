"""Collecting spans, as readers meet them, into columns."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from depmap.tracing import attributes as names
from depmap.tracing import operations
from depmap.tracing.ids import span_column, trace_columns
from depmap.tracing.reduction import facts_of
from depmap.tracing.spans import WEIGHT_ONE, Process, Spans, trace_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray


T = TypeVar("T")

BATCH: Final = 100_000
"""Spans after which readers turn what they hold into columns."""

_FACTS_CACHED: Final = 50_000
_KNOWN: Final = 20_000


def _settled(pairs: tuple[tuple[str, object], ...]) -> tuple[tuple[str, object], ...]:
    """Return attributes with what varies from call to call templated or left out."""
    routed = any(pair[0] == "http.route" for pair in pairs)
    return tuple(
        [
            (key, operations.url(value))
            if key in names.VARYING and isinstance(value, str)
            else (key, value)
            for key, value in pairs
            if not (routed and key in names.VARYING)
        ]
    )


class _Codes(dict[Any, int]):
    """Codes of distinct items, in the order in which they came."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self._told: tuple[Any, ...] = ()

    def of(self, item: Any) -> int:
        """Return the code of an item."""
        return self.setdefault(item, len(self))

    def items_by_code(self) -> tuple[Any, ...]:
        """Return all items; the same object as before where none came since."""
        if len(self._told) < len(self):
            self._told = tuple(self)
        return self._told


class SpanBuilder:
    """Collects spans, one by one or many at once; used by the readers.

    What is the same for many spans (kind, name, facts and weight) is one *shape*, so that a reader
    looks up one number a span, and the columns are gathered from the shapes at the end.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._sides: dict[object, int] = {}
        self._known: dict[object, int] = {}
        self._varied = False
        self._seen = 0
        self._parts: list[Spans] = []
        self._rows: tuple[list[Any], ...] = tuple([] for _ in _ROWS)
        self._links: list[tuple[int, str, str]] = []
        self._processes, self._names, self._facts, self._shapes = (_Codes() for _ in range(4))
        self._known_facts: dict[Any, int] = {}
        self._table = np.zeros((0, 4), dtype=np.int64)

    def __len__(self) -> int:
        """Return how many spans were added since the last ``finish``."""
        return len(self._rows[0]) + sum(map(len, self._parts))

    def process(self, process: Process) -> int:
        """Return the code of a process."""
        return self._processes.of(process)

    def side(self, text: bytes, of: Callable[[bytes], Process]) -> int:
        """Return the code of a process, worked out once for those of one text."""
        key = (of, text)
        code = self._sides.get(key)
        if code is None:
            if len(self._sides) >= _KNOWN:
                self._sides.clear()
            self._sides[key] = code = self.process(of(text))
        return code

    def facts(
        self, kind: int, status: int, name: str, pairs: tuple[tuple[str, object], ...]
    ) -> int:
        """Return the code of a span's facts; worked out once per distinct input.

        URLs hardly ever come twice, so they are templated first, and not looked at where there
        is a route.
        """
        if not names.VARYING.isdisjoint([pair[0] for pair in pairs]):
            pairs = _settled(pairs)
        key = (kind, status, name, pairs)
        try:
            return self._known_facts[key]
        except TypeError:
            # a list or map as value tells nothing here
            plain = tuple((k, v) for k, v in pairs if isinstance(v, str | int | float))
            return self.facts(kind, status, name, plain)
        except KeyError:
            code = self._facts.of(facts_of(kind, status, name, dict(pairs)))
            if len(self._known_facts) >= _FACTS_CACHED:
                self._known_facts.clear()
            self._known_facts[key] = code
            return code

    def shape(self, kind: int, name: str, facts: int, weight: int = WEIGHT_ONE) -> int:
        """Return the code of what many spans share."""
        return self._shapes.of((kind, self._names.of(name), facts, weight))

    def shapes(
        self,
        items: Sequence[T],
        keys: Callable[[Sequence[T]], list[Any]],
        of: Callable[[T], int],
    ) -> list[int]:
        """Return the shape of each item, worked out once for those of one key.

        Where keys hardly ever come twice (ids in URLs, sizes, threads), they are not looked at.

        Args:
            items: spans as their reader holds them.
            keys: returns the text of each item that its shape depends on.
            of: works out the shape of an item.
        """
        if self._varied:
            return [of(item) for item in items]
        known, texts = self._known, keys(items)
        codes: list[Any] = list(map(known.get, texts))
        at = -1
        for _ in range(codes.count(None)):
            at = codes.index(None, at + 1)
            code = known.get(texts[at])
            if code is None:
                known[texts[at]] = code = of(items[at])
            codes[at] = code
        self._seen += len(codes)
        if len(known) > _KNOWN:
            self._varied = self._seen < 2 * len(known)
            self._seen = 0
            known.clear()
        return codes

    def add(
        self,
        *,
        trace: str,
        span: str,
        parent: str,
        kind: int,
        start: int,
        duration: int,
        process: int,
        name: str,
        facts: int,
        shared: bool = False,
        weight: int = WEIGHT_ONE,
    ) -> None:
        """Add a span; ids as text, times in ns (see ``Spans``), the rest as codes."""
        shape = self.shape(kind, name, facts, weight)
        self.extend(
            (trace,), (span,), (parent,), (shared,), (start,), (duration,), (process,), (shape,)
        )

    def extend(  # noqa: PLR0917 - the columns, in one fixed order
        self,
        traces: Iterable[str],
        spans: Iterable[str],
        parents: Iterable[str],
        shared: Iterable[bool],
        starts: Iterable[int],
        durations: Iterable[int],
        processes: Iterable[int],
        shapes: Iterable[int],
    ) -> int:
        """Add spans, a column at a time, all of one length; return the row of the first one."""
        if len(self._rows[0]) >= BATCH:
            self._parts.append(self._columns())
        first = len(self._rows[0])
        given = (traces, spans, parents, shared, starts, durations, processes, shapes)
        for column, values in zip(self._rows, given, strict=True):
            column.extend(values)
        return first

    def link(self, trace: str, span: str, row: int | None = None) -> None:
        """Add a span link from a row of the last ``extend``, or the last span, to another span."""
        self._links.append((len(self._rows[0]) - 1 if row is None else row, trace, span))

    def finish(self) -> Spans:
        """Return what was added, and start empty again with the same dictionaries."""
        parts = [*self._parts, self._columns()]
        self._parts = []
        return Spans.concat(part for part in parts if len(part) or len(parts) == 1)

    def _columns(self) -> Spans:
        """Turn the rows held so far into columns."""
        traces, spans, parents, shared, starts, durations, processes, shapes = self._rows
        links: Any = tuple(zip(*self._links, strict=True)) or ((),) * 3
        trace_high, trace_low, odd = trace_columns(traces)
        link_high, link_low, _ = trace_columns(links[1])
        kind, name, facts, weight = self._of_shapes(shapes)
        columns = Spans(
            trace_high=trace_high,
            trace_low=trace_low,
            span=span_column(spans),
            parent=span_column(parents),
            kind=kind.astype(np.uint8),
            shared=np.array(shared, dtype=np.bool_),
            start=np.array(starts, dtype=np.int64),
            duration=np.array(durations, dtype=np.int64),
            weight=weight,
            process=np.array(processes, dtype=np.int32),
            name=name.astype(np.int32),
            facts=facts.astype(np.int32),
            link_row=np.array(links[0], dtype=np.int64),
            link_low=trace_keys(link_high, link_low),
            link_span=span_column(links[2]),
            processes=self._processes.items_by_code(),
            names=self._names.items_by_code(),
            fact_table=self._facts.items_by_code(),
            odd=odd,
        )
        self._rows, self._links = tuple([] for _ in _ROWS), []
        return columns

    def _of_shapes(self, codes: list[int]) -> NDArray[np.int64]:
        """Return kind, name, facts and weight of the given shapes, a row each."""
        if len(self._table) < len(self._shapes):
            new = islice(reversed(self._shapes), len(self._shapes) - len(self._table))
            rows = np.array(list(new)[::-1], dtype=np.int64)
            self._table = np.concatenate([self._table, rows])
        found: NDArray[np.int64] = self._table.T[:, np.array(codes, dtype=np.int64)]
        return found


_ROWS: Final = range(8)
