"""Spreadsheets: depmap's own, anybody's with a map, and those that nobody vouches for."""

from __future__ import annotations

import csv
import zipfile
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from collectors.tables import Tables
from collectors.tables.grid import letters
from depmap.collecting.port import EVER, Item
from depmap.errors import InputError
from depmap.model.evidence import Evidence, Gap, Node
from depmap.model.words import Kind, NodeKind, Stance, Strength
from tests.collectors.interviews.papers import only

if TYPE_CHECKING:
    from pathlib import Path


def table(folder: Path, text: str, name: str = "deps.csv", header_map: str = "") -> list[Item]:
    (folder / name).write_text(text)
    if header_map:
        (folder / "map.toml").write_text(header_map)
    known = folder / "map.toml" if header_map else None
    return list(Tables(paths=(folder / name,), map=known).collect(EVER))


def book(folder: Path, rows: list[list[object]], title: str = "payments") -> list[Item]:
    workbook = Workbook()
    sheet = workbook.create_sheet(title, 0)
    for row in rows:
        sheet.append(row)
    workbook.save(folder / "deps.xlsx")
    return list(Tables(paths=(folder / "deps.xlsx",)).collect(EVER))


def test_a_row_is_an_answer_with_its_cell(tmp_path: Path) -> None:
    text = "service,depends on,strength,when,said on\ncart,pricing,weak,peak,2026-11-20\n"
    (found,) = only(table(tmp_path, text), Evidence)
    assert (found.consumer, found.provider, found.kind) == ("cart", "pricing", Kind.RPC)
    assert (found.strength, found.when) == (Strength.WEAK, "peak")
    assert found.locators == ("deps.csv!B2",)
    assert found.last_seen == datetime(2026, 11, 20, tzinfo=UTC)


def test_a_workbook_names_its_sheet(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["date", date(2026, 11, 24)],
        ["answered by", "anna"],
        [],
        ["service", "depends on", "is a", "kind", "strength"],
        ["cart", "redis", "resource", "cache", "strong"],
    ]
    items = book(tmp_path, rows)
    (found,) = only(items, Evidence)
    assert found.locators == ("deps.xlsx!payments!B5",)
    assert (found.said_by, found.last_seen) == ("anna", datetime(2026, 11, 24, tzinfo=UTC))
    assert [(node.name, node.kind) for node in only(items, Node)] == [("redis", NodeKind.CACHE)]


def test_other_headers_and_words_are_what_the_map_says(tmp_path: Path) -> None:
    header_map = (
        '[columns]\nconsumer = "Calling system"\nprovider = "Called system"\n'
        'strength = "How bad"\n[words]\nHard = "strong"\n'
    )
    text = "Owner;Calling System;Called system;How bad\nx;cart;pricing;hard\n"
    (found,) = only(table(tmp_path, text, header_map=header_map), Evidence)
    assert (found.consumer, found.provider, found.strength) == ("cart", "pricing", Strength.STRONG)
    assert found.locators == ("deps.csv!C2",)


def test_a_word_that_nobody_mapped_is_a_gap_with_its_cell(tmp_path: Path) -> None:
    items = table(tmp_path, "service,depends on,strength\na,b,hard\nc,d,weak\n")
    assert [item.consumer for item in only(items, Evidence)] == ["c"]
    gap = only(items, Gap)[0]
    assert gap.what == 'strength "hard" is not one of strong, weak, optional or ?'
    assert (gap.why, gap.locator) == ('"hard" is usually "strong"', "deps.csv!C2")


def test_headers_that_nobody_knows_are_shown(tmp_path: Path) -> None:
    (gap,) = only(table(tmp_path, "System,Needs\na,b\n"), Gap)
    assert gap.what == "no column is the consumer and the provider; there are: System, Needs"
    assert "[columns] consumer" in gap.why


def test_a_misspelt_header_is_answered_with_the_nearest(tmp_path: Path) -> None:
    (gap,) = only(table(tmp_path, "service,depend on,strength\na,b,weak\n"), Gap)
    assert (gap.what.partition(";")[0], gap.why) == (
        "no column is the provider",
        'did you mean "depends on"?',
    )


def test_a_row_that_is_not_needed_is_a_denial(tmp_path: Path) -> None:
    text = "service,depends on,note,not needed,said on\na,b,removed,yes,2026-11-20\n"
    (found,) = only(table(tmp_path, text), Evidence)
    assert (found.stance, found.reason) == (Stance.DENIES, "removed")


def test_rows_that_nobody_has_answered_are_one_gap(tmp_path: Path) -> None:
    items = table(tmp_path, "service,depends on,strength,sure\na,b,?,?\na,c,?,?\n")
    assert [gap.what for gap in items if isinstance(gap, Gap)] == [
        "2 rows that nobody has answered yet"
    ]


def test_answers_without_a_day_are_named(tmp_path: Path) -> None:
    assert [gap.what for gap in only(table(tmp_path, "service,depends on\na,b\n"), Gap)] == [
        "the day on which this was said"
    ]


def test_a_half_empty_row_is_a_gap(tmp_path: Path) -> None:
    (gap,) = only(table(tmp_path, "service,depends on\na,\n,,\n"), Gap)
    assert (gap.what, gap.locator) == ("the provider is missing", "deps.csv!B2")


def test_the_mark_against_formulas_is_taken_off(tmp_path: Path) -> None:
    (found,) = only(table(tmp_path, "service,depends on\na,'=cmd\n"), Evidence)
    assert found.provider == "=cmd"


@pytest.mark.parametrize(
    ("map_text", "message"),
    [
        ('[columns]\nconsumr = "x"\n', 'did you mean "consumer"?'),
        ('[colums]\nconsumer = "x"\n', 'did you mean "columns"?'),
        ("[columns\n", "the map cannot be read"),
        ("[columns]\nconsumer = 1\n", "[columns] must hold texts"),
    ],
)
def test_a_map_that_cannot_be_used_is_refused(tmp_path: Path, map_text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        table(tmp_path, "a,b\n", header_map=map_text)
    assert message in str(caught.value)


def test_what_is_no_workbook_is_a_gap(tmp_path: Path) -> None:
    (gap,) = table(tmp_path, "no zip", "deps.xlsx")
    assert isinstance(gap, Gap)
    assert "no .xlsx file" in gap.why


def test_a_workbook_that_explodes_is_not_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "deps.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings.xml", b"0" * 201_000_000)
    (gap,) = Tables(paths=(tmp_path / "deps.xlsx",)).collect(EVER)
    assert isinstance(gap, Gap)
    assert "unpacks to more than" in gap.why


def test_an_empty_table_says_nothing(tmp_path: Path) -> None:
    assert table(tmp_path, "") == []


@pytest.mark.parametrize(("column", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ")])
def test_columns_are_lettered_as_in_a_spreadsheet(column: int, name: str) -> None:
    assert letters(column) == name


cells = st.sampled_from(
    ["service", "depends on", "strength", "a", "?", "weak", "=x", "yes", "date"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(cells | st.text(max_size=5), max_size=5), max_size=6))
def test_whatever_stands_in_a_table_is_an_answer_or_a_gap_with_its_cell(
    tmp_path: Path, rows: list[list[str]]
) -> None:
    with (tmp_path / "deps.csv").open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows([text.replace("\0", "") for text in row] for row in rows)
    for item in Tables(paths=(tmp_path / "deps.csv",)).collect(EVER):
        assert isinstance(item, Evidence | Gap | Node)
        if isinstance(item, Evidence):
            assert item.locators[0].startswith("deps.csv!")
            assert item.consumer
            assert item.provider
