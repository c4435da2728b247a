"""What the collector says of one case of a history."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from depmap.collecting.port import Item
from depmap.model.evidence import Evidence, Gap, Node

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.words import Kind


class Cases(dict[str, list[str]]):
    """The samples of a module's tests: all read one server, each its own case."""

    def add(self, name: str, *series: Iterable[str]) -> str:
        assert name not in self
        self[name] = list(chain.from_iterable(series))
        return name


@dataclass(frozen=True)
class Read:
    """What the collector yields, sorted out."""

    items: list[Item]

    @property
    def evidence(self) -> list[Evidence]:
        return [item for item in self.items if isinstance(item, Evidence)]

    @property
    def edges(self) -> dict[tuple[str, str, Kind], tuple[int, int] | None]:
        """Calls and errors of each edge; None where calls are not counted."""
        found = {
            (item.consumer, item.provider, item.kind): (
                (item.calls.calls, item.calls.errors) if item.calls else None
            )
            for item in self.evidence
        }
        assert len(found) == len(self.evidence)
        return found

    @property
    def nodes(self) -> dict[str, Node]:
        return {item.name: item for item in self.items if isinstance(item, Node)}

    @property
    def gaps(self) -> list[str]:
        return [item.what for item in self.items if isinstance(item, Gap)]
