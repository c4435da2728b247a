"""The matrix and the plan as text for a terminal, and the matrix in its other formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.errors import InputError, did_you_mean
from depmap.frames import matrix_csv
from depmap.reporting import content, sentences
from depmap.reporting.markdown import matrix_markdown
from depmap.reporting.matrix_view import look
from depmap.reporting.sentences import LETTERS, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from depmap.model.plan import Plan
    from depmap.model.snapshot import Snapshot
    from depmap.model.words import Layer
    from depmap.reporting.matrix_view import Cell, View

WIDE = 60
"""More columns than this do not fit any terminal: the dependencies are listed instead."""

NAME_LENGTH = 34
"""Longer names are cut in the table, never in the list."""


def render_matrix(snapshot: Snapshot, layer: Layer | None = None, format: str = "table") -> str:  # noqa: A002 - the option's name
    """Return the matrix of one layer or of all.

    Args:
        snapshot: the snapshot.
        layer: the layer; all when None.
        format: ``table``, ``csv`` or ``markdown``.

    Raises:
        InputError: for a format that is none of these.
    """
    writer = _WRITERS.get(format)
    if writer is None:
        hint = did_you_mean(format, _WRITERS)
        raise InputError(f'"{format}" is not one of {", ".join(_WRITERS)}', hint=hint)
    return writer(snapshot, layer)


def render_plan(plan: Plan) -> str:
    """Return a plan as text: phases, waves, gates, cycles and the way back."""
    return "\n".join(_plan_lines(plan)) + "\n"


def _table(snapshot: Snapshot, layer: Layer | None) -> str:
    view = look(snapshot, layer, fold_above=len(snapshot.matrix.names))
    lines = [sentences.CONVENTION, ""]
    lines += _list(snapshot, view) if len(view.blocks) > WIDE else _grid(view)
    lines += ["", f"{sentences.layer_title(layer)}: {view.balance}"]
    lines += ["why, and how sure: depmap why CONSUMER PROVIDER"] if view.cells else []
    return "\n".join(lines) + "\n"


def _grid(view: View) -> Iterator[str]:
    names = [plain(block.members[0])[:NAME_LENGTH] for block in view.blocks]
    width = max((len(name) for name in names), default=0)
    cells = {(cell.row, cell.column): cell for cell in view.cells}
    digits = len(str(len(names)))
    gutter = " " * (digits + 2 + width)
    yield gutter + "".join(f"{number:>{digits + 2}}" for number in range(1, len(names) + 1))
    for row, name in enumerate(names):
        marks = "".join(
            _text_cell(cells, row, column).rjust(digits + 2) for column in range(len(names))
        )
        yield f"{row + 1:>{digits}}  {name:<{width}}{marks}".rstrip()
    yield ""
    legend = "  ".join(f"{letter} {strength.value}" for strength, letter in LETTERS.items())
    yield f"{legend}  ! above the diagonal: points at what comes later"


def _text_cell(cells: Mapping[tuple[int, int], Cell], row: int, column: int) -> str:
    cell = cells.get((row, column))
    if cell is None:
        return "\\" if row == column else "·"
    strength = LETTERS[cell.strength]
    return f"!{strength}" if column > row else strength


def _list(snapshot: Snapshot, view: View) -> Iterator[str]:
    yield f"{len(view.blocks):,} columns do not fit; the dependencies as a list:"
    items = snapshot.matrix.dependencies
    yield from (sentences.dependency(items[index]) for cell in view.cells for index in cell.items)


def _csv(snapshot: Snapshot, layer: Layer | None) -> str:
    return matrix_csv(snapshot.matrix, layer)


_WRITERS: dict[str, Callable[[Snapshot, Layer | None], str]] = {
    "table": _table,
    "csv": _csv,
    "markdown": matrix_markdown,
}


def _plan_lines(plan: Plan) -> Iterator[str]:
    if not plan.placements:
        yield "Nothing is placed."
    reasons = {item.name: item.reasons for item in plan.placements}
    for row in content.plan_rows(plan):
        yield f"{sentences.PHASE_TITLES[row.phase]}"
        if row.in_place:
            yield f"  in place   {sentences.listed([item.name for item in row.in_place], 99)}"
        for number, units in row.waves:
            yield f"  wave {number}"
            for unit in units:
                yield f"    {' + '.join(plain(name) for name in unit)}"
                yield from (
                    f"        {plain(name)}: {plain(reason)}"
                    if len(unit) > 1
                    else f"        {plain(reason)}"
                    for name in unit
                    for reason in reasons.get(name, ())
                )
        yield from (f"  gate: {sentences.gate(gate)}" for gate in row.gates)
        yield ""
    yield from (f"cycle: {sentences.cycle(item)}" for item in plan.cycles)
    yield from (f"note: {plain(note)}" for note in plan.notes)
    if plan.rollback:
        yield f"rollback: {' -> '.join(plain(name) for name in plan.rollback)}"
