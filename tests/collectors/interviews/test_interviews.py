from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from collectors.interviews import Interviews
from depmap.collecting.port import EVER, Item
from depmap.errors import InputError
from depmap.model.evidence import Evidence, Gap, Node
from depmap.model.words import Impact, Kind, Layer, NodeKind, Stance, Strength

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "depmap: interview/1\nservice: cart\ninterview: {date: 2026-11-18}\n"


def said(tmp_path: Path, body: str, head: str = HEAD) -> list[Item]:
    folder = tmp_path / "interviews"
    folder.mkdir(exist_ok=True)
    (folder / "cart.yaml").write_text(head + body)
    return list(Interviews(paths=(folder,)).collect(EVER))


def claims(items: list[Item]) -> list[Evidence]:
    return [item for item in items if isinstance(item, Evidence)]


def gaps(items: list[Item]) -> list[Gap]:
    return [item for item in items if isinstance(item, Gap)]


def test_a_dependency_is_told_with_its_place_its_date_and_its_words(tmp_path: Path) -> None:
    body = """depends_on:
  - service: pricing
    strength: weak
    when: peak
    sure: high
    if_down: {users_see: "old prices", impact: degraded}
    note: by design
"""
    (found,) = claims(said(tmp_path, body))
    assert (found.consumer, found.provider, found.kind) == ("cart", "pricing", Kind.RPC)
    assert (found.strength, found.impact, found.users_see) == (
        Strength.WEAK,
        Impact.DEGRADED,
        "old prices",
    )
    assert (found.when, found.confidence) == ("peak", 0.95)
    assert found.locators == ("interviews/cart.yaml:5",)
    assert found.last_seen == datetime(2026, 11, 18, tzinfo=UTC)
    assert found.reason == 'by design; users see "old prices"'


def test_the_service_is_a_node_with_owner_capabilities_and_tier(tmp_path: Path) -> None:
    body = "owner: team-a\ncriticality: tier-1\nbusiness: [place-order]\n"
    assert said(tmp_path, body) == [
        Node(
            name="cart",
            owner="team-a",
            capabilities=("place-order",),
            criticality="tier-1",
            locators=("interviews/cart.yaml:2",),
        )
    ]


@pytest.mark.parametrize(
    ("entry", "kind", "layer"),
    [
        ("{service: x}", Kind.RPC, None),
        ("{service: x, kind: shared-secret}", Kind.SHARED_SECRET, None),
        ("{service: x, layer: business}", Kind.BUSINESS_PROCESS, Layer.BUSINESS),
        ("{service: x, layer: operational}", Kind.DEPLOYMENT, Layer.OPERATIONAL),
        ("{team: x}", Kind.DEPLOYMENT, None),
    ],
)
def test_how_they_depend_follows_from_kind_layer_and_target(
    tmp_path: Path, entry: str, kind: Kind, layer: Layer | None
) -> None:
    (found,) = claims(said(tmp_path, f"depends_on: [{entry}]\n"))
    assert (found.kind, found.layer) == (kind, layer)


def test_a_team_may_be_depended_on(tmp_path: Path) -> None:
    items = said(tmp_path, "depends_on: [{team: dba, strength: strong}]\n")
    assert Node(name="dba", kind=NodeKind.TEAM, locators=("interviews/cart.yaml:4",)) in items


def test_used_by_points_the_other_way(tmp_path: Path) -> None:
    (found,) = claims(said(tmp_path, "used_by: [{service: web, strength: strong}]\n"))
    assert (found.consumer, found.provider) == ("web", "cart")


def test_an_explicit_no_is_a_denial(tmp_path: Path) -> None:
    (found,) = claims(said(tmp_path, "not_dependencies: [{service: old, reason: removed}]\n"))
    assert (found.stance, found.provider, found.reason) == (Stance.DENIES, "old", "removed")


def test_doubts_and_unanswered_questions_are_gaps(tmp_path: Path) -> None:
    body = 'unsure: ["the shared queue?"]\ndepends_on: [{service: x, strength: "?"}]\n'
    found = gaps(said(tmp_path, body))
    assert [gap.what for gap in found] == [
        "cart depends on x: how strongly",
        "cart: the shared queue?",
    ]


@pytest.mark.parametrize(
    ("body", "what", "why", "place"),
    [
        ("depends_on: [{service: x, strenght: weak}]\n", 'unknown key "strenght"',
         'did you mean "strength"?', "4:27"),
        ("depends_on: [{service: x, strength: mandatory}]\n",
         'strength "mandatory" is not one of strong, weak, optional or ?',
         '"mandatory" is usually "strong"', "4:37"),
        ("depends_on: [{strength: weak}]\n",
         "name exactly one of service, resource, team, capability", "", "4:14"),
        ("depends_on: [{service: x, if_down: {impact: outtage}}]\n",
         'impact "outtage" is not one of outage, degraded, delayed, none or ?',
         'did you mean "outage"?', "4:45"),
        ("onwer: x\n", 'unknown key "onwer"', 'did you mean "owner"?', "4:1"),
        ("owner: a\nowner: b\n", "the key 'owner' stands here a second time",
         "keep one of the two", "5:1"),
        ("owner: !!python/name:os.system x\n",
         "the tag 'tag:yaml.org,2002:python/name:os.system' is not allowed",
         "leave the tag out", "4:8"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_gap_with_file_line_column_and_the_right_word(
    tmp_path: Path, body: str, what: str, why: str, place: str
) -> None:
    (found,) = gaps(said(tmp_path, body))
    assert found.what == what
    assert why in found.why
    assert found.locator == f"interviews/cart.yaml:{place}"


def test_one_mistake_loses_one_answer(tmp_path: Path) -> None:
    body = "depends_on: [{service: a}, {servce: b}, {service: c}]\n"
    assert [item.provider for item in claims(said(tmp_path, body))] == ["a", "c"]


def test_keys_that_begin_with_x_are_free(tmp_path: Path) -> None:
    assert (
        gaps(said(tmp_path, "x-note: {anything: 1}\ndepends_on: [{service: a, x-y: 1}]\n")) == []
    )


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        list(Interviews(paths=(tmp_path / "gone",)).collect(EVER))
    assert caught.value.where == str(tmp_path / "gone")
