"""The shop's nodes, its plan and what fails in it."""

from __future__ import annotations

from depmap.model.plan import Cycle, Gate, Placement, Plan, Precedence, Wave
from depmap.model.snapshot import ImpactOf
from depmap.model.words import (
    PHASES,
    NodeKind,
    Phase,
)

SHOP_ORDER = (
    ("postgresql://shop-db:5432/orders", NodeKind.DATABASE, Phase.FOUNDATION, "platform"),
    ("redis://cache:6379", NodeKind.CACHE, Phase.FOUNDATION, "platform"),
    ("events", NodeKind.BROKER, Phase.FOUNDATION, "platform"),
    ("config-service", NodeKind.SERVICE, Phase.FOUNDATION, "platform"),
    ("payment", NodeKind.SERVICE, Phase.SUPPORTING, "payments"),
    ("inventory", NodeKind.SERVICE, Phase.SUPPORTING, "logistics"),
    ("ads", NodeKind.SERVICE, Phase.SUPPORTING, "growth"),
    ("pricing", NodeKind.SERVICE, Phase.CORE_BUSINESS, "commerce"),
    ("promotions", NodeKind.SERVICE, Phase.CORE_BUSINESS, "commerce"),
    ("cart", NodeKind.SERVICE, Phase.CORE_BUSINESS, "commerce"),
    ("order", NodeKind.SERVICE, Phase.CORE_BUSINESS, "commerce"),
    ("shipping", NodeKind.WORKER, Phase.CORE_BUSINESS, "logistics"),
    ("recommendation", NodeKind.SERVICE, Phase.CORE_BUSINESS, "growth"),
    ("finance-close", NodeKind.JOB, Phase.CORE_BUSINESS, "finance"),
    ("storefront", NodeKind.GATEWAY, Phase.USER_FACING, "web"),
)


def shop_plan() -> Plan:
    waves = {
        "config-service": 0, "payment": 1, "inventory": 1, "ads": 1, "pricing": 2,
        "promotions": 2, "cart": 3, "order": 3, "recommendation": 3, "shipping": 4,
        "finance-close": 4, "storefront": 5,
    }  # fmt: skip
    placements = tuple(
        Placement(
            name=name,
            phase=phase,
            preferred=Phase.USER_FACING if name == "recommendation" else phase,
            wave=waves.get(name, 0),
            reasons=(f"its role is {kind.value}",)
            + (("storefront depends on it, strong",) if name == "recommendation" else ()),
            deployable=kind.is_service,
        )
        for name, kind, phase, _ in sorted(SHOP_ORDER, key=lambda row: (waves.get(row[0], 0), row))
    )
    units: dict[int, list[tuple[str, ...]]] = {}
    for name, number in sorted(waves.items()):
        if name == "promotions":
            continue
        unit = ("pricing", "promotions") if name == "pricing" else (name,)
        units.setdefault(number, []).append(unit)
    phase_of = {item.name: item.phase for item in placements}
    return Plan(
        placements=placements,
        waves=tuple(
            Wave(number=number, phase=phase_of[found[0][0]], units=tuple(found))
            for number, found in sorted(units.items())
        ),
        gates=tuple(
            Gate(
                phase=phase,
                services=tuple(n for n, p in phase_of.items() if p is phase and n in waves),
            )
            for phase in PHASES[:3]
        ),
        rollback=tuple(sorted(waves, key=lambda name: (-waves[name], name))),
        precedences=(Precedence(before="inventory", after="order"),),
        cycles=(Cycle(members=("pricing", "promotions"), cut=(("pricing", "promotions"),)),),
        notes=("1 weak dependency points at a later wave.",),
    )


def shop_impacts() -> tuple[ImpactOf, ...]:
    place, browse = "storefront: POST /orders", "storefront: GET /"
    return (
        ImpactOf(node="ads", basis="traces", degrades=("storefront",)),
        ImpactOf(
            node="inventory",
            basis="traces",
            operations=((place, 0.97, 0.92, 1.0, 1800),),
            fails=("order", "storefront"),
            degrades=("shipping",),
        ),
        ImpactOf(
            node="order",
            basis="traces",
            operations=((place, 1.0, 1.0, 1.0, 1800),),
            fails=("storefront",),
            undetermined=("finance-close",),
        ),
        ImpactOf(
            node="payment",
            basis="traces",
            operations=((place, 0.7, 0.41, 0.93, 1800), (browse, 0.02, 0.0, 0.1, 9000)),
            fails=("order", "recommendation"),
        ),
        ImpactOf(node="config-service", basis="structure", fails=("cart", "storefront")),
        ImpactOf(node="storefront", basis="traces"),
    )
