from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.merging.strength import strength
from depmap.model.words import Source, Strength
from tests.builders import claim, seen

if TYPE_CHECKING:
    from depmap.model.evidence import Evidence

SWALLOWS = claim(strength=Strength.OPTIONAL, reason="the handler swallows the failure")
RAISES = claim(strength=Strength.STRONG, reason="the handler answers 503")


def test_without_a_word_on_strength_it_is_undetermined() -> None:
    view = strength([claim()])
    assert (view.strength, view.delta, view.basis) == (Strength.UNDETERMINED, None, ())


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ((10, 10, 500, 0), Strength.STRONG),
        ((10, 0, 500, 0), Strength.WEAK),
        ((10, 5, 500, 0), Strength.UNDETERMINED),
        ((2, 2, 500, 0), Strength.UNDETERMINED),
    ],
    ids=["always fails with it", "never fails with it", "sometimes", "too few units"],
)
def test_traces_decide_where_there_are_clean_units(
    units: tuple[int, int, int, int], expected: Strength
) -> None:
    assert strength([seen(units=units)]).strength is expected


def test_traces_alone_do_not_decide_on_one_incident() -> None:
    view = strength([seen(units=(50, 50, 500, 0), incidents=1)])
    assert view.strength is Strength.UNDETERMINED


def test_failures_that_the_consumer_has_anyway_are_not_the_providers() -> None:
    noisy = strength([seen(units=(20, 6, 1000, 300))])
    assert noisy.delta is not None
    assert noisy.delta < 0.1
    assert noisy.strength is Strength.WEAK


def test_delta_is_cheng_s_power_with_a_band_around_it() -> None:
    view = strength([seen(units=(20, 15, 1000, 0))])
    assert view.delta is not None
    assert view.low is not None
    assert view.high is not None
    assert view.low < view.delta < view.high
    assert view.delta == pytest.approx((15.5 / 21 - 0.5 / 1001) / (1 - 0.5 / 1001), abs=1e-4)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ([RAISES], Strength.STRONG),
        ([SWALLOWS], Strength.OPTIONAL),
        ([claim(strength=Strength.WEAK)], Strength.WEAK),
        ([claim(source=Source.PEOPLE, strength=Strength.STRONG)], Strength.STRONG),
        ([RAISES, SWALLOWS], Strength.STRONG),
        ([SWALLOWS, seen(units=(10, 0, 500, 0))], Strength.OPTIONAL),
        ([SWALLOWS, seen(units=(10, 10, 500, 0))], Strength.STRONG),
        ([SWALLOWS, claim(source=Source.PEOPLE, strength=Strength.STRONG)], Strength.UNDETERMINED),
    ],
    ids=[
        "code alone",
        "code alone, swallowed",
        "code alone, weak",
        "people alone",
        "one strong use makes it strong",
        "code says which sort of weak it is",
        "traces outweigh code",
        "code and people disagree",
    ],
)
def test_sources_are_weighed(evidence: list[Evidence], expected: Strength) -> None:
    assert strength(evidence).strength is expected


def test_each_source_that_had_a_say_is_named_in_the_basis() -> None:
    view = strength([SWALLOWS, seen(units=(12, 0, 500, 1))])
    assert view.basis == (
        (
            "traces: when only the provider failed, the consumer failed in 0 of 12 requests, "
            "seen in 2 minutes; otherwise in 1 of 500 (log-odds -8.0, towards weak)"
        ),
        "code: the handler swallows the failure (log-odds -2.0, towards weak)",
    )
