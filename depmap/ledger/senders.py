"""Spans that sent messages, kept by hour: a message may be received in an hour read later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from depmap.tracing.links import Senders

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = pa.schema(
    [
        pa.field("trace", pa.uint64()),
        pa.field("span", pa.uint64()),
        pa.field("service", pa.dictionary(pa.int32(), pa.string())),
        pa.field("operation", pa.dictionary(pa.int32(), pa.string())),
    ]
)


def as_table(senders: Senders) -> pa.Table:
    """Return senders as a table, one row a span."""
    codes = pa.array(senders.code.tolist(), pa.int32())
    services, operations = ([label[i] for label in senders.labels] for i in (0, 1))
    return pa.table(
        {
            "trace": senders.trace,
            "span": senders.span,
            "service": pa.DictionaryArray.from_arrays(codes, services),
            "operation": pa.DictionaryArray.from_arrays(codes, operations),
        },
        schema=_SCHEMA,
    )


def read(path: Path) -> Senders | None:
    """Read a file; None where it is none, since it can be had again from the source."""
    try:
        table = pq.read_table(path, schema=_SCHEMA)
    except (OSError, pa.ArrowException):
        return None
    labels: dict[tuple[str, str], int] = {}
    pairs = zip(table["service"].to_pylist(), table["operation"].to_pylist(), strict=True)
    code = np.array([labels.setdefault(pair, len(labels)) for pair in pairs], dtype=np.int64)
    trace, span = (table[name].to_numpy() for name in ("trace", "span"))
    return Senders(trace, span, code, tuple(labels))
