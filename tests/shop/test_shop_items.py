"""Each source's view of the sixteen traps: found, a gap with its reason, or missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from depmap.model.words import Source
from tests.shop.truth import between, names, rows, truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from depmap.model.evidence import Evidence
    from depmap.model.snapshot import Snapshot

SOURCES = ("traces", "code", "deployment", "people")
FILES = {"code", "deployment"}


def of_file(place: str) -> str:
    """Whose file a place is in: the scan joins what code and deployment files say."""
    path = place.rpartition(":")[0]
    return "code" if path.endswith((".py", ".proto")) else "deployment"


def views(claim: Evidence) -> set[str]:
    if claim.source.value in FILES:
        return {claim.source.value, *map(of_file, claim.locators)}
    return {claim.source.value}


def seen(shop: Snapshot, row: dict[str, Any]) -> set[str]:
    """Return the sources that show a row of the truth, whatever they say of it."""
    if "members" in row:
        return {
            of_file(place)
            for item in shop.shared
            if item.kind.value == row["kind"] and set(row["members"]) <= set(item.members)
            for place in item.locators
        }
    return {
        name for item in between(shop, row) for claim in item.evidence for name in views(claim)
    }


def of_item(number: int) -> Iterator[dict[str, Any]]:
    every = (*rows(), *truth()["shared"], *truth()["negatives"])
    return (row for row in every if row.get("item") == number)


def view(shop: Snapshot, item: dict[str, Any], source: str) -> tuple[str, str]:
    """Return found, gap or missed, with the reason or what is missed."""
    own = list(of_item(item["item"]))
    missed = [
        row.get("id") or row["resource"]
        for row in own
        if source in row.get("seen_by", ()) and source not in seen(shop, row)
    ]
    if missed:
        return "missed", ", ".join(missed)
    if any(source in seen(shop, row) for row in own):
        return "found", ""
    reason = item["blind"].get(source, "")
    return ("gap", reason) if reason else ("missed", "and no reason is known")


def test_every_source_finds_each_trap_or_cannot(
    shop: Snapshot, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {
        (item["item"], source): view(shop, item, source)
        for item in truth()["items"]
        for source in SOURCES
    }
    with capsys.disabled():
        print()  # noqa: T201 - the table is what this test is asked to print
        for item in truth()["items"]:
            told = [f"{source} {found[item['item'], source][0]:6}" for source in SOURCES]
            print(f"{item['item']:2}  {'  '.join(told)}  {item['what']}")  # noqa: T201
            for source in SOURCES:
                word, why = found[item["item"], source]
                if why:
                    print(f"        {source}: {word}: {why}")  # noqa: T201
    missed = {key: why for key, (word, why) in found.items() if word == "missed"}
    assert {key: why for key, why in missed.items() if key[1] in {"traces", "people"}} == {}


def test_no_reason_for_a_gap_stands_where_the_source_does_see(shop: Snapshot) -> None:
    needless = [
        (item["item"], source)
        for item in truth()["items"]
        for source in item["blind"]
        if view(shop, item, source)[0] == "found"
    ]
    assert needless == []


def test_item_9_is_needed_at_peak_alone(shop: Snapshot) -> None:
    (item,) = shop.matrix.between("streaming", "auth")
    assert item.when == "peak"


def test_item_12_is_in_no_healthy_trace(shop: Snapshot) -> None:
    (item,) = shop.matrix.between("catalog", "catalog-replica")
    calls = sum(claim.calls.calls for claim in item.evidence if claim.calls is not None)
    database = sum(
        claim.calls.errors
        for one in shop.matrix.between("catalog", "postgres")
        for claim in one.evidence
        if claim.calls is not None
    )
    assert 0 < calls <= database


def test_item_15_nobody_but_an_old_interview_knows_the_dead_service(shop: Snapshot) -> None:
    (item,) = shop.matrix.between("gift-cards", "payment")
    assert item.sources == (Source.PEOPLE,)
    assert not item.confirmed


def test_item_15_the_renamed_service_is_not_merged_by_itself(shop: Snapshot) -> None:
    known = {node.name: node for node in shop.nodes}
    assert {"play-counter", "view-statistics"} <= set(known)
    assert set(names("play-counter")) == {"play-counter", "viewstats", "view-statistics"}


def test_item_16_the_address_that_no_file_has_is_a_gap(shop: Snapshot) -> None:
    assert [gap for gap in shop.gaps if "media/streaming/catalog.py:22" in (gap.locator or "")]
