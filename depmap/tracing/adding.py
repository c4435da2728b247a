"""Adding rows up: what is one row, what is folded, and what a row's sides are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from depmap.model.words import Kind, NodeKind
from depmap.tracing.ids import trace_number
from depmap.tracing.links import (
    MAX_EXAMPLES,
    MAX_OPERATIONS,
    UNITS_1024,
    Counts,
    Link,
    Virtual,
    summed,
)
from depmap.tracing.missing import Missing
from depmap.tracing.operations import FOLDED
from depmap.tracing.peers import BY_ADDRESS, is_public
from depmap.tracing.samples import added_shares, load_quantile, load_ranks
from depmap.tracing.splits import added, folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")
K = TypeVar("K")

_ADDED = (
    "calls",
    "errors",
    "weight_1024",
    "units_failed",
    "units_failed_too",
    "units_clean",
    "units_clean_failed",
    *UNITS_1024,
    "unwaited",
    "outlived",
    "retries",
    "failed_finally",
)
_COUNTED = (
    "operations",
    "rules",
    "protocols",
    "consumer_operations",
    "buckets",
    "client_buckets",
    "server_buckets",
)
_BROKER = frozenset({Kind.MESSAGING_PUBLISH, Kind.MESSAGING_CONSUME})
_STORE = {
    Kind.DATABASE: NodeKind.DATABASE,
    Kind.CACHE: NodeKind.CACHE,
    Kind.SEARCH: NodeKind.SEARCH,
    Kind.MESSAGING_PUBLISH: NodeKind.BROKER,
    Kind.MESSAGING_CONSUME: NodeKind.BROKER,
}


def grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Return items by key, keys in the order of their first item."""
    groups: dict[K, list[T]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups


def joined(rows: Iterable[Link], by_operation: bool) -> list[Link]:
    """Join the rows that are one, and fold the operations beyond the bound of their services."""
    keyed = grouped(rows, lambda link: (*_key(link), link.operation if by_operation else ""))
    joined = [join(group) for group in keyed.values()]
    asked = _kept((link.provider, link.operations) for link in joined)
    doing = _kept((link.consumer, link.consumer_operations) for link in joined)
    bounded_rows = [_fold(link, asked[link.provider], doing[link.consumer]) for link in joined]
    if not by_operation:
        return bounded_rows
    again = grouped(bounded_rows, lambda link: (*_key(link), link.operation))
    return [join(group) for group in again.values()]


def _kept(told: Iterable[tuple[str, Counts]]) -> dict[str, set[str]]:
    """Return the operations of each service that are kept: the first by name."""
    words: dict[str, set[str]] = defaultdict(set)
    for service, counts in told:
        words[service].update(word for word, _ in counts if word != FOLDED)
    return {service: set(sorted(found)[:MAX_OPERATIONS]) for service, found in words.items()}


def _fold(link: Link, asked: set[str], doing: set[str]) -> Link:
    """Fold the operations of a row that are not kept."""
    operations = _folded(link.operations, asked)
    consumer_operations = _folded(link.consumer_operations, doing)
    if operations is link.operations and consumer_operations is link.consumer_operations:
        return link
    return replace(
        link,
        operations=operations,
        consumer_operations=consumer_operations,
        splits=folded(link.splits, doing, asked),
    )


def _folded(counts: Counts, kept: set[str]) -> Counts:
    """Fold all operations but the kept ones into one."""
    if all(word in kept for word, _ in counts):
        return counts
    return summed((word if word in kept else FOLDED, count) for word, count in counts)


def _key(link: Link) -> tuple[str, str, Kind, bool]:
    """Return what makes calls one row; guesses stay apart."""
    return link.consumer, link.provider, link.kind, link.observed


def bounded(operations: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Keep the first operations by name, and fold the others into one.

    Which are first does not depend on counts, so parts and the whole keep the same ones.
    """
    told = summed(operations)
    kept = [item for item in told if item[0] != FOLDED][:MAX_OPERATIONS]
    rest = sum(count for _, count in told) - sum(count for _, count in kept)
    return (*kept, (FOLDED, rest)) if rest else tuple(kept)


def join(links: Sequence[Link]) -> Link:
    """Add the rows of one key."""
    if len(links) == 1:
        return links[0]

    def all_of(key: str) -> Iterable[Any]:
        return chain.from_iterable(getattr(link, key) for link in links)

    sums: dict[str, Any] = {key: sum(getattr(link, key) for link in links) for key in _ADDED}
    counted: dict[str, Any] = {key: summed(all_of(key)) for key in _COUNTED}
    return replace(
        links[0],
        **sums,
        **counted,
        first_seen=min((link.first_seen for link in links if link.first_seen), default=None),
        last_seen=max((link.last_seen for link in links if link.last_seen), default=None),
        examples=tuple(sorted(set(all_of("examples")), key=trace_number)[:MAX_EXAMPLES]),
        minutes=tuple(sorted(set(all_of("minutes")))),
        splits=added(all_of("splits")),
        seen=tuple(sorted(set(all_of("seen")))),
        critical=added_shares(all_of("critical")),
    )


def without_guesses(rows: Sequence[Link]) -> tuple[list[Link], list[Missing]]:
    """Drop what is guessed between pairs that were observed, and count it."""
    seen = {(link.consumer, link.provider) for link in rows if link.observed}
    kept = [link for link in rows if link.observed or (link.consumer, link.provider) not in seen]
    return kept, [
        Missing("guess", (link.consumer, link.provider), link.calls, link.examples[0])
        for link in rows
        if not link.observed and (link.consumer, link.provider) in seen
    ]


def settled(
    rows: Iterable[Link], services: set[str], load: tuple[tuple[int, int], ...]
) -> tuple[Link, ...]:
    """Say which side is virtual, what the provider is and under what load, and order the rows."""
    ranks = load_ranks(load)
    settled = []
    for link in rows:
        virtual: Virtual | None = None
        if link.provider not in services:
            virtual = "provider"
        elif link.consumer not in services:
            virtual = "consumer"
        kind = _provider_kind(link, virtual)
        seen = tuple(minute for minute in link.seen if minute in ranks)
        settled.append(
            replace(
                link,
                virtual=virtual,
                provider_kind=kind,
                seen=seen,
                load_quantile=load_quantile(seen, ranks),
            )
        )
    return tuple(
        sorted(settled, key=lambda item: (item.consumer, item.provider, item.kind, item.operation))
    )


def _provider_kind(link: Link, virtual: Virtual | None) -> NodeKind:
    """Return what the provider is; a host outside of the system is external."""
    if link.kind in _BROKER or (virtual == "provider" and link.kind in _STORE):
        return _STORE[link.kind]
    by_address = all(rule == BY_ADDRESS for rule, _ in link.rules)
    if virtual == "provider" and by_address and is_public(link.provider):
        return NodeKind.EXTERNAL
    return NodeKind.SERVICE
