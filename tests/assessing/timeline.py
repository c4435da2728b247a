"""Dependencies with traces hour by hour, written down as (hour, calls)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.builders import depends, seen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.dependency import Dependency

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


def hourly(
    consumer: str, provider: str, calls: Iterable[tuple[float, int]], **more: Any
) -> Dependency:
    """A dependency that was used at these hours after ``MONDAY``, so many times."""
    rows = tuple(
        seen(
            consumer,
            provider,
            calls=many,
            first_seen=MONDAY + timedelta(hours=hour),
            last_seen=MONDAY + timedelta(hours=hour, minutes=1),
        )
        for hour, many in calls
    )
    return depends(consumer, provider, evidence=(*rows, *more.pop("also", ())), **more)


def days(count: int, by_hour: Iterable[tuple[float, int]]) -> list[tuple[float, int]]:
    """The same hours on so many days."""
    hours = list(by_hour)
    return [(24 * day + hour, many) for day in range(count) for hour, many in hours]
