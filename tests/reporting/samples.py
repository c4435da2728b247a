"""Sample snapshots: a shop, an empty one, a hostile one, and estates of any size."""

from __future__ import annotations

from depmap.model.evidence import Gap, Node, Shared
from depmap.model.finding import Finding
from depmap.model.matrix import Matrix
from depmap.model.plan import Cycle, Gate, Placement, Plan, Wave
from depmap.model.snapshot import Coverage, ImpactOf, Snapshot, SourceSummary
from depmap.model.words import (
    Impact,
    Kind,
    Phase,
    Source,
)
from tests.reporting.claims import AS_OF, HOSTILE, claim, dependency
from tests.reporting.estate import estate
from tests.reporting.shop import shop

__all__ = ["AS_OF", "HOSTILE", "claim", "dependency", "empty", "estate", "hostile", "shop"]


def empty() -> Snapshot:
    return Snapshot(
        project="nothing",
        quarter="2026Q4",
        as_of=AS_OF,
        nodes=(),
        matrix=Matrix(names=(), dependencies=()),
        plan=Plan(),
        coverage=Coverage(why="There is nothing to estimate from."),
    )


def hostile(name: str = HOSTILE) -> Snapshot:
    """Every text that comes from outside is the hostile name."""
    evidence = claim(
        name,
        "b|\n`c`",
        Kind.HTTP,
        Source.PEOPLE,
        collector=name,
        locators=(name,),
        operation=name,
        reason=name,
        users_see=name,
        when=name,
        said_by=name,
    )
    item = dependency(evidence, users_see=name, when=name, impact=Impact.OUTAGE)
    placement = Placement(
        name=name,
        phase=Phase.FOUNDATION,
        preferred=Phase.SUPPORTING,
        wave=0,
        reasons=(name,),
    )
    return Snapshot(
        project=name,
        quarter=name,
        as_of=AS_OF,
        nodes=(Node(name=name, owner=name, criticality=name, aliases=(name,)),),
        matrix=Matrix(names=("b|\n`c`", name), dependencies=(item,)),
        shared=(
            Shared(
                kind=Kind.SHARED_SECRET,
                resource=name,
                members=(name, "b"),
                owner=name,
                resources=(name,),
                locators=(name,),
            ),
        ),
        plan=Plan(
            placements=(placement,),
            waves=(Wave(number=0, phase=Phase.FOUNDATION, units=((name,),)),),
            gates=(Gate(phase=Phase.FOUNDATION, services=(name,), measure=name),),
            rollback=(name,),
            cycles=(Cycle(members=(name, "b"), cut=((name, "b"),)),),
            notes=(name,),
        ),
        impacts=(
            ImpactOf(
                node=name,
                basis="traces",
                operations=((name, 0.5, 0.2, 0.9, 10),),
                fails=(name,),
                degrades=(name,),
                undetermined=(name,),
            ),
        ),
        findings=tuple(
            Finding(
                rule=rule, subjects=(name, "b"), message=name, details=(name,), locators=(name,)
            )
            for rule in ("conflict", "hidden", "cycle")
        ),
        gaps=(Gap(name, name, name, name),),
        sources=(
            SourceSummary(name=name, collector=name, source=Source.PEOPLE),
            SourceSummary(name=name, collector=name, failed=name),
        ),
        coverage=Coverage(combinations=((name, 1), ("people", 1)), why=name),
    )
