from __future__ import annotations

import pytest

from depmap.merging.identity import identify
from depmap.merging.names import forms
from depmap.model.words import NodeKind
from tests.builders import claim, node


def test_case_and_underscores_do_not_make_another_node() -> None:
    identity = identify([node("Cart_Service")], [claim("cart-service", "db")], {})
    assert identity.name("cart_service") == "Cart_Service"
    assert {item.name for item in identity.nodes} == {"Cart_Service", "db"}


def test_an_alias_of_one_node_means_that_node() -> None:
    identity = identify([node("cart", aliases=("cart-v2",))], [claim("cart-v2", "db")], {})
    assert identity.name("cart-v2") == "cart"


def test_a_node_whose_name_is_another_nodes_alias_is_the_same_thing() -> None:
    deployed = node("cart", path="services/cart", aliases=("shopping-cart",))
    identity = identify([deployed, node("shopping-cart")], [], {})
    assert [item.name for item in identity.nodes] == ["cart"]


def test_an_alias_that_two_nodes_claim_means_neither_and_is_a_gap() -> None:
    identity = identify([node("a", aliases=("app",)), node("b", aliases=("app",))], [], {})
    assert identity.name("app") == "app"
    assert [gap.what for gap in identity.gaps] == ["the name 'app'"]


def test_people_decide_over_what_two_nodes_claim() -> None:
    nodes = [node("a", aliases=("app",)), node("b", aliases=("app",))]
    identity = identify(nodes, [], {"a": ["app"]})
    assert identity.name("app") == "a"
    assert identity.gaps == ()


def test_likeness_merges_nothing() -> None:
    identity = identify([node("payment"), node("payments")], [], {})
    assert [item.name for item in identity.nodes] == ["payment", "payments"]


def test_a_database_address_means_the_database_whatever_the_namespace() -> None:
    database = node("postgres", NodeKind.DATABASE, aliases=("postgresql://127.0.0.1:5432",))
    identity = identify([database], [claim("a", "postgresql://127.0.0.1:5432/orders")], {})
    assert identity.name("postgresql://127.0.0.1:5432/orders") == "postgres"


def test_a_node_that_a_source_only_names_is_the_deployed_one() -> None:
    deployed = node("postgres", NodeKind.DATABASE, aliases=("postgresql://10.0.0.1:5432",))
    named = node("postgresql://10.0.0.1:5432/orders", NodeKind.DATABASE)
    identity = identify([deployed, named], [claim("a", named.name)], {})
    assert [item.name for item in identity.nodes] == ["a", "postgres"]


def test_an_address_that_people_name_is_their_node() -> None:
    named = node("postgresql://127.0.0.1:5432/orders", NodeKind.DATABASE)
    identity = identify([named], [], {"orders-db": ["postgresql://127.0.0.1:5432"]})
    assert [item.name for item in identity.nodes] == ["orders-db"]


def test_loopback_names_nothing() -> None:
    identity = identify([node("a", aliases=("localhost:8000",))], [], {})
    assert identity.name("localhost:9000") == "localhost:9000"
    assert identity.name("localhost:8000") == "a"


@pytest.mark.parametrize(
    "name",
    ["cart.shop.svc.cluster.local", "cart.shop.svc", "http://cart:8080", "cart:8080", "CART"],
)
def test_dns_forms_and_addresses_mean_the_service(name: str) -> None:
    assert identify([node("cart")], [claim("a", name)], {}).name(name) == "cart"


def test_a_mesh_writes_the_namespace_behind_the_workload() -> None:
    identity = identify([node("cart", path="cart")], [claim("cart.shop", "stock.shop")], {})
    assert [item.name for item in identity.nodes] == ["cart", "stock.shop"]


@pytest.mark.parametrize("name", ["cart.com", "cart.io", "cart.shop.example.com"])
def test_a_public_host_is_not_a_service_of_that_name(name: str) -> None:
    identity = identify([node("cart", path="cart")], [claim("web", name)], {})
    assert identity.name(name) == name


def test_the_most_exact_form_comes_first() -> None:
    assert list(forms("postgresql://db.shop.svc.cluster.local:5432/orders")) == [
        "postgresql://db.shop.svc.cluster.local:5432/orders",
        "postgresql://db.shop.svc.cluster.local:5432",
        "db.shop.svc.cluster.local:5432",
        "db.shop.svc.cluster.local",
        "db.shop",
        "db",
    ]


def test_what_sources_know_of_a_node_is_joined() -> None:
    found = identify(
        [
            node("cart", path="services/cart", locators=("compose.yml:3",)),
            node("cart", owner="team-a", capabilities=("basket",), locators=("i.yaml:2",)),
            node("cart", entry=True),
        ],
        [],
        {},
    ).nodes
    (cart,) = found
    assert (cart.path, cart.owner, cart.capabilities, cart.entry) == (
        "services/cart",
        "team-a",
        ("basket",),
        True,
    )
    assert cart.locators == ("compose.yml:3", "i.yaml:2")


def test_a_definite_kind_wins_over_service() -> None:
    nodes = [node("redis"), node("redis", NodeKind.CACHE)]
    assert identify(nodes, [], {}).nodes[0].kind is NodeKind.CACHE
