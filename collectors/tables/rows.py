"""A row of a table as an answer: the same form as in interviews, with cells in place of lines."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from depmap.interviewing.claims import SURE, answer_claim, moment, target_node, unspecific
from depmap.interviewing.columns import FIELDS, SHEET_BY, SHEET_DATE, as_given
from depmap.interviewing.forms import TARGETS, Answer, Denial
from depmap.interviewing.mistakes import mistake_words
from depmap.interviewing.parts import UNANSWERED
from depmap.model.evidence import Evidence, Gap
from depmap.model.words import Source, Stance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collectors.tables.grid import Grid
    from collectors.tables.headers import HeaderMap, Table
    from depmap.collecting.port import Item

_NO = frozenset({"", "no", "false", "0", "n"})


def read_rows(grid: Grid, table: Table, headers: HeaderMap) -> Iterator[Item]:
    """Yield what the rows under the headers say.

    A row that is as depmap handed it out says nothing new. Rows that nobody has answered are one
    gap, however many they are.
    """
    waiting: list[int] = []
    dated = True
    for at in range(table.head + 1, len(grid.rows)):
        row = {
            name: grid.rows[at][number] if number < len(grid.rows[at]) else ""
            for name, number in table.columns.items()
        }
        if not any(row[name] for name in ("consumer", "provider")):
            continue
        handed_out = row.get("given") == as_given(row)
        items = [] if handed_out else list(_row(_Row(grid, table, at), row, headers))
        if UNANSWERED in {row.get("strength"), row.get("sure")} and not items:
            waiting.append(at)
        dated = dated and all(item.last_seen for item in items if isinstance(item, Evidence))
        yield from items
    if waiting:
        what = "1 row" if len(waiting) == 1 else f"{len(waiting)} rows"
        where = grid.cell(waiting[0], table.columns["consumer"])
        why = "replace each ? and import the file again"
        yield Gap(f"{what} that nobody has answered yet", why, where)
    if not dated:
        why = "undated answers never grow old: write the day above the table or in each row"
        yield Gap("the day on which this was said", why, grid.cell(0, 0))


class _Row:
    """Where a row stands."""

    def __init__(self, grid: Grid, table: Table, at: int) -> None:
        self._grid = grid
        self._table = table
        self._at = at

    def cell(self, name: str) -> str:
        column = self._table.columns.get(name, self._table.columns["consumer"])
        return self._grid.cell(self._at, column)

    def above(self, label: str) -> str:
        return self._table.above.get(label, "")


def _row(place: _Row, row: Mapping[str, str], headers: HeaderMap) -> Iterator[Item]:
    """Yield the claim of a row and its node, or its mistakes; nothing if it is unanswered."""
    for name in ("consumer", "provider"):
        if not row[name]:
            yield Gap(f"the {name} is missing", "a row needs both", place.cell(name))
            return
    # What is changed in a row that was handed out is said on the day of the sheet.
    own = "" if row.get("given") else row.get("said_on")
    day = own or place.above(SHEET_DATE)
    if day and not _is_day(day):
        yield Gap(f'"{day}" is not a date', "write it as 2026-11-24", place.cell("said_on"))
        return
    said = _said(day, ("" if row.get("given") else row.get("said_by")) or place.above(SHEET_BY))
    if row.get("not_needed", "").casefold() not in _NO:
        yield _denial(place, row, said)
        return
    try:
        answer = Answer.model_validate(_data(row, headers))
    except ValidationError as error:
        for item in error.errors(include_url=False):
            yield Gap(*mistake_words(item, Answer), place.cell(_field_of(item["loc"])))
        return
    if not answer.claimed:
        return
    cell = place.cell("provider")
    node = target_node(answer, cell)
    if node is not None:
        yield node
    yield answer_claim(
        answer,
        consumer=row["consumer"],
        provider=row["provider"],
        source=Source.PEOPLE,
        place=cell,
        **said,
    )


def _data(row: Mapping[str, str], headers: HeaderMap) -> dict[str, Any]:
    """Return a row as an interview file would spell it."""
    data: dict[str, Any] = {_target(row, headers): row["provider"]}
    for name, column in FIELDS.items():
        text = row.get(name, "")
        if not text or not column.path:
            continue
        value = _word(text, headers) if column.words else text
        inner = data
        for key in column.path[:-1]:
            inner = inner.setdefault(key, {})
        inner[column.path[-1]] = value
    return data


def _target(row: Mapping[str, str], headers: HeaderMap) -> str:
    word = _word(row.get("target", ""), headers)
    return word if word in TARGETS else "service"


def _word(text: str, headers: HeaderMap) -> str:
    """Return the form's word for a cell: as the map says, else as it stands, in small letters."""
    plain = text.casefold().strip()
    return headers.words.get(plain, plain)


def _denial(place: _Row, row: Mapping[str, str], said: Mapping[str, Any]) -> Evidence:
    denial = Denial(service=row["provider"], reason=row.get("note", ""))
    return Evidence(
        consumer=row["consumer"],
        provider=denial.named,
        kind=unspecific(None, row.get("target", "")),
        source=Source.PEOPLE,
        locators=(place.cell("provider"),),
        stance=Stance.DENIES,
        confidence=SURE["medium"],
        reason=denial.reason,
        **said,
    )


def _said(day: str, by: str) -> dict[str, Any]:
    at = moment(day) if day else None
    return {"first_seen": at, "last_seen": at, "said_by": "" if by == UNANSWERED else by}


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _field_of(path: tuple[str | int, ...]) -> str:
    for name, column in FIELDS.items():
        if column.path and column.path == path[: len(column.path)]:
            return name
    return "provider"
