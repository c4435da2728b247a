"""Questions for a meeting, as Markdown and as a page to print: what is open first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from depmap.interviewing.meeting import ABOUT_ALL, rounds
from depmap.reporting.assets import asset, environment, policy_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depmap.interviewing.forms import Interview
    from depmap.interviewing.meeting import Point, Round, Topic
    from depmap.model.evidence import Node
    from depmap.model.snapshot import Snapshot

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#])")

_HEAD = """\
# Questions about dependencies

{project}, as far as it was known on {day}. For each of them:
**if it is down for an hour, what do your users see?**

- strong: the service's work stops. weak: it is done worse or later. optional: nobody is hindered.
- Is it needed always, or only at peak, in a batch, at the quarter's end, on an incident, at start?
"""


def render_questions(snapshot: Snapshot, nodes: Sequence[Node], forms: Sequence[Interview]) -> str:
    """Return the questions about services as Markdown, by team.

    Args:
        snapshot: what is known.
        nodes: the services to ask about.
        forms: what was said already.
    """
    head = _HEAD.format(project=_text(snapshot.project), day=f"{snapshot.as_of:%Y-%m-%d}")
    lines = (line for part in rounds(snapshot, nodes, forms) for line in _round(part))
    return head + "".join(f"{line}\n" for line in lines)


def render_page(snapshot: Snapshot, nodes: Sequence[Node], forms: Sequence[Interview]) -> str:
    """Return the same questions as one HTML page to print, without a script, a team a sheet."""
    css = asset("questions.css")
    template = environment().get_template("questions.html.j2")
    page = template.render(
        snapshot=snapshot,
        rounds=rounds(snapshot, nodes, forms),
        about_all=ABOUT_ALL,
        css=css,
        style_source=policy_source(css),
    )
    return f"{page}\n"


def _round(part: Round) -> Iterator[str]:
    yield f"\n## {_text(part.team or 'Nobody owns these')}"
    for topic in part.topics:
        yield from _topic(topic)
    whose = "" if len(part.topics) == 1 else ", of each of these"
    yield f"\n### What no program sees{whose}\n"
    yield from (f"- [ ] {question}" for question in ABOUT_ALL)


def _topic(topic: Topic) -> Iterator[str]:
    yield f"\n### {_text(topic.service)}\n"
    if topic.facts:
        yield _text(" · ".join(topic.facts)) + "\n"
    for point in topic.points:
        yield from _point(point)
    if topic.said:
        yield f"- [ ] Still true? {_text(', '.join(topic.said))}"
    yield from (f"- [ ] Open since the last talk: {_text(doubt)}" for doubt in topic.doubts)
    if not (topic.points or topic.said or topic.doubts):
        yield "No source shows what it depends on."


def _point(point: Point) -> Iterator[str]:
    way = f" ({point.how})" if point.how else ""
    yield f"- **{_text(point.provider + way)}** {_text('; '.join(point.seen))}".rstrip()
    yield "  - users see: ______"
    yield "  - [ ] strong  [ ] weak  [ ] optional  [ ] not needed at all"
    yield "  - needed: ______"


def _text(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", "".join(char if char.isprintable() else " " for char in text))
