"""Files of the ledger, read: each is checked to be one, and of this version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from depmap.errors import InputError
from depmap.ledger.records import record_types

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SCHEMA_VERSION: Final = b"1"


def table_of(path: Path, columns: Sequence[str]) -> pa.Table:
    """Return columns of a file of the ledger, ``record`` among them.

    Raises:
        InputError: it is not one of a ledger, or of a newer depmap.
    """
    try:
        with pq.ParquetFile(path) as file:
            table = file.read(columns=list(columns), use_threads=False)
    except (pa.ArrowInvalid, KeyError) as error:
        raise InputError(
            "this is not a file of a ledger", where=str(path), hint="delete it and collect again"
        ) from error
    missing = set(columns) - set(table.column_names)
    names = set() if missing else set(table["record"].unique().to_pylist())
    version = (table.schema.metadata or {}).get(b"depmap_schema")
    if missing or version != SCHEMA_VERSION or not record_types().keys() >= names:
        raise InputError(
            "this file was written by another version of depmap",
            where=str(path),
            hint="collect again, or use the version that wrote it",
        )
    return table
