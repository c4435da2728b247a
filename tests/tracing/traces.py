"""The smallest way to write a trace in a test, and encoders into the three formats."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from depmap.tracing import attributes as names
from depmap.tracing.building import SpanBuilder
from depmap.tracing.facts import SpanKind
from depmap.tracing.linking import Links, link
from depmap.tracing.spans import Process, Spans

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = {
    "": SpanKind.UNSET,
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}
MILLISECOND = 1000
NOON = 1_795_435_200_000_000
"""2026-11-23 12:00 UTC in microseconds."""


@dataclass(frozen=True)
class S:
    """A span: service, id, parent, kind; times in microseconds, start relative to noon."""

    service: str
    id: str
    parent: str = ""
    kind: str = ""
    tags: Mapping[str, Any] = field(default_factory=dict)
    start: int | None = 0
    took: int | None = MILLISECOND
    trace: str = "1"
    name: str = ""
    shared: bool = False
    remote: str = ""
    address: str = ""
    links: tuple[tuple[str, str], ...] = ()

    @property
    def at(self) -> int:
        """Start in microseconds since 1970, 0 where it is not told."""
        return 0 if self.start is None else NOON + self.start


def table(*spans: S) -> Spans:
    """Put spans into columns."""
    builder = SpanBuilder()
    for span in spans:
        kind = KINDS[span.kind]
        wanted = names.WANTED_OF_SERVER if kind == SpanKind.SERVER else names.WANTED
        told = [(key, value) for key, value in span.tags.items() if key in wanted]
        if span.remote:
            told.append((names.REMOTE_NAME, span.remote))
        builder.add(
            trace=span.trace,
            span=span.id,
            parent=span.parent,
            kind=kind,
            start=span.at * 1000,
            duration=-1 if span.took is None else span.took * 1000,
            process=builder.process(Process(service=span.service, address=span.address)),
            name=span.name,
            facts=builder.facts(kind, 0, span.name, tuple(told)),
            shared=span.shared,
        )
        for trace, target in span.links:
            builder.link(trace, target)
    return builder.finish()


def linked(*spans: S) -> Links:
    """Link spans."""
    return link(table(*spans))


def found(links: Links, *, observed: bool = True) -> dict[tuple[str, str, str], int]:
    """Return the calls of each (consumer, provider, kind)."""
    return {
        (row.consumer, row.provider, row.kind.value): row.calls
        for row in links.rows
        if row.observed is observed
    }


def errors(links: Links) -> dict[tuple[str, str], int]:
    """Return the errors of each (consumer, provider)."""
    return {(row.consumer, row.provider): row.errors for row in links.rows}


def padded(text: str, width: int = 16) -> str:
    """Return an id at its full width."""
    return text.zfill(width)


def as_jaeger(spans: Iterable[S]) -> bytes:
    """Write ``/api/traces``."""
    traces: dict[str, dict[str, Any]] = {}
    for span in spans:
        trace = traces.setdefault(
            span.trace, {"traceID": padded(span.trace), "spans": [], "processes": {}}
        )
        trace["processes"][f"p-{span.service}"] = {"serviceName": span.service, "tags": []}
        references = [{"refType": "CHILD_OF", "spanID": padded(span.parent)}] * bool(span.parent)
        references += [
            {"refType": "FOLLOWS_FROM", "traceID": padded(to), "spanID": padded(at)}
            for to, at in span.links
        ]
        tags = [{"key": k, "type": "string", "value": v} for k, v in span.tags.items()]
        if span.kind:
            tags.append({"key": "span.kind", "type": "string", "value": span.kind})
        if span.remote:
            tags.append({"key": "peer.service", "type": "string", "value": span.remote})
        trace["spans"].append(
            {
                "traceID": padded(span.trace),
                "spanID": padded(span.id),
                "operationName": span.name,
                "references": [{"traceID": padded(span.trace), **r} for r in references],
                "startTime": span.at,
                "duration": span.took,
                "tags": tags,
                "logs": [],
                "processID": f"p-{span.service}",
            }
        )
    return json.dumps({"data": list(traces.values()), "total": 0, "errors": None}).encode()


def as_zipkin(spans: Iterable[S]) -> bytes:
    """Write ``/api/v2/traces``; Zipkin has no links and no kind for internal spans."""
    traces: dict[str, list[dict[str, Any]]] = {}
    for span in spans:
        item: dict[str, Any] = {
            "traceId": padded(span.trace),
            "id": padded(span.id),
            "name": span.name,
            "timestamp": span.at,
            "duration": span.took,
            "localEndpoint": {"serviceName": span.service, "ipv4": span.address or None},
            "tags": dict(span.tags),
            "shared": span.shared,
        }
        if span.parent:
            item["parentId"] = padded(span.parent)
        if span.kind not in ("", "internal"):
            item["kind"] = span.kind.upper()
        if span.remote:
            item["remoteEndpoint"] = {"serviceName": span.remote}
        traces.setdefault(span.trace, []).append(item)
    return json.dumps(list(traces.values())).encode()


def as_otlp(spans: Iterable[S]) -> bytes:
    """Write JSON lines, a line for each span."""
    return b"\n".join(json.dumps(otlp_document(span)).encode() for span in spans)


def otlp_document(span: S) -> dict[str, Any]:
    """Return a TracesData of one span."""
    tags = {**span.tags, **({"peer.service": span.remote} if span.remote else {})}
    item: dict[str, Any] = {
        "traceId": padded(span.trace, 32),
        "spanId": padded(span.id),
        "parentSpanId": padded(span.parent) if span.parent else "",
        "name": span.name,
        "kind": int(KINDS[span.kind]),
        "startTimeUnixNano": str(span.at * 1000),
        "endTimeUnixNano": str((span.at + (span.took or 0)) * 1000),
        "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in tags.items()],
        "links": [
            {"traceId": padded(to, 32), "spanId": padded(target)} for to, target in span.links
        ],
        "status": {},
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": span.service}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [item]}]}]}
