from __future__ import annotations

from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.merging.opinions import SPEAKING, TEMPER, learned, stated, tempered
from depmap.merging.rates import RATES
from depmap.model.words import Impact, Source, Strength
from tests.builders import AS_OF, claim

CODE, PEOPLE = Source.CODE, Source.PEOPLE
SAID = st.dictionaries(
    st.sampled_from(SPEAKING), st.floats(0.01, 4) | st.floats(-4, -0.01), max_size=5
)


def test_a_source_says_no_more_than_it_can_be_trusted_with() -> None:
    said = stated([claim(strength=Strength.STRONG)] * 5)
    assert said == {CODE: RATES[CODE].strength_cap}


def test_one_strong_use_makes_it_strong() -> None:
    said = stated([claim(strength=Strength.WEAK), claim(strength=Strength.STRONG)])
    assert said[CODE] > 0


def test_a_person_s_impact_is_a_strength() -> None:
    said = stated([claim(source=PEOPLE, impact=Impact.DEGRADED)])
    assert said[PEOPLE] == -RATES[PEOPLE].strength_cap


def test_who_says_nothing_is_left_out() -> None:
    assert stated([claim(), claim(source=Source.METRICS, strength=Strength.STRONG)]) == {}


def test_what_was_said_long_ago_counts_less() -> None:
    half_life = RATES[PEOPLE].half_life_days
    assert half_life is not None
    then = AS_OF - timedelta(days=half_life)
    old = claim(source=PEOPLE, strength=Strength.STRONG, last_seen=then)
    assert stated([old], AS_OF)[PEOPLE] == pytest.approx(stated([old])[PEOPLE] / 2)


def test_who_agrees_may_have_been_led_and_who_contradicts_was_not() -> None:
    assert tempered({CODE: 2.0, PEOPLE: 1.0}) == {CODE: 2.0, PEOPLE: TEMPER}
    assert tempered({CODE: 2.0, PEOPLE: -1.0}) == {CODE: 2.0, PEOPLE: -1.0}


def test_nobody_leads_a_trace_or_an_experiment() -> None:
    said = {Source.TRACES: 3.0, Source.EXPERIMENTS: 4.0, CODE: 2.0}
    assert tempered(said) == said


@given(SAID)
def test_tempering_never_increases_what_a_source_says(said: dict[Source, float]) -> None:
    kept = tempered(said)
    assert kept.keys() == said.keys()
    assert all(abs(kept[source]) <= abs(said[source]) for source in said)
    assert all((kept[source] > 0) is (said[source] > 0) for source in said)


def test_a_source_that_traces_contradict_is_trusted_less() -> None:
    right = learned([{CODE: 2.0}] * 30, [0.99] * 30)[CODE, True]
    mixed = learned([{CODE: 2.0}] * 30, [0.99] * 20 + [0.01] * 10)[CODE, True]
    wrong = learned([{CODE: 2.0}] * 30, [0.01] * 30)[CODE, True]
    assert right > 0.9
    assert right > mixed > wrong
    assert wrong < 0.1


def test_a_source_may_be_worth_more_where_it_says_weak() -> None:
    said = [{CODE: 2.0}] * 30 + [{CODE: -2.0}] * 30
    trust = learned(said, [0.99] * 15 + [0.01] * 15 + [0.01] * 30)
    assert trust[CODE, True] < 0.6 < trust[CODE, False]


def test_a_source_that_says_the_same_of_all_says_little() -> None:
    trust = learned([{CODE: 2.0}] * 400, [0.99] * 200 + [0.01] * 200)
    assert trust[CODE, True] < 0.1


def test_what_traces_do_not_decide_tells_nothing_of_a_source() -> None:
    untried = learned([], [])[CODE, True]
    assert untried == pytest.approx(1)
    assert learned([{CODE: 2.0}] * 30, [0.5] * 30)[CODE, True] == pytest.approx(untried)


@given(st.lists(st.floats(0, 1), max_size=10))
def test_trust_is_never_more_than_the_cap(strong: list[float]) -> None:
    for source, other in combinations(SPEAKING, 2):
        trust = learned([{source: 1.0, other: -1.0}] * len(strong), strong)
        assert all(0 <= value <= 1 for value in trust.values())
