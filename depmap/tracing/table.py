"""Links as records for people and programs: the columns are a contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from depmap.tracing.latency import quantile_ms
from depmap.tracing.links import most_frequent

if TYPE_CHECKING:
    from depmap.tracing.links import Link

LINK_COLUMNS = (
    "consumer",
    "provider",
    "kind",
    "calls",
    "errors",
    "weight",
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "first_seen",
    "last_seen",
    "observed",
    "virtual",
    "operation",
    "examples",
)
"""Columns and JSON keys of a link."""

DETAILS = (
    "rule",
    "rules",
    "self_call",
    "client_p50_ms",
    "client_p95_ms",
    "client_p99_ms",
    "server_p50_ms",
    "server_p95_ms",
    "server_p99_ms",
    "retries",
    "failed_finally",
    "outlived",
    "non_blocking",
    "critical_share",
    "load_quantile",
    "consumer_operation",
)
"""Further JSON keys of a link, after its columns."""


def link_record(link: Link) -> dict[str, Any]:
    """Return a link by its columns."""
    record = {column: getattr(link, column) for column in LINK_COLUMNS}
    return {**record, "kind": link.kind.value}


def link_details(link: Link) -> dict[str, Any]:
    """Return what else is known of a link, beside its columns."""
    sides = {"client": link.client_buckets, "server": link.server_buckets}
    latency = {
        f"{side}_p{share}_ms": quantile_ms(buckets, share / 100)
        for side, buckets in sides.items()
        for share in (50, 95, 99)
    }
    critical = link.critical_share
    return {
        "rule": link.rule,
        "rules": dict(link.rules),
        "self_call": link.is_self_call,
        **latency,
        "retries": link.retries,
        "failed_finally": link.failed_finally,
        "outlived": link.outlived,
        "non_blocking": round(link.non_blocking, 6),
        "critical_share": None if critical is None else round(critical, 6),
        "load_quantile": link.load_quantile,
        "consumer_operation": most_frequent(link.consumer_operations),
    }
