"""Disagreement between sources: usually the finding, so it is never averaged away."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from depmap.merging.opinions import claimed, stated
from depmap.merging.rates import RATES
from depmap.merging.units import units_of
from depmap.model.finding import Finding, Severity
from depmap.model.words import Source, Stance, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Evidence

TAKES_A_SIDE = 1.0
"""Log-odds from which a source takes a side; two that do and differ are a conflict."""


def conflicts(dependencies: Iterable[Dependency]) -> Iterator[Finding]:
    """Yield one finding for each disagreement about strength or existence."""
    for item in dependencies:
        yield from _about_strength(item)
        yield from _about_existence(item)


def _about_strength(item: Dependency) -> Iterator[Finding]:
    said = {source: value for source, value in _sides(item) if abs(value) >= TAKES_A_SIDE}
    sides = [
        (one, other)
        for one, other in combinations(sorted(said), 2)
        if (said[one] > 0) != (said[other] > 0)
    ]
    if not sides:
        return
    broken = said.get(Source.TRACES, 0) > 0 > said.get(Source.CODE, 0)
    yield Finding(
        rule="broken-fallback" if broken else "conflict",
        subjects=(item.consumer, item.provider, item.kind.value),
        severity=Severity.HIGH if broken else Severity.MEDIUM,
        message=_headline(item, broken=broken, strong=_names(said, strong=True)),
        details=tuple(_side(item, source) for source in sorted(said)),
        locators=tuple(sorted({place for claim in item.evidence for place in claim.locators})),
    )


def _sides(item: Dependency) -> Iterator[tuple[Source, float]]:
    """Yield what each source says: traces as weighed, the others whatever their age."""
    for other, word in stated(item.evidence).items():
        yield other, word.says * RATES[other].strength_cap
    for source, value in item.strength.said:
        if source == Source.TRACES:
            yield Source.TRACES, value


def _headline(item: Dependency, *, broken: bool, strong: str) -> str:
    pair = f"{item.consumer} -> {item.provider} ({item.kind.value})"
    if broken:
        return f"{pair}: the code has a fall-back, but when the provider fails the consumer fails"
    return f"{pair}: the sources disagree how strong it is; strong according to {strong}"


def _names(said: dict[Source, float], *, strong: bool) -> str:
    return ", ".join(source.value for source in sorted(said) if (said[source] > 0) is strong)


def _side(item: Dependency, source: Source) -> str:
    if source is Source.TRACES:
        units = units_of(item.evidence)
        return (
            f"traces: the consumer failed in {units.failed_too:.0f} of the "
            f"{units.failed:.0f} requests in which only the provider failed"
        )
    claims = [
        claim
        for claim in item.evidence
        if claim.source is source and claimed(claim) is not Strength.UNDETERMINED
    ]
    return f"{source.value}: " + "; ".join(sorted({_claim(claim) for claim in claims}))


def _claim(claim: Evidence) -> str:
    place = f" [{claim.locators[0]}]" if claim.locators else ""
    return f"{claimed(claim).value}{f': {claim.reason}' if claim.reason else ''}{place}"


def _about_existence(item: Dependency) -> Iterator[Finding]:
    denials = [claim for claim in item.evidence if claim.stance is Stance.DENIES]
    if not denials:
        return
    sources = ", ".join(source.value for source in item.sources)
    yield Finding(
        rule="denied",
        subjects=(item.consumer, item.provider, item.kind.value),
        message=(
            f"{item.consumer} -> {item.provider} ({item.kind.value}): "
            f"{', '.join(sorted({claim.source.value for claim in denials}))} say it does not "
            f"exist, {sources} shows it"
        ),
        details=tuple(sorted({claim.reason for claim in denials if claim.reason})),
        locators=tuple(sorted({place for claim in item.evidence for place in claim.locators})),
    )
