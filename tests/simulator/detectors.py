"""How well the detectors do, drift included: rows of a table, with their bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from depmap.assessing.detecting import at_times
from depmap.assessing.latency_coupling import latency_coupled
from depmap.assessing.significance import wilson
from depmap.assessing.silence import gone
from depmap.history.drift import rate_changes
from depmap.tracing.activity import activity
from tests.simulator.drifting import drifted, unchanged
from tests.simulator.hidden import Setting, estate
from tests.simulator.rows import Row, alarms
from tests.simulator.slowing import slowed
from tests.simulator.suspecting import FAIR, suspicions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from depmap.model.finding import Candidate
    from depmap.tracing.activity import Key
    from tests.simulator.hidden import Estate

RECALL: Final = 0.9
PRECISION: Final = 0.9
SCATTER: Final = (50.0, 10.0, 3.0)
STRETCHES: Final = (7, 14, 28, 90)
SUSPECTED: Final = 0.02
SYSTEMS: Final = 2
"""Systems of each seed that are looked at under sampling policies that nobody tells."""
SETTINGS: Final = {
    "60 services, 21 days, a cache overflows": Setting(),
    "60 services, 14 days, a few uses a day": Setting(days=14, hours=(1, 3), uses=(2, 6)),
    "120 services, 10 days, weak rhythm, a few uses": Setting(
        services=120, days=10, rhythm=0.3, hours=(1, 3), uses=(2, 6)
    ),
    "30 services, 14 days, weak rhythm, a few uses": Setting(
        services=30, days=14, rhythm=0.3, hours=(1, 3), uses=(2, 6)
    ),
    "60 services, 7 days, a few uses": Setting(days=7, hours=(1, 3), uses=(2, 6)),
}


def _keys(found: Iterable[Candidate]) -> set[Key]:
    return {(item.consumer, item.provider, item.kind) for item in found if item.kind is not None}


def timed(seeds: Sequence[int]) -> list[Row]:
    """Peak-only, batch-only and gone, in estates whose counts scatter far beyond Poisson's."""
    found = []
    for words, setting in SETTINGS.items():
        hits: dict[str, list[int]] = {name: [0, 0, 0, 0] for name in ("peak", "batch", "gone")}
        for seed in seeds:
            for name, counts in _said(estate(seed, setting)).items():
                hits[name] = [one + more for one, more in zip(hits[name], counts, strict=True)]
        for name, (right, true_ones, wrong, others) in hits.items():
            bar = f">= {RECALL}" if name == "peak" else ""
            share = right / true_ones
            what = name if name == "gone" else f"{name}-only"
            found += [
                Row(f"{what}, {words}: recall", f"{share:.3f}", f"{true_ones} planted", bar,
                    met=not bar or share >= RECALL),
                alarms(f"{what}, {words}: false alarms", wrong, others, "dependencies"),
            ]  # fmt: skip
    return found


def _said(truth: Estate) -> dict[str, tuple[int, int, int, int]]:
    """Return by detector: found, planted, found wrongly, and how many are none."""
    when = activity(truth.dependencies)
    (peaks, peaks_run), (batches, batches_run) = at_times(when)
    silent, silent_run = gone(when, {item.key: item for item in truth.dependencies})
    found = {}
    for name, said, run in (
        ("peak", peaks, peaks_run),
        ("batch", batches, batches_run),
        ("gone", silent, silent_run),
    ):
        true: frozenset[Key] = getattr(truth, name)
        wrong = len(_keys(said) - true)
        found[name] = (len(_keys(said) & true), len(true), wrong, run.tested - len(true))
    return found


def slow(seeds: Sequence[int]) -> list[Row]:
    """Pairs that one neighbour slows down, over many and few time bins."""
    found = []
    for bins, strength in ((1440, 1.0), (1440, 0.5), (336, 1.0), (336, 0.5)):
        right = said = true = 0
        for seed in seeds:
            for part in range(3):
                truth = slowed(1000 * seed + part, bins=bins, strength=strength)
                pairs = {
                    (item.consumer, item.provider) for item in latency_coupled(truth.series, [])[0]
                }
                right, said = right + len(pairs & truth.pairs), said + len(pairs)
                true += len(truth.pairs)
        precision = right / said if said else 1.0
        found.append(
            Row(f"latency-coupled, {bins} bins, coupling {strength}: precision (recall)",
                f"{precision:.3f} ({right / true:.2f})", f"{said} said, {true} planted",
                f">= {PRECISION}", met=precision >= PRECISION)
        )  # fmt: skip
    return found


def drift(seeds: Sequence[int]) -> list[Row]:
    """Use that changed from one stretch of time to the next, and use that did not."""
    wrong = others = right = true = 0
    for seed in seeds:
        truth = drifted(seed)
        said = {item.key for item in rate_changes(truth.old, truth.new)}
        wrong, right = wrong + len(said - truth.changed), right + len(said & truth.changed)
        others += len(
            {(item.consumer, item.provider, item.kind) for item in truth.new} - truth.changed
        )
        true += len(truth.changed)
    return [
        alarms("drift: false alarms", wrong, others, "dependencies without a change"),
        Row("drift: use changed 1.6 times: found", f"{right / true:.2f}", f"{true} planted"),
        *_no_drift(seeds),
    ]


def _no_drift(seeds: Sequence[int]) -> list[Row]:
    """False alarms where days scatter little, much, and enormously, over short and long times."""
    found = []
    for shape in SCATTER:
        for days in STRETCHES:
            wrong = others = 0
            for seed in seeds:
                old, new = unchanged(seed, shape, days)
                wrong, others = wrong + len(rate_changes(old, new)), others + len(new)
            what = f"drift, negative binomial k = {shape:g}, {days} days: false alarms"
            found.append(alarms(what, wrong, others, "dependencies without a change"))
    return found


def untold(seeds: Sequence[int]) -> list[Row]:
    """How often sampling by outcome is suspected, where nobody tells how traces were kept.

    A bar that a single system of a few would miss is missed where the interval lies above it.
    """
    drawn = [SYSTEMS * seed + part for seed in seeds for part in range(SYSTEMS)]
    found = []
    for policy, said in suspicions(drawn).items():
        low, high = wilson(sum(said), len(said))
        bar = f"<= {SUSPECTED}, by its interval" if policy in FAIR else ""
        found.append(
            Row(f"suspected of sampling by outcome: {policy}", f"{sum(said) / len(said):.2f}",
                f"{len(said)} systems ({low:.2f}-{high:.2f})", bar,
                met=not bar or low <= SUSPECTED)
        )  # fmt: skip
    return found
