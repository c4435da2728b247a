"""What a span calls its peer: which of its attributes count, in which order and spelling."""

from __future__ import annotations

import pytest

from tests.tracing.traces import S, found, linked


def test_a_mesh_s_cluster_names_the_service_behind_it() -> None:
    cluster = "outbound|80||cart.shop.svc.cluster.local"
    links = linked(S("a", "1", "", "client", {"upstream_cluster.name": cluster}))
    assert found(links) == {("a", "cart.shop", "rpc"): 1}


@pytest.mark.parametrize(
    "socket", ["peer.address", "network.peer.address", "net.peer.ip", "peer.ipv4"]
)
def test_the_host_in_a_url_names_a_peer_before_its_socket(socket: str) -> None:
    tags = {"http.url": "http://api.example.com/a", socket: "10.1.1.1"}
    (row,) = linked(S("a", "1", "", "client", tags)).rows
    assert (row.provider, row.kind) == ("api.example.com", "http")


def test_what_a_mesh_passes_through_is_named_by_its_url() -> None:
    tags = {
        "upstream_cluster": "PassthroughCluster",
        "http.url": "http://api.example.com/a",
        "peer.address": "93.184.1.1",
    }
    (row,) = linked(S("a", "1", "", "client", tags)).rows
    assert (row.provider, row.provider_kind) == ("api.example.com", "external")


def test_a_socket_that_is_all_a_url_has_is_the_peer() -> None:
    tags = {"http.url": "http://10.1.1.1:8080/a", "peer.address": "10.1.1.1"}
    (row,) = linked(S("a", "1", "", "client", tags)).rows
    assert row.provider == "10.1.1.1"


@pytest.mark.parametrize(
    "key", ["messaging.rabbitmq.destination.routing_key", "messaging.rabbitmq.routing_key"]
)
def test_a_message_to_no_exchange_goes_to_the_queue_of_its_key(key: str) -> None:
    tags = {"messaging.system": "rabbitmq", "messaging.destination": "", key: "orders"}
    (row,) = linked(S("a", "1", "", "producer", tags, name="<default> send")).rows
    assert row.operation == "orders"


@pytest.mark.parametrize(
    ("tags", "provider"),
    [
        ({"rpc.system": "grpc", "server.address": "dns:///cart:7070"}, "cart"),
        ({"rpc.system": "grpc", "net.peer.name": "xds:///cart.shop"}, "cart.shop"),
        ({"faas.invoked_name": "resize", "faas.invoked_provider": "aws"}, "resize"),
        (
            {"messaging.system": "kafka", "server.address": "k1:9092,k2:9092"},
            "kafka://k1:9092",
        ),
        (
            {"messaging.system": "rabbitmq", "messaging.url": "amqp://user:x@mq:5672/"},
            "rabbitmq://mq:5672",
        ),
    ],
)
def test_addresses_come_in_many_spellings(tags: dict[str, object], provider: str) -> None:
    (row,) = linked(S("a", "1", "", "client", tags)).rows
    assert row.provider == provider


@pytest.mark.parametrize(("cluster", "callers"), [("front", ["front"]), ("-", []), ("", [])])
def test_envoy_s_downstream_cluster_names_the_caller_of_a_root(
    cluster: str, callers: list[str]
) -> None:
    links = linked(S("a", "1", "", "server", {"downstream_cluster": cluster}))
    assert [row.consumer for row in links.rows] == callers


def test_envoy_s_downstream_cluster_of_a_call_that_is_seen_adds_nothing() -> None:
    links = linked(
        S("a", "1", "", "client"), S("b", "2", "1", "server", {"downstream_cluster": "front"})
    )
    assert found(links) == {("a", "b", "rpc"): 1}
