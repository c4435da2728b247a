"""The accuracy of strength and impact over simulated systems, as tables with bars.

Each system is run twice: with consumers that treat a provider alike in all their operations, and
with ``Config.mixed`` of them doing as each call site will.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from depmap.model.words import Source
from tests.simulator.running import prepare
from tests.simulator.scoring import (
    ImpactScore,
    Judged,
    Sites,
    impact_score,
    judged,
    judged_sites,
    strength_score,
)
from tests.simulator.spanning import FULL, HEAD, TAIL, TAIL_ROOT
from tests.simulator.system import Config, make
from tests.simulator.truth import truth_of
from tests.simulator.world import ALL, seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.simulator.witnesses import Reliability

    Say = Callable[[str], None]

POLICIES: Final = {
    "full": FULL,
    "10 % head": HEAD,
    "1 % + all errors": TAIL,
    "1 % + failed roots": TAIL_ROOT,
    "the same, untold": replace(TAIL_ROOT, told=False),
}
SOURCES: Final = {"all": ALL, "traces": frozenset({Source.TRACES})}
BARS: Final = {
    ("full", "all"): (0.95, 0.60),
    ("full", "traces"): (0.95, 0.40),
    ("1 % + all errors", "all"): (0.93, 0.0),
    ("1 % + failed roots", "all"): (0.93, 0.0),
}
"""Least accuracy of what is decided, and least share that is."""
BY_OPERATION: Final = {("full", "all"): 0.95}
"""Least accuracy of what is decided about call sites, of all and of those seen by themselves."""
MIXED: Final = frozenset({"full", "1 % + all errors"})
"""Policies under which call sites, and mixed systems, are looked at."""
CALIBRATION: Final = 0.06
IMPACT: Final = {False: 0.02, True: 0.05}
NAMES: Final = {False: "noisy-or", True: "stateful"}


@dataclass
class Found:
    """What was measured in one mode, by sampling policy (and sources)."""

    strengths: dict[tuple[str, str], list[list[Judged]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    sites: dict[tuple[str, str], list[Sites]] = field(default_factory=lambda: defaultdict(list))
    impacts: dict[str, list[ImpactScore]] = field(default_factory=lambda: defaultdict(list))


def report(seeds: Iterable[int], config: Config, reliability: Reliability, say: Say) -> bool:
    """Measure all modes and print the tables; False where a bar is missed."""
    modes = {(stateful, mixed): Found() for mixed in sorted({0.0, config.mixed})
             for stateful in NAMES}  # fmt: skip
    for seed in seeds:
        for (stateful, mixed), found in modes.items():
            changed = replace(config, seed=seed, stateful=stateful, mixed=mixed)
            _measure(changed, reliability, found)
    named = {
        NAMES[stateful] + (f", {mixed:.0%} mixed" if mixed else ""): (IMPACT[stateful], found)
        for (stateful, mixed), found in modes.items()
    }
    say("\n## Strength\n")
    say(
        "| mode | sampling | sources | dependencies | decided | accuracy of decided (seeds) "
        "| Brier | calibration error | bar |\n|---|---|---|---|---|---|---|---|---|"
    )
    fine = [_strengths(name, found, say) for name, (_, found) in named.items()]
    say("\n## Strength by operation\n")
    say(
        "| mode | sampling | sources | call sites | decided | accuracy of decided (seeds) "
        "| seen by themselves | decided | accuracy | in pairs that differ | decided | accuracy "
        "| pairs told apart | wrongly | bar |\n" + "|---" * 15 + "|"
    )
    fine += [_sites(name, found, say) for name, (_, found) in named.items()]
    say("\n## Impact: share of requests that fail with a node\n")
    say(
        "| mode | sampling | mean error | largest | by operation | in its band | reachability "
        "| in-degree | bar |\n|---|---|---|---|---|---|---|---|---|"
    )
    fine += [_impacts(name, bar, found, say) for name, (bar, found) in named.items()]
    return all(fine)


def _measure(config: Config, reliability: Reliability, found: Found) -> None:
    """Look at one system under each policy and with each set of sources."""
    prepared = prepare(make(config))
    truth = truth_of(prepared)
    for policy, sampling in POLICIES.items():
        if config.mixed and policy not in MIXED:
            continue
        looked = seen(prepared, truth, sampling, reliability)
        for name, only in SOURCES.items():
            merged = looked.merged(only)
            found.strengths[policy, name].append(judged(merged, truth))
            if policy in MIXED:
                found.sites[policy, name].append(judged_sites(merged, truth))
            if only is ALL and sampling.told:
                found.impacts[policy].append(impact_score(looked, merged))


def _strengths(mode: str, found: Found, say: Say) -> bool:
    fine = True
    for key, runs in found.strengths.items():
        every = strength_score(item for run in runs for item in run)
        bar = BARS.get(key)
        met = bar is None or (every.accuracy >= bar[0] and every.decided >= bar[1])
        met &= key != ("full", "all") or every.calibration <= CALIBRATION
        fine &= met
        seeds = [strength_score(run).accuracy for run in runs]
        say(
            f"| {mode} | {key[0]} | {key[1]} | {every.many} | {every.decided:.2f} "
            f"| {every.accuracy:.3f} ({min(seeds):.2f}-{max(seeds):.2f}) | {every.brier:.3f} "
            f"| {every.calibration:.3f} | {_verdict(met) if bar else ''} |"
        )
    return fine


def _sites(mode: str, found: Found, say: Say) -> bool:
    fine = True
    for key, runs in found.sites.items():
        every = strength_score(item for run in runs for item in run.all)
        own = strength_score(item for run in runs for item in run.own)
        apart = strength_score(item for run in runs for item in run.apart)
        told = [pair for run in runs for pair in run.told]
        bar = BY_OPERATION.get(key)
        met = bar is None or (own.many > 0 and min(every.accuracy, own.accuracy) >= bar)
        fine &= met
        seeds = [strength_score(run.all).accuracy for run in runs]
        say(
            f"| {mode} | {key[0]} | {key[1]} | {every.many} | {every.decided:.2f} "
            f"| {every.accuracy:.3f} ({min(seeds):.2f}-{max(seeds):.2f}) "
            f"| {own.many} | {own.decided:.2f} | {own.accuracy:.3f} "
            f"| {apart.many} | {apart.decided:.2f} | {apart.accuracy:.3f} "
            f"| {_share(said for true, said in told if true)} "
            f"| {_share(said for true, said in told if not true)} "
            f"| {_verdict(met) if bar else ''} |"
        )
    return fine


def _share(said: Iterable[bool]) -> str:
    of = list(said)
    return f"{sum(of)} of {len(of)}"


def _impacts(mode: str, bar: float, found: Found, say: Say) -> bool:
    fine = True
    for policy, scores in found.impacts.items():
        many = len(scores)
        error = sum(one.replayed for one in scores) / many
        met = policy != "full" or error <= bar
        fine &= met
        say(
            f"| {mode} | {policy} | {error:.4f} | {max(one.worst for one in scores):.2f} "
            f"| {sum(one.by_operation for one in scores) / many:.4f} "
            f"| {sum(one.inside for one in scores) / many:.2f} "
            f"| {sum(one.reachability for one in scores) / many:.3f} "
            f"| {sum(one.degree for one in scores) / many:.3f} "
            f"| {_verdict(met) if policy == 'full' else ''} |"
        )
    return fine


def _verdict(met: bool) -> str:
    return "met" if met else "MISSED"
