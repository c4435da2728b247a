"""Who found what, and a floor on what nobody found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from depmap.model.snapshot import Coverage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.dependency import Dependency

MIN_SOURCES = 3
MIN_TWICE = 10
"""With fewer dependencies that exactly two sources found, the floor is not worth printing."""


def coverage(dependencies: Iterable[Dependency]) -> Coverage:
    """Count confirmed dependencies by the sources that found them, and estimate a floor.

    The floor is Chao's bias-corrected lower bound (Chao2) over t sources:
    f0 >= (t - 1) / t * f1 (f1 - 1) / (2 (f2 + 1)), with f1 and f2 the dependencies that exactly
    one and two sources found. Sources that see alike make it too low, never too high.
    """
    found = [item.sources for item in dependencies if item.confirmed]
    counts = Counter("+".join(source.value for source in sources) for sources in found)
    combinations = tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
    times = Counter(len(sources) for sources in found)
    total = len({source for sources in found for source in sources})
    if total < MIN_SOURCES or times[2] < MIN_TWICE:
        why = (
            f"not estimable: {total} kinds of source, {times[2]} dependencies found by exactly "
            f"two of them (at least {MIN_SOURCES} and {MIN_TWICE} are needed)"
        )
        return Coverage(combinations=combinations, why=why)
    floor = (total - 1) / total * times[1] * (times[1] - 1) / (2 * (times[2] + 1))
    why = (
        f"Chao's lower bound over {total} kinds of source: {times[1]} dependencies were found by "
        f"one, {times[2]} by two of them; what no source can see is not in it"
    )
    return Coverage(combinations=combinations, floor=round(floor), why=why)
