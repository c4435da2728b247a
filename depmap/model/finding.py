"""Findings: what a reviewer must decide."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How urgently a finding wants a decision."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a reviewer must decide.

    Attributes:
        rule: the rule that found it, as a short word ("conflict", "cycle", "unused").
        subjects: the nodes it is about, in a fixed order; they make the fingerprint.
        message: what was found, as a sentence.
        severity: how urgent.
        details: the sides of it, one sentence each (who said what, with counts).
        locators: where a person can look.
    """

    rule: str
    subjects: tuple[str, ...]
    message: str
    severity: Severity = Severity.MEDIUM
    details: tuple[str, ...] = ()
    locators: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """``DM-<rule>-<8 hex>``: the same between quarters as long as rule and subjects are."""
        text = "\x1f".join((self.rule, *self.subjects)).encode(errors="surrogatepass")
        return f"DM-{self.rule}-{hashlib.sha256(text).hexdigest()[:8]}"
