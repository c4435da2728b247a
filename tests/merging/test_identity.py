from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.merging.identity import identify
from depmap.merging.names import forms
from depmap.model.words import NodeKind
from tests.builders import claim, node

if TYPE_CHECKING:
    from random import Random

    from depmap.model.evidence import Node


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
    nodes = [node("a", aliases=("app",)), node("b", aliases=("app",))]
    identity = identify(nodes, [claim("x", "app")], {})
    assert identity.name("app") == "app"
    assert [gap.what for gap in identity.gaps] == ["the name 'app'"]
    assert identify(nodes, [], {}).gaps == ()


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
    [
        "cart-0.cart.shop.svc.cluster.local",
        "cart.shop.svc.cluster.local",
        "cart.shop.svc",
        "http://cart:8080",
        "cart:8080",
        "CART",
    ],
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
    found = forms("postgresql://db.shop.svc.cluster.local:5432/orders")
    assert [form.text for form in found] == [
        "postgresql://db.shop.svc.cluster.local/orders",
        "postgresql://db.shop.svc.cluster.local",
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


def test_the_owner_in_depmap_toml_wins_in_any_order() -> None:
    nodes = [node("cart", owner="a", locators=("i.yaml:2",)), node("cart", owner="z")]
    for said in (nodes, nodes[::-1]):
        found = identify(said, [], {})
        assert (found.nodes[0].owner, found.gaps) == ("z", ())


def test_owners_that_differ_are_named() -> None:
    nodes = [
        node("cart", owner="a", locators=("i.yaml:2",)),
        node("cart", owner="b", locators=("CODEOWNERS:1",)),
    ]
    for said in (nodes, nodes[::-1]):
        found = identify(said, [], {})
        assert found.nodes[0].owner == identify(nodes, [], {}).nodes[0].owner
        (gap,) = found.gaps
        assert "a (i.yaml:2), b (CODEOWNERS:1)" in gap.why


def test_a_definite_kind_wins_over_service() -> None:
    nodes = [node("redis"), node("redis", NodeKind.CACHE)]
    assert identify(nodes, [], {}).nodes[0].kind is NodeKind.CACHE


def test_a_label_that_stands_in_two_namespaces_means_neither() -> None:
    deployed = node("cart", path="cart", aliases=("cart.shop",))
    identity = identify([deployed], [claim("cart.shop", "cart.media")], {})
    assert (identity.name("cart.shop"), identity.name("cart.media")) == ("cart", "cart.media")
    assert [gap.what for gap in identity.gaps] == ["the name 'cart.media'"]


def test_two_that_are_built_from_different_folders_stay_two() -> None:
    nodes = [node("api", path="a", aliases=("web",)), node("web", path="b")]
    identity = identify(nodes, [], {})
    assert [item.name for item in identity.nodes] == ["api", "web"]
    assert [gap.what for gap in identity.gaps] == ["the name 'web'"]


@pytest.mark.parametrize("kind", [NodeKind.TOPIC, NodeKind.CONFIG, NodeKind.SECRET])
def test_a_topic_is_no_service_in_a_namespace(kind: NodeKind) -> None:
    identity = identify([node("orders", path="o"), node("orders.created", kind)], [], {})
    assert identity.name("orders.created") == "orders.created"


def test_people_keep_apart_what_a_rule_would_join() -> None:
    nodes = [node("cart", path="c"), node("shop", path="s", aliases=("basket",)), node("basket")]
    identity = identify(nodes, [claim("a", "http://cart:8080")], {"http://cart:8080": []})
    assert identity.name("http://cart:8080") == "http://cart:8080"
    assert identify(nodes, [], {"basket": []}).name("basket") == "basket"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("postgres://db:5432/orders", "postgresql://db/orders"),
        ("REDIS://cache", "redis://cache:6379/"),
        ("https://pay.example.com", "https://pay.example.com:443"),
    ],
)
def test_the_usual_port_need_not_be_written(one: str, other: str) -> None:
    identity = identify([], [claim("a", one), claim("b", other)], {})
    assert identity.name(one) == identity.name(other)


def test_another_port_is_another_thing() -> None:
    identity = identify([], [claim("a", "redis://db"), claim("b", "redis://db:6380")], {})
    assert identity.name("redis://db") != identity.name("redis://db:6380")


def test_a_team_and_a_service_of_one_name_are_named() -> None:
    identity = identify([node("payments", path="p"), node("payments", NodeKind.TEAM)], [], {})
    assert [gap.what for gap in identity.gaps] == ["'payments' is called a team and a service"]


def test_each_merge_has_its_reason() -> None:
    nodes = [
        node("cart", path="cart", aliases=("basket",), locators=("compose.yml:3",)),
        node("orders-db", NodeKind.DATABASE, aliases=("postgresql://10.0.0.5",)),
    ]
    claims = [
        claim("Cart", "postgresql://10.0.0.5:5432/orders"),
        claim("basket", "http://cart:8080"),
        claim("cart.shop.svc", "korb"),
    ]
    found = identify(nodes, claims, {"cart": ["korb"]}).nodes
    assert {name: why for item in found for name, why in item.reasons} == {
        "Cart": "depmap.toml says so, under [aliases]",
        "basket": "cart is also called so (compose.yml:3)",
        "cart.shop.svc": "its name in the cluster is cart",
        "http://cart:8080": "the host of this address is cart",
        "korb": "depmap.toml says so, under [aliases]",
        "postgresql://10.0.0.5": "orders-db is also called so",
        "postgresql://10.0.0.5:5432/orders": (
            "the server of this address is postgresql://10.0.0.5: orders-db is also called so"
        ),
    }


def test_an_alias_of_an_alias_means_the_same_thing() -> None:
    nodes = [
        node("a", aliases=("x",)),
        node("b", path="b", aliases=("a", "y")),
        node("c", aliases=("y",)),
        node("d", path="d", aliases=("c",)),
    ]
    identity = identify(nodes, [], {})
    assert identity.name("x") == "b"
    assert [item.name for item in identity.nodes] == ["b", "d"]
    assert identity.name("y") == "y"


def test_an_alias_that_turns_out_to_be_claimed_by_one_thing_is_used() -> None:
    nodes = [node("a", aliases=("x",)), node("b", path="b", aliases=("a", "x"))]
    assert identify(nodes, [], {}).name("x") == "b"


names = st.sampled_from(
    ["cart", "Cart", "cart.shop", "cart.media", "cart.shop.svc", "http://cart:80", "cart:8080",
     "db", "redis://db", "redis://db:6379/0", "10.0.0.1:80", "localhost:80", "a", "b", ""]
)  # fmt: skip
found = st.builds(
    node,
    names,
    st.sampled_from([NodeKind.SERVICE, NodeKind.DATABASE, NodeKind.TOPIC, NodeKind.TEAM]),
    aliases=st.lists(names, max_size=3, unique=True).map(tuple),
    path=st.sampled_from(["", "", "p", "q"]),
    owner=st.sampled_from(["", "t"]),
)
decided = st.dictionaries(names, st.lists(names, max_size=2), max_size=2)


@given(
    st.lists(found, max_size=5),
    st.lists(st.tuples(names, names), max_size=5),
    decided,
    st.randoms(use_true_random=False),
)
def test_the_order_changes_nothing_and_names_settle(
    nodes: list[Node],
    pairs: list[tuple[str, str]],
    aliases: dict[str, list[str]],
    random: Random,
) -> None:
    claims = [claim(*pair) for pair in pairs]
    one = identify(nodes, claims, aliases)
    shuffled = random.sample(claims, len(claims))
    other = identify(random.sample(nodes, len(nodes)), shuffled, aliases)
    assert (other.nodes, other.names) == (one.nodes, one.names)
    named = {item.name for item in nodes} | {name for pair in pairs for name in pair}
    known = {item.name for item in one.nodes}
    for name in named:
        assert one.name(name) in known
        assert one.name(one.name(name)) == one.name(name)
