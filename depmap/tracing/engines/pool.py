"""A pool of processes: this one and its helpers.

Helpers are started by ``subprocess``, so that they need nothing of the program that called; they
load while this process has begun to work.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from multiprocessing import Pipe
from pathlib import Path
from typing import TYPE_CHECKING, Any

from depmap.errors import DepmapError
from depmap.tracing.engines.worker import (
    MOST,
    Linking,
    Worker,
    link_pieces,
    offer,
    taken,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from depmap.tracing.engines.partitions import Shelf, Spool
    from depmap.tracing.engines.work import Outcome, Task
    from depmap.tracing.links import Links


class Pool:
    """Processes that read and link together."""

    def __init__(
        self, folder: Path, held: int, helpers: list[Connection], pipe: tuple[int, int]
    ) -> None:
        """Use helpers that were started.

        Args:
            folder: where spools may write.
            held: how many spans each holds in memory.
            helpers: what leads to the helpers.
            pipe: both ends of the pipe of numbers.
        """
        self._folder, self._held = folder, held
        self._helpers = helpers
        self._taking, self._offering = pipe
        self._shelves: list[Shelf] = []
        self._worker = Worker(self._own(0), held)

    @property
    def spool(self) -> Spool:
        """The spool of this process, for what it reads besides."""
        return self._worker.spool

    def _own(self, number: int) -> Path:
        folder = self._folder / str(number)
        folder.mkdir()
        return folder

    def read(self, tasks: list[Task]) -> list[Outcome]:
        """Perform tasks; return what came of each."""
        size = -(-len(tasks) // MOST) or 1
        chunks = [tasks[at : at + size] for at in range(0, len(tasks), size)]
        for number, helper in enumerate(self._helpers, 1):
            _sent(helper, (str(self._own(number)), self._held, chunks))
        offer(self._offering, len(chunks), 1 + len(self._helpers))
        found = self._worker.read(chunks, taken(self._taking))
        for helper in self._helpers:
            outcomes, shelf = _received(helper)
            found |= outcomes
            self._shelves.append(shelf)
        return [outcome for number in range(len(chunks)) for outcome in found[number]]

    def shelves(self) -> list[Shelf]:
        """Return what all processes have read."""
        return [self._worker.spool.shelf(), *self._shelves]

    def link(self, work: Linking) -> list[Links]:
        """Link pieces; return partial results."""
        for helper in self._helpers:
            _sent(helper, work)
        offer(self._offering, len(work.pieces), 1 + len(self._helpers))
        own = link_pieces(work, taken(self._taking))
        return [own, *map(_received, self._helpers)]


@contextmanager
def started(folder: Path, held: int, processes: int) -> Iterator[Pool]:
    """Start a pool, and end its helpers in the end."""
    with ExitStack() as stack:
        pipe = os.pipe()
        for end in pipe:
            stack.callback(os.close, end)
        helpers = [stack.enter_context(_helper(pipe[0])) for _ in range(processes - 1)]
        yield Pool(folder, held, helpers, pipe)


@contextmanager
def _helper(numbers: int) -> Iterator[Connection]:
    """Start one helper."""
    root = str(Path(__file__).parents[3])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    here, there = Pipe()
    with here, there:
        ends = (there.fileno(), numbers)
        command = [sys.executable, "-P", "-m", "depmap.tracing.engines.worker", *map(str, ends)]
        with subprocess.Popen(
            command,
            pass_fds=ends,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        ) as process:
            there.close()
            try:
                yield here
            except BaseException:
                process.kill()
                raise


def _sent(helper: Connection, what: object) -> None:
    """Send something to a helper.

    Raises:
        DepmapError: it has ended.
    """
    try:
        helper.send(what)
    except OSError as error:
        raise _ended() from error


def _received(helper: Connection) -> Any:
    """Return what a helper sends.

    Raises:
        DepmapError: it has ended.
    """
    try:
        return helper.recv()
    except (EOFError, OSError) as error:
        raise _ended() from error


def _ended() -> DepmapError:
    """Return the error that a helper has ended before its time."""
    return DepmapError(
        "a helper process ended before its work was done",
        hint="is there enough memory? DEPMAP_PROCESSES=1 works without helpers",
    )
