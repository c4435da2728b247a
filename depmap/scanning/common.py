"""What several services are given alike: not all of it need be for each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from depmap.model.deployed import Setting
    from depmap.scanning.estate import Service
    from depmap.scanning.gathering import Gathering


@dataclass(frozen=True, slots=True)
class Common:
    """What several services are given by one line, and read in one place of code they share.

    Attributes:
        given: how many are given what stands at a place, by root and locator.
        read: how many read a variable at a place.
    """

    given: Mapping[tuple[str, str], int]
    read: Mapping[str, int]

    @classmethod
    def of(cls, g: Gathering) -> Common:
        """Count them."""
        given = Counter(
            place
            for one in g.estate.services.values()
            for place in {(setting.root, setting.locator) for setting in one.given()}
        )
        read = Counter(place for held in g.reads.values() for place in set(held.values()))
        return cls(given, read)

    def doubts(self, service: Service, setting: Setting, place: str) -> str:
        """Why an address need not be for a service, of those that get it; empty: it may be."""
        if self.given[setting.root, setting.locator] < 2:  # noqa: PLR2004 - no other gets it
            return ""
        if not service.read:
            return "others get it by the same line, and the code was not read"
        if service.thorough:
            return ""
        return "it is read in code that others share" if self.read.get(place, 0) > 1 else ""
