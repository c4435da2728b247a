"""After how long a call gives up, as far as its durations tell.

When a provider hangs, its consumer's calls all end after the same time, the time-out, and nothing
takes longer. So a time-out is known where many of the slowest calls of a pair ended together,
failed, and the provider's own spans do not end there: then it was the consumer who ended them. A
consumer whose provider answers late, since it waited for somebody else, shows such a pile as well,
and its provider's spans show it too.
"""

from __future__ import annotations

from collections import Counter
from math import floor
from typing import TYPE_CHECKING, Final

from depmap.model.snapshot import TimeOut
from depmap.model.words import Source
from depmap.tracing.latency import middle_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from depmap.model.calls import Calls
    from depmap.model.dependency import Dependency

LEAST: Final = 5
"""So many calls must have ended together."""
MOST: Final = 0.75
"""Share of the calls about as slow, or slower, that must have; and of these, that failed."""
NEAR: Final = 4
"""Buckets below within which a call is about as slow: within 12 to 25 %."""
MOST_TRIES: Final = 10
"""Where more calls were repeated for each that finally failed, most of them did well in the end,
and the ratio says little about how often one is tried."""

Pair = tuple[str, str]


def time_outs(dependencies: Iterable[Dependency]) -> dict[Pair, TimeOut]:
    """Return after how long calls give up, of each pair of which that is known.

    Calls that nobody waits for are left out; of several ways to call, the longest counts.
    """
    found: dict[Pair, list[TimeOut]] = {}
    for item in dependencies:
        one = _time_out(item) if item.kind.is_call and not item.asynchronous else None
        if one is not None:
            found.setdefault((item.consumer, item.provider), []).append(one)
    return {
        pair: max(several, key=lambda one: one.after_ms or 0.0) for pair, several in found.items()
    }


def _time_out(item: Dependency) -> TimeOut | None:
    seen = [
        claim.calls
        for claim in item.evidence
        if claim.source is Source.TRACES and claim.calls is not None
    ]
    ended = _ended(seen)
    if ended is None:
        return None
    after, basis = ended
    tries, most_tries = _tries(seen)
    return TimeOut(
        consumer=item.consumer,
        provider=item.provider,
        after_ms=after,
        tries=tries,
        most_tries=most_tries,
        calls=_calls(seen),
        basis=basis,
    )


def _ended(seen: Sequence[Calls]) -> tuple[float, str] | None:
    """Return the ms after which calls gave up, and what tells so; None where nothing does."""
    failed = sum(calls.errors for calls in seen)
    if failed < LEAST:
        return None
    client = _added(calls.client_buckets for calls in seen)
    server = _added(calls.server_buckets for calls in seen)
    at = _pile(client, failed)
    if at is None:
        return None
    ended = client[at] + client[at + 1]
    answered = sum(server[at + near] for near in range(-2, NEAR))
    if ended - answered < MOST * ended:
        return None
    after = float(f"{middle_ms(max(at, at + 1, key=client.__getitem__)):.2g}")
    if server:
        return after, f"{ended} calls ended after about {after:g} ms without an answer"
    return after, f"{ended} failed calls ended after about {after:g} ms, and none later"


def _pile(client: Counter[int], failed: int) -> int | None:
    """Return the first of the two buckets in which the slowest calls ended together, if any."""
    slower = 0
    for bucket in sorted(client, reverse=True):
        if slower >= failed:
            return None  # with so many slower ones, no pile below is one of failures
        slower += client[bucket]
        ended = client[bucket] + client[bucket + 1]
        about = slower + sum(client[bucket - near] for near in range(1, NEAR + 1))
        if ended >= LEAST and ended >= MOST * about and failed >= MOST * ended:
            return bucket
    return None


def _tries(seen: Sequence[Calls]) -> tuple[float, int]:
    """Return how often a call that goes on failing is made: at least, on average, and at most.

    Those that fail in the end have all been repeated as often as is tried; those that did well
    after all add to the repetitions. So there are at most as many repetitions for each failure.
    """
    retries = sum(calls.retries for calls in seen)
    finally_failed = sum(calls.failed_finally for calls in seen)
    if not retries:
        return 1.0, 1
    ratio = retries / max(1, finally_failed)
    return round(1 + min(1.0, ratio), 3), min(1 + max(1, floor(ratio)), MOST_TRIES)


def _calls(seen: Sequence[Calls]) -> float:
    """Return how many calls a unit that makes any makes, on average."""
    units = sum(calls.units_clean + calls.units_failed for calls in seen)
    return round(max(1.0, sum(calls.calls for calls in seen) / units), 3) if units else 1.0


def _added(parts: Iterable[Iterable[tuple[int, int]]]) -> Counter[int]:
    added: Counter[int] = Counter()
    for buckets in parts:
        for bucket, many in buckets:
            added[bucket] += many
    return added
