from __future__ import annotations

from dataclasses import replace

import pytest

from depmap.assessing.impact_limits import ceilings, inversions, tier_of
from depmap.model.calls import Calls
from depmap.model.words import Kind, Source, Strength
from tests.builders import claim, depends, node


@pytest.mark.parametrize(
    ("text", "tier"),
    [("tier-1", 1), ("Tier 2", 2), ("P0", 0), ("3", 3), ("", None), ("gold", None)],
)
def test_a_tier_is_read_from_what_its_owner_calls_it(text: str, tier: int | None) -> None:
    assert tier_of(node("a", criticality=text)) == tier


NODES = [node("a", criticality="tier-1"), node("b", criticality="tier-3")]


def test_who_matters_more_than_what_it_needs_is_a_finding() -> None:
    (found,) = inversions(NODES, [depends("a", "b")])
    assert (found.rule, found.subjects) == ("tier-inversion", ("a", "b", "http"))
    assert found.message.startswith("a (tier 1) cannot do without b (tier 3)")


def test_what_it_can_do_without_may_matter_less() -> None:
    assert list(inversions(NODES, [depends("a", "b", Strength.WEAK), depends("b", "a")])) == []
    assert list(inversions(NODES, [depends("a", "b", kind=Kind.EVENT, asynchronous=True)])) == []


def counted(errors: int, calls: int = 10_000) -> Calls:
    return Calls(calls=calls, errors=errors)


def test_strong_providers_multiply() -> None:
    held = [
        depends("a", name, evidence=(claim("a", name, calls=counted(100), source=Source.TRACES),))
        for name in "bc"
    ]
    (found,) = ceilings(NODES, held)
    assert (found.rule, found.subjects) == ("availability-ceiling", ("a",))
    assert "more than 98.01 % of the time" in found.message
    told = "99.00 % of its 10,000 calls succeeded, as traces show"
    assert found.details == (f"b: {told}", f"c: {told}")


def test_what_nobody_asks_of_a_service_is_no_finding() -> None:
    claims = (claim("b", "c", calls=counted(100), source=Source.TRACES),)
    assert list(ceilings(NODES, [depends("b", "c", evidence=claims)])) == []


def test_few_calls_tell_no_availability() -> None:
    few = claim("a", "b", calls=counted(1, 10), source=Source.TRACES)
    assert list(ceilings(NODES, [depends("a", "b", evidence=(few,))])) == []


def test_of_sampled_traces_nobody_knows_the_availability() -> None:
    sampled = replace(counted(5000), weight=1e6)
    few = claim("a", "b", calls=sampled, source=Source.TRACES)
    assert list(ceilings(NODES, [depends("a", "b", evidence=(few,))])) == []


def test_metrics_count_what_traces_only_sample() -> None:
    traced = claim("a", "b", calls=counted(5000), source=Source.TRACES)
    metered = claim("a", "b", calls=counted(1), source=Source.METRICS)
    assert list(ceilings(NODES, [depends("a", "b", evidence=(traced, metered))])) == []
