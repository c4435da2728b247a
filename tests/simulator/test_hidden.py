"""What the simulated estates plant is there, and depmap finds it where it is hardest."""

from __future__ import annotations

import numpy as np
import pytest

from depmap.assessing.peaks import peak_only
from depmap.history.drift import rate_changes
from depmap.tracing.activity import activity
from tests.simulator.drifting import drifted, unchanged
from tests.simulator.hidden import Setting, estate
from tests.simulator.slowing import slowed
from tests.simulator.suspecting import suspicions

SHORT = Setting(services=40, days=10, rhythm=0.3, hours=(1, 3), uses=(2, 6))


def test_the_same_seed_gives_the_same_estate_and_another_another() -> None:
    assert estate(1, SHORT) == estate(1, SHORT)
    assert estate(1, SHORT) != estate(2, SHORT)


def test_what_is_planted_is_there_and_used_as_it_is_said() -> None:
    found = estate(1, SHORT)
    when = activity(found.dependencies)
    assert (len(found.peak), len(found.batch), len(found.gone)) == (8, 8, 8)
    assert found.peak | found.batch | found.gone <= {item.key for item in found.dependencies}
    for key in found.peak:
        assert len(when.used[key].hours) <= 3 * SHORT.days
        assert 1 <= when.calls(key).sum() / SHORT.days <= 12
    assert all(when.used[key].hours[-1] < when.start + 24 * SHORT.days / 1.4 for key in found.gone)
    assert all(len(when.used[key].hours) <= SHORT.days for key in found.batch)


def test_used_a_few_times_a_day_for_ten_days_under_a_weak_rhythm_is_enough() -> None:
    found = estate(4, SHORT)
    said = {
        (item.consumer, item.provider, item.kind)
        for item in peak_only(activity(found.dependencies))[0]
    }
    assert len(said & found.peak) >= 7
    assert len(said - found.peak) <= 1


def test_what_drifts_changes_by_as_much_and_the_rest_by_nothing() -> None:
    found = drifted(1)
    before = {(item.consumer, item.provider, item.kind): item for item in found.old}
    ratios = {
        key: (item.calls / item.work) / (before[key].calls / before[key].work)
        for item in found.new
        if (key := (item.consumer, item.provider, item.kind)) in before
    }
    still = [ratio for key, ratio in ratios.items() if key not in found.changed]
    moved = [abs(np.log(ratios[key])) for key in found.changed]
    assert np.median(still) == pytest.approx(1, abs=0.1)
    assert np.median(moved) == pytest.approx(np.log(1.6), abs=0.2)


@pytest.mark.parametrize("shape", [50.0, 3.0])
def test_days_scatter_by_as_much_as_they_are_meant_to_and_nothing_has_changed(
    shape: float,
) -> None:
    old, new = unchanged(1, shape, 28, many=200)
    busy = [item for item in (*old, *new) if item.calls / item.days > 300]
    scatter = np.median(
        [item.scatter / (item.days - 1) / (item.calls / item.days) for item in busy]
    )
    assert scatter == pytest.approx(1 / shape, rel=0.6)
    assert len(rate_changes(old, new)) <= 0.05 * len(new)


def test_coupled_services_slow_down_together_and_no_others() -> None:
    found = slowed(2)
    names = sorted(found.series)
    far = [np.diff(found.series[name][0]) for name in names]
    pairs = np.asarray(np.corrcoef(far))
    coupled = [pairs[names.index(one), names.index(other)] for one, other in found.pairs]
    assert len(coupled) == 3
    assert min(coupled) > 0.2
    assert np.median(np.abs(pairs[np.triu_indices(30, 1)])) < 0.1


def test_sampling_by_outcome_is_suspected_where_nobody_tells_and_fair_sampling_is_not() -> None:
    assert suspicions([300]) == {
        "all": [False],
        "10 % head": [False],
        "10 % + all errors": [True],
        "10 % + failed roots": [True],
        "1 % + all errors": [True],
        "1 % + failed roots": [True],
    }
