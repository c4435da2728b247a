"""The estate's spans in Parquet, as they lie in a lake: a block of light spans, again and again
under other trace ids.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from depmap.tracing import parquet
from depmap.tracing.reading import read_file
from depmap.tracing.spans import Spans
from tests.bench import writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STEP = 0x9E3779B97F4A7C15
_WIDTH = 1 << 64


def lake(folder: Path, spans: int) -> Path:
    """Return a file of so many spans, written if it is not there."""
    source = writing.file(folder, "otlp", writing.BLOCK, heavy=False)
    path = folder / f"{source.stem}-{spans}.parquet"
    if not path.is_file():
        read: Any = [item for item in read_file(source) if isinstance(item, Spans)]
        part = path.with_suffix(".part")
        parquet.write(part, _blocks(Spans.concat(read), spans // writing.BLOCK))
        part.replace(path)
    return path


def _blocks(block: Spans, count: int) -> Iterator[Spans]:
    """Yield the block under other trace ids, a minute later each time."""
    for at in range(count):
        mask = np.uint64(at * _STEP % _WIDTH)
        yield replace(
            block,
            trace_low=block.trace_low ^ mask,
            start=block.start + at * 60_000_000_000,
        )
