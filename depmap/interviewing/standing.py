"""How far the interviews have come: answered, unanswered, ageing and expired, by team."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from depmap.interviewing.claims import moment
from depmap.interviewing.forms import Interview
from depmap.interviewing.questions import Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from depmap.interviewing.folder import Filed
    from depmap.interviewing.forms import Answer
    from depmap.model.evidence import Node
    from depmap.model.words import Kind

AGEING = timedelta(days=180)
"""Older answers should be confirmed: people's evidence then counts half."""
EXPIRED = timedelta(days=365)
"""Older answers count as not given: confirm them, or ask anew."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the interviews of one team have come.

    Attributes:
        team: the owner; empty: services that nobody owns.
        services: how many of its services have an interview.
        answered: answers that say how much is lost, not expired.
        ageing: those of them that are older than ``AGEING``.
        expired: answers older than ``EXPIRED``.
        unanswered: dependencies that are asked, and nobody has said how much is lost.
        unsure: doubts that were written down.
        not_asked: its services without an interview.
    """

    team: str
    services: int
    answered: int
    ageing: int
    expired: int
    unanswered: int
    unsure: int
    not_asked: tuple[str, ...]


def standings(
    filed: Sequence[Filed],
    nodes: Iterable[Node],
    tables: Mapping[str, Sequence[Question]],
    as_of: datetime,
) -> tuple[Standing, ...]:
    """Return the standing of each team, by name.

    Args:
        filed: the interviews.
        nodes: every node that is known; services among them without an interview are not asked.
        tables: by service, the questions about it that were answered in tables.
        as_of: the moment that ages are relative to.
    """
    groups: dict[str, _Group] = defaultdict(lambda: _Group([], [], []))
    known = list(nodes)
    owners = {name.casefold(): node.owner for node in known for name in (node.name, *node.aliases)}
    for item in filed:
        team = owners.get(item.form.service.casefold()) or item.form.owner
        groups[team].forms.append(item.form)
    asked = {item.form.service.casefold() for item in filed}
    for node in known:
        names = {name.casefold() for name in (node.name, *node.aliases)}
        if node.name in tables:
            groups[node.owner].tables.extend(tables[node.name])
        elif node.kind.is_service and not asked & names:
            groups[node.owner].missing.append(node.name)
    ordered = sorted(groups.items(), key=lambda pair: (not pair[0], pair[0]))
    return tuple(_standing(team, group, as_of) for team, group in ordered)


@dataclass(frozen=True, slots=True)
class _Group:
    """What there is of one team."""

    forms: list[Interview]
    tables: list[Question]
    missing: list[str]


def _standing(team: str, group: _Group, as_of: datetime) -> Standing:
    told = {_key(item.consumer, item.provider, item.kind) for item in group.tables}
    given = [
        (answer.answered, last_said(form, answer))
        for form in group.forms
        for answer in (*form.depends_on, *form.used_by)
        if answer.answered or _key(form.service, answer.named, answer.kind) not in told
    ]
    given += [(True, item.answered) for item in group.tables if item.answered]
    ages = [as_of - said for answered, said in given if answered]
    services = {form.service for form in group.forms} | {item.consumer for item in group.tables}
    return Standing(
        team=team,
        services=len(services),
        answered=sum(age <= EXPIRED for age in ages),
        ageing=sum(AGEING < age <= EXPIRED for age in ages),
        expired=sum(age > EXPIRED for age in ages),
        unanswered=sum(not answered for answered, _ in given),
        unsure=sum(len(form.unsure) for form in group.forms),
        not_asked=tuple(sorted(group.missing)),
    )


def _key(consumer: str, provider: str, kind: Kind | None) -> tuple[str, str, str]:
    return consumer.casefold(), provider.casefold(), kind or ""


def last_said(form: Interview, answer: Answer | None = None) -> datetime:
    """Return when an answer was given or last confirmed."""
    talk = form.interview
    days = [talk.date, talk.confirmed, answer.confirmed if answer else None]
    return moment(max(day for day in days if day is not None))
