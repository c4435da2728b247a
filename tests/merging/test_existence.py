from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.merging.existence import confidence, freshness
from depmap.merging.rates import RATES
from depmap.model.words import Source, Stance
from tests.builders import AS_OF, claim

if TYPE_CHECKING:
    from depmap.model.evidence import Evidence

CLAIMS = st.builds(
    claim,
    source=st.sampled_from(Source),
    confidence=st.floats(0, 1, allow_nan=False),
    stance=st.sampled_from(Stance),
    operation=st.sampled_from("xyz"),
)


def test_many_claims_of_one_source_cannot_pass_its_systematic_error() -> None:
    many = [claim(source=Source.TRACES, operation=str(i)) for i in range(1000)]
    assert confidence(many, AS_OF) == pytest.approx(1 - RATES[Source.TRACES].systematic)


def test_a_second_kind_of_source_can() -> None:
    one = confidence([claim(source=Source.TRACES)], AS_OF)
    assert confidence([claim(source=Source.TRACES), claim(source=Source.CODE)], AS_OF) > one


def test_a_claim_of_one_half_life_counts_half() -> None:
    half_life = RATES[Source.TRACES].half_life_days
    assert half_life is not None
    old = claim(source=Source.TRACES, last_seen=AS_OF - timedelta(days=half_life))
    assert freshness(old, AS_OF) == pytest.approx(0.5)


def test_code_does_not_age() -> None:
    old = claim(source=Source.CODE, last_seen=AS_OF - timedelta(days=3650))
    assert freshness(old, AS_OF) == 1


@given(st.lists(CLAIMS), CLAIMS)
def test_support_never_lowers_and_denial_never_raises(
    claims: list[Evidence], one: Evidence
) -> None:
    before, after = confidence(claims, AS_OF), confidence([*claims, one], AS_OF)
    if one.stance is Stance.SUPPORTS:
        assert after >= before
    else:
        assert after <= before


@given(st.lists(CLAIMS).flatmap(lambda items: st.tuples(st.just(items), st.permutations(items))))
def test_the_order_of_claims_changes_nothing(pair: tuple[list[Evidence], list[Evidence]]) -> None:
    assert confidence(pair[0], AS_OF) == confidence(pair[1], AS_OF)
