"""Where and how links are worked out; whatever the engine, the result is the same to the byte."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from depmap.errors import InputError
from depmap.tracing.files import link_files
from depmap.tracing.selecting import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depmap.model.evidence import Gap
    from depmap.tracing.links import Links
    from depmap.tracing.selecting import Selection


class Engine(StrEnum):
    """What works links out."""

    LOCAL = "local"
    SPARK = "spark"


def link_paths(
    paths: Sequence[str],
    *,
    engine: Engine = Engine.LOCAL,
    master: str | None = None,
    by_operation: bool = False,
    selection: Selection = EVERYTHING,
) -> tuple[Links, tuple[Gap, ...]]:
    """Return the links of spans, and all gaps.

    Args:
        paths: trace files or folders, ``-`` for standard input; for Spark, Parquet or its URL.
        engine: this machine, or Spark.
        master: Spark's master; None: what it is configured for, else this machine.
        by_operation: whether rows are split by operation.
        selection: which traces are linked, and what tells services apart.

    Raises:
        InputError: a path leads to nothing, or holds no spans in a known format.
        DepmapError: Spark is asked for and does not start.
    """
    if engine is Engine.SPARK:
        from depmap.tracing.engines import spark  # noqa: PLC0415 - an extra

        if selection.tags:
            raise InputError(
                "spans in Parquet do not hold all attributes", where="--tag", hint="use --trace"
            )
        return spark.link_parquet(
            paths, master=master, by_operation=by_operation, selection=selection
        )
    files = [Path(path) for path in paths]
    if selection.tags:
        # tags are looked for while documents are read, one after the other
        return link_files(files, by_operation=by_operation, selection=selection)
    from depmap.tracing.engines import local  # noqa: PLC0415 - the others need no pool

    return local.link_paths(files, by_operation=by_operation, selection=selection)
