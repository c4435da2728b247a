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
So providers are taken in the order in which they are ready, and each further one must still be
more than chance from the moment at which those before it were ready.

All pairs that start together are compared in each round, at most ``MOST_ROUNDS`` times
``MOST_SERVICES`` squared; the share of permutations is O(n^2) for n <= ``SAMPLE`` boots of a pair.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

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
BLOCK: Final = 6
"""Times are dealt out among so many boots in a row, or up to twice as many: releases change how
long a service takes, and boots that are far apart may differ by that alone."""
SAMPLE: Final = 60
"""Rounds of a consumer by which chance is judged, the last ones; counterexamples are of all."""
_TICK: Final = 0.001
EXAMPLES: Final = 3

Pair = tuple[int, int]


def untouched(took: Values, least: Values) -> Values:
    """Return for each column the share of permutations in which no time is shorter than its least.

    It is the product over i of (c - i) / (n - i), where c times are as long as the i-th longest
    least time; O(n^2) for each column.

    Args:
        took: how long something took, by boot (row) and case (column).
        least: what it must not be shorter than; NaN: the boot is none of the case.
    """
    none = np.isnan(least)
    longest_first = -np.sort(-np.where(none, np.inf, least), axis=0)
    took, many, left_out = np.where(none, np.inf, took), len(took), none.sum(axis=0)
    total = np.zeros(took.shape[1])
    for taken, row in enumerate(longest_first):
        fit = (took >= row).sum(axis=0) - taken
        with np.errstate(divide="ignore"):
            share = np.log(np.maximum(fit, 0)) - np.log(many - taken)
        total += np.where(taken >= left_out, share, 0.0)
    shares: Values = np.exp(total)
    return shares


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
    of: dict[int, list[int]] = defaultdict(list)
    for consumer, provider in plausible:
        of[consumer].append(provider)
    for consumer, providers in of.items():
        chances = _chances(found, consumer, providers)
        for provider, chance in zip(providers, chances.tolist(), strict=True):
            pair = (consumer, provider)
            family[pair in hints][pair] = chance
    hinted = sum(bool(enough[pair]) for pair in hints)
    tested = {True: hinted, False: int(enough.sum()) - hinted}
    judged: dict[Pair, tuple[float, float]] = {}
    for hint, told in family.items():
        others = [1.0] * (tested[hint] - len(told))
        q_of = q_values([*told.values(), *others])
        for (pair, p), q in zip(told.items(), q_of, strict=False):
            judged[pair] = (p, q)
    return judged


def _chances(
    found: Rounds, consumer: int, providers: Sequence[int], after: Sequence[int] = ()
) -> Values:
    """Return for each provider how probable it is that nothing contradicts a wait for it.

    Where the consumer started before the provider was ready, it needed at least some time from
    then on. The least of these times is what a permutation must keep to, too; where readiness is
    known by the scrape only, less an interval of scrapes, since permuted times know no scrapes.

    Args:
        found: the rounds.
        consumer: the service whose times are dealt out anew, of its last ``SAMPLE`` rounds.
        providers: those that it may wait for.
        after: providers from whose readiness on its time is counted.
    """
    rows = np.flatnonzero(np.isfinite(found.took[:, consumer]))[-SAMPLE:]
    started, ready = found.started[rows, consumer], found.ready[rows, consumer]
    begin = started
    for other in after:
        moment = found.ready[rows, other]
        begin = np.where(np.isfinite(moment), np.maximum(begin, moment), begin)
    here = np.ix_(rows, np.asarray(providers))
    pace, early = found.pace[here], found.early[here]
    common = found.down[here] <= (started + found.shortest[consumer])[:, None]
    took = (ready - begin)[:, None] / pace
    least = (early - begin[:, None]) / pace
    unsure = (ready - found.early[rows, consumer])[:, None] / pace
    waited = common & (least > 0)
    margin = np.where(waited, took - least, np.inf).min(axis=0, initial=np.inf)
    margin -= np.where(common, unsure, 0.0).max(axis=0, initial=0.0)
    least = np.where(waited, least + np.maximum(margin, 0.0) - _TICK, -np.inf)
    least = np.where(common, least, np.nan)
    blocks = np.array_split(np.arange(len(rows)), max(1, len(rows) // BLOCK))
    shares: Values = np.prod([untouched(took[block], least[block]) for block in blocks], axis=0)
    return shares


def _direct(found: Rounds, pairs: Iterable[Pair]) -> list[Pair]:
    """Leave out what other pairs of the same consumer explain.

    The provider that is ready first is taken first, so that of two that wait for the same third
    one does not explain the other; then, what is waited for through one of the others is left.
    """
    of: dict[int, list[int]] = defaultdict(list)
    for consumer, provider in pairs:
        of[consumer].append(provider)
    kept: list[Pair] = []
    for consumer, providers in of.items():
        taken: list[int] = []
        for provider in sorted(providers, key=lambda at: (-_lag(found, consumer, at), at)):
            if not taken or _chances(found, consumer, [provider], taken)[0] < INDIRECT:
                taken.append(provider)
        for provider in tuple(taken):
            others = [other for other in taken if other != provider]
            if others and _chances(found, consumer, [provider], others)[0] >= INDIRECT:
                taken.remove(provider)
        kept += [(consumer, provider) for provider in taken]
    return kept


def _lag(found: Rounds, consumer: int, provider: int) -> float:
    """Return the median of the time in seconds from one's readiness to the other's."""
    lag = found.ready[:, consumer] - found.ready[:, provider]
    return float(np.median(lag[np.isfinite(lag)]))


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
