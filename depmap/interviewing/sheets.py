"""Questions as a spreadsheet: a sheet for each team, rows filled in, words to choose from."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from depmap.interviewing.columns import COLUMNS, FIELDS, SHEET_BY, SHEET_DATE, Column, as_given
from depmap.interviewing.questions import questions, seen_by
from depmap.interviewing.standing import last_said
from depmap.interviewing.updating import unasked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from depmap.interviewing.forms import Answer, Denial, Interview
    from depmap.interviewing.questions import Question
    from depmap.model.evidence import Node
    from depmap.model.snapshot import Snapshot

SPARE_ROWS = 30
"""Empty rows with drop-downs under each table, for what nobody has seen."""

_MODIFIED = re.compile(rb"<dcterms:modified.*?</dcterms:modified>")
_UNSAFE = re.compile(r"[\[\]:*?/\\']")
_HEAD_ROW = 4
_LIST_LIMIT = 255
"""Characters that a list of words may have in a cell's validation (ECMA-376)."""

Row = dict[str, str]


def write_sheets(
    path: Path, snapshot: Snapshot, nodes: Sequence[Node], forms: Sequence[Interview]
) -> int:
    """Write a workbook; return how many rows it asks about.

    Args:
        path: the ``.xlsx`` file.
        snapshot: what is known.
        nodes: the services to ask about.
        forms: what was said already.
    """
    book = Workbook()
    for empty in book.worksheets:
        book.remove(empty)
    teams: dict[str, list[Row]] = {}
    for node in sorted(nodes, key=lambda node: node.name):
        rows = teams.setdefault(node.owner or "nobody", [])
        rows.extend(
            {**row, "given": as_given(row)}
            for row in map(_printable, _rows(snapshot, node, forms))
        )
    taken: set[str] = set()
    for team, rows in sorted(teams.items()):
        _fill(book.create_sheet(_title(team, taken)), rows)
    if not teams:
        _fill(book.create_sheet("nobody"), [])
    book.properties.creator = "depmap"
    book.properties.created = snapshot.as_of.replace(tzinfo=None)
    path.parent.mkdir(parents=True, exist_ok=True)
    _save(book, path)
    return sum(map(len, teams.values()))


def _save(book: Workbook, path: Path) -> None:
    """Write a workbook without the second at which it was made, so that equal ones are equal."""
    made = io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as packed, zipfile.ZipFile(path, "w") as target:
        for name in packed.namelist():
            data = packed.read(name)
            if name == "docProps/core.xml":
                data = _MODIFIED.sub(b"", data)
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            target.writestr(entry, data, zipfile.ZIP_DEFLATED)


def _printable(row: Row) -> Row:
    return {
        name: "".join(char if char.isprintable() or char == "\n" else " " for char in text)
        for name, text in row.items()
    }


def _rows(snapshot: Snapshot, node: Node, forms: Sequence[Interview]) -> Iterator[Row]:
    asked = questions(snapshot, node.name)
    new = [item for item in asked if item.answered is None]
    names = {name.casefold() for name in (node.name, *node.aliases)}
    told = [form for form in forms if form.service.casefold() in names]

    def name(called: str) -> str:
        found = snapshot.node(called)
        return found.name if found else called

    for form in told:
        for answer in form.depends_on:
            yield _answered(
                node.name, form, answer, seen_by(asked, name(answer.named), answer.kind)
            )
        for denial in form.not_dependencies:
            yield _denied(node.name, form, denial, seen_by(asked, name(denial.named), None))
        new = list(unasked(form, new, name))
    yield from map(_open, new)


def _open(item: Question) -> Row:
    return {
        "consumer": item.consumer,
        "provider": item.provider,
        "target": item.target,
        "kind": item.kind.value if item.kind else "",
        "seen": "\n".join(item.seen),
        "strength": "?",
        "sure": "?",
    }


def _answered(service: str, form: Interview, answer: Answer, seen: Sequence[str]) -> Row:
    data: Mapping[str, Any] = answer.model_dump(mode="json")
    row = {column.field: _value(data, column.path) for column in COLUMNS if column.path}
    note = (answer.fallback.kind, answer.fallback.note)
    return {
        **row,
        "fallback": ": ".join(part for part in note if part),
        "consumer": service,
        "provider": answer.named,
        "target": answer.target,
        "seen": "\n".join(seen),
        "said_on": f"{last_said(form, answer):%Y-%m-%d}" if answer.answered else "",
        "said_by": "; ".join(map(str, form.interview.answered_by)) if answer.answered else "",
    }


def _denied(service: str, form: Interview, denial: Denial, seen: Sequence[str]) -> Row:
    return {
        "consumer": service,
        "provider": denial.named,
        "target": denial.target,
        "seen": "\n".join(seen),
        "note": denial.reason,
        "not_needed": "yes",
        "said_on": f"{last_said(form):%Y-%m-%d}",
        "said_by": "; ".join(map(str, form.interview.answered_by)),
    }


def _value(data: Mapping[str, Any], path: tuple[str, ...]) -> str:
    value: Any = data
    for key in path:
        value = (value or {}).get(key)
    return "" if value is None else str(value)


def _fill(sheet: Worksheet, rows: Sequence[Row]) -> None:
    _put(sheet, 1, 1, SHEET_DATE)
    _put(sheet, 1, 3, "the day of the talk, such as 2026-11-24; write it beside the word date")
    _put(sheet, 2, 1, SHEET_BY)
    _put(sheet, 2, 3, "Replace each ? by an answer, add rows, or write yes under not needed.")
    for number, column in enumerate(COLUMNS, 1):
        cell = _put(sheet, _HEAD_ROW, number, column.header)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDE6F0")
        sheet.column_dimensions[get_column_letter(number)].width = column.width
        _offer(sheet, column, number, _HEAD_ROW + 1, _HEAD_ROW + len(rows) + SPARE_ROWS)
        for at, row in enumerate(rows, _HEAD_ROW + 1):
            _put(sheet, at, number, row.get(column.field, ""))
    sheet.column_dimensions[get_column_letter(len(COLUMNS))].hidden = True
    sheet.freeze_panes = f"{get_column_letter(list(FIELDS).index('seen') + 1)}{_HEAD_ROW + 1}"
    last = get_column_letter(len(COLUMNS))
    sheet.auto_filter.ref = f"A{_HEAD_ROW}:{last}{_HEAD_ROW + len(rows)}"
    sheet.page_setup.orientation = "landscape"
    sheet.print_title_rows = f"{_HEAD_ROW}:{_HEAD_ROW}"


def _put(sheet: Worksheet, row: int, column: int, text: str) -> Any:
    """Write a cell as text, whatever it begins with: a formula would be run."""
    cell = sheet.cell(row, column)
    if text:
        cell.value = text
        cell.data_type = "s"
        cell.quotePrefix = text.startswith(("=", "+", "-", "@"))
    cell.alignment = Alignment(vertical="top", wrap_text=row > _HEAD_ROW)
    return cell


def _offer(sheet: Worksheet, column: Column, number: int, first: int, last: int) -> None:
    listed = ",".join(column.words)
    if not listed:
        return
    if len(listed) > _LIST_LIMIT:
        listed = ",".join(_fitting(column.words))
    rule = DataValidation(
        "list",
        formula1=f'"{listed}"',
        allow_blank=True,
        showErrorMessage=column.only and len(listed.split(",")) == len(column.words),
        errorTitle=column.header,
        error=f"one of {', '.join(column.words)}"[:200],
    )
    letter = get_column_letter(number)
    rule.add(f"{letter}{first}:{letter}{last}")
    sheet.add_data_validation(rule)


def _fitting(words: Sequence[str]) -> Iterator[str]:
    length = 0
    for word in words:
        length += len(word) + 1
        if length <= _LIST_LIMIT:
            yield word


def _title(team: str, taken: set[str]) -> str:
    """Return a name that a sheet may have: short, and unlike every other."""
    safe = "".join(char if char.isprintable() else " " for char in _UNSAFE.sub(" ", team))
    base, title, number = safe.strip()[:31] or "team", safe.strip()[:31] or "team", 1
    while title.casefold() in taken:
        number += 1
        title = f"{base[: 30 - len(str(number))]} {number}"
    taken.add(title.casefold())
    return title
