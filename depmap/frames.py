"""Links, the matrix and lists of dependencies as tables for people.

The only importer of pandas. Tables are built as plain records first, so that CSV needs no pandas,
and ``import depmap.frames`` stays cheap.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, TypeAlias

from depmap.model.words import Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from depmap.model.dependency import Dependency
    from depmap.model.matrix import Matrix
    from depmap.model.snapshot import Snapshot
    from depmap.model.words import Layer

Frame: TypeAlias = "pd.DataFrame"
"""What the functions here return, for those who must not import pandas to name it."""

RANKS = {
    Strength.STRONG: 3,
    Strength.WEAK: 2,
    Strength.UNDETERMINED: 1,
    Strength.OPTIONAL: 0,
}
"""Which strength stands for a cell of several: what is not known outranks what does not matter."""

DEPENDENCY_COLUMNS = (
    "consumer",
    "provider",
    "kind",
    "layer",
    "strength",
    "probability",
    "expected",
    "expected_low",
    "expected_high",
    "units",
    "confidence",
    "confirmed",
    "impact",
    "users_see",
    "sources",
    "operations",
    "when",
    "evidence",
    "consumer_phase",
    "provider_phase",
)
"""The columns of the list of dependencies; see ``StrengthView`` for those of the strength."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def strongest(dependencies: Iterable[Dependency]) -> Strength:
    """Return the strength that stands for several dependencies of one cell."""
    return max((item.strength.strength for item in dependencies), key=RANKS.__getitem__)


def matrix_frame(matrix: Matrix, layer: Layer | None = None) -> pd.DataFrame:
    """Return the matrix as a frame.

    Args:
        matrix: the dependency matrix.
        layer: only this layer; all layers when None.

    Returns:
        Rows are consumers and columns providers, both in the order of the matrix, providers
        first. A cell holds the strongest strength as a word, or an empty string.
    """
    names = list(matrix.names)
    frame = _frame(_matrix_rows(matrix, layer), names, names)
    return frame.rename_axis(index="consumer", columns="provider")


def dependencies_frame(snapshot: Snapshot) -> pd.DataFrame:
    """Return all dependencies, confirmed or not, one a row, in ``DEPENDENCY_COLUMNS``."""
    return _frame(dependency_rows(snapshot), DEPENDENCY_COLUMNS)


def links_frame(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> pd.DataFrame:
    """Return records as a frame with exactly these columns, in this order.

    Args:
        rows: the records; keys that are not among the columns are left out.
        columns: the columns; a record without one has None there.
    """
    return _frame([[row.get(column) for column in columns] for row in rows], columns)


def matrix_csv(matrix: Matrix, layer: Layer | None = None) -> str:
    """Return the matrix as CSV that no spreadsheet takes for formulas."""
    header = ["consumer depends on provider", *matrix.names]
    body = zip(matrix.names, _matrix_rows(matrix, layer), strict=True)
    return csv_text(header, [[name, *row] for name, row in body])


def dependencies_csv(snapshot: Snapshot) -> str:
    """Return all dependencies as CSV that no spreadsheet takes for formulas."""
    return csv_text(DEPENDENCY_COLUMNS, dependency_rows(snapshot))


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV, each text cell neutralised by ``neutral``."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([neutral(cell) for cell in header])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def neutral(cell: object) -> object:
    """Return a cell that a spreadsheet shows as text: a possible formula gets an apostrophe."""
    if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS):
        return f"'{cell}"
    return cell


def dependency_rows(snapshot: Snapshot) -> list[list[object]]:
    """Return one record a dependency, in the order of ``DEPENDENCY_COLUMNS``."""
    phases = {item.name: item.phase.value for item in snapshot.plan.placements}
    return [_dependency_row(item, phases) for item in snapshot.matrix.dependencies]


def _dependency_row(item: Dependency, phases: Mapping[str, str]) -> list[object]:
    view = item.strength
    return [
        item.consumer,
        item.provider,
        item.kind.value,
        item.layer.value,
        view.strength.value,
        round(view.probability, 4),
        view.expected,
        view.expected_low,
        view.expected_high,
        view.units,
        round(item.confidence, 4),
        item.confirmed,
        "" if item.impact is None else item.impact.value,
        item.users_see,
        "+".join(item.sources),
        "; ".join(item.operations),
        item.when,
        len(item.evidence),
        phases.get(item.consumer, ""),
        phases.get(item.provider, ""),
    ]


def _matrix_rows(matrix: Matrix, layer: Layer | None) -> list[list[str]]:
    cells = {pair: strongest(items).value for pair, items in matrix.cells(layer).items()}
    return [
        [cells.get((consumer, provider), "") for provider in matrix.names]
        for consumer in matrix.names
    ]


def _frame(
    rows: Sequence[Sequence[object]],
    columns: Sequence[str],
    index: list[str] | None = None,
) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - half a second that only frames need

    return pd.DataFrame(rows, columns=list(columns), index=index)
