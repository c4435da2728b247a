"""Units of a row by operation: what the consumer was doing, and what it asked the provider for.

A consumer may need a provider in one operation and do without it in another; a row alone would
tell their mean, weighted by what happened to fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from depmap.model.calls import OperationUnits
from depmap.tracing.operations import FOLDED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

MAX_SPLITS: Final = 64
"""Pairs of operations kept for each row, the first by name; the others are one."""


class Split(NamedTuple):
    """Units of one row with one operation on either side, in counts that can be added.

    Attributes:
        consumer_operation: what the consumer was doing.
        operation: what it asked for.
        failed: units in which only the provider failed, and of it only this operation.
        failed_too: of those, the ones that failed as well.
        clean: units with such a call in which no provider failed.
        clean_failed: of those, the ones that failed all the same.
        minutes: the UTC minutes since 1970 in which ``failed`` lie.
    """

    consumer_operation: str
    operation: str
    failed: int
    failed_too: int
    clean: int
    clean_failed: int
    minutes: tuple[int, ...] = ()


Splits = tuple[Split, ...]
_REST: Final = (FOLDED, FOLDED)


def added(splits: Iterable[Split]) -> Splits:
    """Add up what is of the same operations, by name, and fold what is beyond the bound."""
    found = _summed(splits)
    first = sorted(key for key in found if key != _REST)[:MAX_SPLITS]
    if len(found) > len(first):
        kept = set(first)
        found = _summed(one if one[:2] in kept else _rest(one) for one in found.values())
    return tuple(found[key] for key in sorted(found))


def _summed(splits: Iterable[Split]) -> dict[tuple[str, ...], Split]:
    found: dict[tuple[str, ...], Split] = {}
    for one in splits:
        same = found.get(one[:2])
        found[one[:2]] = one if same is None else _sum(same, one)
    return found


def _rest(one: Split) -> Split:
    return one._replace(consumer_operation=FOLDED, operation=FOLDED)


def _sum(one: Split, other: Split) -> Split:
    return Split(
        one.consumer_operation,
        one.operation,
        one.failed + other.failed,
        one.failed_too + other.failed_too,
        one.clean + other.clean,
        one.clean_failed + other.clean_failed,
        tuple(sorted({*one.minutes, *other.minutes})),
    )


def folded(splits: Splits, doing: Collection[str], asked: Collection[str]) -> Splits:
    """Fold the operations that are not kept: of the consumer, and of the provider."""
    if all(one.consumer_operation in doing and one.operation in asked for one in splits):
        return splits
    return added(
        one._replace(
            consumer_operation=one.consumer_operation
            if one.consumer_operation in doing
            else FOLDED,
            operation=one.operation if one.operation in asked else FOLDED,
        )
        for one in splits
    )


def claimed(splits: Splits) -> tuple[OperationUnits, ...]:
    """Return what is claimed of them."""
    return tuple(OperationUnits(*one[:6], incidents=len(one.minutes)) for one in splits)
