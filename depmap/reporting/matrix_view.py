"""What a picture of the matrix shows: which dependencies are drawn, folded or filtered out.

Nothing is dropped silently: drawn + folded + filtered = total holds for every view.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.frames import strongest
from depmap.model.words import Layer, Phase, Strength

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.matrix import Matrix
    from depmap.model.snapshot import Snapshot

FOLD_ABOVE = 400
"""From so many nodes on, a cell would be smaller than a mark that can be told from others."""

MAX_BLOCKS = 40
"""As many blocks as still have readable labels."""

LAST = 9
"""Sorts what has no phase after the four phases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A row and column of the picture: one node, or several that are folded.

    Attributes:
        label: what is written at it.
        phase: the phase of its members; None when they are not placed.
        members: the nodes, in the order of the matrix.
    """

    label: str
    phase: Phase | None
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Dependencies of one row on one column.

    Attributes:
        row: index of the consumer's block.
        column: index of the provider's block.
        items: indices of the dependencies in ``matrix.dependencies``.
        strength: the strength that stands for them.
        layers: the layers they are in, in the order of the word list.
        backward: whether one of them lies above the diagonal of the unfolded matrix: it points
            at what comes later.
    """

    row: int
    column: int
    items: tuple[int, ...]
    strength: Strength
    layers: tuple[Layer, ...]
    backward: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One view of the matrix with its balance.

    Attributes:
        layer: the layer shown; None for all.
        blocks: rows and columns, providers first.
        cells: what is marked, by (row, column).
        drawn: dependencies with a mark of their own pair of nodes.
        folded: dependencies in the cells of folded blocks.
        unconfirmed: filtered out, because they are not held to exist.
        other_layers: filtered out, because another layer is shown.
        off_axis: filtered out, because a side is no row of the matrix.
    """

    layer: Layer | None
    blocks: tuple[Block, ...]
    cells: tuple[Cell, ...]
    drawn: int
    folded: int
    unconfirmed: int
    other_layers: int
    off_axis: int

    @property
    def filtered(self) -> int:
        """Dependencies that the view leaves out, for any reason."""
        return self.unconfirmed + self.other_layers + self.off_axis

    @property
    def total(self) -> int:
        """All dependencies of the snapshot."""
        return self.drawn + self.folded + self.filtered

    @property
    def is_folded(self) -> bool:
        """Whether any row stands for several nodes."""
        return any(len(block.members) > 1 for block in self.blocks)

    @property
    def balance(self) -> str:
        """The sentence under the picture that accounts for every dependency."""
        reasons = [
            (self.unconfirmed, "not confirmed"),
            (self.other_layers, "in other layers"),
            (self.off_axis, "without a row"),
        ]
        why = ", ".join(f"{amount:,} {words}" for amount, words in reasons if amount)
        return (
            f"{self.drawn:,} drawn + {self.folded:,} folded + {self.filtered:,} filtered"
            f"{f' ({why})' if why else ''} = {self.total:,} in total,"
            f" in {len(self.cells):,} cell{'' if len(self.cells) == 1 else 's'}"
        )


def look(snapshot: Snapshot, layer: Layer | None = None, *, fold_above: int = FOLD_ABOVE) -> View:
    """Return what a picture of the matrix shows.

    Args:
        snapshot: the snapshot.
        layer: the layer to show; all when None.
        fold_above: fold by phase and team when there are more nodes than this.
    """
    phases = {item.name: item.phase for item in snapshot.plan.placements}
    names = snapshot.matrix.names
    blocks = (
        _fold(snapshot, phases)
        if len(names) > fold_above
        else tuple(Block(label=n, phase=phases.get(n), members=(n,)) for n in names)
    )
    return _fill(snapshot.matrix, blocks, layer)


def _fill(matrix: Matrix, blocks: tuple[Block, ...], layer: Layer | None) -> View:
    items = matrix.dependencies
    place = {name: index for index, block in enumerate(blocks) for name in block.members}
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    tally = dict.fromkeys(("drawn", "folded", "unconfirmed", "other_layers", "off_axis"), 0)
    for index, item in enumerate(items):
        row, column = place.get(item.consumer), place.get(item.provider)
        if not item.confirmed:
            tally["unconfirmed"] += 1
        elif layer is not None and item.layer is not layer:
            tally["other_layers"] += 1
        elif row is None or column is None:
            tally["off_axis"] += 1
        else:
            single = len(blocks[row].members) == 1 == len(blocks[column].members)
            tally["drawn" if single else "folded"] += 1
            cells[row, column].append(index)
    order = {name: index for index, name in enumerate(matrix.names)}
    marked = tuple(_cell(pair, found, items, order) for pair, found in sorted(cells.items()))
    return View(layer=layer, blocks=blocks, cells=marked, **tally)


def _cell(
    pair: tuple[int, int],
    found: Sequence[int],
    items: Sequence[Dependency],
    order: Mapping[str, int],
) -> Cell:
    chosen = [items[index] for index in found]
    layers = {item.layer for item in chosen}
    return Cell(
        row=pair[0],
        column=pair[1],
        items=tuple(found),
        strength=strongest(chosen),
        layers=tuple(layer for layer in Layer if layer in layers),
        backward=any(order[item.provider] > order[item.consumer] for item in chosen),
    )


def _fold(snapshot: Snapshot, phases: Mapping[str, Phase]) -> tuple[Block, ...]:
    """Fold by phase and team; teams that would be block 41 and more are put together by phase."""
    owners = {node.name: node.owner for node in snapshot.nodes}
    groups: dict[tuple[Phase | None, str], list[str]] = defaultdict(list)
    for name in snapshot.matrix.names:
        groups[phases.get(name), owners.get(name) or "no owner"].append(name)
    kept = _largest(groups)
    folded: dict[tuple[Phase | None, str], list[str]] = defaultdict(list)
    for (phase, owner), members in groups.items():
        folded[phase, owner if (phase, owner) in kept else "other teams"].extend(members)
    ordered = sorted(folded.items(), key=lambda pair: (_number(pair[0][0]), pair[0][1]))
    return tuple(
        Block(
            label=f"{owner} · {len(members)}" if len(members) > 1 else members[0],
            phase=phase,
            members=tuple(members),
        )
        for (phase, owner), members in ordered
    )


def _largest(
    groups: Mapping[tuple[Phase | None, str], Sequence[str]],
) -> set[tuple[Phase | None, str]]:
    if len(groups) <= MAX_BLOCKS:
        return set(groups)
    room = MAX_BLOCKS - len({phase for phase, _ in groups})
    ranked = sorted(groups, key=lambda key: (-len(groups[key]), _number(key[0]), key[1]))
    return set(ranked[:room])


def _number(phase: Phase | None) -> int:
    return LAST if phase is None else phase.number
