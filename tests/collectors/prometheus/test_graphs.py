"""Edges in the metrics of service graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.words import Kind, NodeKind
from tests.collectors.prometheus.history import histogram, rising
from tests.collectors.prometheus.labels import graph, inside
from tests.collectors.prometheus.reading import Cases, Read

if TYPE_CHECKING:
    from collections.abc import Callable


pytestmark = pytest.mark.live

CASES = Cases()

GRAPH = CASES.add(
    "graph",
    rising(graph("cart", "stock"), 8),
    rising(graph("cart", "stock").replace("request_total", "request_failed_total"), 2),
    rising(graph("cart", "ledger", failed="false"), 3),
    rising(graph("cart", "ledger", failed="true"), 1),
    histogram(
        "traces_service_graph_request_client_seconds",
        inside(graph("cart", "stock")),
        {"0.1": 0, "0.2": 8, "+Inf": 0},
    ),
)


def test_a_service_graph_tells_calls_and_failures(read: Callable[..., Read]) -> None:
    found = read(GRAPH)
    assert found.edges == {
        ("cart", "stock", Kind.RPC): (8, 2),
        ("cart", "ledger", Kind.RPC): (4, 1),
    }
    latency = {item.provider: item.calls and item.calls.p50_ms for item in found.evidence}
    assert latency == {"stock": pytest.approx(150), "ledger": None}


KINDS = CASES.add(
    "kinds",
    rising(graph("order", "shipping", "messaging_system"), 1),
    rising(graph("order", "orders", "database"), 1),
    rising(graph("order", "redis", "database"), 1),
    rising(graph("order", "api.bank.example", "virtual_node", virtual_node="server"), 1),
    rising(graph("order", "mysql", "virtual_node"), 1),
    rising(graph("probe", "order", "virtual_node", virtual_node="client"), 1),
)


def test_a_service_graph_tells_kinds(read: Callable[..., Read]) -> None:
    found = read(KINDS)
    assert set(found.edges) == {
        ("order", "shipping", Kind.EVENT),
        ("order", "orders", Kind.DATABASE),
        ("order", "redis", Kind.CACHE),
        ("order", "api.bank.example", Kind.RPC),
        ("order", "mysql", Kind.DATABASE),
        ("probe", "order", Kind.RPC),
    }
    assert {name: node.kind for name, node in found.nodes.items()} == {
        "order": NodeKind.SERVICE,
        "probe": NodeKind.SERVICE,
        "shipping": NodeKind.SERVICE,
        "orders": NodeKind.DATABASE,
        "redis": NodeKind.CACHE,
        "mysql": NodeKind.DATABASE,
        "api.bank.example": NodeKind.EXTERNAL,
    }


USER = CASES.add(
    "user",
    rising(graph("user", "front", "virtual_node"), 5),
    rising(graph("user", "address", ""), 1),
    rising(graph("front", "unknown", "virtual_node"), 2),
)


def test_a_user_is_an_entry_and_unknown_a_gap(read: Callable[..., Read]) -> None:
    found = read(USER)
    assert set(found.edges) == {("user", "address", Kind.RPC)}
    assert found.nodes["front"].entry
    assert found.gaps == ["what front calls (2 calls)"]


NAMED = CASES.add(
    "named",
    rising("spans_" + graph("cart", "stock"), 4),
    rising("spans_" + graph("cart", "stock").replace("_total", "_failed_total"), 1),
    rising(graph("a", "b").replace("traces_", "tempo_"), 2),
    rising(graph("x", "y", client_service_namespace="one", server_service_namespace="two"), 3),
)


def test_service_graphs_go_by_several_names(read: Callable[..., Read]) -> None:
    assert read(NAMED).edges == {
        ("cart", "stock", Kind.RPC): (4, 1),
        ("a", "b", Kind.RPC): (2, 0),
        ("x.one", "y.two", Kind.RPC): (3, 0),
    }


def info(client: str, server: str, how: str = "") -> str:
    return graph(client, server, how).replace("request_total", "connection_info")


CONNECTIONS = CASES.add(
    "connections",
    rising(info("cart", "stock"), 0, old=1),
    rising(info("cart", "carts", "database"), 0, old=1),
    rising(info("user", "cart", "virtual_node"), 0, old=1),
    rising(info("cart", "gone"), 0, old=0),
    rising(info("cart", "ledger"), 0, old=1),
    rising(graph("cart", "ledger"), 4),
)


def test_a_graph_of_connections_alone_tells_edges_without_calls(
    read: Callable[..., Read],
) -> None:
    found = read(CONNECTIONS)
    assert found.edges == {
        ("cart", "stock", Kind.RPC): None,
        ("cart", "carts", Kind.DATABASE): None,
        ("cart", "ledger", Kind.RPC): (4, 0),
    }
    reasons = {item.reason for item in found.evidence if item.calls is None}
    assert reasons == {"said to be in use in this hour; calls are not counted"}
    assert found.nodes["cart"].entry
