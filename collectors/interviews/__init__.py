"""Interviews: what the people who run a service say about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from depmap.collecting.port import Collector, Item, Window, option
from depmap.interviewing.claims import SURE, answer_claim, moment, target_node, unspecific
from depmap.interviewing.files import collected
from depmap.interviewing.parts import said_by
from depmap.interviewing.reading import Paper
from depmap.interviewing.standing import last_said
from depmap.model.evidence import Evidence, Node
from depmap.model.words import Source, Stance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.interviewing.forms import Answer, Interview


@dataclass(frozen=True)
class Interviews(Collector):
    """Interview files: YAML with ``depmap: interview/1`` at their head."""

    name: ClassVar[str] = "interviews"
    source: ClassVar[Source] = Source.PEOPLE

    paths: tuple[Path, ...] = option("files or folders with interview files")

    def collect(self, window: Window) -> Iterator[Item]:  # noqa: ARG002 - people are not windowed
        """Yield nodes, claims and gaps, file by file."""
        for item in collected(self.paths, "interview"):
            if isinstance(item, Paper):
                yield from _said(item)
            else:
                yield item


def _said(paper: Paper) -> Iterator[Item]:
    form: Interview = paper.form
    yield Node(
        name=form.service,
        owner=form.owner,
        capabilities=form.business,
        criticality=form.criticality,
        locators=(paper.place("service"),),
    )
    for path, answer in (*paper.entries("depends_on"), *paper.entries("used_by")):
        if not answer.claimed:
            continue
        place = paper.place(*path)
        node = target_node(answer, place)
        if node is not None:
            yield node
        inbound = path[0] == "used_by"
        consumer, provider = form.service, answer.named
        yield answer_claim(
            answer,
            consumer=provider if inbound else consumer,
            provider=consumer if inbound else provider,
            source=Source.PEOPLE,
            place=place,
            **_when(form, answer),
        )
    for path, denial in paper.entries("not_dependencies"):
        yield Evidence(
            consumer=form.service,
            provider=denial.named,
            kind=unspecific(None, denial.target),
            source=Source.PEOPLE,
            locators=(paper.place(*path),),
            stance=Stance.DENIES,
            confidence=SURE["medium"],
            reason=denial.reason,
            **_when(form),
        )


def _when(form: Interview, answer: Answer | None = None) -> dict[str, Any]:
    """Return when it was said, last confirmed, and by whom."""
    talk = form.interview
    people = said_by(talk.answered_by)
    by = (answer.confirmed_by if answer else "") or talk.confirmed_by
    return {
        "first_seen": moment(talk.date),
        "last_seen": last_said(form, answer),
        "said_by": f"{people}; confirmed by {by}".removeprefix("; ") if by else people,
    }
