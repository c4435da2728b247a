"""The straight line: collect, join, merge, assess, plan. Only this module knows the order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from opentelemetry import trace

from depmap.assessing.assess import assess
from depmap.collecting.port import EVER, Collector, Item, Window
from depmap.errors import SourceUnavailable
from depmap.ledger.ledger import Ledger
from depmap.merging.merge import Merged, merge
from depmap.model.evidence import Evidence, Flow, Gap, Node, Shared
from depmap.model.facts import Fact
from depmap.model.finding import Finding, Severity
from depmap.model.matrix import Matrix
from depmap.model.snapshot import Snapshot, SourceSummary
from depmap.planning.plan import make_plan
from depmap.scanning.join import join
from depmap.tracing.claims import claims
from depmap.tracing.joining import merge as merge_links
from depmap.tracing.linking import link
from depmap.tracing.links import Links
from depmap.tracing.spans import Spans
from depmap.tracing.windows import UNDATED, by_hour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from depmap.config import ConfiguredSource, Project
    from depmap.ledger.records import Record
    from depmap.model.plan import Plan
    from depmap.scanning.scan import Scan

WHOLE = "whole"
"""The window of what belongs to no hour: code, deployment files, interviews, gaps of a pull."""

HOUR = "%Y-%m-%dT%H"
"""How a window of one UTC hour is called."""
FIRST = timedelta(days=1)
"""How far back a source is read that was never read before."""

_Kind = TypeVar("_Kind")

_TRACER = trace.get_tracer("depmap")


@dataclass(frozen=True, slots=True)
class Collected:
    """What one source brought to the ledger.

    Attributes:
        name: the source.
        windows: how many windows were written.
        records: how many records.
        gaps: what it could not see.
        failed: why the source could not be read; then nothing of it was written.
    """

    name: str
    windows: int = 0
    records: int = 0
    gaps: tuple[Gap, ...] = ()
    failed: SourceUnavailable | None = None


def collect(
    project: Project,
    *,
    only: Sequence[str] = (),
    window: Window | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Collected, ...]:
    """Pull the project's sources into its ledger.

    Args:
        project: what to collect.
        only: names of sources; empty for all.
        window: the stretch of time to ask for, where a source can be asked; None: each goes on
            where it stopped. It is widened to whole UTC hours, since an hour is replaced whole.
        progress: told the name of each source before it is read.
    """
    ledger = Ledger(project.ledger)
    found: list[Collected] = []
    for source in project.sources:
        if not only or source.name in only:
            progress(source.name)
            with _TRACER.start_as_current_span(f"collect {source.name}"):
                found.append(_collect_one(ledger, source, window))
    return tuple(found)


def _collect_one(ledger: Ledger, source: ConfiguredSource, window: Window | None) -> Collected:
    collector = source.collector
    asked = _asked(ledger, source, window)
    try:
        windows = records_of(collector, collector.collect(asked), asked)
    except SourceUnavailable as error:
        return Collected(source.name, failed=error)
    ledger.replace(source.name, windows, whole=not collector.windowed)
    records = [record for items in windows.values() for record in items]
    gaps = tuple(sorted(record for record in records if isinstance(record, Gap)))
    return Collected(source.name, len(windows), len(records), gaps)


def _asked(ledger: Ledger, source: ConfiguredSource, window: Window | None) -> Window:
    """Return whole hours: those asked for, or all since the last one on disk, which is re-read."""
    if not source.collector.windowed:
        return EVER
    hour = timedelta(hours=1)
    if window is None:
        now = datetime.now(UTC)
        known = [name for name in ledger.windows(source.name) if name not in {WHOLE, UNDATED}]
        start = datetime.strptime(known[-1], HOUR).replace(tzinfo=UTC) if known else now - FIRST
        window = Window(start, now)
    floor = window.start.replace(minute=0, second=0, microsecond=0)
    ceiling = window.end.replace(minute=0, second=0, microsecond=0)
    return Window(floor, ceiling if ceiling == window.end else ceiling + hour)


def records_of(
    collector: Collector, items: Iterable[Item], window: Window = EVER
) -> dict[str, list[Record]]:
    """Return what a collector yields as records by window: spans linked, origins stamped.

    A trace that begins outside the window is left to the run that reads its hour: its hour is not
    known whole here, and a window on disk is only ever replaced by a whole one.
    """
    windows: dict[str, list[Record]] = defaultdict(list)
    batches: list[Spans] = []
    nodes: list[Node] = []
    for item in items:
        if isinstance(item, Spans):
            batches.append(item)
        elif collector.windowed and isinstance(item, Node):
            nodes.append(item)
        else:
            hour = _hour_of(item) if collector.windowed else WHOLE
            windows[hour].append(_stamped(item, collector.name))
    _place(nodes, windows)
    first, last = window.start.strftime(HOUR), window.end.strftime(HOUR)
    for hour, links in _linked(Spans.concat(batches)):
        if not collector.windowed or first <= hour < last:
            windows[hour].extend(_stamped(item, collector.name) for item in claims(links))
    return dict(windows)


def _hour_of(item: Item) -> str:
    """Return the hour of a dated claim; what has no date belongs to no hour."""
    if isinstance(item, Evidence) and item.first_seen is not None:
        return item.first_seen.strftime(HOUR)
    return WHOLE


def _place(nodes: Sequence[Node], windows: dict[str, list[Record]]) -> None:
    """Keep each node with every hour that names it, so that it lasts as long as its claims."""
    placed: set[str] = set()
    for hour, records in windows.items():
        claimed = [item for item in records if isinstance(item, Evidence)] if hour != WHOLE else []
        named = {name for item in claimed for name in (item.consumer, item.provider)}
        records.extend(node for node in nodes if node.name in named)
        placed |= named
    rest = [node for node in nodes if node.name not in placed]
    if rest:
        windows[WHOLE].extend(rest)


def _linked(spans: Spans) -> Iterator[tuple[str, Links]]:
    """Yield the links of each hour; a message may come from a trace of another hour."""
    parts = {hour: link(part) for hour, part in by_hour(spans)}
    for hour, part in parts.items():
        others = [Links(senders=other.senders) for name, other in parts.items() if name != hour]
        yield hour, merge_links([part, *others]) if part.waiting and others else part


def _stamped(item: Record, name: str) -> Record:
    if isinstance(item, Evidence | Gap) and not item.collector:
        return replace(item, collector=name)
    return item


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
    stored = list(Ledger(project.ledger).read())
    records = [record for item in stored for record in item.records]
    with _TRACER.start_as_current_span("join"):
        scan = join(_of(records, Fact), _of(records, Node))
    with _TRACER.start_as_current_span("merge"):
        merged = _merge(project, records, scan, as_of)
    with _TRACER.start_as_current_span("assess"):
        assessment = assess(merged.nodes, merged.dependencies, merged.flows)
    with _TRACER.start_as_current_span("plan"):
        plan = make_plan(merged.nodes, merged.dependencies, pins=project.pins)
    findings = [*_of(records, Finding), *scan.findings, *merged.findings, *assessment.findings]
    by_source: dict[str, list[Record]] = defaultdict(list)
    for item in stored:
        by_source[item.source].extend(item.records)
    return Snapshot(
        project=project.name,
        quarter=quarter or quarter_of(as_of),
        as_of=as_of,
        nodes=merged.nodes,
        matrix=Matrix(names=_order(merged, plan), dependencies=merged.dependencies),
        shared=merged.shared,
        plan=plan,
        impacts=assessment.impacts,
        findings=tuple(sorted(findings, key=_urgency)),
        gaps=tuple(sorted({*_of(records, Gap), *scan.gaps, *merged.gaps})),
        sources=tuple(_summaries(project, by_source, failed or {})),
        coverage=assessment.coverage,
    )


def _merge(project: Project, records: Sequence[Record], scan: Scan, as_of: datetime) -> Merged:
    owners = [Node(name=name, owner=team) for name, team in sorted(project.owners.items())]
    return merge(
        nodes=[*scan.services, *_of(records, Node), *owners],
        evidence=[*_of(records, Evidence), *scan.evidence],
        shared=[*_of(records, Shared), *scan.shared],
        flows=_of(records, Flow),
        aliases=project.aliases,
        as_of=as_of,
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
    project: Project, by_source: Mapping[str, Sequence[Record]], failed: Mapping[str, str]
) -> Iterator[SourceSummary]:
    collectors = {source.name: source.collector for source in project.sources}
    for name in sorted({*collectors, *by_source}):
        records = by_source.get(name, ())
        dates = [
            moment
            for item in _of(records, Evidence)
            for moment in (item.first_seen, item.last_seen)
            if moment is not None
        ]
        collector = collectors.get(name)
        yield SourceSummary(
            name=name,
            collector=collector.name if collector else "",
            source=collector.source if collector else None,
            evidence=sum(isinstance(item, Evidence | Fact) for item in records),
            gaps=len(_of(records, Gap)),
            first_seen=min(dates, default=None),
            last_seen=max(dates, default=None),
            failed=failed.get(name, "" if name in by_source else "it was never collected"),
        )


def quarter_of(moment: datetime) -> str:
    """Return the calendar quarter of a moment: ``2026Q4``."""
    return f"{moment.year}Q{(moment.month + 2) // 3}"
