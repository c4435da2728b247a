"""What a scan found, and its two faces: JSON for programs, text for people."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from depmap.model.dependency import CONFIRMED
from depmap.model.evidence import Evidence, Gap, Node, Shared
from depmap.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator


SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What the files of any number of roots say together.

    Attributes:
        services: every node that was found, resources included, by name.
        evidence: one row a call site, in a fixed order.
        shared: resources that services are coupled through.
        findings: what a reviewer must decide.
        gaps: what could not be seen.
    """

    services: tuple[Node, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    shared: tuple[Shared, ...] = ()
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()


def scan_json(scan: Scan) -> dict[str, Any]:
    """Return a scan as plain values, in the form that ``depmap schema scan`` describes."""
    return {
        "schema_version": SCHEMA_VERSION,
        "services": [
            {
                "name": node.name,
                "kind": node.kind.value,
                "path": node.path,
                "aliases": list(node.aliases),
            }
            for node in scan.services
        ],
        "evidence": [_evidence(item) for item in scan.evidence],
        "shared": [_shared(item) for item in scan.shared],
        "findings": [_finding(item) for item in scan.findings],
        "gaps": [{"what": gap.what, "why": gap.why, "locator": gap.locator} for gap in scan.gaps],
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    return {
        "consumer": item.consumer,
        "provider": item.provider,
        "kind": item.kind.value,
        "layer": (item.layer or item.kind.layer).value,
        "operation": item.operation,
        "protocol": item.protocol,
        "stance": item.stance.value,
        "confidence": round(item.confidence, 3),
        "strength": item.strength.value,
        "reason": item.reason,
        "locators": list(item.locators),
    }


def _shared(item: Shared) -> dict[str, Any]:
    return {
        "kind": item.kind.value,
        "resource": item.resource,
        "members": list(item.members),
        "owner": item.owner,
        "resources": list(item.resources),
        "strength": item.strength.value,
        "confidence": round(item.confidence, 3),
        "locators": list(item.locators),
    }


def _finding(item: Finding) -> dict[str, Any]:
    return {
        "rule": item.rule,
        "subjects": list(item.subjects),
        "message": item.message,
        "severity": item.severity.value,
        "details": list(item.details),
        "locators": list(item.locators),
        "fingerprint": item.fingerprint,
    }


def render_scan(scan: Scan) -> str:
    """Return a scan as text: what an engineer new to the system would want to read."""
    parts = [
        _section("Services", _services(scan)),
        _section("Dependencies", _dependencies(scan)),
        _section("Shared", [line for item in scan.shared for line in _coupling(item)]),
        _section("Findings", [line for item in scan.findings for line in _found(item)]),
        _section("Gaps", [f"  {_at(gap.locator)}{gap.what}: {gap.why}" for gap in scan.gaps]),
    ]
    return "\n".join(part for part in parts if part)


def _section(title: str, lines: list[str]) -> str:
    return (
        "\n".join((f"{title} ({len(lines)})" if title == "Gaps" else title, *lines, ""))
        if lines
        else ""
    )


def _at(locator: str) -> str:
    return f"{locator}  " if locator else ""


def _services(scan: Scan) -> list[str]:
    width = max((len(node.name) for node in scan.services), default=0)
    return [
        f"  {node.name:<{width}}  {node.kind.value:<9} {node.path}".rstrip()
        for node in scan.services
    ]


def _dependencies(scan: Scan) -> list[str]:
    by_consumer: dict[str, dict[tuple[bool, str, str], list[Evidence]]] = defaultdict(dict)
    for item in scan.evidence:
        key = (item.confidence < CONFIRMED, item.provider, item.kind.value)
        by_consumer[item.consumer].setdefault(key, []).append(item)
    lines: list[str] = []
    for consumer, groups in sorted(by_consumer.items()):
        lines.append(f"  {consumer}")
        for (doubtful, provider, kind), items in sorted(groups.items()):
            lines.append(f"    -> {provider} ({kind})" + (" ?" if doubtful else ""))
            lines.extend(_rows(items))
    return lines


def _rows(items: list[Evidence]) -> Iterator[str]:
    for item in items:
        what = item.operation or item.protocol or "-"
        where = item.locators[0] if item.locators else ""
        why = f"  {item.reason}" if item.reason else ""
        yield f"       {what}  {item.strength.value}  {where}{why}"


def _coupling(item: Shared) -> Iterator[str]:
    owner = f", owner {item.owner}" if item.owner else ""
    inside = f" [{', '.join(item.resources)}]" if item.resources else ""
    yield f"  {item.resource} ({item.kind.value}{owner}): {', '.join(item.members)}{inside}"
    for locator in item.locators:
        yield f"       {locator}"


def _found(item: Finding) -> Iterator[str]:
    yield f"  {item.severity.value}: {item.message}"
    for line in (*item.details, *item.locators):
        yield f"       {line}"
