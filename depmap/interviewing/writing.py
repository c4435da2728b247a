"""Interview files as depmap writes them: what is known is filled in, and ``?`` where it is not."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from depmap.interviewing.schema import modeline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from depmap.interviewing.questions import Question
    from depmap.model.evidence import Node

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@-]*|\d{4}-\d{2}-\d{2}")
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))
"""Plain texts that some YAML reader takes for something else."""

_HEAD = """\
# What does {name} depend on? Filled in from what depmap had seen by {day}.
# Replace each ? by an answer, or leave it: an open question is counted, never guessed.
depmap: interview/1
service: {service}
interview:
  date: {day}
  interviewer: ""
  answered_by:
    - {{name: "", role: "", team: ""}}
owner: {owner}
criticality: {criticality}
business: {business}

# If it is down for an hour, what do your users see?
#   strength   strong: its work stops | weak: done worse or later | optional: nobody is hindered
#   impact     outage | degraded | delayed | none
#   sure       high | medium | low: that it depends on it at all
#   when       always | peak | business-hours | batch | quarter-end | on-incident | at-start
# Also name what no program can see: a team, a business capability, a job at the quarter's end.
"""

_TAIL = """\

# What looks like a dependency and is none: {service: x, reason: "removed in 2026-09"}
not_dependencies: []

# What nobody in the room knew.
unsure: []
"""


def scalar(text: str) -> str:
    """Return a text as a YAML value on one line, in quotes where it needs them."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def new_interview(node: Node, asked: Sequence[Question], day: datetime) -> str:
    """Return the text of an interview that nobody has given yet.

    Args:
        node: the service it is about.
        asked: its dependencies as far as they are known.
        day: the day it is written.
    """
    head = _HEAD.format(
        name=on_one_line(node.name),
        service=scalar(node.name),
        day=f"{day:%Y-%m-%d}",
        owner=scalar(node.owner),
        criticality=scalar(node.criticality),
        business="[" + ", ".join(map(scalar, node.capabilities)) + "]",
    )
    items = ["".join(f"  {line}\n" for line in entry(item)) for item in asked]
    listed = "depends_on:\n" + "\n".join(items) if items else "depends_on: []\n"
    return modeline("interview") + head + listed + _TAIL


def entry(item: Question) -> list[str]:
    """Return the lines of one item of ``depends_on``, not indented."""
    lines = [f"# {on_one_line(phrase)}" for phrase in item.seen]
    if item.leaning:
        lines.append(f"# so far: {item.leaning}")
    if item.declared_only:
        lines.append("# only declared: if nothing uses it, move it to not_dependencies")
    lines.append(f"- {item.target}: {scalar(item.provider)}")
    if item.kind is not None:
        lines.append(f"  kind: {item.kind.value}")
    lines += ['  strength: "?"', '  sure: "?"', '  if_down: {users_see: "?", impact: "?"}']
    return lines


def on_one_line(text: str) -> str:
    """Return a text that can neither end the line it stands in nor steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
