"""The geometry of the bars, and the rows of the table of who found what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.model.words import Source

if TYPE_CHECKING:
    from depmap.model.snapshot import Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """How many dependencies exactly these sources found.

    Attributes:
        words: the sources as words.
        seen: for each source, in the order of ``sources_of``, whether it is one of them.
        amount: how many dependencies.
        length: of its bar, 0-100.
    """

    words: str
    seen: tuple[bool, ...]
    amount: int
    length: float

    @property
    def alone(self) -> bool:
        """Whether one source alone found them."""
        return sum(self.seen) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A share with its band, in per cent of the width: the tick lies between the ends."""

    start: float
    length: float
    tick: float


def sources_of(coverage: Coverage) -> tuple[str, ...]:
    """Return the sources that found anything, in their fixed order, unknown words last."""
    named = {word for words, _ in coverage.combinations for word in words.split("+") if word}
    known = [source.value for source in Source if source.value in named]
    return (*known, *sorted(named.difference(known)))


def combinations(coverage: Coverage) -> tuple[Combination, ...]:
    """Return the combinations of sources as bars, largest first."""
    sources = sources_of(coverage)
    most = max((amount for _, amount in coverage.combinations), default=0)
    ordered = sorted(coverage.combinations, key=lambda pair: (-pair[1], pair[0]))
    return tuple(
        Combination(
            words=words.replace("+", " and ") or "no source",
            seen=tuple(source in words.split("+") for source in sources),
            amount=amount,
            length=round(100 * amount / most, 2) if most else 0.0,
        )
        for words, amount in ordered
    )


def bar(expected: float, best: float, worst: float) -> Bar:
    """Return a share (0-1) and its best and worst case as a bar."""
    low, high = min(best, worst, expected), max(best, worst, expected)
    return Bar(
        start=round(100 * low, 2),
        length=round(100 * (high - low), 2),
        tick=round(min(100 * expected, 99.4), 2),
    )
