"""Tables for people: frames and CSV."""

from __future__ import annotations

import csv
import io
import subprocess
import sys

import pytest

from depmap.frames import (
    DEPENDENCY_COLUMNS,
    csv_text,
    dependencies_csv,
    dependencies_frame,
    links_frame,
    matrix_csv,
    matrix_frame,
)
from depmap.model.words import Layer
from tests.reporting import samples


def test_rows_are_consumers_and_columns_providers_in_the_order_of_the_matrix() -> None:
    matrix = samples.shop().matrix
    frame = matrix_frame(matrix)
    assert list(frame.index) == list(frame.columns) == list(matrix.names)
    assert (frame.index.name, frame.columns.name) == ("consumer", "provider")
    assert frame.loc["recommendation", "payment"] == "strong"
    assert frame.loc["payment", "recommendation"] == ""
    assert frame.loc["pricing", "ads"] == ""  # not confirmed


def test_frame_of_one_layer() -> None:
    frame = matrix_frame(samples.shop().matrix, Layer.BUSINESS)
    assert frame.loc["order", "inventory"] == "strong"
    assert int((frame != "").sum().sum()) == 2


def test_frame_of_nothing_is_empty() -> None:
    assert matrix_frame(samples.empty().matrix).shape == (0, 0)
    assert list(dependencies_frame(samples.empty()).columns) == list(DEPENDENCY_COLUMNS)


def test_one_row_a_dependency_with_the_phase_of_each_side() -> None:
    frame = dependencies_frame(samples.shop()).set_index(["consumer", "provider", "kind"])
    row = frame.xs(("recommendation", "payment", "shared-secret"))
    assert row["sources"] == "code+deployment"
    assert row["consumer_phase"] == "core-business"
    assert row["provider_phase"] == "supporting"
    assert len(frame) == len(samples.shop().matrix.dependencies)


def test_links_have_the_columns_asked_for() -> None:
    frame = links_frame([{"a": 1, "c": 3}, {"b": 2}], ["b", "a"])
    assert list(frame.columns) == ["b", "a"]
    assert len(frame) == 2


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_cells_that_could_be_formulas_get_an_apostrophe(start: str) -> None:
    name = f'{start}cmd|"x"!A1'
    snapshot = samples.hostile(name)
    for text in (matrix_csv(snapshot.matrix), dependencies_csv(snapshot)):
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        assert f"'{name}" in cells
        assert not [cell for cell in cells if cell.startswith(start)]


def test_numbers_stay_numbers() -> None:
    assert csv_text(["a", "b"], [[-1, 0.5]]) == "a,b\n-1,0.5\n"


def test_csv_needs_no_pandas() -> None:
    program = "import sys, depmap.reporting; sys.exit('pandas' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
