"""Plans: phases, waves, gates, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

from depmap.model.words import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a node stands in the plan, and why.

    Attributes:
        name: the node.
        phase: the phase it is in.
        preferred: the phase its role alone would put it in.
        wave: its wave, counted from 0 over the whole plan.
        reasons: why it is there: its role, and the edge that moved it where one did.
        deployable: False for resources: nobody deploys them with the services, they are in place
            before their wave starts.
    """

    name: str
    phase: Phase
    preferred: Phase
    wave: int
    reasons: tuple[str, ...] = ()
    deployable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Units that may move together. A unit of several names is a cycle, deployed as one."""

    number: int
    phase: Phase
    units: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What must hold before the next phase starts. No data never passes.

    Attributes:
        phase: the phase after which the gate stands.
        services: whose health is judged.
        measure: what is measured, as a share (0-1): "availability".
        threshold: the least value that passes.
        window_minutes: how long after the last deploy of the phase it is measured.
        on_no_data: always "hold".
    """

    phase: Phase
    services: tuple[str, ...]
    measure: str = "availability"
    threshold: float = 0.999
    window_minutes: int = 60
    on_no_data: str = "hold"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Precedence:
    """``before`` must be deployed before ``after``, because ``after`` depends on it."""

    before: str
    after: str
    reason: str = ""
    hard: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """Nodes that need each other.

    Attributes:
        members: the nodes, sorted.
        cut: the cheapest edges (consumer, provider) without which the cycle is gone.
        method: how the cut was found: "exact" (there is no cheaper one) or the heuristic's name.
    """

    members: tuple[str, ...]
    cut: tuple[tuple[str, str], ...] = ()
    method: str = "exact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An order of deployment.

    Attributes:
        placements: every placed node, in order of (wave, name).
        waves: the waves in order.
        gates: one gate a phase that is not empty, in order.
        rollback: names in the order in which they are taken back: consumers first.
        precedences: the order constraints that hold between deployable services.
        cycles: the cycles that were condensed.
        notes: what the reader must know ("2 weak dependencies point at a later phase").
    """

    placements: tuple[Placement, ...] = ()
    waves: tuple[Wave, ...] = ()
    gates: tuple[Gate, ...] = ()
    rollback: tuple[str, ...] = ()
    precedences: tuple[Precedence, ...] = ()
    cycles: tuple[Cycle, ...] = ()
    notes: tuple[str, ...] = ()

    def placement(self, name: str) -> Placement | None:
        """Return where a node stands, or None if the plan does not place it."""
        return next((item for item in self.placements if item.name == name), None)
