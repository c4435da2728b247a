"""Does a consumer need a provider alike in all it does? Units by operation, pooled to the pair.

A payment that fails without the fraud check may show its page of offers without it. The operations
of a pair (what the consumer does, what it asks for) are taken to behave alike, with one delta for
all of them, or each in its own way; which it is, their units tell (a spike and a slab, fitted over
the whole system). Few units of one operation so lean on those of the others, and many stand for
themselves. The pair's delta is the mean over its operations, by how often each is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from depmap.merging import mixture
from depmap.merging.mixture import BINS, EDGES, GRID, Mixture, Table, column
from depmap.merging.units import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depmap.merging.selection import Selection
    from depmap.merging.units import Units

ALIKE: Final = (8.0, 2.0)
"""Beta prior of the share of pairs whose operations behave alike."""
STEADY: Final = 10.0
"""Units of the pair that stand in for what few units of one operation tell of its background."""
_SHARES: Final = np.linspace(0.005, 0.995, 199)
_LUCKS: Final = 400
_SEED: Final = 1997
_TINY: Final = 1e-300

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The operations of the dependencies that have several, and were seen to fail.

    Attributes:
        of: which dependency each row is of, ascending.
        parts: the units of each row.
        share: share (0-1) of its dependency's units that are of it.
        low: likelihood of its units if failures were kept as seldom as may be.
        high: if they were kept as often.
    """

    of: Rows
    parts: tuple[Part, ...]
    share: Table
    low: Table
    high: Table

    @property
    def likely(self) -> Table:
        """Likelihood of each row's units, whichever way failures were kept."""
        return (self.low + self.high) / 2

    @property
    def first(self) -> Rows:
        """Return where the rows of each dependency begin."""
        return np.flatnonzero(np.diff(self.of, prepend=-1))

    def each(self, values: Table) -> Table:
        """Return for each row what is told of its dependency."""
        return np.repeat(values, np.diff(np.append(self.first, len(self.of))))

    def rows(self) -> Iterator[range]:
        """Yield the rows of each dependency."""
        yield from map(range, self.first.tolist(), [*self.first[1:].tolist(), len(self.of)])


def parts_of(units: Sequence[Units], selected: Selection, a_minute: float) -> Parts:
    """Take the units apart by operation.

    Args:
        units: of each dependency.
        selected: how units were selected.
        a_minute: units of one minute that count at most.
    """
    rows = [
        (at, part)
        for at, item in enumerate(units)
        if item.failed and len(item.parts) > 1
        for part in item.parts
    ]
    of = np.array([at for at, _ in rows], dtype=np.intp)
    parts = tuple(part for _, part in rows)
    failed = column([part.failed for part in parts])
    most = a_minute * np.maximum(1, column([part.incidents for part in parts]))
    scale = np.minimum(1.0, most / np.maximum(failed, 1e-9))
    failed_too = column([part.failed_too for part in parts]) * scale
    background = _background(of, parts, selected)
    low, high = mixture.both(
        failed * scale, failed_too, background, (selected.low[of], selected.high[of])
    )
    used = column([part.failed + part.clean for part in parts])
    whole = np.bincount(of, weights=used, minlength=len(units))
    return Parts(of, parts, used / np.maximum(whole[of], 1e-9), low, high)


def _background(of: Rows, parts: Sequence[Part], selected: Selection) -> Table:
    """Return p0 of each operation; that of its pair where units were selected by outcome."""
    pair = selected.background[of]
    clean = column([part.clean for part in parts])
    failed = column([part.clean_failed for part in parts])
    found: Table = np.minimum((failed + STEADY * pair) / (clean + STEADY), 1 - 1e-6)
    return np.where(selected.high[of] > 1, pair, found)


def differing(parts: Parts, fitted: Mixture) -> Table:
    """Return P(its operations do not behave alike), for each dependency that has several."""
    if not len(parts.of):
        return np.zeros(0)
    log = np.log(np.maximum(parts.likely, _TINY))
    weights = fitted.weights()
    together = np.exp(np.add.reduceat(log, parts.first)) @ weights
    apart = np.exp(np.add.reduceat(np.log(parts.likely @ weights), parts.first))
    share = _alike(together, apart)
    found: Table = (1 - share) * apart / (share * together + (1 - share) * apart)
    return found


def _alike(together: Table, apart: Table) -> float:
    """Return the share of pairs whose operations behave alike: the posterior's mode."""
    shares = _SHARES[:, None]
    told = np.log(shares * together + (1 - shares) * apart).sum(axis=1)
    a, b = ALIKE
    told += (a - 1) * np.log(_SHARES) + (b - 1) * np.log(1 - _SHARES)
    return float(_SHARES[told.argmax()])


def pooled(density: Table, parts: Parts, of_parts: Table, differs: Table) -> Table:
    """Return how delta of each dependency is distributed, operations that differ let differ.

    Args:
        density: if the operations behave alike, a row for each dependency.
        parts: the operations.
        of_parts: how delta of each operation is distributed if they do not.
        differs: P(they do not) of each dependency that has several.
    """
    found = density.copy()
    where = parts.of[parts.first]
    apart = _means(parts, of_parts)
    found[where] = (1 - differs)[:, None] * density[where] + differs[:, None] * apart
    return found


def _means(parts: Parts, density: Table) -> Table:
    """Return how the mean delta over the operations of each dependency is distributed.

    Operations that do not behave alike are independent; their mean is drawn, each operation at
    every one of some hundred evenly spread quantiles, in an order of its own.
    """
    rng = np.random.default_rng(_SEED)
    orders: list[Rows] = []
    levels = (np.arange(_LUCKS) + 0.5) / _LUCKS
    reached = np.cumsum(density, axis=1)
    found = np.zeros((len(parts.first), BINS))
    for at, mine in enumerate(parts.rows()):
        drawn = np.zeros(_LUCKS)
        orders += [rng.permutation(_LUCKS) for _ in range(len(orders), len(mine))]
        for order, row in zip(orders, mine, strict=False):
            bins = np.searchsorted(reached[row], levels)
            drawn += parts.share[row] * GRID[np.minimum(bins, BINS - 1)][order]
        found[at] = np.histogram(drawn, EDGES)[0] / _LUCKS
    return found
