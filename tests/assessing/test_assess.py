from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depmap.assessing.assess import assess
from depmap.history.maps import past_maps
from depmap.history.store import save
from depmap.model.evidence import Audit, Flow, Shared
from depmap.model.words import Kind, Source
from tests.assessing.timeline import MONDAY, days, hourly
from tests.builders import AS_OF, claim, depends, node
from tests.functional.projects import snapshot
from tests.simulator.hidden import estate

if TYPE_CHECKING:
    import random

HOURS = [(float(hour), 100 + 10 * hour) for hour in range(24)]
ITEMS = [
    hourly("web", "a", days(14, HOURS)),
    hourly("a", "auth", days(14, [(22, 1), (23, 1)])),
    hourly("a", "ledger", days(14, [(2.2, 40)])),
    hourly("a", "old", days(7, [(float(hour), 2) for hour in range(0, 24, 2)])),
    depends("verifier", "issuer", kind=Kind.SHARED_SECRET),
    depends("a", "b", evidence=(claim("a", "b"), claim("a", "b", source=Source.AUDITS))),
]
SHARED = [
    Shared(kind=Kind.SHARED_CONFIG, resource="x", members=("a", "web")),
    Shared(kind=Kind.SHARED_SECRET, resource="key", members=("issuer", "verifier")),
]
FLOWS = [
    Flow(
        operation="web: GET /", nodes=("web", "a"), parents=(-1, 0), blocking=(True, True), count=9
    )
]
NODES = [node(name) for name in ("a", "auth", "b", "issuer", "verifier", "web")]
AUDITS = [Audit(service="a", at=AS_OF)]


def assessed(*, order: random.Random | None = None) -> Any:
    parts: list[list[Any]] = [list(NODES), list(ITEMS), list(FLOWS), list(SHARED)]
    for part in parts:
        if order:
            order.shuffle(part)
    nodes, items, flows, shared = parts
    return assess(nodes, items, flows, shared=shared, audits=AUDITS)


def test_each_detector_finds_its_own_and_says_what_else_it_could_be() -> None:
    found = {item.detector: item for item in assessed().candidates}
    assert sorted(found) == [
        "batch-only",
        "gone",
        "peak-only",
        "shared-config",
        "shared-secret",
    ]
    assert all(item.alternative and item.statistic for item in found.values())
    assert {name for name, item in found.items() if item.q_value is not None} == {
        "batch-only",
        "gone",
        "peak-only",
    }


def test_every_candidate_is_asked_about() -> None:
    found = assessed()
    asked = {(item.consumer, item.provider) for item in found.inquiries}
    assert asked >= {(item.consumer, item.provider) for item in found.candidates}


def test_what_a_person_says_of_the_time_confirms_it() -> None:
    said = claim("a", "auth", source=Source.PEOPLE, when="peak")
    items = [replace(item, evidence=(*item.evidence, said)) if item.provider == "auth" else item
             for item in ITEMS]  # fmt: skip
    found = {item.detector: item for item in assess(NODES, items, FLOWS).candidates}
    assert found["peak-only"].confirmed
    assert not found["batch-only"].confirmed


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_in_which_things_come_changes_nothing(order: random.Random) -> None:
    one, other = assessed(), assessed(order=order)
    for part in ("candidates", "detections", "coverage", "inquiries", "incidents"):
        assert getattr(one, part) == getattr(other, part)
    assert sorted(map(repr, one.findings)) == sorted(map(repr, other.findings))


def test_counts_that_scatter_raise_hardly_an_alarm() -> None:
    """However much counts vary from hour to hour, little but what was planted is found."""
    truth = estate(3)
    found = assess([], truth.dependencies, [])
    timed = {
        (item.consumer, item.provider, item.kind)
        for item in found.candidates
        if item.detector in {"peak-only", "peak-amplified", "batch-only", "gone", "dormant"}
    }
    planted = truth.peak | truth.batch | truth.gone
    assert len(timed - planted) <= 0.05 * len(timed)
    assert len(timed) >= 0.8 * len(planted)


def test_earlier_snapshots_tell_what_was_on_the_map(tmp_path: Any) -> None:
    old = replace(snapshot(), quarter="2026Q3", as_of=MONDAY)
    save(old, tmp_path)
    save(replace(snapshot(), as_of=AS_OF), tmp_path)
    (tmp_path / "2025Q1.json").write_text("{")
    ((moment, pairs),), (gap,) = past_maps(tmp_path, AS_OF + timedelta(days=1), "2026Q4")
    assert moment == MONDAY
    assert pairs == {("cart", "pricing"), ("cart", "redis")}
    assert gap.locator == "2025Q1.json"
    assert past_maps(tmp_path, MONDAY, "2026Q4")[0] == ()
    assert past_maps(tmp_path / "none", AS_OF, "2026Q4") == ((), ())


@pytest.mark.parametrize("source", [Source.TRACES, Source.CODE])
def test_nothing_at_all_can_be_assessed(source: Source) -> None:
    assert assess([], [], []).candidates == ()
    assert assess([], [depends("a", "b", evidence=(claim(source=source),))], []).candidates == ()
