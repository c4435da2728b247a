"""The straight line: collect, join, merge, assess, plan. Only this module knows the order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from opentelemetry import trace

from depmap.assessing.assess import assess
from depmap.assessing.impact import grounds, impact_of
from depmap.collecting.port import Window
from depmap.collecting.progress import Progress
from depmap.collecting.recording import WHOLE
from depmap.collecting.repository import Repository, source_of
from depmap.collecting.running import Collected, Run
from depmap.collecting.sampling import Sample
from depmap.collecting.searched import SearchedCollector
from depmap.history.maps import past_maps
from depmap.ledger.ledger import Ledger, Stored
from depmap.merging.merge import Merged, merge
from depmap.model.evidence import Audit, Boot, Evidence, Flow, Gap, Node, Shared
from depmap.model.facts import Fact
from depmap.model.finding import Finding, Severity
from depmap.model.matrix import Matrix
from depmap.model.quarters import first_of, quarter_of
from depmap.model.snapshot import ImpactOf, Snapshot, SourceSummary
from depmap.model.words import Source
from depmap.planning.plan import make_plan
from depmap.scanning.join import join

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from depmap.config import Project
    from depmap.ledger.records import Record
    from depmap.model.dependency import Dependency
    from depmap.model.plan import Plan
    from depmap.scanning.scan import Scan

__all__ = ["WHOLE", "Collected", "build", "collect"]

_Kind = TypeVar("_Kind")

LATELY = timedelta(weeks=4)

_TRACER = trace.get_tracer("depmap")


def collect(
    project: Project,
    *,
    only: Sequence[str] = (),
    window: Window | None = None,
    budget: timedelta | None = None,
    progress: Progress | None = None,
) -> tuple[Collected, ...]:
    """Pull the project's sources into its ledger.

    What comes hour by hour is written hour by hour: an hour that is complete is on disk before the
    next is asked for.

    Args:
        project: what to collect.
        only: names of sources; empty for all.
        window: the stretch of time to ask for, where a source can be asked; None: each goes on
            where it stopped. It is widened to whole UTC hours, since an hour is replaced whole.
        budget: how long all servers of traces may take together: each is sampled, of the window
            or the last four weeks; None: they are read whole.
        progress: told how it gets on.
    """
    ledger, told = Ledger(project.ledger), progress or Progress()
    found: list[Collected] = []
    sources = [source for source in project.sources if not only or source.name in only]
    searched = sum(isinstance(source.collector, SearchedCollector) for source in sources)
    for source in sources:
        told.source(source.name)
        with (
            _TRACER.start_as_current_span(f"collect {source.name}"),
            ledger.writing(source.name, partial(told.say, "waiting for another run")) as store,
        ):
            if budget and isinstance(source.collector, SearchedCollector):
                sample = Sample(source.name, source.collector, store, told)
                found.append(sample.go(window or _lately(), budget / searched))
            else:
                found.append(Run(source.name, source.collector, store, told).go(window))
        told.done()
    return tuple(found)


def scan_into(folder: Path, repository: Repository) -> Collected:
    """Write what one repository states to a ledger, in place of what was there of it."""
    name = source_of(repository.title)
    with Ledger(folder).writing(name) as store:
        return Run(name, repository, store, Progress()).go(None)


def _lately() -> Window:
    """Return the weeks that a sample is of where nobody says otherwise."""
    now = datetime.now(UTC)
    return Window(now - LATELY, now)


def build(
    project: Project,
    *,
    as_of: datetime,
    quarter: str = "",
    failed: Mapping[str, str] | None = None,
) -> Snapshot:
    """Build the snapshot of a quarter from the ledger.

    Args:
        project: whose ledger, and what its people decided.
        as_of: the moment that ages are relative to, UTC.
        quarter: such as ``2026Q4``; empty: the one of ``as_of``.
        failed: why a source could not be read in this run, by source.

    Raises:
        InputError: the ledger cannot be read, or pins of phases contradict a strong dependency.
    """
    quarter = quarter or quarter_of(as_of)
    stored = list(Ledger(project.ledger).folded())
    records = [record for item in stored for record in item.records]
    with _TRACER.start_as_current_span("join"):
        scan = join(_of(records, Fact), _of(records, Node))
    with _TRACER.start_as_current_span("merge"):
        merged = _merge(project, records, scan, as_of)
    with _TRACER.start_as_current_span("assess"):
        asked = any(Source.INCIDENTS in item.sources for item in merged.dependencies)
        maps, unread = past_maps(project.snapshots, as_of, quarter) if asked else ((), ())
        assessment = assess(
            merged.nodes,
            merged.dependencies,
            merged.flows,
            shared=merged.shared,
            audits=_audits(_of(records, Audit), merged),
            maps=maps,
            conflicts=merged.findings,
            gaps=[*_of(records, Gap), *scan.gaps],
            quarter=(first_of(quarter, as_of), as_of),
            boots=merged.boots,
            endless=_endless(scan.findings, _called(merged.nodes)),
        )
    with _TRACER.start_as_current_span("plan"):
        plan = make_plan(merged.nodes, merged.dependencies, pins=project.pins)
    findings = [*_of(records, Finding), *scan.findings, *merged.findings, *assessment.findings]
    return Snapshot(
        project=project.name,
        quarter=quarter,
        as_of=as_of,
        nodes=merged.nodes,
        matrix=Matrix(names=_order(merged, plan), dependencies=_without_hours(merged)),
        shared=merged.shared,
        plan=plan,
        impacts=assessment.impacts,
        findings=tuple(sorted(findings, key=_urgency)),
        gaps=tuple(sorted({*_of(records, Gap), *scan.gaps, *merged.gaps, *unread})),
        sources=tuple(_summaries(project, stored, failed or {})),
        coverage=assessment.coverage,
        candidates=assessment.candidates,
        detections=assessment.detections,
        incidents=assessment.incidents,
        inquiries=assessment.inquiries,
        usage=assessment.usage,
    )


def impact_together(project: Project, snapshot: Snapshot, names: Collection[str]) -> ImpactOf:
    """Return what fails when nodes of a snapshot are down at once, replayed on the ledger's flows.

    Raises:
        InputError: the ledger cannot be read.
    """
    stored = Ledger(project.ledger).read(only=(Flow.__name__,))
    called = _called(snapshot.nodes)
    flows = [
        replace(flow, nodes=tuple(called.get(name.casefold(), name) for name in flow.nodes))
        for item in stored
        for flow in _of(item.records, Flow)
    ]
    endless = _endless(snapshot.findings, called)
    return impact_of(names, grounds(snapshot.matrix.dependencies, flows, endless))


def _called(nodes: Sequence[Node]) -> dict[str, str]:
    """Return what the matrix calls a node, by each of its names in lower case."""
    called = {alias.casefold(): node.name for node in nodes for alias in node.aliases}
    return called | {node.name.casefold(): node.name for node in nodes}


def _endless(findings: Iterable[Finding], called: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Return the pairs of nodes whose code sets no time-out."""
    found: set[tuple[str, str]] = set()
    for item in findings:
        match item.rule, [called.get(name.casefold(), name) for name in item.subjects]:
            case "no-timeout", [consumer, provider]:
                found.add((consumer, provider))
    return frozenset(found)


def _without_hours(merged: Merged) -> tuple[Dependency, ...]:
    """Leave out of a snapshot what was seen hour by hour: it is in the ledger."""
    return tuple(
        replace(item, evidence=tuple(_summed(claim) for claim in item.evidence))
        for item in merged.dependencies
    )


def _summed(claim: Evidence) -> Evidence:
    calls = claim.calls
    if calls is None or not calls.hours:
        return claim
    return replace(claim, calls=replace(calls, hours=b""))


def _audits(audits: Sequence[Audit], merged: Merged) -> list[Audit]:
    """Call the services that were audited what the matrix calls them."""
    names = _called(merged.nodes)
    return [
        replace(item, service=names.get(item.service.casefold(), item.service)) for item in audits
    ]


def _merge(project: Project, records: Sequence[Record], scan: Scan, as_of: datetime) -> Merged:
    owners = [Node(name=name, owner=team) for name, team in sorted(project.owners.items())]
    return merge(
        nodes=[*scan.services, *_of(records, Node), *owners],
        evidence=[*_of(records, Evidence), *scan.evidence],
        shared=[*_of(records, Shared), *scan.shared],
        flows=_of(records, Flow),
        aliases=project.aliases,
        policy=project.sampling,
        as_of=as_of,
        boots=_of(records, Boot),
    )


def _of(records: Iterable[Record], wanted: type[_Kind]) -> list[_Kind]:
    return [record for record in records if isinstance(record, wanted)]


def _order(merged: Merged, plan: Plan) -> tuple[str, ...]:
    """Order nodes providers first: those without a place, then by phase, resources first."""
    places = sorted(
        plan.placements,
        key=lambda item: (item.phase.number, item.deployable, item.wave, item.name),
    )
    placed = [item.name for item in places]
    used = {
        name
        for item in merged.dependencies
        if item.confirmed
        for name in (item.consumer, item.provider)
    }
    others = [node.name for node in merged.nodes if node.name in used - set(placed)]
    return (*sorted(others), *placed)


def _urgency(finding: Finding) -> tuple[int, str, tuple[str, ...]]:
    return (list(Severity).index(finding.severity), finding.rule, finding.subjects)


def _summaries(
    project: Project, stored: Sequence[Stored], failed: Mapping[str, str]
) -> Iterator[SourceSummary]:
    collectors = {source.name: source.collector for source in project.sources}
    by_source = {item.source: item for item in stored}
    for name in sorted({*collectors, *by_source}):
        told = by_source.get(name, Stored(name, "", ()))
        dates = [
            moment
            for item in _of(told.records, Evidence)
            for moment in (item.first_seen, item.last_seen)
            if moment is not None
        ]
        collector = collectors.get(name)
        yield SourceSummary(
            name=name,
            collector=collector.name if collector else "",
            source=collector.source if collector else None,
            evidence=told.rows + len(_of(told.records, Fact)),
            gaps=len(_of(told.records, Gap)),
            first_seen=min(dates, default=None),
            last_seen=max(dates, default=None),
            failed=failed.get(name, "" if name in by_source else "it was never collected"),
        )
