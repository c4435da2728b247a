"""A run of ``collect`` in a process of its own, which can be killed."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import TYPE_CHECKING

from collectors.jaeger import Jaeger
from depmap.config import ConfiguredSource, Project
from depmap.ledger.ledger import Ledger
from depmap.pipeline import collect
from tests.faults.backend import WINDOW

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from depmap.ledger.records import Record

# Children of one small process that has imported everything already: they start at once.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.faults.collecting", "pandas"])


def project(folder: Path, url: str) -> Project:
    # With so low a limit each hour takes several questions.
    source = ConfiguredSource("live", Jaeger(url, api="v3", limit=8, patience=0.0))
    return Project(
        folder=folder,
        name="p",
        sources=(source,),
        ledger=folder / "ledger",
        snapshots=folder,
        reports=folder,
    )


def run(folder: str, url: str) -> None:
    """Collect the whole window."""
    (found,) = collect(project(Path(folder), url), window=WINDOW)
    if found.failed:
        raise found.failed


def started(folder: Path, url: str) -> BaseProcess:
    process = _CONTEXT.Process(target=run, args=(str(folder), url))
    process.start()
    return process


def stored(folder: Path) -> dict[str, tuple[Record, ...]]:
    return {item.window: item.records for item in Ledger(folder / "ledger").read()}
