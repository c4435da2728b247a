from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from depmap.merging.combine import combine, turned
from depmap.model.words import Impact, Kind, Layer, Source, Stance, Strength
from tests.builders import AS_OF, claim, seen

if TYPE_CHECKING:
    from depmap.model.evidence import Evidence


def test_claims_of_one_pair_and_kind_are_one_dependency_that_keeps_them_all() -> None:
    claims = [claim(), seen(), claim(source=Source.PEOPLE)]
    (found,) = combine(claims, AS_OF)
    assert set(found.evidence) == set(claims)
    assert found.sources == (Source.TRACES, Source.CODE, Source.PEOPLE)


def test_two_kinds_are_two_dependencies() -> None:
    found = combine([claim(), claim(kind=Kind.SHARED_SECRET)], AS_OF)
    assert [item.kind for item in found] == [Kind.HTTP, Kind.SHARED_SECRET]


def test_a_call_of_unknown_protocol_joins_the_known_one() -> None:
    (found,) = combine([claim(kind=Kind.RPC), seen()], AS_OF)
    assert found.kind is Kind.HTTP
    assert len(found.evidence) == 2


def test_a_call_of_unknown_protocol_does_not_join_a_coupling() -> None:
    found = combine([claim(kind=Kind.RPC), claim(kind=Kind.SHARED_SECRET)], AS_OF)
    assert [item.kind for item in found] == [Kind.RPC, Kind.SHARED_SECRET]


def test_people_who_do_not_say_how_may_mean_a_coupling() -> None:
    said = claim(kind=Kind.RPC, source=Source.PEOPLE)
    (found,) = combine([said, claim(kind=Kind.SHARED_SECRET)], AS_OF)
    assert found.kind is Kind.SHARED_SECRET


def test_the_subscriber_of_an_event_depends_on_its_publisher() -> None:
    (found,) = combine([turned(claim("order", "shipping", Kind.EVENT))], AS_OF)
    assert (found.consumer, found.provider) == ("shipping", "order")
    assert found.asynchronous


PUBLISHED = seen(kind=Kind.MESSAGING_PUBLISH, units=(200, 200, 5000, 0), incidents=30)
CAUGHT = seen(kind=Kind.MESSAGING_PUBLISH, units=(200, 0, 5000, 0), incidents=30)
RAISED = claim(kind=Kind.MESSAGING_PUBLISH, strength=Strength.STRONG)
SAID = claim(kind=Kind.MESSAGING_PUBLISH, source=Source.PEOPLE, strength=Strength.STRONG)
assert PUBLISHED.calls is not None
UNWAITED = replace(PUBLISHED, calls=replace(PUBLISHED.calls, non_blocking=1.0))


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ([PUBLISHED], False),
        ([PUBLISHED, RAISED], False),
        ([RAISED], False),
        ([CAUGHT], True),
        ([claim(kind=Kind.MESSAGING_PUBLISH)], True),
        ([SAID], True),
        ([UNWAITED, RAISED], True),
    ],
    ids=[
        "traces show that its failure fails the consumer",
        "traces and code",
        "code alone",
        "its failure fails nothing",
        "nobody knows",
        "people need it, whoever waits",
        "the consumer goes on before it ends",
    ],
)
def test_a_publish_is_waited_for_where_traces_or_code_show_that_its_failure_fails_the_consumer(
    evidence: list[Evidence], expected: bool
) -> None:
    (found,) = combine(evidence, AS_OF)
    assert found.asynchronous is expected


def test_a_message_is_taken_without_waiting_however_strong() -> None:
    taken = seen(kind=Kind.MESSAGING_CONSUME, units=(200, 200, 5000, 0), incidents=30)
    (found,) = combine([taken], AS_OF)
    assert found.asynchronous


def test_a_pair_that_is_only_denied_is_no_dependency() -> None:
    assert combine([claim(stance=Stance.DENIES)], AS_OF) == ()


def test_a_denial_stands_against_every_kind_of_the_pair() -> None:
    denial = claim(source=Source.PEOPLE, stance=Stance.DENIES, kind=Kind.RPC)
    found = combine([claim(), claim(kind=Kind.SHARED_SECRET), denial], AS_OF)
    assert all(denial in item.evidence for item in found)


def test_a_node_does_not_depend_on_itself() -> None:
    assert combine([claim("a", "a")], AS_OF) == ()


def test_the_layer_is_that_of_the_kind_unless_a_person_says_otherwise() -> None:
    (by_kind,) = combine([claim(kind=Kind.STARTUP_ORDER)], AS_OF)
    (by_person,) = combine([claim(layer=Layer.BUSINESS)], AS_OF)
    assert (by_kind.layer, by_person.layer) == (Layer.OPERATIONAL, Layer.BUSINESS)


def test_the_worst_impact_that_people_name_is_the_impact() -> None:
    (found,) = combine(
        [
            claim(source=Source.PEOPLE, impact=Impact.DEGRADED),
            claim(source=Source.PEOPLE, impact=Impact.OUTAGE, users_see="nothing works"),
        ],
        AS_OF,
    )
    assert (found.impact, found.users_see) == (Impact.OUTAGE, "nothing works")


def test_declared_only_means_that_no_source_shows_a_use() -> None:
    declared = claim(source=Source.DEPLOYMENT, confidence=0.15)
    (alone,) = combine([declared], AS_OF)
    (used,) = combine([declared, claim()], AS_OF)
    assert (alone.declared_only, used.declared_only) == (True, False)
    assert not alone.confirmed


def test_the_strength_of_a_person_follows_from_the_impact_they_name() -> None:
    (found,) = combine([claim(source=Source.PEOPLE, impact=Impact.OUTAGE)], AS_OF)
    assert found.strength.strength is Strength.STRONG


def test_a_call_of_an_outside_system_is_one_dependency_whoever_knows_its_protocol() -> None:
    traced = claim("a", "pay.example.com", Kind.HTTP, Source.TRACES)
    written = claim("a", "pay.example.com", Kind.EXTERNAL)
    told = claim("a", "pay.example.com", Kind.EXTERNAL, Source.PEOPLE)
    (found,) = combine([written, traced, told], AS_OF)
    assert (found.kind, len(found.evidence)) == (Kind.HTTP, 3)
    assert [item.kind for item in combine([written, told], AS_OF)] == [Kind.EXTERNAL]
    stored = claim("a", "pay.example.com", Kind.DATABASE, Source.TRACES)
    assert len(combine([written, stored], AS_OF)) == 2
