"""One process of the pool: reads its share of the tasks, then links its share of the partitions.

Which share is decided as they go: the numbers of the tasks lie in a pipe, and whoever is free
takes the next one. It is the same code in the process that was called and in its helpers.
"""

from __future__ import annotations

import os
import struct
import sys
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from depmap.tracing.building import SpanBuilder
from depmap.tracing.engines.partitions import Shelf, Spool
from depmap.tracing.engines.work import Outcome, Task, perform, uncollected
from depmap.tracing.joining import merge
from depmap.tracing.linking import link_part
from depmap.tracing.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from depmap.tracing.links import Links
    from depmap.tracing.selecting import Selection
    from depmap.tracing.spans import Process

_NUMBER: Final = struct.Struct("<i")
_FOLDED: Final = 4
END: Final = -1
MOST: Final = 8000
"""So many numbers surely fit into a pipe at once."""


class Linking(NamedTuple):
    """The second half of the work.

    Attributes:
        shelves: what every process has read.
        pieces: the partitions of each piece.
        without: groups to leave out.
        selection: which traces are linked, and what tells services apart.
        by_operation: whether each operation makes a row of its own.
    """

    shelves: list[Shelf]
    pieces: list[list[int]]
    without: frozenset[str]
    selection: Selection
    by_operation: bool

    def read(self, piece: int) -> Iterator[Spans]:
        """Yield the spans of a piece."""
        for shelf in self.shelves:
            yield from shelf.read(self.pieces[piece], self.without)


def offer(numbers: int, count: int, takers: int) -> None:
    """Put the numbers below ``count`` into a pipe, and an end for everyone who takes them."""
    told = [*range(count), *[END] * takers]
    os.write(numbers, b"".join(map(_NUMBER.pack, told)))


def taken(numbers: int) -> Iterator[int]:
    """Yield numbers from a pipe until the end."""
    while (number := _NUMBER.unpack(os.read(numbers, _NUMBER.size))[0]) != END:
        yield number


class Worker:
    """The work of one process."""

    def __init__(self, folder: Path, held: int) -> None:
        """Start with nothing read.

        Args:
            folder: where its spool may write; nobody else writes there.
            held: how many spans to hold in memory.
        """
        self.spool = Spool(folder, held)
        self._builder = SpanBuilder()

    def read(
        self, chunks: Sequence[Sequence[Task]], numbers: Iterator[int]
    ) -> dict[int, list[Outcome]]:
        """Perform the tasks of the chunks whose numbers it gets."""
        return {
            number: [perform(task, self._builder, self.spool) for task in chunks[number]]
            for number in numbers
        }


def link_pieces(work: Linking, numbers: Iterator[int]) -> Links:
    """Link the pieces whose numbers it gets, and merge them."""
    processes = tuple(process for shelf in work.shelves for process in shelf.tables.processes)
    return folded(
        link_some(work.read(number), processes, work.selection, by_operation=work.by_operation)
        for number in numbers
    )


def folded(parts: Iterable[Links]) -> Links:
    """Put partial links together as they come, so that only a few are held; good for ``merge``."""
    held: list[Links] = []
    for part in parts:
        held.append(part)
        if len(held) > _FOLDED:
            held = [merge(held)]
    return held[0] if len(held) == 1 else merge(held)


def link_some(
    batches: Iterable[Spans],
    processes: tuple[Process, ...],
    selection: Selection,
    *,
    by_operation: bool,
) -> Links:
    """Link whole traces that are some of many, good for ``merge`` only.

    Args:
        batches: their spans.
        processes: the processes of all spans there are: what names stand for depends on them.
        selection: which traces are linked, and what tells services apart.
        by_operation: whether each operation makes a row of its own.
    """
    context = replace(SpanBuilder().finish(), processes=processes)
    chosen = selection.of([context, *batches])
    return link_part(Spans.concat(chosen), by_operation=by_operation)


def main(connection_number: int, numbers: int) -> None:
    """Serve the process that started this one."""
    with Connection(connection_number) as connection, uncollected():
        folder, held, chunks = connection.recv()
        worker = Worker(Path(folder), held)
        outcomes = worker.read(chunks, taken(numbers))
        connection.send((outcomes, worker.spool.shelf()))
        del worker
        connection.send(link_pieces(connection.recv(), taken(numbers)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
