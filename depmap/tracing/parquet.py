"""Spans as Parquet: what every engine, Spark included, reads columns from.

A row is a span. Ids are their 64 bits as signed numbers, as Spark knows no others; times are ns
since 1970; what few distinct values are made of is
dictionary-coded. A span's facts are one text, so that files stay readable when facts are added.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from depmap.errors import InputError
from depmap.tracing.facts import Facts, Family, Role
from depmap.tracing.spans import COLUMN_TYPES, Process, Spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

GROUP: Final = 250_000
"""Spans in a row group."""

_SIGNED: Final[dict[Any, Any]] = {np.uint64: np.int64, np.uint8: np.int8}
_PLAIN: Final = tuple(
    (key, _SIGNED.get(kind, kind), kind)
    for key, kind in COLUMN_TYPES
    if key not in {"process", "name", "facts", "link_row", "link_low", "link_span"}
)
_CODED: Final = pa.dictionary(pa.int32(), pa.string())
_LINKS: Final = pa.list_(pa.struct([("trace", pa.int64()), ("span", pa.int64())]))

SCHEMA: Final = pa.schema(
    [
        *(pa.field(key, pa.from_numpy_dtype(np.dtype(stored))) for key, stored, _ in _PLAIN),
        *(pa.field(key, _CODED) for key in (*Process._fields, "name", "facts")),
        pa.field("links", _LINKS),
        pa.field("odd", _CODED),
    ]
)
"""The columns; ``odd`` is the text of a trace id that is no hex."""

_ENUMS: Final = {"family": Family, "role": Role}


def to_table(spans: Spans) -> pa.Table:
    """Return spans as an Arrow table."""
    columns: dict[str, Any] = {
        key: _array(getattr(spans, key).astype(stored, copy=False)) for key, stored, _ in _PLAIN
    }
    for at, key in enumerate(Process._fields):
        columns[key] = _coded(spans.process, [process[at] for process in spans.processes])
    columns["name"] = _coded(spans.name, spans.names)
    columns["facts"] = _coded(spans.facts, [_as_text(facts) for facts in spans.fact_table])
    columns["links"] = _link_lists(spans)
    columns["odd"] = _odd(spans)
    return pa.table(columns, schema=SCHEMA)


def write(path: Path, batches: Iterable[Spans], group: int = GROUP) -> None:
    """Write spans to a file.

    Args:
        path: the file; one that is there is replaced.
        batches: the spans.
        group: how many make a row group.
    """
    with pq.ParquetWriter(path, SCHEMA, compression="zstd", compression_level=1) as writer:
        for spans in batches:
            writer.write_table(to_table(spans), row_group_size=group)


def groups(path: Path, wanted: int = GROUP) -> list[tuple[int, int]]:
    """Return ranges of a file's row groups, each of about so many rows.

    Raises:
        InputError: it is no Parquet file of spans.
    """
    ranges: list[tuple[int, int]] = []
    first = rows = 0
    with _opened(path) as file:
        for at in range(file.num_row_groups):
            rows += file.metadata.row_group(at).num_rows
            if rows >= wanted or at == file.num_row_groups - 1:
                ranges.append((first, at + 1))
                first, rows = at + 1, 0
    return ranges


def read(path: Path, which: Sequence[int] | None = None) -> Iterator[Spans]:
    """Yield the spans of some row groups, or of all.

    Raises:
        InputError: it is no Parquet file of spans.
    """
    with _opened(path) as file:
        for at in range(file.num_row_groups) if which is None else which:
            yield from_table(file.read_row_group(at, columns=SCHEMA.names, use_threads=False))


def _opened(path: Path) -> pq.ParquetFile:
    try:
        names = pq.read_schema(path).names
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"no readable Parquet: {error}", where=str(path)) from error
    missing = [name for name in SCHEMA.names if name not in names]
    if missing:
        raise InputError(
            f"Parquet without spans: it has no column {', '.join(missing)}",
            where=str(path),
            hint="depmap reads the Parquet that it writes (depmap.tracing.parquet)",
        )
    coded = [field.name for field in SCHEMA if field.type == _CODED]
    return pq.ParquetFile(path, read_dictionary=coded)


def from_table(table: pa.Table) -> Spans:
    """Return the spans of a table; its columns may be coded or plain."""
    names, name = _decoded(table["name"])
    texts, facts = _decoded(table["facts"])
    processes, process = _processes(table)
    columns = {
        key: _numbers(table[key].combine_chunks(), stored).astype(kind, copy=False)
        for key, stored, kind in _PLAIN
    }
    link_row, link_low, link_span = _links_of(table["links"])
    return Spans(
        **columns,
        process=process,
        name=name,
        facts=facts,
        link_row=link_row,
        link_low=link_low,
        link_span=link_span,
        processes=processes,
        names=names,
        fact_table=tuple(_from_text(text) for text in texts),
        odd=_odd_of(table["odd"], columns),
    )


def _coded(codes: NDArray[np.int32], items: Sequence[str]) -> pa.DictionaryArray:
    """Return a column of texts; equal ones of the table become one."""
    places: dict[str, int] = {}
    table = np.array([places.setdefault(item, len(places)) for item in items], dtype=np.int32)
    texts = pa.array([_safe(item) for item in places], pa.string())
    return pa.DictionaryArray.from_arrays(_array(table[codes] if len(table) else codes), texts)


def _safe(text: str) -> str:
    """Return a text without halves of surrogate pairs, which UTF-8 cannot hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _decoded(column: pa.ChunkedArray) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Return the distinct texts of a column, and the code of each row."""
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    if not len(column):
        return (), np.zeros(0, dtype=np.int32)
    array = column.unify_dictionaries().combine_chunks()
    codes = _numbers(array.indices, np.int32)
    return tuple(array.dictionary.to_pylist()), codes


def _processes(table: pa.Table) -> tuple[tuple[Process, ...], NDArray[np.int32]]:
    """Return the distinct processes, and the code of each row."""
    key = np.zeros(table.num_rows, dtype=np.int64)
    told: list[tuple[str, ...]] = [()]
    for name in Process._fields:
        texts, codes = _decoded(table[name])
        if len(texts) == 1:
            told = [(*fields, texts[0]) for fields in told]
            continue
        many = max(len(texts), 1)
        pairs = _array(key * many + codes).dictionary_encode()
        told = [(*told[at // many], texts[at % many]) for at in pairs.dictionary.to_pylist()]
        key = _numbers(pairs.indices, np.int64)
    return tuple(Process(*fields) for fields in told if fields), key.astype(np.int32)


def _at(column: pa.ChunkedArray, rows: NDArray[np.intp]) -> list[str]:
    """Return the texts of some rows."""
    texts: list[str] = column.take(_array(rows)).cast(pa.string()).to_pylist()
    return texts


def _as_text(facts: Facts) -> str:
    """Return what of the facts is not as usual, as JSON."""
    usual = Facts()
    told = {
        key: value if isinstance(value, str | bool) else int(value)
        for key, value in facts._asdict().items()
        if value != getattr(usual, key)
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def _from_text(text: str) -> Facts:
    """Return facts; what this version does not know of is left out."""
    told: dict[str, Any] = json.loads(text)
    known: dict[str, Any] = {
        key: _ENUMS[key](value) if key in _ENUMS else value
        for key, value in told.items()
        if key in Facts._fields
    }
    return Facts(**known)


def _link_lists(spans: Spans) -> pa.ListArray:
    """Return the links of each span as a list."""
    order = np.argsort(spans.link_row, kind="stable")
    ends = np.searchsorted(spans.link_row[order], np.arange(len(spans) + 1))
    items = pa.StructArray.from_arrays(
        [_array(ids[order].view(np.int64)) for ids in (spans.link_low, spans.link_span)],
        ["trace", "span"],
    )
    return pa.ListArray.from_arrays(_array(ends.astype(np.int32)), items)


def _links_of(column: pa.ChunkedArray) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return row, trace and span of each link."""
    lists = column.combine_chunks() if len(column) else pa.array([], _LINKS)
    counts = np.diff(_numbers(lists.offsets, np.int64))
    items = lists.flatten()
    rows = np.repeat(np.arange(len(counts)), counts).astype(np.int64)
    trace, span = (_numbers(items.field(key), np.int64) for key in ("trace", "span"))
    return rows, trace.astype(np.uint64), span.astype(np.uint64)


def _numbers(array: pa.Array, kind: Any) -> NDArray[Any]:
    """Return a column without gaps as NumPy has it; Arrow's own way would load pandas."""
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.int8())
    plain = np.frombuffer(array.buffers()[1] or b"", dtype=array.type.to_pandas_dtype())
    found: NDArray[Any] = plain[array.offset : array.offset + len(array)].astype(kind, copy=False)
    return found


def _array(column: NDArray[Any]) -> pa.Array:
    """Return a NumPy column as Arrow has it; Arrow's own way would load pandas."""
    plain = np.ascontiguousarray(column)
    if plain.dtype == np.bool_:
        return _array(plain.view(np.int8)).cast(pa.bool_())
    kind = pa.from_numpy_dtype(plain.dtype)
    return pa.Array.from_buffers(kind, len(plain), [None, pa.py_buffer(plain)])


def _odd(spans: Spans) -> pa.Array:
    """Return the text of trace ids that are no hex, nothing for the others."""
    texts: list[str | None] = [None] * len(spans)
    if spans.odd:
        pairs = zip(spans.trace_high.tolist(), spans.trace_low.tolist(), strict=True)
        texts = [spans.odd.get(pair) for pair in pairs]
    return pa.array(texts, pa.string()).dictionary_encode()


def _odd_of(column: pa.ChunkedArray, columns: dict[str, Any]) -> dict[tuple[int, int], str]:
    """Return the text of each trace id that is no hex."""
    rows = np.flatnonzero(_numbers(column.is_valid(), np.bool_))
    high, low = columns["trace_high"][rows].tolist(), columns["trace_low"][rows].tolist()
    return dict(zip(zip(high, low, strict=True), _at(column, rows), strict=True))
