"""What could not be seen in traces, counted by reason, and told as gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from depmap.model.evidence import Gap


@dataclass(frozen=True, slots=True, order=True)
class Missing:
    """Something that could not be seen, counted.

    Attributes:
        reason: a key of ``REASONS``.
        subjects: the service or pair it is about; may be empty.
        count: how often.
        example: a trace in which it can be seen, the smallest id; empty when there is none.
    """

    reason: str
    subjects: tuple[str, ...]
    count: int
    example: str = ""


REASONS: Final = {
    "orphan": (
        "the parents of {count} spans of {subject}",
        "these spans were lost, sampled away or not read; what hangs on them is guessed",
    ),
    "second-root": (
        "the callers of {count} spans of {subject}",
        "their trace has a root already and they name no parent; a call from it is guessed",
    ),
    "circle": (
        "the parents of {count} spans of {subject}",
        "their parents lead back to themselves; they were taken as having none",
    ),
    "no-service": (
        "the service of {count} spans",
        "they have no service name; the instrumentation's resource or endpoint is not set",
    ),
    "unnamed": (
        "the provider of {count} calls of {subject}",
        "nobody answered these client spans, and they do not say whom they called",
    ),
    "guess": (
        "{count} guessed calls {subject}",
        "the pair has observed calls; what is guessed over lost spans is not counted with them",
    ),
    "loose": (
        "the other end of {count} span links of {subject}",
        "the spans they lead to are not here, or send no message",
    ),
    "operations": (
        "the operations of {count} calls of {subject}",
        "it has more than are kept; these calls are counted under one operation",
    ),
    "flows": (
        "{count} healthy traces of {subject}",
        "their call trees are too large or of too many shapes; impact is worked out without them",
    ),
}
"""What is missing and why, by reason."""


def gap_of(item: Missing) -> Gap:
    """Return a count of what is missing as a gap."""
    what, why = REASONS[item.reason]
    locator = f"trace:{item.example}" if item.example else ""
    subject = " -> ".join(item.subjects)
    return Gap(what.format(count=item.count, subject=subject), why, locator)
