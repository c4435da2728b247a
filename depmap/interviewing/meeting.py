"""What to talk about in a meeting: by team and service, what is open and what was said already."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from depmap.interviewing.questions import questions, seen_by
from depmap.interviewing.standing import EXPIRED, last_said
from depmap.interviewing.updating import unasked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from depmap.interviewing.forms import Answer, Interview
    from depmap.interviewing.questions import Question
    from depmap.model.evidence import Node
    from depmap.model.snapshot import Snapshot
    from depmap.model.words import Kind

ABOUT_ALL: Final = (
    "Which teams must be reachable for it to run, to be deployed, to be repaired?",
    "Which jobs at the end of a day, month or quarter take part, and whom do they need?",
    "What does it share with others: a table, a secret, a configuration key, a file, a schedule?",
    "Who would notice first if it were down?",
)
"""What no program sees, asked about each service."""


@dataclass(frozen=True, slots=True)
class Point:
    """One dependency that is open.

    Attributes:
        provider: what is depended on.
        how: the kind, where it is no call; else empty.
        seen: what each source shows, a phrase each.
    """

    provider: str
    how: str
    seen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """What to talk about of one service.

    Attributes:
        service: its name.
        facts: its tier, capabilities, and when it was last asked about.
        points: what is open.
        said: what was said and still holds, as ``provider strength``.
        doubts: what the person asked was unsure of.
    """

    service: str
    facts: tuple[str, ...]
    points: tuple[Point, ...]
    said: tuple[str, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """The services of one team; the last round is of those that nobody owns, with no team."""

    team: str
    topics: tuple[Topic, ...]


def rounds(
    snapshot: Snapshot, nodes: Sequence[Node], forms: Sequence[Interview]
) -> tuple[Round, ...]:
    """Return what to talk about, by team.

    Args:
        snapshot: what is known.
        nodes: the services to ask about.
        forms: what was said already.
    """
    ordered = sorted(nodes, key=lambda node: (not node.owner, node.owner, node.name))
    return tuple(
        Round(team, tuple(_topic(snapshot, node, forms) for node in owned))
        for team, owned in groupby(ordered, key=lambda node: node.owner)
    )


def _topic(snapshot: Snapshot, node: Node, forms: Sequence[Interview]) -> Topic:
    def name(called: str) -> str:
        found = snapshot.node(called)
        return found.name if found else called

    told = [form for form in forms if name(form.service) == node.name]
    asked = questions(snapshot, node.name)
    facts = [node.criticality, ", ".join(node.capabilities)]
    facts += [f"last asked on {last_said(form):%Y-%m-%d}" for form in told[:1]]
    return Topic(
        service=node.name,
        facts=tuple(filter(None, facts)),
        points=tuple(_points(snapshot, told, asked, name)),
        said=tuple(_said(snapshot, told)),
        doubts=tuple(doubt for form in told for doubt in form.unsure),
    )


def _points(
    snapshot: Snapshot,
    told: Sequence[Interview],
    asked: Sequence[Question],
    name: Callable[[str], str],
) -> Iterator[Point]:
    new = [item for item in asked if item.answered is None]
    for form in told:
        new = list(unasked(form, new, name))
    for item in new:
        leaning = (f"so far {item.leaning}",) if item.leaning else ()
        yield Point(item.provider, _how(item.kind), (*item.seen, *leaning))
    for form in told:
        for answer in form.depends_on:
            if not _holds(snapshot, form, answer):
                seen = seen_by(asked, name(answer.named), answer.kind)
                yield Point(answer.named, _how(answer.kind), tuple(seen))


def _how(kind: Kind | None) -> str:
    return kind.value if kind else ""


def _said(snapshot: Snapshot, told: Sequence[Interview]) -> Iterator[str]:
    for form in told:
        for answer in form.depends_on:
            if _holds(snapshot, form, answer):
                yield f"{answer.named} {answer.strength or answer.if_down.impact}"


def _holds(snapshot: Snapshot, form: Interview, answer: Answer) -> bool:
    return answer.answered and snapshot.as_of - last_said(form, answer) <= EXPIRED
