"""One writer of a source at a time, and a note of how far it came."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_MAX_NOTE = 10_000


class Note:
    """A short text that outlives a run that is killed."""

    def __init__(self, handle: int) -> None:
        """Use an open file."""
        self._handle = handle

    def read(self) -> str:
        """Return what was noted last; empty for nothing."""
        return os.pread(self._handle, _MAX_NOTE, 0).decode(errors="replace").strip()

    def write(self, text: str) -> None:
        """Replace what is noted."""
        # Padded to one length, so that one call replaces it and a kill leaves no mixture.
        os.pwrite(self._handle, text.encode().ljust(256), 0)


@contextmanager
def locked(path: Path, waiting: Callable[[], None]) -> Iterator[tuple[Note, bool]]:
    """Hold a file's lock, which the system takes back when a process ends, however it ends.

    Args:
        path: the file; it stays.
        waiting: called once if another process has the lock.

    Yields:
        The note in the file, and whether the lock is held: some file systems have none. Files of
        a ledger are whole without it as well, since they are renamed.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield Note(handle), _lock(handle, waiting)
    finally:
        os.close(handle)


def _lock(handle: int, waiting: Callable[[], None]) -> bool:
    with suppress(ImportError, OSError):
        import fcntl  # noqa: PLC0415 - not every system has it

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        return True
    return False
