"""How long requests wait when a node hangs: it takes calls, and does not answer.

Bottom-up over the trees, as failures are replayed. A call c of a visit v waits

    W(c) = tries * min(time-out of c, H(c))      H(c): how long its provider takes to answer

where H is without end for a node that hangs, and for all others what their own calls wait: the
longest of them, as when they are made together or the first that gives up ends the visit (mean),
or all of them one after the other (most). So a time-out cuts those inside it short, and where none
is known the request waits without a known end. On average a call is tried again where it timed out
itself; at most, also where its provider gave up on another.

Calls alike that one visit repeats are in the trees once: at most, each of them waits as often as
the pair is called by a visit on average. What calls take on a good day is not taken off.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from depmap.assessing.impact_trees import Column, Pair
from depmap.model.snapshot import TimeOut, Wait

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.assessing.impact_replay import Ways
    from depmap.assessing.impact_trees import Trees

MEAN, MOST = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """After how long calls give up.

    Attributes:
        known: of the pairs of which that is known.
        endless: pairs whose code sets no time-out.
        after: of each call, in ms; infinite where it is not known.
        tries: how often each call waits, on average and at most: tries, and at most also the
            calls alike that trees show as one.
    """

    known: Mapping[Pair, TimeOut]
    endless: Collection[Pair]
    after: Column
    tries: Column


def limits(trees: Trees, known: Mapping[Pair, TimeOut], endless: Collection[Pair] = ()) -> Limits:
    """Lay out by calls what is known of pairs; see ``Limits``."""
    many = len(trees.calls)
    after, tries, made = np.full(many, np.inf), np.ones((many, 2)), np.ones(many)
    pairs = {pair: at for at, pair in enumerate(sorted({call.pair for call in trees.calls}))}
    of = np.array([pairs[call.pair] for call in trees.calls], dtype=np.int64)
    for at, call in enumerate(trees.calls):
        told = known.get(call.pair)
        if told is not None:
            after[at], made[at] = told.after_ms, told.calls
            tries[at] = told.tries, told.most_tries
    tries[:, MOST] *= np.maximum(1.0, made / _shown(trees, of, np.isfinite(after)))
    return Limits(known, endless, after, tries)


def _shown(trees: Trees, pair: Column, wanted: Column) -> Column:
    """Return how many calls of the pair of each wanted call the trees show a visit, on average."""
    called = np.flatnonzero(trees.call >= 0)
    called = called[wanted[trees.call[called]]]
    many = len(trees.calls)
    code, weight = pair[trees.call[called]], trees.count[trees.flow[called]]
    _, first = np.unique(trees.parent[called] * (many + 1) + code, return_index=True)
    rows = np.bincount(code, weights=weight, minlength=many)
    visits = np.bincount(code[first], weights=weight[first], minlength=many)
    shown: Column = (rows / np.maximum(visits, 1))[pair]
    return np.where(wanted, shown, 1.0)


def waits(trees: Trees, ways: Ways, given: Limits, operations: Iterable[int]) -> tuple[Wait, ...]:
    """Return how long requests wait, by operation; of those where some end of it is known.

    Args:
        trees: the trees.
        ways: the ways from the nodes that hang.
        given: after how long calls give up.
        operations: the business operations that are told, in this order.
    """
    took = _took(ways, given)[ways.roots]
    operation, count = trees.operation[ways.flows], trees.count[ways.flows]
    waiting = took[:, MOST] > 0
    ends = waiting & np.isfinite(took[:, MOST])
    many = len(trees.operations)
    waited = np.bincount(operation[waiting], weights=count[waiting], minlength=many)
    ended = np.bincount(operation[ends], weights=count[ends], minlength=many)
    total = np.bincount(operation[ends], weights=(took[:, MEAN] * count)[ends], minlength=many)
    most = np.zeros(many)
    np.maximum.at(most, operation[ends], took[ends, MOST])
    return tuple(
        Wait(
            operation=trees.operations[at],
            mean_ms=round(float(total[at] / ended[at]), 1),
            most_ms=round(float(most[at]), 1),
            unlimited=round(float(1 - ended[at] / waited[at]), 4),
        )
        for at in operations
        if ended[at] > 0
    )


def _took(ways: Ways, given: Limits) -> Column:
    """Return how long each of the touched rows takes to answer, on average and at most."""
    took = np.zeros((len(ways.touched), 2))
    took[ways.down] = np.inf
    for level in ways.levels:
        inner, after = took[level.rows], given.after[level.call][:, None]
        tries = given.tries[level.call]
        waited = np.minimum(inner, after)
        again = waited[:, MEAN] * np.where(inner[:, MEAN] > after[:, 0], tries[:, MEAN], 1.0)
        begins = level.calls[level.parents]
        longest = np.maximum.reduceat(again, begins)
        in_turn = np.add.reduceat(waited[:, MOST] * tries[:, MOST], begins)
        took[level.above[level.still]] = np.stack([longest, in_turn], axis=1)[level.still]
    return took


def on_the_way(trees: Trees, ways: Ways, given: Limits) -> tuple[TimeOut, ...]:
    """Return the time-outs of the calls of nodes that hang, and the known ones above them."""
    rows = [level.rows for level in ways.levels]
    if not rows:
        return ()
    at = np.concatenate(rows)
    calls = np.concatenate([level.call for level in ways.levels])
    direct = {trees.calls[call].pair for call in np.unique(calls[ways.down[at]]).tolist()}
    known = np.unique(calls[np.isfinite(given.after[calls])]).tolist()
    pairs = direct | {trees.calls[call].pair for call in known}
    return tuple(
        given.known.get(pair) or _unknown(pair, endless=pair in given.endless)
        for pair in sorted(pairs)
    )


def _unknown(pair: Pair, *, endless: bool) -> TimeOut:
    consumer, provider = pair
    return TimeOut(
        consumer=consumer,
        provider=provider,
        after_ms=None,
        tries=1.0,
        most_tries=1,
        calls=1.0,
        basis="its code sets none" if endless else "no time-out known",
    )
