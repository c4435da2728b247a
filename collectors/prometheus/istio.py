"""Istio: sidecars on either side, waypoints and ztunnels report the same calls.

The source is believed first: it also counts what never arrived. A waypoint is next, and the
destination tells only edges that nobody else does. A ztunnel counts the connections beneath
requests; where the requests are counted, its word is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.prometheus.edges import (
    Edge,
    End,
    Family,
    Unseen,
    host_end,
    is_unknown,
    workload,
)
from depmap.model.words import Kind, NodeKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collectors.prometheus.claims import Seen
    from collectors.prometheus.edges import Labels

_RANKS = {"source": 0, "waypoint": 1, "destination": 2}
_WAYPOINT = _RANKS["waypoint"]
_GOOD_GRPC = frozenset({"", "0"})
_NO_ANSWER = frozenset({"0", "-"})
_CATCH_ALL = frozenset(
    {
        "PassthroughCluster",
        "BlackHoleCluster",
        "InboundPassthroughCluster",
        "InboundPassthroughClusterIpv4",
        "InboundPassthroughClusterIpv6",
    }
)
"""Where Envoy sends what it knows no destination for."""

_BY = (
    "reporter",
    "source_workload",
    "source_workload_namespace",
    "destination_workload",
    "destination_workload_namespace",
    "destination_service",
    "destination_service_name",
    "destination_service_namespace",
)
_OUTSIDE = "the mesh does not know who called: the callers are outside of it"
_NOWHERE = "the mesh does not know where they went"


def _requests(labels: Labels) -> Edge | Unseen:
    grpc = labels.get("request_protocol", "") == "grpc"
    return _edge(labels, Kind.GRPC if grpc else Kind.HTTP)


def _connections(labels: Labels) -> Edge | Unseen:
    return _edge(labels, Kind.RPC, protocol="tcp", beneath=labels.get("app") == "ztunnel")


def _edge(
    labels: Labels, kind: Kind, *, protocol: str = "", beneath: bool = False
) -> Edge | Unseen:
    source = workload(
        labels.get("source_workload", ""), labels.get("source_workload_namespace", "")
    )
    provider = _provider(labels)
    if provider is None:
        return Unseen(f"what {source or 'unknown'} calls", _NOWHERE)
    if not source:
        return Unseen(f"who calls {provider.name}", _OUTSIDE)
    return Edge(
        consumer=End(source),
        provider=provider,
        kind=Kind.EXTERNAL if provider.name in _CATCH_ALL else kind,
        protocol=protocol,
        rank=_RANKS.get(labels.get("reporter", ""), len(_RANKS)),
        beneath=beneath,
        service=_service(labels),
    )


def _provider(labels: Labels) -> End | None:
    """Return the workload; where none was reached, the Service or host that was asked for."""
    name = workload(
        labels.get("destination_workload", ""), labels.get("destination_workload_namespace", "")
    )
    service = _service(labels)
    if name:
        return End(name, alias="" if service in _CATCH_ALL else host_end(service).name)
    if service in _CATCH_ALL:
        return End(service, NodeKind.EXTERNAL)
    return host_end(service) if service else None


def _service(labels: Labels) -> str:
    """Return the Service or host that was asked for; its short name has no namespace of its own.

    For what goes to a catch-all, the host of the request is the only name there is.
    """
    host = labels.get("destination_service", "")
    name = labels.get("destination_service_name", "")
    if not is_unknown(host):
        return host
    namespace = labels.get("destination_service_namespace", "")
    if is_unknown(name) or name in _CATCH_ALL or is_unknown(namespace):
        return "" if is_unknown(name) else name
    return f"{name}.{namespace}.svc"


def _failed(labels: Labels) -> bool:
    code, status = labels.get("response_code", ""), labels.get("grpc_response_status", "")
    answered = labels.get("request_protocol") == "grpc" and status
    no_answer = code in _NO_ANSWER and not answered
    return code.startswith("5") or no_answer or status not in _GOOD_GRPC


def without_relays(seen: Sequence[Seen]) -> list[Seen]:
    """Leave out the legs of ztunnels to and from waypoints: the waypoint tells the call itself."""
    asked = {
        (item.hour, item.edge.consumer.name, item.edge.service)
        for item in seen
        if item.edge.rank == _WAYPOINT and not item.edge.beneath
    }
    waypoints = {
        item.edge.provider.name
        for item in seen
        if item.edge.beneath
        and (
            (item.hour, item.edge.consumer.name, item.edge.service) in asked
            or _is_waypoint(item.edge.provider.name)
        )
    }
    called = {item.edge.provider.name for item in seen if not item.edge.beneath}
    waypoints = {name for name in waypoints if _is_waypoint(name) or name not in called}
    return [
        item
        for item in seen
        if not (
            item.edge.beneath
            and (item.edge.provider.name in waypoints or item.edge.consumer.name in waypoints)
        )
    ]


def _is_waypoint(name: str) -> bool:
    """Whether it is called as ``istioctl waypoint apply`` calls them."""
    return name.partition(".")[0].endswith("waypoint")


FAMILIES = (
    Family(
        metric="istio_requests_total",
        read=_requests,
        by=(*_BY, "request_protocol"),
        details=("response_code", "grpc_response_status"),
        failed=_failed,
        latency=(("istio_request_duration_milliseconds", 1.0),),
        # a stream is a request when it ends, and a sign of life before
        alive=("istio_request_messages_total", "istio_response_messages_total"),
    ),
    Family(
        metric="istio_tcp_connections_opened_total",
        read=_connections,
        by=(*_BY, "app"),
        alive=("istio_tcp_sent_bytes_total", "istio_tcp_received_bytes_total"),
    ),
)
