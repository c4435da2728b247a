"""What to find out next: failure experiments and questions to people, most valuable first."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from depmap.assessing.worth import worth
from depmap.model.coverage import Inquiry
from depmap.model.words import Kind, Source, Stance, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from depmap.assessing.impact import Grounds
    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Gap, Node
    from depmap.model.finding import Candidate, Finding

MOST: Final = 100
"""So many are kept; nobody asks more in a quarter."""
_ABOUT: Final = ("conflict", "strength", "candidate", "gap")
_CONFLICTS: Final = frozenset({"conflict", "broken-fallback", "denied"})
_UNRESOLVED: Final = "the provider of "
_DOUBT: Final = "the person asked was unsure"

Pair = tuple[str, str]


def inquiries(
    nodes: Sequence[Node],
    dependencies: Sequence[Dependency],
    found: Grounds,
    *,
    candidates: Iterable[Candidate] = (),
    conflicts: Iterable[Finding] = (),
    gaps: Iterable[Gap] = (),
) -> tuple[Inquiry, ...]:
    """Return what to find out next, most valuable first; what no traces value comes after.

    Args:
        nodes: every node, for the owners and folders.
        dependencies: every dependency.
        found: what impacts rest on.
        candidates: what detectors infer.
        conflicts: what sources disagree on.
        gaps: what could not be seen.
    """
    values = worth(found, MOST)
    owners = {node.name: node.owner for node in nodes}
    disputed = list(_disputed(conflicts, dependencies, values, owners))
    taken = {(item.consumer, item.provider) for item in disputed}
    asked = [
        *disputed,
        *_strengths(dependencies, values, owners, taken),
        *_candidates(candidates, owners),
        *_gaps(gaps, nodes),
    ]
    return tuple(sorted(asked, key=_order)[:MOST])


def _order(item: Inquiry) -> tuple[float, int, str, str, str]:
    value = -1.0 if item.value is None else item.value
    return -value, _ABOUT.index(item.about), item.consumer, item.provider, item.question


def _strengths(
    dependencies: Iterable[Dependency],
    values: Mapping[Pair, float],
    owners: Mapping[str, str],
    taken: set[Pair],
) -> Iterator[Inquiry]:
    """Yield one for each pair whose strength is open: valued, or undetermined without traces."""
    seen = set(taken)
    for item in dependencies:
        pair = (item.consumer, item.provider)
        open_still = item.strength.strength is Strength.UNDETERMINED and item.kind.is_call
        if not item.confirmed or pair in seen or not (pair in values or open_still):
            continue
        if pair in values and (not item.kind.is_call or item.asynchronous):
            continue
        seen.add(pair)
        experiment = pair in values and _was_asked(item)
        yield Inquiry(
            how="experiment" if experiment else "interview",
            about="strength",
            consumer=item.consumer,
            provider=item.provider,
            kind=item.kind,
            whom=owners.get(item.consumer, ""),
            question=_test(*pair) if experiment else _question(*pair),
            value=_rounded(values.get(pair)),
            because=item.strength.basis or ("no source says anything about its strength",),
        )


def _was_asked(item: Dependency) -> bool:
    """Whether a person has said how strong it is; a test is the next thing then."""
    return any(
        claim.source.is_told
        and claim.stance is Stance.SUPPORTS
        and (claim.strength is not Strength.UNDETERMINED or claim.impact is not None)
        for claim in item.evidence
    )


def _question(consumer: str, provider: str) -> str:
    return f"If {provider} is down for an hour, what do those who use {consumer} see?"


def _test(consumer: str, provider: str) -> str:
    return f"Take {provider} away from {consumer} for some minutes: does {consumer} go on?"


def _disputed(
    conflicts: Iterable[Finding],
    dependencies: Iterable[Dependency],
    values: Mapping[Pair, float],
    owners: Mapping[str, str],
) -> Iterator[Inquiry]:
    """Yield one for each pair on which sources disagree."""
    held = {item.key: item for item in dependencies}
    seen: set[Pair] = set()
    for item in conflicts:
        if item.rule not in _CONFLICTS or item.subjects[:2] in seen:
            continue
        consumer, provider = item.subjects[0], item.subjects[1]
        seen.add((consumer, provider))
        kind = Kind(item.subjects[2])
        known = held.get((consumer, provider, kind))
        test = item.rule != "denied" and known is not None and Source.TRACES in known.sources
        question = _test(consumer, provider)
        if item.rule == "denied":
            question = f"Does {consumer} depend on {provider}, or not any more?"
        elif not test:
            question = _question(consumer, provider)
        yield Inquiry(
            how="experiment" if test else "interview",
            about="conflict",
            consumer=consumer,
            provider=provider,
            kind=kind,
            whom=owners.get(consumer, ""),
            question=question,
            value=_rounded(values.get((consumer, provider))),
            because=(item.message, *item.details),
        )


def _candidates(candidates: Iterable[Candidate], owners: Mapping[str, str]) -> Iterator[Inquiry]:
    """Yield one for each candidate that nobody has confirmed."""
    for item in candidates:
        if not item.confirmed:
            yield Inquiry(
                how="interview",
                about="candidate",
                consumer=item.consumer,
                provider=item.provider,
                kind=item.kind,
                whom=owners.get(item.consumer, ""),
                question=f"Is it so? {item.message}",
                because=(item.statistic, f"it could also be: {item.alternative}"),
            )


def _gaps(gaps: Iterable[Gap], nodes: Sequence[Node]) -> Iterator[Inquiry]:
    """Yield one for each call whose provider no source could name, and each written doubt."""
    folders = sorted(
        (node for node in nodes if node.path and node.kind.is_service),
        key=lambda node: (-len(node.path), node.name),
    )
    owners = {node.name: node.owner for node in nodes}
    for gap in gaps:
        if gap.why == _DOUBT:
            consumer, _, doubt = gap.what.partition(": ")
            question = doubt if consumer in owners else gap.what
        elif gap.what.startswith(_UNRESOLVED):
            place = gap.locator.rpartition(":")[0]
            consumer = next((node.name for node in folders if _inside(place, node.path)), "")
            question = f"What does it call at {gap.locator}? ({gap.what}: {gap.why})"
        else:
            continue
        if consumer in owners:
            yield Inquiry(
                how="interview",
                about="gap",
                consumer=consumer,
                whom=owners[consumer],
                question=question,
                because=(f"{gap.why} [{gap.locator}]",),
            )


def _inside(path: str, folder: str) -> bool:
    return posixpath.normpath(path).startswith(f"{posixpath.normpath(folder)}/")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
