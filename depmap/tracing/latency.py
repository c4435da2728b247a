"""Latency in logarithmic buckets that can be added up.

A bucket is the exponent and the first four bits of the mantissa of a duration in ns: sixteen
buckets to each doubling, worked out with integers only, so that every machine gives the same. A
bucket is at most 1/16 wide, and its middle at most 3.2 % from any duration in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.tracing.spans import Numbers

BUCKETS: Final = 64 << 4
"""Number of buckets there can be."""

_BIAS: Final = 1023 << 4
_MS: Final = 1_000_000


def bucket_of(duration_ns: Numbers) -> Numbers:
    """Return the bucket of each duration in ns; less than 1 ns counts as 1 ns."""
    bits = np.maximum(duration_ns, 1).astype(np.float64).view(np.int64)
    return (bits >> 48) - _BIAS


def middle_ms(bucket: int) -> float:
    """Return the middle of a bucket in ms."""
    exponent, step = bucket >> 4, bucket & 15
    return (1 << exponent) * (16.5 + step) / 16 / _MS


def quantile_ms(buckets: Iterable[tuple[int, int]], share: float) -> float | None:
    """Return a quantile in ms by nearest rank, within 5 % of it; None without durations.

    Args:
        buckets: (bucket, count), in ascending order.
        share: which quantile, 0-1.
    """
    counts = tuple(buckets)
    total = sum(count for _, count in counts)
    wanted = max(1, -int(-share * total // 1))
    for bucket, count in counts:
        wanted -= count
        if wanted <= 0:
            return round(middle_ms(bucket), 6)
    return None
