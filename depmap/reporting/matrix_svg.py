"""The geometry of the matrix picture: one path a class of marks, whatever the number of marks.

Only numbers and words are made here; the template writes the SVG, so that everything that comes
from outside is escaped in one place.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.model.words import Layer, Strength
from depmap.reporting.sentences import MARKS, PHASE_TITLES, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from depmap.model.words import Phase
    from depmap.reporting.matrix_view import Block, Cell, View

LABELLED = 150
"""Up to so many rows every one has its label; above, the cursor names them."""

LABEL_LENGTH = 26
"""Longer names are cut in the picture, never elsewhere."""

_SIZES = ((16, 33.0), (24, 27.0), (40, 21.0), (60, 16.0), (90, 11.0), (LABELLED, 9.0))
_DENSE_WIDTH = 1040.0
_TICKED = 26.0
_COUNTED = 25.0
_SHAPED = 2.5
_CLEAR = 6.0
_BAND_ROOM = 108.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The label of a row (index counted from 0) and of the column of the same index."""

    index: int
    text: str
    full: str
    middle: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A run of rows of one phase, drawn as a square on the diagonal."""

    start: float
    side: float
    title: str
    css: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The number of dependencies in a cell of folded blocks."""

    x: float
    y: float
    text: str
    css: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The marks of one view: (class, path data) pairs, and counts where it is folded."""

    css: str
    paths: tuple[tuple[str, str], ...]
    counts: tuple[Count, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All that the template needs to draw a matrix.

    Attributes:
        rows: number of rows and columns.
        cell: side of a cell.
        left: where the first column starts.
        top: where the first row starts.
        width: of the whole picture.
        height: of the whole picture.
        font: size of the labels.
        labels: empty when there are too many rows to label.
        bands: runs of rows of one phase.
        grid: path data of the lines between cells; empty when cells are small.
        marks: one group a view; one is shown at a time.
        ticked: whether a cell of all layers says by ticks in which layers it is.
    """

    rows: int
    cell: float
    left: float
    top: float
    width: float
    height: float
    font: float
    labels: tuple[Label, ...]
    bands: tuple[Band, ...]
    grid: str
    marks: tuple[Marks, ...]
    ticked: bool

    @property
    def tiny(self) -> bool:
        """Whether a mark is a point, whose shape cannot be told."""
        return self.cell < _SHAPED

    @property
    def dense(self) -> bool:
        """Whether the cells are so small that lines must be thin."""
        return self.cell < _CLEAR


def draw(views: Sequence[View], conflicts: Collection[tuple[str, str]] = ()) -> Picture:
    """Return the picture of some views of one matrix.

    Args:
        views: the views, all with the same blocks; the first is the one shown at first.
        conflicts: (consumer, provider) pairs on which sources disagree.
    """
    blocks = views[0].blocks
    rows = len(blocks)
    cell = max(_cell_size(rows), _COUNTED if views[0].is_folded else 0.0)
    labels = _labels(blocks, cell)
    font = min(13.0, max(7.0, cell * 0.82))
    room = max((len(label.text) for label in labels), default=0) * font * 0.56
    left, top = (room + 14, room * 0.87 + 16) if labels else (8.0, 8.0)
    side = rows * cell
    spill = room * 0.5 if labels else 0.0
    return Picture(
        rows=rows,
        cell=cell,
        left=round(left, 1),
        top=round(top, 1),
        width=round(left + side + max(spill, _BAND_ROOM), 1),
        height=round(top + side + 8, 1),
        font=round(font, 1),
        labels=labels,
        bands=_bands(blocks, cell),
        grid=_grid(rows, cell) if labels else "",
        marks=tuple(_marks(view, cell, conflicts) for view in views),
        ticked=cell >= _TICKED,
    )


def _cell_size(rows: int) -> float:
    for limit, size in _SIZES:
        if rows <= limit:
            return size
    return round(_DENSE_WIDTH / rows, 2)


def _labels(blocks: Sequence[Block], cell: float) -> tuple[Label, ...]:
    if len(blocks) > LABELLED:
        return ()
    return tuple(
        Label(
            index=index,
            text=_shortened(plain(block.label)),
            full=plain(block.label),
            middle=round((index + 0.5) * cell, 2),
        )
        for index, block in enumerate(blocks)
    )


def _shortened(text: str) -> str:
    return text if len(text) <= LABEL_LENGTH else f"{text[: LABEL_LENGTH - 1]}…"


def _bands(blocks: Sequence[Block], cell: float) -> tuple[Band, ...]:
    runs: list[tuple[Phase | None, int, int]] = []
    for index, block in enumerate(blocks):
        if runs and runs[-1][0] is block.phase:
            runs[-1] = (block.phase, runs[-1][1], index + 1)
        else:
            runs.append((block.phase, index, index + 1))
    return tuple(
        Band(
            start=round(first * cell, 2),
            side=round((end - first) * cell, 2),
            title="not placed" if phase is None else PHASE_TITLES[phase],
            css=f"band-{'none' if phase is None else phase.number}",
        )
        for phase, first, end in runs
    )


def _grid(rows: int, cell: float) -> str:
    side = _n(rows * cell)
    lines = (
        f"M0 {_n(index * cell)}h{side}M{_n(index * cell)} 0v{side}" for index in range(rows + 1)
    )
    return "".join(lines)


def _marks(view: View, cell: float, conflicts: Collection[tuple[str, str]]) -> Marks:
    paths: dict[str, list[str]] = defaultdict(list)
    counts: list[Count] = []
    for item in view.cells:
        x, y = item.column * cell, item.row * cell
        if item.backward:
            paths["back"].append(_square(x + 0.5, y + 0.5, max(cell - 1, 0.8)))
        if view.is_folded:
            counts.append(_count(item, x, y, cell))
            continue
        paths[item.strength.value].append(_shape(item.strength, x, y, cell))
        if view.layer is None and cell >= _TICKED:
            for layer in item.layers:
                paths[f"tick {layer.value}"].append(_tick(layer, x, y, cell))
        pair = (view.blocks[item.row].members[0], view.blocks[item.column].members[0])
        if pair in conflicts:
            paths["conflict"].append(_corner(x, y, cell))
    name = "all" if view.layer is None else view.layer.value
    ordered = tuple((css, "".join(data)) for css, data in sorted(paths.items()))
    return Marks(css=f"in-{name}", paths=ordered, counts=tuple(counts))


def _count(item: Cell, x: float, y: float, cell: float) -> Count:
    amount = len(item.items)
    text = str(amount) if amount < 1000 else f"{amount // 1000}k"  # noqa: PLR2004 - a thousand
    return Count(
        x=round(x + cell / 2, 2),
        y=round(y + cell / 2, 2),
        text=f"{MARKS[item.strength]}{text}",
        css=item.strength.value,
    )


def _shape(strength: Strength, x: float, y: float, cell: float) -> str:
    """Return a mark: its shape carries the strength, so that colour only repeats it."""
    size = cell * (0.46 if cell >= _TICKED else 0.6 if cell >= _CLEAR else 0.9)
    middle_x, middle_y = x + cell / 2, y + cell * (0.45 if cell >= _TICKED else 0.5)
    left, top = middle_x - size / 2, middle_y - size / 2
    if cell < _SHAPED:
        return _square(left, top, size)
    match strength:
        case Strength.STRONG:
            return _square(left, top, size)
        case Strength.WEAK:
            wide = size * 1.12
            foot = f"M{_n(middle_x - wide / 2)} {_n(top + size)}h{_n(wide)}"
            return f"{foot}l{_n(-wide / 2)} {_n(-size)}z"
        case Strength.OPTIONAL:
            radius = size * (0.36 if cell >= _CLEAR else 0.45)
            return (
                f"M{_n(middle_x - radius)} {_n(middle_y)}"
                f"a{_n(radius)} {_n(radius)} 0 1 0 {_n(2 * radius)} 0"
                f"a{_n(radius)} {_n(radius)} 0 1 0 {_n(-2 * radius)} 0z"
            )
        case Strength.UNDETERMINED:
            return _square(left + 0.75, top + 0.75, max(size - 1.5, 0.8))


def _tick(layer: Layer, x: float, y: float, cell: float) -> str:
    """Return a short bar at the foot of a cell: its place says the layer, left to right."""
    place = tuple(Layer).index(layer)
    third = (cell - 6) / 3
    return f"M{_n(x + 3 + place * third + 1)} {_n(y + cell - 4)}h{_n(third - 2)}"


def _corner(x: float, y: float, cell: float) -> str:
    leg = _n(max(cell * 0.3, 1))
    return f"M{_n(x + cell)} {_n(y)}v{leg}l-{leg} -{leg}z"


def _square(x: float, y: float, side: float) -> str:
    return f"M{_n(x)} {_n(y)}h{_n(side)}v{_n(side)}h{_n(-side)}z"


def _n(value: float) -> str:
    return f"{round(value, 2):g}"


def cursor_cells(views: Iterable[View]) -> list[list[int]]:
    """Return ``[row, column, dependency, …]`` of every cell of the widest view, for the cursor."""
    widest = next(iter(views))
    return [[cell.row, cell.column, *cell.items] for cell in widest.cells]
