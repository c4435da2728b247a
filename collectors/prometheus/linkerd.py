"""Linkerd: each proxy counts what comes in and what goes out; only the latter tells both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.prometheus.edges import (
    Edge,
    End,
    Family,
    Outcome,
    Unseen,
    host_end,
    workload,
)
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collectors.prometheus.edges import Labels

_WORKLOADS = (
    "deployment",
    "statefulset",
    "daemonset",
    "k8s_job",
    "cronjob",
    "replicationcontroller",
    "replicaset",
)
_OUT = 'direction="outbound"'
_BY = (
    "namespace",
    *_WORKLOADS,
    "dst_namespace",
    *(f"dst_{name}" for name in _WORKLOADS),
    "dst_job",
    "dst_service",
    "authority",
)


def _requests(labels: Labels) -> Edge | Unseen | None:
    return _edge(labels, Kind.HTTP)


def _connections(labels: Labels) -> Edge | Unseen | None:
    # Connections to what is not in the mesh have an address only, which names nobody.
    return _edge(labels, Kind.RPC) if any(name.startswith("dst_") for name in labels) else None


def _edge(labels: Labels, kind: Kind) -> Edge | Unseen:
    consumer = _workload(labels, "", _WORKLOADS)
    provider = _provider(labels)
    if provider is None:
        why = "the proxy does not know where they went: neither a workload nor an authority"
        return Unseen(f"what {consumer or 'unknown'} calls", why)
    if not consumer:
        why = "the proxy's metrics do not name its workload: check the scrape configuration"
        return Unseen(f"who calls {provider.name}", why)
    tcp = kind is Kind.RPC
    return Edge(End(consumer), provider, kind, protocol="tcp" if tcp else "", beneath=tcp)


def _provider(labels: Labels) -> End | None:
    name = _workload(labels, "dst_", (*_WORKLOADS, "job"))
    service = workload(labels.get("dst_service", ""), labels.get("dst_namespace", ""))
    if name:
        return End(name, alias=service)
    if service:
        return End(service)
    authority = labels.get("authority", "")
    return host_end(authority) if authority else None


def _workload(labels: Labels, prefix: str, kinds: tuple[str, ...]) -> str:
    name = next((labels[prefix + kind] for kind in kinds if labels.get(prefix + kind)), "")
    return workload(name, labels.get(f"{prefix}namespace", ""))


def _failed(labels: Labels) -> bool:
    return labels.get("classification") == "failure"


FAMILIES = (
    Family(
        metric="request_total",
        read=_requests,
        by=_BY,
        where=_OUT,
        outcome=Outcome(
            metric="response_total",
            where=_OUT,
            details=("classification", "grpc_status_code"),
            failed=_failed,
        ),
        latency=(("response_latency_ms", 1.0),),
    ),
    Family(
        metric="tcp_open_total",
        read=_connections,
        by=_BY,
        where=f'{_OUT},peer="dst"',
        alive=("tcp_write_bytes_total", "tcp_read_bytes_total"),
    ),
)
