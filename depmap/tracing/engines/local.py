"""Links of trace files on one machine: in memory, or on disk beyond a threshold; in a pool."""

from __future__ import annotations

import os
import tempfile
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.model.evidence import Gap
from depmap.tracing.building import SpanBuilder
from depmap.tracing.engines.partitions import HELD, pieces
from depmap.tracing.engines.pool import started
from depmap.tracing.engines.work import (
    Outcome,
    Source,
    group_of,
    is_posix,
    read_whole,
    size_of,
    sources_of,
    tasks_of,
    uncollected,
)
from depmap.tracing.engines.worker import Linking, link_some
from depmap.tracing.joining import merge
from depmap.tracing.reading.cutting import (
    LEAST,
    PART,
    Part,
    bounded_gaps,
    lines_before,
    read_part,
)
from depmap.tracing.selecting import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from depmap.tracing.engines.pool import Pool
    from depmap.tracing.engines.work import Task
    from depmap.tracing.links import Links
    from depmap.tracing.selecting import Selection

ALONE: Final = 24 << 20
"""Bytes that are read sooner than a second process has started."""

MOST_PROCESSES: Final = 8
SMALL: Final = 200_000
"""Spans that are linked sooner by one process than by two."""

PIECE: Final = 400_000
"""Spans that are linked at once."""


def link_paths(
    paths: Iterable[Path],
    *,
    by_operation: bool = False,
    selection: Selection = EVERYTHING,
    processes: int | None = None,
    held: int = HELD,
    part: int = PART,
) -> tuple[Links, tuple[Gap, ...]]:
    """Return the links of trace files, and all gaps: those of reading first.

    The result does not depend on processes, on what is held in memory, or on the size of parts.

    Args:
        paths: files, folders, or ``-`` for standard input; all are one set of spans.
        by_operation: whether rows are split by operation.
        selection: which traces are linked, and what tells services apart.
        processes: how many to use; None: as many as there are cores, where it is worth it.
        held: spans each process holds in memory before it writes to disk.
        part: wanted size of the parts of large files, in bytes.

    Raises:
        InputError: a path leads to nothing, or holds no spans in a known format.
    """
    sources = sources_of(paths)
    many = processes or _wanted(sources)
    with (
        tempfile.TemporaryDirectory(prefix="depmap-") as folder,
        started(Path(folder), held, many) as pool,
        uncollected(),
    ):
        tasks = tasks_of(sources, part, min(LEAST, part))
        gaps, refused = _gaps(sources, tasks, pool.read(tasks), pool)
        whole = pool.spool.in_memory(refused) if many == 1 else None
        if whole is not None:
            links = merge([link_some([whole], (), selection, by_operation=by_operation)])
        else:
            shelves = pool.shelves()
            rows = np.sum([shelf.spans(refused) for shelf in shelves], axis=0)
            work = pieces(rows, PIECE, min(many, 1 + int(rows.sum()) // SMALL))
            links = merge(pool.link(Linking(shelves, work, refused, selection, by_operation)))
    return links, (*gaps, *links.gaps)


def _wanted(sources: Sequence[Source]) -> int:
    """Return how many processes to use."""
    told = os.environ.get("DEPMAP_PROCESSES", "")
    if told.isascii() and told.isdigit() and int(told):
        return int(told)
    if not is_posix() or size_of(sources) < ALONE:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, MOST_PROCESSES)


def _gaps(
    sources: Sequence[Source], tasks: Sequence[Task], outcomes: Sequence[Outcome], pool: Pool
) -> tuple[list[Gap], frozenset[str]]:
    """Return all gaps of reading in order, and the groups that are not to be used.

    Raises:
        InputError: a file cannot be read, or a folder has none that can.
    """
    refused: set[str] = set()
    found: list[Outcome] = []
    pairs = list(zip(tasks, outcomes, strict=True))
    for number, group in groupby(pairs, lambda pair: pair[0].source):
        same = list(group)
        if any(outcome.refused for _, outcome in same):
            refused.add(group_of(same[0][0]))
            found.append(read_whole(sources[number].path, pool.spool))
        else:
            found.append(_together(str(sources[number].path), same))
    return _by_folder(sources, found), frozenset(refused)


def _together(name: str, same: Sequence[tuple[Task, Outcome]]) -> Outcome:
    """Put the outcomes of one file's tasks together; lines are counted where there are gaps."""
    if len(same) == 1:
        return same[0][1]
    gaps: list[Gap] = []
    more = 0
    for task, outcome in same:
        told = outcome.gaps
        if told and isinstance(task.what, Part):
            told, _ = read_part(task.what, SpanBuilder(), 1 + lines_before(task.what))
        gaps, more = [*gaps, *told], more + outcome.more
    error = next((outcome.error for _, outcome in same if outcome.error), None)
    return Outcome(bounded_gaps(gaps, more, name), error=error)


def _by_folder(sources: Sequence[Source], outcomes: Sequence[Outcome]) -> list[Gap]:
    """Return the gaps; a file without spans is one more where its folder has others."""
    gaps: list[Gap] = []
    pairs = zip(sources, outcomes, strict=True)
    for folder, group in groupby(pairs, lambda pair: pair[0].folder):
        same = list(group)
        errors = [outcome.error for _, outcome in same if outcome.error]
        if errors and (folder is None or len(errors) == len(same)):
            raise errors[0]
        for _, outcome in same:
            gaps += outcome.gaps
            if outcome.error:
                why, where = outcome.error.message, outcome.error.where
                gaps.append(Gap("a file without spans", why, where))
    return gaps
