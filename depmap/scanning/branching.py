"""Programs that are several in one: which of their services run a piece of their code."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from depmap.model.facts import Use

if TYPE_CHECKING:
    from depmap.model.facts import Fact
    from depmap.model.relations import Branch
    from depmap.scanning.estate import Service

WORD = re.compile(r"[\w.-]+")
"""A word of a command, in whatever way that is written."""

_PLACE = re.compile(r"(.*):(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class Started:
    """What the units of a service are started with: words, and variables of each unit."""

    words: frozenset[str]
    given: tuple[Mapping[str, str], ...] = ()


@dataclass(slots=True)
class Branching:
    """Answers which services run a place in the code.

    Attributes:
        apart: places that a service does not run, by it, the root and the file.
    """

    apart: dict[tuple[int, str, str], list[tuple[int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    @classmethod
    def of(cls, branches: Iterable[Branch], started: Mapping[int, Started]) -> Branching:
        """Find the branches that services are started with; of a service with none, all run.

        Args:
            branches: the branches of all programs.
            started: what services are started with, by their identity.
        """
        found = cls()
        programs: dict[tuple[str, str, str], list[Branch]] = defaultdict(list)
        for one in branches:
            programs[one.root, one.program, one.variable].append(one)
        for key, held in started.items():
            for taken in programs.values():
                chosen = [one for one in taken if _is_chosen(one, held)]
                for one in chosen if len(chosen) == 1 else ():
                    for path, first, last in map(_place, one.apart):
                        found.apart[key, one.root, path].append((first, last))
        return found

    def running(self, fact: Fact, services: tuple[Service, ...]) -> tuple[Service, ...]:
        """The services, of those that have a file, that run a place in it; all, if none does.

        What leads to a call counts as well as the call itself; where nobody runs both, it is a
        namesake's, and the call alone counts.
        """
        if not self.apart or len(services) < 2:  # noqa: PLR2004 - nothing to choose
            return services
        further = fact.further if isinstance(fact, Use) else ()
        for places in ((fact.locator, *further), (fact.locator, *further)[-1:]):
            kept = tuple(
                one for one in services
                if not any(self._is_apart(id(one), fact.root, _place(place)) for place in places)
            )  # fmt: skip
            if kept:
                return kept
        return services

    def _is_apart(self, key: int, root: str, place: tuple[str, int, int]) -> bool:
        path, line, _ = place
        return any(first <= line <= last for first, last in self.apart.get((key, root, path), ()))


def _is_chosen(branch: Branch, started: Started) -> bool:
    if branch.variable:
        return any(one.get(branch.variable) == branch.word for one in started.given)
    return branch.word in started.words


def _place(text: str) -> tuple[str, int, int]:
    match = _PLACE.fullmatch(text)
    if match is None:
        return text, 0, 0
    return match[1], int(match[2]), int(match[3] or match[2])
