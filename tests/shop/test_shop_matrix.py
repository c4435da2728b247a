"""The shop's matrix against the truth that was written by reading its code."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from depmap.model.words import Kind, Phase, Source, Strength
from tests.shop.truth import between, kinds, names, rows, strengths, truth

if TYPE_CHECKING:
    from depmap.model.dependency import Dependency
    from depmap.model.snapshot import Snapshot

CODE_AND_DEPLOYMENT = {"code", "deployment"}


SELDOM = {"shop-111", "shop-130", "shop-131"}
"""Traces show these, and too few of their failures to say how strong they are."""


def found(shop: Snapshot, row: dict[str, Any]) -> Dependency | None:
    """Return what there is of a row; of several names, the one of which most is known."""
    return max(
        between(shop, row), key=lambda item: (item.confirmed, len(item.sources)), default=None
    )


def seen_by(item: Dependency) -> set[str]:
    return {source.value for source in item.sources}


def seen_in_all(shop: Snapshot, row: dict[str, Any]) -> set[str]:
    return {name for item in between(shop, row) for name in seen_by(item)}


def test_every_true_dependency_is_confirmed_and_nothing_else_is(
    shop: Snapshot, capsys: pytest.CaptureFixture[str]
) -> None:
    missed = [row["id"] for row in rows() if not _confirmed(shop, row)]
    wrong = [item.key for item in shop.matrix.confirmed() if not _true(item)]
    with capsys.disabled():
        _print_table(shop)
    assert [name for name in missed if not _is_extra(name)] == []
    assert wrong == []


def _confirmed(shop: Snapshot, row: dict[str, Any]) -> bool:
    item = found(shop, row)
    return item is not None and item.confirmed


def _is_extra(name: str) -> bool:
    return any(row["id"] == name and row.get("tier") == "extra" for row in rows())


def _true(item: Dependency) -> bool:
    return any(
        item.consumer in names(row["consumer"])
        and item.provider in names(row["provider"])
        and item.kind.value in kinds(row)
        for row in rows()
    )


def _print_table(shop: Snapshot) -> None:
    print()  # noqa: T201 - the table is what this test is asked to print
    for row in rows():
        item = found(shop, row)
        strength = item.strength.strength.value if item else "-"
        sources = "+".join(sorted(seen_in_all(shop, row))) or "not found"
        mark = "ok" if item and item.confirmed and strength in strengths(row) else "  "
        print(  # noqa: T201
            f"{mark} {row['id']:8} {row['consumer']:14} -> {row['provider']:14} "
            f"{row['kind']:17} {strength:12} (truth {row['strength']:8}) {sources}"
        )


def test_strength_is_right_wherever_it_is_decided(shop: Snapshot) -> None:
    wrong = [
        (row["id"], item.strength.strength.value)
        for row in rows()
        if (item := found(shop, row)) is not None
        and item.strength.strength is not Strength.UNDETERMINED
        and item.strength.strength.value not in strengths(row)
        and row.get("tier") != "extra"
    ]
    assert wrong == []


def test_traces_decide_the_strength_of_every_call_they_see(shop: Snapshot) -> None:
    undecided = [
        row["id"]
        for row in rows()
        if "traces" in row["seen_by"]
        and not found_async(row)
        and not any(item.strength.delta is not None for item in between(shop, row))
    ]
    assert set(undecided) == SELDOM


def found_async(row: dict[str, Any]) -> bool:
    return Kind(row["kind"]).is_asynchronous


def test_what_people_say_is_complete(shop: Snapshot) -> None:
    missed = [
        row["id"]
        for row in rows()
        if "people" in row["seen_by"] and Source.PEOPLE.value not in seen_in_all(shop, row)
    ]
    assert missed == []


def test_what_code_and_deployment_files_can_see(
    shop: Snapshot, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = [row for row in rows() if CODE_AND_DEPLOYMENT & set(row["seen_by"])]
    hits = [row["id"] for row in wanted if seen_in_all(shop, row) & CODE_AND_DEPLOYMENT]
    claimed = [item for item in shop.matrix.confirmed() if seen_by(item) & CODE_AND_DEPLOYMENT]
    right = [item for item in claimed if _true(item)]
    recall, precision = len(hits) / len(wanted), len(right) / len(claimed)
    with capsys.disabled():
        print(  # noqa: T201 - figures that this test is asked to print
            f"\ncode and deployment: recall {recall:.3f} ({len(hits)} of {len(wanted)}), "
            f"precision {precision:.3f} ({len(right)} of {len(claimed)}); missed: "
            f"{[row['id'] for row in wanted if row['id'] not in hits]}"
        )
    assert recall >= 0.95
    assert precision >= 0.95


def test_what_is_declared_and_not_used_is_not_confirmed(shop: Snapshot) -> None:
    wrong = [
        item.key for row in truth()["negatives"] for item in between(shop, row) if item.confirmed
    ]
    assert wrong == []


@pytest.mark.parametrize(("consumer", "provider"), [("shipping", "pricing"), ("ads", "postgres")])
def test_item_6_is_listed_as_declared_but_unconfirmed(
    shop: Snapshot, consumer: str, provider: str
) -> None:
    listed = [item for item in shop.findings if item.subjects[:2] == (consumer, provider)]
    assert {item.rule for item in listed} & {"unconfirmed", "unused", "declared-unused"}


def test_phases_and_waves_violate_no_strong_dependency(shop: Snapshot) -> None:
    places = {item.name: item for item in shop.plan.placements}
    for item in shop.matrix.confirmed():
        strong = item.strength.strength is Strength.STRONG and not item.asynchronous
        if strong and item.consumer in places and item.provider in places:
            consumer, provider = places[item.consumer], places[item.provider]
            assert provider.phase.number <= consumer.phase.number, item.key
            if provider.deployable:
                assert provider.wave < consumer.wave, item.key


def test_every_service_stands_in_the_plan_with_its_reason(shop: Snapshot) -> None:
    placed = {item.name: item for item in shop.plan.placements}
    services = [node["name"] for node in truth()["nodes"] if node["kind"] in {"service", "worker"}]
    assert len(services) > 16
    assert set(services) <= set(placed)
    assert all(placed[name].reasons for name in services)
    assert placed["storefront"].phase is Phase.USER_FACING
    assert placed["payment"].phase is Phase.FOUNDATION


@pytest.mark.parametrize(
    ("consumer", "provider", "rule"),
    [("pricing", "promotions", "conflict"), ("catalog", "ratings", "broken-fallback")],
)
def test_the_conflicts_that_were_put_there_are_found(
    shop: Snapshot, consumer: str, provider: str, rule: str
) -> None:
    pair = (consumer, provider)
    assert pair in {(row["consumer"], row["provider"]) for row in rows() if row.get("people_say")}
    rules = Counter(item.rule for item in shop.findings if item.subjects[:2] == pair)
    assert rules[rule] == 1
