"""What is left open in a paper that has the right form, and what is probably not meant so."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from depmap.errors import did_you_mean
from depmap.interviewing.claims import moment
from depmap.interviewing.forms import Answer, Denial
from depmap.interviewing.mistakes import Path, Problem, Weight
from depmap.interviewing.parts import UNANSWERED, WHEN
from depmap.model.words import Impact, Strength

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from depmap.interviewing.reading import Paper

_DIFFER = {
    (Strength.STRONG, Impact.NONE),
    (Strength.OPTIONAL, Impact.OUTAGE),
}
"""A strength and an impact that cannot both be meant."""


def open_questions(paper: Paper) -> Iterator[Problem]:
    """Yield what nobody has answered yet in an interview: each ``?``, and each doubt."""
    if paper.kind != "interview":
        return
    service = paper.form.service
    for section in ("depends_on", "used_by"):
        for path, answer in paper.entries(section):
            pair = (service, answer.named) if section == "depends_on" else (answer.named, service)
            way = f" ({answer.kind})" if answer.kind else ""
            yield from _unanswered(paper, path, answer, " depends on ".join(pair) + way)
    for i, doubt in enumerate(paper.form.unsure):
        what, why = f"{service}: {doubt}", "the person asked was unsure"
        yield _problem(paper, ("unsure", i), what, why, Weight.OPEN)


def _unanswered(paper: Paper, path: Path, answer: Answer, pair: str) -> Iterator[Problem]:
    asked = (
        ("strength", answer.strength, "how strongly", "strong, weak or optional"),
        ("impact", answer.if_down.impact, "with what impact", "outage, degraded, delayed or none"),
        ("users_see", answer.if_down.users_see, "what users see", "what they see when it is down"),
    )
    missing = [item for item in asked if item[1] == UNANSWERED]
    if not answer.claimed:
        why = "nobody has answered yet: replace each ?, or move it to not_dependencies"
        at = (*path, "strength")
        yield _problem(paper, at, f"{pair}: is it so, and how strongly", why, Weight.OPEN)
        return
    for key, _, question, instead in missing:
        at = (*path, key) if key == "strength" else (*path, "if_down", key)
        why = f"nobody has answered yet: replace the ? by {instead}"
        yield _problem(paper, at, f"{pair}: {question}", why, Weight.OPEN)


def doubtful(
    paper: Paper, known: Collection[str] = (), today: datetime | None = None
) -> Iterator[Problem]:
    """Yield what is probably not meant so.

    Args:
        paper: the paper.
        known: every name of every node that other sources know; empty: nothing is known yet.
        today: the moment after which nothing can have been said; None: any date will do.
    """
    at = ("interview", "date") if paper.kind == "interview" else ("date",)
    day = paper.form.interview.date if paper.kind == "interview" else paper.form.date
    if today is not None and moment(day) > today:
        why = "what will be said then cannot be written yet; which year is meant?"
        yield _problem(paper, at, f"{day} lies in the future", why, Weight.WARNING)
    names = {name.casefold(): name for name in known}
    for path, subject in _names(paper):
        if names and subject.casefold() not in names:
            near = did_you_mean(subject.casefold(), names)
            why = near or "no other source knows it; if it is real, leave it as it is"
            yield _problem(paper, path, f'"{subject}" is not known', why, Weight.WARNING)
    if paper.kind in {"interview", "audit"}:
        yield from _contradictions(paper)


def _names(paper: Paper) -> Iterator[tuple[Path, str]]:
    form = paper.form
    if paper.kind in {"interview", "audit"}:
        yield ("service",), form.service
    if paper.kind == "experiment":
        yield ("broken",), form.broken
    for section in paper.kept:
        for path, item in paper.entries(section):
            if isinstance(item, Answer | Denial):
                if item.target in {"service", "resource"}:
                    yield (*path, item.target), item.named
                continue
            yield (*path, "service"), item.service
            if paper.kind == "incident":
                yield (*path, "depends_on"), item.depends_on


def _contradictions(paper: Paper) -> Iterator[Problem]:
    denied = {item.named.casefold() for item in getattr(paper.form, "not_dependencies", ())}
    times = Counter(_same(item) for item in paper.form.depends_on)
    for path, answer in paper.entries("depends_on"):
        name = answer.named
        if name.casefold() == paper.form.service.casefold():
            yield _warning(paper, (*path, answer.target), f"{name} depends on itself", "")
        if name.casefold() in denied:
            why = "not_dependencies says that it does not: keep one of the two"
            yield _warning(paper, path, f"it depends on {name}", why)
        if times[_same(answer)] > 1:
            yield _warning(paper, path, f"{name} stands here {times[_same(answer)]} times", "")
        if (answer.strength, answer.if_down.impact) in _DIFFER:
            what = f"{answer.strength}, and the impact is {answer.if_down.impact}"
            yield _warning(paper, path, f"{name}: {what}", "which of the two is meant?")
        near = "" if answer.when in WHEN else did_you_mean(answer.when, WHEN)
        if near:
            yield _warning(paper, (*path, "when"), f'{name}: when "{answer.when}"', near)


def _same(answer: Answer) -> tuple[object, ...]:
    return (answer.named.casefold(), answer.layer, answer.kind)


def _warning(paper: Paper, path: Path, what: str, why: str) -> Problem:
    return _problem(paper, path, what, why, Weight.WARNING)


def _problem(paper: Paper, path: Path, what: str, why: str, weight: Weight) -> Problem:
    return Problem(paper.name, *paper.document.where(path), what, why, weight)
