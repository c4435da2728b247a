"""Identity: from the names that sources use to one node for each real thing.

Rules, in this order: what people wrote in ``[aliases]``; the same normal form; a name that one
node alone claims as an alias. Nothing is merged on likeness: a wrong merge is worse than a missed
one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from depmap.merging.names import forms, normal_form
from depmap.model.evidence import Evidence, Gap, Node
from depmap.model.words import NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Identity:
    """Which node a name means.

    Attributes:
        nodes: every node, by name.
        meaning: canonical name by normal form.
        gaps: aliases that were not used, since several nodes claim them.
    """

    nodes: tuple[Node, ...]
    meaning: Mapping[str, str]
    gaps: tuple[Gap, ...]

    def name(self, name: str) -> str:
        """Return the canonical name of what a source calls ``name``."""
        for form in forms(name):
            if form in self.meaning:
                return self.meaning[form]
        return name


def identify(
    nodes: Sequence[Node],
    evidence: Sequence[Evidence],
    aliases: Mapping[str, Sequence[str]],
) -> Identity:
    """Decide which names are one thing.

    Args:
        nodes: what the sources found, each with its own names.
        evidence: claims, whose names may belong to no node found so far.
        aliases: other names by canonical name, as people wrote them; they win.

    Returns:
        The identity: every name in nodes and evidence has a canonical name.
    """
    meaning = _by_people(aliases)
    deployed = [node for node in nodes if node.path or node.aliases]
    for node in sorted(deployed, key=_authority):
        _claim(meaning, node.name, meaning.get(normal_form(node.name), node.name))
    gaps = tuple(_claim_aliases(meaning, deployed))
    known = Identity((), meaning, gaps)
    for name in (*sorted({node.name for node in nodes}), *_named_in(evidence)):
        _claim(meaning, name, known.name(name))
    return Identity(_collect(nodes, evidence, known), meaning, gaps)


def _by_people(aliases: Mapping[str, Sequence[str]]) -> dict[str, str]:
    meaning: dict[str, str] = {}
    for canonical, others in sorted(aliases.items()):
        for name in (canonical, *others):
            meaning[normal_form(name)] = canonical
    return meaning


def _authority(node: Node) -> tuple[bool, str]:
    """Order nodes so that the name under which a thing is deployed wins over others."""
    return (not node.path, node.name)


def _claim(meaning: dict[str, str], name: str, canonical: str) -> None:
    meaning.setdefault(normal_form(name), canonical)


def _claim_aliases(meaning: dict[str, str], nodes: Sequence[Node]) -> Iterable[Gap]:
    """Let each alias mean the one node that claims it; report those that several claim."""
    claims: dict[str, set[str]] = defaultdict(set)
    for node in nodes:
        for alias in node.aliases:
            claims[normal_form(alias)].add(meaning[normal_form(node.name)])
    for alias, owners in sorted(claims.items()):
        if len(owners) == 1:
            _join(meaning, alias, next(iter(owners)))
        elif alias not in meaning:
            yield Gap(
                f"the name {alias!r}",
                f"it could mean {', '.join(sorted(owners))}; say which in [aliases]",
            )


def _join(meaning: dict[str, str], alias: str, owner: str) -> None:
    """Make an alias mean its owner; a node of that very name becomes the same thing."""
    former = meaning.get(alias)
    if former is None:
        meaning[alias] = owner
    elif former != owner and normal_form(former) == alias:
        for form, canonical in meaning.items():
            if canonical == former:
                meaning[form] = owner


def _named_in(evidence: Iterable[Evidence]) -> list[str]:
    return sorted({name for item in evidence for name in (item.consumer, item.provider)})


def _collect(
    nodes: Sequence[Node], evidence: Sequence[Evidence], known: Identity
) -> tuple[Node, ...]:
    """Join what the sources said of each node, and add those only named in evidence."""
    groups: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        groups[known.name(node.name)].append(node)
    for name in _named_in(evidence):
        canonical = known.name(name)
        if name != canonical or canonical not in groups:
            groups[canonical].append(Node(name=name))
    return tuple(_joined(name, group) for name, group in sorted(groups.items()))


def _joined(name: str, group: Sequence[Node]) -> Node:
    names = {other for node in group for other in (node.name, *node.aliases)} - {name}
    return Node(
        name=name,
        kind=_kind(group),
        path=next((node.path for node in group if node.path), ""),
        aliases=tuple(sorted(names)),
        owner=next((node.owner for node in group if node.owner), ""),
        capabilities=tuple(sorted({item for node in group for item in node.capabilities})),
        criticality=next((node.criticality for node in group if node.criticality), ""),
        entry=any(node.entry for node in group),
        locators=tuple(sorted({item for node in group for item in node.locators})),
    )


def _kind(group: Sequence[Node]) -> NodeKind:
    """Prefer what is most definite: a source that says "service" often just does not know."""
    kinds = {node.kind for node in group}
    definite = kinds - {NodeKind.SERVICE, NodeKind.EXTERNAL}
    if definite:
        return min(definite, key=list(NodeKind).index)
    return NodeKind.SERVICE if NodeKind.SERVICE in kinds or not kinds else NodeKind.EXTERNAL


def renamed(item: Evidence, identity: Identity) -> Evidence:
    """Return a claim with the canonical names of its nodes."""
    return replace(
        item, consumer=identity.name(item.consumer), provider=identity.name(item.provider)
    )
