"""From dependencies to the constraints of an order."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from depmap.model.words import Strength

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from depmap.model.dependency import Dependency
    from depmap.planning.policy import Policy


@dataclass(frozen=True, slots=True, order=True)
class Constraint:
    """A provider must not come after its consumer.

    Attributes:
        consumer: the depending node.
        provider: the node it depends on.
        hard: True: holds at any price. False: kept where it costs little.
        how: the kinds it rests on, and what is uncertain about them.
        cut_cost: what it would take to do without, see ``Rule.cut_cost``.
        via: nodes in between that have no place in the order themselves.
        assumed: whether it is hard only because its strength is undetermined.
    """

    consumer: str
    provider: str
    hard: bool
    how: str
    cut_cost: float = 1.0
    via: tuple[str, ...] = ()
    assumed: bool = False

    @property
    def pair(self) -> tuple[str, str]:
        """Consumer and provider."""
        return (self.consumer, self.provider)

    def sentence(self, *, about: str = "") -> str:
        """Say it in words; the node it is about is called "it"."""
        consumer = "it" if self.consumer == about else self.consumer
        provider = "it" if self.provider == about else self.provider
        through = f" through {', '.join(self.via)}" if self.via else ""
        word = "strongly" if self.hard else "weakly"
        return f"{consumer} depends {word} on {provider}{through} ({self.how})"


def counts(dependency: Dependency, policy: Policy) -> bool:
    """Whether a dependency says anything about the order at all."""
    return (
        dependency.confirmed
        and not dependency.declared_only
        and dependency.consumer != dependency.provider
        and dependency.strength.strength is not Strength.OPTIONAL
        and policy.rule(dependency.kind).constrains
    )


def direct_constraints(
    dependencies: Iterable[Dependency], policy: Policy
) -> tuple[Constraint, ...]:
    """Return one constraint for each pair that has a dependency which counts, sorted.

    It is hard when any of them is strong, or undetermined: what is not known is taken as strong
    here, since a service that comes too late does less harm than one that comes too early.
    """
    pairs: dict[tuple[str, str], list[Dependency]] = defaultdict(list)
    for item in dependencies:
        if counts(item, policy):
            pairs[item.consumer, item.provider].append(item)
    return tuple(_constraint(pair, items, policy) for pair, items in sorted(pairs.items()))


def contracted(
    constraints: Iterable[Constraint], keep: Collection[str], conductors: Collection[str]
) -> tuple[Constraint, ...]:
    """Return the constraints between kept nodes, also those that pass through conductors.

    Only hard constraints pass through. A pair keeps its direct constraint if it has a hard one,
    else the shortest way round. Costs the conductors' edges once for each consumer.
    """
    onwards: dict[str, list[Constraint]] = defaultdict(list)
    direct: dict[tuple[str, str], Constraint] = {}
    for item in sorted(constraints):
        if item.hard:
            onwards[item.consumer].append(item)
        if item.consumer in keep and item.provider in keep:
            direct[item.pair] = item
    for consumer in [name for name in onwards if name in keep]:
        for found in _through(consumer, onwards, keep, conductors):
            if found.pair not in direct or not direct[found.pair].hard:
                direct[found.pair] = found
    return tuple(direct[pair] for pair in sorted(direct))


def _constraint(
    pair: tuple[str, str], dependencies: Sequence[Dependency], policy: Policy
) -> Constraint:
    strong = [item for item in dependencies if item.strength.strength is Strength.STRONG]
    unknown = [item for item in dependencies if item.strength.strength is Strength.UNDETERMINED]
    decisive = strong or unknown or dependencies
    assumed = bool(unknown and not strong)
    how = ", ".join(sorted({item.kind for item in decisive}))
    if assumed:
        how += "; strength undetermined, taken as strong"
    costs = (item.strength.probability * policy.rule(item.kind).cut_cost for item in decisive)
    cut_cost = round(sum(sorted(costs)), 3)
    return Constraint(
        *pair, hard=bool(strong or unknown), how=how, cut_cost=cut_cost, assumed=assumed
    )


def _through(
    consumer: str,
    onwards: dict[str, list[Constraint]],
    keep: Collection[str],
    conductors: Collection[str],
) -> Iterator[Constraint]:
    """Yield the constraints of one consumer that pass through conductors, shortest first."""
    seen = {consumer}
    waiting = deque(onwards[consumer])
    while waiting:
        reached = waiting.popleft()
        if reached.provider in seen:
            continue
        seen.add(reached.provider)
        if reached.provider in keep:
            yield reached
        elif reached.provider in conductors:
            waiting.extend(_joined(reached, item) for item in onwards.get(reached.provider, ()))


def _joined(first: Constraint, second: Constraint) -> Constraint:
    """Return two constraints in a row as one; the cheaper of the two would be cut."""
    return replace(
        first,
        provider=second.provider,
        how=f"{first.how}; {second.how}",
        cut_cost=min(first.cut_cost, second.cut_cost),
        via=(*first.via, first.provider),
        assumed=first.assumed or second.assumed,
    )
