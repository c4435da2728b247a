from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from depmap.assessing.usage import usage
from depmap.history.drift import rate_changes
from depmap.model.dependency import Dependency
from depmap.tracing.activity import activity
from tests.assessing.timeline import MONDAY, days, hourly

if TYPE_CHECKING:
    from depmap.model.coverage import Usage
    from depmap.model.dependency import Dependency

BORDER = MONDAY + timedelta(days=20)


def used(provider: str, before: int, after: int, *, scatter: int = 0) -> Dependency:
    """So many calls a day for twenty days, then as many others, each day more or less."""
    calls = [
        (24 * day + 9, (before if day < 20 else after) + (scatter if day % 2 else -scatter))
        for day in range(40)
    ]
    return hourly("a", provider, calls)


def work(before: int = 1000, after: int = 1000) -> Dependency:
    calls = [(24 * day + 9, before if day < 20 else after) for day in range(40)]
    return hourly("web", "a", calls)


def both(
    *items: Dependency, border: datetime = BORDER
) -> tuple[tuple[Usage, ...], tuple[Usage, ...]]:
    """How much they were used before and after."""
    when = activity(items)
    return (
        usage(when, MONDAY, border),
        usage(when, border, MONDAY + timedelta(days=40)),
    )


def found(*items: Dependency) -> list[tuple[str, float]]:
    changes = rate_changes(*both(*items))
    return [(item.key[1], round(item.ratio, 2)) for item in changes]


def test_twice_as_many_calls_for_the_same_work_are_a_change() -> None:
    assert found(work(), used("b", 50, 100), used("c", 50, 50)) == [("b", 2.0)]


def test_twice_as_many_calls_for_twice_the_work_are_none() -> None:
    busier = work(1000, 2000)
    assert found(busier, used("b", 50, 100)) == [("a", 2.0)]


def test_what_scatters_as_much_anyhow_has_not_changed() -> None:
    assert found(work(), used("b", 50, 70)) == [("b", 1.4)]
    assert found(work(), used("b", 50, 70, scatter=45)) == []


def test_a_small_change_is_no_news_however_sure() -> None:
    assert found(work(), used("b", 5000, 5900)) == []


@pytest.mark.parametrize(("before", "after"), [(5, 5), (4, 20), (20, 4)])
def test_from_five_days_on_each_side_a_change_can_be_told(before: int, after: int) -> None:
    calls = [(24.0 * day + 9, 50 if day < before else 150) for day in range(before + after)]
    items = (hourly("web", "a", days(before + after, [(9.0, 1000)])), hourly("a", "b", calls))
    changes = rate_changes(*both(*items, border=MONDAY + timedelta(days=before)))
    assert len(changes) == (min(before, after) >= 5)


@pytest.mark.parametrize("few", [1, 2])
def test_from_ten_calls_on_each_side_a_change_can_be_told(few: int) -> None:
    """Nine calls in nine days are too few, eighteen are enough."""
    calls = [(24.0 * day + 9, few if day < 9 else 40) for day in range(40) if day < 9 or day >= 20]
    changes = rate_changes(*both(work(), hourly("a", "b", calls)))
    assert len(changes) == (few * 9 >= 10)


def test_without_other_work_of_the_consumer_days_count() -> None:
    alone = used("b", 50, 100)
    (change,) = rate_changes(*both(alone))
    assert (change.by_work, change.before, change.after, change.days) == (False, 50, 100, (20, 20))


def test_the_interval_holds_the_ratio_and_widens_with_the_scatter() -> None:
    steady, _ = rate_changes(*both(work(), used("b", 50, 100), used("c", 50, 100, scatter=9)))
    (loose,) = rate_changes(*both(work(), used("c", 50, 100, scatter=25)))
    assert steady.low < 2 < steady.high
    assert loose.high - loose.low > 1.5 * (steady.high - steady.low)
