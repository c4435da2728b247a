"""What a failure test or a question would change: the value of information about one strength.

For a dependency e of a on b, VOI_e = sd(delta_e) * [impact(b | delta_e = 1) - impact(b | delta_e =
0)]: how far its strength is open, times how much of all requests hangs on it. The impact is that
of the exact replay, over all business operations by their requests. Where operations of a pair
have strengths of their own, all of them are set together, and how far the pair is open is the mean
over the calls that requests make.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.assessing.impact import EXPECTED, WAITED, Grounds
from depmap.assessing.impact_replay import replay, ways_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from depmap.assessing.impact_trees import Column, Pair, Trees

LEAST: Final = 1e-4
"""What would change by less than this share of the requests is not asked."""


def worth(found: Grounds, most: int) -> dict[Pair, float]:
    """Return the value of information of the pairs for which it is largest.

    Providers are tried in order of an upper bound, the largest spread among their pairs times the
    share of requests that reach them, until the bound says that none of the rest can be among
    the first: what is returned is exact.

    Args:
        found: trees and deltas, as ``grounds`` gives them.
        most: of how many pairs.
    """
    trees = found.trees
    rows = _rows(trees)
    spread = _spread(found, rows)
    by_provider: dict[str, list[Pair]] = defaultdict(list)
    for pair in sorted(spread):
        if spread[pair] > LEAST:
            by_provider[pair[1]].append(pair)
    bounds = sorted(
        ((max(spread[pair] for pair in pairs) * _reaching(trees, provider), provider)
         for provider, pairs in by_provider.items()),
        key=lambda item: (-item[0], item[1]),
    )  # fmt: skip
    values: dict[Pair, float] = {}
    for bound, provider in bounds:
        if bound < _least_of(values, most):
            break
        pairs = by_provider[provider]
        gained = _difference(found, provider, [rows[pair] for pair in pairs]).tolist()
        values |= {pair: spread[pair] * more for pair, more in zip(pairs, gained, strict=True)}
    ranked = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    return {pair: value for pair, value in ranked[:most] if value >= LEAST}


def _rows(trees: Trees) -> dict[Pair, list[int]]:
    """Return where the calls of each pair are."""
    rows: dict[Pair, list[int]] = defaultdict(list)
    for at, call in enumerate(trees.calls):
        rows[call.pair].append(at)
    return rows


def _spread(found: Grounds, rows: Mapping[Pair, Sequence[int]]) -> dict[Pair, float]:
    """Return how far the strength of each pair is open: standard deviation of its draws."""
    trees = found.trees
    deviation = found.deltas[:, WAITED + 1 :].std(axis=1)
    called = trees.call >= 0
    made = np.bincount(
        trees.call[called], weights=trees.count[trees.flow[called]], minlength=len(trees.calls)
    )
    return {
        pair: float(deviation[at] @ made[at] / made[at].sum() if len(at) > 1 else deviation[at[0]])
        for pair, at in rows.items()
    }


def _least_of(values: dict[Pair, float], most: int) -> float:
    """Return the value that a further pair must have to be among the first."""
    return sorted(values.values())[-most] if len(values) >= most else LEAST


def _reaching(trees: Trees, provider: str) -> float:
    """Return the share of all requests in whose trees a node is."""
    flows = np.unique(trees.flow[trees.of({provider})])
    return float(trees.count[flows].sum() / trees.count.sum())


def _difference(found: Grounds, provider: str, pairs: Sequence[Sequence[int]]) -> Column:
    """Return by how much the share of failing requests differs between delta 1 and delta 0.

    Args:
        found: trees and deltas.
        provider: whom the pairs call.
        pairs: of each, where its calls are.
    """
    trees = found.trees
    deltas = np.repeat(found.deltas[:, EXPECTED : EXPECTED + 1], 2 * len(pairs), axis=1)
    for at, calls in enumerate(pairs):
        deltas[calls, at] = 1.0
        deltas[calls, at + len(pairs)] = 0.0
    lost = replay(trees, ways_up(trees, trees.of({provider})), deltas).lost
    share = trees.requests @ lost / trees.requests.sum()
    difference: Column = share[: len(pairs)] - share[len(pairs) :]
    return difference
