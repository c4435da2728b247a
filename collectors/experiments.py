"""Experiments: what failed when something was taken away on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from depmap.collecting.port import Collector, Item, Window, option
from depmap.interviewing.claims import SURE, impact_word, moment, strength_of, unspecific
from depmap.interviewing.files import collected
from depmap.interviewing.parts import UNANSWERED, said_by
from depmap.interviewing.reading import Paper
from depmap.model.evidence import Evidence, Gap
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.interviewing.forms import Experiment, Outcome


@dataclass(frozen=True)
class Experiments(Collector):
    """Failure tests: YAML with ``depmap: experiment/1`` at their head."""

    name: ClassVar[str] = "experiments"
    source: ClassVar[Source] = Source.EXPERIMENTS

    paths: tuple[Path, ...] = option("files or folders with experiment files")

    def collect(self, window: Window) -> Iterator[Item]:  # noqa: ARG002 - people are not windowed
        """Yield one claim for each service that was watched, file by file."""
        for item in collected(self.paths, "experiment"):
            if isinstance(item, Paper):
                yield from _found(item)
            else:
                yield item


def _found(paper: Paper) -> Iterator[Item]:
    form: Experiment = paper.form
    for path, outcome in paper.entries("results"):
        place = paper.place(*path)
        if outcome.impact == UNANSWERED:
            what = f"{form.experiment}: what became of {outcome.service} without {form.broken}"
            yield Gap(what, "the result is not written down yet: replace the ?", place)
            continue
        impact = impact_word(outcome.impact)
        yield Evidence(
            consumer=outcome.service,
            provider=form.broken,
            kind=outcome.kind or unspecific(None),
            source=Source.EXPERIMENTS,
            locators=(place,),
            confidence=SURE["high"],
            strength=strength_of(impact),
            reason=_reason(form, outcome),
            impact=impact,
            users_see=outcome.users_see,
            first_seen=moment(form.date),
            last_seen=moment(form.date),
            said_by=said_by(form.by),
        )


def _reason(form: Experiment, outcome: Outcome) -> str:
    states = {"down": "down", "slow": "made slow", "errors": "made to answer with errors"}
    where = f" in {form.environment}" if form.environment else ""
    counted = "" if outcome.of is None else f"{outcome.failed} of {outcome.of} requests failed"
    parts = [
        f"{form.experiment}: {form.broken} {states[form.how]}{where}",
        counted,
        outcome.note.rstrip(". "),
    ]
    return "; ".join(part for part in parts if part)
