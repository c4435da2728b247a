"""Links as records for people and programs: the columns are a contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


def link_record(link: Link) -> dict[str, Any]:
    """Return a link by its columns."""
    record = {column: getattr(link, column) for column in LINK_COLUMNS}
    return {**record, "kind": link.kind.value}
