"""What to ask people about a service: what other sources show, and who shows it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from depmap.model.words import Kind, NodeKind, Source, Stance, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Evidence
    from depmap.model.snapshot import Snapshot

NOT_ASKED = frozenset({Kind.SHARED_LIBRARY, Kind.LIBRARY_CONFLICT, Kind.MONITORING})
"""Lock files know the former better than anybody, and no user sees the latter."""

SHOWN_PLACES = 2
"""So many places are named for each source; the review has them all."""

TABLES = "tables"
"""The collector of spreadsheets, in which people answer as well."""

_TARGET = {NodeKind.TEAM: "team", NodeKind.CAPABILITY: "capability"}


@dataclass(frozen=True, slots=True)
class Question:
    """One dependency that people should say something about.

    Attributes:
        consumer: the depending node.
        provider: the node it depends on.
        target: what the provider is: a key of ``forms.TARGETS``.
        kind: how it depends on it; None: it calls it, in whatever way.
        seen: what each source shows, a phrase each.
        leaning: the strength that the sources give so far; empty: none.
        declared_only: whether it is only declared somewhere, and nothing uses it.
        answered: when somebody last answered it in a table; None: nobody has.
    """

    consumer: str
    provider: str
    target: str
    kind: Kind | None
    seen: tuple[str, ...]
    leaning: str = ""
    declared_only: bool = False
    answered: datetime | None = None


def questions(snapshot: Snapshot, service: str) -> tuple[Question, ...]:
    """Return what to ask about a service, by provider.

    Args:
        snapshot: what is known so far.
        service: the name of its node.
    """
    groups: dict[tuple[str, Kind | None], list[Dependency]] = defaultdict(list)
    for item in snapshot.matrix.dependencies:
        if item.consumer == service and item.kind not in NOT_ASKED:
            groups[item.provider, None if item.kind.is_call else item.kind].append(item)
    kinds = {node.name: node.kind for node in snapshot.nodes}
    return tuple(
        Question(
            consumer=service,
            provider=provider,
            target=target_of(kinds.get(provider, NodeKind.SERVICE)),
            kind=kind,
            seen=tuple(_seen([claim for item in items for claim in item.evidence])),
            leaning=_leaning(items),
            declared_only=all(item.declared_only for item in items),
            answered=_answered([claim for item in items for claim in item.evidence]),
        )
        for (provider, kind), items in sorted(groups.items(), key=lambda pair: _order(pair[0]))
    )


def answered(snapshot: Snapshot) -> dict[str, tuple[Question, ...]]:
    """Return, by service, the questions that somebody answered in a table."""
    found = {
        item.consumer
        for item in snapshot.matrix.dependencies
        if any(claim.collector == TABLES for claim in item.evidence)
    }
    told = {
        name: tuple(item for item in questions(snapshot, name) if item.answered is not None)
        for name in sorted(found)
    }
    return {name: items for name, items in told.items() if items}


def seen_by(asked: Sequence[Question], provider: str, kind: Kind | None) -> tuple[str, ...]:
    """Return what the sources show of what an answer speaks of."""
    shown = [item for item in asked if item.provider == provider]
    exact = [item for item in shown if item.kind is kind]
    return next((item.seen for item in (*exact, *shown)), ())


def target_of(kind: NodeKind) -> str:
    """Return the key under which a node of that kind is named."""
    return "service" if kind.is_service else _TARGET.get(kind, "resource")


def _answered(evidence: Iterable[Evidence]) -> datetime | None:
    """Return when a table last said how strong it is; interviews are read from their files."""
    said = [
        item.last_seen
        for item in evidence
        if item.collector == TABLES
        and (item.strength is not Strength.UNDETERMINED or item.impact is not None)
    ]
    return max((moment for moment in said if moment is not None), default=None)


def _order(key: tuple[str, Kind | None]) -> tuple[str, str]:
    return key[0], key[1] or ""


def _leaning(items: Sequence[Dependency]) -> str:
    """Return the strongest strength of a group that is decided."""
    known = {item.strength.strength for item in items} - {Strength.UNDETERMINED}
    return min(known, key=list(Strength).index).value if known else ""


def _seen(evidence: Sequence[Evidence]) -> Iterator[str]:
    for source in Source:
        claims = [item for item in evidence if item.source is source]
        supports = [item for item in claims if item.stance is Stance.SUPPORTS]
        if supports:
            yield f"{source.value}: {', '.join(_shown(supports))}"
        if len(claims) > len(supports):
            yield f"{source.value} deny it"


def _shown(claims: Sequence[Evidence]) -> Iterable[str]:
    counts = [item.calls for item in claims if item.calls is not None]
    if counts:
        failed = sum(count.errors for count in counts)
        yield f"{sum(count.calls for count in counts):,} calls"
        if failed:
            yield f"{failed:,} failed"
        if dates := [item.last_seen for item in claims if item.last_seen is not None]:
            yield f"last on {max(dates):%Y-%m-%d}"
        return
    places = list(dict.fromkeys(place for item in claims for place in item.locators))
    yield from places[:SHOWN_PLACES]
    if len(places) > SHOWN_PLACES:
        yield f"{len(places) - SHOWN_PLACES} more"
    if not places:
        yield "yes"
