"""How much is known and how much is missing: coverage, use, and what to find out next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from depmap.model.words import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCoverage:
    """How many dependencies of some kinds there probably are, as far as that can be estimated.

    Attributes:
        group: the kinds, in words ("calls", "shared secrets").
        found: confirmed dependencies of these kinds.
        between: the two groups of sources whose overlap the range rests on; empty: none.
        both: dependencies that both groups found.
        alone: dependencies that only the first, and only the second found.
        low: there are probably at least so many, if what one group sees the other sees less often
            than chance would have it (association 0.5), lower end of a 95 % interval; None: no
            range can be given.
        high: at most so many, if it sees it up to four times as readily (association 4), upper
            end.
        floor: at least so many are missing (lower end of the 99 % interval of Chao's bound);
            None: cannot be estimated.
        why: why there is no range or no floor; empty: there are both.
    """

    group: str
    found: int
    between: tuple[str, ...] = ()
    both: int = 0
    alone: tuple[int, int] = (0, 0)
    low: int | None = None
    high: int | None = None
    floor: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """How much of what people listed independently was on the map: the measured coverage.

    Attributes:
        basis: "audits" (full lists of services chosen at random) or "incidents".
        found: of these dependencies, how many the map had.
        of: how many were listed.
        low: lower end of Wilson's 95 % interval of found / of, 0-1.
        high: upper end.
        missed: the others, as ``consumer -> provider``.
    """

    basis: str
    found: int
    of: int
    low: float
    high: float
    missed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What more traces of the same traffic would show.

    Attributes:
        unit: what counts as one sample: "hour" or "trace".
        samples: how many there are.
        seen: dependencies that they show.
        once: of these, the ones that a single sample shows.
        twice: the ones that exactly two show.
        next_new: probability (0-1) that one more sample shows a new dependency (Good-Turing).
        doubled: dependencies that twice as many samples would be expected to show.
        low: lower end of a 95 % interval of that.
        high: upper end.
    """

    unit: str
    samples: int
    seen: int
    once: int
    twice: int
    next_new: float
    doubled: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCheck:
    """Whether the map of that day listed a dependency that an incident showed.

    Attributes:
        incident: the incident, in the words of its record.
        at: when it was, UTC.
        consumer: the depending node.
        provider: the node it depends on.
        listed: True or False; None where it cannot be told.
        basis: what that rests on, as a sentence.
        locators: where the record stands.
    """

    incident: str
    at: datetime
    consumer: str
    provider: str
    listed: bool | None
    basis: str
    locators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How much a dependency was used in the snapshot's quarter, for comparing it with another.

    Attributes:
        consumer: the depending node.
        provider: the node it depends on.
        kind: how.
        days: days on which its consumer did any work.
        calls: calls on these days.
        work: the consumer's work on them, in calls; the days themselves where nothing else is
            known of it.
        by_work: whether ``work`` is the consumer's.
        scatter: Pearson's statistic of the daily calls around what each day's work lets one
            expect: the sum of (calls - expected)^2 / expected.
    """

    consumer: str
    provider: str
    kind: Kind
    days: int
    calls: int
    work: int
    by_work: bool
    scatter: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """Something worth finding out next.

    Attributes:
        how: "experiment" (take the provider away and look) or "interview" (ask a person).
        about: why it is asked: "strength", "conflict", "candidate" or "gap".
        consumer: the depending node.
        provider: the node it depends on; empty where a gap names none.
        kind: how it depends on it; None where that is not known.
        whom: who can tell: the owner of the consumer; empty when unknown.
        question: what to find out, as a sentence.
        value: value of information: by how much (share of all requests, 0-1) what is expected to
            fail with the provider would change, sd(delta) * (impact at delta 1 - impact at delta
            0); None where no traces tell.
        because: what is known so far, one sentence each.
    """

    how: str
    about: str
    consumer: str
    provider: str = ""
    kind: Kind | None = None
    whom: str = ""
    question: str
    value: float | None = None
    because: tuple[str, ...] = ()
