"""Orders of columns and look-ups in them, by what a processor sorts fastest: one integer column.

NumPy sorts plain integers ten times faster than it sorts stably, by several keys, or through the
hash table of ``np.unique``, and it looks up in order ten times faster than at random. So keys are
packed into one number, the row last: no two are equal, and every machine finds the same order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from depmap.tracing.spans import Numbers, Rows

_WIDTH: Final = 63
"""Bits of a number that is not negative."""


def order_by(*keys: NDArray[Any]) -> Rows:
    """Return the stable order of rows by several keys of whole numbers, the first one first.

    The same as ``np.lexsort`` of the keys in reverse.
    """
    size = len(keys[0])
    least = size.bit_length()  # of the rows; and of ranks
    packed, used = np.zeros(size, dtype=np.int64), 0
    for key in keys:
        narrow, width = _narrow(key, _WIDTH - least)
        if used + width > _WIDTH:
            packed, used = ranks(packed), least
        packed = (packed << width) | narrow
        used += width
    if used + least > _WIDTH:
        packed = ranks(packed)
    return np.sort((packed << least) | np.arange(size)) & ((1 << least) - 1)


def _narrow(key: NDArray[Any], most: int) -> tuple[Numbers, int]:
    """Return a key counted from zero, and its width in bits; as ranks where it is too wide."""
    if not len(key):
        return key.astype(np.int64), 0
    low, high = int(key.min()), int(key.max())
    width = (high - low).bit_length()
    if width > most:
        return ranks(key), len(key).bit_length()
    if key.dtype == np.uint64:
        return (key - np.uint64(low)).astype(np.int64), width
    return key.astype(np.int64) - low, width


def ranks(column: NDArray[Any]) -> Numbers:
    """Return the rank of each value among the distinct ones, from 0."""
    order = np.argsort(column)
    ordered = column[order]
    steps = np.zeros(len(column), dtype=np.int64)
    steps[1:] = ordered[1:] != ordered[:-1]
    found = np.empty(len(column), dtype=np.int64)
    found[order] = np.cumsum(steps)
    return found


def fresh_of(*ordered: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell where the rows of ordered columns differ from the one before, or are the first."""
    fresh = np.zeros(len(ordered[0]), dtype=np.bool_)
    fresh[:1] = True
    for column in ordered:
        fresh[1:] |= column[1:] != column[:-1]
    return fresh


def distinct(column: NDArray[Any]) -> NDArray[Any]:
    """Return the distinct values, in order."""
    ordered = np.sort(column)
    return ordered[fresh_of(ordered)]


def bounds_of(codes: NDArray[Any], many: int) -> Rows:
    """Return where each of ``many`` codes begins in an ordered column of them, and the end."""
    bounds = np.zeros(many + 1, dtype=np.intp)
    np.cumsum(np.bincount(codes, minlength=many), out=bounds[1:])
    return bounds


def places(ordered: NDArray[Any], wanted: NDArray[Any]) -> Rows:
    """Return where each value would stand in an ordered column, as ``np.searchsorted`` does."""
    order = np.argsort(wanted)
    found = np.empty(len(wanted), dtype=np.intp)
    found[order] = np.searchsorted(ordered, wanted[order])
    return found
