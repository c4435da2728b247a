"""Values that every format spells in several ways: times, statuses, sampling."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from depmap.tracing import attributes as names
from depmap.tracing.spans import LATEST, WEIGHT_ONE

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_WEIGHT: Final = 1 << 24
"""A span may stand for at most so many others; beyond, its sampling is not believed."""

WANTED_OF_JAEGER: Final = names.WANTED | {names.KIND, *names.TRACE_STATE}
_THRESHOLD = re.compile(r"(?:^|,)\s*ot=(?:[^,]*;)?th:([0-9a-fA-F]{1,14})(?:;|,|\s|$)")
_ALL_SPANS: Final = 1 << 56
_DIGITS: Final = 20  # of 2**64


def number(value: object) -> int | None:
    """Return a whole number that may come as number or text; None for anything else."""
    if type(value) is int:
        return value
    try:
        if isinstance(value, str):
            return int(value) if len(value) <= _DIGITS else None
        return int(value) if isinstance(value, float) else None
    except (ValueError, OverflowError):
        return None


def clock(value: object, scale: int) -> int:
    """Return a time in ns, 0 where it is missing or beyond reason; ``scale`` is ns per unit."""
    found = number(value)
    if found is None or not 0 < found <= LATEST // scale:
        return 0
    return found * scale


def span_of_time(value: object, scale: int) -> int:
    """Return a duration in ns, -1 where it is missing or beyond reason."""
    found = number(value)
    if found is None or not 0 <= found <= LATEST // 2 // scale:
        return -1
    return found * scale


def clocks(values: Sequence[object], scale: int) -> Sequence[int]:
    """Return ``clock`` of many values, quickly where all are plain numbers in reason."""
    return _scaled(values, scale, 1, LATEST // scale) or [clock(v, scale) for v in values]


def spans_of_time(values: Sequence[object], scale: int) -> Sequence[int]:
    """Return ``span_of_time`` of many values, quickly where all are plain numbers in reason."""
    most = LATEST // 2 // scale
    return _scaled(values, scale, 0, most) or [span_of_time(v, scale) for v in values]


def _scaled(values: Sequence[Any], scale: int, least: int, most: int) -> Sequence[int]:
    """Return values in ns; nothing where any of them needs a closer look."""
    kinds = set(map(type, values))
    if kinds == {str} and max(map(len, values)) <= _DIGITS:
        try:
            values = list(map(int, values))
        except ValueError:
            return ()
    elif kinds != {int}:
        return ()
    if min(values) < least or max(values) > most:
        return ()
    return values if scale == 1 else [value * scale for value in values]


@lru_cache(maxsize=1024)
def weight_of(trace_state: str) -> int:
    """Return how many spans one stands for, in 1024ths, by OpenTelemetry's ``ot=th:``.

    The threshold T in [0, 2**56) rejects T of 2**56 values, so a kept span stands for
    2**56 / (2**56 - T).
    """
    found = _THRESHOLD.search(trace_state)
    if not found:
        return WEIGHT_ONE
    kept = _ALL_SPANS - int(found[1].ljust(14, "0"), 16)
    return min((WEIGHT_ONE * _ALL_SPANS + kept // 2) // kept, WEIGHT_ONE * MAX_WEIGHT)
