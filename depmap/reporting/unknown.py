"""The words about what is not known: coverage, what detectors could judge, what to ask next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.reporting import strengths
from depmap.reporting.sentences import day, listed, number, percent, plain, probability
from depmap.wording import several

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from depmap.model.coverage import Growth, IncidentCheck, Inquiry, KindCoverage, Recall
    from depmap.model.dependency import Dependency
    from depmap.model.finding import Detection
    from depmap.model.snapshot import Coverage, Snapshot
    from depmap.model.words import Kind

UNSEEN = "Dependencies that no source can see are in no number of this table."

KINDS = (
    "Kind",
    "Found",
    "Probably in all (95 %)",
    "Missing at least (99 %)",
    "Why not, or from what",
)
DETECTIONS = ("Detector", "Judged", "Reported", "What it could not judge")
INQUIRIES = ("Value", "How", "Dependency", "Ask", "What to find out", "Known so far")

_BASIS = {
    "audits": "In audits of services chosen at random",
    "incidents": "Of what incidents showed",
}


def recall(item: Recall) -> str:
    """Return how much of what people listed independently was on the map."""
    missed = f" It lacked {plain(listed(item.missed, 6))}." if item.missed else ""
    return (
        f"{_BASIS.get(item.basis, item.basis)}, the map had {item.found:,} of {item.of:,} "
        f"dependencies: {percent(item.found / item.of)} "
        f"(95 % interval {percent(item.low)} to {percent(item.high)}).{missed}"
    )


def measured(coverage: Coverage) -> tuple[str, ...]:
    """Return what was measured of coverage, a sentence each; empty where nothing was."""
    return tuple(recall(item) for item in coverage.recalls)


def hint(coverage: Coverage) -> str:
    """Return the shortest true word on what is missing, for the front page."""
    if coverage.recalls:
        best = coverage.recalls[0]
        return f"the map had {best.found:,} of {best.of:,} that {best.basis} showed"
    if not coverage.floor:
        return "how many are missing cannot be estimated"
    return f"at least {coverage.floor:,} more that no source found"


def floor(coverage: Coverage) -> str:
    """Return how many are missing at least, or that nobody can tell, as a sentence."""
    why = f" Basis: {plain(coverage.why.rstrip('.'))}." if coverage.why else ""
    if coverage.floor is None:
        return f"How many are still missing cannot be estimated.{why}"
    if coverage.floor == 0:
        return f"That more are missing is not shown, which does not show that none is.{why}"
    verb = "is" if coverage.floor == 1 else "are"
    return f"At least {coverage.floor:,} more {verb} probably missing.{why}"


def kind_row(item: KindCoverage) -> tuple[str, ...]:
    """Return the cells of a row of the table ``KINDS``."""
    between = " against ".join(item.between)
    basis = f"{between}: {item.both:,} by both, {item.alone[0]:,} and {item.alone[1]:,} by one"
    return (
        item.group,
        f"{item.found:,}",
        "not estimable" if item.low is None or item.high is None else _range(item.low, item.high),
        "not estimable" if item.floor is None else f"{item.floor:,}",
        item.why or basis,
    )


def _range(low: int, high: int) -> str:
    return f"{low:,} to {high:,}" if low != high else f"{low:,}"


def growth(item: Growth) -> str:
    """Return what more traces of the same traffic would show."""
    noun = "hour of traces" if item.unit == "hour" else "healthy trace"
    nouns = "hours of traces" if item.unit == "hour" else "healthy traces"
    samples = several(item.samples, f"{noun} shows", f"{nouns} show")
    new = f"would show a new one with probability {probability(item.next_new)}"
    if not item.next_new:
        new = "would hardly show a new one, since each was seen more than once"
    return (
        f"{samples} {several(item.seen, 'dependency', 'dependencies')}; one more "
        f"{new}, and twice as many about {number(item.doubled)} in all (95 % interval "
        f"{number(item.low)} to {number(item.high)}). A flat curve says that this traffic is "
        f"exhausted, not that everything was seen."
    )


def detection_row(item: Detection) -> tuple[str, ...]:
    """Return the cells of a row of the table ``DETECTIONS``."""
    return item.detector, f"{item.tested:,}", f"{item.found:,}", item.why


def incident(item: IncidentCheck) -> str:
    """Return whether the map of that day had what an incident showed."""
    answer = "may have been on the map"
    if item.listed is not None:
        answer = "was on the map" if item.listed else "was not on the map"
    return (
        f"{plain(item.incident)} ({day(item.at)}): {plain(item.consumer)} -> "
        f"{plain(item.provider)} {answer}; {plain(item.basis)}"
    )


def inquiry_rows(snapshot: Snapshot, asked: Iterable[Inquiry]) -> list[tuple[str, ...]]:
    """Return the cells of the rows of the table ``INQUIRIES``."""
    held = {item.key: item for item in snapshot.matrix.dependencies}
    return [
        (
            worth(item),
            item.how,
            plain(f"{item.consumer} -> {item.provider}" if item.provider else item.consumer),
            plain(item.whom),
            plain(item.question),
            known(item, held),
        )
        for item in asked
    ]


def worth(item: Inquiry) -> str:
    """Return the value of a question as a share of all requests; empty where no traces tell."""
    return "" if item.value is None else f"{100 * item.value:.2f} %"


def known(item: Inquiry, held: Mapping[tuple[str, str, Kind], Dependency]) -> str:
    """Return what is known so far of what a question asks, with its interval where it has one.

    Args:
        item: the question.
        held: the dependencies by their keys.
    """
    about = held.get((item.consumer, item.provider, item.kind)) if item.kind else None
    if about is None or item.about not in {"strength", "conflict"}:
        return plain(item.because[0]) if item.because else ""
    parts = ["sources disagree"] if item.about == "conflict" else []
    parts += filter(None, (strengths.expected(about) or strengths.sure(about),))
    return "; ".join(parts)
