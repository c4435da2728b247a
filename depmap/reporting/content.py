"""What the review says, before any format: decisions, headline numbers, rows of its tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from depmap.model.plan import Gate, Placement
from depmap.model.snapshot import ImpactOf
from depmap.model.words import PHASES, Phase, Strength
from depmap.reporting import unknown
from depmap.reporting.sentences import number, plain
from depmap.wording import several

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.finding import Finding
    from depmap.model.plan import Plan, Wave
    from depmap.model.snapshot import Snapshot

_Staged = TypeVar("_Staged", "Wave", "Gate", "Placement")

DECISIONS = 5
"""As many decisions as one meeting takes."""

ASKED = 20
"""As many questions and experiments as one quarter takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One number of the front page, and where the rows are that make it."""

    value: str
    label: str
    detail: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRow:
    """One phase: who is in it, wave by wave, and the gates after it."""

    phase: Phase
    waves: tuple[tuple[int, tuple[tuple[str, ...], ...]], ...]
    placements: tuple[Placement, ...]
    in_place: tuple[Placement, ...]
    gates: tuple[Gate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What a node takes down, over all business operations together.

    Attributes:
        impact: the impact.
        expected: share of all requests that fail, 0-1; None where no traces tell.
        best: in the best case.
        worst: in the worst case.
    """

    impact: ImpactOf
    expected: float | None
    best: float
    worst: float


_SECTIONS = {
    "conflict": "conflict",
    "broken-fallback": "conflict",
    "denied": "conflict",
    "hidden": "hidden",
    "said-only": "hidden",
    "hub": "hidden",
    "shared": "hidden",
    "library-conflict": "hidden",
    "peak-only": "hidden",
    "peak-amplified": "hidden",
    "batch-only": "hidden",
    "fallback-only": "hidden",
    "gone": "hidden",
    "dormant": "hidden",
    "latency-coupled": "hidden",
    "starts-after": "hidden",
}
"""Where the findings of a rule stand; those of any other rule stand under the other findings."""


def findings_by_section(snapshot: Snapshot) -> dict[str, tuple[Finding, ...]]:
    """Return the findings as ``conflict``, ``hidden`` and ``other``, each in its given order."""
    sections: dict[str, list[Finding]] = {"conflict": [], "hidden": [], "other": []}
    for item in snapshot.findings:
        sections[_SECTIONS.get(item.rule, "other")].append(item)
    return {name: tuple(items) for name, items in sections.items()}


def conflict_pairs(snapshot: Snapshot) -> frozenset[tuple[str, str]]:
    """Return the pairs (consumer, provider) on which sources disagree."""
    return frozenset(
        (item.subjects[0], item.subjects[1])
        for item in findings_by_section(snapshot)["conflict"]
        if len(item.subjects) > 1
    )


def single_source(snapshot: Snapshot) -> tuple[Dependency, ...]:
    """Return the confirmed dependencies that one source alone found, strongest first."""
    order = {strength: place for place, strength in enumerate(Strength)}
    alone = [item for item in snapshot.matrix.confirmed() if len(item.sources) == 1]
    return tuple(
        sorted(alone, key=lambda item: (item.sources[0], order[item.strength.strength], item.key))
    )


def unconfirmed(snapshot: Snapshot) -> tuple[Dependency, ...]:
    """Return what some source claims and the evidence does not bear out."""
    return tuple(item for item in snapshot.matrix.dependencies if not item.confirmed)


def backward(snapshot: Snapshot) -> tuple[Dependency, ...]:
    """Return the confirmed dependencies above the diagonal, strongest first."""
    place = {name: index for index, name in enumerate(snapshot.matrix.names)}
    order = {strength: index for index, strength in enumerate(Strength)}
    above = [
        item
        for item in snapshot.matrix.confirmed()
        if place.get(item.provider, -1) > place.get(item.consumer, len(place))
    ]
    return tuple(sorted(above, key=lambda item: (order[item.strength.strength], item.key)))


def to_later_phase(snapshot: Snapshot) -> tuple[Dependency, ...]:
    """Return the confirmed strong dependencies whose provider stands in a later phase."""
    phases = {item.name: item.phase.number for item in snapshot.plan.placements}
    return tuple(
        item
        for item in snapshot.matrix.confirmed()
        if item.strength.strength is Strength.STRONG
        and phases.get(item.provider, 0) > phases.get(item.consumer, len(PHASES))
    )


def verdict(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the judgement on the front page, one sentence each."""
    later = to_later_phase(snapshot)
    urgent = sum(1 for item in snapshot.findings if item.severity == "high")
    against = several(len(later), "strong dependency", "strong dependencies")
    broken = f"The order does not hold: {against} on a later phase."
    holds = "The order holds: no strong dependency points at a later phase."
    cycles = snapshot.plan.cycles
    told = "1 cycle is deployed as one unit."
    if len(cycles) > 1:
        told = f"{len(cycles):,} cycles are deployed as one unit each."
    sentences = [broken if later else holds]
    sentences += [told] if cycles else []
    found = several(len(snapshot.findings), "finding wants", "findings want")
    how = f", {number(urgent) if urgent else 'none'} of them urgently"
    if len(snapshot.findings) == 1:
        how = ", urgently" if urgent else ""
    told = f"{found} a decision{how}." if snapshot.findings else "No finding wants a decision."
    return (*sentences, told)


def failed_sources(snapshot: Snapshot) -> tuple[str, ...]:
    """Return a sentence for each source that could not be read: the review is partial then."""
    return tuple(
        f"Source {plain(item.name)} could not be read: {plain(item.failed)}."
        for item in snapshot.sources
        if item.failed
    )


def headlines(snapshot: Snapshot) -> tuple[Headline, ...]:
    """Return the numbers of the front page."""
    confirmed = snapshot.matrix.confirmed()
    alone = single_source(snapshot)
    services = sum(1 for node in snapshot.nodes if node.kind.is_service)
    conflicts = findings_by_section(snapshot)["conflict"]
    others = len(snapshot.nodes) - services
    layers = Counter(item.layer.value for item in confirmed)
    hint = unknown.hint(snapshot.coverage)
    kinds = ", ".join(f"{amount:,} {layer}" for layer, amount in sorted(layers.items()))
    above = len(backward(snapshot))
    return (
        _headline(services, "service", f"and {several(others, 'other node')}", "phases"),
        _headline(len(confirmed), "dependency", kinds, "evidence", "dependencies"),
        _headline(len(alone), "found by one source alone", hint, "hidden", ""),
        _headline(len(conflicts), "disagreement", "between sources", "conflicts"),
        _headline(above, "above the diagonal", "point at what comes later", "back", ""),
        _headline(len(snapshot.gaps), "gap", "what could not be seen", "gaps"),
    )


def _headline(
    value: int, noun: str, detail: str, target: str, plural: str | None = None
) -> Headline:
    """Return a number with its label; an empty plural says that the label has none."""
    label = noun if value == 1 else (plural if plural is not None else f"{noun}s") or noun
    return Headline(value=number(value), label=label, detail=detail, target=target)


def strengths(items: Sequence[Dependency]) -> tuple[tuple[Strength, int], ...]:
    """Return how many dependencies there are of each strength, strongest first."""
    tally = Counter(item.strength.strength for item in items)
    return tuple((strength, tally[strength]) for strength in Strength)


def phase_rows(snapshot: Snapshot) -> tuple[PhaseRow, ...]:
    """Return the phases of a snapshot's plan that are not empty, first to last."""
    return plan_rows(snapshot.plan)


def plan_rows(plan: Plan) -> tuple[PhaseRow, ...]:
    """Return the phases of a plan that are not empty, first to last."""
    waves: Mapping[Phase, list[Wave]] = _by_phase(plan.waves)
    gates: Mapping[Phase, list[Gate]] = _by_phase(plan.gates)
    placements: Mapping[Phase, list[Placement]] = _by_phase(plan.placements)
    return tuple(
        PhaseRow(
            phase=phase,
            waves=tuple((wave.number, wave.units) for wave in waves[phase]),
            placements=tuple(item for item in placements[phase] if item.deployable),
            in_place=tuple(item for item in placements[phase] if not item.deployable),
            gates=tuple(gates[phase]),
        )
        for phase in PHASES
        if placements[phase] or waves[phase]
    )


def _by_phase(items: Sequence[_Staged]) -> Mapping[Phase, list[_Staged]]:
    groups: dict[Phase, list[_Staged]] = defaultdict(list)
    for item in items:
        groups[item.phase].append(item)
    return groups


def losses(snapshot: Snapshot) -> tuple[Loss, ...]:
    """Return what each node takes down, worst first; nodes that take nothing down are left out."""
    requests: dict[str, int] = {}
    for impact in snapshot.impacts:
        for name, *_, amount in impact.operations:
            requests[name] = max(requests.get(name, 0), amount)
    total = sum(requests.values())
    found = [
        _loss(impact, total)
        for impact in snapshot.impacts
        if impact.operations or impact.fails or impact.degrades
    ]
    return tuple(
        sorted(
            found,
            key=lambda item: (-(item.expected or 0), -len(item.impact.fails), item.impact.node),
        )
    )


def _loss(impact: ImpactOf, total: int) -> Loss:
    if impact.basis != "traces" or not total:
        return Loss(impact=impact, expected=None, best=0.0, worst=0.0)
    if not impact.operations:
        return Loss(impact=impact, expected=0.0, best=0.0, worst=0.0)
    lost = [
        sum(share * row[4] for row, share in zip(impact.operations, shares, strict=True)) / total
        for shares in zip(*(row[1:4] for row in impact.operations), strict=True)
    ]
    return Loss(impact=impact, expected=lost[0], best=lost[1], worst=lost[2])
