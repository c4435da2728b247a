"""The words about what is not known: coverage, what detectors could judge, what to ask next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.reporting.sentences import count, day, listed, number, percent, plain

if TYPE_CHECKING:
    from depmap.model.coverage import Growth, IncidentCheck, Inquiry, KindCoverage, Recall
    from depmap.model.finding import Detection
    from depmap.model.snapshot import Coverage

UNSEEN = "Dependencies that no source can see are in no number of this table."

KINDS = ("Kind", "Found", "Probably in all", "Missing at least", "Why not, or from what")
DETECTIONS = ("Detector", "Judged", "Reported", "What it could not judge")
INQUIRIES = ("Value", "How", "Dependency", "Ask", "What to find out")

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
        f"({percent(item.low)} to {percent(item.high)}).{missed}"
    )


def measured(coverage: Coverage) -> tuple[str, ...]:
    """Return what was measured of coverage, a sentence each; empty where nothing was."""
    return tuple(recall(item) for item in coverage.recalls)


def hint(coverage: Coverage) -> str:
    """Return the shortest true word on what is missing, for the front page."""
    if coverage.recalls:
        best = coverage.recalls[0]
        return f"the map had {best.found:,} of {best.of:,} that {best.basis} showed"
    if coverage.floor is None:
        return "how many are missing cannot be estimated"
    return f"at least {coverage.floor:,} more"


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
    return f"{low:,} to {high:,}"


def growth(item: Growth) -> str:
    """Return what more traces of the same traffic would show."""
    unit = "hours of traces" if item.unit == "hour" else "healthy traces"
    return (
        f"{item.samples:,} {unit} show {count(item.seen, 'dependency', 'dependencies')}; one more "
        f"would show a new one with probability {percent(item.next_new)}, and twice as many about "
        f"{number(item.doubled)} in all ({number(item.low)} to {number(item.high)}). A flat curve "
        f"says that this traffic is exhausted, not that everything was seen."
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


def inquiry_row(item: Inquiry) -> tuple[str, ...]:
    """Return the cells of a row of the table ``INQUIRIES``."""
    pair = f"{item.consumer} -> {item.provider}" if item.provider else item.consumer
    value = "" if item.value is None else f"{100 * item.value:.2f} %"
    return value, item.how, plain(pair), plain(item.whom), plain(item.question)
