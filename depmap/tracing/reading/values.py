"""Values that every format spells in several ways: times, statuses, sampling."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from depmap.tracing import attributes as names
from depmap.tracing.spans import LATEST, WEIGHT_ONE

MAX_WEIGHT: Final = 1 << 24
"""A span may stand for at most so many others; beyond, its sampling is not believed."""

WANTED_OF_JAEGER: Final = names.WANTED | {names.KIND, *names.TRACE_STATE}
_THRESHOLD = re.compile(r"(?:^|,)\s*ot=(?:[^,]*;)?th:([0-9a-fA-F]{1,14})(?:;|,|\s|$)")
_ALL_SPANS: Final = 1 << 56


def number(value: object) -> int | None:
    """Return a whole number that may come as number or text; None for anything else."""
    if type(value) is int:
        return value
    try:
        if isinstance(value, str):
            return int(value) if len(value) <= 20 else None  # noqa: PLR2004 - digits of 2**64
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
