"""Cells of CSV and XLSX files as text, each with the address that a spreadsheet shows."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from depmap.collecting.files import MAX_BYTES, SourceFile, read_text
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FORMATS = (".csv", ".tsv", ".xlsx")
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_UNPACKED = 200_000_000
"""Bytes that a workbook may unpack to: 40 times what it may have packed."""

_DELIMITERS = ",;\t|"
_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet.

    Attributes:
        name: ``file.csv`` or ``file.xlsx!sheet``: the first half of a cell's address.
        rows: the cells of each row as text; empty cells are empty.
    """

    name: str
    rows: Sequence[Sequence[str]]

    def cell(self, row: int, column: int) -> str:
        """Return the address of a cell (both 0-based): ``file.xlsx!sheet!C7``."""
        return f"{self.name}!{letters(column)}{row + 1}"


def letters(column: int) -> str:
    """Return the letters of a column, 0-based: A, B, ... Z, AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def read_grids(file: SourceFile) -> Iterator[Grid | Gap]:
    """Yield the sheets of a file, or why it cannot be read."""
    if file.name.casefold().endswith(".xlsx"):
        yield from _xlsx(file)
        return
    text = read_text(file)
    if isinstance(text, Gap):
        yield text
    else:
        yield from _csv(text, file)


def _csv(text: str, file: SourceFile) -> Iterator[Grid | Gap]:
    head = text[:10_000]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = _bounded([_unquoted(cell) for cell in row] for row in reader)
    except csv.Error as error:
        yield Gap("a table that cannot be read", str(error), f"{file.name}!A{reader.line_num}")
        return
    yield from _grid(file.name, rows)


def _unquoted(cell: str) -> str:
    """Take off the mark that keeps a spreadsheet from running a cell."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA) else text


def _xlsx(file: SourceFile) -> Iterator[Grid | Gap]:
    from openpyxl import load_workbook  # noqa: PLC0415 - half a second that CSV does not need

    trouble = _unfit(file)
    if trouble:
        yield Gap("a workbook that cannot be read", trouble, file.name)
        return
    try:
        book = load_workbook(file.path, read_only=True, data_only=True)
        sheets = [
            (sheet.title, _bounded([_shown(value) for value in row] for row in _values(sheet)))
            for sheet in book.worksheets
        ]
        book.close()
    except Exception as error:  # noqa: BLE001 - a broken workbook raises whatever it hits
        yield Gap("a workbook that cannot be read", f"{type(error).__name__}: {error}", file.name)
        return
    for title, rows in sheets:
        yield from _grid(f"{file.name}!{title}", rows)


def _unfit(file: SourceFile) -> str:
    """Return why a workbook is not opened; empty when it is."""
    if file.path.stat().st_size > MAX_BYTES:
        return f"it is larger than {MAX_BYTES:,} bytes"
    try:
        with zipfile.ZipFile(file.path) as packed:
            size = sum(item.file_size for item in packed.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return "it is no .xlsx file; save it as one (an .xls is another format)"
    return f"it unpacks to more than {MAX_UNPACKED:,} bytes" if size > MAX_UNPACKED else ""


def _values(sheet: Any) -> Iterable[Sequence[Any]]:
    # A sheet may claim a million rows that it does not have.
    sheet.reset_dimensions()
    rows: Iterable[Sequence[Any]] = sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS)
    return rows


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _bounded(rows: Iterable[list[str]]) -> list[list[str]] | None:
    """Return the rows; None when there are more than are read."""
    kept: list[list[str]] = []
    for row in rows:
        kept.append(row[:MAX_COLUMNS])
        if len(kept) > MAX_ROWS:
            return None
    return kept


def _grid(name: str, rows: list[list[str]] | None) -> Iterator[Grid | Gap]:
    if rows is None:
        yield Gap("a table that is too long", f"it has more than {MAX_ROWS:,} rows", name)
    else:
        yield Grid(name, rows)
