"""One file: read within a limit of time, and kept as bytes."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from collectors.code import textual
from collectors.code.reader import read
from collectors.code.summary import Summary
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

LIMIT_S = 10.0
"""Seconds that reading a file may take."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What reading a file gave.

    Attributes:
        summary: what it says; None when nothing could be read.
        gap: what could not be read.
    """

    summary: Summary | None = None
    gap: Gap | None = None


class _TooLongError(BaseException):
    """The limit is over; no handler of code that is being run may take it for its own."""


def read_one(name: str, text: str, limit_s: float = LIMIT_S) -> Entry:
    """Read a file's text.

    Args:
        name: its path relative to the root.
        text: what it holds.
        limit_s: seconds that it may take.
    """
    try:
        with _within(limit_s):
            return Entry(read(name, text))
    except SyntaxError as error:
        why = f"{error.msg}; its imports and port were read as text"
        gap = Gap("a file that is not Python 3", why, f"{name}:{error.lineno or 1}")
        return Entry(textual.read(name, text), gap)
    except _TooLongError:
        return slow(name, limit_s)


def slow(name: str, limit_s: float) -> Entry:
    """What is known of a file that takes too long."""
    why = f"reading it takes more than {limit_s:g} seconds"
    return Entry(None, Gap("a file that takes too long", why, name))


@contextmanager
def _within(limit_s: float) -> Iterator[None]:
    """Stop the block after some time; only the main thread of a process can be stopped."""
    here = threading.current_thread() is threading.main_thread()
    if not here or not hasattr(signal, "setitimer") or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


_DECODER = msgspec.msgpack.Decoder(Entry)


def encode(entry: Entry) -> bytes:
    """An entry as bytes."""
    return msgspec.msgpack.encode(entry)


def decode(data: bytes, name: str) -> Entry:
    """An entry from bytes, for a file of that name.

    Raises:
        msgspec.MsgspecError: the bytes are no entry.
    """
    entry = _DECODER.decode(data)
    if entry.summary is not None:
        entry.summary.path = name
    gap = entry.gap
    if gap is not None:
        _, mark, line = gap.locator.rpartition(":")
        where = f"{name}:{line}" if mark and line.isdecimal() else name
        entry = Entry(entry.summary, Gap(gap.what, gap.why, where))
    return entry
