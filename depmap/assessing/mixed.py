"""Dependencies that one operation cannot do without, though as a whole they count as less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from depmap.model.finding import Finding
from depmap.model.words import Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from depmap.model.dependency import Dependency, OperationStrength

SURELY: Final = 0.9
"""Probability from which an operation is surely strong."""

_LOW, _HIGH = 1, 7
"""Where the ends of the 90 % interval stand among the quantiles of the model."""


def strong_in_operation(dependencies: Iterable[Dependency]) -> Iterator[Finding]:
    """Yield each confirmed dependency that is not strong but surely is in some operation.

    What rests on the word for the whole, as the order of deployment does, then takes too little
    account of that operation, however seldom it is used.
    """
    for item in dependencies:
        if not item.confirmed or item.strength.strength is Strength.STRONG:
            continue
        found = [one for one in item.strength.by_operation if _is_surely_strong(one)]
        if found:
            yield _finding(item, found)


def _is_surely_strong(one: OperationStrength) -> bool:
    return one.strength is Strength.STRONG and one.probability >= SURELY


def _finding(item: Dependency, found: list[OperationStrength]) -> Finding:
    word = item.strength.strength.value
    names = ", ".join(dict.fromkeys(one.consumer_operation or _called(one) for one in found))
    return Finding(
        rule="strong-in-operation",
        subjects=(item.consumer, item.provider, item.kind.value),
        message=(
            f"{item.consumer} -> {item.provider} ({item.kind.value}) counts as {word}, but "
            f"{names} cannot do without it"
        ),
        details=(
            *map(_detail, found),
            f"{_probability(item.strength.differs)} sure that operations differ",
            f"plans take it as {word}",
        ),
        locators=tuple(sorted({place for claim in item.evidence for place in claim.locators})),
    )


def _detail(one: OperationStrength) -> str:
    return (
        f"{_called(one)} ({_percent(one.share)} of these requests): it failed in {one.failed_too} "
        f"of the {one.units} in which only the provider failed; {_percent(one.expected)} are "
        f"expected to (90 % interval {_percent(one.quantiles[_LOW])} to "
        f"{_percent(one.quantiles[_HIGH])})"
    )


def _called(one: OperationStrength) -> str:
    sides = filter(None, (one.consumer_operation, one.operation))
    return " -> ".join(sides) or "an unknown operation"


def _probability(value: float) -> str:
    """Return a probability; an estimate is never a certainty."""
    return f"{value:.2f}" if value < 0.995 else ">0.99"  # noqa: PLR2004 - would be printed as 1.00


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
