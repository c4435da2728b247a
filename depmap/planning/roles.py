"""The phase that a node's role alone would put it in, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.model.words import Kind, NodeKind, Phase
from depmap.planning.policy import RESOURCES, Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Node
    from depmap.planning.constraints import Constraint

BY_KIND, BY_EVIDENCE, BY_PEOPLE, BY_DEFAULT = 16, 12, 8, 4
"""What leaving a role costs, a phase: the surer the role, the more it takes to move a node."""


@dataclass(frozen=True, slots=True)
class Role:
    """A preferred phase.

    Attributes:
        phase: the phase.
        cost: what each phase away from it costs.
        reason: why, as a sentence.
    """

    phase: Phase
    cost: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the rules look at beside the node itself; all by name, names sorted.

    Attributes:
        users: who depends on a node through a kind, by (node, kind).
        dependants: services that depend on it strongly.
        needs: services that it depends on strongly.
        process: nodes that a business process joins to another.
        known: nodes with any dependency that is held to exist.
        many: strong dependants from which a service counts as a hub.
        policy: what counts as important, and as minor.
    """

    users: Mapping[tuple[str, Kind], tuple[str, ...]]
    dependants: Mapping[str, tuple[str, ...]]
    needs: Mapping[str, tuple[str, ...]]
    process: frozenset[str]
    known: frozenset[str]
    many: int
    policy: Policy


def surroundings(
    nodes: Mapping[str, Node],
    dependencies: Iterable[Dependency],
    between_services: Iterable[Constraint],
    policy: Policy,
) -> Surroundings:
    """Gather what the rules look at. Linear."""
    users, process = defaultdict(set), set()
    known: set[str] = set()
    for item in dependencies:
        if item.confirmed and not item.declared_only and item.consumer != item.provider:
            users[item.provider, item.kind].add(item.consumer)
            known |= {item.consumer, item.provider}
            if item.kind is Kind.BUSINESS_PROCESS:
                process |= {item.consumer, item.provider}
    dependants, needs = defaultdict(set), defaultdict(set)
    for link in between_services:
        if link.hard:
            dependants[link.provider].add(link.consumer)
            needs[link.consumer].add(link.provider)
    services = [name for name, node in nodes.items() if node.kind.is_service]
    return Surroundings(
        users={key: tuple(sorted(names)) for key, names in users.items()},
        dependants={name: tuple(sorted(names)) for name, names in dependants.items()},
        needs={name: tuple(sorted(names)) for name, names in needs.items()},
        process=frozenset(process),
        known=frozenset(known),
        many=_many([len(dependants.get(name, ())) for name in services], policy),
        policy=policy,
    )


def role_of(node: Node, around: Surroundings) -> Role:
    """Return the role of a node: the first rule that says something."""
    found = (rule(node, around) for rule in RULES)
    return next(role for role in found if role is not None)


def _many(counts: Sequence[int], policy: Policy) -> int:
    """Return what nine tenths of the services do not exceed, but at least the policy's number."""
    ordered = sorted(counts)
    ninth = ordered[-(-9 * len(ordered) // 10) - 1] if ordered else 0
    return max(policy.hub_dependants, ninth)


def _by_kind(node: Node, _around: Surroundings) -> Role | None:
    if node.kind in RESOURCES:
        reason = f"a {node.kind}: stores, brokers and configuration come before their users"
        return Role(Phase.FOUNDATION, BY_KIND, reason)
    if node.kind is NodeKind.GATEWAY:
        return Role(Phase.USER_FACING, BY_KIND, "a gateway: it opens the system to its users")
    return None


def _by_issuing(node: Node, around: Surroundings) -> Role | None:
    verifiers = around.users.get((node.name, Kind.SHARED_SECRET))
    if not verifiers:
        return None
    reason = f"it issues what {several(verifiers)} {_verb(verifiers, 'verify', 'verifies')}"
    return Role(Phase.FOUNDATION, BY_EVIDENCE, f"{reason} with a shared secret")


def _by_configuring(node: Node, around: Surroundings) -> Role | None:
    readers = around.users.get((node.name, Kind.SHARED_CONFIG))
    if not readers:
        return None
    reason = f"it owns configuration that {several(readers)} {_verb(readers, 'read', 'reads')}"
    return Role(Phase.FOUNDATION, BY_EVIDENCE, reason)


def _by_start(node: Node, around: Surroundings) -> Role | None:
    waiting = around.users.get((node.name, Kind.STARTUP_ORDER))
    if not waiting or around.needs.get(node.name):
        return None
    reason = f"{several(waiting)} {_verb(waiting, 'wait', 'waits')} for it at start"
    return Role(
        Phase.FOUNDATION, BY_EVIDENCE, f"{reason}, and it depends strongly on no other service"
    )


def _by_dependants(node: Node, around: Surroundings) -> Role | None:
    dependants = around.dependants.get(node.name, ())
    if len(dependants) < around.many or around.needs.get(node.name):
        return None
    reason = f"{len(dependants)} services depend strongly on it and it on no other service"
    return Role(Phase.FOUNDATION, BY_EVIDENCE, reason)


def _by_entry(node: Node, around: Surroundings) -> Role | None:
    if not node.entry or around.dependants.get(node.name):
        return None
    reason = "requests reach it from outside, and no service depends strongly on it"
    return Role(Phase.USER_FACING, BY_EVIDENCE, reason)


def _by_business(node: Node, around: Surroundings) -> Role | None:
    reasons = []
    tier = node.criticality.casefold()
    if node.capabilities and tier not in around.policy.minor:
        reasons.append(f"it carries the {_capabilities(node)}")
    if tier in around.policy.tier_one:
        reasons.append(f"its owner rates it {node.criticality}")
    if node.name in around.process:
        reasons.append("a business process joins it to another")
    return Role(Phase.CORE_BUSINESS, BY_PEOPLE, "; ".join(reasons)) if reasons else None


def _by_rating(node: Node, around: Surroundings) -> Role | None:
    if not node.capabilities or node.criticality.casefold() not in around.policy.minor:
        return None
    reason = f"it carries the {_capabilities(node)}, but its owner rates it {node.criticality}"
    return Role(Phase.SUPPORTING, BY_PEOPLE, reason)


def _by_default(node: Node, around: Surroundings) -> Role:
    if node.name not in around.known:
        reason = "no dependency of it is known, and that is not independence: not foundation"
    elif not around.needs.get(node.name) and not around.dependants.get(node.name):
        reason = "no strong dependency of it is known: that alone makes it no foundation"
    else:
        reason = "nothing marks it as foundation, core business or user-facing"
    return Role(Phase.SUPPORTING, BY_DEFAULT, reason)


RULES: tuple[Callable[[Node, Surroundings], Role | None], ...] = (
    _by_kind,
    _by_issuing,
    _by_configuring,
    _by_start,
    _by_dependants,
    _by_entry,
    _by_business,
    _by_rating,
    _by_default,
)
"""In order: the first that says something decides."""


def several(names: Sequence[str], most: int = 3) -> str:
    """Name a few and count the rest: ``a, b, c and 4 more``."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _capabilities(node: Node) -> str:
    word = "capability" if len(node.capabilities) == 1 else "capabilities"
    return f"{word} {several(sorted(node.capabilities))}"


def _verb(names: Sequence[str], plural: str, singular: str) -> str:
    return singular if len(names) == 1 else plural
