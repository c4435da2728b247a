"""Does one service wait for another when they start, or does it merely take longer?

Services are no coins: one that always takes a minute is always ready after one that takes a
second. So chance is judged by the consumer's own times: were they dealt out anew over the same
boots, how often would there be no counterexample? This share of all permutations has a closed form
(what each boot asks for is a least time), and is 1 for what is merely slow. What slows down all is
taken away, as far as the services that were ready before the provider show it; and where the two
keep to a proportion more than to a time from one to the other, a slow node explains them better.

What waits for b is ready after all that b waits for, too, and together with all that wait for b.
So providers are taken in the order in which they are ready, and each further one must still be
more than chance from the moment at which those before it were ready.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from depmap.assessing.rounds import Rounds, Values

INDIRECT: Final = 0.001
"""A pair that another one may explain must be less probable than this without it."""
BLOCK: Final = 8
"""Times are dealt out among so many boots in a row, or up to twice as many: releases change how
long a service takes, and boots that are far apart may differ by that alone."""
LONGER: Final = 1.25
"""By how much longer one must take to be after the other in every boot, just by being slow."""
SAMPLE: Final = 60
"""Rounds of a consumer by which chance is judged, the last ones; counterexamples are of all."""
_TICK: Final = 0.001

Pair = tuple[int, int]
"""Columns of consumer and provider."""


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


def chances(
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


def slow_together(found: Rounds, pair: Pair) -> bool:
    """Whether the two take a time in proportion rather than one a time after the other.

    A node that is slow makes all that starts on it slow; what waits needs its time afterwards.
    Two that take nearly as long would not keep to an order by that.
    """
    consumer, provider = pair
    lag = found.ready[:, consumer] - found.ready[:, provider]
    waited = (found.started[:, consumer] < found.early[:, provider]) & np.isfinite(lag)
    took, of_provider = (np.maximum(found.took[waited, at], _TICK) for at in pair)
    ratio = np.log(took / of_provider)
    in_proportion = np.std(ratio) < np.std(lag[waited]) / np.median(took)
    return bool(in_proportion and np.median(ratio) > np.log(LONGER))


def direct(found: Rounds, pairs: Iterable[Pair]) -> list[Pair]:
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
            if not taken or chances(found, consumer, [provider], taken)[0] < INDIRECT:
                taken.append(provider)
        for provider in tuple(taken):
            others = [other for other in taken if other != provider]
            if others and chances(found, consumer, [provider], others)[0] >= INDIRECT:
                taken.remove(provider)
        kept += [(consumer, provider) for provider in taken]
    return kept


def _lag(found: Rounds, consumer: int, provider: int) -> float:
    """Return the median of the time in seconds from one's readiness to the other's."""
    lag = found.ready[:, consumer] - found.ready[:, provider]
    return float(np.median(lag[np.isfinite(lag)]))
