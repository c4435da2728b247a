"""The three-layer dependency matrix: rows depend on columns."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.model.dependency import Dependency

if TYPE_CHECKING:
    from depmap.model.words import Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Dependencies in a fixed order of nodes, providers first.

    A row depends on a column (the IR/FAD convention of design structure matrices), so a mark
    above the diagonal points at a node that comes later in the order.

    Attributes:
        names: the nodes, rows and columns alike, providers first.
        dependencies: every dependency, confirmed or not, by (consumer, provider, kind).
    """

    names: tuple[str, ...]
    dependencies: tuple[Dependency, ...]

    def confirmed(self, layer: Layer | None = None) -> tuple[Dependency, ...]:
        """Return the dependencies held to exist, of one layer or of all."""
        return tuple(
            item
            for item in self.dependencies
            if item.confirmed and (layer is None or item.layer is layer)
        )

    def cells(self, layer: Layer | None = None) -> dict[tuple[str, str], tuple[Dependency, ...]]:
        """Return the confirmed dependencies of each (consumer, provider)."""
        cells: dict[tuple[str, str], list[Dependency]] = defaultdict(list)
        for item in self.confirmed(layer):
            cells[item.consumer, item.provider].append(item)
        return {pair: tuple(items) for pair, items in sorted(cells.items())}

    def between(self, consumer: str, provider: str) -> tuple[Dependency, ...]:
        """Return every dependency of one ordered pair, confirmed or not."""
        return tuple(
            item
            for item in self.dependencies
            if item.consumer == consumer and item.provider == provider
        )
