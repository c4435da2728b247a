"""Our edges beside those that the server draws itself: what differs, and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from depmap.model.evidence import Gap
from depmap.model.words import Kind
from depmap.tracing.halves import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from depmap.collecting.port import Drawn
    from depmap.tracing.links import Link, Links

MAX_GAPS: Final = 50
"""Edges that the server alone draws and that are told one by one."""

_ITSELF: Final = "calls of a service to itself"
_PEERS: Final = "with peers that record no spans, such as stores, brokers and hosts"
_WIDER: Final = "perhaps of another time, since it draws whole days"
_EVENTS: Final = "messages tied by span links"
_GUESSED: Final = "inferred over lost spans"
_MORE: Final = "that it draws not, though the traces hold them"

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it.

    Attributes:
        text: one line for people.
        gaps: edges that the server draws, that we have not, and for no known reason.
    """

    text: str
    gaps: tuple[Gap, ...] = ()


class Ours:
    """The edges found in the traces of a pull, the services that recorded them, and how many."""

    def __init__(self) -> None:
        """Hold none yet."""
        self.edges: dict[Pair, list[Link]] = defaultdict(list)
        self.traced: set[str] = set()
        self.traces = 0

    def add(self, links: Links) -> None:
        """Add the edges of an hour; of each pair and kind one is kept."""
        self.traced.update(fold(service.name) for service in links.services)
        self.traces += links.traces
        for row in links.rows:
            self._keep(row)

    def join(self, other: Ours) -> None:
        """Add the edges of other hours."""
        self.traced |= other.traced
        self.traces += other.traces
        for rows in other.edges.values():
            for row in rows:
                self._keep(row)

    def _keep(self, row: Link) -> None:
        known = self.edges[fold(row.consumer), fold(row.provider)]
        if all((row.kind, row.observed) != (one.kind, one.observed) for one in known):
            known.append(row)

    def why_alone(self, pair: Pair) -> str:
        """Return why the server may not draw an edge of ours."""
        rows = self.edges[pair]
        if not all(name in self.traced for name in pair):
            return _PEERS
        if not any(row.observed for row in rows):
            return _GUESSED
        return _EVENTS if all(row.kind is Kind.EVENT for row in rows) else _MORE


def compare(drawn: Drawn, ours: Ours, services: Sequence[str] = ()) -> Comparison:
    """Compare names, not counts: what is cut off where the window ends differs.

    Args:
        drawn: what the server draws.
        ours: what was found.
        services: those that the pull was restricted to; empty for all.
    """
    if drawn.failed:
        return Comparison(f"not compared with its own dependencies: {drawn.failed}")
    theirs = {(fold(a), fold(b)): (a, b, calls) for a, b, calls in drawn.edges if a and b}
    if not theirs:
        why = "it draws none for this time (some stores leave that to a separate job)"
        return Comparison(f"not compared with its own dependencies: {why}")
    asked = {fold(name) for name in services}
    common = {pair for pair in theirs if _known(pair, ours)}
    alone = {pair for pair in theirs.keys() - common if not asked or asked & set(pair)}
    reasons = {pair: _why_missing(pair, ours, drawn) for pair in alone}
    strange = sorted(theirs[pair] for pair, why in reasons.items() if not why)
    counts = Counter(why or "that no trace read here shows" for why in reasons.values())
    mine = Counter(
        ours.why_alone(pair) for pair in set(ours.edges) - theirs.keys() - _turned(common)
    )
    text = f"compared with its own dependencies: {len(common)} edges agree"
    text += _told("only it draws", counts) + _told("only the traces show", mine)
    return Comparison(text, tuple(_gaps(strange, drawn.place)))


def _known(pair: Pair, ours: Ours) -> bool:
    """Whether an edge is among ours; from a broker to its consumer ours goes the other way."""
    turned = ours.edges.get((pair[1], pair[0]), ())
    return pair in ours.edges or any(row.kind is Kind.MESSAGING_CONSUME for row in turned)


def _turned(pairs: Iterable[Pair]) -> set[Pair]:
    return {(provider, consumer) for consumer, provider in pairs}


def _why_missing(pair: Pair, ours: Ours, drawn: Drawn) -> str:
    if pair[0] == pair[1]:
        return _ITSELF
    if not all(name in ours.traced for name in pair):
        return _WIDER if drawn.wider else _PEERS
    return _WIDER if drawn.wider else ""


def _told(who: str, counts: Counter[str]) -> str:
    parts = ", ".join(f"{number} {why}" for why, number in sorted(counts.items()))
    return f"; {who} {parts}" if parts else ""


def _gaps(strange: Sequence[tuple[str, str, int]], place: str) -> Iterable[Gap]:
    for consumer, provider, calls in strange[:MAX_GAPS]:
        why = (
            f"the server's own dependencies have {calls} of them, and no trace read here does: "
            "they may lie in traces that began before the window"
        )
        yield Gap(f"calls from {consumer} to {provider}", why, place)
    if (rest := len(strange) - MAX_GAPS) > 0:
        yield Gap(f"{rest} more edges", "the server's own dependencies have them", place)
