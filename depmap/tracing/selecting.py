"""Which spans to link, and as what: traces by id or tag, identity, a sampling that is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from depmap.tracing.ids import trace_number
from depmap.tracing.naming import Identity, identified
from depmap.tracing.reduction import weight_of_share
from depmap.tracing.spans import WEIGHT_ONE, Spans, trace_keys
from depmap.tracing.tags import Tag, TagFinder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is asked for of all spans that are read.

    Attributes:
        traces: ids of traces; empty: all.
        tags: attributes that a trace must have, each on any of its spans; empty: all traces.
        identity: what tells services apart.
        sampling: the share (0-1) of traces that was kept, where they do not record it.
    """

    traces: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    identity: Identity = Identity.NAME
    sampling: float = 1.0

    def finder(self) -> TagFinder | None:
        """Return what readers are to show their documents to."""
        return TagFinder(self.tags) if self.tags else None

    def of(self, batches: Iterable[Spans], finder: TagFinder | None = None) -> list[Spans]:
        """Return what is asked for.

        Args:
            batches: everything that was read.
            finder: what the readers have shown their documents to.
        """
        found = list(batches)
        if self.traces:
            found = _of_traces(found, {_key(text) for text in self.traces})
        if finder is not None:
            found = _of_traces(found, finder.traces)
        if self.sampling < 1:
            found = _weighted(found, weight_of_share(self.sampling))
        return identified(found, self.identity)


EVERYTHING = Selection()
"""All traces, services by name."""


def _key(text: str) -> int:
    """Return what a trace is told apart by, given its id."""
    high, low = trace_number(text)
    return low or high


def _of_traces(batches: Sequence[Spans], keys: set[int]) -> list[Spans]:
    """Return the spans of some traces."""
    wanted = np.array(sorted(keys), dtype=np.uint64)
    return [
        batch.take(np.flatnonzero(np.isin(trace_keys(batch.trace_high, batch.trace_low), wanted)))
        for batch in batches
    ]


def _weighted(batches: Sequence[Spans], weight: int) -> list[Spans]:
    """Give a weight to the spans of all traces that do not record their own sampling."""
    keys = [trace_keys(batch.trace_high, batch.trace_low) for batch in batches]
    told = [
        key[np.array([facts.weight for facts in batch.fact_table], np.int64)[batch.facts] > 0]
        for key, batch in zip(keys, batches, strict=True)
        if len(batch)
    ]
    recorded = np.unique(np.concatenate([np.zeros(0, np.uint64), *told]))
    return [
        replace(
            batch,
            weight=np.where(
                (batch.weight > WEIGHT_ONE) | np.isin(key, recorded), batch.weight, weight
            ),
        )
        for key, batch in zip(keys, batches, strict=True)
    ]
