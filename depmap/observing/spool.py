"""The spool: spans of the processes of one run, and their way into the ledger's windows."""

from __future__ import annotations

import os
import re
import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from depmap.errors import InputError
from depmap.model.evidence import Evidence, Gap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from depmap.ledger.records import Record
    from depmap.tracing.spans import Spans

COLLECTOR: Final = "otel"
"""Who brought the evidence, as the ledger says."""

QUIET: Final = 2 * 3600
"""After so many seconds without a span, the next one begins a new run."""

_WHOLE: Final = "whole"
"""The ledger's window of what belongs to no hour."""

_ROUNDS: Final = 5
_MODE: Final = 0o600


class Spool:
    """Files of OTLP lines, one a process, in the folder of a ledger.

    A window is replaced by what the whole spool says of it, so a run must not lose files while
    others remain: those of earlier runs go all together, when a new run writes its first spans.
    Their windows stay. Runs that follow each other more closely count as one.
    """

    def __init__(self, ledger: Path, source: str) -> None:
        """Touch no file yet.

        Args:
            ledger: the ledger's folder.
            source: the source under which the ledger keeps what comes of the spans.
        """
        self._ledger = ledger
        self._source = source
        self._folder = ledger / "spool" / re.sub(r"[^A-Za-z0-9_-]", "_", source)
        # A process in another container may have the same number.
        self._token = secrets.token_hex(4)
        self.used = False

    def add(self, line: bytes) -> None:
        """Append a line to this process's file.

        Raises:
            OSError: it cannot be written.
        """
        if not self.used:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._forget_earlier_runs()
            self.used = True
        # The number is asked for each time: a process that was forked has a file of its own.
        path = self._folder / f"{os.getpid()}-{self._token}.jsonl"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _MODE)
        try:
            while line:
                line = line[os.write(handle, line) :]
        finally:
            os.close(handle)

    def link(self) -> None:
        """Replace the windows that the spool has spans of.

        Two processes may do so at once, and the one that read first may write last. So each looks
        again after it has written: the last to write has then seen everything.

        Raises:
            InputError: the ledger cannot be read.
            OSError: the ledger cannot be written.
        """
        for _ in range(_ROUNDS):
            before = self._state()
            self._replace()
            if self._state() == before:
                return

    def _forget_earlier_runs(self) -> None:
        files = sorted(self._folder.glob("*.jsonl"))
        last = max((path.stat().st_mtime for path in files), default=0.0)
        if time.time() - last > QUIET:
            for path in files:
                path.unlink(missing_ok=True)

    def _state(self) -> list[tuple[str, int]]:
        return sorted((path.name, path.stat().st_size) for path in self._folder.glob("*.jsonl"))

    def _replace(self) -> None:
        # A program that is being tested is not to wait for these when it starts.
        from depmap.ledger.ledger import Ledger  # noqa: PLC0415
        from depmap.tracing.claims import claims  # noqa: PLC0415
        from depmap.tracing.linking import link  # noqa: PLC0415
        from depmap.tracing.spans import Spans  # noqa: PLC0415
        from depmap.tracing.windows import by_hour  # noqa: PLC0415

        ledger = Ledger(self._ledger)
        items = list(self._read())
        spans = [item for item in items if isinstance(item, Spans)]
        gaps = [_stamped(item) for item in items if isinstance(item, Gap)]
        windows: dict[str, list[Record]] = {
            hour: [_stamped(item) for item in claims(link(part))]
            for hour, part in by_hour(Spans.concat(spans))
        }
        if gaps or _WHOLE in ledger.windows(self._source):
            windows[_WHOLE] = gaps
        ledger.replace(self._source, windows, whole=False)

    def _read(self) -> Iterator[Spans | Gap]:
        from depmap.tracing.reading import read_bytes  # noqa: PLC0415 - see above

        for path in sorted(self._folder.glob("*.jsonl")):
            try:
                yield from read_bytes(path.read_bytes(), path.name)
            except InputError as error:
                # A process that is killed may leave half a line, and nothing else.
                yield Gap("the spans of a process", error.message, path.name)


def _stamped(item: Record) -> Record:
    return replace(item, collector=COLLECTOR) if isinstance(item, Evidence | Gap) else item
