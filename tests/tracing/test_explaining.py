"""Why a link is there, and why one may be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.tracing.calls import RULES as MADE
from depmap.tracing.explaining import RULES, explain
from tests.tracing.traces import S, linked

if TYPE_CHECKING:
    from depmap.tracing.links import Links


def told(links: Links, consumer: str = "a", provider: str = "b") -> list[tuple[str, int]]:
    return [(item.what, item.count) for item in explain(links, consumer, provider).findings]


def test_every_rule_has_words() -> None:
    assert set(RULES) == set(MADE)


def test_a_link_is_there_because_of_its_rules() -> None:
    links = linked(
        S("a", "1", "", "client"), S("b", "2", "1", "server"),
        S("a", "1", "", "client", trace="2"), S("b", "2", "1", "server", trace="2"),
        S("a", "1", "", "client", trace="3", remote="b"),
    )  # fmt: skip
    explanation = explain(links, "A", "B")
    assert (explanation.consumer, explanation.provider) == ("a", "b")
    assert told(links) == [("rpc by the rule client-server", 2), ("rpc by the rule peer-name", 1)]
    record = explanation.record()
    assert record["linked"] is True
    assert record["findings"][0]["example"] == "0000000000000001"


def test_a_self_call_is_said_to_be_one() -> None:
    assert told(linked(S("a", "1", "", "client", remote="a")), "a", "a")[-1] == ("a self-call", 1)


@pytest.mark.parametrize(
    ("spans", "what", "count"),
    [
        ([S("a", "1"), S("b", "2", "77", "server", trace="2")], "the parent of a span of b", 1),
        ([S("a", "1"), S("b", "1", "", "server", trace="2")], "calls of b that begin a trace", 1),
        ([S("a", "1", "", "client"), S("b", "1", trace="2")], "the provider of a call of a", 1),
        (
            [S("a", "1", "", "client", {"server.address": "b.svc"}), S("b", "1", trace="2")],
            "a calls b.svc",
            1,
        ),
        ([S("a", "1", "", "client", remote="x"), S("b", "1", trace="2")], "a calls x", 1),
        (
            [S("a", "1"), S("b", "1", "", "consumer", trace="2", links=(("9", "9"),))],
            "span links of b that lead to spans not read",
            1,
        ),
        ([S("b", "1", "", "client"), S("a", "2", "1", "server")], "b calls a", 1),
        ([S("a", "1"), S("x", "2", "1"), S("b", "3", "2")], "a -> x -> b", 0),
        ([S("x", "1", "", "client", remote="b"), S("a", "1", trace="2")],
         "b recorded no spans", 0),
        ([S("a", "1"), S("b", "2", "", trace="2"), S("", "3", trace="3")],
         "the service of a span", 1),
        ([S("aa", "1")], "no span and no call names b", 0),
        (
            [S("a", "1"), S("b", "1", trace="2")],
            "nothing in these traces hints at such a call",
            0,
        ),
    ],
)  # fmt: skip
def test_a_missing_link_is_explained_by_what_could_not_be_seen(
    spans: list[S], what: str, count: int
) -> None:
    links = linked(*spans)
    assert explain(links, "a", "b").rows == ()
    assert (what, count) in told(links)


def test_names_that_are_alike_are_proposed() -> None:
    links = linked(S("a", "1", "", "client", {"db.system": "postgresql", "db.name": "x"}))
    (finding,) = explain(links, "a", "postgres").findings[:1]
    assert finding.why == "there is postgresql:///x"
