"""What is to be planned: nodes, constraints between them, and the cycles taken as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.errors import InputError
from depmap.graph import condensed, generations
from depmap.model.dependency import Dependency
from depmap.model.evidence import Node
from depmap.planning.constraints import Constraint, contracted, direct_constraints
from depmap.planning.policy import CONDUCTORS, RESOURCES
from depmap.planning.roles import Role, role_of, surroundings
from depmap.planning.waves import Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from depmap.planning.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The input of a plan, made ready.

    Attributes:
        nodes: every node by name, also those that only a dependency names.
        unlisted: the names of those.
        dependencies: every dependency, sorted.
        direct: the constraints as the dependencies give them, between any two nodes.
        placed: constraints between nodes that the plan places.
        deployed: constraints between nodes that are deployed, also over resources.
        units: the placed nodes, cycles together, providers first.
        roles: the role of each placed node.
    """

    nodes: Mapping[str, Node]
    unlisted: tuple[str, ...]
    dependencies: tuple[Dependency, ...]
    direct: tuple[Constraint, ...]
    placed: tuple[Constraint, ...]
    deployed: tuple[Constraint, ...]
    units: tuple[Unit, ...]
    roles: Mapping[str, Role]

    @property
    def leaders(self) -> dict[str, str]:
        """The name of the unit that each placed node is in."""
        return {name: unit[0] for unit in self.units for name in unit}

    @property
    def hard_units(self) -> frozenset[tuple[str, str]]:
        """The hard constraints between units."""
        return condensed((item.pair for item in self.placed if item.hard), self.units)

    def is_deployed(self, name: str) -> bool:
        """Whether an owner deploys the node."""
        return self.nodes[name].kind.is_service


def situation_of(
    nodes: Sequence[Node], dependencies: Iterable[Dependency], policy: Policy
) -> Situation:
    """Make the input ready.

    Raises:
        InputError: two nodes have one name.
    """
    ordered = tuple(sorted(dependencies, key=_order))
    listed = _by_name(nodes)
    named = {name for item in ordered for name in (item.consumer, item.provider)}
    unlisted = tuple(sorted(named - listed.keys()))
    every = dict(sorted((listed | {name: Node(name=name) for name in unlisted}).items()))
    services = {name for name, node in every.items() if node.kind.is_service}
    resources = {name for name, node in every.items() if node.kind in RESOURCES}
    conductors = {name for name, node in every.items() if node.kind in CONDUCTORS}
    direct = direct_constraints(ordered, policy)
    placed = contracted(direct, services | resources, conductors)
    deployed = contracted(direct, services, resources | conductors)
    steps = generations(services | resources, (item.pair for item in placed if item.hard))
    around = surroundings(every, ordered, deployed, policy)
    return Situation(
        nodes=every,
        unlisted=unlisted,
        dependencies=ordered,
        direct=direct,
        placed=placed,
        deployed=deployed,
        units=tuple(unit for step in steps for unit in step),
        roles={name: role_of(every[name], around) for name in sorted(services | resources)},
    )


def _by_name(nodes: Sequence[Node]) -> dict[str, Node]:
    listed: dict[str, Node] = {}
    for node in nodes:
        if listed.setdefault(node.name, node) is not node:
            raise InputError(f'two nodes are called "{node.name}"')
    return listed


def _order(item: Dependency) -> tuple[str, str, str, str, float, float, bool]:
    """Order dependencies by key, and equal keys by all that the plan looks at."""
    strength = item.strength
    return (
        *item.key,
        strength.strength,
        strength.probability,
        item.confidence,
        item.declared_only,
    )
