from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depmap.merging.strength import strength, strengths
from depmap.model.calls import Calls
from depmap.model.words import Source, Strength
from tests.builders import AS_OF, claim, seen

if TYPE_CHECKING:
    from depmap.model.dependency import StrengthView
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
    background = 2 * (0.5 / 1001) / 1002
    assert view.delta == pytest.approx((15.5 / 21 - background) / (1 - background), abs=1e-4)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ([RAISES], Strength.STRONG),
        ([RAISES, seen()], Strength.STRONG),
        ([RAISES, seen(units=(0, 0, 500, 0))], Strength.UNDETERMINED),
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
        "code alone, traces without units",
        "code alone, where traces could have shown it and the provider never failed",
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


def test_failures_of_one_minute_count_as_few() -> None:
    few, many = (strength([seen(units=(n, n // 2, 500, 0))]) for n in (10, 1000))
    assert many.expected_low is not None
    assert few.expected_low is not None
    assert many.expected_low == pytest.approx(few.expected_low, abs=0.02)


def test_nobody_fails_with_what_nobody_waits_for() -> None:
    idle = replace(seen(), calls=Calls(calls=100, units_clean=100, non_blocking=1.0))
    view = strength([idle])
    assert view.strength is Strength.OPTIONAL
    assert "did not wait for 100% of the calls" in view.basis[0]


def test_what_is_weak_and_yet_takes_the_time_is_marked() -> None:
    def of(critical_ns: int) -> StrengthView:
        item = seen(units=(12, 0, 500, 0))
        assert item.calls is not None
        timed = replace(item.calls, critical_ns=critical_ns, critical_of_ns=100)
        return strength([replace(item, calls=timed)])

    assert (of(40).critical, of(40).latency_blocking) == (0.4, True)
    assert not of(2).latency_blocking


def test_what_all_sources_say_moves_the_expected_delta() -> None:
    units = seen(units=(2, 1, 500, 0))
    alone, strong, weak = (strength([units, *more]) for more in ([], [RAISES], [SWALLOWS]))
    assert alone.delta == strong.delta == weak.delta
    assert weak.expected is not None
    assert alone.expected is not None
    assert strong.expected is not None
    assert weak.expected < alone.expected < strong.expected


def test_old_failures_count_less() -> None:
    item = seen(units=(3, 3, 500, 0), last_seen=AS_OF - timedelta(days=450))
    (old,) = strengths([[item]], AS_OF)
    (fresh,) = strengths([[item]])
    assert old.probability < fresh.probability
    assert old.units == fresh.units == 3


EVIDENCE = st.lists(
    st.builds(
        lambda n, k, clean: seen(units=(n, min(k, n), clean, clean // 50)),
        st.integers(0, 30),
        st.integers(0, 30),
        st.integers(0, 500),
    )
    | st.builds(
        claim,
        source=st.sampled_from([Source.CODE, Source.PEOPLE, Source.EXPERIMENTS]),
        strength=st.sampled_from(Strength),
    ),
    max_size=5,
)


@settings(max_examples=30)
@given(EVIDENCE.flatmap(lambda items: st.tuples(st.just(items), st.permutations(items))))
def test_the_order_of_evidence_changes_nothing(
    evidence: tuple[list[Evidence], list[Evidence]],
) -> None:
    one, other = strength(evidence[0]), strength(evidence[1])
    assert (one.strength, one.probability, one.quantiles) == (
        other.strength,
        other.probability,
        other.quantiles,
    )


@settings(max_examples=30)
@given(st.integers(3, 30).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))))
def test_one_more_failure_of_the_consumer_never_makes_it_weaker(units: tuple[int, int]) -> None:
    failed, too = units
    less, more = (strength([seen(units=(failed, k, 500, 0))]) for k in (too, too + 1))
    assert more.probability >= less.probability
    assert more.expected is not None
    assert less.expected is not None
    assert more.expected >= less.expected - 0.002


@settings(max_examples=30)
@given(EVIDENCE, st.sampled_from([Source.CODE, Source.PEOPLE, Source.EXPERIMENTS]))
def test_a_further_voice_for_strong_never_makes_it_weaker(
    evidence: list[Evidence], source: Source
) -> None:
    without = [item for item in evidence if item.source is Source.TRACES]
    voice = claim(source=source, strength=Strength.STRONG)
    assert strength([*without, voice]).probability >= strength(without).probability


def test_each_source_that_had_a_say_is_named_in_the_basis() -> None:
    view = strength([SWALLOWS, seen(units=(12, 0, 500, 1))])
    assert view.basis == (
        (
            "traces: when only the provider failed, the consumer failed in 0 of 12 requests, "
            "seen in 2 minutes; otherwise in 1 of 500 (2,981 to 1 against strong)"
        ),
        "code: the handler swallows the failure (7.4 to 1 against strong)",
    )


def test_what_traces_find_weak_is_not_optional_because_code_calls_it_strong() -> None:
    weak = seen(units=(30, 0, 500, 0), incidents=5)
    assert strength([weak, RAISES]).strength is Strength.WEAK
    assert strength([weak, SWALLOWS]).strength is Strength.OPTIONAL
    assert strength([weak, SWALLOWS, RAISES]).strength is Strength.WEAK
