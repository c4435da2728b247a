"""Identity: from the names that sources use to one node for each real thing.

Rules, in this order: what people wrote in ``[aliases]``; the same normal form; a name that one
node alone claims as an alias (what a Service selects, how compose calls a container, at which
address a database is deployed); a form of the name, such as the host of an address. Nothing is
merged on likeness: a wrong merge is worse than a missed one. Each merge keeps its reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from depmap.merging.names import NOT_DEPLOYED, forms, namespace_of, normal_form
from depmap.merging.unclear import unclear
from depmap.model.evidence import Evidence, Gap, Node
from depmap.model.words import NodeKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from depmap.merging.names import Form

BY_PEOPLE = "depmap.toml says so, under [aliases]"


@dataclass(frozen=True, slots=True)
class Identity:
    """Which node a name means.

    Attributes:
        nodes: every node, by name.
        meaning: (canonical name, why) by normal form.
        whole: normal forms of names of which no part may be taken for the whole.
        apart: first labels that stand in several namespaces, and so mean nothing by themselves.
        gaps: names that could mean several things, and so mean none of them.
        names: the canonical name of every name that was met, which is most of what is asked.
    """

    nodes: tuple[Node, ...]
    meaning: Mapping[str, tuple[str, str]]
    whole: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()
    gaps: tuple[Gap, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, name: str) -> str:
        """Return the canonical name of what a source calls ``name``."""
        if name in self.names:
            return self.names[name]
        found = self._found(name)
        return self.meaning[found.text][0] if found else name

    def why(self, name: str) -> str:
        """Return why ``name`` means the node it means; empty for a node's own name."""
        found = self._found(name)
        if found is None or self.meaning[found.text][0] == name:
            return ""
        canonical, reason = self.meaning[found.text]
        exact = found.text == normal_form(name)
        if exact:
            return reason or found.how
        own = found.text == normal_form(canonical)
        head = f"{found.how} is {found.text}"
        return head if own or not reason else f"{head}: {reason}"

    def _found(self, name: str) -> Form | None:
        for form in forms(name):
            if form.label and form.text in self.apart:
                return None
            if form.text in self.meaning:
                return form
            if form.text in self.whole:
                return None
        return None


def identify(
    nodes: Sequence[Node],
    evidence: Sequence[Evidence],
    aliases: Mapping[str, Sequence[str]],
) -> Identity:
    """Decide which names are one thing.

    Args:
        nodes: what the sources found, each with its own names.
        evidence: claims, whose names may belong to no node found so far.
        aliases: other names by canonical name, as people wrote them; they win. A canonical name
            without others keeps a node apart from all that might be taken for it.

    Returns:
        The identity: every name in nodes and evidence has a canonical name.
    """
    named = sorted({node.name for node in nodes}, key=_plainest_first)
    named += sorted(set(_named_in(evidence)).difference(named), key=_plainest_first)
    names = _Names(nodes, aliases)
    gaps = list(names.claim_aliases({form.text for name in named for form in forms(name)}))
    known = Identity((), names.meaning, _whole(nodes), _apart(nodes, evidence))
    for name in named:
        names.claim(name, known.name(name), known.why(name))
    known = replace(known, names={name: known.name(name) for name in named})
    gaps += unclear(nodes, named, known)
    return replace(known, nodes=_collect(nodes, evidence, known), gaps=tuple(gaps))


class _Names:
    """What names mean, while it is being decided."""

    def __init__(self, nodes: Sequence[Node], aliases: Mapping[str, Sequence[str]]) -> None:
        self.meaning = {form: (name, BY_PEOPLE) for form, name in _by_people(aliases).items()}
        self._fixed = frozenset(self.meaning)
        self._deployed = sorted(
            (node for node in nodes if node.path or node.aliases), key=_authority
        )
        for node in self._deployed:
            self.claim(node.name, self._canonical(node.name))
        self._paths: dict[str, set[str]] = defaultdict(set)
        for node in nodes:
            self._paths[self._canonical(node.name)] |= {node.path} - {""}

    def claim(self, name: str, canonical: str, reason: str = "") -> None:
        self.meaning.setdefault(normal_form(name), (canonical, reason))

    def claim_aliases(self, used: Collection[str]) -> Iterator[Gap]:
        """Let each alias mean the one node that claims it; report those used that several claim.

        Names of nodes come first, since two that claim one alias may turn out to be one.
        """
        claims: dict[str, dict[str, str]] = defaultdict(dict)
        for node in self._deployed:
            places = ", ".join(node.locators[:3]) or node.path
            for alias in node.aliases:
                claims[normal_form(alias)].setdefault(node.name, places)
        undecided = sorted(claims.keys() - self._fixed)
        named = {normal_form(node.name) for node in self._deployed}
        for alias in sorted(undecided, key=lambda alias: alias not in named):
            owners = {self._canonical(name): place for name, place in claims[alias].items()}
            if len(owners) == 1:
                yield from self._join(alias, *next(iter(owners.items())))
            elif alias in used and alias not in self.meaning:
                could = ", ".join(sorted(owners))
                yield Gap(f"the name {alias!r}", f"it could mean {could}; say which in [aliases]")

    def _join(self, alias: str, owner: str, places: str) -> Iterator[Gap]:
        """Make an alias mean its owner; a node of that very name becomes the same thing.

        Two that are built from different folders are two things, whatever they are called.
        """
        reason = f"{owner} is also called so" + (f" ({places})" if places else "")
        former = self.meaning.get(alias, ("", ""))[0]
        if not former:
            self.meaning[alias] = (owner, reason)
        elif former != owner and normal_form(former) == alias:
            ones, others = self._paths[former], self._paths[owner]
            if ones and others and not ones & others:
                both = f"{min(ones)} and {min(others)}"
                why = f"{owner} is also called so, but {both} are two things"
                yield Gap(f"the name {alias!r}", f"{why}; say which in [aliases]")
                return
            self._paths[owner] = others | ones
            for form, (canonical, old) in self.meaning.items():
                if canonical == former and form not in self._fixed:
                    self.meaning[form] = (owner, old or reason)

    def _canonical(self, name: str) -> str:
        return self.meaning.get(normal_form(name), (name, ""))[0]


def _by_people(aliases: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the canonical name of each normal form; an alias of an alias means the same."""
    names: dict[str, str] = {}
    for canonical in sorted(aliases):
        names.setdefault(normal_form(canonical), canonical)
    for canonical, others in sorted(aliases.items()):
        for other in others:
            names[normal_form(other)] = names[normal_form(canonical)]
    return {form: _last(names, form) for form in names}


def _last(names: Mapping[str, str], form: str) -> str:
    seen = {form}
    while (further := normal_form(names[form])) not in seen:
        seen.add(further)
        form = further
    return names[form]


def _authority(node: Node) -> tuple[bool, str, Node]:
    """Order nodes so that the name under which a thing is deployed wins over others."""
    return (not node.path, node.name, node)


def _plainest_first(name: str) -> tuple[int, str, str]:
    """Order names so that a plain one is there before an address that may mean it."""
    return (sum(1 for _ in forms(name)), normal_form(name), name)


def _whole(nodes: Iterable[Node]) -> frozenset[str]:
    kinds: dict[str, set[NodeKind]] = defaultdict(set)
    for node in nodes:
        kinds[normal_form(node.name)].add(node.kind)
    return frozenset(name for name, found in kinds.items() if found <= NOT_DEPLOYED)


def _apart(nodes: Iterable[Node], evidence: Iterable[Evidence]) -> frozenset[str]:
    """Return the labels that occur in several namespaces: ``cart.shop`` and ``cart.test``."""
    spaces: dict[str, set[str]] = defaultdict(set)
    every = {name for node in nodes for name in (node.name, *node.aliases)}
    for name in every.union(_named_in(evidence)):
        if found := namespace_of(name):
            spaces[found[0]].add(found[1])
    return frozenset(label for label, found in spaces.items() if len(found) > 1)


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
    return tuple(
        _joined(name, sorted(group, key=_decided_first), known)
        for name, group in sorted(groups.items())
    )


def _decided_first(node: Node) -> tuple[bool, Node]:
    """Order what is said of a node: depmap.toml, which has no place, before what was found."""
    return bool(node.locators), node


def _joined(name: str, group: Sequence[Node], known: Identity) -> Node:
    names = sorted({other for node in group for other in (node.name, *node.aliases)} - {name})
    return Node(
        name=name,
        kind=_kind(group),
        path=next((node.path for node in group if node.path), ""),
        aliases=tuple(names),
        reasons=tuple((other, why) for other in names if (why := _reason(other, name, known))),
        owner=next((node.owner for node in group if node.owner), ""),
        capabilities=tuple(sorted({item for node in group for item in node.capabilities})),
        criticality=next((node.criticality for node in group if node.criticality), ""),
        entry=any(node.entry for node in group),
        requests=sum(node.requests for node in group),
        requests_failed=sum(node.requests_failed for node in group),
        locators=tuple(sorted({item for node in group for item in node.locators})),
    )


def _reason(other: str, name: str, known: Identity) -> str:
    return known.why(other) if known.name(other) == name else "it is claimed, and not used"


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
