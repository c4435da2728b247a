"""The assessment: what merged evidence means to those who run the system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.assessing.couplings import (
    hub_findings,
    hub_limit,
    hubs,
    shared_findings,
)
from depmap.assessing.coverage import coverage
from depmap.assessing.detecting import detect, findings_of
from depmap.assessing.exchanges import conflicts_apart, exchanges
from depmap.assessing.growth import growth
from depmap.assessing.hidden import cycles, hidden
from depmap.assessing.impact import grounds, impacts_on
from depmap.assessing.impact_limits import ceilings, inversions
from depmap.assessing.inquiries import inquiries
from depmap.assessing.mixed import strong_in_operation
from depmap.assessing.recalls import incident_checks, recalls
from depmap.assessing.usage import usage
from depmap.model.coverage import IncidentCheck, Inquiry, Usage
from depmap.model.finding import Candidate, Detection, Finding
from depmap.model.snapshot import Coverage, ImpactOf, PastMap
from depmap.tracing.activity import activity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Audit, Boot, Flow, Gap, Node, Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the dependencies mean.

    Attributes:
        impacts: what fails with each node.
        findings: hidden and unconfirmed dependencies, and cycles.
        coverage: who found what.
        candidates: what detectors infer about pairs.
        detections: what each detector could judge.
        incidents: whether the map had what incidents showed.
        inquiries: what to find out next.
        usage: how much each dependency was used.
    """

    impacts: tuple[ImpactOf, ...]
    findings: tuple[Finding, ...]
    coverage: Coverage
    candidates: tuple[Candidate, ...] = ()
    detections: tuple[Detection, ...] = ()
    incidents: tuple[IncidentCheck, ...] = ()
    inquiries: tuple[Inquiry, ...] = ()
    usage: tuple[Usage, ...] = ()


def assess(
    nodes: Sequence[Node],
    dependencies: Sequence[Dependency],
    flows: Sequence[Flow],
    *,
    shared: Sequence[Shared] = (),
    audits: Sequence[Audit] = (),
    maps: Collection[PastMap] = (),
    conflicts: Sequence[Finding] = (),
    gaps: Sequence[Gap] = (),
    quarter: tuple[datetime, datetime] | None = None,
    boots: Sequence[Boot] = (),
    endless: Collection[tuple[str, str]] = (),
) -> Assessment:
    """Assess merged dependencies; see ``Assessment``.

    Args:
        nodes: every node.
        dependencies: every dependency.
        flows: call-tree shapes of healthy traces.
        shared: resources that services are coupled through.
        audits: which services were looked into from end to end.
        maps: the pairs of the snapshots that are kept, to look up what was known when.
        conflicts: what sources disagree on.
        gaps: what could not be seen.
        quarter: from when to when use is added up, to be compared with other quarters.
        boots: starts of instances, with the names of the nodes.
        endless: pairs of nodes whose code sets no time-out.
    """
    when = activity(dependencies)
    candidates, detections = detect(nodes, dependencies, shared, flows, when, boots=boots)
    incidents = incident_checks(dependencies, maps)
    found = grounds(dependencies, flows, endless)
    return Assessment(
        impacts=impacts_on(found, nodes, dependencies),
        findings=tuple(_findings(nodes, dependencies, shared, candidates)),
        coverage=coverage(
            dependencies,
            measured=recalls(dependencies, audits, incidents),
            more=growth(when, flows),
        ),
        candidates=candidates,
        detections=detections,
        incidents=incidents,
        inquiries=inquiries(
            nodes,
            dependencies,
            found,
            candidates=candidates,
            conflicts=conflicts,
            gaps=gaps,
        ),
        usage=usage(when, *quarter) if quarter else (),
    )


def _findings(
    nodes: Sequence[Node],
    dependencies: Sequence[Dependency],
    shared: Sequence[Shared],
    candidates: Sequence[Candidate],
) -> Iterator[Finding]:
    """Yield what a reviewer has to decide; what more services than the limit share is a hub."""
    platform = hubs(shared, limit := hub_limit(nodes))
    yield from cycles(dependencies)
    yield from inversions(nodes, dependencies)
    yield from ceilings(nodes, dependencies)
    yield from strong_in_operation(dependencies)
    yield from hidden(dependencies, platform)
    yield from hub_findings(platform)
    yield from shared_findings(shared, candidates, limit)
    yield from conflicts_apart(shared, exchanges(dependencies, limit))
    yield from findings_of(candidates)
