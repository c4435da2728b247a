"""Service graphs: what the OpenTelemetry collector, Tempo and Beyla make of spans and packets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from collectors.prometheus.edges import (
    Edge,
    End,
    Entry,
    Family,
    Outcome,
    Unseen,
    host_end,
    is_unknown,
    store_kind,
    workload,
)
from depmap.model.words import Kind, NodeKind

if TYPE_CHECKING:
    from collectors.prometheus.edges import Labels

_ANYBODY = "user"
"""What the processors call the caller of a root span."""

_VIRTUAL = "virtual_node"
_UNMATCHED = "the span of that side never came, and the other names no peer"
_NODES = {
    Kind.DATABASE: NodeKind.DATABASE,
    Kind.CACHE: NodeKind.CACHE,
    Kind.SEARCH: NodeKind.SEARCH,
}


def _read(labels: Labels) -> Edge | Entry | Unseen:
    """Read an edge; ``failed`` apart, all of its labels."""
    client, server = labels.get("client", ""), labels.get("server", "")
    virtual = labels.get("connection_type") == _VIRTUAL
    if is_unknown(server):
        return Unseen(f"what {client or 'unknown'} calls", _UNMATCHED)
    if is_unknown(client):
        return Unseen(f"who calls {server}", _UNMATCHED)
    name = workload(server, labels.get("server_service_namespace", ""))
    if virtual and client == _ANYBODY:
        return Entry(name)
    consumer = workload(client, labels.get("client_service_namespace", ""))
    provider, kind = _provider(labels, name)
    return Edge(End(consumer), provider, kind)


def _connection(labels: Labels) -> Edge | Entry | Unseen:
    """Read an edge that is told but not counted: left out where its calls are counted."""
    told = _read(labels)
    return replace(told, beneath=True) if isinstance(told, Edge) else told


def _provider(labels: Labels, name: str) -> tuple[End, Kind]:
    """Return the called side and how it is called: the spans' protocol is not in the labels."""
    server, how = labels["server"], labels.get("connection_type", "")
    if how == "messaging_system":
        return End(name), Kind.EVENT
    if how == "database":
        kind = store_kind(server) or Kind.DATABASE
        return End(name, _NODES[kind]), kind
    if how != _VIRTUAL or labels.get("virtual_node") == "client":
        return End(name), Kind.RPC
    store = store_kind(server)
    return (End(name, _NODES[store]), store) if store else (host_end(name), Kind.RPC)


_SERVICE_GRAPH = Family(
    metric="traces_service_graph_request_total",
    read=_read,
    by=(
        "client",
        "client_service_namespace",
        "server",
        "server_service_namespace",
        "connection_type",
        "virtual_node",
    ),
    details=("failed",),
    failed=lambda labels: labels.get("failed") == "true",
    outcome=Outcome(metric="traces_service_graph_request_failed_total"),
    latency=(
        ("traces_service_graph_request_client_seconds", 1000.0),
        ("traces_service_graph_request_server_seconds", 1000.0),
    ),
    prefixed=True,
)

FAMILIES = (
    _SERVICE_GRAPH,
    replace(
        _SERVICE_GRAPH,
        metric="traces_service_graph_connection_info",
        read=_connection,
        details=(),
        outcome=None,
        latency=(),
        gauge=True,
    ),
    replace(
        _SERVICE_GRAPH,
        metric="tempo_service_graph_request_total",
        outcome=Outcome(metric="tempo_service_graph_request_failed_total"),
        latency=(
            ("tempo_service_graph_request_client_seconds", 1000.0),
            ("tempo_service_graph_request_server_seconds", 1000.0),
        ),
    ),
)
