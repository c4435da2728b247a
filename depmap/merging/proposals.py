"""Names that may be one thing: proposed to people, never joined without them.

A thing that was renamed has one name in some sources and another in the rest. So two names are
compared only where no source uses both in the same place, and scored by what they have in common:
0.45 of the providers, 0.35 of the consumers (each neighbour weighs less the more nodes have it),
0.20 of the spelling; parts that neither side has are left out of the sum.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from math import log2
from typing import TYPE_CHECKING

from depmap.merging.names import NOT_DEPLOYED, normal_form
from depmap.model.words import Kind, NodeKind, Source, Stance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Node

WEIGHTS = (0.45, 0.35, 0.20)
"""Of common providers, common consumers, and spelling."""

ENOUGH = 0.35
"""A lower score is no proposal."""

ALIKE = 0.85
"""Spelling from which two names are proposed that have no neighbour in common."""

SOMEWHAT = 0.6
"""Spelling below which two names are no more alike than any two words."""

MARGIN = 0.05
"""So much better than its next best a pair must be; else the names are not told apart."""

MOST_SHARED = 40
"""A neighbour of more nodes than this says nothing about which of them are one."""

_AFFIXES = frozenset(
    ("service", "svc", "server", "api", "app", "backend", "worker", "prod", "production")
)
_CALLS = frozenset({Kind.HTTP, Kind.GRPC, Kind.RPC, Kind.EXTERNAL})
Neighbour = tuple[str, str]
"""A node and the way of using it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Two names that may be one thing.

    Attributes:
        name: the one to keep.
        other: the one that would become an alias of it.
        brings: dependencies known under the other name, which the join would add to the first.
        shared: those of them that are known under both names, and so would rest on more sources.
        score: how much speaks for it, 0-1.
        why: what speaks for it, in words.
    """

    name: str
    other: str
    brings: int
    shared: int
    score: float
    why: str


def propose(
    nodes: Sequence[Node],
    dependencies: Iterable[Dependency],
    decided: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Proposal, ...]:
    """Return names that may be one thing, those that would bring most first.

    Args:
        nodes: every node, after identity.
        dependencies: every dependency.
        decided: ``[aliases]`` as they are now: what is decided is not proposed again, and a name
            without others is one that nothing is joined to.
    """
    around = _Around(nodes, dependencies)
    aliases = {normal_form(name) for names in (decided or {}).values() for name in names}
    settled = aliases | {normal_form(name) for name in decided or ()}
    apart = {normal_form(name) for name, names in (decided or {}).items() if not names}
    scores = {
        pair: around.score(*pair)
        for pair in sorted(around.candidates())
        if not around.differ(*pair)
        and not settled >= (forms := set(map(normal_form, pair)))
        and not forms & apart
    }
    best = _best(scores)
    found = [
        around.proposal(pair, score, spelling)
        for pair, (score, spelling) in scores.items()
        if (score >= ENOUGH and around.tells(pair, spelling)) or spelling >= ALIKE
        if _stands_out(pair, score, best)
    ]
    kept = [item for item in found if normal_form(item.other) not in aliases]
    return tuple(sorted(kept, key=lambda item: (-item.brings, -item.score, item.name, item.other)))


Pair = tuple[str, str]
Scores = dict[Pair, tuple[float, float]]


def _best(scores: Scores) -> dict[str, list[tuple[float, Pair]]]:
    """Return the two best pairs of each name."""
    best: dict[str, list[tuple[float, Pair]]] = defaultdict(list)
    for pair, (score, _) in scores.items():
        for name in pair:
            best[name] = sorted([*best[name], (score, pair)], reverse=True)[:2]
    return best


def _stands_out(pair: Pair, score: float, best: Mapping[str, list[tuple[float, Pair]]]) -> bool:
    rivals = [rival for name in pair for rival, other in best[name] if other != pair]
    return score >= max(rivals, default=0.0) + MARGIN


class _Around:
    """What each node uses and is used by, and who says so."""

    def __init__(self, nodes: Sequence[Node], dependencies: Iterable[Dependency]) -> None:
        self._nodes = {node.name: node for node in nodes if node.kind not in NOT_DEPLOYED}
        self._providers: dict[str, set[Neighbour]] = defaultdict(set)
        self._consumers: dict[str, set[Neighbour]] = defaultdict(set)
        self._sources: dict[str, set[Source]] = defaultdict(set)
        self._amounts: dict[str, int] = defaultdict(int)
        self._said: dict[str, set[tuple[Source, str]]] = defaultdict(set)
        for item in dependencies:
            self._add(item)
        self._words = {name: _spellings(node) for name, node in self._nodes.items()}

    def _add(self, item: Dependency) -> None:
        way = "call" if item.kind in _CALLS else item.kind.value
        self._providers[item.consumer].add((item.provider, way))
        self._consumers[item.provider].add((item.consumer, way))
        for claim in item.evidence:
            if claim.stance is Stance.SUPPORTS:
                self._said[item.provider].add((claim.source, item.consumer))
                if not claim.source.is_told:
                    self._sources[item.consumer].add(claim.source)
        for name in (item.consumer, item.provider):
            self._amounts[name] += 1

    def candidates(self) -> set[tuple[str, str]]:
        """Return pairs with something in common: a neighbour, or the beginning of a word."""
        groups: dict[object, set[str]] = defaultdict(set)
        for name in self._nodes:
            for side, found in (("to", self._providers), ("from", self._consumers)):
                for neighbour in found[name]:
                    groups[side, neighbour].add(name)
            for word in self._words[name]:
                groups["word", word[:4]].add(name)
        return {
            pair
            for names in groups.values()
            if len(names) <= MOST_SHARED
            for pair in combinations(sorted(names), 2)
        }

    def differ(self, one: str, other: str) -> bool:
        """Whether two names are two things for sure."""
        first, second = self._nodes[one], self._nodes[other]
        both_deployed = first.path and second.path and first.path != second.path
        calls_other = any(
            name in {neighbour for neighbour, _ in self._providers[caller]}
            for caller, name in ((one, other), (other, one))
        )
        kinds = {first.kind, second.kind} - {NodeKind.EXTERNAL}
        unlike = len(kinds) == 2 and not all(kind.is_service for kind in kinds)  # noqa: PLR2004 - a pair
        return bool(
            both_deployed
            or calls_other
            or (unlike and NodeKind.SERVICE not in kinds)
            or self._sources[one] & self._sources[other]
            or self._said[one] & self._said[other]
        )

    def tells(self, pair: Pair, spelling: float) -> bool:
        """Whether it says something that two are seen with the same: by chance, many are."""
        addresses = any(not self._words[name] for name in pair)
        return addresses or spelling >= SOMEWHAT or len(self._common(*pair)) > 1

    def _common(self, one: str, other: str) -> list[Neighbour]:
        return [
            *(self._providers[one] & self._providers[other]),
            *(self._consumers[one] & self._consumers[other]),
        ]

    def score(self, one: str, other: str) -> tuple[float, float]:
        """Return (score, likeness of the spelling), both 0-1."""
        parts = [
            self._likeness(self._providers[one], self._providers[other], self._consumers),
            self._likeness(self._consumers[one], self._consumers[other], self._providers),
        ]
        spelling = self._spelling(one, other)[0]
        known = [
            (weight, part)
            for weight, part in zip(WEIGHTS, (*parts, spelling), strict=True)
            if part is not None
        ]
        total = sum(weight for weight, _ in known)
        return sum(weight * part for weight, part in known) / total, spelling

    def _likeness(
        self,
        one: set[Neighbour],
        other: set[Neighbour],
        back: Mapping[str, set[Neighbour]],
    ) -> float | None:
        """Return the weighted Jaccard index of two sets; None where both are empty."""
        if not one and not other:
            return None

        def weight(found: set[Neighbour]) -> float:
            return sum(1 / log2(1 + len(back.get(name, ()))) for name, _ in sorted(found))

        return weight(one & other) / weight(one | other)

    def _spelling(self, one: str, other: str) -> tuple[float, str, str]:
        found = [
            (SequenceMatcher(None, first, second, autojunk=False).ratio(), first, second)
            for first in self._words[one]
            for second in self._words[other]
        ]
        return max(found, default=(0.0, "", ""))

    def proposal(self, pair: tuple[str, str], score: float, spelling: float) -> Proposal:
        """Return the proposal for a pair: the deployed name is kept, else the better known."""
        name, other = sorted(pair, key=self._standing)
        common = self._common(name, other)
        return Proposal(
            name=name,
            other=other,
            brings=self._amounts[other],
            shared=len(common),
            score=round(score, 4),
            why="; ".join(self._why(pair, sorted({near for near, _ in common}), spelling)),
        )

    def _standing(self, name: str) -> tuple[bool, bool, int, str]:
        node = self._nodes[name]
        return (not node.path, not node.aliases, -self._amounts[name], name)

    def _why(self, pair: tuple[str, str], common: Sequence[str], spelling: float) -> Iterator[str]:
        if common:
            yield f"both are seen with {', '.join(common[:5])}"
        if spelling >= SOMEWHAT:
            _, first, second = self._spelling(*pair)
            yield f"{first} and {second} are spelt alike ({spelling:.0%})".replace("%", " %")
        ones, others = (self._words_of(name) for name in pair)
        if ones and others:
            yield f"{pair[0]} is known from {ones}, {pair[1]} from {others}"

    def _words_of(self, name: str) -> str:
        found = self._sources[name] | {source for source, _ in self._said[name]}
        return ", ".join(source.value for source in Source if source in found)


def _spellings(node: Node) -> tuple[str, ...]:
    """Return the names of a node without what says nothing; addresses are no names."""
    found = set()
    for name in (node.name, *node.aliases):
        words = [word for word in normal_form(name).replace(".", "-").split("-") if word]
        kept = [word for word in words if word not in _AFFIXES]
        if "/" not in name and ":" not in name:
            found.add("".join(kept or words))
    return tuple(sorted(found - {""}))
