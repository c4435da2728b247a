from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from depmap.merging.load import loaded
from depmap.merging.strength import strength
from depmap.model.calls import Hour, packed_hours
from tests.builders import seen

if TYPE_CHECKING:
    from depmap.model.evidence import Evidence


def by_hour(busy: tuple[int, int], quiet: tuple[int, int], hours: int = 100) -> Evidence:
    """A tenth of the hours is busy; units of each side are spread over its hours."""
    rows = []
    for at in range(hours):
        many = at % 10 == 0
        side, size = (busy, hours // 10) if many else (quiet, hours - hours // 10)
        first = at == (0 if many else 1)
        failed = side[0] // size + (side[0] % size if first else 0)
        too = side[1] // size + (side[1] % size if first else 0)
        rows.append(Hour(500_000 + at, 900 if many else 50, 0, 3000, 0, -1, failed, too))
    n1, k1 = busy[0] + quiet[0], busy[1] + quiet[1]
    item = seen(units=(n1, k1, 500, 0), incidents=50)
    assert item.calls is not None
    return replace(item, calls=replace(item.calls, hours=packed_hours(rows)))


def test_what_fails_its_consumer_only_when_busy_is_told_apart() -> None:
    found = loaded([by_hour(busy=(20, 19), quiet=(90, 2))])
    assert found is not None
    assert (found.busy, found.quiet, found.stronger) == ((20, 19), (90, 2), True)


def test_what_may_be_chance_is_not_reported() -> None:
    assert loaded([by_hour(busy=(4, 3), quiet=(10, 4))]) is None
    assert loaded([by_hour(busy=(2, 2), quiet=(90, 0))]) is None


def test_few_hours_have_no_busy_ones() -> None:
    assert loaded([by_hour(busy=(20, 19), quiet=(90, 2), hours=10)]) is None
    assert loaded([seen(units=(20, 10, 500, 0))]) is None


def test_the_basis_says_so() -> None:
    view = strength([by_hour(busy=(20, 19), quiet=(90, 2))])
    assert view.load_dependent
    assert (
        "traces: stronger under load: in the busiest hours the consumer failed in 19 of 20 such "
        "requests, in the others in 2 of 90"
    ) in view.basis
