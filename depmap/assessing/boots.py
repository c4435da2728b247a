"""Start order as it was observed: in every boot, one service is ready only after another.

A pair is judged over the boots they have in common (``rounds``; the provider started before the
consumer could have been ready). One boot in which the consumer was ready first is a counterexample
and ends it, as in the Mystery Machine (Chow et al., OSDI 2014). By a coin, k boots agree with
probability 0.5^k; of 1,770 pairs of 60 services 111 do so in 5 boots, and 0.9 in 12, so that many
are needed where nothing else hints at the pair, and one at least in which the consumer had started
too early.

Whether a wait is more than chance, and which one explains the others, is judged by how long the
consumer takes (``waits``): by the order alone, what is slow would wait for all that is fast.

All pairs that start together are compared in each round, at most ``MOST_ROUNDS`` times
``MOST_SERVICES`` squared; the share of permutations is O(n^2) for n <= ``SAMPLE`` boots of a pair.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.assessing import waits
from depmap.assessing.rounds import FEW, compared, rounds
from depmap.assessing.significance import FALSE_SHARE, q_values
from depmap.model.finding import Candidate, Detection
from depmap.model.words import Kind, Stance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from depmap.assessing.rounds import Compared, Flags, Rounds
    from depmap.assessing.waits import Pair
    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Boot, Node

DETECTOR: Final = "starts-after"
MANY: Final = 12
"""Boots in common that a pair needs of which nothing else is known; others need ``FEW``."""
EXAMPLES: Final = 3


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
    q_of = _q_values(found, _plausible(counts, enough), enough, (said, hints - said))
    striking = [pair for pair, (_, q) in q_of.items() if q <= FALSE_SHARE]
    kept = waits.direct(found, [pair for pair in striking if not waits.slow_together(found, pair)])
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


def _plausible(counts: Compared, enough: Flags) -> list[Pair]:
    """Return the pairs without a counterexample, of which one had to wait at least once."""
    plausible = enough & (counts.before == 0) & (counts.waited > 0)
    return [(int(one), int(other)) for one, other in zip(*np.nonzero(plausible), strict=True)]


def _q_values(
    found: Rounds, plausible: Iterable[Pair], enough: Flags, hinted: Sequence[Collection[Pair]]
) -> dict[Pair, tuple[float, float]]:
    """Return (p, q) of each pair: those of each kind of hint are a family, and the rest is one.

    All other pairs of a family that were tested count with p = 1.
    """
    of: dict[int, list[int]] = defaultdict(list)
    for consumer, provider in plausible:
        of[consumer].append(provider)
    chances = {
        (consumer, provider): chance
        for consumer, providers in of.items()
        for provider, chance in zip(
            providers, waits.chances(found, consumer, providers).tolist(), strict=True
        )
    }
    judged: dict[Pair, tuple[float, float]] = {}
    left, tested = dict(chances), int(enough.sum())
    for family in hinted:
        mine = {pair: left.pop(pair) for pair in sorted(family) if pair in left}
        many = sum(bool(enough[pair]) for pair in family)
        tested -= many
        judged |= _with_q(mine, many)
    return judged | _with_q(left, tested)


def _with_q(chances: Mapping[Pair, float], tested: int) -> dict[Pair, tuple[float, float]]:
    """Return (p, q); without writing down the others that were tested, all of them with p = 1."""
    scale = tested / max(1, len(chances))
    q_of = q_values(list(chances.values()))
    return {
        pair: (p, min(1.0, q * scale)) for (pair, p), q in zip(chances.items(), q_of, strict=True)
    }


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
