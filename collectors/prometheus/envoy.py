"""Envoy by itself: it knows where it sends, and in Consul's mesh also for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.prometheus.edges import Edge, End, Family, Outcome, Unseen, workload
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collectors.prometheus.edges import Labels

_OWN = frozenset({"local_app", "local_agent", "self_admin", "prometheus_backend"})
"""Clusters of the sidecar itself: what comes in for its service, and its management."""


def _read(labels: Labels) -> Edge | Unseen | None:
    cluster = labels.get("envoy_cluster_name", "")
    if cluster in _OWN:
        return None
    source = _service(labels, "consul_source")
    if not source:
        why = "an Envoy outside of Consul does not say for which service it calls"
        return Unseen("who calls the clusters in envoy_cluster_upstream_rq_total", why)
    # Consul names a cluster SERVICE.NAMESPACE.DATACENTER.internal.TRUST_DOMAIN.
    named = cluster.partition(".")[0] if ".internal." in cluster else cluster
    provider = _service(labels, "consul_destination") or named
    if not provider:
        return Unseen(f"what {source} calls", "the series names no cluster")
    return Edge(End(source), End(provider), Kind.HTTP)


def _service(labels: Labels, side: str) -> str:
    namespace = labels.get(f"{side}_namespace", "")
    return workload(labels.get(f"{side}_service", ""), "" if namespace == "default" else namespace)


FAMILIES = (
    Family(
        metric="envoy_cluster_upstream_rq_total",
        read=_read,
        by=(
            "consul_source_service",
            "consul_source_namespace",
            "consul_destination_service",
            "consul_destination_namespace",
            "envoy_cluster_name",
        ),
        outcome=Outcome(
            metric="envoy_cluster_upstream_rq_xx", where='envoy_response_code_class="5"'
        ),
        latency=(("envoy_cluster_upstream_rq_time", 1.0),),
    ),
)
