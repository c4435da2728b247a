"""A dependency whose operations do not behave alike, and a snapshot that holds it alone."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from depmap.model.dependency import Dependency, OperationStrength, StrengthView
from depmap.model.evidence import Node
from depmap.model.matrix import Matrix
from depmap.model.words import Kind, Strength
from tests.reporting.claims import dependency, traces
from tests.reporting.samples import empty

if TYPE_CHECKING:
    from depmap.model.snapshot import Snapshot


def operation(
    consumer: str, provider: str, strength: Strength, *, share: float = 0.5, failed_too: int = 0
) -> OperationStrength:
    high = strength is Strength.STRONG
    return OperationStrength(
        consumer_operation=consumer,
        operation=provider,
        share=share,
        strength=strength,
        probability=0.98 if high else 0.03,
        units=12,
        failed_too=failed_too,
        expected=0.95 if high else 0.04,
        quantiles=(0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 1.0)
        if high
        else (0.0, 0.001, 0.01, 0.02, 0.03, 0.06, 0.1, 0.14, 0.2),
    )


CHECKOUT = operation("POST /checkout", "POST /holds", Strength.STRONG, share=0.004, failed_too=12)
CART = operation("GET /cart", "GET /stock", Strength.WEAK, share=0.996)


def view(*operations: OperationStrength, differs: float = 0.98, **more: object) -> StrengthView:
    base = StrengthView(
        strength=Strength.WEAK,
        probability=0.06,
        units=24,
        expected=0.2,
        expected_low=0.08,
        expected_high=0.36,
        said=(("traces", -2.7), ("code", -1.0)),
        by_operation=operations,
        differs=differs,
    )
    return dataclasses.replace(base, **more)  # type: ignore[arg-type]


def item(strength: StrengthView) -> Dependency:
    found = dependency(traces("order", "stock", Kind.HTTP, 500, 24))
    return dataclasses.replace(found, strength=strength)


def snapshot(*items: Dependency) -> Snapshot:
    names = sorted({name for one in items for name in (one.consumer, one.provider)}, reverse=True)
    return dataclasses.replace(
        empty(),
        nodes=tuple(Node(name=name) for name in sorted(names)),
        matrix=Matrix(names=tuple(names), dependencies=items),
    )


def mixed() -> Snapshot:
    return snapshot(item(view(CHECKOUT, CART)))
