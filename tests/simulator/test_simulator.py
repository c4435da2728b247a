"""The simulator keeps what it promises, and depmap its bars on one small system."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from depmap.model.dependency import OperationStrength
from depmap.model.words import Source, Strength
from tests.builders import depends
from tests.simulator import witnesses
from tests.simulator.finding import interval
from tests.simulator.running import outcome, prepare
from tests.simulator.scoring import impact_score, judged, judged_sites, strength_score
from tests.simulator.spanning import FULL, TAIL, sampled, spans_of
from tests.simulator.system import Call, Config, System, make
from tests.simulator.truth import Pair, down, truth_of
from tests.simulator.witnesses import Reliability
from tests.simulator.world import World, world

SMALL = Config(seed=3, services=20, operations=4, traces=4000, mixed=0.0)


@pytest.fixture(scope="module")
def small() -> World:
    return world(SMALL)


def test_the_same_seed_gives_the_same_world(small: World) -> None:
    again = world(SMALL)
    assert again.links == small.links
    assert again.testimony == small.testimony
    assert again.truth == small.truth


def test_another_seed_gives_another_world(small: World) -> None:
    assert world(replace(SMALL, seed=4)).truth != small.truth


def test_links_show_the_calls_that_were_made_and_no_others(small: World) -> None:
    assert {(row.consumer, row.provider) for row in small.links.rows} == set(small.truth.delta)
    assert all(row.observed for row in small.links.rows)
    assert {item.reason for item in small.links.missing} <= {"flows"}


def test_without_anything_failing_every_request_succeeds() -> None:
    prepared = prepare(make(SMALL))
    found = outcome(prepared, background=False)
    assert not any(failed.any() for failed in found.failed)
    assert down(prepared, set()).share == 0


@pytest.mark.parametrize("stateful", [False, True])
def test_the_more_nodes_are_down_the_more_requests_fail(stateful: bool) -> None:
    prepared = prepare(make(replace(SMALL, stateful=stateful)))
    shares = [down(prepared, set(range(2, 2 + many))).share for many in range(8)]
    assert shares == sorted(shares)
    assert shares[-1] > shares[0]


def test_services_fail_as_often_as_they_are_meant_to() -> None:
    quiet = replace(SMALL, outages=0, retries=0.0, strong=0.0, graded=0.0)
    prepared = prepare(make(quiet))
    found = outcome(prepared)
    failed = sum(int(item.sum()) for item in found.failed)
    visits = sum(len(item) for item in found.failed)
    assert 0.001 < failed / visits < 0.02


def test_delta_in_the_matching_mode_is_what_happens_when_the_provider_is_down() -> None:
    prepared = prepare(make(replace(SMALL, mixed=1.0)))
    truth = truth_of(prepared)
    far = [
        abs(fatal / lost - truth.sites[call])
        for item in truth.alone.values()
        for call, (lost, fatal) in item.sites.items()
    ]
    assert len(far) == len(truth.sites)
    assert np.mean(far) < 0.02


@pytest.mark.parametrize("stateful", [False, True])
def test_only_mixed_pairs_behave_differently_at_their_call_sites(stateful: bool) -> None:
    """What a pair does on the whole is what its calls do, each as often as it is made."""
    plain = replace(SMALL, services=40, stateful=stateful)
    alike, split = make(plain), make(replace(plain, mixed=1.0))

    def kinds(system: System) -> set[int]:
        return {
            len({(site.delta, site.attempts, site.cached) for site in sites})
            for sites in system.pairs().values()
        }

    assert kinds(alike) == {1}
    assert max(kinds(split)) > 1
    assert [len(of.sites) for of in alike.operations] == [len(of.sites) for of in split.operations]


def test_the_delta_of_a_pair_weighs_its_calls_by_their_use() -> None:
    prepared = prepare(make(replace(SMALL, services=40, mixed=1.0)))
    truth = truth_of(prepared)
    pairs: dict[Pair, list[tuple[float, int]]] = {}
    for item in truth.alone.values():
        for call, (lost, _) in item.sites.items():
            of = pairs.setdefault((call.consumer, call.provider), [])
            of.append((truth.sites[call], lost))
    several = {pair: rows for pair, rows in pairs.items() if len(rows) > 1}
    assert len(several) > 5
    for pair, rows in several.items():
        mean = np.average([delta for delta, _ in rows], weights=[lost for _, lost in rows])
        assert truth.delta[pair] == pytest.approx(mean)


def test_call_sites_are_judged_by_their_own_views_where_there_are_any(small: World) -> None:
    merged = small.merged()
    found = judged_sites(merged, small.truth)
    assert {item.what for item in found.all} == set(small.truth.sites)
    views = {(item.consumer, item.provider): item.strength for item in merged.dependencies}
    own = {item.what: item for item in found.own}
    assert own
    for item in found.all:
        view = views[item.what[0], item.what[-2]]
        if item.what in own:
            assert (item.said, item.probability) in {
                (one.strength, one.probability) for one in view.by_operation
            }
        else:
            assert (item.said, item.probability) == (view.strength, view.probability)


def test_pairs_are_told_apart_by_the_words_of_their_call_sites(small: World) -> None:
    """A pair of which one site fails and one does not, and what is said of both."""
    calls = [Call("a", "GET /one", "b", "GET /x"), Call("a", "GET /two", "b", "GET /x")]
    truth = replace(
        small.truth, sites=dict(zip(calls, (0.9, 0.1), strict=True)), delta={("a", "b"): 0.6}
    )
    views = tuple(
        OperationStrength(
            consumer_operation=call.consumer_operation,
            operation=call.operation,
            share=0.5,
            strength=word,
            probability=0.95,
            units=9,
            failed_too=9,
            expected=0.9,
            quantiles=(0.9,) * 9,
        )
        for call, word in zip(calls, (Strength.STRONG, Strength.WEAK), strict=True)
    )
    for words, told in ((views, True), (views[:1], False)):
        item = depends("a", "b", Strength.STRONG)
        item = replace(item, strength=replace(item.strength, by_operation=words))
        found = judged_sites(replace(small.merged(), dependencies=(item,)), truth)
        assert [one.right for one in found.all] == [True, told]
        assert (len(found.own), len(found.apart), found.told) == (len(words), 2, [(True, told)])


def test_code_is_read_site_by_site_and_misread_at_all_of_them() -> None:
    system = make(replace(SMALL, services=40, mixed=1.0))
    truth = truth_of(prepare(system))
    perfect = Reliability(code_seen=1.0, code_right=1.0)
    said = [
        item for item in witnesses.testimony(system, truth, perfect) if item.source is Source.CODE
    ]
    words: dict[Pair, set[Strength]] = {}
    for item in said:
        words.setdefault((item.consumer, item.provider), set()).add(item.strength)
    assert max(map(len, words.values())) > 1
    for pair, found in words.items():
        sites = {truth.strong_at(call) for call in truth.sites if (call[0], call[2]) == pair}
        assert {word is Strength.STRONG for word in found} >= sites


def test_tail_sampling_keeps_every_failure_and_says_what_each_span_stands_for() -> None:
    prepared = prepare(make(SMALL))
    spans = spans_of(prepared, outcome(prepared))
    kept = sampled(spans, TAIL, 1)
    bad = np.array([facts.error for facts in spans.fact_table])
    assert bad[kept.facts].sum() == bad[spans.facts].sum()
    assert set(kept.weight.tolist()) == {1024, 102_400}
    assert len(sampled(spans, FULL, 1)) == len(spans)


def test_witnesses_see_and_err_as_often_as_they_are_meant_to() -> None:
    system = make(Config(seed=5, services=200, operations=30, traces=3000))
    truth = truth_of(prepare(system))
    said = witnesses.testimony(system, truth, Reliability(led=0.0))
    people = [item for item in said if item.source is Source.PEOPLE]
    right = [
        (item.impact == "outage") is truth.strong((item.consumer, item.provider))
        for item in people
    ]
    assert len(people) / len(truth.delta) == pytest.approx(0.5, abs=0.1)
    assert np.mean(right) == pytest.approx(0.75, abs=0.1)


def test_depmap_keeps_its_bars_on_a_small_system(small: World) -> None:
    merged = small.merged()
    score = strength_score(judged(merged, small.truth))
    assert score.accuracy >= 0.95
    assert score.decided >= 0.4
    found = impact_score(small, merged)
    assert found.replayed <= 0.05 < found.reachability


def test_depmap_tells_operations_apart_where_they_differ() -> None:
    mixed = world(replace(SMALL, mixed=1.0, traces=10_000, outages=6))
    found = judged_sites(mixed.merged(), mixed.truth)
    assert strength_score(found.own).accuracy >= 0.95
    assert strength_score(found.apart).accuracy >= 0.9
    told = {apart: [said for true, said in found.told if true is apart] for apart in (True, False)}
    assert sum(told[True]) >= 0.4 * len(told[True])
    assert not any(told[False])


def test_a_claim_that_no_run_made_has_neither_figure_nor_bar() -> None:
    none, kept, missed = (
        interval("range", runs, claimed=True) for runs in ([], [True], [True, False])
    )
    assert (none.value, none.of, none.bar, none.met) == ("-", "0 runs", "", True)
    assert (kept.value, kept.bar, kept.met) == ("1.000", ">= 0.93", True)
    assert (missed.value, missed.met) == ("0.500", False)
