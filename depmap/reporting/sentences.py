"""The words of the report: every format says the same thing by the same sentence."""

from __future__ import annotations

import unicodedata
from datetime import UTC
from typing import TYPE_CHECKING

from depmap.model.words import Impact, Layer, Phase, Stance, Strength
from depmap.wording import several

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from depmap.model.calls import Calls
    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Evidence, Gap, Shared
    from depmap.model.plan import Cycle, Gate, Placement
    from depmap.model.snapshot import SourceSummary

_IMPACTS = {
    Impact.OUTAGE: "outage",
    Impact.DEGRADED: "degraded",
    Impact.DELAYED: "delayed",
    Impact.NONE: "none for its users",
}


CONVENTION = "A row depends on a column. Providers come first."
"""Printed on every matrix, since the tools of the field do not agree on the direction."""

MARKS = {
    Strength.STRONG: "■",
    Strength.WEAK: "▲",
    Strength.OPTIONAL: "●",
    Strength.UNDETERMINED: "□",
}
"""The shape of each strength, where there is no picture."""

LETTERS = {
    Strength.STRONG: "S",
    Strength.WEAK: "w",
    Strength.OPTIONAL: "o",
    Strength.UNDETERMINED: "?",
}
"""The letter of each strength in a table for a terminal."""

PHASE_TITLES = {
    Phase.FOUNDATION: "Foundation",
    Phase.SUPPORTING: "Supporting",
    Phase.CORE_BUSINESS: "Core business",
    Phase.USER_FACING: "User-facing",
}
"""How each phase is called in a heading."""


def plain(text: str) -> str:
    """Return the text without characters that steer a terminal or turn the reading."""
    if text.isprintable():
        return text
    return "".join(_plain_character(character) for character in text)


def _plain_character(character: str) -> str:
    if character.isprintable():
        return character
    category = unicodedata.category(character)
    return " " if character in "\t\r\n" or category == "Zs" else "\N{REPLACEMENT CHARACTER}"


def number(value: float) -> str:
    """Return a count with thousands separated."""
    return f"{value:,.0f}"


def percent(share: float) -> str:
    """Return a share as a percentage that never rounds to a certainty it is not."""
    if 0 < share < 0.01:  # noqa: PLR2004 - one per cent
        return "<1 %"
    if 0.99 < share < 1:  # noqa: PLR2004 - likewise
        return ">99 %"
    return f"{share:.0%}".replace("%", " %")


def probability(value: float) -> str:
    """Return a probability with two digits; an estimate is never a certainty."""
    if value >= 0.995:  # noqa: PLR2004 - would be printed as 1.00
        return ">0.99"
    return "<0.01" if value < 0.005 else f"{value:.2f}"  # noqa: PLR2004 - likewise


def share(expected: float, best: float, worst: float) -> str:
    """Return an expected share, with its best and worst case where they differ from it."""
    low, high = percent(best), percent(worst)
    if low == high:
        return percent(expected)
    return f"{percent(expected)} ({low} at best, {high} at worst)"


def day(moment: datetime | None) -> str:
    """Return a date, or ``no date``."""
    return "no date" if moment is None else f"{moment:%Y-%m-%d}"


def age(moment: datetime | None, as_of: datetime) -> str:
    """Return how old something was when the review was made, in words."""
    if moment is None:
        return ""
    days = (_aware(as_of) - _aware(moment)).days
    if days < 0:
        return "after the review"
    return "the same day" if days == 0 else f"{several(days, 'day')} before"


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def listed(names: Sequence[str], limit: int = 12) -> str:
    """Return names with commas, the remainder counted: ``a, b and 3 more``."""
    shown = ", ".join(plain(name) for name in names[:limit])
    rest = len(names) - limit
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def dependency(item: Dependency) -> str:
    """Return a dependency as a sentence.

    For example ``recommendation depends on payment: shared-secret, technical, strong``.
    """
    words = [item.kind.value, item.layer.value, item.strength.strength.value]
    words += [f"needed: {plain(item.when)}"] if item.when else []
    words += ["asynchronous"] if item.asynchronous else []
    words += ["declared, not used"] if item.declared_only else []
    words += [] if item.confirmed else ["not confirmed"]
    return f"{plain(item.consumer)} depends on {plain(item.provider)}: {', '.join(words)}"


def certainty(item: Dependency) -> str:
    """Return how sure a dependency is and who saw it."""
    seen = ", ".join(item.sources) or "no source"
    return f"confidence {probability(item.confidence)} from {seen}"


def consequence(item: Dependency) -> str:
    """Return what happens when the provider is down, or an empty string when nobody knows."""
    if item.impact is None and not item.users_see:
        return ""
    word = "" if item.impact is None else f": {_IMPACTS[item.impact]}"
    said = f" (“{plain(item.users_see)}”)" if item.users_see else ""
    return f"if {plain(item.provider)} is down{word}{said}"


def claim(item: Evidence, as_of: datetime) -> str:
    """Return one claim as a sentence, without its locators."""
    verb = "" if item.stance is Stance.SUPPORTS else " denies it"
    collector = f" ({plain(item.collector)})" if item.collector else ""
    return f"{item.source.value}{collector}{verb}: {'; '.join(_claim_parts(item, as_of))}"


def _claim_parts(item: Evidence, as_of: datetime) -> list[str]:
    parts = [calls(item.calls)] if item.calls else []
    parts += [plain(item.operation)] if item.operation else []
    parts += [f"said by {plain(item.said_by)}"] if item.said_by else []
    known = item.strength is not Strength.UNDETERMINED
    parts += [f"claims {item.strength.value}"] if known else []
    parts += [plain(item.reason)] if item.reason else []
    parts += [f"impact {item.impact.value}"] if item.impact is not None else []
    parts += [f"“{plain(item.users_see)}”"] if item.users_see else []
    parts += [f"needed: {plain(item.when)}"] if item.when else []
    parts += ["inferred over a lost span"] if not item.observed else []
    last = item.last_seen
    parts += [f"last seen {day(last)}, {age(last, as_of)}"] if last is not None else []
    return parts or [f"confidence {probability(item.confidence)}"]


def calls(item: Calls) -> str:
    """Return call statistics as words."""
    parts = [f"{several(item.calls, 'call')}, {number(item.errors)} failed"]
    parts += [f"p95 {item.p95_ms:,.0f} ms"] if item.p95_ms is not None else []
    if item.units_failed:
        parts.append(
            f"the consumer failed too in {number(item.units_failed_too)}"
            f" of {number(item.units_failed)} lone failures"
        )
    return ", ".join(parts)


def coupling(item: Shared) -> str:
    """Return a shared resource as a sentence."""
    inside = f" ({listed(item.resources, 6)})" if item.resources else ""
    owner = f"; owned by {plain(item.owner)}" if item.owner else "; no known owner"
    verb = "share" if len(item.members) != 1 else "uses"
    return (
        f"{listed(item.members)} {verb} {plain(item.resource)}{inside}:"
        f" {item.kind.value}, {item.strength.value}{owner}"
    )


def placed(item: Placement | None) -> str:
    """Return where a node stands in the plan."""
    if item is None:
        return "not placed"
    if not item.deployable:
        return f"{item.phase.value}, in place before its first user"
    return f"{item.phase.value}, wave {item.wave}"


def gate(item: Gate) -> str:
    """Return a gate as a sentence."""
    return (
        f"{plain(item.measure)} of {listed(item.services, 8)}"
        f" at least {item.threshold * 100:g} % over {several(item.window_minutes, 'minute')}"
        f" after the last deploy; no data: {plain(item.on_no_data)}"
    )


def cycle(item: Cycle) -> str:
    """Return a cycle and its cheapest cuts as a sentence."""
    cuts = "; ".join(f"{plain(a)} no longer depends on {plain(b)}" for a, b in item.cut)
    hint = f". Cheapest cut: {cuts}" if cuts else ""
    return f"{listed(item.members)} need each other and are deployed as one{hint}"


def gap(item: Gap) -> str:
    """Return a gap as a sentence."""
    where = f" [{plain(item.locator)}]" if item.locator else ""
    return f"{plain(item.text)}: {plain(item.why)}{where}"


def freshness(item: SourceSummary, as_of: datetime) -> str:
    """Return what a source brought and how old it is."""
    if item.failed:
        return f"could not be read: {plain(item.failed)}"
    brought = f"{several(item.evidence, 'claim')}, {several(item.gaps, 'gap')}"
    if item.last_seen is None:
        return f"{brought}, no dates"
    span = f"{day(item.first_seen)} to {day(item.last_seen)}"
    return f"{brought}, {span} ({age(item.last_seen, as_of)})"


def layer_title(layer: Layer | None) -> str:
    """Return the name of a view of the matrix."""
    return "all layers" if layer is None else f"{layer.value} layer"
