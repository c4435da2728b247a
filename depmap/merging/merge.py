"""The merge: what all sources said, to nodes and dependencies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from depmap.merging.combine import combine, turned
from depmap.merging.conflicts import conflicts
from depmap.merging.identity import Identity, identify, renamed
from depmap.merging.selection import suspected
from depmap.merging.untold import untold
from depmap.model.dependency import Dependency
from depmap.model.evidence import Boot, Flow, Gap, Node, Shared
from depmap.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from depmap.model.evidence import Evidence
    from depmap.model.sampling import Policy


@dataclass(frozen=True, slots=True)
class Merged:
    """What the sources say together.

    Attributes:
        nodes: every node, by name.
        dependencies: every dependency, by (consumer, provider, kind).
        shared: couplings with canonical names.
        flows: call trees with canonical names.
        findings: disagreements, and sampling that nobody tells.
        gaps: names that could not be decided.
        boots: starts of instances with canonical names.
    """

    nodes: tuple[Node, ...]
    dependencies: tuple[Dependency, ...]
    shared: tuple[Shared, ...]
    flows: tuple[Flow, ...]
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    boots: tuple[Boot, ...] = ()


def merge(
    *,
    nodes: Sequence[Node],
    evidence: Sequence[Evidence],
    shared: Sequence[Shared],
    flows: Sequence[Flow],
    aliases: Mapping[str, Sequence[str]],
    as_of: datetime,
    policy: Policy | None = None,
    boots: Sequence[Boot] = (),
) -> Merged:
    """Merge what sources said into one picture.

    The order of the arguments' items changes nothing, and no claim is lost: each is evidence of
    exactly one dependency, or of each kind of a pair that it denies.

    Args:
        nodes: nodes as the sources name them.
        evidence: claims, likewise.
        shared: couplings, likewise.
        flows: call-tree shapes, likewise.
        aliases: other names by canonical name, as people wrote them.
        as_of: the moment that ages are relative to.
        policy: how traces were sampled, where spans do not tell; None: not known.
        boots: starts of instances, by the sources' names of their services.
    """
    claims = [turned(item) for item in evidence]
    identity = identify(nodes, claims, aliases)
    suspect = suspected(nodes, flows, evidence)
    dependencies = combine(
        (renamed(item, identity) for item in claims),
        as_of,
        policy=policy,
        suspect=suspect,
    )
    return Merged(
        nodes=identity.nodes,
        dependencies=dependencies,
        shared=_shared(shared, identity),
        flows=_flows(flows, identity),
        findings=(*conflicts(dependencies), *untold(evidence, policy, suspect=suspect)),
        gaps=identity.gaps,
        boots=tuple(replace(item, service=identity.name(item.service)) for item in boots),
    )


def _shared(shared: Sequence[Shared], identity: Identity) -> tuple[Shared, ...]:
    named = [
        replace(
            item,
            resource=identity.name(item.resource),
            owner=identity.name(item.owner) if item.owner else "",
            members=tuple(sorted({identity.name(member) for member in item.members})),
        )
        for item in shared
    ]
    return tuple(sorted(named, key=lambda item: (item.kind, item.resource, item.members)))


def _flows(flows: Sequence[Flow], identity: Identity) -> tuple[Flow, ...]:
    counts: dict[Flow, int] = {}
    for flow in flows:
        names = tuple(identity.name(name) for name in flow.nodes)
        shape = replace(flow, nodes=names, count=0)
        counts[shape] = counts.get(shape, 0) + flow.count
    named = [replace(shape, count=count) for shape, count in counts.items()]
    return tuple(sorted(named, key=lambda item: (item.operation, -item.count, item.nodes)))
