"""How well detectors, drift, coverage and the choice of questions do: one table, with its bars.

Each row is measured over all seeds; a row that depmap claims nothing about has no bar.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.assessing.coverage import coverage
from depmap.assessing.growth import extrapolated
from depmap.assessing.impact import grounds
from depmap.assessing.significance import wilson
from depmap.assessing.worth import worth
from depmap.model.dependency import StrengthView
from depmap.model.words import Strength
from tests.simulator.coverage import FAILS, HOLDS, growing, lists
from tests.simulator.detectors import drift, slow, timed, untold
from tests.simulator.rows import Row
from tests.simulator.scoring import impact_score
from tests.simulator.spanning import FULL
from tests.simulator.world import world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from depmap.assessing.impact_trees import Pair
    from depmap.merging.merge import Merged
    from tests.simulator.system import Config
    from tests.simulator.world import World

INTERVALS: Final = 0.93
DRAWS: Final = 60
"""Runs of each coverage scenario for each seed."""
REVEALED: Final = 10
OPEN: Final = 0.3
"""Share of the traces by which questions are chosen, so that there is something to ask."""


def report(seeds: Sequence[int], config: Config, say: Callable[[str], None]) -> bool:
    """Print the table; False where a bar is missed.

    Args:
        seeds: of every scenario.
        config: the system for which questions are chosen, with fewer traces.
        say: prints a line.
    """
    smaller = replace(config, traces=max(1, int(config.traces * OPEN)))
    found = [
        *timed(seeds),
        *slow(seeds),
        *drift(seeds),
        *untold(seeds),
        *_lists(seeds),
        *_asked(seeds, smaller),
    ]
    say("\n| measured | value | of | bar | |\n|---|---|---|---|---|")
    for row in found:
        verdict = ("met" if row.met else "MISSED") if row.bar else ""
        say(f"| {row.what} | {row.value} | {row.of} | {row.bar} | {verdict} |")
    return all(row.met for row in found)


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
            interval(f"coverage range, sources {scenario}", inside, claimed=claimed,
                      more=f", {refused} refused"),
            interval(f"coverage floor, sources {scenario}", above, claimed=claimed),
            interval(f"audit interval, sources {scenario}", audits, claimed=True),
        ]  # fmt: skip
    inside = []
    for draw in (DRAWS * seed + part for seed in seeds for part in range(DRAWS)):
        samples = (24, 336, 2000)[draw % 3]
        times, later = growing(draw, samples)
        more = extrapolated("hour", times, samples)
        inside.append(more.low <= later <= more.high)
    found.append(interval("twice the traces: interval", inside, claimed=True))
    return found


def interval(what: str, inside: list[bool], *, claimed: bool, more: str = "") -> Row:
    """Return how often an interval held, of the runs in which there was one.

    Args:
        what: the interval.
        inside: of each run with an interval, whether it held.
        claimed: whether it is meant to hold; of no run, nothing can be said.
        more: what else to say of the runs.
    """
    of = f"{len(inside)} runs{more}"
    if not inside:
        return Row(what, "-", of)
    share = sum(inside) / len(inside)
    bar = f">= {INTERVALS}" if claimed else ""
    return Row(what, f"{share:.3f}", of, bar, met=not bar or share >= INTERVALS)


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
