"""Audits: all that one service depends on, listed by hand; they measure what the rest finds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from depmap.collecting.port import Collector, Item, Window, option
from depmap.interviewing.claims import answer_claim, moment, target_node
from depmap.interviewing.files import collected
from depmap.interviewing.parts import said_by
from depmap.interviewing.reading import Paper
from depmap.model.evidence import Audit, Gap
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.interviewing import forms


@dataclass(frozen=True)
class Audits(Collector):
    """Exhaustive lists: YAML with ``depmap: audit/1`` at their head."""

    name: ClassVar[str] = "audits"
    source: ClassVar[Source] = Source.AUDITS

    paths: tuple[Path, ...] = option("files or folders with audit files")

    def collect(self, window: Window) -> Iterator[Item]:  # noqa: ARG002 - people are not windowed
        """Yield what was audited and each dependency that was listed, file by file."""
        for item in collected(self.paths, "audit"):
            if isinstance(item, Paper):
                yield from _listed(item)
            else:
                yield item


def _listed(paper: Paper) -> Iterator[Item]:
    form: forms.Audit = paper.form
    at, by, place = moment(form.date), said_by(form.by), paper.place("service")
    if paper.whole:
        yield Audit(service=form.service, at=at, chosen=form.chosen, said_by=by, locators=(place,))
    else:
        why = "a list with mistakes is not exhaustive; mend them and collect again"
        yield Gap(f"the audit of {form.service}", why, place)
    for path, answer in paper.entries("depends_on"):
        node = target_node(answer, paper.place(*path))
        if node is not None:
            yield node
        yield answer_claim(
            answer,
            consumer=form.service,
            provider=answer.named,
            source=Source.AUDITS,
            place=paper.place(*path),
            first_seen=at,
            last_seen=at,
            said_by=by,
        )
