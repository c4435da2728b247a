"""A dependency as a plain record, for JSON: every estimate with what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from depmap.reporting.strengths import by_operation, interval

if TYPE_CHECKING:
    from depmap.model.dependency import Dependency, OperationStrength


def dependency_record(item: Dependency) -> dict[str, Any]:
    """Return a dependency without its claims.

    ``expected`` is the share (0-1) of the consumer's work with the provider that is expected to
    fail with it, by all sources, and ``expected_low`` and ``expected_high`` are its 90 % interval;
    None where no source tells. ``units`` are the lone failures that traces saw.
    """
    view = item.strength
    return {
        "consumer": item.consumer,
        "provider": item.provider,
        "kind": item.kind.value,
        "layer": item.layer.value,
        "strength": view.strength.value,
        "probability": view.probability,
        "expected": view.expected,
        "expected_low": view.expected_low,
        "expected_high": view.expected_high,
        "units": view.units,
        "confidence": item.confidence,
        "confirmed": item.confirmed,
        "impact": item.impact.value if item.impact else None,
        "users_see": item.users_see,
        "when": item.when,
        "operations": item.operations,
        "by_operation": [_operation(one) for one in by_operation(view)],
        "differs": view.differs if by_operation(view) else 0.0,
        "sources": [source.value for source in item.sources],
        "basis": view.basis,
        "locators": sorted({place for claim in item.evidence for place in claim.locators}),
    }


def _operation(item: OperationStrength) -> dict[str, Any]:
    low, high = interval(item)
    return {
        "consumer_operation": item.consumer_operation,
        "operation": item.operation,
        "share": item.share,
        "strength": item.strength.value,
        "probability": item.probability,
        "units": item.units,
        "failed_too": item.failed_too,
        "expected": item.expected,
        "expected_low": low,
        "expected_high": high,
    }
