"""The ledger: a folder of Parquet files, one for each (source, window).

A file is written under a temporary name and renamed, so a run that is killed leaves the ledger as
it was or with one whole file more. Collecting a window again replaces its file. A source has one
writer at a time; others wait for their turn.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from depmap.ledger import senders
from depmap.ledger.blocks import folded
from depmap.ledger.files import SCHEMA_VERSION, table_of
from depmap.ledger.locking import Note, locked
from depmap.ledger.records import Record, decode, encode
from depmap.model.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from depmap.tracing.links import Senders

_BEGUN = ".writing-"

_SCHEMA = pa.schema(
    [
        pa.field("record", pa.dictionary(pa.int32(), pa.string())),
        pa.field("consumer", pa.string()),
        pa.field("provider", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("source", pa.string()),
        pa.field("calls", pa.int64()),
        pa.field("errors", pa.int64()),
        pa.field("first_seen", pa.timestamp("us", tz="UTC")),
        pa.field("last_seen", pa.timestamp("us", tz="UTC")),
        pa.field("body", pa.string()),
    ],
    metadata={"depmap_schema": SCHEMA_VERSION},
)


@dataclass(frozen=True, slots=True)
class Stored:
    """What one source said about one window, or about all of them.

    Attributes:
        source: the source.
        window: the window; empty where it is all of them.
        records: what it said.
        rows: rows of evidence on disk, before they were added up.
    """

    source: str
    window: str
    records: tuple[Record, ...]
    rows: int = 0


class Ledger:
    """Evidence on disk, by source and window."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; it is made at the first write."""
        self.folder = folder

    def replace(
        self, source: str, windows: Mapping[str, Iterable[Record]], *, whole: bool
    ) -> None:
        """Write what a source said, one file a window; see ``Writer.replace``."""
        with self.writing(source) as writer:
            writer.replace(windows, whole=whole)

    @contextmanager
    def writing(self, source: str, waiting: Callable[[], None] = lambda: None) -> Iterator[Writer]:
        """Become the only writer of a source.

        Args:
            source: the source's name in ``depmap.toml``.
            waiting: called if there is another one, which must end first.
        """
        name = _file_name(source)
        folder = self.folder / "evidence" / name
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / ".lock", waiting) as (note, alone):
            # What a run that was killed had begun; where nobody can be kept out, it may be another
            # writer's.
            senders = self.folder / "senders" / name
            for begun in (folder, senders) if alone else ():
                for path in begun.glob(f"{_BEGUN}*"):
                    path.unlink(missing_ok=True)
            yield Writer(folder, senders, note)

    def read(self, only: Collection[str] = ()) -> Iterator[Stored]:
        """Yield every file's records, by source and window.

        Args:
            only: names of the types of records that are wanted; empty for all.

        Raises:
            InputError: a file is not one of a ledger, or of a newer depmap.
        """
        for path in sorted((self.folder / "evidence").glob("*/*.parquet")):
            yield Stored(path.parent.name, path.stem, tuple(_read(path, only)))

    def folded(self) -> Iterator[Stored]:
        """Yield what each source said, rows of many hours added up; see ``folding``.

        Raises:
            InputError: a file is not one of a ledger, or of a newer depmap.
        """
        for folder in sorted((self.folder / "evidence").glob("*")):
            folding = folded(sorted(folder.glob("*.parquet")))
            yield Stored(folder.name, "", tuple(folding.records()), folding.rows)

    def sources(self) -> tuple[str, ...]:
        """Return the sources that something is on disk of, by name."""
        return tuple(
            sorted({path.parent.name for path in self.folder.glob("evidence/*/*.parquet")})
        )

    def windows(self, source: str) -> tuple[str, ...]:
        """Return the windows of a source that are on disk, earliest first."""
        return _windows(self.folder / "evidence" / _file_name(source))


class Writer:
    """Writes one source, and nobody else does."""

    def __init__(self, folder: Path, senders: Path, note: Note) -> None:
        """Write to a folder.

        Args:
            folder: where the windows are.
            senders: where spans are kept that sent messages.
            note: how far a pull came.
        """
        self.note = note
        self._folder = folder
        self._senders = senders

    def replace(self, windows: Mapping[str, Iterable[Record]], *, whole: bool) -> None:
        """Write what a source said, one file a window.

        Args:
            windows: records by window: a UTC hour such as ``2026-11-20T14``, or any short name.
            whole: the windows are all that the source has to say, so that other windows of it
                are removed; otherwise they stay.
        """
        written = {_file_name(name) + ".parquet" for name in windows}
        for name, records in sorted(windows.items()):
            _write(self._folder / f"{_file_name(name)}.parquet", _table(records))
        if whole:
            for path in sorted(self._folder.glob("*.parquet")):
                if path.name not in written:
                    path.unlink(missing_ok=True)

    def windows(self) -> tuple[str, ...]:
        """Return the windows that are on disk, earliest first."""
        return _windows(self._folder)

    def remove(self, window: str) -> None:
        """Remove a window, if it is there."""
        (self._folder / f"{_file_name(window)}.parquet").unlink(missing_ok=True)

    def adopt(self, window: str, file: Path) -> None:
        """Take a window over from a file of another ledger, byte by byte."""
        with _begun(self._folder / f"{_file_name(window)}.parquet") as temporary:
            shutil.copyfile(file, temporary)

    def keep_senders(self, hour: str, sent: Senders | None, oldest: str) -> None:
        """Keep spans of an hour that sent messages, and forget those before the oldest hour."""
        path = self._senders / f"{hour}.parquet"
        if sent is not None and len(sent.trace):
            self._senders.mkdir(parents=True, exist_ok=True)
            _write(path, senders.as_table(sent))
        else:
            path.unlink(missing_ok=True)
        for old in self._senders.glob("*.parquet"):
            if old.stem < oldest:
                old.unlink(missing_ok=True)

    def senders(self, first: str, last: str) -> dict[str, Senders]:
        """Return spans that sent messages, by hour, from the first hour to before the last."""
        paths = sorted(self._senders.glob("*.parquet"))
        found = {path.stem: senders.read(path) for path in paths if first <= path.stem < last}
        return {hour: sent for hour, sent in found.items() if sent is not None}


def _windows(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.parquet")))


def _file_name(name: str) -> str:
    """Keep a name inside its folder, whatever it holds."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    return safe if safe.strip(".") else f"_{safe}"


def _table(records: Iterable[Record]) -> pa.Table:
    rows = sorted(
        ((type(item).__name__, encode(item), item) for item in records), key=lambda row: row[:2]
    )
    claims = [item if isinstance(item, Evidence) else None for *_, item in rows]
    calls = [claim.calls if claim else None for claim in claims]
    columns = {
        "record": [name for name, *_ in rows],
        "consumer": [claim and claim.consumer for claim in claims],
        "provider": [claim and claim.provider for claim in claims],
        "kind": [claim and claim.kind.value for claim in claims],
        "source": [claim and claim.source.value for claim in claims],
        "calls": [count and count.calls for count in calls],
        "errors": [count and count.errors for count in calls],
        "first_seen": [claim and claim.first_seen for claim in claims],
        "last_seen": [claim and claim.last_seen for claim in claims],
        "body": [body for _, body, _ in rows],
    }
    return pa.table(columns, schema=_SCHEMA)


def _write(path: Path, table: pa.Table) -> None:
    with _begun(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


@contextmanager
def _begun(path: Path) -> Iterator[str]:
    """Yield a temporary name, and rename what was written there once it is whole."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_BEGUN, suffix=".tmp")
    os.close(handle)
    try:
        yield temporary
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _read(path: Path, only: Collection[str]) -> Iterator[Record]:
    table = table_of(path, ("record", "body"))
    names = table["record"].to_pylist()
    rows = [at for at, name in enumerate(names) if not only or name in only]
    bodies = table["body"].take(pa.array(rows, pa.int64())).to_pylist()
    for at, body in zip(rows, bodies, strict=True):
        yield decode(names[at], body)
