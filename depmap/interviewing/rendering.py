"""Questions for a meeting, as Markdown: what is open first, what was said already in one line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#])")

_HEAD = """\
# Questions about dependencies

{project}, as far as it was known on {day}. For each of them:
**if it is down for an hour, what do your users see?**

- strong: the service's work stops. weak: it is done worse or later. optional: nobody is hindered.
- Is it needed always, or only at peak, in a batch, at the quarter's end, on an incident, at start?
"""

_LAST = """
What no program sees:

- [ ] Which teams must be reachable for it to run, to be deployed, to be repaired?
- [ ] Which jobs at the end of a day, month or quarter take part, and whom do they need?
- [ ] What does it share with others: a table, a secret, a configuration key, a file, a schedule?
- [ ] Who would notice first if it were down?
"""


def render_questions(snapshot: Snapshot, nodes: Sequence[Node], forms: Sequence[Interview]) -> str:
    """Return the questions about services.

    Args:
        snapshot: what is known.
        nodes: the services to ask about.
        forms: what was said already.
    """
    head = _HEAD.format(project=_text(snapshot.project), day=f"{snapshot.as_of:%Y-%m-%d}")
    parts = [
        line
        for node in sorted(nodes, key=lambda node: (node.owner, node.name))
        for line in _about(snapshot, node, forms)
    ]
    return head + "".join(f"{line}\n" for line in parts)


def _about(snapshot: Snapshot, node: Node, forms: Sequence[Interview]) -> Iterator[str]:
    def name(called: str) -> str:
        found = snapshot.node(called)
        return found.name if found else called

    told = [form for form in forms if name(form.service) == node.name]
    asked = questions(snapshot, node.name)
    facts = [node.owner or "nobody owns it", node.criticality, ", ".join(node.capabilities)]
    facts += [f"last asked on {last_said(form):%Y-%m-%d}" for form in told[:1]]
    yield f"\n## {_text(node.name)}\n"
    yield _text(" · ".join(fact for fact in facts if fact)) + "\n"
    yield from _open(snapshot, told, asked, name)
    yield from _said(snapshot, told)
    doubts = [doubt for form in told for doubt in form.unsure]
    yield from (f"- [ ] Open since the last talk: {_text(doubt)}" for doubt in doubts)
    yield _LAST.rstrip("\n")


def _open(
    snapshot: Snapshot,
    told: Sequence[Interview],
    asked: Sequence[Question],
    name: Callable[[str], str],
) -> Iterator[str]:
    new = [item for item in asked if item.answered is None]
    for form in told:
        new = list(unasked(form, new, name))
    for item in new:
        leaning = (f"so far {item.leaning}",) if item.leaning else ()
        yield from _question(item.provider, item.kind, (*item.seen, *leaning))
    for form in told:
        for answer in form.depends_on:
            if not _holds(snapshot, form, answer):
                seen = seen_by(asked, name(answer.named), answer.kind)
                yield from _question(answer.named, answer.kind, seen)


def _question(provider: str, kind: Kind | None, seen: Sequence[str]) -> Iterator[str]:
    way = f" ({kind.value})" if kind else ""
    yield f"- **{_text(provider + way)}** {_text('; '.join(seen))}".rstrip()
    yield "  - users see: ______"
    yield "  - [ ] strong  [ ] weak  [ ] optional  [ ] not needed at all"
    yield "  - needed: ______"


def _said(snapshot: Snapshot, told: Sequence[Interview]) -> Iterator[str]:
    said = [
        f"{_text(answer.named)} {answer.strength or answer.if_down.impact}"
        for form in told
        for answer in form.depends_on
        if _holds(snapshot, form, answer)
    ]
    if said:
        yield f"- [ ] Still true? {', '.join(said)}"


def _holds(snapshot: Snapshot, form: Interview, answer: Answer) -> bool:
    return answer.answered and snapshot.as_of - last_said(form, answer) <= EXPIRED


def _text(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", "".join(char if char.isprintable() else " " for char in text))
