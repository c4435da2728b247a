from __future__ import annotations

import numpy as np
import pytest

from depmap.assessing.assess import assess
from depmap.assessing.couplings import (
    coupled,
    hub_findings,
    hub_limit,
    hubs,
    shared_findings,
)
from depmap.assessing.detecting import findings_of
from depmap.assessing.exchanges import conflicts_apart, exchanges
from depmap.assessing.fallbacks import fallback_only
from depmap.assessing.hidden import hidden
from depmap.assessing.latency_coupling import _apart, hourly, latency_coupled
from depmap.model.calls import Calls, Hour, packed_hours
from depmap.model.evidence import ONLY_AS_FALLBACK, Flow, Shared
from depmap.model.words import Kind, Source
from tests.assessing.timeline import MONDAY
from tests.builders import claim, depends, node
from tests.simulator.slowing import slowed

SECRET = depends("verifier", "issuer", kind=Kind.SHARED_SECRET)


def shared(kind: Kind, *members: str, **more: object) -> Shared:
    return Shared(kind=kind, resource=str(more.pop("resource", "r")), members=members, **more)  # type: ignore[arg-type]


def test_the_verifier_depends_on_the_issuer() -> None:
    (found,), _ = coupled([SECRET], [shared(Kind.SHARED_SECRET, "issuer", "verifier")], 10)
    assert (found.consumer, found.provider, found.directed) == ("verifier", "issuer", True)
    assert (found.statistic, found.q_value) == ("2 services share it (weight 0.63 of 1)", None)
    assert found.alternative


def test_a_candidate_is_confirmed_by_a_second_kind_of_source_or_a_person() -> None:
    def standing(*sources: Source) -> bool:
        evidence = tuple(
            claim("verifier", "issuer", Kind.SHARED_SECRET, source) for source in sources
        )
        item = depends("verifier", "issuer", kind=Kind.SHARED_SECRET, evidence=evidence)
        (found,), _ = coupled([item], [], 10)
        return found.confirmed

    assert standing(Source.CODE) is False
    assert standing(Source.CODE, Source.CODE) is False
    assert standing(Source.CODE, Source.DEPLOYMENT) is True
    assert standing(Source.PEOPLE) is True


def test_who_shares_without_an_owner_is_coupled_in_no_direction() -> None:
    found, _ = coupled([], [shared(Kind.SHARED_CONFIG, "a", "b", "c")], 10)
    pairs = [(item.consumer, item.provider, item.directed) for item in found]
    assert pairs == [("a", "b", False), ("a", "c", False), ("b", "c", False)]


def test_who_shares_depends_on_the_owner() -> None:
    found, _ = coupled([], [shared(Kind.SHARED_DATA, "a", "b", "c", owner="b")], 10)
    pairs = [(item.consumer, item.provider, item.directed) for item in found]
    assert pairs == [("a", "b", True), ("c", "b", True)]


def test_a_large_group_without_an_owner_is_one_finding_and_no_pairs() -> None:
    group = shared(Kind.SHARED_CONFIG, *"abcdef", resource="telemetry")
    candidates, _ = coupled([], [group], 10)
    assert candidates == ()
    (found,) = shared_findings([group], candidates, 10)
    assert found.message.startswith("a, b, c, d, e, f are coupled by telemetry")


def test_a_platform_resource_is_reported_once_and_not_as_pairs() -> None:
    names = tuple(f"s{i:02}" for i in range(11))
    many = shared(Kind.SHARED_CONFIG, *names, resource="platform.env")
    follows = [depends(name, "s00", kind=Kind.SHARED_CONFIG) for name in names[1:]]
    candidates, _ = coupled(follows, [many], hub_limit([]))
    assert candidates == ()
    assert list(hidden(follows, hubs([many], hub_limit([])))) == []
    (found,) = hub_findings(hubs([many], hub_limit([])))
    assert found.message.startswith("11 services share platform.env (shared-config)")


def test_in_a_large_estate_a_fifth_of_the_services_may_share_before_it_is_a_platform() -> None:
    assert hub_limit([node(str(i)) for i in range(100)]) == 20


def _conflict(name: str = "protobuf") -> Shared:
    return shared(
        Kind.LIBRARY_CONFLICT, "a", "b", "c", resource=name, resources=("3.2: a, 3.9: c", "4.1: b")
    )


def test_incompatible_versions_matter_between_services_that_exchange_what_is_encoded() -> None:
    found, _ = coupled([depends("b", "a")], [_conflict()], 10)
    assert [(item.consumer, item.provider, item.directed) for item in found] == [("b", "a", True)]
    assert list(conflicts_apart([_conflict()], exchanges([depends("a", "b")], 10))) == []


def test_versions_that_go_together_are_no_conflict_although_they_exchange() -> None:
    found, _ = coupled([depends("a", "c")], [_conflict()], 10)
    assert found == ()


def test_a_topic_is_an_exchange_too() -> None:
    writes = depends("a", "broker", kind=Kind.MESSAGING_PUBLISH, operations=("orders",))
    reads = depends("b", "broker", kind=Kind.MESSAGING_CONSUME, operations=("orders",))
    other = depends("c", "broker", kind=Kind.MESSAGING_CONSUME, operations=("mails",))
    assert exchanges([writes, reads, other], 10) == {("b", "a")}


def test_who_uses_one_table_exchanges_both_ways() -> None:
    both = [depends(name, "db", kind=Kind.DATABASE, operations=("orders",)) for name in "ab"]
    assert exchanges(both, 10) == {("a", "b"), ("b", "a")}
    (found,), _ = coupled(both, [_conflict("sqlalchemy")], 10)
    assert found.directed is False


@pytest.mark.parametrize("name", ["protobuf", "requests"])
def test_versions_apart_without_an_exchange_are_for_information(name: str) -> None:
    (found,) = conflicts_apart([_conflict(name)], frozenset())
    assert (found.rule, found.severity) == ("library-versions", "low")
    assert coupled([], [_conflict(name)], 10)[0] == ()


def _falls_back(*reasons: str) -> tuple[object, ...]:
    evidence = tuple(claim("catalog", "replica", reason=reason) for reason in reasons)
    found, _ = fallback_only([depends("catalog", "replica", evidence=evidence)])
    return tuple(item.message for item in found)


def test_a_call_that_only_handlers_make_is_fallback_only() -> None:
    (message,) = _falls_back(f"raises; {ONLY_AS_FALLBACK}", ONLY_AS_FALLBACK)
    assert message == (
        "catalog calls replica (http) only when something else failed; "
        "in an outage all of that load arrives there at once"
    )


def test_a_call_that_one_healthy_path_makes_too_is_not() -> None:
    assert _falls_back(ONLY_AS_FALLBACK, "raises") == ()


def test_a_call_that_a_healthy_trace_holds_is_no_fall_back() -> None:
    item = depends("a", "b", evidence=(claim("a", "b", reason=ONLY_AS_FALLBACK),))
    flow = Flow(
        operation="a: GET /", nodes=("a", "b"), parents=(-1, 0), blocking=(True, True), count=1
    )
    assert len(fallback_only([item])[0]) == 1
    assert fallback_only([item], [flow])[0] == ()


def test_services_that_slow_down_together_are_found_and_nothing_else() -> None:
    truth = slowed(7)
    found, run = latency_coupled(truth.series, [])
    assert {(item.consumer, item.provider) for item in found} == truth.pairs
    assert not any(item.directed or item.confirmed for item in found)
    assert run.tested == 30 * 29 // 2


def test_what_is_common_to_all_is_taken_away() -> None:
    rng = np.random.default_rng(2)
    common = rng.normal(0, 1, 500)
    rows = np.array([common * weight + rng.normal(0, 1, 500) for weight in (1, 2, 3, 4, 5, 6)])
    left = _apart(rows)
    pairs = np.triu_indices(6, 1)
    assert np.asarray(np.corrcoef(rows))[pairs].mean() > 0.8
    assert abs(np.asarray(np.corrcoef(left))[pairs].mean()) < 0.25


@pytest.mark.filterwarnings("error")
def test_a_service_that_is_always_as_fast_is_coupled_to_none() -> None:
    truth = slowed(7)
    still = {name: (np.full(1440, 3.0), np.full(1440, 50.0)) for name in ("x", "y")}
    found, run = latency_coupled({**truth.series, **still}, [])
    assert {(item.consumer, item.provider) for item in found} == truth.pairs
    assert run.tested == 32 * 31 // 2


def test_what_a_call_joins_is_explained_and_no_candidate() -> None:
    truth = slowed(5)
    known = [depends(*pair) for pair in truth.pairs]
    found, run = latency_coupled(truth.series, known)
    assert found == ()
    assert run.tested == 30 * 29 // 2 - 3


def test_what_one_provider_serves_is_explained_too() -> None:
    truth = slowed(5)
    ((one, other), *_) = sorted(truth.pairs)
    known = [depends(one, "db", kind=Kind.DATABASE), depends(other, "db", kind=Kind.DATABASE)]
    found, _ = latency_coupled(truth.series, known)
    assert (one, other) not in {(item.consumer, item.provider) for item in found}


def test_too_few_services_or_hours_are_said_so() -> None:
    few = dict(list(slowed(5).series.items())[:5])
    found, run = latency_coupled(few, [])
    assert (found, run.tested) == ((), 0)
    assert run.why == "it needs 20 services with latencies in 120 hours; traces show 5 in 1440"
    assert hourly([depends("a", "b")]) == {}


def test_a_group_that_slows_down_together_is_one_finding() -> None:
    truth = slowed(5, pairs=1, strength=2)
    ((one, other),) = truth.pairs
    third = next(name for name in truth.series if name not in {one, other})
    rng = np.random.default_rng(1)
    p95, calls = truth.series[one]
    series = {**truth.series, third: (p95 * np.exp(rng.normal(0, 0.1, len(p95))), calls)}
    candidates, _ = latency_coupled(series, [])
    found = [item for item in findings_of(candidates) if one in item.subjects]
    assert [item.subjects for item in found] == [tuple(sorted((one, other, third)))]


def test_the_assessment_says_what_each_detector_could_judge() -> None:
    found = assess([], [SECRET], [], shared=[shared(Kind.SHARED_SECRET, "issuer", "verifier")])
    runs = {run.detector: run for run in found.detections}
    assert (runs["shared-secret"].tested, runs["shared-secret"].found) == (2, 1)
    assert runs["peak-only"].why
    assert runs["latency-coupled"].why


def test_a_service_s_latency_is_that_of_its_callers_by_calls() -> None:
    begin = int(MONDAY.timestamp()) // 3600
    hours = packed_hours([Hour(begin + at, 40, 0, 60, 30, 100 + at, 0, 0) for at in range(3)])
    packed = claim("a", "x", source=Source.TRACES, calls=Calls(calls=120, hours=hours))
    row = claim(
        "b",
        "x",
        source=Source.TRACES,
        calls=Calls(calls=30, server_buckets=((90, 20), (130, 10))),
        first_seen=MONDAY,
        last_seen=MONDAY,
    )
    items = [depends("a", "x", evidence=(packed,)), depends("b", "x", evidence=(row,))]
    p95, calls = hourly(items)["x"]
    assert calls.tolist() == [60, 30, 30]
    assert p95.tolist() == [(30 * 100 + 30 * 130) / 60, 101, 102]
