"""Coupling without a call: shared secrets, tables, configuration, libraries, start order.

These are read from declarations, so nothing is tested and there is no q-value; what each rests on
is how many services share the resource. What more than ``max(HUB, HUB_SHARE of the services)``
share is a platform resource: it is reported once, not as pairs.
"""

from __future__ import annotations

from itertools import combinations
from math import log2
from typing import TYPE_CHECKING, Final

from depmap.assessing.exchanges import Pair, apart, encodes, exchanges
from depmap.model.finding import Candidate, Detection, Finding
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Node, Shared

HUB: Final = 10
HUB_SHARE: Final = 0.2
GROUP: Final = 4
"""Of so many members at most, and no owner, every pair is a candidate; more are one group."""

KINDS: Final = (
    Kind.SHARED_SECRET,
    Kind.SHARED_DATA,
    Kind.SHARED_CONFIG,
    Kind.SHARED_LIBRARY,
    Kind.LIBRARY_CONFLICT,
    Kind.STARTUP_ORDER,
)

_ALTERNATIVE: Final = {
    Kind.SHARED_SECRET: "equal placeholders, or a key that one of them no longer uses",
    Kind.SHARED_DATA: "tables of one name in different schemas, or a write that nobody reads",
    Kind.SHARED_CONFIG: "values that are equal by chance and need not agree",
    Kind.SHARED_LIBRARY: "copies that have been changed apart on purpose",
    Kind.LIBRARY_CONFLICT: "versions that read each other's output",
    Kind.STARTUP_ORDER: "a wait that is a habit of the template, and not needed",
}
_MEANING: Final = {
    Kind.SHARED_SECRET: "they share a secret: whoever changes it changes it for all",
    Kind.SHARED_DATA: "they use the same data",
    Kind.SHARED_CONFIG: "they read one configuration value, which must agree",
    Kind.SHARED_LIBRARY: "they must release a library or contract together",
    Kind.LIBRARY_CONFLICT: "they exchange what incompatible versions of a library encode",
    Kind.STARTUP_ORDER: "one waits for the other when it starts",
}


def hub_limit(nodes: Iterable[Node]) -> int:
    """Return how many services may share a resource before it counts as a platform resource."""
    return max(HUB, int(HUB_SHARE * sum(node.kind.is_service for node in nodes)))


def hubs(shared: Iterable[Shared], limit: int) -> tuple[Shared, ...]:
    """Return the resources that more services share than the limit."""
    return tuple(item for item in shared if len(item.members) > limit)


def hub_findings(found: Iterable[Shared]) -> Iterator[Finding]:
    """Yield one finding for each platform resource."""
    for item in found:
        yield Finding(
            rule="hub",
            subjects=(item.resource, item.kind.value),
            message=f"{len(item.members)} services share {item.resource} ({item.kind.value}): "
            f"one change or failure reaches them all",
            details=(f"used by {', '.join(item.members)}",),
            locators=item.locators,
        )


def shared_findings(
    shared: Iterable[Shared], candidates: Iterable[Candidate], limit: int
) -> Iterator[Finding]:
    """Yield one finding for each resource that couples services in no known direction.

    Args:
        shared: resources that services are coupled through.
        candidates: as ``coupled`` gives them.
        limit: as ``hub_limit`` gives it.
    """
    pairs = {
        (item.kind, _sorted(item.consumer, item.provider))
        for item in candidates
        if not item.directed or item.kind is Kind.LIBRARY_CONFLICT
    }
    for item in shared:
        inside = [
            pair for pair in combinations(sorted(item.members), 2) if (item.kind, pair) in pairs
        ]
        names = sorted({name for pair in inside for name in pair})
        if GROUP < len(item.members) <= limit and item.kind is not Kind.LIBRARY_CONFLICT:
            names = list(item.members)
        if names and not item.owner:
            yield Finding(
                rule="shared" if item.kind is not Kind.LIBRARY_CONFLICT else item.kind.value,
                subjects=(item.resource, item.kind.value),
                message=f"{', '.join(names)} are coupled by {item.resource}: "
                f"{_MEANING[item.kind]}",
                details=(
                    *item.resources,
                    f"it could also be: {_ALTERNATIVE[item.kind]}",
                    "a candidate: confirm or deny, and say who owns it",
                ),
                locators=item.locators,
            )


def in_hub(item: Dependency, found: Iterable[Shared]) -> bool:
    """Whether a coupling is one of a platform resource, and so reported with it."""
    return any(
        one.kind is item.kind and {item.consumer, item.provider} <= set(one.members)
        for one in found
    )


def is_confirmed(item: Dependency) -> bool:
    """Whether a second kind of source, or a person, says that a dependency is there."""
    return len(item.sources) > 1 or any(source.is_told for source in item.sources)


def coupled(
    dependencies: Sequence[Dependency], shared: Sequence[Shared], limit: int
) -> tuple[tuple[Candidate, ...], tuple[Detection, ...]]:
    """Return couplings as candidates by pair, and how many each detector looked at.

    Args:
        dependencies: all of them; couplings among them have a direction.
        shared: resources that are shared; pairs without a direction follow from them.
        limit: as ``hub_limit`` gives it.
    """
    platform = hubs(shared, limit)
    exchanged = exchanges(dependencies, limit)
    directed = {
        item.key: _directed(item, shared)
        for item in dependencies
        if item.confirmed and item.kind in KINDS and not in_hub(item, platform)
    }
    known = {(kind, *sorted((one, other))) for one, other, kind in directed}
    undirected = {
        (item.kind, *pair): _undirected(item, pair, exchanged)
        for item in shared
        if item not in platform and (item.kind is not Kind.LIBRARY_CONFLICT or encodes(item))
        for pair in _pairs(item, exchanged)
        if (item.kind, *pair) not in known
    }
    candidates = (*directed.values(), *(undirected[key] for key in sorted(undirected)))
    return candidates, tuple(
        Detection(
            detector=kind.value,
            tested=sum(item.kind is kind for item in shared)
            + sum(item.kind is kind for item in dependencies),
            found=sum(item.kind is kind for item in candidates),
        )
        for kind in KINDS
    )


def _pairs(item: Shared, exchanged: frozenset[Pair]) -> Iterator[Pair]:
    """Yield the pairs of members, in order of name, that a resource couples."""
    if item.kind is Kind.LIBRARY_CONFLICT:
        yield from apart(item, exchanged)
        return
    for pair in combinations(sorted(item.members), 2):
        if item.owner in pair or (not item.owner and len(item.members) <= GROUP):
            yield pair


def _directed(item: Dependency, shared: Iterable[Shared]) -> Candidate:
    pair = {item.consumer, item.provider}
    degree = min(
        (len(one.members) for one in shared if one.kind is item.kind and pair <= set(one.members)),
        default=2,
    )
    places = tuple(sorted({place for claim in item.evidence for place in claim.locators}))
    declared = item.kind is Kind.STARTUP_ORDER
    meaning = _MEANING[item.kind]
    return Candidate(
        detector=item.kind.value,
        consumer=item.consumer,
        provider=item.provider,
        kind=item.kind,
        message=f"{item.consumer} depends on {item.provider} without calling it: {meaning}",
        statistic=_declared(len(places)) if declared else _sharing(degree),
        value=None if declared else _weight(degree),
        alternative=_ALTERNATIVE[item.kind],
        confirmed=is_confirmed(item),
        locators=places,
    )


def _undirected(item: Shared, pair: Pair, exchanged: frozenset[Pair]) -> Candidate:
    """A pair of those that share a resource; its direction where an owner or a reader is known."""
    ways = [way for way in (pair, pair[::-1]) if item.owner == way[1]]
    if item.kind is Kind.LIBRARY_CONFLICT:
        ways = [way for way in (pair, pair[::-1]) if way in exchanged]
    owned = len(ways) == 1
    consumer, provider = ways[0] if owned else pair
    return Candidate(
        detector=item.kind.value,
        consumer=consumer,
        provider=provider,
        directed=owned,
        kind=item.kind,
        message=f"{consumer} and {provider} are coupled by {item.resource}: {_MEANING[item.kind]}",
        statistic=_sharing(len(item.members)),
        value=_weight(len(item.members)),
        alternative=_ALTERNATIVE[item.kind],
        locators=item.locators,
    )


def _declared(places: int) -> str:
    return f"declared in {places} {'place' if places == 1 else 'places'}"


def _sharing(degree: int) -> str:
    return f"{degree} services share it (weight {_weight(degree):.2f} of 1)"


def _weight(degree: int) -> float:
    """Return what one pair of those that share a resource counts: 1 / log2(1 + degree)."""
    return round(1 / log2(1 + degree), 4)


def _sorted(one: str, other: str) -> Pair:
    return (one, other) if one <= other else (other, one)
