"""Names that may be one thing: proposed by what they have in common, and never joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.merging.merge import merge
from depmap.merging.proposals import Proposal, propose
from depmap.model.words import Kind, NodeKind, Source
from tests.builders import AS_OF, claim, node, seen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from depmap.model.evidence import Evidence, Node

CODE = (
    claim("counter", "db", Kind.DATABASE),
    claim("counter", "prices"),
    claim("web", "counter"),
)
TRACES = (
    seen("statistics", "db", Kind.DATABASE),
    seen("statistics", "prices"),
    seen("shop", "prices"),
)


def proposals(
    claims: Sequence[Evidence],
    nodes: Sequence[Node] = (),
    decided: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Proposal, ...]:
    merged = merge(
        nodes=nodes, evidence=claims, shared=(), flows=(), aliases=decided or {}, as_of=AS_OF
    )
    return propose(merged.nodes, merged.dependencies, decided)


def pairs(found: Sequence[Proposal]) -> list[tuple[str, str]]:
    return [(item.name, item.other) for item in found]


def test_a_renamed_service_is_proposed_by_its_neighbours() -> None:
    (found,) = proposals((*CODE, *TRACES), [node("counter", path="c")])
    assert (found.name, found.other, found.brings, found.shared) == ("counter", "statistics", 2, 2)
    assert "both are seen with db, prices" in found.why
    assert "counter is known from code, statistics from traces" in found.why


def test_it_is_not_merged() -> None:
    merged = merge(
        nodes=[], evidence=(*CODE, *TRACES), shared=(), flows=(), aliases={}, as_of=AS_OF
    )
    assert {"counter", "statistics"} <= {item.name for item in merged.nodes}


def test_two_that_one_source_sees_calling_are_two() -> None:
    assert proposals((*CODE, *TRACES, seen("counter", "db", Kind.DATABASE))) == ()


def test_two_that_call_each_other_are_two() -> None:
    assert proposals((*CODE, *TRACES, claim("counter", "statistics"))) == ()


def test_two_that_are_built_from_different_folders_are_two() -> None:
    nodes = [node("counter", path="a"), node("statistics", path="b")]
    assert proposals((*CODE, *TRACES), nodes) == ()


def test_spelling_alone_is_enough_when_it_is_close() -> None:
    claims = (claim("payments-service", "a"), seen("payment", "b"))
    assert pairs(proposals(claims)) == [("payment", "payments-service")]


def test_names_of_people_and_topics_are_not_compared() -> None:
    nodes = [node("payments", NodeKind.TEAM), node("payment-topic", NodeKind.TOPIC)]
    assert proposals([seen("payment", "x")], nodes) == ()


def test_two_candidates_that_are_as_good_are_none() -> None:
    twins = (claim("counting", "db", Kind.DATABASE), claim("counting", "prices"))
    assert pairs(proposals((*CODE[:2], *TRACES, *twins))) == []


def test_an_address_that_one_consumer_uses_may_be_its_provider() -> None:
    claims = (claim("web", "ratings"), seen("web", "10.1.2.3:80"))
    assert pairs(proposals(claims, [node("ratings", path="r")])) == [("ratings", "10.1.2.3:80")]


def test_one_consumer_in_common_says_nothing_of_two_words() -> None:
    claims = (claim("web", "ratings"), claim("web", "prices", source=Source.DEPLOYMENT))
    assert proposals(claims) == ()


def test_what_brings_most_comes_first() -> None:
    more = (
        claim("payments-service", "a"),
        seen("payment", "b"),
    )
    found = proposals((*CODE, *TRACES, *more), [node("counter", path="c")])
    assert [item.brings for item in found] == [2, 1]


def test_what_is_decided_is_not_proposed_again() -> None:
    nodes = [node("counter", path="c")]
    assert proposals((*CODE, *TRACES), nodes, {"counter": ["statistics"]}) == ()
    assert proposals((*CODE, *TRACES), nodes, {"statistics": []}) == ()
    assert proposals((*CODE, *TRACES), nodes, {"counter": ["x"]}) != ()
    assert proposals((*CODE, *TRACES), nodes, {"statistics": [], "counter": ["x"]}) == ()


def test_the_order_of_claims_changes_nothing() -> None:
    claims = (*CODE, *TRACES)
    assert proposals(claims) == proposals(claims[::-1])
