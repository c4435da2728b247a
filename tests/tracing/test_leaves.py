from __future__ import annotations

import pytest

from tests.tracing.traces import S, found, linked

CACHE = {"db.system": "redis", "net.peer.name": "r", "net.peer.port": "6379"}


@pytest.mark.parametrize(
    ("tags", "provider", "kind", "node"),
    [
        ({"peer.service": "cart"}, "cart", "rpc", "service"),
        ({"service.peer.name": "Cart", "peer.service": "old"}, "Cart", "rpc", "service"),
        ({"http.url": "https://api.stripe.com/v1/x"}, "api.stripe.com", "http", "external"),
        ({"server.address": "cart", "url.path": "/a"}, "cart", "http", "service"),
        ({"net.peer.name": "10.1.2.3", "http.method": "GET"}, "10.1.2.3", "http", "service"),
        ({"peer.address": "8.8.8.8:53", "http.method": "GET"}, "8.8.8.8", "http", "external"),
        (CACHE, "redis://r:6379", "cache", "cache"),
        ({**CACHE, "db.redis.database_index": 2}, "redis://r:6379/2", "cache", "cache"),
        ({"db.system": "redis"}, "redis", "cache", "cache"),
        (
            {
                "db.system.name": "postgresql",
                "server.address": "pg",
                "server.port": 5432,
                "db.namespace": "shop",
            },
            "postgresql://pg:5432/shop",
            "database",
            "database",
        ),
        (
            {"db.system": "postgresql", "db.name": "shop"},
            "postgresql:///shop",
            "database",
            "database",
        ),
        (
            {"db.system": "mssql", "db.connection_string": "jdbc:sqlserver://m:1433"},
            "microsoft.sql_server://m:1433",
            "database",
            "database",
        ),
        ({"db.system": "opensearch", "server.address": "s"}, "opensearch://s", "search", "search"),
        (
            {"db.system": "mysql", "server.address": "::1", "server.port": "3306"},
            "mysql://[::1]:3306",
            "database",
            "database",
        ),
        (
            {
                "upstream_cluster": "outbound|9080||details.default.svc.cluster.local",
                "http.method": "GET",
            },
            "details.default",
            "http",
            "service",
        ),
        ({"rpc.system": "aws-api", "rpc.service": "S3"}, "aws-api", "rpc", "service"),
    ],
)
def test_a_peer_without_spans_is_named(
    tags: dict[str, object], provider: str, kind: str, node: str
) -> None:
    links = linked(S("a", "1", "", "client", tags))
    assert found(links) == {("a", provider, kind): 1}
    assert (links.rows[0].virtual, links.rows[0].provider_kind.value) == ("provider", node)


@pytest.mark.parametrize("cluster", ["inbound|9080||", "PassthroughCluster", "-"])
def test_a_cluster_that_is_no_target_names_nobody(cluster: str) -> None:
    links = linked(S("a", "1", "", "client", {"upstream_cluster": cluster}))
    assert links.rows == ()
    assert [gap.what for gap in links.gaps] == ["the provider of a call of a"]


def test_the_server_s_name_wins_over_the_one_the_client_gives() -> None:
    links = linked(S("a", "1", "", "client", remote="lb"), S("b", "2", "1", "server"))
    assert found(links) == {("a", "b", "rpc"): 1}


def test_a_client_with_local_children_keeps_its_named_peer() -> None:
    links = linked(S("a", "1", "", "client", remote="b"), S("a", "2", "1", "internal"))
    assert found(links) == {("a", "b", "rpc"): 1}


def test_a_local_span_that_names_its_peer_is_a_call() -> None:
    assert found(linked(S("a", "1", remote="mysql"))) == {("a", "mysql", "database"): 1}


def test_calls_with_and_without_the_server_s_span_are_one_row() -> None:
    links = linked(
        S("a", "1", "", "client"),
        S("b", "2", "1", "server"),
        S("a", "3", "", "client", remote="b", trace="2"),
    )
    assert found(links) == {("a", "b", "rpc"): 2}
    assert links.rows[0].virtual is None


def test_of_nested_clients_to_one_host_the_inner_one_counts() -> None:
    http = {"http.url": "http://b:80/x"}
    links = linked(S("a", "1", "", "client", http), S("a", "2", "1", "client", http))
    assert found(links) == {("a", "b", "http"): 1}


def test_a_store_s_client_counts_and_not_the_http_below_it() -> None:
    links = linked(
        S("a", "1", "", "client", {"db.system": "elasticsearch", "server.address": "es"}),
        S("a", "2", "1", "client", {"http.url": "http://es/_search"}),
    )
    assert found(links) == {("a", "elasticsearch://es", "search"): 1}


def test_nested_clients_with_different_peers_both_count() -> None:
    links = linked(
        S("a", "1", "", "client", CACHE),
        S("a", "2", "1", "client", remote="b"),
    )
    assert found(links) == {("a", "redis://r:6379", "cache"): 1, ("a", "b", "rpc"): 1}


def test_an_ordinary_client_around_an_answered_one_is_the_same_call() -> None:
    links = linked(
        S("a", "1", "", "client", {"server.address": "cart.svc"}),
        S("a", "2", "1", "client"),
        S("cart", "3", "2", "server"),
    )
    assert found(links) == {("a", "cart", "rpc"): 1}


BROKER = {
    "messaging.system": "kafka",
    "server.address": "k",
    "server.port": "9092",
    "messaging.destination.name": "orders",
}


def test_producer_and_consumer_make_three_rows() -> None:
    links = linked(
        S("a", "1", "", "producer", BROKER),
        S("b", "2", "1", "consumer", BROKER),
    )
    assert found(links) == {
        ("a", "b", "event"): 1,
        ("a", "kafka://k:9092", "messaging-publish"): 1,
        ("b", "kafka://k:9092", "messaging-consume"): 1,
    }
    assert {row.operation for row in links.rows} == {"orders"}
    assert {row.provider_kind.value for row in links.rows} == {"broker", "service"}


def test_an_event_is_seen_over_local_spans() -> None:
    links = linked(
        S("a", "1", "", "producer"),
        S("a", "2", "1"),
        S("b", "3", "2", "consumer"),
    )
    assert found(links) == {("a", "b", "event"): 1}


def test_a_stream_in_a_cache_is_messaging() -> None:
    tags = {**CACHE, "messaging.system": "redis", "messaging.destination.name": "orders"}
    links = linked(S("a", "1", "", "producer", tags), S("a", "2", "1", "client", CACHE))
    assert found(links) == {("a", "redis://r:6379", "messaging-publish"): 1}


def test_what_a_consumer_does_on_its_broker_s_host_is_a_call_of_its_own() -> None:
    tags = {**CACHE, "messaging.system": "redis"}
    links = linked(S("a", "1", "", "consumer", tags), S("a", "2", "1", "client", CACHE))
    assert found(links) == {
        ("a", "redis://r:6379", "cache"): 1,
        ("a", "redis://r:6379", "messaging-consume"): 1,
    }


def test_a_client_span_of_a_broker_publishes_or_receives_as_it_says() -> None:
    receive = {**BROKER, "messaging.operation.type": "receive"}
    settle = {**BROKER, "messaging.operation.type": "settle"}
    links = linked(
        S("a", "1", "", "client", BROKER),
        S("a", "2", "", "client", receive, trace="2"),
        S("a", "3", "", "client", settle, trace="3"),
    )
    assert found(links) == {
        ("a", "kafka://k:9092", "messaging-publish"): 1,
        ("a", "kafka://k:9092", "messaging-consume"): 1,
    }


def test_receiving_and_processing_one_message_is_consuming_once() -> None:
    links = linked(S("a", "1", "", "consumer", BROKER), S("a", "2", "1", "consumer", BROKER))
    assert found(links) == {("a", "kafka://k:9092", "messaging-consume"): 1}


def test_brave_s_topic_tells_the_broker() -> None:
    links = linked(S("a", "1", "", "producer", {"kafka.topic": "t"}))
    assert found(links) == {("a", "kafka", "messaging-publish"): 1}


def test_a_span_link_makes_an_event_across_traces() -> None:
    links = linked(
        S("a", "1", "", "producer", trace="1"),
        S("b", "2", "", "consumer", trace="2", links=(("1", "1"),)),
    )
    assert found(links) == {("a", "b", "event"): 1}
    assert links.rows[0].rule == "span-link"
    assert links.entries == ()


def test_each_span_link_is_an_event() -> None:
    links = linked(
        *(S("a", f"{at}", "", "producer", trace=f"{at}") for at in (1, 2, 3)),
        S("b", "9", "", "consumer", trace="9", links=(("1", "1"), ("2", "2"), ("3", "3"))),
    )
    assert found(links) == {("a", "b", "event"): 3}


def test_a_link_and_a_parent_to_one_producer_are_one_event() -> None:
    links = linked(
        S("a", "1", "", "producer"),
        S("b", "2", "1", "consumer", links=(("1", "1"),)),
    )
    assert found(links) == {("a", "b", "event"): 1}


def test_the_links_of_nested_consumers_are_one_event() -> None:
    links = linked(
        S("a", "1", "", "producer", trace="1"),
        S("b", "2", "", "consumer", trace="2", links=(("1", "1"),)),
        S("b", "3", "2", "consumer", trace="2", links=(("1", "1"),)),
    )
    assert found(links) == {("a", "b", "event"): 1}


def test_a_link_inside_a_trace_is_an_asynchronous_parent() -> None:
    links = linked(S("a", "1", "", "server"), S("b", "2", "", "server", links=(("1", "1"),)))
    assert found(links) == {("a", "b", "rpc"): 1}
    assert links.rows[0].non_blocking == 1.0


def test_a_link_of_a_batch_to_its_messages_is_no_event() -> None:
    links = linked(
        S("a", "1", "", "producer", trace="1"),
        S("a", "2", "", "producer", trace="2", links=(("1", "1"),)),
    )
    assert found(links) == {}


def test_a_link_to_a_span_that_is_not_here_is_a_gap() -> None:
    links = linked(S("b", "2", "", "consumer", trace="2", links=(("1", "1"),)))
    assert links.rows == ()
    assert [gap.what for gap in links.gaps] == ["the other end of a span link of b"]


@pytest.mark.parametrize(
    ("outer", "calls"),
    [
        ({"db.system": "postgresql", "db.name": "shop"}, 1),
        ({"db.name": "shop"}, 1),
        ({"db.system": "postgresql"}, 1),
        ({"db.system": "postgresql", "db.name": "stock"}, 2),
        ({"db.system": "mysql", "db.name": "shop"}, 2),
        ({"db.system": "postgresql", "peer.service": "orders-db"}, 2),
        ({"db.system": "postgresql", "server.address": "other"}, 2),
    ],
)
def test_a_store_s_client_that_tells_no_address_is_the_driver_s_call_in_it(
    outer: dict[str, object], calls: int
) -> None:
    driver = {"db.system": "postgresql", "db.name": "shop", "server.address": "pg"}
    links = linked(S("a", "1", "", "client", outer), S("a", "2", "1", "client", driver))
    assert found(links)["a", "postgresql://pg/shop", "database"] == 1
    assert len(links.rows) == calls
