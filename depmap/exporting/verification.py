"""Whether a file carries out the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.exporting.order import Pair, Unit, earlier, order_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depmap.exporting.order import Order
    from depmap.model.plan import Plan

EXAMPLES = 10
"""Pairs that are named; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a file says, compared with what the plan asks for. Pairs are (before, after).

    Attributes:
        target: the kind of file.
        exact: whether this kind of file can hold the order itself; one of levels adds to it.
        lost: names of the plan that the file does not deploy.
        unknown: names that the file deploys and the plan does not.
        split: units of the plan that the file does not deploy as one.
        missing: pairs, over any number of steps, that the file does not hold; a few of them.
        missing_count: how many there are.
        extra: pairs that the file adds; a few of them.
        extra_count: how many there are.
    """

    target: str
    exact: bool
    lost: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    split: tuple[Unit, ...] = ()
    missing: tuple[Pair, ...] = ()
    missing_count: int = 0
    extra: tuple[Pair, ...] = ()
    extra_count: int = 0

    @property
    def ok(self) -> bool:
        """Whether the file keeps the plan, and adds nothing where it need not."""
        wrong = self.lost or self.unknown or self.split or self.missing_count
        return not wrong and not (self.exact and self.extra_count)

    def sentences(self) -> tuple[str, ...]:
        """Return what differs, one sentence each; empty when nothing does."""
        lost = f"constraints are lost: {_listed(self.missing, ' before ')}"
        added = (
            f"constraints are added that no dependency asks for: {_listed(self.extra, ' before ')}"
        )
        said = (
            (len(self.lost), f"not deployed: {', '.join(self.lost)}"),
            (len(self.unknown), f"not in the plan: {', '.join(self.unknown)}"),
            (len(self.split), f"not deployed as one: {_listed(self.split, ' + ')}"),
            (self.missing_count, f"{self.missing_count} {lost}"),
            (self.extra_count, f"{self.extra_count} {added}"),
        )
        return tuple(sentence for count, sentence in said if count)


def compared(plan: Plan, found: Order, *, target: str, exact: bool) -> Verification:
    """Compare the order read from a file with the plan. n²/64 word operations for n names.

    Raises:
        InputError: the file's order, or the plan's, runs in a circle.
    """
    wanted = order_of(plan)
    both = sorted(wanted.names() | found.names())
    bits = {name: 1 << place for place, name in enumerate(both)}
    asked, stated = earlier(wanted, bits), earlier(found, bits)
    common = sorted(wanted.names() & found.names())
    shared = sum(bits[name] for name in common)
    missing = {name: asked[name] & ~stated[name] & shared for name in common}
    extra = {name: stated[name] & ~asked[name] & shared for name in common}
    return Verification(
        target=target,
        exact=exact,
        lost=tuple(sorted(wanted.names() - found.names())),
        unknown=tuple(sorted(found.names() - wanted.names())),
        split=tuple(_split(wanted, found)),
        missing=tuple(_examples(missing, both)),
        missing_count=sum(mask.bit_count() for mask in missing.values()),
        extra=tuple(_examples(extra, both)),
        extra_count=sum(mask.bit_count() for mask in extra.values()),
    )


def _split(wanted: Order, found: Order) -> Iterator[Unit]:
    """Yield the units whose members the file moves apart, or joins to others."""
    home = {name: frozenset(unit) for unit in found.units for name in unit}
    for unit in wanted.units:
        if found.levels:
            apart = len({found.levels[name] for name in unit if name in found.levels}) > 1
        else:
            apart = any(home.get(name, frozenset(unit)) != frozenset(unit) for name in unit)
        if apart:
            yield unit


def _examples(masks: Mapping[str, int], names: Sequence[str]) -> list[Pair]:
    found: list[Pair] = []
    for after, mask in masks.items():
        while mask and len(found) < EXAMPLES:
            lowest = mask & -mask
            found.append((names[lowest.bit_length() - 1], after))
            mask ^= lowest  # noqa: PLW2901 - the bit that was named
    return found


def _listed(items: Sequence[tuple[str, ...]], word: str) -> str:
    return ", ".join(word.join(item) for item in items)
