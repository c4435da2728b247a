from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from depmap.merging.selection import suspected
from depmap.merging.tilt import tilt
from depmap.model.evidence import Flow
from depmap.model.words import Source
from tests.builders import claim, node, seen

if TYPE_CHECKING:
    from depmap.model.evidence import Evidence

CLEAN = 2000


def callers(
    of: str, *units: tuple[int, int], incidents: int = 60, clean: int = CLEAN
) -> list[Evidence]:
    """Consumers of a provider: units in which it failed, and in which they did as well."""
    return [
        seen(f"c{at}", of, units=(failed, too, clean, 0), incidents=incidents)
        for at, (failed, too) in enumerate(units)
    ]


EVEN = [row for name in "pqr" for row in callers(name, (60, 60), (60, 3))]
KEPT = [row for name in "pqr" for row in callers(name, (60, 60), (9, 3))]
"""The same, of whose saved requests one in ten was kept."""


def test_providers_fail_as_often_for_those_that_need_them_as_for_others() -> None:
    found = tilt(EVEN)
    assert found is not None
    assert found.slope == pytest.approx(0, abs=0.01)


def test_what_consumers_saved_and_nobody_kept_makes_a_tilt() -> None:
    found = tilt(KEPT)
    assert found is not None
    assert found.slope > 2
    assert found.slope > 3 * found.error
    assert suspected([], [], KEPT)
    assert not suspected([], [], EVEN)


def test_failures_of_one_minute_are_one_observation() -> None:
    outage = [row for name in "pqr" for row in callers(name, (60, 60), (9, 3), incidents=1)]
    one, other = tilt(outage), tilt(KEPT)
    assert one is not None
    assert other is not None
    assert one.error > 1.9 * other.error
    assert not suspected([], [], outage)


@pytest.mark.parametrize(("saved", "expected"), [((6, 2), True), ((8, 2), False)])
def test_half_a_proof_is_enough_where_many_requests_fail(
    saved: tuple[int, int], expected: bool
) -> None:
    some = [row for name in "pqr" for row in callers(name, (20, 20), saved, incidents=9)]
    found = tilt(some)
    assert found is not None
    assert 0.5 < found.slope < 2.5 * found.error
    assert (found.slope > 2 * found.error) is expected
    well = [Flow(operation="a", nodes=("a",), parents=(-1,), blocking=(True,), count=900)]
    assert not suspected([node("a", requests=1000, requests_failed=40)], well, some)
    assert suspected([node("a", requests=1000, requests_failed=60)], well, some) is expected


def test_a_tilt_that_is_sure_but_small_is_none() -> None:
    many = [row for at in range(90) for row in callers(f"p{at}", (60, 60), (42, 3))]
    found = tilt(many)
    assert found is not None
    assert 3 * found.error < found.slope < 0.5
    assert not suspected([], [], many)


def test_providers_that_do_not_agree_make_the_slope_less_sure() -> None:
    one = [row for name in "pqr" for row in callers(name, (60, 60), (9, 3))]
    other = [row for name in "xyz" for row in callers(name, (60, 3), (9, 9))]
    found, alike = tilt([*one, *other]), tilt([*EVEN, *KEPT])
    assert found is not None
    assert alike is not None
    assert found.error > 1.5 * alike.error


def test_one_caller_a_provider_tells_nothing() -> None:
    assert tilt([row for name in "pqr" for row in callers(name, (60, 60))]) is None
    assert tilt(EVEN[:4]) is None
    assert tilt([]) is None


def test_few_units_and_other_sources_do_not_count() -> None:
    few = callers("s", (5, 0), (5, 5), clean=10)
    code = [claim("c0", "s", source=Source.CODE), claim("c1", "s", source=Source.METRICS)]
    assert tilt([*EVEN, *few, *code]) == tilt(EVEN)


def test_rows_of_many_hours_count_as_one() -> None:
    hour = [
        row
        for name in "pqr"
        for row in callers(name, (30, 30), (30, 1), incidents=30, clean=CLEAN // 2)
    ]
    both = [row for name in "pqr" for row in callers(name, (60, 60), (60, 2))]
    assert tilt([*hour, *hour]) == tilt(both)


def test_without_selection_a_tilt_is_seldom_sure() -> None:
    rng, sure = np.random.default_rng(1), []
    for _ in range(300):
        rows = []
        for provider in range(8):
            rate = rng.uniform(0.002, 0.02)
            for consumer in range(3):
                failed = int(rng.poisson(rate * CLEAN * rng.gamma(8, 1 / 8)))
                too = int(rng.binomial(failed, rng.choice([0.02, 0.3, 0.97])))
                units = (failed, too, CLEAN, 0)
                rows.append(seen(f"c{consumer}", f"p{provider}", units=units, incidents=failed))
        found = tilt(rows)
        sure.append(found is not None and found.slope > 0.5 and found.slope > 3 * found.error)
    assert np.mean(sure) <= 0.01
