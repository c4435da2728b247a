"""The assessment: what merged evidence means to those who run the system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.assessing.coverage import coverage
from depmap.assessing.hidden import cycles, hidden
from depmap.assessing.impact import impacts
from depmap.model.finding import Finding
from depmap.model.snapshot import Coverage, ImpactOf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Flow, Node


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the dependencies mean.

    Attributes:
        impacts: what fails with each node.
        findings: hidden and unconfirmed dependencies, and cycles.
        coverage: who found what.
    """

    impacts: tuple[ImpactOf, ...]
    findings: tuple[Finding, ...]
    coverage: Coverage


def assess(
    nodes: Sequence[Node], dependencies: Sequence[Dependency], flows: Sequence[Flow]
) -> Assessment:
    """Assess merged dependencies; see ``Assessment``."""
    return Assessment(
        impacts=impacts(nodes, dependencies, flows),
        findings=(*cycles(dependencies), *hidden(dependencies)),
        coverage=coverage(dependencies),
    )
