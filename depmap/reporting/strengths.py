"""The words about a strength: how sure it is, what to expect, and where operations differ."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from depmap.model.words import Source, Strength
from depmap.reporting.sentences import listed, percent, plain, probability
from depmap.wording import several

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depmap.model.dependency import Dependency, OperationStrength, StrengthView

SURE: Final = 0.9
"""Probability from which a strength is stated, and from which operations are told apart."""

LIKELY: Final = 0.5
"""Probability from which operations differ rather than not."""

MOST: Final = 20
"""So many operations of one dependency are shown; the snapshot has them all."""

OPERATIONS: Final = (
    "Consumer's operation",
    "Provider's operation",
    "Share",
    "Strength",
    "Failed too",
    "Expected to fail (90 % interval)",
)
"""The columns of the table by operation."""

_LOW, _HIGH = 1, 7
"""Where the ends of the 90 % interval stand among the quantiles of the model."""


def sure(item: Dependency) -> str:
    """Return how sure the word for a strength is and who had a say; empty where nobody can tell.

    For example ``0.98 sure that it is strong, from traces, code``.
    """
    view = item.strength
    if not view.said:
        nobody = view.strength is Strength.UNDETERMINED
        return "no source tells how strong it is" if nobody else ""
    likely = max(view.probability, 1 - view.probability)
    side = "strong" if view.probability > 0.5 else "not strong"  # noqa: PLR2004 - even odds
    told = {source for source, _ in view.said}
    sources = ", ".join(source.value for source in Source if source.value in told)
    sentence = f"{probability(likely)} sure that it is {side}, from {sources}"
    if view.strength is not Strength.UNDETERMINED:
        alone = likely < SURE and len(told) == 1
        return f"{sentence} alone, since no other source could tell" if alone else sentence
    if likely < SURE:
        return f"{sentence}; it is decided from {SURE:.2f} on"
    return f"{sentence}, which may not decide it: too few failures, or chosen ones"


def expected(item: Dependency) -> str:
    """Return what to expect of the consumer's work, by all sources; empty where none tells."""
    view = item.strength
    if view.expected is None or not item.kind.is_call:
        return ""
    ends = _interval(view.expected_low, view.expected_high)
    if _guessed(view):
        return (
            f"it is not known how much of this work fails if {plain(item.provider)} fails, since"
            f" no lone failure was seen; guessed at {percent(view.expected)}"
            f" (90 % interval {ends})"
        )
    seen = several(view.units, "lone failure") if view.units else "no lone failure"
    return (
        f"if {plain(item.provider)} fails, expect {percent(view.expected)} of this work to fail"
        f" too (90 % interval {ends}; {seen} seen)"
    )


def brief(item: Dependency) -> str:
    """Return what to expect, as short as can be: for pages of thousands of dependencies."""
    view = item.strength
    if view.expected is None or not item.kind.is_call:
        return ""
    ends = _interval(view.expected_low, view.expected_high)
    if _guessed(view):
        return f"not known how much fails too (guess {ends})"
    return f"expect {percent(view.expected)} to fail too ({ends})"


def _guessed(view: StrengthView) -> bool:
    """Tell whether what is expected rests on no failure that was seen, nor on a word for it."""
    return not view.units and view.strength is Strength.UNDETERMINED


def by_operation(view: StrengthView) -> tuple[OperationStrength, ...]:
    """Return the strengths by operation, most used first; empty where one is all there is."""
    return view.by_operation if len(view.by_operation) > 1 else ()


def interval(item: OperationStrength) -> tuple[float, float]:
    """Return the ends of the 90 % interval of what is expected to fail, 0-1."""
    return item.quantiles[_LOW], item.quantiles[_HIGH]


def operation_rows(view: StrengthView) -> list[tuple[str, ...]]:
    """Return the cells of the rows of the table ``OPERATIONS``, at most ``MOST``."""
    return [_row(item) for item in by_operation(view)[:MOST]]


def left_out(view: StrengthView) -> str:
    """Return how many operations the table leaves out; empty where it has them all."""
    rest = len(by_operation(view)) - MOST
    return f"and {several(rest, 'more operation')} in the snapshot" if rest > 0 else ""


def differing(view: StrengthView) -> str:
    """Return in what operations it is how strong, and how sure it is that they differ.

    For example ``strong in POST /checkout, weak in GET /cart: 0.98 sure that they differ``. Empty
    where one operation is all there is.
    """
    items = by_operation(view)
    if not items:
        return ""
    groups: dict[Strength, list[str]] = defaultdict(list)
    for item, name in zip(items, _names(items), strict=True):
        groups[item.strength].append(name)
    words = ", ".join(
        f"{strength.value} in {listed(groups[strength], 3)}"
        for strength in Strength
        if strength in groups
    )
    if len(groups) == 1:
        words = f"{items[0].strength.value} in each operation"
    elif view.differs < SURE:
        words = f"{words}, which may be chance"
    return f"{words}: {probability(view.differs)} sure that they differ"


def surely_differing(view: StrengthView) -> str:
    """Return the same where it is sure that the operations differ; else an empty string."""
    return differing(view) if view.differs >= SURE else ""


def tally(items: Sequence[Dependency]) -> str:
    """Return of how many dependencies it is sure that their operations differ, as a sentence."""
    differ = sum(item.strength.differs >= SURE for item in items)
    serving = several(len(items), "dependency serves", "dependencies serve")
    many = f"{differ:,} of them" if differ else "none"
    return f"{serving} several operations; of {many} it is sure that these differ in strength."


def _names(items: tuple[OperationStrength, ...]) -> list[str]:
    """Name each by what the consumer does if that tells them apart, else by both sides."""
    doing = [item.consumer_operation for item in items]
    asking = [item.operation for item in items]
    for names in (doing, asking):
        if all(names) and len(set(names)) == len(names):
            return names
    return [
        " -> ".join(filter(None, pair)) or "unknown" for pair in zip(doing, asking, strict=True)
    ]


def _row(item: OperationStrength) -> tuple[str, ...]:
    failed = "no lone failure"
    if item.units:
        failed = f"{item.failed_too:,} of {item.units:,}"
    return (
        plain(item.consumer_operation) or "unknown",
        plain(item.operation) or "unknown",
        percent(item.share),
        item.strength.value,
        failed,
        f"{percent(item.expected)} ({_interval(*interval(item))})",
    )


def _interval(low: float | None, high: float | None) -> str:
    return f"{percent(low or 0.0)} to {percent(1.0 if high is None else high)}"
