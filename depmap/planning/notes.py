"""What the reader of a plan must know."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from depmap.planning.roles import several

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depmap.model.plan import Cycle, Placement
    from depmap.planning.policy import Policy
    from depmap.planning.situation import Situation

MOST = 5
"""Names in a note before the rest is only counted."""


def notes_of(
    situation: Situation,
    placements: Mapping[str, Placement],
    cycles: Sequence[Cycle],
    policy: Policy,
) -> tuple[str, ...]:
    """Return the notes in a fixed order: what is odd first, what was left aside last."""
    return (
        *(_cycle(item) for item in cycles),
        *_weak(situation, placements),
        *_assumed(situation),
        *_unplaced(situation),
        *_unknown(situation),
        *_unlisted(situation),
        *_set_aside(situation, policy),
    )


def _cycle(cycle: Cycle) -> str:
    cut = [f"{consumer} -> {provider}" for consumer, provider in cycle.cut]
    found = "the cheapest cut is" if cycle.method == "exact" else "a cheap cut is"
    return (
        f"{several(cycle.members, MOST)} need each other and are taken as one;"
        f" {found} {several(cut, MOST)}"
    )


def _weak(situation: Situation, placements: Mapping[str, Placement]) -> Iterator[str]:
    late: dict[str, list[str]] = {"phase": [], "wave": []}
    for item in situation.placed:
        consumer, provider = placements[item.consumer], placements[item.provider]
        if not item.hard and provider.wave > consumer.wave:
            word = "wave" if provider.phase is consumer.phase else "phase"
            late[word].append(f"{item.consumer} -> {item.provider} ({item.how})")
    for word, found in late.items():
        if found:
            count = _count(found, "weak dependency points", "weak dependencies point")
            yield f"{count} at a later {word}: {several(found, MOST)}"


def _assumed(situation: Situation) -> Iterator[str]:
    pairs = [f"{item.consumer} -> {item.provider}" for item in situation.direct if item.assumed]
    if pairs:
        count = _count(pairs, "dependency of undetermined strength is", _UNDETERMINED)
        yield f"{count} taken as strong: {several(pairs, MOST)}"


_UNDETERMINED = "dependencies of undetermined strength are"


def _unplaced(situation: Situation) -> Iterator[str]:
    """Name what has no place in the plan although a placed node depends strongly on it."""
    users: dict[str, list[str]] = defaultdict(list)
    for item in situation.direct:
        placed, missing = item.consumer in situation.roles, item.provider not in situation.roles
        if item.hard and placed and missing:
            users[item.provider].append(item.consumer)
    for name, consumers in sorted(users.items()):
        verb = "depends" if len(consumers) == 1 else "depend"
        yield (
            f"{name} ({situation.nodes[name].kind}) has no place in the plan;"
            f" {several(consumers, MOST)} {verb} strongly on it"
        )


def _unknown(situation: Situation) -> Iterator[str]:
    named = {
        name
        for item in situation.dependencies
        if item.confirmed and not item.declared_only
        for name in (item.consumer, item.provider)
    }
    alone = [name for name in situation.roles if name not in named]
    if alone:
        yield f"no dependency is known of {several(alone, MOST)}: a risk, not independence"


def _unlisted(situation: Situation) -> Iterator[str]:
    if situation.unlisted:
        named = several(situation.unlisted, MOST)
        yield f"only dependencies name {named}: taken as services"


def _set_aside(situation: Situation, policy: Policy) -> Iterator[str]:
    confirmed = [item for item in situation.dependencies if item.confirmed]
    declared = [item for item in confirmed if item.declared_only]
    if declared:
        one = "dependency is only declared and constrains no order"
        more = "dependencies are only declared and constrain no order"
        yield _count(declared, one, more)
    kinds = Counter(
        item.kind
        for item in confirmed
        if not item.declared_only and not policy.rule(item.kind).constrains
    )
    if kinds:
        counted = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
        yield f"kinds that constrain no order: {counted}"


def _count(items: Sequence[object], one: str, more: str) -> str:
    return f"{len(items)} {one if len(items) == 1 else more}"
