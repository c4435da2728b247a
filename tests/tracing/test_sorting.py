"""Orders and look-ups are those of NumPy's own, slower ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.tracing.sorting import distinct, order_by, places, ranks

KINDS: dict[str, tuple[Any, int, int]] = {
    "bool": (np.bool_, 0, 1),
    "uint8": (np.uint8, 0, 255),
    "int32": (np.int32, -(2**31), 2**31 - 1),
    "int64": (np.int64, -(2**63), 2**63 - 1),
    "uint64": (np.uint64, 0, 2**64 - 1),
}


@st.composite
def columns(draw: st.DrawFn) -> list[np.ndarray[Any, Any]]:
    """Return some columns of one length, values often the same."""
    size = draw(st.integers(0, 12))
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=6))
    found = []
    for kind in kinds:
        dtype, low, high = KINDS[kind]
        values = draw(st.lists(st.integers(low, high), min_size=1, max_size=4))
        picked = draw(st.lists(st.sampled_from(values), min_size=size, max_size=size))
        found.append(np.array(picked, dtype=dtype))
    return found


@given(columns())
def test_order_is_that_of_lexsort(keys: list[np.ndarray[Any, Any]]) -> None:
    assert order_by(*keys).tolist() == np.lexsort(keys[::-1]).tolist()


@given(columns())
def test_ranks_and_distinct_values_are_those_of_unique(keys: list[np.ndarray[Any, Any]]) -> None:
    values, inverse = np.unique(keys[0], return_inverse=True)
    assert distinct(keys[0]).tolist() == values.tolist()
    assert ranks(keys[0]).tolist() == inverse.tolist()


@given(columns())
def test_places_are_those_of_searchsorted(keys: list[np.ndarray[Any, Any]]) -> None:
    ordered = np.sort(keys[0])
    assert places(ordered, keys[0]).tolist() == np.searchsorted(ordered, keys[0]).tolist()


@pytest.mark.parametrize("many", [2, 5])
def test_many_wide_keys_are_packed_by_rank(many: int) -> None:
    dice = np.random.default_rng(3)
    keys = [dice.integers(0, 2**64, 5000, dtype=np.uint64) >> np.uint64(2) for _ in range(many)]
    keys[0] %= np.uint64(7)
    assert order_by(*keys).tolist() == np.lexsort(keys[::-1]).tolist()
