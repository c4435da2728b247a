"""The library: the same as the command line, for Python."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from depmap import pipeline
from depmap.collecting.discovery import collector_types
from depmap.collecting.port import EVER
from depmap.collecting.repository import SCANNED
from depmap.config import FILE_NAME, load
from depmap.frames import Frame, dependencies_frame, links_frame, matrix_frame
from depmap.model import snapshot as model
from depmap.model.evidence import Gap, Node
from depmap.model.facts import Fact
from depmap.model.matrix import Matrix
from depmap.model.words import Layer
from depmap.scanning.join import join
from depmap.tracing.engines import Engine, link_paths
from depmap.tracing.table import LINK_COLUMNS, link_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.scanning.scan import Scan


def links(
    paths: str | Path | Iterable[str | Path], *, engine: str = "local", master: str | None = None
) -> Frame:
    """Return the links in trace files, one row a (consumer, provider, kind).

    Args:
        paths: a file or folder, or several; all are one set of spans.
        engine: ``local``, or ``spark`` for spans in Parquet, whose paths may be URLs.
        master: Spark's master; None: what it is configured for, else this machine.

    Returns:
        A frame with the columns of ``depmap links``.

    Raises:
        InputError: a file holds no spans in a known format.
    """
    several = [paths] if isinstance(paths, str | Path) else paths
    found, _ = link_paths([str(path) for path in several], engine=Engine(engine), master=master)
    return links_frame([link_record(item) for item in found.rows], LINK_COLUMNS)


def scan(*folders: str | Path) -> Scan:
    """Return what code and deployment files of one or several roots say together.

    Raises:
        InputError: a folder is not there.
    """
    roots = tuple(Path(folder) for folder in folders)
    records = [
        record
        for cls in collector_types().values()
        if cls.source in SCANNED
        for record in cls(paths=roots).collect(EVER)  # type: ignore[call-arg]
    ]
    return join(
        [item for item in records if isinstance(item, Fact)],
        [item for item in records if isinstance(item, Node)],
        [item for item in records if isinstance(item, Gap)],
    )


@dataclass(frozen=True, slots=True)
class Table:
    """The dependency matrix, as a frame."""

    value: Matrix

    def frame(self, layer: str | None = None) -> Frame:
        """Return a frame: rows depend on columns, providers first, cells are strengths.

        Args:
            layer: ``technical``, ``operational`` or ``business``; None for all.

        Raises:
            ValueError: there is no such layer.
        """
        return matrix_frame(self.value, Layer(layer) if layer else None)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot, as Python holds it; ``value`` is the whole of it (``depmap.model.snapshot``)."""

    value: model.Snapshot

    def matrix(self) -> Table:
        """Return the dependency matrix."""
        return Table(self.value.matrix)

    def dependencies(self) -> Frame:
        """Return every dependency, confirmed or not, one a row."""
        return dependencies_frame(self.value)


def build(project: str | Path, *, as_of: datetime | None = None) -> Snapshot:
    """Return the snapshot of a project from its ledger.

    Args:
        project: its folder, or its ``depmap.toml``.
        as_of: the moment that ages are relative to; now.

    Raises:
        InputError: configuration or ledger cannot be used.
    """
    path = Path(project)
    config = path / FILE_NAME if path.is_dir() else path
    moment = as_of or datetime.now(UTC).replace(microsecond=0)
    return Snapshot(pipeline.build(load(config), as_of=moment))
