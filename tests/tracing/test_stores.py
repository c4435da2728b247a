"""What tells databases apart: their address, or a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.tracing.stores import StoreIdentity, folded, store_name
from tests.functional.calling import call
from tests.tracing.traces import S, as_otlp, found, linked

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.tracing.links import Links


def calls(*places: tuple[str, str]) -> list[S]:
    told = [
        {"db.system": "mysql", "server.address": host, "db.name": name} for host, name in places
    ]
    return [S("a", f"{at}", "", "client", tags, trace=f"{at}") for at, tags in enumerate(told, 1)]


def links() -> Links:
    return linked(
        *calls(("m1", "shop"), ("m2", "shop"), ("m1", "stock")),
        S("a", "9", "", "client", remote="b", trace="9"),
    )


@pytest.mark.parametrize(
    ("identity", "providers"),
    [
        ("address", {"mysql://m1/shop": 1, "mysql://m2/shop": 1, "mysql://m1/stock": 1}),
        ("host", {"mysql://m1": 2, "mysql://m2": 1}),
        ("namespace", {"mysql:///shop": 2, "mysql:///stock": 1}),
        ("system", {"mysql": 3}),
    ],
)
def test_databases_are_told_apart_by_a_part_of_their_address(
    identity: str, providers: dict[str, int]
) -> None:
    rows = found(folded(links(), StoreIdentity(identity)))
    assert rows.pop(("a", "b", "rpc")) == 1
    assert {provider: count for (_, provider, _), count in rows.items()} == providers


def test_by_address_nothing_changes() -> None:
    assert folded(links(), StoreIdentity.ADDRESS) == links()


@pytest.mark.parametrize("identity", list(StoreIdentity))
@pytest.mark.parametrize("name", ["redis", "orders-db", "shop.example.com"])
def test_a_name_that_is_no_address_stays(name: str, identity: StoreIdentity) -> None:
    assert store_name(name, identity) == name


@pytest.mark.parametrize(
    ("name", "identity", "shown"),
    [
        ("redis://r:6379", "namespace", "redis://r:6379"),
        ("postgresql:///shop", "host", "postgresql:///shop"),
        ("mysql://[::1]:3306/shop", "host", "mysql://[::1]:3306"),
    ],
)
def test_what_lacks_the_part_that_tells_keeps_its_name(
    name: str, identity: str, shown: str
) -> None:
    assert store_name(name, StoreIdentity(identity)) == shown


def test_the_command_folds_databases(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "t.jsonl"
    file.write_bytes(as_otlp(calls(("m1", "shop"), ("m2", "shop"))))
    answer = call(capfd, "links", file, "--databases", "namespace", "--format", "json")
    assert [(row["provider"], row["calls"]) for row in answer.json()["links"]] == [
        ("mysql:///shop", 2)
    ]
