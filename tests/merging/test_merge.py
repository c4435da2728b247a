from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from depmap.merging.merge import Merged, merge
from depmap.model.evidence import Evidence, Flow, Node
from depmap.model.finding import Finding, Severity
from depmap.model.sampling import Policy
from depmap.model.words import Kind, NodeKind, Source, Stance, Strength
from tests.builders import AS_OF, claim, node, seen

NAMES = st.sampled_from(["a", "A", "b", "c_1", "c-1", "http://a:80", "db", "x.shop.svc"])
CLAIMS = st.builds(
    claim,
    consumer=NAMES,
    provider=NAMES,
    kind=st.sampled_from([Kind.HTTP, Kind.RPC, Kind.EVENT, Kind.SHARED_SECRET, Kind.DEPLOYMENT]),
    source=st.sampled_from(Source),
    stance=st.sampled_from([Stance.SUPPORTS, Stance.SUPPORTS, Stance.DENIES]),
    strength=st.sampled_from(Strength),
    confidence=st.sampled_from([0.1, 0.5, 0.9]),
    locators=st.tuples(st.sampled_from(["x.py:1", "y.py:2"])),
    last_seen=st.none() | st.just(datetime(2026, 10, 1, tzinfo=UTC)),
)
NODES = st.builds(
    node,
    NAMES,
    st.sampled_from([NodeKind.SERVICE, NodeKind.DATABASE]),
    aliases=st.lists(NAMES, max_size=2).map(tuple),
)


def merged(
    evidence: list[Evidence], nodes: list[Node] | None = None, flows: list[Flow] | None = None
) -> Merged:
    return merge(
        nodes=nodes or [],
        evidence=evidence,
        shared=[],
        flows=flows or [],
        aliases={},
        as_of=AS_OF,
    )


@given(
    st.lists(CLAIMS, max_size=8).flatmap(
        lambda items: st.tuples(st.just(items), st.permutations(items))
    ),
    st.lists(NODES, max_size=4).flatmap(
        lambda items: st.tuples(st.just(items), st.permutations(items))
    ),
)
def test_the_order_of_what_sources_say_changes_nothing(
    evidence: tuple[list[Evidence], list[Evidence]], nodes: tuple[list[Node], list[Node]]
) -> None:
    assert merged(evidence[0], nodes[0]) == merged(evidence[1], nodes[1])


@given(st.lists(CLAIMS, max_size=8))
def test_no_supporting_claim_is_lost(evidence: list[Evidence]) -> None:
    found = merged(evidence)
    names = {alias: item.name for item in found.nodes for alias in (item.name, *item.aliases)}
    kept = sum(
        claim.stance is Stance.SUPPORTS for item in found.dependencies for claim in item.evidence
    )
    given_ = sum(
        item.stance is Stance.SUPPORTS and names[item.consumer] != names[item.provider]
        for item in evidence
    )
    assert kept == given_


def test_call_trees_take_canonical_names_and_equal_shapes_add_up() -> None:
    def flow(name: str, count: int) -> Flow:
        return Flow(
            operation="a: GET /",
            nodes=("a", name),
            parents=(-1, 0),
            blocking=(True, True),
            count=count,
        )

    found = merged([seen("a", "B")], [node("b")], [flow("b", 2), flow("B", 3)])
    assert [(item.nodes, item.count) for item in found.flows] == [(("a", "b"), 5)]


SUSPECT = [node("a", requests=1000, requests_failed=450)]
"""Every other request fails, which no system in use does."""


def untold(
    evidence: list[Evidence], nodes: list[Node] = SUSPECT, policy: Policy | None = None
) -> list[Finding]:
    found = merge(
        nodes=nodes, evidence=evidence, shared=[], flows=[], aliases={}, as_of=AS_OF, policy=policy
    )
    return [item for item in found.findings if item.rule == "sampling-untold"]


def test_traces_kept_by_their_outcome_nobody_says_how_are_a_finding_with_its_cure() -> None:
    (finding,) = untold([seen(units=(20, 20, 500, 0))])
    assert finding.severity is Severity.MEDIUM
    assert "kept by their outcome" in finding.message
    assert "[sampling]" in finding.details[-1]
    assert "depmap.toml" in finding.details[-1]


def test_traces_kept_by_their_outcome_are_no_finding_where_somebody_says_how() -> None:
    evidence = [seen(units=(20, 20, 500, 0))]
    told = seen()
    assert told.calls is not None
    weighed = replace(told, calls=replace(told.calls, units_weight=(20.0, 20.0, 50_000.0, 0.0)))
    assert untold(evidence)
    assert not untold(evidence, policy=Policy(head=0.01, errors="any"))
    assert not untold([*evidence, weighed])
    assert not untold(evidence, [node("a", requests=1000, requests_failed=10)])


def test_requests_of_a_node_add_up_over_what_is_said_of_it() -> None:
    said = [
        node("cart", entry=True, requests=700, requests_failed=7),
        node("cart", requests=300, requests_failed=5),
        node("Cart", aliases=("cart",)),
    ]
    (found,) = merged([], said).nodes
    assert (found.requests, found.requests_failed) == (1000, 12)
