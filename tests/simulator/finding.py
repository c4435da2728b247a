"""How well detectors, drift, coverage and the choice of questions do: one table, with its bars.

Each row is measured over all seeds; a row that depmap claims nothing about has no bar.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.assessing.coverage import coverage
from depmap.assessing.growth import extrapolated
from depmap.assessing.impact import grounds
from depmap.assessing.latency_coupling import latency_coupled
from depmap.assessing.peaks import peak_only
from depmap.assessing.rhythm import batch_only
from depmap.assessing.significance import wilson
from depmap.assessing.silence import gone
from depmap.assessing.worth import worth
from depmap.history.drift import rate_changes
from depmap.model.dependency import StrengthView
from depmap.model.words import Strength
from depmap.tracing.activity import activity
from tests.simulator.coverage import FAILS, HOLDS, growing, lists
from tests.simulator.drifting import drifted, unchanged
from tests.simulator.hidden import Setting, estate
from tests.simulator.scoring import impact_score
from tests.simulator.slowing import slowed
from tests.simulator.spanning import FULL
from tests.simulator.world import world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from depmap.assessing.impact_trees import Pair
    from depmap.merging.merge import Merged
    from depmap.model.finding import Candidate
    from depmap.tracing.activity import Key
    from tests.simulator.hidden import Estate
    from tests.simulator.system import Config
    from tests.simulator.world import World

FALSE_ALARMS: Final = 0.05
RECALL: Final = 0.9
PRECISION: Final = 0.9
INTERVALS: Final = 0.93
DRAWS: Final = 60
"""Runs of each coverage scenario for each seed."""
REVEALED: Final = 10
SCATTER: Final = (50.0, 10.0, 3.0)
STRETCHES: Final = (7, 14, 28, 90)
OPEN: Final = 0.3
"""Share of the traces by which questions are chosen, so that there is something to ask."""


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


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured.
        value: the figure.
        of: what it rests on.
        bar: the bar in words; empty: nothing is claimed.
        met: whether it is met.
    """

    what: str
    value: str
    of: str
    bar: str = ""
    met: bool = True


def report(seeds: Sequence[int], config: Config, say: Callable[[str], None]) -> bool:
    """Print the table; False where a bar is missed.

    Args:
        seeds: of every scenario.
        config: the system for which questions are chosen, with fewer traces.
        say: prints a line.
    """
    smaller = replace(config, traces=max(1, int(config.traces * OPEN)))
    found = [
        *_timed(seeds),
        *_slow(seeds),
        *_drift(seeds),
        *_lists(seeds),
        *_asked(seeds, smaller),
    ]
    say("\n| measured | value | of | bar | |\n|---|---|---|---|---|")
    for row in found:
        verdict = ("met" if row.met else "MISSED") if row.bar else ""
        say(f"| {row.what} | {row.value} | {row.of} | {row.bar} | {verdict} |")
    return all(row.met for row in found)


def _keys(found: Iterable[Candidate]) -> set[Key]:
    return {(item.consumer, item.provider, item.kind) for item in found if item.kind is not None}


def _timed(seeds: Sequence[int]) -> list[Row]:
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
                _alarms(f"{what}, {words}: false alarms", wrong, others, "dependencies"),
            ]  # fmt: skip
    return found


def _said(truth: Estate) -> dict[str, tuple[int, int, int, int]]:
    """Return by detector: found, planted, found wrongly, and how many are none."""
    when = activity(truth.dependencies)
    peaks, peaks_run = peak_only(when)
    batches, batches_run = batch_only(when, frozenset(_keys(peaks)))
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


def _alarms(what: str, wrong: int, of: int, noun: str) -> Row:
    share = wrong / of
    return Row(
        what, f"{share:.4f}", f"{of} {noun}", f"<= {FALSE_ALARMS}", met=share <= FALSE_ALARMS
    )


def _slow(seeds: Sequence[int]) -> list[Row]:
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


def _drift(seeds: Sequence[int]) -> list[Row]:
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
        _alarms("drift: false alarms", wrong, others, "dependencies without a change"),
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
            found.append(_alarms(what, wrong, others, "dependencies without a change"))
    return found


def _lists(seeds: Sequence[int]) -> list[Row]:
    found = []
    for scenario in (*HOLDS, *FAILS):
        inside: list[bool] = []
        above: list[bool] = []
        audits: list[bool] = []
        refused = 0
        for draw in (DRAWS * seed + part for seed in seeds for part in range(DRAWS)):
            truth = lists(draw, scenario, truth=(120, 300)[draw % 2])
            (kind,) = coverage(truth.dependencies).kinds
            low, high = wilson(sum(truth.audited), len(truth.audited))
            audits.append(low <= len(truth.dependencies) / truth.truth <= high)
            if kind.low is None or kind.high is None:
                refused += 1
                continue
            inside.append(kind.low <= truth.truth <= kind.high)
            if kind.floor is not None:
                above.append(kind.found + kind.floor <= truth.truth)
        claimed = scenario in HOLDS
        found += [
            _interval(f"coverage range, sources {scenario}", inside, claimed=claimed,
                      more=f", {refused} refused"),
            _interval(f"coverage floor, sources {scenario}", above, claimed=claimed),
            _interval(f"audit interval, sources {scenario}", audits, claimed=True),
        ]  # fmt: skip
    inside = []
    for draw in (DRAWS * seed + part for seed in seeds for part in range(DRAWS)):
        samples = (24, 336, 2000)[draw % 3]
        times, later = growing(draw, samples)
        more = extrapolated("hour", times, samples)
        inside.append(more.low <= later <= more.high)
    found.append(_interval("twice the traces: interval", inside, claimed=True))
    return found


def _interval(what: str, inside: list[bool], *, claimed: bool, more: str = "") -> Row:
    share = sum(inside) / len(inside) if inside else 1.0
    bar = f">= {INTERVALS}" if claimed else ""
    return Row(
        what,
        f"{share:.3f}",
        f"{len(inside)} runs{more}",
        bar,
        met=not bar or share >= INTERVALS,
    )


def _asked(seeds: Sequence[int], config: Config) -> list[Row]:
    """Reveal the truth about ten dependencies: those worth most, others, all."""
    errors: dict[str, list[float]] = {name: [] for name in ("nothing", "worth", "chance", "all")}
    for seed in seeds:
        found = world(replace(config, seed=seed), sampling=FULL)
        merged = found.merged()
        values = worth(grounds(merged.dependencies, merged.flows), REVEALED)
        known = sorted(found.truth.delta)
        rng = np.random.default_rng([seed, 16])
        errors["nothing"].append(_error(found, merged, ()))
        errors["worth"].append(_error(found, merged, values))
        for _ in range(3):
            chosen = rng.choice(len(known), REVEALED, replace=False)
            errors["chance"].append(_error(found, merged, [known[at] for at in chosen]))
        errors["all"].append(_error(found, merged, known))
    mean = {name: float(np.mean(values)) for name, values in errors.items()}
    removable = mean["nothing"] - mean["all"]
    best, chance = ((mean["nothing"] - mean[name]) / removable for name in ("worth", "chance"))
    of = f"impact error {mean['nothing']:.4f}, all known {mean['all']:.4f}"
    return [
        Row(f"{REVEALED} answers by value: share of the error removed", f"{best:.2f}", of,
            "> by chance", met=best > chance),
        Row(f"{REVEALED} answers by chance: likewise", f"{chance:.2f}", of),
    ]  # fmt: skip


def _error(found: World, merged: Merged, revealed: Iterable[Pair]) -> float:
    told = set(revealed)
    dependencies = tuple(
        replace(item, strength=_known(found.truth.delta[item.consumer, item.provider]))
        if (item.consumer, item.provider) in told & found.truth.delta.keys()
        else item
        for item in merged.dependencies
    )
    return impact_score(found, replace(merged, dependencies=dependencies)).replayed


def _known(delta: float) -> StrengthView:
    """The strength of a dependency after a test."""
    return StrengthView(
        strength=Strength.STRONG if delta > 0.5 else Strength.WEAK,
        probability=float(delta > 0.5),
        expected=delta,
        expected_low=delta,
        expected_high=delta,
        quantiles=(delta,) * 9,
    )
