"""Hidden dependencies: what tracing alone, or nobody but one witness, can show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.assessing.couplings import in_hub, is_confirmed
from depmap.graph.cycles import strongly_connected
from depmap.model.finding import Finding, Severity
from depmap.model.words import Kind, Source, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Shared

_COUPLING = {
    Kind.SHARED_SECRET: "they share a secret: when {provider} changes it, {consumer} must follow",
    Kind.SHARED_CONFIG: "they read one configuration value, which must agree",
    Kind.SHARED_DATA: "they use the same data: a change by {provider} reaches {consumer}",
    Kind.SHARED_LIBRARY: "they must release a library or contract together",
    Kind.LIBRARY_CONFLICT: "they exchange what incompatible versions of a library encode",
    Kind.STARTUP_ORDER: "{consumer} waits for {provider} when it starts",
}


def hidden(
    dependencies: Sequence[Dependency], platform: Sequence[Shared] = ()
) -> Iterator[Finding]:
    """Yield what a reviewer would not find on a map drawn from traces.

    Waiting at start is no news where the consumer calls the provider anyway. What deployment
    files declare and no code uses is the scan's own finding. Traces can miss only what a service
    does that they show at all.

    Args:
        dependencies: all of them.
        platform: resources that so many share that they are reported once, and not by pair.
    """
    called = {
        (item.consumer, item.provider)
        for item in dependencies
        if item.confirmed and item.kind.is_call
    }
    traced = {
        name
        for item in dependencies
        if Source.TRACES in item.sources
        for name in (item.consumer, item.provider)
    }
    for item in dependencies:
        known = item.kind is Kind.STARTUP_ORDER and (item.consumer, item.provider) in called
        if item.confirmed and item.kind in _COUPLING and not known:
            if not in_hub(item, platform):
                yield _coupling(item)
        elif item.confirmed and item.sources == (Source.PEOPLE,):
            yield _only_people(item)
        elif not item.confirmed and item.sources and not item.declared_only:
            yield _unconfirmed(item)
        elif _is_missing(item) and item.consumer in traced:
            yield _never_seen(item)


def _is_missing(item: Dependency) -> bool:
    """Whether traces should show a dependency and do not."""
    return item.confirmed and item.kind.is_call and Source.TRACES not in item.sources


def cycles(dependencies: Iterable[Dependency]) -> Iterator[Finding]:
    """Yield each set of nodes that need each other, over strong or undetermined dependencies."""
    edges = {
        (item.consumer, item.provider)
        for item in dependencies
        if item.confirmed
        and not item.asynchronous
        and item.kind is not Kind.BUSINESS_PROCESS
        and item.strength.strength in {Strength.STRONG, Strength.UNDETERMINED}
    }
    for members in strongly_connected({name for edge in edges for name in edge}, sorted(edges)):
        if len(members) > 1:
            yield Finding(
                rule="cycle",
                subjects=members,
                severity=Severity.HIGH,
                message=f"{', '.join(members)} need each other, so none can be deployed first",
                details=tuple(
                    f"{consumer} -> {provider}"
                    for consumer, provider in sorted(edges)
                    if consumer in members and provider in members
                ),
            )


def _coupling(item: Dependency) -> Finding:
    meaning = _COUPLING[item.kind].format(consumer=item.consumer, provider=item.provider)
    strong = item.strength.strength is Strength.STRONG
    return Finding(
        rule="hidden",
        subjects=(item.consumer, item.provider, item.kind.value),
        severity=Severity.HIGH if strong else Severity.MEDIUM,
        message=f"{item.consumer} depends on {item.provider} without calling it: {meaning}",
        details=(
            *(claim.reason for claim in item.evidence if claim.reason),
            *(() if is_confirmed(item) else ("a candidate: one kind of source alone shows it",)),
        ),
        locators=_places(item),
    )


def _only_people(item: Dependency) -> Finding:
    when = f", needed: {item.when}" if item.when else ""
    return Finding(
        rule="said-only",
        subjects=(item.consumer, item.provider, item.kind.value),
        message=(
            f"{item.consumer} depends on {item.provider} ({item.kind.value}{when}): "
            f"only people say so, no trace, code or deployment file shows it"
        ),
        details=tuple(sorted({claim.reason for claim in item.evidence if claim.reason})),
        locators=_places(item),
    )


def _never_seen(item: Dependency) -> Finding:
    return Finding(
        rule="not-in-traces",
        subjects=(item.consumer, item.provider, item.kind.value),
        severity=Severity.LOW,
        message=(
            f"{item.consumer} -> {item.provider} ({item.kind.value}): stated by "
            f"{', '.join(source.value for source in item.sources)}, but no trace shows it"
        ),
        locators=_places(item),
    )


def _unconfirmed(item: Dependency) -> Finding:
    why = sorted({claim.reason for claim in item.evidence if claim.reason})
    return Finding(
        rule="unconfirmed",
        subjects=(item.consumer, item.provider, item.kind.value),
        severity=Severity.LOW,
        message=(
            f"{item.consumer} -> {item.provider} ({item.kind.value}) is declared but not "
            f"confirmed (confidence {item.confidence:.2f}, from "
            f"{', '.join(source.value for source in item.sources)})"
        ),
        details=tuple(why),
        locators=_places(item),
    )


def _places(item: Dependency) -> tuple[str, ...]:
    return tuple(sorted({place for claim in item.evidence for place in claim.locators}))
