"""An order as a file states it, apart from the code that made the plan.

What is read back is closed and reduced here, not in ``depmap.graph``: a check that shares its
code with what it checks would share its errors. Sets of names are the bits of one integer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from depmap.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.plan import Plan

Unit = tuple[str, ...]
Pair = tuple[str, str]
"""``(before, after)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What comes before what.

    Attributes:
        units: names that are deployed as one, each name once.
        pairs: (before, after) between names of different units, as stated, not closed.
        levels: for files that state levels instead of pairs: the level of each name.
    """

    units: tuple[Unit, ...]
    pairs: frozenset[Pair] = frozenset()
    levels: Mapping[str, int] = field(default_factory=dict)

    def names(self) -> frozenset[str]:
        """Return every name."""
        return frozenset(name for unit in self.units for name in unit)


def order_of(plan: Plan) -> Order:
    """Return the order that a plan asks for."""
    units = tuple(unit for wave in plan.waves for unit in wave.units)
    pairs = frozenset((item.before, item.after) for item in plan.precedences if item.hard)
    return Order(units=units, pairs=pairs)


def earlier(order: Order, bits: Mapping[str, int]) -> dict[str, int]:
    """Return, for each name, the bits of all that come before it, over any number of steps.

    Raises:
        InputError: the order runs in a circle, which is named.
    """
    if order.levels:
        return _below(order, bits)
    before = _between_units(order)
    whole = {unit: sum(bits[name] for name in unit) for unit in order.units}
    masks: dict[Unit, int] = {}
    for unit in _sorted_units(order.units, before):
        masks[unit] = 0
        for other in before[unit]:
            masks[unit] |= masks[other] | whole[other]
    return {name: masks[unit] for unit in order.units for name in unit}


def reduced(order: Order) -> dict[Unit, tuple[Unit, ...]]:
    """Return, for each unit, the fewest units it must wait for (the transitive reduction).

    Units come in an order that keeps the pairs, as they stand where that is possible.

    Raises:
        InputError: the order runs in a circle, which is named.
    """
    before = _between_units(order)
    place = {unit: spot for spot, unit in enumerate(_sorted_units(order.units, before))}
    bits = {unit: 1 << spot for unit, spot in place.items()}
    masks: dict[Unit, int] = {}
    needs: dict[Unit, tuple[Unit, ...]] = {}
    for unit in place:
        covered, kept = 0, []
        # The last one first: what another one waits for comes before that one.
        for other in sorted(before[unit], key=place.__getitem__, reverse=True):
            if not covered & bits[other]:
                kept.append(other)
                covered |= masks[other] | bits[other]
        masks[unit] = covered
        needs[unit] = tuple(sorted(kept))
    return needs


def _below(order: Order, bits: Mapping[str, int]) -> dict[str, int]:
    together: dict[int, int] = defaultdict(int)
    for name, level in order.levels.items():
        together[level] |= bits[name]
    below: dict[int, int] = {}
    total = 0
    for level in sorted(together):
        below[level] = total
        total |= together[level]
    return {name: below[level] for name, level in order.levels.items()}


def _between_units(order: Order) -> dict[Unit, set[Unit]]:
    home = {name: unit for unit in order.units for name in unit}
    before: dict[Unit, set[Unit]] = {unit: set() for unit in order.units}
    for first, then in order.pairs:
        if home[first] != home[then]:
            before[home[then]].add(home[first])
    return before


def _sorted_units(units: Iterable[Unit], before: Mapping[Unit, set[Unit]]) -> list[Unit]:
    """Return the units so that each comes after all it waits for (Kahn, in rounds)."""
    waiting = {unit: len(before[unit]) for unit in units}
    after: dict[Unit, list[Unit]] = defaultdict(list)
    for unit in waiting:
        for other in before[unit]:
            after[other].append(unit)
    done = [unit for unit, count in waiting.items() if not count]
    for unit in done:  # grows while it is read
        for other in sorted(after[unit]):
            waiting[other] -= 1
            if not waiting[other]:
                done.append(other)
    if len(done) < len(waiting):
        stuck = sorted(unit for unit, count in waiting.items() if count)
        raise InputError(f"the order runs in a circle: {_circle(stuck[0], before, set(stuck))}")
    return done


def _circle(start: Unit, before: Mapping[Unit, set[Unit]], stuck: set[Unit]) -> str:
    """Walk backwards among what is stuck until a unit comes again."""
    seen: dict[Unit, int] = {}
    unit = start
    while unit not in seen:
        seen[unit] = len(seen)
        unit = min(other for other in before[unit] if other in stuck)
    circle = [item for item, spot in seen.items() if spot >= seen[unit]]
    return " after ".join(" + ".join(item) for item in [*circle, unit])
