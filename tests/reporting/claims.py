"""Builders of claims and dependencies, and what all samples share."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

from depmap.model.calls import Calls
from depmap.model.dependency import Dependency, StrengthView
from depmap.model.evidence import Evidence
from depmap.model.words import (
    Kind,
    Layer,
    Source,
    Strength,
)

AS_OF = datetime(2026, 12, 31, tzinfo=UTC)
HOSTILE = "</script><img src=x onerror=alert(1)>"


def claim(consumer: str, provider: str, kind: Kind, source: Source, **fields: object) -> Evidence:
    base = Evidence(consumer=consumer, provider=provider, kind=kind, source=source)
    return dataclasses.replace(base, **fields)  # type: ignore[arg-type]


def traces(consumer: str, provider: str, kind: Kind, calls: int, failed: int) -> Evidence:
    return claim(
        consumer,
        provider,
        kind,
        Source.TRACES,
        collector="jaeger",
        locators=(
            "trace:4bf92f3577b34da6a3ce929d0e0e4736",
            "trace:00f067aa0ba902b700f067aa0ba902b7",
        ),
        operation="GET /items/{}",
        calls=Calls(
            calls=calls,
            errors=failed,
            weight=float(calls),
            p95_ms=31.4,
            units_failed=failed,
            units_failed_too=max(failed - 1, 0),
            units_clean=calls,
        ),
        first_seen=AS_OF - timedelta(days=33),
        last_seen=AS_OF - timedelta(days=2),
    )


def code(consumer: str, provider: str, kind: Kind, strength: Strength, reason: str) -> Evidence:
    return claim(
        consumer,
        provider,
        kind,
        Source.CODE,
        collector="code",
        locators=(f"services/{consumer}/app.py:31", f"services/{consumer}/client.py:12"),
        strength=strength,
        reason=reason,
        confidence=0.9,
    )


def people(
    consumer: str, provider: str, kind: Kind, strength: Strength, **fields: object
) -> Evidence:
    return claim(
        consumer,
        provider,
        kind,
        Source.PEOPLE,
        collector="interviews",
        locators=(f"interviews/{consumer}.yaml:14",),
        strength=strength,
        said_by=f"{consumer} tech lead",
        last_seen=AS_OF - timedelta(days=43),
        **fields,
    )


def dependency(
    *evidence: Evidence,
    strength: Strength = Strength.UNDETERMINED,
    confidence: float = 0.95,
    layer: Layer | None = None,
    **fields: object,
) -> Dependency:
    first = evidence[0]
    observed = next((item.calls for item in evidence if item.calls and item.calls.errors), None)
    view = StrengthView(
        strength=strength,
        probability={"strong": 0.93, "weak": 0.4, "optional": 0.04}.get(strength, 0.5),
        delta=0.94 if observed and strength is Strength.STRONG else None,
        low=0.81 if observed and strength is Strength.STRONG else None,
        high=0.98 if observed and strength is Strength.STRONG else None,
        units=observed.units_failed if observed else 0,
        basis=tuple(f"{item.source} says {item.strength}" for item in evidence),
    )
    base = Dependency(
        consumer=first.consumer,
        provider=first.provider,
        kind=first.kind,
        layer=layer or first.kind.layer,
        confidence=confidence,
        strength=view,
        operations=tuple(item.operation for item in evidence if item.operation),
        asynchronous=first.kind.is_asynchronous,
        evidence=evidence,
    )
    return dataclasses.replace(base, **fields)  # type: ignore[arg-type]
