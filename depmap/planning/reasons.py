"""Why nodes are where they are: each move away from a role names the edge that forced it.

A node stands earlier than its role because some consumer that cannot move later needs it, directly
or over a chain of nodes of the same phase; later, because of a provider that cannot move earlier.
In the best choice there always is such a chain, or else weak dependencies that outweigh the role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.graph import nearest
from depmap.model.words import Phase
from depmap.planning.constraints import Constraint
from depmap.planning.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The phases that were chosen, and what they were chosen from; all by name."""

    phases: Mapping[str, Phase]
    roles: Mapping[str, Role]
    pins: Mapping[str, Phase]
    constraints: tuple[Constraint, ...]

    def shift(self, name: str) -> int:
        """How many phases a node stands after its role; negative: before it."""
        return self.phases[name].number - self.roles[name].phase.number


def reasons_of(decided: Decided) -> dict[str, tuple[str, ...]]:
    """Return, for each node, its role and what moved it. Linear."""
    moves = {**_moves(decided, earlier=True), **_moves(decided, earlier=False)}
    reasons: dict[str, tuple[str, ...]] = {}
    for name, role in decided.roles.items():
        said = [f"role {role.phase}: {role.reason}"]
        if name in decided.pins:
            said.append(f"pinned to {decided.pins[name]} by people")
        elif name in moves:
            said.append(f"moved from {role.phase} to {decided.phases[name]}: {moves[name]}")
        reasons[name] = tuple(said)
    return reasons


def _moves(decided: Decided, *, earlier: bool) -> dict[str, str]:
    """Explain the nodes that moved in one direction."""
    sign = -1 if earlier else 1
    moved = [
        name
        for name in decided.roles
        if name not in decided.pins and sign * decided.shift(name) > 0
    ]
    firm = [
        name for name in decided.roles if name in decided.pins or sign * decided.shift(name) <= 0
    ]
    links = dict(_tight(decided, earlier=earlier))
    pressed = dict(_pressed(decided, earlier=earlier))
    by_firm, by_weak = nearest(links, firm), nearest(links, pressed)
    told: dict[str, str] = {}
    for name in moved:
        if name in by_firm:
            chain = _chain(name, by_firm)
            told[name] = f"{_first(chain, links)}, and {_hold(chain, decided)}"
        elif name in by_weak:
            chain = _chain(name, by_weak)
            press = pressed[chain[-1]].sentence(about=name)
            told[name] = ", and ".join(filter(None, [_first(chain, links), press])) + _OUTWEIGHS
    return told


_OUTWEIGHS = ", which together with others outweighs its role"


def _tight(decided: Decided, *, earlier: bool) -> Iterator[tuple[tuple[str, str], Constraint]]:
    """Yield the hard constraints that hold two nodes together, from who pulls to who is pulled."""
    for link in decided.constraints:
        if link.hard and decided.phases[link.consumer] is decided.phases[link.provider]:
            pair = link.pair if earlier else (link.provider, link.consumer)
            yield pair, link


def _pressed(decided: Decided, *, earlier: bool) -> Iterator[tuple[str, Constraint]]:
    """Yield the nodes that a weak constraint keeps from going back, with that constraint."""
    for link in decided.constraints:
        consumer, provider = decided.phases[link.consumer], decided.phases[link.provider]
        if not link.hard and consumer.number <= provider.number:
            yield (link.provider if earlier else link.consumer), link


def _chain(name: str, before: Mapping[str, str]) -> list[str]:
    """Return the nodes from one that moved back to the one that holds it."""
    chain = [name]
    while before[chain[-1]] != chain[-1]:
        chain.append(before[chain[-1]])
    return chain


def _first(chain: Sequence[str], links: Mapping[tuple[str, str], Constraint]) -> str:
    """Say which edge pulls the first node of a chain; nothing when the chain is that node."""
    return links[chain[1], chain[0]].sentence(about=chain[0]) if len(chain) > 1 else ""


def _hold(chain: Sequence[str], decided: Decided) -> str:
    """Say what keeps the last node of a chain where it is, and name the nodes on the way."""
    last = chain[-1]
    if last in decided.pins:
        held = f"{last} is pinned to {decided.pins[last]}"
    else:
        held = f"{last} has the role {decided.roles[last].phase}"
    return held if len(chain) == 2 else f"{held} (over {' - '.join(chain[1:])})"  # noqa: PLR2004
