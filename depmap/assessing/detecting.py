"""All detectors of hidden dependencies: what they infer, and what a reviewer has to decide."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from depmap.assessing.boots import DETECTOR as STARTS
from depmap.assessing.boots import starts_after
from depmap.assessing.couplings import GROUP, coupled, hub_limit
from depmap.assessing.fallbacks import fallback_only
from depmap.assessing.latency_coupling import DETECTOR as LATENCY
from depmap.assessing.latency_coupling import hourly, latency_coupled
from depmap.assessing.peaks import peak_only
from depmap.assessing.rhythm import batch_only
from depmap.assessing.silence import gone
from depmap.graph.cycles import strongly_connected
from depmap.model.finding import Candidate, Detection, Finding, Severity
from depmap.model.words import Kind, Stance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Boot, Flow, Node, Shared
    from depmap.tracing.activity import Activity

MOSTLY: Final = 0.75
"""Share of the calls in the busiest hours from which a peak explains them, whatever the clock."""
SHARP: Final = 0.98
"""R/n from which the clock tells the hour of a job."""
Found = tuple[tuple[Candidate, ...], Detection]
_COUPLING: Final = frozenset(kind.value for kind in Kind if kind.is_coupling) | {
    Kind.STARTUP_ORDER.value
}
"""Detectors whose candidates are reported by dependency (``hidden``) or by resource."""

SELDOM: Final = 0.01
"""Below so many per cent the number itself says nothing."""


def detect(
    nodes: Sequence[Node],
    dependencies: Sequence[Dependency],
    shared: Sequence[Shared],
    flows: Sequence[Flow],
    activity: Activity,
    *,
    boots: Sequence[Boot] = (),
) -> tuple[tuple[Candidate, ...], tuple[Detection, ...]]:
    """Return what all detectors infer, and what each could judge.

    Args:
        nodes: every node.
        dependencies: every dependency.
        shared: resources that services are coupled through.
        flows: call-tree shapes of healthy traces.
        activity: calls by hour.
        boots: starts of instances.
    """
    by_key = {item.key: item for item in dependencies}
    by_hand, looked_at = coupled(dependencies, shared, hub_limit(nodes))
    (peaks, peaks_run), (batches, batches_run) = at_times(activity)
    silent, silent_run = gone(activity, by_key)
    fallen, fallen_run = fallback_only(dependencies, flows)
    slow, slow_run = latency_coupled(hourly(dependencies), dependencies)
    starts, starts_run = starts_after(boots, nodes, dependencies)
    observed = {(item.consumer, item.provider) for item in starts}
    timed = (*peaks, *batches, *silent)
    candidates = (
        *(replace(item, confirmed=item.confirmed or _started(item, observed)) for item in by_hand),
        *starts,
        *fallen,
        *(replace(item, confirmed=_said_so(item, by_key)) for item in timed),
        *slow,
    )
    runs = (*looked_at, starts_run, fallen_run, peaks_run, batches_run, silent_run, slow_run)
    return (
        tuple(sorted(candidates, key=_order)),
        runs,
    )


def at_times(activity: Activity) -> tuple[Found, Found]:
    """Return what is used at peaks, and what in a rhythm; nothing is both.

    A job that runs when the system is busy looks like a peak, and a peak that comes at the same
    time every day like a job. It is a job where the clock tells its hour and the load explains a
    part of its calls only.
    """
    peaks, peaks_run = peak_only(activity)
    jobs, jobs_run = batch_only(activity)
    sharp = {_key(item) for item in jobs if (item.value or 0.0) >= SHARP}
    kept = tuple(
        item for item in peaks if (item.value or 0.0) >= MOSTLY or _key(item) not in sharp
    )
    at_peaks = {_key(item) for item in kept}
    jobs = tuple(item for item in jobs if _key(item) not in at_peaks)
    return (kept, replace(peaks_run, found=len(kept))), (jobs, replace(jobs_run, found=len(jobs)))


def _order(item: Candidate) -> tuple[str, ...]:
    return item.detector, item.consumer, item.provider, *_kind(item), item.message


def _key(item: Candidate) -> tuple[str, str, Kind] | None:
    return None if item.kind is None else (item.consumer, item.provider, item.kind)


def _started(item: Candidate, observed: Collection[tuple[str, str]]) -> bool:
    """Whether boots show the order in which two services are said to start."""
    return item.kind is Kind.STARTUP_ORDER and (item.consumer, item.provider) in observed


def _said_so(item: Candidate, by_key: dict[tuple[str, str, Kind], Dependency]) -> bool:
    """Whether a person said, too, that a dependency is not needed always, or is no more."""
    key = _key(item)
    evidence = by_key[key].evidence if key in by_key else ()
    told = [claim for claim in evidence if claim.source.is_told]
    if item.detector in {"gone", "dormant"}:
        return any(claim.stance is Stance.DENIES for claim in told)
    return any(claim.when for claim in told)


def findings_of(candidates: Iterable[Candidate]) -> Iterator[Finding]:
    """Yield what a reviewer has to decide of the candidates.

    Couplings have findings of their own, by dependency or by resource. Services that slow down
    together, or that many others start after, are one finding for each group, not one a pair.
    """
    slow: list[Candidate] = []
    starts: dict[str, list[Candidate]] = defaultdict(list)
    for item in candidates:
        if item.detector == LATENCY:
            slow.append(item)
        elif item.detector == STARTS:
            starts[item.provider].append(item)
        elif item.detector not in _COUPLING:
            yield _finding(item, (item.consumer, item.provider, *_kind(item)))
    yield from _slow(slow)
    for provider, items in starts.items():
        yield from _started_after(provider, items)


def _kind(item: Candidate) -> tuple[str, ...]:
    return () if item.kind is None else (item.kind.value,)


def _finding(item: Candidate, subjects: tuple[str, ...]) -> Finding:
    return Finding(
        rule=item.detector,
        subjects=subjects,
        severity=Severity.LOW,
        message=item.message,
        details=details(item),
        locators=item.locators,
    )


def details(item: Candidate) -> tuple[str, ...]:
    """Return the statistic, the chance, the alternative and the standing, one sentence each."""
    chance = ""
    if item.q_value is not None:
        share = 100 * item.q_value
        many = f"{share:.2g} %" if share >= SELDOM else f"fewer than {SELDOM} %"
        chance = f"; of reports as striking as this, {many} are chance"
    standing = "said by a second source, too" if item.confirmed else "a candidate: confirm or deny"
    return (f"{item.statistic}{chance}", f"it could also be: {item.alternative}", standing)


def _started_after(provider: str, items: Sequence[Candidate]) -> Iterator[Finding]:
    """Yield a finding for each service that starts after a provider; one of all, if many do."""
    if len(items) <= GROUP:
        for item in items:
            yield _finding(item, (item.consumer, provider, *_kind(item)))
        return
    names = tuple(item.consumer for item in items)
    yield replace(
        _finding(items[0], (provider, *names)),
        message=f"{', '.join(names)} are ready only after {provider} when they start together",
        details=tuple(f"{item.consumer}: {'; '.join(details(item))}" for item in items),
    )


def _slow(items: list[Candidate]) -> Iterator[Finding]:
    edges = sorted(
        {(one.consumer, one.provider) for one in items}
        | {(one.provider, one.consumer) for one in items}
    )
    names = {name for edge in edges for name in edge}
    for group in strongly_connected(names, edges):
        if len(group) == 2:  # noqa: PLR2004 - a pair is its own finding
            (item,) = (one for one in items if one.consumer in group)
            yield _finding(item, group)
        elif group:
            inside = [one for one in items if one.consumer in group]
            yield replace(
                _finding(inside[0], group),
                message=f"{', '.join(group)} slow down together, and no call joins them",
                details=(
                    *(f"{one.consumer} and {one.provider}: {details(one)[0]}" for one in inside),
                    *details(inside[0])[1:],
                ),
            )
