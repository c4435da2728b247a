"""From links to evidence: what the traces of one window claim."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from depmap.model.calls import Calls
from depmap.model.evidence import Evidence, Flow, Gap, Node
from depmap.model.words import NodeKind, Source
from depmap.tracing.links import UNITS_1024
from depmap.tracing.spans import WEIGHT_ONE
from depmap.tracing.splits import claimed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.tracing.links import Link, Links

SEEN_OFTEN = 3
"""Calls from which a link is no accident."""
_CONFIDENCE_OFTEN = 0.99
_CONFIDENCE_SELDOM = 0.9
_CONFIDENCE_GUESSED = 0.4


def claims(links: Links) -> Iterator[Evidence | Node | Flow | Gap]:
    """Yield what the links of one window claim: nodes, evidence, call trees, gaps."""
    yield from _nodes(links)
    for link in links.rows:
        yield _evidence(link)
    yield from links.flows
    yield from links.gaps


def _evidence(link: Link) -> Evidence:
    return Evidence(
        consumer=link.consumer,
        provider=link.provider,
        kind=link.kind,
        source=Source.TRACES,
        locators=tuple(f"trace:{trace}" for trace in link.examples),
        operation=link.operation,
        protocol=link.protocol,
        confidence=_confidence(link),
        reason="" if link.observed else "inferred over a lost span",
        observed=link.observed,
        calls=_calls(link),
        first_seen=link.first_seen,
        last_seen=link.last_seen,
    )


def _calls(link: Link) -> Calls:
    return Calls(
        calls=link.calls,
        errors=link.errors,
        operations=link.operations,
        weight=link.weight,
        buckets=link.buckets,
        p50_ms=link.p50_ms,
        p95_ms=link.p95_ms,
        p99_ms=link.p99_ms,
        units_failed=link.units_failed,
        units_failed_too=link.units_failed_too,
        units_clean=link.units_clean,
        units_clean_failed=link.units_clean_failed,
        units_weight=_units_weight(link),
        incidents=link.incidents,
        by_operation=claimed(link.splits),
        non_blocking=link.non_blocking,
        outlived=link.outlived,
        retries=link.retries,
        failed_finally=link.failed_finally,
        client_buckets=link.client_buckets,
        server_buckets=link.server_buckets,
        consumer_operations=link.consumer_operations,
        critical_ns=link.critical_ns,
        critical_of_ns=link.critical_of_ns,
        load_quantile=link.load_quantile,
    )


def _units_weight(link: Link) -> tuple[float, float, float, float] | None:
    """Return the units corrected for sampling, unless every span stands for itself."""
    counts = (
        link.units_failed,
        link.units_failed_too,
        link.units_clean,
        link.units_clean_failed,
    )
    weights = tuple(getattr(link, name) / WEIGHT_ONE for name in UNITS_1024)
    return None if weights == counts else (weights[0], weights[1], weights[2], weights[3])


def _confidence(link: Link) -> float:
    if not link.observed:
        return _CONFIDENCE_GUESSED
    return _CONFIDENCE_OFTEN if link.calls >= SEEN_OFTEN else _CONFIDENCE_SELDOM


def _nodes(links: Links) -> Iterator[Node]:
    """Yield the nodes that spans name; an entry is called from outside more than from inside."""
    kinds = {link.provider: link.provider_kind for link in links.rows}
    kinds.update({link.consumer: link.consumer_kind for link in links.rows})
    inside: dict[str, int] = defaultdict(int)
    outside: dict[str, int] = defaultdict(int)
    failed: dict[str, int] = defaultdict(int)
    for link in links.rows:
        inside[link.provider] += link.calls
    for entry in links.entries:
        outside[entry.service] += entry.calls
        failed[entry.service] += entry.errors
    for name in sorted({*kinds, *outside, *(item.name for item in links.services)}):
        kind = kinds.get(name, NodeKind.SERVICE)
        yield Node(
            name=name,
            kind=kind,
            entry=outside[name] > inside[name],
            requests=outside[name],
            requests_failed=failed[name],
        )
