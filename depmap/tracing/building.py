"""Collecting spans one by one, as readers meet them, into columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from depmap.tracing import attributes as names
from depmap.tracing import operations
from depmap.tracing.ids import span_column, trace_columns
from depmap.tracing.reduction import facts_of
from depmap.tracing.spans import COLUMN_TYPES, WEIGHT_ONE, Process, Spans, trace_keys

if TYPE_CHECKING:
    from depmap.tracing.facts import Facts

BATCH: Final = 100_000
"""Spans after which readers turn what they hold into columns."""

_FACTS_CACHED: Final = 50_000


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


class SpanBuilder:
    """Collects spans one by one; used by the readers."""

    def __init__(self) -> None:
        """Start empty."""
        self._parts: list[Spans] = []
        self._rows: list[tuple[Any, ...]] = []
        self._links: list[tuple[int, str, str]] = []
        self._processes: dict[Process, int] = {}
        self._names: dict[str, int] = {}
        self._facts: dict[Facts, int] = {}
        self._known_facts: dict[Any, int] = {}

    def __len__(self) -> int:
        """Return how many spans were added since the last ``finish``."""
        return len(self._rows) + sum(map(len, self._parts))

    def process(self, process: Process) -> int:
        """Return the code of a process."""
        return self._processes.setdefault(process, len(self._processes))

    def facts(
        self, kind: int, status: int, name: str, pairs: tuple[tuple[str, object], ...]
    ) -> int:
        """Return the code of a span's facts; worked out once per distinct input.

        URLs hardly ever come twice, so they are templated first, and not looked at where there
        is a route.
        """
        if not names.VARYING.isdisjoint(dict(pairs)):
            pairs = _settled(pairs)
        key = (kind, status, name, pairs)
        try:
            return self._known_facts[key]
        except TypeError:
            # a list or map as value tells nothing here
            plain = tuple((k, v) for k, v in pairs if isinstance(v, str | int | float))
            return self.facts(kind, status, name, plain)
        except KeyError:
            facts = facts_of(kind, status, name, dict(pairs))
            code = self._facts.setdefault(facts, len(self._facts))
            if len(self._known_facts) >= _FACTS_CACHED:
                self._known_facts.clear()
            self._known_facts[key] = code
            return code

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
        if len(self._rows) >= BATCH:
            self._parts.append(self._columns())
        code = self._names.setdefault(name, len(self._names))
        self._rows.append(
            (trace, span, parent, kind, shared, start, duration, weight, process, code, facts)
        )

    def link(self, trace: str, span: str) -> None:
        """Add a span link from the span added last to another span."""
        self._links.append((len(self._rows) - 1, trace, span))

    def finish(self) -> Spans:
        """Return what was added, and start empty again with the same dictionaries."""
        parts = [*self._parts, self._columns()]
        self._parts = []
        return Spans.concat(part for part in parts if len(part) or len(parts) == 1)

    def _columns(self) -> Spans:
        """Turn the rows held so far into columns."""
        rows: Any = tuple(zip(*self._rows, strict=True)) or ((),) * 11
        links: Any = tuple(zip(*self._links, strict=True)) or ((),) * 3
        trace_high, trace_low, odd = trace_columns(rows[0])
        link_high, link_low, _ = trace_columns(links[1])
        self._rows, self._links = [], []
        return Spans(
            trace_high=trace_high,
            trace_low=trace_low,
            span=span_column(rows[1]),
            parent=span_column(rows[2]),
            **{key: np.array(rows[at], dtype=dict(COLUMN_TYPES)[key]) for key, at in _POSITIONS},
            link_row=np.array(links[0], dtype=np.int64),
            link_low=trace_keys(link_high, link_low),
            link_span=span_column(links[2]),
            processes=tuple(self._processes),
            names=tuple(self._names),
            fact_table=tuple(self._facts),
            odd=odd,
        )


_POSITIONS: Final = (
    ("kind", 3),
    ("shared", 4),
    ("start", 5),
    ("duration", 6),
    ("weight", 7),
    ("process", 8),
    ("name", 9),
    ("facts", 10),
)
