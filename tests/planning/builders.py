"""Random systems, drawn small: names n0 to n7, in any order, with cycles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from depmap.model.words import Kind, NodeKind, Phase, Strength
from tests.builders import depends, node

if TYPE_CHECKING:
    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Node
    from depmap.model.plan import Plan

NAMES = tuple(f"n{number}" for number in range(8))
_KINDS = (Kind.HTTP, Kind.DATABASE, Kind.SHARED_SECRET, Kind.STARTUP_ORDER, Kind.EVENT)
_NODES = (
    *[NodeKind.SERVICE] * 6,
    NodeKind.GATEWAY,
    NodeKind.DATABASE,
    NodeKind.SECRET,
    NodeKind.TEAM,
)

nodes = st.tuples(
    *(
        st.builds(
            node,
            st.just(name),
            st.sampled_from(_NODES),
            entry=st.booleans(),
            capabilities=st.sampled_from([(), (), ("selling",)]),
        )
        for name in NAMES
    )
)

dependencies = st.lists(
    st.builds(
        depends,
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.sampled_from(list(Strength)),
        st.sampled_from(_KINDS),
        confidence=st.sampled_from([0.9, 0.9, 0.9, 0.2]),
        declared_only=st.sampled_from([False, False, False, True]),
    ),
    max_size=20,
    unique_by=lambda item: item.key,
)

pins = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(list(Phase)), max_size=2)


def unit_of(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {name: unit for wave in plan.waves for unit in wave.units for name in unit}


def hard_pairs(nodes: tuple[Node, ...], dependencies: list[Dependency]) -> set[tuple[str, str]]:
    """What must hold, read from the input by the rule and not by the code: direct pairs only."""
    kinds = {item.name: item.kind for item in nodes}
    unplaced = {NodeKind.SECRET, NodeKind.TEAM}
    return {
        (item.consumer, item.provider)
        for item in dependencies
        if item.confidence >= 0.5
        and not item.declared_only
        and item.kind is not Kind.EVENT
        and item.strength.strength in {Strength.STRONG, Strength.UNDETERMINED}
        and not unplaced & {kinds[item.consumer], kinds[item.provider]}
    }
