"""Claims of one pair to dependencies, each keeping its evidence."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from depmap.merging.existence import confidence
from depmap.merging.strength import strengths
from depmap.merging.units import units_of
from depmap.model.dependency import Dependency, StrengthView
from depmap.model.words import Impact, Kind, Layer, Source, Stance, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from depmap.model.evidence import Evidence
    from depmap.model.sampling import Policy

_UNSPECIFIC = {
    Kind.RPC: "call",
    Kind.EXTERNAL: "call",
    Kind.DEPLOYMENT: "operation",
}
"""Kinds that a source uses when it does not know better; they join a known kind of the pair."""

_FROM_STRENGTH = {
    Strength.STRONG: Impact.OUTAGE,
    Strength.WEAK: Impact.DEGRADED,
    Strength.OPTIONAL: Impact.NONE,
}


def turned(item: Evidence) -> Evidence:
    """Let the subscriber of an ``event`` be its consumer, as the matrix reads it."""
    if item.kind is not Kind.EVENT:
        return item
    return replace(item, consumer=item.provider, provider=item.consumer)


def combine(
    evidence: Iterable[Evidence],
    as_of: datetime,
    *,
    policy: Policy | None = None,
    suspect: bool = False,
) -> tuple[Dependency, ...]:
    """Return the dependencies that claims add up to, by (consumer, provider, kind).

    A pair that is only denied is not a dependency, and a claim that a node depends on itself says
    nothing about an order; both are left out.

    Args:
        evidence: claims with canonical names, ``event`` rows already turned.
        as_of: the moment that ages are relative to.
        policy: how traces were sampled, where spans do not tell; None: not known.
        suspect: whether traces seem to be sampled by outcome, see ``selection.suspected``.
    """
    pairs: dict[tuple[str, str], list[Evidence]] = defaultdict(list)
    for item in evidence:
        if item.consumer != item.provider:
            pairs[item.consumer, item.provider].append(item)
    groups = [
        (kind, tuple(sorted(items, key=_order)))
        for _, claims in sorted(pairs.items())
        for kind, items in _by_kind(claims).items()
    ]
    views = strengths([items for _, items in groups], as_of, policy=policy, suspect=suspect)
    found = [
        _dependency(kind, items, view, as_of)
        for (kind, items), view in zip(groups, views, strict=True)
    ]
    return tuple(sorted(found, key=lambda item: item.key))


def _by_kind(claims: Sequence[Evidence]) -> dict[Kind, list[Evidence]]:
    supports = [item for item in claims if item.stance is Stance.SUPPORTS]
    kinds: dict[Kind, list[Evidence]] = defaultdict(list)
    for item in supports:
        kinds[item.kind].append(item)
    for kind in sorted(_UNSPECIFIC.keys() & kinds.keys()):
        _fold(kinds, kind)
    for item in claims:
        if item.stance is Stance.DENIES:
            for items in kinds.values():
                items.append(item)
    return dict(sorted(kinds.items()))


def _fold(kinds: dict[Kind, list[Evidence]], unspecific: Kind) -> None:
    """Let claims of an unspecific kind join the best supported kind that they may mean."""
    kept: list[Evidence] = []
    for item in kinds[unspecific]:
        others = [kind for kind in sorted(kinds) if kind is not unspecific and _may_be(item, kind)]
        if others:
            best = max(others, key=lambda kind: len(kinds[kind]))
            kinds[best].append(item)
        else:
            kept.append(item)
    if kept:
        kinds[unspecific] = kept
    else:
        del kinds[unspecific]


def _may_be(item: Evidence, kind: Kind) -> bool:
    if item.kind is Kind.EXTERNAL:
        return kind in {Kind.HTTP, Kind.GRPC, Kind.RPC}
    if item.kind is Kind.RPC:
        return kind.is_call or (item.source.is_told and kind.layer is Layer.TECHNICAL)
    return kind.layer is Layer.OPERATIONAL


def _dependency(
    kind: Kind, evidence: tuple[Evidence, ...], view: StrengthView, as_of: datetime
) -> Dependency:
    first = evidence[0]
    return Dependency(
        consumer=first.consumer,
        provider=first.provider,
        kind=kind,
        layer=_layer(kind, evidence),
        confidence=confidence(evidence, as_of),
        strength=view,
        impact=_impact(evidence, view),
        users_see=next((item.users_see for item in evidence if item.users_see), ""),
        operations=_operations(evidence),
        when=next((item.when for item in evidence if item.when), ""),
        asynchronous=kind.is_asynchronous and not _waited_for(kind, evidence, view),
        declared_only=_declared_only(evidence),
        evidence=evidence,
    )


def _waited_for(kind: Kind, evidence: Sequence[Evidence], view: StrengthView) -> bool:
    """Whether traces or code show that the consumer waits until its message is taken.

    It does where a failure to send fails its own work. People who need the broker do not say by
    that who waits.
    """
    if kind is not Kind.MESSAGING_PUBLISH or view.strength is not Strength.STRONG:
        return False
    shown = {source for source, value in view.said if value > 0}
    return bool(shown & {Source.TRACES, Source.CODE}) and not units_of(evidence).idle


def _order(item: Evidence) -> tuple[str, ...]:
    """Order claims by source and place, so that the order of arrival changes nothing."""
    return (
        str(list(Source).index(item.source)),
        item.collector,
        item.stance.value,
        *item.locators[:1],
        item.operation,
        item.reason,
        "" if item.first_seen is None else item.first_seen.isoformat(),
        repr(item),
    )


def _layer(kind: Kind, evidence: Sequence[Evidence]) -> Layer:
    said = [item.layer for item in evidence if item.layer is not None and item.kind is kind]
    return min(said, key=list(Layer).index) if said else kind.layer


def _impact(evidence: Sequence[Evidence], view: StrengthView) -> Impact | None:
    """Take the worst that people named; else what follows from the strength."""
    said = [item.impact for item in evidence if item.impact is not None]
    if said:
        return min(said, key=list(Impact).index)
    return _FROM_STRENGTH.get(view.strength)


def _operations(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    counts: Counter[str] = Counter()
    for item in evidence:
        if item.stance is Stance.SUPPORTS:
            counts[item.operation] += 0
            counts.update(dict(item.calls.operations) if item.calls else {})
    del counts[""]
    return tuple(sorted(counts, key=lambda name: (-counts[name], name)))


def _declared_only(evidence: Sequence[Evidence]) -> bool:
    """Whether deployment files alone name the dependency, and none of them shows a use."""
    supports = [item for item in evidence if item.stance is Stance.SUPPORTS]
    return bool(supports) and all(
        item.source is Source.DEPLOYMENT and item.confidence < 0.5  # noqa: PLR2004 - even odds
        for item in supports
    )
