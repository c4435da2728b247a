"""The snapshot: all that a review rests on, frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from depmap.model.coverage import (
    Growth,
    IncidentCheck,
    Inquiry,
    KindCoverage,
    Recall,
    Usage,
)
from depmap.model.evidence import Gap, Node, Shared
from depmap.model.finding import Candidate, Detection, Finding
from depmap.model.matrix import Matrix
from depmap.model.plan import Plan
from depmap.model.words import Source

SCHEMA_VERSION = 1

PastMap = tuple[datetime, frozenset[tuple[str, str]]]
"""The moment of an earlier snapshot, and its confirmed (consumer, provider) pairs."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Band:
    """Between what the share of failing requests of one business operation lies.

    Attributes:
        operation: the business operation.
        low: lower end of the 90 % band of the expected share, 0-1.
        high: upper end.
        reached: share of the requests in which the node is called; those of them that do not
            fail go on without it.
        waiting: share of the requests that wait for the node's answer.
    """

    operation: str
    low: float
    high: float
    reached: float
    waiting: float


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TimeOut:
    """How long one call waits for an answer that does not come.

    Attributes:
        consumer: who calls.
        provider: whom.
        after_ms: when it gives up, in ms, each time it tries; None: it is not known that it does.
        tries: how often it tries, at least, on average.
        most_tries: how often it tries at most.
        calls: how many of them a visit that makes any makes, on average.
        basis: how that is known, or why not, in words.
    """

    consumer: str
    provider: str
    after_ms: float | None
    tries: float
    most_tries: int
    calls: float
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Wait:
    """How long requests of one business operation wait when a node hangs.

    Attributes:
        operation: the business operation.
        mean_ms: how long those of which that is known wait on average, in ms, where calls that
            one visit makes overlap, or the first that gives up ends it.
        most_ms: how long the one that waits longest does, in ms, where they come one after the
            other, and each as often as it does on average.
        unlimited: share (0-1) of the waiting requests for which no time-out is known.
    """

    operation: str
    mean_ms: float
    most_ms: float
    unlimited: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactOf:
    """What fails when one node is down, and who waits how long when it hangs.

    Attributes:
        node: the node that is down.
        basis: "traces" (replay of healthy call trees), or "structure" (an upper bound from
            strong dependencies alone, where there are no traces).
        operations: share of requests that fail, 0-1, by business operation, as
            (operation, expected, best case, worst case, requests); largest first.
        bands: by operation, in the same order, how sure that is; empty without traces.
        waits: by operation, in the same order, how long requests wait when the node takes calls
            and does not answer; those alone for which some time-out is known.
        time_outs: of the calls of the node that are waited for, known or not, and the known ones
            on the way from there to where requests come in.
        fails: services whose own work stops, by strong dependencies, nearest first.
        degrades: services that lose something but go on.
        undetermined: services of which it is not known.
    """

    node: str
    basis: str
    operations: tuple[tuple[str, float, float, float, int], ...] = ()
    bands: tuple[Band, ...] = ()
    waits: tuple[Wait, ...] = ()
    time_outs: tuple[TimeOut, ...] = ()
    fails: tuple[str, ...] = ()
    degrades: tuple[str, ...] = ()
    undetermined: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSummary:
    """What one configured source brought.

    Attributes:
        name: its name in ``depmap.toml``.
        collector: the collector that read it.
        source: the kind of witness; None when it brought no evidence.
        evidence: rows of evidence.
        gaps: gaps.
        first_seen: first and last time of its evidence; None without dates.
        last_seen: see ``first_seen``.
        failed: why it could not be read; empty when it could.
    """

    name: str
    collector: str
    source: Source | None = None
    evidence: int = 0
    gaps: int = 0
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    failed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Who found what, and how much is probably missing.

    Attributes:
        combinations: (sources joined by "+", how many dependencies only that combination found).
        floor: at least so many more are probably missing, over the kinds for which that can be
            estimated (lower end of the 99 % interval of Chao's bound); None where it can for none.
        why: how the floor was reached or why there is none.
        kinds: the same kind by kind, with a range.
        recalls: coverage as measured by audits and incidents, where there are any.
        growth: what twice as many traces would show; None without traces.
    """

    combinations: tuple[tuple[str, int], ...] = ()
    floor: int | None = None
    why: str = ""
    kinds: tuple[KindCoverage, ...] = ()
    recalls: tuple[Recall, ...] = ()
    growth: Growth | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The matrix, findings, phases and plan of one quarter.

    Attributes:
        project: the project's name.
        quarter: such as ``2026Q4``.
        as_of: the moment all ages are relative to, UTC.
        nodes: every node, by name.
        matrix: the dependency matrix.
        shared: resources that services are coupled through.
        plan: phases, waves, gates, rollback.
        impacts: what fails with each node, by node.
        findings: what reviewers must decide, most urgent first.
        gaps: what could not be seen.
        sources: what each source brought.
        coverage: who found what, and how much nobody found.
        candidates: what detectors infer about pairs.
        detections: what each detector could judge.
        incidents: whether the map had what incidents showed.
        inquiries: what to find out next, most valuable first.
        usage: how much each dependency was used in the quarter, where traces tell.
    """

    project: str
    quarter: str
    as_of: datetime
    nodes: tuple[Node, ...]
    matrix: Matrix
    shared: tuple[Shared, ...] = ()
    plan: Plan
    impacts: tuple[ImpactOf, ...] = ()
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    sources: tuple[SourceSummary, ...] = ()
    coverage: Coverage
    candidates: tuple[Candidate, ...] = ()
    detections: tuple[Detection, ...] = ()
    incidents: tuple[IncidentCheck, ...] = ()
    inquiries: tuple[Inquiry, ...] = ()
    usage: tuple[Usage, ...] = ()
    schema_version: int = SCHEMA_VERSION

    def node(self, name: str) -> Node | None:
        """Return the node of that name or alias, ignoring case, or None."""
        wanted = name.casefold()
        for item in self.nodes:
            if item.name.casefold() == wanted:
                return item
        for item in self.nodes:
            if wanted in (alias.casefold() for alias in item.aliases):
                return item
        return None
