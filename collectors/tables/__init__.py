"""Tables: dependencies in spreadsheets, depmap's own or anybody's with a map of headers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from collectors.tables.grid import FORMATS, Grid, read_grids
from collectors.tables.headers import HeaderMap, find_table, read_map
from collectors.tables.rows import read_rows
from depmap.collecting.files import SourceFile, walk
from depmap.collecting.port import Collector, Item, Window, option
from depmap.errors import InputError
from depmap.model.evidence import Gap
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Tables(Collector):
    """CSV and XLSX files with a dependency in each row."""

    name: ClassVar[str] = "tables"
    source: ClassVar[Source] = Source.PEOPLE

    paths: tuple[Path, ...] = option("files or folders with .csv, .tsv or .xlsx files")
    map: Path | None = option(  # noqa: RUF009 - a field, not a value
        "a TOML file that says what other headers mean", default=None
    )

    def collect(self, window: Window) -> Iterator[Item]:  # noqa: ARG002 - people are not windowed
        """Yield nodes, claims and gaps, sheet by sheet."""
        headers = read_map(self.map)
        for path in self.paths:
            for file in _files(path):
                if isinstance(file, Gap):
                    yield file
                    continue
                for grid in read_grids(file):
                    yield from [grid] if isinstance(grid, Gap) else _read(grid, headers)


def _read(grid: Grid, headers: HeaderMap) -> Iterator[Item]:
    table = find_table(grid, headers)
    if isinstance(table, Gap):
        yield table
    elif table is not None:
        yield from read_rows(grid, table, headers)


def _files(path: Path) -> Iterator[SourceFile | Gap]:
    if path.is_dir():
        yield from walk(path, lambda name: name.casefold().endswith(FORMATS))
    elif path.is_file():
        yield SourceFile(path, path.name)
    else:
        raise InputError("there is no such file or folder", where=str(path))
