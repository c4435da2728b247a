"""A source's windows, folded block by block, on one helper process besides this one.

A block is so many windows whatever the number of processes, and blocks are put together in order,
so that sums do not depend on who worked them out.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from depmap.errors import DepmapError
from depmap.ledger.files import table_of
from depmap.ledger.folding import Folding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

BLOCK: Final = 24
WORTH: Final = 8
"""Blocks from which a helper is worth its start."""


def folded(paths: Sequence[Path]) -> Folding:
    """Return what files of the ledger hold, added up.

    Raises:
        InputError: a file is not one of a ledger, or of a newer depmap.
        DepmapError: the helper ended before its work was done.
    """
    blocks = [paths[at : at + BLOCK] for at in range(0, len(paths), BLOCK)]
    whole = Folding()
    if len(blocks) < WORTH or _processes() < 2:  # noqa: PLR2004 - two are the least that share
        parts: Iterator[Folding] = map(_block, blocks)
    else:
        parts = _shared(blocks)
    with _without_collection():
        for part in parts:
            whole.absorb(part)
    return whole


def _processes() -> int:
    told = os.environ.get("DEPMAP_PROCESSES", "")
    return int(told) if told.isdecimal() else len(os.sched_getaffinity(0))


def _block(paths: Sequence[Path]) -> Folding:
    """Fold the files of one block."""
    folding = Folding()
    for path in paths:
        table = table_of(path, ("record", "body", "first_seen", "last_seen"))
        folding.add(
            table["record"].to_pylist(),
            table["body"].to_pylist(),
            _microseconds(table["first_seen"]),
            _microseconds(table["last_seen"]),
        )
    return folding


def _shared(blocks: Sequence[Sequence[Path]]) -> Iterator[Folding]:
    """Yield the blocks in order, every other one worked out by a helper."""
    with _helper(blocks[1::2]) as helper:
        for at, block in enumerate(blocks):
            yield _received(helper) if at % 2 else _block(block)


@contextmanager
def _helper(blocks: Sequence[Sequence[Path]]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that folds blocks and sends them one by one."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-P", "-m", "depmap.ledger.blocks"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    ) as process:
        try:
            if process.stdin is not None:
                pickle.dump(blocks, process.stdin)
                process.stdin.close()
            yield process
        finally:
            process.kill()


def _received(helper: subprocess.Popen[bytes]) -> Folding:
    try:
        found: Any = pickle.load(helper.stdout) if helper.stdout else None  # noqa: S301 - our own
    except (EOFError, pickle.UnpicklingError) as error:
        raise DepmapError(
            "a helper process ended before its work was done",
            hint="is there enough memory? DEPMAP_PROCESSES=1 works without helpers",
        ) from error
    if isinstance(found, DepmapError):
        raise found
    return found  # type: ignore[no-any-return]


def _help() -> None:
    """Fold the blocks that are asked for, and send them."""
    blocks = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    with _without_collection():
        for block in blocks:
            try:
                found: Folding | DepmapError = _block(block)
            except DepmapError as error:
                found = error
            pickle.dump(found, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)
            sys.stdout.buffer.flush()


@contextmanager
def _without_collection() -> Iterator[None]:
    """Do not look for circles among what is decoded: there are none, and it takes long.

    The garbage collector goes through all live objects again and again while millions are made.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _microseconds(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return times as numbers, -1 where there is none.

    They are read from the buffers: Arrow's functions for it load pandas, which takes a second.
    """
    parts = [np.zeros(0, dtype=np.int64)]
    for chunk in column.chunks:
        valid, data = chunk.buffers()
        whole = np.frombuffer(data, dtype=np.int64, count=chunk.offset + len(chunk))
        part = whole[chunk.offset :].copy()
        if valid is not None and chunk.null_count:
            bits = np.unpackbits(np.frombuffer(valid, dtype=np.uint8), bitorder="little")
            part[bits[chunk.offset : chunk.offset + len(chunk)] == 0] = -1
        parts.append(part)
    return np.concatenate(parts)


if __name__ == "__main__":
    _help()
