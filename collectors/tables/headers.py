"""Which column means what: depmap's own headers, and a map for those of others."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from depmap.errors import InputError, did_you_mean
from depmap.interviewing.columns import COLUMNS, FIELDS, SHEET_BY, SHEET_DATE, plain_header
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from pathlib import Path

    from collectors.tables.grid import Grid

SEARCHED_ROWS = 20
"""The header stands in one of so many first rows."""

_EXAMPLE = 'a map file says so: [columns] consumer = "Calling system", provider = "Called system"'


@dataclass(frozen=True, slots=True)
class HeaderMap:
    """What headers and words of a foreign table mean.

    Attributes:
        columns: the field by plain header.
        words: the word of the form by the table's own, in small letters.
        given: whether a person wrote it: then only the headers it names are read.
    """

    columns: Mapping[str, str]
    words: Mapping[str, str] = field(default_factory=dict)
    given: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Where in a sheet its table lies.

    Attributes:
        head: the row of the headers, 0-based.
        columns: the column of each field, 0-based.
        above: what is said above the table for all rows: ``date``, ``answered by``.
    """

    head: int
    columns: Mapping[str, int]
    above: Mapping[str, str]


def read_map(path: Path | None) -> HeaderMap:
    """Read a map of headers; without one, depmap's own headers are known.

    Raises:
        InputError: it cannot be read, or maps to what is no field.
    """
    own = {
        plain_header(text): item.field for item in COLUMNS for text in (item.header, item.field)
    }
    if path is None:
        return HeaderMap(own)
    data = _toml(path)
    for key in data:
        if key not in {"columns", "words"}:
            hint = did_you_mean(key, ("columns", "words")) or "known: [columns], [words]"
            raise InputError(f"unknown key {key!r}", where=str(path), hint=hint)
    columns, words = (_texts(data, name, path) for name in ("columns", "words"))
    for name in columns:
        if name not in FIELDS:
            hint = did_you_mean(name, FIELDS) or f"fields: {', '.join(FIELDS)}"
            raise InputError(f"{name!r} is no field of a dependency", where=str(path), hint=hint)
    return HeaderMap(
        {plain_header(header): name for name, header in columns.items()},
        {theirs.casefold().strip(): ours for theirs, ours in words.items()},
        given=True,
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"the map cannot be read: {error}", where=str(path)) from None


def _texts(data: Mapping[str, Any], name: str, path: Path) -> dict[str, str]:
    table = data.get(name, {})
    if not isinstance(table, dict) or not all(isinstance(item, str) for item in table.values()):
        raise InputError(f"[{name}] must hold texts", where=str(path))
    return table


def find_table(grid: Grid, headers: HeaderMap) -> Table | Gap | None:
    """Return where the table lies; a gap if no row has the headers, None for an empty sheet."""
    best: tuple[int, int] = (0, -1)
    for at, row in enumerate(grid.rows[:SEARCHED_ROWS]):
        known = len({headers.columns.get(plain_header(cell)) for cell in row} - {None})
        best = max(best, (known, -at))
    filled = [at for at, row in enumerate(grid.rows) if any(row)]
    if not filled:
        return None
    known, head = best[0], -best[1]
    if not known:
        return _unknown(grid, filled[0], headers, ("consumer", "provider"))
    columns: dict[str, int] = {}
    for number, cell in enumerate(grid.rows[head]):
        name = headers.columns.get(plain_header(cell))
        if name:
            columns.setdefault(name, number)
    missing = [name for name in ("consumer", "provider") if name not in columns]
    if missing:
        return _unknown(grid, head, headers, missing)
    return Table(head, columns, _above(grid, head))


def _unknown(
    grid: Grid, row: int, headers: HeaderMap, missing: tuple[str, ...] | list[str]
) -> Gap:
    cells = [cell for cell in grid.rows[row] if cell]
    names = [header for header, name in headers.columns.items() if name in missing]
    near = next((hint for cell in cells if (hint := did_you_mean(plain_header(cell), names))), "")
    wanted = " and ".join(f"the {name}" for name in missing)
    shown = ", ".join(cells[:12])[:200]
    why = near or (f'the map names "{names[0]}"' if headers.given and names else _EXAMPLE)
    return Gap(f"no column is {wanted}; there are: {shown}", why, grid.cell(row, 0))


def _above(grid: Grid, head: int) -> dict[str, str]:
    labels = {SHEET_DATE, SHEET_BY}
    return {
        plain_header(row[0]): row[1]
        for row in grid.rows[:head]
        if len(row) > 1 and plain_header(row[0]) in labels and row[1]
    }
