"""The work of reading: files cut into tasks, and what one task gives."""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from depmap.errors import InputError
from depmap.model.evidence import Gap
from depmap.tracing.engines.partitions import MAIN
from depmap.tracing.files import STDIN, files_of, read_path
from depmap.tracing.reading.cutting import LEAST, PART, NotAPart, Part, cut, read_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from depmap.tracing.building import SpanBuilder
    from depmap.tracing.engines.partitions import Spool

PARQUET: Final = b"PAR1"


class Rows(NamedTuple):
    """Some row groups of a Parquet file."""

    path: str
    first: int
    last: int


class Source(NamedTuple):
    """A file to read.

    Attributes:
        path: the file; ``-``: standard input.
        folder: the folder it was found in, which may hold files without spans; None: it was named.
    """

    path: Path
    folder: Path | None


class Task(NamedTuple):
    """A piece of reading that any process can do.

    Attributes:
        source: number of its source.
        what: the whole file, a part of it, or row groups.
    """

    source: int
    what: Path | Part | Rows


class Outcome(NamedTuple):
    """What came of a task, besides spans.

    Attributes:
        gaps: its first gaps.
        more: how many more there are.
        error: why the file cannot be read.
        refused: the file cannot be read in parts.
    """

    gaps: list[Gap]
    more: int = 0
    error: InputError | None = None
    refused: bool = False


def sources_of(paths: Iterable[Path]) -> list[Source]:
    """Return all files, in order.

    Raises:
        InputError: a path leads to nothing, or a folder is empty.
    """
    found: list[Source] = []
    for path in paths:
        if path != STDIN and path.is_dir():
            found += [Source(file, path) for file in files_of(path)]
        else:
            found.append(Source(path, None))
    return found


def tasks_of(sources: Iterable[Source], part: int = PART, least: int = LEAST) -> list[Task]:
    """Cut all files into tasks."""
    return [
        Task(number, what)
        for number, source in enumerate(sources)
        for what in _pieces_of(source.path, part, least)
    ]


def _pieces_of(path: Path, part: int, least: int) -> list[Path | Part | Rows]:
    if path == STDIN or not path.is_file():
        return [path]
    if is_parquet(path):
        from depmap.tracing import parquet  # noqa: PLC0415 - Arrow loads slowly

        return [Rows(str(path), *pair) for pair in parquet.groups(path)] or [path]
    return [*cut(path, part, least)] or [path]


def is_parquet(path: Path) -> bool:
    """Whether a file begins as Parquet does."""
    try:
        with path.open("rb") as stream:
            return stream.read(len(PARQUET)) == PARQUET
    except OSError:
        return False


def group_of(task: Task) -> str:
    """Return the spool's group of a task's spans: what may be refused is kept apart."""
    in_part = isinstance(task.what, Part) and task.what.form
    return f"source{task.source}" if in_part else MAIN


def perform(task: Task, builder: SpanBuilder, spool: Spool) -> Outcome:
    """Read; the spans go to the spool."""
    match task.what:
        case Part() as part:
            return _perform_part(task, part, builder, spool)
        case Rows(path, first, last):
            from depmap.tracing import parquet  # noqa: PLC0415 - Arrow loads slowly

            try:
                for spans in parquet.read(Path(path), range(first, last)):
                    spool.add(spans)
            except InputError as error:
                return Outcome([], error=error)
            return Outcome([])
        case path:
            return read_whole(path, spool)


def _perform_part(task: Task, part: Part, builder: SpanBuilder, spool: Spool) -> Outcome:
    try:
        gaps, more = read_part(part, builder)
    except NotAPart:
        builder.finish()
        return Outcome([], refused=True)
    spool.add(builder.finish(), group_of(task))
    return Outcome(gaps, more)


def read_whole(path: Path, spool: Spool) -> Outcome:
    """Read a whole file, from its beginning to its end."""
    gaps: list[Gap] = []
    try:
        for item in read_path(path):
            if isinstance(item, Gap):
                gaps.append(item)
            else:
                spool.add(item)
    except InputError as error:
        return Outcome(gaps, error=error)
    return Outcome(gaps)


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the garbage collector: millions of objects are made, and no circles of them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def size_of(sources: Iterable[Source]) -> int:
    """Return how many bytes there are to read, as far as that can be told before."""
    return sum(s.path.stat().st_size for s in sources if s.path != STDIN and s.path.is_file())


def is_posix() -> bool:
    """Whether processes can be given open files, as the pool needs."""
    return sys.platform != "win32"
