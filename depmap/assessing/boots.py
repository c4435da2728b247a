"""Start order as it was observed: in every boot, one service is ready only after another.

A pair is judged over the boots they have in common (``rounds``; the provider started before the
consumer could have been ready). One boot in which the consumer was ready first is a counterexample
and ends it, as in the Mystery Machine (Chow et al., OSDI 2014). By a coin, k boots agree with
probability 0.5^k; of 1,770 pairs of 60 services 111 do so in 5 boots, and 0.9 in 12, so that many
are needed where nothing else hints at the pair, and one at least in which the consumer had started
too early.

But services are no coins: one that always takes a minute is always ready after one that takes a
second. So chance is judged by the consumer's own times: were they dealt out anew over the same
boots, how often would there be no counterexample? This share of all permutations has a closed form
(what each boot asks for is a least time), and is 1 for what is merely slow. What slows down all is
taken away, as far as the services that were ready before the provider show it.

What waits for b is ready after all that b waits for, too, and together with all that wait for b.
So the pair whose lag scatters least is taken first, and others of that consumer must still be
more than chance from the moment at which it was ready.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp, log
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from depmap.assessing.rounds import FEW, Values, compared, rounds
from depmap.assessing.significance import FALSE_SHARE, q_values
from depmap.model.finding import Candidate, Detection
from depmap.model.words import Kind, Stance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from depmap.assessing.rounds import Compared, Flags, Rounds
    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Boot, Node

DETECTOR: Final = "starts-after"
MANY: Final = 12
"""Boots in common that a pair needs of which nothing else is known; others need ``FEW``."""
INDIRECT: Final = 0.001
"""A pair that another one may explain must be less probable than this without it."""
_PACE: Final = 3
"""Services that were ready before, from which it can be told how slow a boot was."""
_TICK: Final = 0.001
EXAMPLES: Final = 3

Pair = tuple[int, int]
Rows = NDArray[np.int64]


def untouched(took: Sequence[float], wait: Sequence[float]) -> float:
    """Return the share of all permutations in which no time is shorter than what it meets.

    Args:
        took: how long something took in each boot.
        wait: what it must not be shorter than in each.
    """
    left = np.sort(np.asarray(took, dtype=np.float64))
    total = 0.0
    for taken, least in enumerate(sorted(wait, reverse=True)):
        fit = len(left) - int(np.searchsorted(left, least)) - taken
        if fit <= 0:
            return 0.0
        total += log(fit) - log(len(left) - taken)
    return exp(total)


def starts_after(
    boots: Sequence[Boot], nodes: Iterable[Node], dependencies: Iterable[Dependency]
) -> tuple[tuple[Candidate, ...], Detection]:
    """Return which services are ready only after others, and how many pairs were judged.

    Args:
        boots: starts of instances, with the names of the nodes.
        nodes: every node; boots of what is none of them tell nothing.
        dependencies: every dependency: one between two services hints at an order, and one that
            says they start in that order confirms it.
    """
    found = rounds(boots, (node.name for node in nodes))
    counts = compared(found)
    hints, said = _known(dependencies, found.names)
    least = np.full(counts.after.shape, MANY)
    for pair in hints:
        least[pair] = FEW
    enough = counts.after + counts.before >= least
    q_of = _q_values(found, _plausible(found, counts, enough), enough, hints)
    kept = _direct(found, [pair for pair, (_, q) in q_of.items() if q <= FALSE_SHARE])
    candidates = tuple(
        _candidate(found, counts, pair, q_of[pair], confirmed=pair in said)
        for pair in sorted(kept)
    )
    return candidates, Detection(
        detector=DETECTOR,
        tested=int(enough.sum()),
        found=len(candidates),
        why=_why(boots, found),
    )


def _known(
    dependencies: Iterable[Dependency], names: Sequence[str]
) -> tuple[frozenset[Pair], frozenset[Pair]]:
    """Return the pairs that something hints at, and those that are said to start in that order."""
    at = {name: column for column, name in enumerate(names)}
    hints: set[Pair] = set()
    said: set[Pair] = set()
    for item in dependencies:
        if item.consumer in at and item.provider in at and item.consumer != item.provider:
            pair = (at[item.consumer], at[item.provider])
            supports = any(claim.stance is Stance.SUPPORTS for claim in item.evidence)
            if supports:
                hints.add(pair)
            if supports and item.kind is Kind.STARTUP_ORDER:
                said.add(pair)
    return frozenset(hints), frozenset(said)


def _plausible(found: Rounds, counts: Compared, enough: Flags) -> list[Pair]:
    """Return the pairs without a counterexample that had to wait, longer than they need anyway."""
    plausible = (
        enough
        & (counts.before == 0)
        & (counts.waited > 0)
        & (counts.longest > found.shortest[:, None])
    )
    return [(int(one), int(other)) for one, other in zip(*np.nonzero(plausible), strict=True)]


def _q_values(
    found: Rounds, plausible: Iterable[Pair], enough: Flags, hints: Collection[Pair]
) -> dict[Pair, tuple[float, float]]:
    """Return (p, q) of each pair; those that something hints at are a family of their own.

    All other pairs that were tested count with p = 1.
    """
    family: dict[bool, dict[Pair, float]] = {True: {}, False: {}}
    for pair in plausible:
        family[pair in hints][pair] = _chance(found, pair)
    hinted = sum(bool(enough[pair]) for pair in hints)
    tested = {True: hinted, False: int(enough.sum()) - hinted}
    judged: dict[Pair, tuple[float, float]] = {}
    for hint, chances in family.items():
        others = [1.0] * (tested[hint] - len(chances))
        q_of = q_values([*chances.values(), *others])
        for (pair, p), q in zip(chances.items(), q_of, strict=False):
            judged[pair] = (p, q)
    return judged


@dataclass(frozen=True, slots=True)
class _Waits:
    """What one pair did in the rounds they have in common, in seconds."""

    took: Values
    least: Values
    lag: Values
    unsure: float


def _waits(found: Rounds, pair: Pair, after: Sequence[int] = ()) -> _Waits:
    """Return how long a consumer took, and how long its provider would have let it wait.

    Args:
        found: the rounds.
        pair: consumer and provider.
        after: providers from whose readiness on the consumer's time is counted.
    """
    consumer, provider = pair
    started, ready = found.started[:, consumer], found.ready[:, consumer]
    together = found.down[:, provider] <= started + found.shortest[consumer]
    common = np.flatnonzero(together & np.isfinite(ready))
    begin = started[common]
    for other in after:
        moment = found.ready[common, other]
        begin = np.where(np.isfinite(moment), np.maximum(begin, moment), begin)
    pace = _pace(found, common, provider)
    early = found.early[common, provider]
    too_early = begin < early
    return _Waits(
        took=(ready[common] - begin) / pace,
        least=(early - begin) / pace,
        lag=(ready[common] - found.ready[common, provider])[too_early],
        unsure=float(((ready - found.early[:, consumer])[common] / pace).max(initial=0.0)),
    )


def _pace(found: Rounds, rows: Rows, provider: int) -> Values:
    """Return how slow each round was, 1 as usual, by what was ready before the provider.

    What was ready before did not wait for it. Where that is too little, the round is as usual.
    """
    before = found.ready[rows] < found.early[rows][:, [provider]]
    took, usual = (np.maximum(values, _TICK) for values in (found.took[rows], found.usual))
    ratio = np.where(before, took / usual, np.nan)
    pace = np.ones(len(rows))
    enough = before.sum(axis=1) >= _PACE
    if enough.any():
        pace[enough] = np.nanmedian(ratio[enough], axis=1)
    return pace


def _chance(found: Rounds, pair: Pair, after: Sequence[int] = ()) -> float:
    waits = _waits(found, pair, after)
    margin = max(0.0, float((waits.took - waits.least).min()) - waits.unsure)
    return untouched(waits.took.tolist(), (waits.least + margin - _TICK).tolist())


def _direct(found: Rounds, pairs: Iterable[Pair]) -> list[Pair]:
    """Leave out what follows from other pairs of the same consumer."""
    of: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        of[pair[0]].append(pair)
    kept: list[Pair] = []
    for group in of.values():
        group.sort(key=lambda pair: (float(np.std(_waits(found, pair).lag)), pair))
        taken: list[int] = []
        for pair in group:
            if not taken or _chance(found, pair, taken) < INDIRECT:
                taken.append(pair[1])
                kept.append(pair)
    return kept


def _candidate(
    found: Rounds,
    counts: Compared,
    pair: Pair,
    chance: tuple[float, float],
    *,
    confirmed: bool,
) -> Candidate:
    consumer, provider = (found.names[at] for at in pair)
    many, waited = int(counts.after[pair]), int(counts.waited[pair])
    early = np.flatnonzero(found.started[:, pair[0]] < found.early[:, pair[1]])
    failed = int(found.failed[early, pair[0]].sum())
    return Candidate(
        detector=DETECTOR,
        consumer=consumer,
        provider=provider,
        kind=Kind.STARTUP_ORDER,
        message=f"{consumer} is ready only after {provider} when they start together",
        statistic=f"in all {many} boots in common {provider} was ready first; in {waited} of them "
        f"{consumer} had started before that, and {_then(waited, failed)}",
        value=float(f"{chance[0]:.3g}"),
        units=many,
        q_value=float(f"{chance[1]:.3g}"),
        alternative="both wait for a third that is not seen, a node slows both down while they "
        "start, or whoever deploys them keeps to this order",
        confirmed=confirmed,
        locators=tuple(_boot(found, int(row), pair[0]) for row in early[-EXAMPLES:]),
    )


def _then(waited: int, failed: int) -> str:
    if not failed:
        return "was ready only later"
    return "failed" if failed >= waited else f"failed ({failed}) or was ready only later"


def _boot(found: Rounds, row: int, column: int) -> str:
    """Return where a person finds a boot: the instance and when it started."""
    moment = datetime.fromtimestamp(found.started[row, column], tz=UTC)
    return f"boot:{found.instance[row, column]}@{moment.isoformat(timespec='seconds')}"


def _why(boots: Sequence[Boot], found: Rounds) -> str:
    if not boots:
        return "no source tells when services started"
    if found.left:
        return (
            f"{found.left} services started in fewer than {FEW} rounds, or are more than can be "
            "compared"
        )
    return "" if found.names else "no boot is one of a service that is known"
