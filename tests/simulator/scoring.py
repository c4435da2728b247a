"""How well depmap's answers about a simulated system agree with its truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from depmap.assessing.impact import impacts, reached
from depmap.model.words import Strength
from tests.simulator.system import Call
from tests.simulator.truth import Pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from depmap.merging.merge import Merged
    from depmap.model.snapshot import ImpactOf
    from tests.simulator.truth import Truth
    from tests.simulator.world import World

BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said about the strength of one true dependency, or of one of its call sites.

    Attributes:
        what: consumer and provider, with their operations where it is a call site.
        said: the word.
        probability: P(strong), as said.
        strong: whether it is.
    """

    what: Pair | Call
    said: Strength
    probability: float
    strong: bool

    @property
    def decided(self) -> bool:
        """Whether a word is stated."""
        return self.said is not Strength.UNDETERMINED

    @property
    def right(self) -> bool:
        """Whether the word is the right one."""
        return (self.said is Strength.STRONG) == self.strong


@dataclass(frozen=True, slots=True)
class StrengthScore:
    """Figures over many dependencies.

    Attributes:
        many: how many.
        decided: share (0-1) of them whose strength is stated.
        accuracy: share of these that is right; 1 where there are none.
        brier: mean squared error of the probability.
        calibration: expected calibration error over ten bins.
    """

    many: int
    decided: float
    accuracy: float
    brier: float
    calibration: float


def judged(merged: Merged, truth: Truth) -> list[Judged]:
    """Compare each true dependency with what is said about it, if anything."""
    views = {(item.consumer, item.provider): item.strength for item in merged.dependencies}
    return [
        Judged(pair, views[pair].strength, views[pair].probability, truth.strong(pair))
        for pair in sorted(truth.delta)
        if pair in views
    ]


@dataclass(frozen=True, slots=True)
class Sites:
    """What is said about call sites; each list holds a part of the one before or of ``all``.

    Attributes:
        all: every call site that some request needs; where there is no view of it, what is said
            of its pair.
        own: those that have a view of their own.
        apart: those of pairs that have strong sites and others.
        told: of each pair with several sites, (whether it has strong ones and others, whether
            that is said).
    """

    all: list[Judged]
    own: list[Judged]
    apart: list[Judged]
    told: list[tuple[bool, bool]]


def judged_sites(merged: Merged, truth: Truth) -> Sites:
    """Compare each call site with what is said about it."""
    views = {(item.consumer, item.provider): item.strength for item in merged.dependencies}
    found = Sites([], [], [], [])
    pairs: dict[Pair, list[Judged]] = {}
    for call in sorted(truth.sites):
        pair = (call.consumer, call.provider)
        if pair in views:
            own = {
                (one.consumer_operation, one.operation): one for one in views[pair].by_operation
            }
            view = own.get((call.consumer_operation, call.operation))
            said = view or views[pair]
            item = Judged(call, said.strength, said.probability, truth.strong_at(call))
            found.all.append(item)
            found.own.extend([item] if view else [])
            pairs.setdefault(pair, []).append(item)
    for items in pairs.values():
        if len(items) > 1:
            apart = len({item.strong for item in items}) > 1
            words = {item.said is Strength.STRONG for item in items if item.decided}
            found.apart.extend(items if apart else [])
            found.told.append((apart, len(words) > 1))
    return found


def strength_score(items: Iterable[Judged]) -> StrengthScore:
    """Work the figures out."""
    rows = list(items)
    if not rows:
        return StrengthScore(0, 0.0, 1.0, 0.0, 0.0)
    decided = [item for item in rows if item.decided]
    said = np.array([item.probability for item in rows])
    strong = np.array([item.strong for item in rows], dtype=float)
    bins = np.minimum((said * BINS).astype(int), BINS - 1)
    gaps = [
        (bins == at).sum() * abs(said[bins == at].mean() - strong[bins == at].mean())
        for at in range(BINS)
        if (bins == at).any()
    ]
    return StrengthScore(
        many=len(rows),
        decided=len(decided) / len(rows),
        accuracy=sum(item.right for item in decided) / len(decided) if decided else 1.0,
        brier=float(((said - strong) ** 2).mean()),
        calibration=float(sum(gaps) / len(rows)),
    )


@dataclass(frozen=True, slots=True)
class ImpactScore:
    """Mean absolute errors of the share of failing requests, over all nodes but entries.

    Attributes:
        replayed: depmap's expected share.
        worst: its largest error.
        by_operation: error by node and business operation.
        inside: share of true shares that lie in the band it gives.
        reachability: error of counting every operation that reaches the node.
        degree: error of the share of the largest number of consumers.
    """

    replayed: float
    worst: float
    by_operation: float
    inside: float
    reachability: float
    degree: float


def impact_score(found: World, merged: Merged) -> ImpactScore:
    """Compare what fails with each node with what failed when the node was down."""
    said = {item.node: item for item in impacts(merged.nodes, merged.dependencies, merged.flows)}
    requests: dict[str, int] = {}
    for flow in merged.flows:
        requests[flow.operation] = requests.get(flow.operation, 0) + flow.count
    total = sum(requests.values())
    held = [item for item in merged.dependencies if item.confirmed]
    users = {name: {item.consumer for item in held if item.provider == name} for name in said}
    most = max(map(len, users.values()), default=1)
    errors, fine, inside, reach, degree = [], [], [], [], []
    for node, down in sorted(found.truth.alone.items()):
        if node not in said:
            errors.append(abs(down.share))
            continue
        shares = _shares(said[node])
        expected = sum(requests.get(name, 0) * row[0] for name, row in shares.items()) / total
        errors.append(abs(expected - down.share))
        up = reached(merged.dependencies, node)
        touched = sum(many for name, many in requests.items() if name.partition(": ")[0] in up)
        reach.append(abs(touched / total - down.share))
        degree.append(abs(len(users[node]) / most - down.share))
        for name, true in down.by_operation.items():
            row = shares.get(name, (0.0, 0.0, 0.0))
            fine.append(abs(row[0] - true))
            if true > 0 or row[2] > 0:
                inside.append(row[1] - 0.01 <= true <= row[2] + 0.01)
    return ImpactScore(
        replayed=float(np.mean(errors)),
        worst=float(np.max(errors)),
        by_operation=float(np.mean(fine)),
        inside=float(np.mean(inside)),
        reachability=float(np.mean(reach)),
        degree=float(np.mean(degree)),
    )


def _shares(said: ImpactOf) -> Mapping[str, tuple[float, float, float]]:
    """Return (expected, low, high) by business operation."""
    return {row[0]: (row[1], row[2], row[3]) for row in said.operations}
