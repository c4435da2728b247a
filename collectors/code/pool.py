"""Many files at once: in processes of their own where there are enough to be worth it."""

from __future__ import annotations

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

from collectors.code.one import LIMIT_S, encode, read_one, slow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

Source = tuple[str, str]
"""A file's name and its text."""

FEW = 48
"""Fewer files are read in this process: starting others takes as long."""

CHUNK = 12
"""Files that a process is given at a time."""

GRACE_S = 30.0
"""Seconds given to a process beyond the limits of its files, before it is ended."""


def read_all(
    sources: list[Source], limit_s: float = LIMIT_S, workers: int | None = None
) -> Iterator[bytes]:
    """Yield the entry of each file, as bytes, in the order of the files.

    Args:
        sources: the files.
        limit_s: seconds that each may take.
        workers: how many processes at most; None: one a processor.
    """
    count = workers if workers is not None else _processors()
    if count < 2 or len(sources) < FEW or not _repeatable():  # noqa: PLR2004 - one is this one
        yield from _chunk(sources, limit_s)
        return
    chunks = [sources[start : start + CHUNK] for start in range(0, len(sources), CHUNK)]
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(count, len(chunks)), mp_context=context)
    try:
        futures = [pool.submit(_chunk, chunk, limit_s) for chunk in chunks]
        for chunk, future in zip(chunks, futures, strict=True):
            yield from _result(pool, chunk, future, limit_s)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _chunk(sources: list[Source], limit_s: float) -> list[bytes]:
    return [encode(read_one(name, text, limit_s)) for name, text in sources]


def _result(
    pool: ProcessPoolExecutor, chunk: list[Source], future: Future[list[bytes]], limit_s: float
) -> list[bytes]:
    """What a process gave back; when it died or hangs, its files one by one, then as gaps."""
    try:
        return future.result(timeout=limit_s * len(chunk) + GRACE_S)
    except TimeoutError:
        for process in list((pool._processes or {}).values()):  # noqa: SLF001 - nothing public ends a process that hangs
            process.kill()
        return [encode(slow(name, limit_s)) for name, _ in chunk]
    except BrokenProcessPool:
        return _chunk(chunk, limit_s)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _repeatable() -> bool:
    """Whether a new process may import the program that runs: not a script without a guard."""
    main = sys.modules.get("__main__")
    path = getattr(main, "__file__", None)
    if getattr(main, "__spec__", None) is not None or path is None:
        return True
    try:
        return "__main__" in Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
