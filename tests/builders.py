"""Smallest values for tests: everything that a test does not speak of is plain."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from depmap.model.calls import Calls
from depmap.model.dependency import Dependency, StrengthView
from depmap.model.evidence import Evidence, Node
from depmap.model.words import Kind, NodeKind, Source, Strength

AS_OF = datetime(2026, 11, 24, tzinfo=UTC)


def claim(
    consumer: str = "a",
    provider: str = "b",
    kind: Kind = Kind.HTTP,
    source: Source = Source.CODE,
    **more: Any,
) -> Evidence:
    return Evidence(consumer=consumer, provider=provider, kind=kind, source=source, **more)


def seen(
    consumer: str = "a",
    provider: str = "b",
    kind: Kind = Kind.HTTP,
    *,
    units: tuple[int, int, int, int] = (0, 0, 0, 0),
    incidents: int = 2,
    calls: int = 100,
    **more: Any,
) -> Evidence:
    """A claim of traces; units are (n1, k1, n0, k0)."""
    failed, failed_too, clean, clean_failed = units
    counts = Calls(
        calls=calls,
        weight=float(calls),
        units_failed=failed,
        units_failed_too=failed_too,
        units_clean=clean,
        units_clean_failed=clean_failed,
        incidents=incidents if failed else 0,
    )
    return claim(consumer, provider, kind, Source.TRACES, calls=counts, **more)


def depends(
    consumer: str,
    provider: str,
    strength: Strength = Strength.STRONG,
    kind: Kind = Kind.HTTP,
    **more: Any,
) -> Dependency:
    probability = {Strength.STRONG: 0.95, Strength.UNDETERMINED: 0.5}.get(strength, 0.05)
    return Dependency(
        consumer=consumer,
        provider=provider,
        kind=kind,
        layer=kind.layer,
        confidence=more.pop("confidence", 0.99),
        strength=StrengthView(strength=strength, probability=probability),
        evidence=more.pop("evidence", (claim(consumer, provider, kind),)),
        **more,
    )


def node(name: str, kind: NodeKind = NodeKind.SERVICE, **more: Any) -> Node:
    return Node(name=name, kind=kind, **more)
