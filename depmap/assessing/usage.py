"""How much each dependency was used in a stretch of time, and how much that scatters by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from depmap.model.coverage import Usage
from depmap.tracing.activity import HOUR_S, by_day, day_begins

if TYPE_CHECKING:
    from datetime import datetime

    from depmap.tracing.activity import Activity, Key


def usage(activity: Activity, since: datetime, until: datetime) -> tuple[Usage, ...]:
    """Return how much each dependency was used, by key; those that were not are left out.

    Args:
        activity: calls by hour.
        since: the first hour that counts.
        until: the first that does no more.
    """
    first, last = (int(moment.timestamp()) // HOUR_S for moment in (since, until))
    hours = slice(max(0, first - activity.start), max(0, last - activity.start))
    found = [_usage(activity, key, hours) for key in activity.used]
    return tuple(item for item in found if item is not None)


def _usage(activity: Activity, key: Key, hours: slice) -> Usage | None:
    columns = [one[hours] for one in (activity.calls(key), activity.exposure(key), activity.load)]
    begins = day_begins(activity.start + hours.start, len(columns[0]))
    calls, work, load = (by_day(one, begins) for one in columns)
    by_work = bool(work.any())
    # The days on which there was work, else the ones on which traces show anything at all.
    chances = work if by_work else np.sign(load)
    calls, chances = calls[chances > 0], chances[chances > 0]
    if not calls.any():
        return None
    expected = chances * (calls.sum() / chances.sum())
    consumer, provider, kind = key
    return Usage(
        consumer=consumer,
        provider=provider,
        kind=kind,
        days=len(calls),
        calls=int(calls.sum()),
        work=int(chances.sum()),
        by_work=by_work,
        scatter=round(float(((calls - expected) ** 2 / expected).sum()), 3),
    )
