"""A shop of twelve services whose every finding a reviewer would look for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from depmap.model.evidence import Gap, Node, Shared
from depmap.model.finding import Finding, Severity
from depmap.model.matrix import Matrix
from depmap.model.snapshot import Coverage, Snapshot, SourceSummary
from depmap.model.words import (
    Impact,
    Kind,
    Layer,
    Source,
    Stance,
    Strength,
)
from tests.reporting.claims import AS_OF, claim, code, dependency, people, traces
from tests.reporting.shop_plan import SHOP_ORDER, shop_impacts, shop_plan

if TYPE_CHECKING:
    from depmap.model.dependency import Dependency


def shop_dependencies() -> tuple[Dependency, ...]:
    strong, weak, optional = Strength.STRONG, Strength.WEAK, Strength.OPTIONAL
    http, database = Kind.HTTP, Kind.DATABASE
    raises = "the exception is raised again"
    database_name, cache_name = SHOP_ORDER[0][0], SHOP_ORDER[1][0]
    items = [
        dependency(
            code(
                "recommendation", "payment", Kind.SHARED_SECRET, strong, "verifies what it signs"
            ),
            claim(
                "recommendation",
                "payment",
                Kind.SHARED_SECRET,
                Source.DEPLOYMENT,
                collector="manifests",
                locators=("docker-compose.yml:41",),
                reason="both read the secret token-signing",
            ),
            strength=strong,
            confidence=0.97,
            impact=Impact.OUTAGE,
        ),
        dependency(
            traces("order", "inventory", http, 4210, 61),
            code("order", "inventory", http, strong, raises),
            strength=strong,
            confidence=0.998,
            impact=Impact.OUTAGE,
            users_see="no order can be placed",
        ),
        dependency(
            people(
                "order",
                "inventory",
                Kind.BUSINESS_PROCESS,
                strong,
                users_see="we never sell what is not in stock",
            ),
            strength=strong,
            impact=Impact.OUTAGE,
        ),
        dependency(
            code("cart", "config-service", Kind.STARTUP_ORDER, strong, "waits in its entry point"),
            strength=strong,
            confidence=0.88,
        ),
        dependency(
            people("finance-close", "order", Kind.BUSINESS_PROCESS, strong, when="quarter-end"),
            strength=strong,
            confidence=0.8,
            when="quarter-end",
            impact=Impact.DELAYED,
        ),
        dependency(
            traces("storefront", "ads", http, 9120, 233),
            code("storefront", "ads", http, optional, "the failure is swallowed"),
            people("storefront", "ads", http, strong, users_see="no banner"),
            strength=optional,
            confidence=0.999,
            impact=Impact.NONE,
        ),
        dependency(
            claim(
                "pricing",
                "ads",
                http,
                Source.DEPLOYMENT,
                collector="manifests",
                locators=("docker-compose.yml:77",),
                confidence=0.3,
                reason="ADS_URL is set and nothing reads it",
            ),
            claim(
                "pricing",
                "ads",
                http,
                Source.CODE,
                collector="code",
                stance=Stance.DENIES,
                locators=("services/pricing/app.py:1",),
                reason="no code uses the address",
            ),
            confidence=0.12,
            declared_only=True,
        ),
        dependency(
            traces("shipping", "order", Kind.EVENT, 1800, 0),
            strength=weak,
            impact=Impact.DELAYED,
        ),
        dependency(traces("order", "events", Kind.MESSAGING_PUBLISH, 1800, 9), strength=weak),
        dependency(traces("shipping", "events", Kind.MESSAGING_CONSUME, 1800, 0), strength=strong),
        dependency(
            traces("pricing", "promotions", http, 3000, 0),
            code("pricing", "promotions", http, weak, "falls back to the list price"),
            strength=weak,
        ),
        dependency(traces("promotions", "pricing", http, 800, 21), strength=strong),
        dependency(traces("order", "payment", http, 2000, 44), strength=strong),
        dependency(traces("order", database_name, database, 9000, 0)),
        dependency(traces("cart", cache_name, Kind.CACHE, 12000, 40), strength=weak),
        dependency(traces("cart", "pricing", http, 7000, 12), strength=strong),
        dependency(traces("storefront", "cart", http, 8000, 80), strength=strong),
        dependency(traces("storefront", "order", http, 3000, 30), strength=strong),
        dependency(traces("storefront", "recommendation", http, 9000, 95), strength=weak),
        dependency(
            people("payment", "order", Kind.MONITORING, weak),
            strength=weak,
            layer=Layer.OPERATIONAL,
            confidence=0.7,
        ),
    ]
    return tuple(sorted(items, key=lambda item: item.key))


def shop() -> Snapshot:
    names = tuple(name for name, *_ in SHOP_ORDER)
    findings = (
        Finding(
            rule="conflict",
            subjects=("storefront", "ads", "http"),
            message="storefront -> ads: people say strong, traces and code say optional",
            severity=Severity.HIGH,
            details=(
                "people (storefront tech lead): strong, “no banner”",
                "traces: 0 of 233 failed with it",
                "code: the failure is swallowed",
            ),
            locators=("interviews/storefront.yaml:14", "services/storefront/app.py:31"),
        ),
        Finding(
            rule="hidden",
            subjects=("recommendation", "payment", "shared-secret"),
            message="recommendation depends on payment through a secret, and no call shows it",
            severity=Severity.HIGH,
            details=("payment signs", "recommendation verifies"),
            locators=("services/payment/app.py:12", "services/recommendation/auth.py:8"),
        ),
        Finding(
            rule="cycle",
            subjects=("pricing", "promotions"),
            message="pricing and promotions call each other",
        ),
        Finding(
            rule="unused",
            subjects=("pricing", "ads"),
            message="ADS_URL is given to pricing and nothing uses it",
            severity=Severity.LOW,
            locators=("docker-compose.yml:77",),
        ),
    )
    return Snapshot(
        project="shop",
        quarter="2026Q4",
        as_of=AS_OF,
        nodes=tuple(
            Node(
                name=name, kind=kind, owner=owner, criticality="tier-1" if "order" in name else ""
            )
            for name, kind, _, owner in sorted(SHOP_ORDER)
        ),
        matrix=Matrix(names=names, dependencies=shop_dependencies()),
        shared=(
            Shared(
                kind=Kind.SHARED_SECRET,
                resource="token-signing",
                members=("payment", "recommendation"),
                owner="payment",
                strength=Strength.STRONG,
                confidence=0.97,
                locators=("docker-compose.yml:41", "docker-compose.yml:58"),
            ),
        ),
        plan=shop_plan(),
        impacts=shop_impacts(),
        findings=findings,
        gaps=(
            Gap("3 spans of lost traces", "their parents were not recorded", "", "jaeger"),
            Gap(
                "the provider of a call",
                "the address comes from a request: ask the team",
                "services/cart/app.py:88",
                "code",
            ),
        ),
        sources=(
            SourceSummary(
                name="jaeger-production",
                collector="jaeger",
                source=Source.TRACES,
                evidence=31,
                gaps=1,
                first_seen=AS_OF - timedelta(days=33),
                last_seen=AS_OF - timedelta(days=2),
            ),
            SourceSummary(name="code", collector="code", source=Source.CODE, evidence=12, gaps=1),
            SourceSummary(
                name="compose", collector="manifests", source=Source.DEPLOYMENT, evidence=7
            ),
            SourceSummary(
                name="interviews",
                collector="interviews",
                source=Source.PEOPLE,
                evidence=6,
                first_seen=AS_OF - timedelta(days=43),
                last_seen=AS_OF - timedelta(days=43),
            ),
            SourceSummary(name="zipkin-old", collector="zipkin", failed="the server is not there"),
        ),
        coverage=Coverage(
            combinations=(
                ("traces", 11),
                ("traces+code", 2),
                ("traces+code+people", 1),
                ("code+deployment", 1),
                ("people", 3),
                ("code", 1),
            ),
            floor=4,
            why="Chao's bound over 4 sources, 15 seen once and 3 twice.",
        ),
    )
