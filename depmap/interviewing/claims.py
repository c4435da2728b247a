"""From an answer that a person gave to evidence, whatever kind of file it stands in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from depmap.interviewing.parts import UNANSWERED
from depmap.model.evidence import Evidence, Node
from depmap.model.words import Impact, Kind, Layer, NodeKind, Source, Strength

if TYPE_CHECKING:
    from depmap.interviewing.forms import Answer

SURE = {"high": 0.95, "medium": 0.8, "low": 0.5, UNANSWERED: 0.8}
"""How sure a person is that a dependency exists, 0-1, by the word for it."""

_UNSPECIFIC = {
    Layer.TECHNICAL: Kind.RPC,
    Layer.OPERATIONAL: Kind.DEPLOYMENT,
    Layer.BUSINESS: Kind.BUSINESS_PROCESS,
}
_NODE_KIND = {
    "team": NodeKind.TEAM,
    "capability": NodeKind.CAPABILITY,
    "resource": NodeKind.EXTERNAL,
}
_RESOURCE_KIND = {
    Kind.DATABASE: NodeKind.DATABASE,
    Kind.CACHE: NodeKind.CACHE,
    Kind.SEARCH: NodeKind.SEARCH,
    Kind.MESSAGING_PUBLISH: NodeKind.BROKER,
    Kind.MESSAGING_CONSUME: NodeKind.BROKER,
    Kind.SHARED_SECRET: NodeKind.SECRET,
    Kind.SHARED_CONFIG: NodeKind.CONFIG,
    Kind.SHARED_LIBRARY: NodeKind.LIBRARY,
}
_STRENGTH_OF = {
    Impact.OUTAGE: Strength.STRONG,
    Impact.DEGRADED: Strength.WEAK,
    Impact.DELAYED: Strength.WEAK,
    Impact.NONE: Strength.OPTIONAL,
}


def moment(day: str) -> datetime:
    """Return the beginning of a day such as 2026-11-24, UTC."""
    return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)


def target_node(answer: Answer, place: str) -> Node | None:
    """Return the node an answer names, unless it is a service, which names itself elsewhere."""
    kind = _NODE_KIND.get(answer.target)
    if kind is None:
        return None
    if answer.target == "resource" and answer.kind is not None:
        kind = _RESOURCE_KIND.get(answer.kind, kind)
    return Node(name=answer.named, kind=kind, locators=(place,))


def answer_claim(
    answer: Answer, *, consumer: str, provider: str, source: Source, place: str, **said: Any
) -> Evidence:
    """Return what an answer claims.

    Args:
        answer: the answer.
        consumer: the depending node.
        provider: the node it depends on.
        source: the kind of witness.
        place: ``file:line`` or ``file!cell``.
        said: when and by whom: ``first_seen``, ``last_seen``, ``said_by``.
    """
    return Evidence(
        consumer=consumer,
        provider=provider,
        kind=answer.kind or unspecific(answer.layer, answer.target),
        source=source,
        locators=(place,),
        layer=answer.layer,
        confidence=SURE[answer.sure],
        strength=strength_word(answer.strength),
        reason=_reason(answer),
        impact=impact_word(answer.if_down.impact),
        users_see=_text(answer.if_down.users_see),
        when=always_is_empty(answer.when),
        **said,
    )


def unspecific(layer: Layer | None, target: str = "service") -> Kind:
    """Return the kind of an answer that names none: it joins what other sources know of it."""
    natural = {"team": Layer.OPERATIONAL, "capability": Layer.BUSINESS}
    return _UNSPECIFIC[layer or natural.get(target, Layer.TECHNICAL)]


def strength_word(word: str | None) -> Strength:
    """Return the strength a person stated; undetermined where nobody has answered."""
    return Strength.UNDETERMINED if word in {None, "", UNANSWERED} else Strength(word)


def impact_word(word: str | None) -> Impact | None:
    """Return the impact a person stated; None where nobody has answered."""
    return None if word in {None, "", UNANSWERED} else Impact(word)


def strength_of(impact: Impact | None) -> Strength:
    """Return the strength that follows from an impact."""
    return Strength.UNDETERMINED if impact is None else _STRENGTH_OF[impact]


def always_is_empty(when: str) -> str:
    """Return when a dependency is needed, as evidence says it: always is the rule."""
    return "" if when in {"always", UNANSWERED} else when


def _text(value: str) -> str:
    return "" if value == UNANSWERED else value


def _reason(answer: Answer) -> str:
    parts = [_text(answer.note).rstrip(". ")]
    if users_see := _text(answer.if_down.users_see):
        parts.append(f'users see "{users_see}"')
    fallback = _text(answer.fallback.note) or _text(answer.fallback.kind)
    if fallback and fallback != "none":
        parts.append(f"fall-back: {fallback}")
    if answer.tested not in {"", "never", UNANSWERED}:
        parts.append(f"tried out on {answer.tested}")
    return "; ".join(part for part in parts if part)
