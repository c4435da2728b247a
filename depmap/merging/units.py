"""The units of one dependency, summed over its evidence and aged.

One unit is one consumer span that made calls; it is clean if no other provider failed in it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from depmap.merging.existence import freshness

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from depmap.model.calls import Calls
    from depmap.model.evidence import Evidence

NON_BLOCKING: Final = 0.95
"""Share of calls from which a dependency counts as one that the consumer does not wait for."""
MIN_CALLS: Final = 20
"""Calls below which that is not said."""


class Part(NamedTuple):
    """Units of one dependency with one operation on either side; see ``OperationUnits``."""

    consumer_operation: str
    operation: str
    failed: float
    failed_too: float
    clean: float
    clean_failed: float
    incidents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Units of one dependency.

    Attributes:
        failed: units in which only this provider finally failed (n1).
        failed_too: of those, the ones in which the consumer failed as well (k1).
        clean: units in which no provider failed (n0).
        clean_failed: of those, the ones in which the consumer failed all the same (k0).
        weights: (n1, k1, n0, k0) corrected for sampling.
        told: whether the spans tell for how many they stand, so that ``weights`` are known.
        incidents: distinct minutes in which ``failed`` lie.
        calls: calls seen.
        unwaited: calls that the consumer did not wait for.
        critical: share (0-1) of the requests' time that passes in the calls; None when unknown.
        parts: the same by operation, most used first.
    """

    failed: float = 0
    failed_too: float = 0
    clean: float = 0
    clean_failed: float = 0
    weights: tuple[float, float, float, float] = (0, 0, 0, 0)
    told: bool = False
    incidents: int = 0
    calls: int = 0
    unwaited: float = 0
    critical: float | None = None
    parts: tuple[Part, ...] = ()

    @property
    def watched(self) -> bool:
        """Whether traces could have told the strength, had the provider failed."""
        return self.failed + self.clean > 0

    @property
    def non_blocking(self) -> float:
        """Share (0-1) of the calls that the consumer did not wait for."""
        return self.unwaited / self.calls if self.calls else 0.0

    @property
    def idle(self) -> bool:
        """Whether nobody waits for the answer; of an event only the publisher's side is known."""
        return self.watched and self.calls >= MIN_CALLS and self.non_blocking >= NON_BLOCKING


def units_of(evidence: Iterable[Evidence], as_of: datetime | None = None) -> Units:
    """Sum the units of traces.

    Args:
        evidence: the claims.
        as_of: the moment that ages are relative to, by which old units count less; None: all
            count alike.
    """
    counts = [
        (item.calls, 1.0 if as_of is None else freshness(item, as_of))
        for item in evidence
        if item.calls is not None
    ]
    critical = sum(count.critical_ns for count, _ in counts)
    whole = sum(count.critical_of_ns for count, _ in counts)
    weights = [[weight * fresh for weight in _weights(count)] for count, fresh in counts]
    return Units(
        failed=sum(count.units_failed * fresh for count, fresh in counts),
        failed_too=sum(count.units_failed_too * fresh for count, fresh in counts),
        clean=sum(count.units_clean * fresh for count, fresh in counts),
        clean_failed=sum(count.units_clean_failed * fresh for count, fresh in counts),
        weights=(
            sum(row[0] for row in weights),
            sum(row[1] for row in weights),
            sum(row[2] for row in weights),
            sum(row[3] for row in weights),
        ),
        told=any(count.units_weight is not None for count, _ in counts),
        incidents=sum(count.incidents for count, _ in counts),
        calls=sum(count.calls for count, _ in counts),
        unwaited=sum(count.calls * count.non_blocking for count, _ in counts),
        critical=critical / whole if whole else None,
        parts=_parts(counts),
    )


def _parts(counts: Iterable[tuple[Calls, float]]) -> tuple[Part, ...]:
    """Add up units by operation, each aged."""
    found: dict[tuple[str, str], list[float]] = {}
    incidents: Counter[tuple[str, str]] = Counter()
    for count, fresh in counts:
        for part in count.by_operation:
            incidents[part[:2]] += part.incidents
            sums = found.setdefault(part[:2], [0.0] * 4)
            for at, units in enumerate(part[2:6]):
                sums[at] += units * fresh
    parts = [
        Part(*key, sums[0], sums[1], sums[2], sums[3], incidents[key])
        for key, sums in sorted(found.items())
    ]
    return tuple(sorted(_answered(parts), key=lambda part: (-part.failed - part.clean, part[:2])))


def _answered(parts: Sequence[Part]) -> list[Part]:
    """Put failures that nobody answered to the operation that they are of.

    A provider that is down does not say what it was asked for; the consumer's own words for it
    (a path, where the provider has a route) are then an operation that was never seen well. It is
    taken for the one that the consumer asks for otherwise, by the same method; where there are
    several, nobody knows which it is, and it tells of the pair only.
    """
    live: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        if part.clean:
            live.setdefault(_asking(part), []).append(part)
    kept = {part[:2]: part for part in parts if part.clean or _asking(part) not in live}
    for part in parts:
        meant = live.get(_asking(part), [])
        if not part.clean and len(meant) == 1:
            one = kept[meant[0][:2]]
            kept[one[:2]] = one._replace(
                failed=one.failed + part.failed,
                failed_too=one.failed_too + part.failed_too,
                incidents=max(one.incidents, part.incidents),
            )
    return list(kept.values())


def _asking(part: Part) -> tuple[str, str]:
    """Return what the consumer was doing, and by which method it asks; of calls without, none."""
    method, _, path = part.operation.partition(" /")
    return part.consumer_operation, method if path else ""


def _weights(count: Calls) -> tuple[float, float, float, float]:
    if count.units_weight is not None:
        return count.units_weight
    return (
        count.units_failed,
        count.units_failed_too,
        count.units_clean,
        count.units_clean_failed,
    )
