"""Incidents: the dependencies that post-mortems name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from depmap.collecting.port import Collector, Item, Window, option
from depmap.interviewing.claims import (
    SURE,
    always_is_empty,
    impact_word,
    moment,
    strength_of,
    unspecific,
)
from depmap.interviewing.files import collected
from depmap.interviewing.parts import said_by
from depmap.interviewing.reading import Paper
from depmap.model.evidence import Evidence
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.interviewing.forms import Incident


@dataclass(frozen=True)
class Incidents(Collector):
    """Post-mortems: YAML with ``depmap: incident/1`` at their head."""

    name: ClassVar[str] = "incidents"
    source: ClassVar[Source] = Source.INCIDENTS

    paths: tuple[Path, ...] = option("files or folders with incident files")

    def collect(self, window: Window) -> Iterator[Item]:  # noqa: ARG002 - people are not windowed
        """Yield one claim for each dependency that an incident showed, file by file."""
        for item in collected(self.paths, "incident"):
            if isinstance(item, Paper):
                yield from _shown(item)
            else:
                yield item


def _shown(paper: Paper) -> Iterator[Item]:
    form: Incident = paper.form
    head = f"{form.incident}: {form.title}" if form.title else form.incident
    for path, named in paper.entries("dependencies"):
        impact = impact_word(named.impact)
        yield Evidence(
            consumer=named.service,
            provider=named.depends_on,
            kind=named.kind or unspecific(named.layer),
            source=Source.INCIDENTS,
            locators=tuple(place for place in (paper.place(*path), form.link) if place),
            layer=named.layer,
            confidence=SURE["high"],
            strength=strength_of(impact),
            reason="; ".join(part for part in (head, named.note.rstrip(". ")) if part),
            impact=impact,
            users_see=named.users_see,
            when=always_is_empty(named.when),
            first_seen=moment(form.date),
            last_seen=moment(form.date),
            said_by=said_by(form.by),
        )
