"""Findings: what a reviewer must decide; candidates: what a detector infers and nobody said."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from depmap.model.words import Kind


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What a detector infers about a pair; it stays a candidate until somebody else says so too.

    Attributes:
        detector: which detector ("shared-secret", "peak-only", "latency-coupled").
        consumer: the depending node.
        provider: the node it depends on.
        directed: False where either may depend on the other; they stand in order of name then.
        kind: the kind of dependency it is about; None where that is not known.
        message: what was inferred, as a sentence.
        statistic: what it rests on, in words with the numbers in them.
        value: the statistic as a number; None where it is a declaration and no measure.
        units: independent observations that it rests on; 0 for a declaration.
        q_value: expected share of chance (0-1) among the candidates of this detector that are at
            least as striking (Benjamini-Hochberg over everything it tested); None where nothing
            was tested, since it is declared.
        alternative: what else would look the same.
        confirmed: whether a second kind of source, or a person, says so too.
        locators: where a person can look.
    """

    detector: str
    consumer: str
    provider: str
    directed: bool = True
    kind: Kind | None = None
    message: str
    statistic: str
    value: float | None = None
    units: int = 0
    q_value: float | None = None
    alternative: str
    confirmed: bool = False
    locators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Detection:
    """What came of one detector, so that silence can be told from blindness.

    Attributes:
        detector: which one.
        tested: how many pairs or dependencies it could judge.
        found: how many candidates it reports.
        why: why it could judge none, or what it could not judge; empty: it saw all it needs.
    """

    detector: str
    tested: int
    found: int
    why: str = ""
