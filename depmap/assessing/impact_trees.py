"""Call trees in columns: what the replays of ``impact_replay`` and ``impact_waits`` go through.

A call is what has one strength: one operation of a consumer asking one operation of a provider,
where the strength of that is known, else all that the consumer asks of the provider.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from depmap.model.evidence import Flow

Column = NDArray[Any]
Pair = tuple[str, str]


class Call(NamedTuple):
    """What has one strength.

    Attributes:
        consumer: who calls.
        provider: whom.
        consumer_operation: what the consumer does; empty with an operation: not known.
        operation: what it asks for; empty: all that has no strength of its own.
    """

    consumer: str
    provider: str
    consumer_operation: str = ""
    operation: str = ""

    @property
    def pair(self) -> Pair:
        """Consumer and provider."""
        return (self.consumer, self.provider)


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Call trees, one below the other.

    Attributes:
        names: the nodes' names.
        calls: the calls in them, each once, in order.
        operations: the business operations.
        requests: how many requests of each operation there are.
        name: of each row: index into ``names``.
        parent: the row it was called from; -1 for a root.
        call: index into ``calls``; -1 for a root.
        blocking: whether the parent waits for it.
        depth: 0 for a root.
        flow: index of its tree.
        operation: of each tree: index into ``operations``.
        count: of each tree: how many requests have its shape.
        rows: row numbers, ordered by ``name``.
        first: where the rows of each name begin in ``rows``.
    """

    names: tuple[str, ...]
    calls: tuple[Call, ...]
    operations: tuple[str, ...]
    requests: Column
    name: Column
    parent: Column
    call: Column
    blocking: Column
    depth: Column
    flow: Column
    operation: Column
    count: Column
    rows: Column
    first: Column

    def of(self, down: Collection[str]) -> Column:
        """Return the rows of some nodes, in order."""
        codes = [at for at, name in enumerate(self.names) if name in down]
        parts = [self.rows[self.first[code] : self.first[code + 1]] for code in codes]
        return np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *parts]))


def trees_of(flows: Sequence[Flow], known: Collection[Call] = ()) -> Trees:
    """Lay call trees out in columns.

    Args:
        flows: the trees.
        known: the calls by operation that have a strength of their own; all others go by pair.
    """
    names, operations = _codes(name for flow in flows for name in flow.nodes), _codes(
        flow.operation for flow in flows
    )  # fmt: skip
    sizes = np.array([len(flow.nodes) for flow in flows], dtype=np.int64)
    start = np.repeat(np.cumsum(sizes) - sizes, sizes)
    name = np.array([names[item] for flow in flows for item in flow.nodes], dtype=np.int64)
    above = np.array([at for flow in flows for at in flow.parents], dtype=np.int64)
    parent = np.where(above >= 0, above + start, -1)
    call, calls = _pairs(name, parent, tuple(names))
    if known:
        call, calls = _by_operation(call, calls, parent, flows, known)
    count = np.array([flow.count for flow in flows], dtype=np.int64)
    operation = np.array([operations[flow.operation] for flow in flows], dtype=np.int64)
    return Trees(
        names=tuple(names),
        calls=calls,
        operations=tuple(operations),
        requests=np.bincount(operation, weights=count, minlength=len(operations)),
        name=name,
        parent=parent,
        call=call,
        blocking=np.array([flag for flow in flows for flag in flow.blocking], dtype=np.bool_),
        depth=_depths(parent),
        flow=np.repeat(np.arange(len(flows)), sizes),
        operation=operation,
        count=count,
        rows=np.argsort(name, kind="stable"),
        first=np.searchsorted(np.sort(name), np.arange(len(names) + 1)),
    )


def _codes(words: Iterable[str]) -> dict[str, int]:
    return {word: at for at, word in enumerate(sorted(set(words)))}


def _pairs(
    name: Column, parent: Column, names: tuple[str, ...]
) -> tuple[Column, tuple[Call, ...]]:
    called = np.flatnonzero(parent >= 0)
    many = max(1, len(names))
    keys = name[parent[called]] * many + name[called]
    found, code = np.unique(keys, return_inverse=True)
    call = np.full(len(name), -1, dtype=np.int64)
    call[called] = code
    return call, tuple(Call(names[key // many], names[key % many]) for key in found.tolist())


def _by_operation(
    pair: Column,
    pairs: Sequence[Call],
    parent: Column,
    flows: Sequence[Flow],
    known: Collection[Call],
) -> tuple[Column, tuple[Call, ...]]:
    """Set known calls by operation apart from the others of their pairs."""
    words = _codes(word for one in known for word in (one.consumer_operation, one.operation))
    asked = np.fromiter(_asked(flows, words), dtype=np.int64, count=len(pair))
    called, many = np.flatnonzero(parent >= 0), len(words) + 1
    keys = (pair[called] * many + asked[parent[called]]) * many + asked[called]
    found, code = np.unique(keys, return_inverse=True)
    wanted, spelled = frozenset(known), (*words, None)
    told = []
    for key in found.tolist():
        of, both = divmod(key, many**2)
        one = (*pairs[of].pair, *(spelled[at] for at in divmod(both, many)))
        told.append(Call(*one) if one in wanted else pairs[of])
    calls = sorted(set(told))
    place = {one: at for at, one in enumerate(calls)}
    call = np.full(len(pair), -1, dtype=np.int64)
    call[called] = np.array([place[one] for one in told], dtype=np.int64)[code]
    return call, tuple(calls)


def _asked(flows: Sequence[Flow], words: Mapping[str, int]) -> Iterator[int]:
    """Yield what each node was asked for, as a code; the last one where that is no such word."""
    for flow in flows:
        if len(flow.operations) == len(flow.nodes):
            yield from (words.get(word, len(words)) for word in flow.operations)
        else:
            yield from repeat(len(words), len(flow.nodes))


def _depths(parent: Column) -> Column:
    """Return the depth of each row; parents come before their children."""
    depth = np.zeros(len(parent), dtype=np.int64)
    above = parent.copy()
    while (deeper := above >= 0).any():
        depth[deeper] += 1
        above[deeper] = parent[above[deeper]]
    return depth
