"""The snapshot: all that a review rests on, frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from depmap.model.evidence import Gap, Node, Shared
from depmap.model.finding import Finding
from depmap.model.matrix import Matrix
from depmap.model.plan import Plan
from depmap.model.words import Source

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactOf:
    """What fails when one node is down.

    Attributes:
        node: the node that is down.
        basis: "traces" (replay of healthy call trees), or "structure" (an upper bound from
            strong dependencies alone, where there are no traces).
        operations: share of requests that fail, 0-1, by business operation, as
            (operation, expected, best case, worst case, requests); largest first.
        fails: services whose own work stops, by strong dependencies, nearest first.
        degrades: services that lose something but go on.
        undetermined: services of which it is not known.
    """

    node: str
    basis: str
    operations: tuple[tuple[str, float, float, float, int], ...] = ()
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
    """How many confirmed dependencies each combination of sources found, and a floor on the rest.

    Attributes:
        combinations: (sources joined by "+", how many dependencies only that combination found).
        floor: at least so many more are probably missing (Chao's lower bound); None when it
            cannot be estimated.
        why: how the floor was reached or why there is none.
    """

    combinations: tuple[tuple[str, int], ...] = ()
    floor: int | None = None
    why: str = ""


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
        coverage: who found what, and a floor on what nobody found.
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
