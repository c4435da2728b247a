"""Who found what, and how much nobody found: never as one number.

Sources overlap kind by kind: for coupling, start order and business rules traces are blind by
nature, so what they do not show there says nothing. The headline is what people measured (audits,
incidents), where they did.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from depmap.assessing.overlap import (
    MIN_EACH,
    MIN_SOURCES,
    MIN_TWICE,
    asked_for_missing,
    by_chance,
    floor,
    missing,
    one_sided,
    refusal,
)
from depmap.model.coverage import KindCoverage
from depmap.model.snapshot import Coverage
from depmap.model.words import Kind, Source
from depmap.wording import dependencies as counted
from depmap.wording import several

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from depmap.model.coverage import Growth, Recall
    from depmap.model.dependency import Dependency

_SEEN: Final = frozenset({Source.TRACES, Source.METRICS})
_FILES: Final = frozenset({Source.CODE, Source.DEPLOYMENT})
_TOLD: Final = frozenset({Source.PEOPLE})

_GROUPS: Final[dict[str, frozenset[Kind]]] = {
    "calls": frozenset({Kind.HTTP, Kind.GRPC, Kind.RPC, Kind.EXTERNAL}),
    "stores": frozenset({Kind.DATABASE, Kind.CACHE, Kind.SEARCH}),
    "messages": frozenset({Kind.MESSAGING_PUBLISH, Kind.MESSAGING_CONSUME, Kind.EVENT}),
    "shared data and files": frozenset({Kind.SHARED_DATA, Kind.FILE}),
    "shared configuration and libraries": frozenset(
        {Kind.SHARED_CONFIG, Kind.SHARED_LIBRARY, Kind.LIBRARY_CONFLICT}
    ),
    "shared secrets": frozenset({Kind.SHARED_SECRET}),
    "start order": frozenset({Kind.STARTUP_ORDER}),
    "operations": frozenset({Kind.MONITORING, Kind.SCALING, Kind.DEPLOYMENT}),
    "business": frozenset({Kind.BUSINESS_PROCESS}),
}
"""Kinds that are counted together."""

_TRACED: Final = frozenset({"calls", "stores", "messages"})
"""Groups of which traces can show what happens."""


def coverage(
    dependencies: Iterable[Dependency],
    *,
    measured: tuple[Recall, ...] = (),
    more: Growth | None = None,
) -> Coverage:
    """Return who found what, and how much nobody found.

    Args:
        dependencies: all of them; only confirmed ones count as found.
        measured: what audits and incidents measured.
        more: what more traces would show.
    """
    held = [item for item in dependencies if item.confirmed]
    counts = Counter("+".join(source.value for source in item.sources) for item in held)
    kinds = tuple(
        _of_kind(group, [item for item in held if item.kind in kinds])
        for group, kinds in _GROUPS.items()
        if any(item.kind in kinds for item in held)
    )
    floors = [item for item in kinds if item.floor is not None]
    return Coverage(
        combinations=tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))),
        floor=sum(item.floor or 0 for item in floors) if floors else None,
        why=_why(floors),
        kinds=kinds,
        recalls=measured,
        growth=more,
    )


def _of_kind(group: str, items: Sequence[Dependency]) -> KindCoverage:
    lists = (_SEEN, _FILES | _TOLD) if group in _TRACED else (_FILES, _TOLD)
    independent = lists[0] | lists[1]
    finders = [frozenset(item.sources) & independent for item in items]
    sources = frozenset().union(*finders)
    both, first, second = _overlap(finders, lists)
    blind = _blind(group, sources, lists)
    refused = blind or one_sided(finders)
    gapped = _gapped(finders) if group in _TRACED and not refused else None
    why = [refused or refusal(len(items), both)]
    least = None
    if gapped is not None:
        why.append(
            f"no floor, and a low end without them: people name more of what the others miss than "
            f"chance would have it ({gapped.alone} of {gapped.named}), as if asked for just that"
        )
    elif not refused:
        times = [len(one) for one in finders]
        telling = sum(_finds(finders, {source}) >= MIN_EACH for source in sources)
        least = floor(times, telling)
        if least is None:
            why.append(_no_floor(times, telling))
    low, high = (None, None) if why[0] else missing(both, first, second)
    if low is not None and gapped is not None:
        low = min(low, gapped.least)
    return KindCoverage(
        group=group,
        found=len(items),
        between=tuple(_named(one & sources) for one in lists) if not blind else (),
        both=both,
        alone=(first, second),
        low=None if low is None else len(items) + round(low),
        high=None if high is None else len(items) + round(high),
        floor=None if least is None else int(least),
        why="; ".join(filter(None, why)),
    )


def _overlap(
    finders: Iterable[frozenset[Source]], lists: tuple[frozenset[Source], frozenset[Source]]
) -> tuple[int, int, int]:
    """Return how many are on both lists, on the first alone and on the second alone."""
    counts = Counter(tuple(bool(found & one) for one in lists) for found in finders)
    return counts[True, True], counts[True, False], counts[False, True]


@dataclass(frozen=True, slots=True)
class _Gapped:
    """What people say where they seem to have been asked for what the others miss.

    Attributes:
        named: how many they name.
        alone: of these, how many nobody else found.
        least: how many are still missing at least, by the others' lists alone.
    """

    named: int
    alone: int
    least: float


def _gapped(finders: Sequence[frozenset[Source]]) -> _Gapped | None:
    """Judge people's list by the two others; None where it looks like a list of its own."""
    marks = _overlap(finders, (_SEEN, _FILES))
    named = _finds(finders, _TOLD)
    alone = sum(found <= _TOLD for found in finders if found)
    if not asked_for_missing(named, alone, sum(marks), by_chance(*marks)):
        return None
    return _Gapped(named, alone, max(0.0, missing(*marks)[0] - alone))


def _finds(finders: Iterable[frozenset[Source]], sources: Collection[Source]) -> int:
    """Return how many any of these sources found."""
    return sum(not found.isdisjoint(sources) for found in finders)


def _no_floor(times: Sequence[int], sources: int) -> str:
    return (
        f"no floor: {several(sources, 'kind')} of source found {MIN_EACH} or more, and "
        f"{counted(times.count(2))} {'was' if times.count(2) == 1 else 'were'} found by exactly "
        f"two (at least {MIN_SOURCES} and {MIN_TWICE} are needed)"
    )


def _blind(
    group: str, sources: frozenset[Source], lists: tuple[frozenset[Source], frozenset[Source]]
) -> str:
    """Return which of two groups of sources shows nothing of a kind; empty where both do."""
    if group == "business":
        return "only people can know these, so nothing can be compared"
    for one in lists:
        if not one & sources:
            names = _named(one)
            return f"no range: {names} show none of these, so nothing can be compared"
    return ""


def _named(sources: Iterable[Source]) -> str:
    kept = set(sources)
    return ", ".join(source.value for source in Source if source in kept)


def _why(floors: Sequence[KindCoverage]) -> str:
    if not floors:
        return "not estimable for any kind: too few dependencies were found by exactly two sources"
    groups = ", ".join(item.group for item in floors)
    return (
        f"lower end of the 99 % interval of Chao's bound, for {groups}; what no source can see is "
        f"not in it"
    )
