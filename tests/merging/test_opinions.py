from __future__ import annotations

from datetime import timedelta
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.merging.opinions import (
    MIXED,
    SPEAKING,
    STRONG,
    TEMPER,
    WEAK,
    Word,
    learned,
    stated,
    tempered,
    trusted,
)
from depmap.merging.rates import RATES
from depmap.model.words import Impact, Source, Strength
from tests.builders import AS_OF, claim

if TYPE_CHECKING:
    from depmap.model.evidence import Evidence

CODE, PEOPLE = Source.CODE, Source.PEOPLE
YES, NO = Word(STRONG, 1.0), Word(WEAK, 1.0)
SAID = st.dictionaries(
    st.sampled_from(SPEAKING), st.floats(0.01, 4) | st.floats(-4, -0.01), max_size=5
)


def says(*items: Evidence) -> dict[Source, float]:
    """What sources say that nothing was compared with yet."""
    return trusted(stated(items), learned([], []))


def test_a_source_says_no_more_than_it_can_be_trusted_with() -> None:
    said = says(*[claim(strength=Strength.STRONG)] * 5)
    assert 0.9 * RATES[CODE].strength_cap < said[CODE] <= RATES[CODE].strength_cap


def test_call_sites_that_disagree_are_a_word_of_their_own_whose_worth_is_learned() -> None:
    mixed = stated([claim(strength=Strength.WEAK), claim(strength=Strength.STRONG)])
    assert mixed == {CODE: Word(MIXED, 1.0)}
    untried = learned([], [])
    assert 0 < untried[CODE, MIXED] < untried[CODE, STRONG]
    others = [{CODE: YES}] * 20 + [{CODE: NO}] * 20
    decided = [0.99] * 20 + [0.01] * 20
    assert learned([mixed] * 20 + others, [0.99] * 20 + decided)[CODE, MIXED] > 1
    assert learned([mixed] * 20 + others, [0.01] * 20 + decided)[CODE, MIXED] < -1


def test_what_happens_at_start_says_nothing_of_requests_that_are_spoken_of() -> None:
    opened = claim(strength=Strength.STRONG, at_start=True)
    assert stated([opened, claim(strength=Strength.WEAK)]) == {CODE: Word(WEAK, 1.0)}
    assert stated([opened]) == {CODE: Word(STRONG, 1.0)}


def test_a_person_s_impact_is_a_strength() -> None:
    assert stated([claim(source=PEOPLE, impact=Impact.DEGRADED)]) == {PEOPLE: Word(WEAK, 1.0)}


def test_who_says_nothing_is_left_out() -> None:
    assert stated([claim(), claim(source=Source.METRICS, strength=Strength.STRONG)]) == {}


def test_what_was_said_long_ago_counts_less() -> None:
    half_life = RATES[PEOPLE].half_life_days
    assert half_life is not None
    then = AS_OF - timedelta(days=half_life)
    old = claim(source=PEOPLE, strength=Strength.STRONG, last_seen=then)
    assert stated([old], AS_OF)[PEOPLE].fresh == pytest.approx(0.5)


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
    right = learned([{CODE: YES}] * 30, [0.99] * 30)[CODE, STRONG]
    mixed = learned([{CODE: YES}] * 30, [0.99] * 20 + [0.01] * 10)[CODE, STRONG]
    wrong = learned([{CODE: YES}] * 30, [0.01] * 30)[CODE, STRONG]
    assert right > 0.9 * RATES[CODE].strength_cap
    assert right > mixed > wrong
    assert wrong < 0.2


def test_a_source_may_be_worth_more_where_it_says_weak() -> None:
    said = [{CODE: YES}] * 30 + [{CODE: NO}] * 30
    trust = learned(said, [0.99] * 15 + [0.01] * 15 + [0.01] * 30)
    assert trust[CODE, STRONG] < 1.2 < -trust[CODE, WEAK]


def test_a_source_that_says_the_same_of_all_says_little() -> None:
    trust = learned([{CODE: YES}] * 400, [0.99] * 200 + [0.01] * 200)
    assert trust[CODE, STRONG] < 0.2


def test_what_traces_do_not_decide_tells_nothing_of_a_source() -> None:
    untried = learned([], [])[CODE, STRONG]
    assert untried > 0.9 * RATES[CODE].strength_cap
    assert learned([{CODE: YES}] * 30, [0.5] * 30)[CODE, STRONG] == pytest.approx(untried)


@given(st.lists(st.floats(0, 1), max_size=10))
def test_trust_is_never_more_than_the_cap(strong: list[float]) -> None:
    for source, other in combinations(SPEAKING, 2):
        said: list[dict[Source, Word]] = [{source: YES, other: NO}] * len(strong)
        for (of, word), worth in learned(said, strong).items():
            assert abs(worth) <= RATES[of].strength_cap
            assert worth * word >= 0
