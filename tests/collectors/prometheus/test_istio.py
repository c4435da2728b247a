"""Edges in the metrics of Istio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.words import Kind, NodeKind
from tests.collectors.prometheus.history import histogram, hour, rising
from tests.collectors.prometheus.labels import (
    CART_STOCK,
    connections,
    inside,
    istio,
    requests,
)
from tests.collectors.prometheus.reading import Cases, Read

if TYPE_CHECKING:
    from collections.abc import Callable


pytestmark = pytest.mark.live

CASES = Cases()

ERRORS = CASES.add(
    "errors",
    *(
        rising(requests("source", "cart", "stock", response_code=code), calls)
        for code, calls in (("200", 10), ("404", 3), ("500", 2), ("503", 1), ("0", 1))
    ),
)


def test_istio_errors_are_5xx_and_no_answer(read: Callable[..., Read]) -> None:
    assert read(ERRORS).edges == {(*CART_STOCK, Kind.HTTP): (17, 4)}


GRPC = CASES.add(
    "grpc",
    *(
        rising(
            requests("source", "cart", "stock", request_protocol="grpc", grpc_response_status=end),
            calls,
        )
        for end, calls in (("0", 8), ("14", 2))
    ),
)


def test_istio_grpc_fails_by_its_status(read: Callable[..., Read]) -> None:
    assert read(GRPC).edges == {(*CART_STOCK, Kind.GRPC): (10, 2)}


NO_GRPC_ANSWER = CASES.add(
    "grpc without an answer",
    rising(requests("source", "cart", "stock", request_protocol="grpc", response_code="0"), 2),
    rising(
        requests(
            "source", "cart", "stock",
            request_protocol="grpc", response_code="0", grpc_response_status="0",
        ), 8,
    ),
)  # fmt: skip


def test_istio_grpc_without_a_status_was_not_answered(read: Callable[..., Read]) -> None:
    assert read(NO_GRPC_ANSWER).edges == {(*CART_STOCK, Kind.GRPC): (10, 2)}


REPORTERS = CASES.add(
    "reporters",
    rising(requests("source", "cart", "stock"), 10),
    rising(requests("source", "cart", "stock", response_code="503"), 2),
    rising(requests("destination", "cart", "stock"), 10),
    rising(requests("destination", "bare", "stock"), 4),
)


def test_istio_has_one_reporter_an_edge(read: Callable[..., Read]) -> None:
    assert read(REPORTERS).edges == {
        (*CART_STOCK, Kind.HTTP): (12, 2),
        ("bare.shop", "stock.shop", Kind.HTTP): (4, 0),
    }


LATENCY = CASES.add(
    "latency",
    rising(requests("source", "cart", "stock"), 100),
    histogram(
        "istio_request_duration_milliseconds",
        inside(requests("source", "cart", "stock", response_code="")),
        {"10": 50, "20": 45, "100": 5, "+Inf": 0},
    ),
    histogram(
        "istio_request_duration_milliseconds",
        inside(requests("destination", "cart", "stock", response_code="")),
        {"10": 0, "20": 0, "100": 0, "+Inf": 100},
    ),
)


def test_istio_latency_comes_from_the_same_reporter(read: Callable[..., Read]) -> None:
    (found,) = read(LATENCY).evidence
    assert found.calls
    assert (found.calls.p50_ms, found.calls.p95_ms) == (10, 20)
    assert found.calls.p99_ms == pytest.approx(84, abs=0.5)


TCP = CASES.add(
    "tcp",
    rising(connections("source", "cart", "postgres"), 3),
    rising(connections("destination", "cart", "postgres"), 3),
    rising(connections("source", "cart", "pool"), 0, old=5),
    rising(
        connections("source", "cart", "pool").replace("connections_opened", "sent_bytes"),
        9000,
    ),
)


def test_istio_tcp_counts_connections(read: Callable[..., Read]) -> None:
    found = read(TCP)
    assert found.edges["cart.shop", "postgres.shop", Kind.RPC] == (3, 0)
    assert {item.protocol for item in found.evidence} == {"tcp"}


def test_a_connection_that_stays_open_is_an_edge(read: Callable[..., Read]) -> None:
    assert read(TCP).edges["cart.shop", "pool.shop", Kind.RPC] is None


STREAM = CASES.add(
    "stream",
    *(
        rising(istio(metric, "source", "cart", target, request_protocol=protocol), calls, old=old)
        for target, protocol, metric, calls, old in (
            ("stock", "grpc", "istio_requests_total", 0, 5),
            ("stock", "grpc", "istio_request_messages_total", 1, 5),
            ("feed", "grpc", "istio_response_messages_total", 900, 5),
            ("pool", "tcp", "istio_tcp_connections_opened_total", 0, 5),
            ("pool", "tcp", "istio_tcp_received_bytes_total", 900, 5),
        )
    ),
)


def test_messages_and_bytes_that_flow_either_way_show_that_an_edge_is_in_use(
    read: Callable[..., Read],
) -> None:
    # a stream counts as a request when it ends only
    assert read(STREAM).edges == {
        (*CART_STOCK, Kind.GRPC): None,
        ("cart.shop", "feed.shop", Kind.GRPC): None,
        ("cart.shop", "pool.shop", Kind.RPC): None,
    }


UNREACHED = CASES.add(
    "unreached",
    rising(
        requests(
            "source",
            "cart",
            "unknown",
            response_code="503",
            service="stock.shop.svc.cluster.local",
        ),
        6,
    ),
    rising(
        requests(
            "source",
            "cart",
            "unknown",
            service="unknown",
            destination_service_name="mail",
            destination_service_namespace="post",
        ),
        1,
    ),
)


def test_istio_calls_that_never_arrived_name_the_service(read: Callable[..., Read]) -> None:
    assert read(UNREACHED).edges == {
        (*CART_STOCK, Kind.HTTP): (6, 6),
        ("cart.shop", "mail.post", Kind.HTTP): (1, 0),
    }


ALIASES = CASES.add(
    "aliases",
    *(
        rising(requests("source", "cart", target, service=f"{name}.shop.svc.cluster.local"), 3)
        for target, name in (("stock-v1", "stock"), ("mail-v1", "mail"), ("mail-v2", "mail"))
    ),
)


def test_a_service_is_an_alias_of_its_only_workload(read: Callable[..., Read]) -> None:
    nodes = read(ALIASES).nodes
    assert {name: node.aliases for name, node in nodes.items()} == {
        "cart.shop": (),
        "mail-v1.shop": (),
        "mail-v2.shop": (),
        "stock-v1.shop": ("stock.shop",),
    }


OUTSIDE = CASES.add(
    "outside",
    rising(requests("source", "cart", "unknown", service="api.bank.example:443"), 5),
    *(
        rising(
            requests("source", "cart", "unknown", service=host, destination_service_name=name),
            2,
        )
        for host, name in (
            ("unknown", "PassthroughCluster"),
            ("BlackHoleCluster", "BlackHoleCluster"),
            ("rates.example", "PassthroughCluster"),
        )
    ),
)


def test_istio_outside_hosts_are_external(read: Callable[..., Read]) -> None:
    found = read(OUTSIDE)
    assert set(found.edges) == {
        ("cart.shop", "api.bank.example", Kind.HTTP),
        ("cart.shop", "rates.example", Kind.HTTP),
        ("cart.shop", "PassthroughCluster", Kind.EXTERNAL),
        ("cart.shop", "BlackHoleCluster", Kind.EXTERNAL),
    }
    kinds = {node.kind for name, node in found.nodes.items() if name != "cart.shop"}
    assert kinds == {NodeKind.EXTERNAL}


NOBODY = CASES.add(
    "nobody",
    rising(requests("destination", "unknown", "stock"), 40, 2),
    rising(requests("source", "cart", "unknown", service="unknown"), 3),
)


def test_istio_unknown_sides_are_gaps(read: Callable[..., Read]) -> None:
    found = read(NOBODY, hour(0, hours=2))
    assert found.edges == {}
    assert found.gaps == [
        "what cart.shop calls (3 calls)",
        "who calls stock.shop (42 calls)",
        "no calls between services",
    ]


WAYPOINT = CASES.add(
    "waypoint",
    rising(requests("waypoint", "cart", "stock"), 9),
    rising(
        connections(
            "source", "cart", "gate", service="stock.shop.svc.cluster.local", app="ztunnel"
        ),
        2,
    ),
    rising(connections("destination", "gate", "stock", app="ztunnel"), 2),
    rising(connections("source", "cart", "postgres", app="ztunnel"), 3),
    rising(connections("destination", "cart", "postgres", app="ztunnel"), 3),
)


def test_istio_ztunnels_tell_what_no_waypoint_does(read: Callable[..., Read]) -> None:
    assert read(WAYPOINT).edges == {
        (*CART_STOCK, Kind.HTTP): (9, 0),
        ("cart.shop", "postgres.shop", Kind.RPC): (3, 0),
    }
