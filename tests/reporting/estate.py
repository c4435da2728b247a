"""Estates of any size."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from depmap.model.evidence import Gap, Node
from depmap.model.finding import Finding
from depmap.model.matrix import Matrix
from depmap.model.plan import Gate, Placement, Plan, Wave
from depmap.model.snapshot import Coverage, ImpactOf, Snapshot
from depmap.model.words import (
    PHASES,
    Kind,
    Strength,
)
from tests.reporting.claims import AS_OF, code, dependency, people, traces

if TYPE_CHECKING:
    from depmap.model.dependency import Dependency

TEAMS = tuple(
    f"team-{word}"
    for word in ("atlas", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "iris")
)


def estate(services: int, edges: int, seed: int = 7) -> Snapshot:
    """An estate of any size: clustered by team, in four phases, a few edges the wrong way."""
    rng = random.Random(seed)
    names = [f"{TEAMS[i % len(TEAMS)][5:]}-service-{i:04d}" for i in range(services)]
    phase_of = {name: PHASES[i * len(PHASES) // services] for i, name in enumerate(names)}
    keys: dict[tuple[str, str], Dependency] = {}
    while len(keys) < edges:
        near = rng.random() < 0.5
        high = rng.randrange(1, services)
        low = (
            max(0, high - 1 - rng.randrange(len(TEAMS) * 4))
            if near
            else int(high * rng.random() ** 2.5)
        )
        pair = (names[low], names[high]) if rng.random() < 0.03 else (names[high], names[low])
        if pair not in keys and pair[0] != pair[1]:
            keys[pair] = _estate_edge(*pair, rng)
    plan = Plan(
        placements=tuple(
            Placement(
                name=name,
                phase=phase_of[name],
                preferred=phase_of[name],
                wave=i * 20 // services,
                reasons=("its role",),
            )
            for i, name in enumerate(names)
        ),
        waves=tuple(
            Wave(
                number=wave,
                phase=PHASES[wave * len(PHASES) // 20],
                units=tuple((n,) for i, n in enumerate(names) if i * 20 // services == wave),
            )
            for wave in range(20)
        ),
        gates=tuple(Gate(phase=phase, services=tuple(names[:9])) for phase in PHASES[:3]),
        rollback=tuple(reversed(names)),
    )
    return Snapshot(
        project=f"estate of {services}",
        quarter="2026Q4",
        as_of=AS_OF,
        nodes=tuple(Node(name=n, owner=TEAMS[i % len(TEAMS)]) for i, n in enumerate(names)),
        matrix=Matrix(
            names=tuple(names),
            dependencies=tuple(sorted(keys.values(), key=lambda item: item.key)),
        ),
        plan=plan,
        impacts=tuple(
            ImpactOf(
                node=name,
                basis="traces",
                operations=((f"{names[-1]}: GET /", (services - i) / services, 0.0, 1.0, 1000),),
                fails=tuple(names[i + 1 : i + 9]),
            )
            for i, name in enumerate(names)
        ),
        findings=tuple(
            Finding(
                rule="conflict",
                subjects=pair,
                message=f"{pair[0]} -> {pair[1]}: people say optional, traces say strong",
                details=("people: optional", "traces: 40 of 41 failed with it"),
            )
            for pair in sorted(keys)[: max(services // 25, 1)]
        ),
        gaps=tuple(
            Gap("a call", "its address is unknown", f"app.py:{i}", "code") for i in range(services)
        ),
        coverage=Coverage(
            combinations=(("traces", edges // 2), ("code+traces", edges - edges // 2))
        ),
    )


def _estate_edge(consumer: str, provider: str, rng: random.Random) -> Dependency:
    kind = rng.choice((Kind.HTTP, Kind.HTTP, Kind.GRPC, Kind.STARTUP_ORDER, Kind.BUSINESS_PROCESS))
    strength = rng.choice(tuple(Strength))
    evidence = [traces(consumer, provider, kind, rng.randrange(1, 90000), rng.randrange(9))]
    if rng.random() < 0.6:
        evidence.append(code(consumer, provider, kind, strength, "the exception is raised again"))
    if rng.random() < 0.3:
        evidence.append(people(consumer, provider, kind, strength))
    found = dependency(*evidence, strength=strength, confidence=0.3 + 0.7 * rng.random())
    expected = found.confidence
    view = replace(
        found.strength,
        said=tuple((item.source.value, 2.0) for item in evidence),
        expected=expected,
        expected_low=expected * 0.7,
        expected_high=1 - (1 - expected) * 0.7,
    )
    return replace(found, strength=view)
