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
        "the parent of a span of {subject}",
        "it was lost, sampled away or not read; what hangs on it is guessed",
    ),
    "second-root": (
        "the caller of a span of {subject}",
        "its trace has a root already and it names no parent; a call from that root is guessed",
    ),
    "circle": (
        "the parent of a span of {subject}",
        "its parents lead back to itself; it was taken as having none",
    ),
    "no-service": (
        "the service of a span",
        "it has no service name; the instrumentation's resource or endpoint is not set",
    ),
    "unnamed": (
        "the provider of a call of {subject}",
        "nobody answered the client's span, and it does not say whom it called",
    ),
    "guess": (
        "a guessed call {subject}",
        "the pair has observed calls; what is guessed over lost spans is not counted with them",
    ),
    "loose": (
        "the other end of a span link of {subject}",
        "the span it leads to is not here, or sends no message",
    ),
    "operations": (
        "the operation of a call of {subject}",
        "the service has more than are kept; the call is counted under one operation for the rest",
    ),
    "flows": (
        "a healthy trace of {subject}",
        "its call tree is too large, or of too many shapes; impact is worked out without it",
    ),
}
"""What is missing and why, by reason."""


def gap_of(item: Missing) -> Gap:
    """Return a count of what is missing as a gap."""
    what, why = REASONS[item.reason]
    locator = f"trace:{item.example}" if item.example else ""
    subject = " -> ".join(item.subjects)
    return Gap(what.format(subject=subject), why, locator, count=item.count)
