from __future__ import annotations

import pytest

from depmap.merging.selection import selection, suspected
from depmap.merging.strength import strengths
from depmap.merging.units import Units
from depmap.model.calls import Calls
from depmap.model.evidence import Flow
from depmap.model.sampling import Policy
from depmap.model.words import Source, Strength
from tests.builders import claim, node, seen


def units(
    n1: int, k1: int, weights: tuple[float, float, float, float] | None = None, *, n0: int = 100
) -> Units:
    return Units(
        failed=n1,
        failed_too=k1,
        clean=n0,
        weights=weights or (n1, k1, n0, 0),
        told=weights is not None,
        incidents=5,
    )


def test_what_was_not_selected_is_not_corrected() -> None:
    found = selection([units(10, 5)], None, suspect=False)
    assert (found.low[0], found.high[0], found.unknown) == (1, 1, False)


def test_the_ratio_follows_from_what_spans_stand_for() -> None:
    # failures stand for themselves, successes for a hundred
    found = selection([units(220, 200, (2200.0, 200.0, 10_000.0, 0.0))], None, suspect=False)
    assert found.low[0] < 100 <= found.high[0]
    assert found.low[0] > 30


def test_heads_that_stand_for_many_alike_are_no_selection() -> None:
    found = selection([units(200, 100, (2000.0, 1000.0, 1000.0, 0.0))], None, suspect=False)
    assert found.low[0] == 1
    assert found.high[0] == pytest.approx(1, abs=0.2)


def test_a_trace_that_is_kept_for_any_error_is_kept_whatever_the_consumer_does() -> None:
    found = selection([units(20, 10)], Policy(head=0.01, errors="any"), suspect=False)
    assert (found.low[0], found.high[0]) == (1, 1)


def test_of_successes_that_were_thrown_away_the_background_is_corrected() -> None:
    few = Units(clean=20, clean_failed=10, weights=(0, 0, 20, 10))
    naive = selection([few], None, suspect=False).background[0]
    corrected = selection([few], Policy(head=0.01, errors="any"), suspect=False).background[0]
    assert corrected == pytest.approx(10 / 1010, rel=0.1)
    assert naive > 0.4


def test_under_an_unknown_policy_traces_alone_make_nothing_strong() -> None:
    strong, weak = seen(units=(20, 20, 500, 0)), seen(units=(20, 0, 500, 0))
    views = strengths([[strong], [weak]], suspect=True)
    assert [view.strength for view in views] == [Strength.UNDETERMINED, Strength.WEAK]
    assert "kept by their outcome" in views[0].basis[-1]


def test_under_an_unknown_policy_others_may_still_make_it_strong() -> None:
    said = claim(source=Source.EXPERIMENTS, strength=Strength.STRONG)
    (view,) = strengths([[seen(units=(20, 20, 500, 0)), said]], suspect=True)
    assert view.strength is Strength.STRONG


def flow(count: int) -> Flow:
    return Flow(operation="a: GET /", nodes=("a",), parents=(-1,), blocking=(True,), count=count)


@pytest.mark.parametrize(
    ("requests", "failed", "healthy", "expected"),
    [
        (1000, 10, 950, False),
        (1000, 450, 500, True),
        (1000, 110, 150, True),
        (1000, 110, 850, False),
        (1000, 10, 300, False),
        (20, 15, 5, False),
    ],
    ids=[
        "as usual",
        "every other request fails",
        "hardly a trace without an error",
        "an outage",
        "many errors that nobody sees",
        "too few to say",
    ],
)
def test_more_failures_than_any_system_has_are_suspect(
    requests: int, failed: int, healthy: int, expected: bool
) -> None:
    nodes = [node("a", requests=requests, requests_failed=failed)]
    assert suspected(nodes, [flow(healthy)], []) is expected


@pytest.mark.parametrize(("errors", "expected"), [(50, True), (5, False)])
def test_more_failures_than_metrics_count_are_suspect(errors: int, expected: bool) -> None:
    traced = claim(source=Source.TRACES, calls=Calls(calls=100, errors=errors))
    counted = claim(source=Source.METRICS, calls=Calls(calls=10_000, errors=300))
    assert suspected([], [], [traced, counted]) is expected
