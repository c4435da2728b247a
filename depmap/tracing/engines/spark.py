"""Links of spans that lie in Parquet, on Spark: the very same function, on Arrow batches.

Spark brings the spans of each trace together and calls ``link`` once a partition; what comes back
are partial links, merged here as those of any other engine.
"""

from __future__ import annotations

import os
import pickle
import sys
import warnings
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from depmap.errors import DepmapError, InputError
from depmap.tracing import parquet
from depmap.tracing.engines.local import PIECE
from depmap.tracing.engines.worker import link_some
from depmap.tracing.joining import merge
from depmap.tracing.selecting import EVERYTHING
from depmap.tracing.spans import Process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from depmap.model.evidence import Gap
    from depmap.tracing.links import Links
    from depmap.tracing.selecting import Selection

LOCAL: Final = "local[*]"
HINT: Final = "install it with: pip install 'depmap[spark]'; it needs Java 17 or newer"
_LEAST: Final = 4


def link_parquet(
    paths: Sequence[str],
    *,
    master: str | None = None,
    by_operation: bool = False,
    selection: Selection = EVERYTHING,
) -> tuple[Links, tuple[Gap, ...]]:
    """Return the links of spans in Parquet, and the gaps.

    Args:
        paths: files or folders, local ones or URLs that Spark can read.
        master: Spark's master; None: what Spark is configured for, else this machine.
        by_operation: whether rows are split by operation.
        selection: which traces are linked, and what tells services apart.

    Raises:
        DepmapError: there is no Spark.
        InputError: Spark cannot read the paths as spans.
    """
    with warnings.catch_warnings():
        # Spark warns of pandas 3, of which nothing is used here
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        session, ours = _session(master)
        try:
            partial = _partial(session, paths, selection, by_operation=by_operation)
        finally:
            if ours:
                session.stop()
    links = merge(partial)
    return links, links.gaps


def _session(master: str | None) -> tuple[Any, bool]:
    """Return a session, and whether it is to be ended here."""
    if not os.environ.get("PYSPARK_SUBMIT_ARGS", "x"):
        # an empty value makes Spark's gateway fail without a word
        del os.environ["PYSPARK_SUBMIT_ARGS"]
    try:
        from pyspark.errors import PySparkRuntimeError  # noqa: PLC0415 - an extra
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError as error:
        raise DepmapError("Spark is not installed", hint=HINT) from error
    active = SparkSession.getActiveSession()
    if active is not None:
        return active, False
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("depmap").master(master or _configured())
    for key, value in _SETTINGS.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate(), True
    except (PySparkRuntimeError, OSError) as error:
        raise DepmapError(f"Spark does not start: {error}", hint=HINT) from error


_SETTINGS: Final = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
}


def _configured() -> str:
    """Return the master of Spark's own configuration, this machine where there is none."""
    return os.environ.get("SPARK_MASTER") or os.environ.get("MASTER") or LOCAL


def _partial(
    session: Any, paths: Sequence[str], selection: Selection, *, by_operation: bool
) -> list[Links]:
    """Return the links of each partition."""
    from pyspark.errors import AnalysisException  # noqa: PLC0415 - an extra
    from pyspark.sql import functions  # noqa: PLC0415

    try:
        spans = session.read.parquet(*paths).select(*parquet.SCHEMA.names)
    except AnalysisException as error:
        raise InputError(
            f"Spark cannot read spans there: {error.getCondition() or error}",
            where=", ".join(paths),
            hint="it reads the Parquet that depmap writes (depmap.tracing.parquet)",
        ) from error
    many = max(_LEAST, -(-spans.count() // PIECE))
    low, high = functions.col("trace_low"), functions.col("trace_high")
    key = functions.when(low == 0, high).otherwise(low)
    told = spans.select(*Process._fields).distinct().collect()
    processes = tuple(sorted(Process(*row) for row in told))
    linked = linker(processes, selection, by_operation=by_operation)
    rows = spans.repartition(many, key).mapInArrow(linked, "links binary")
    return [pickle.loads(row.links) for row in rows.collect()]  # noqa: S301 - written below


def linker(
    processes: tuple[Process, ...], selection: Selection, *, by_operation: bool
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return the function that Spark calls on each partition's batches; see ``link_some``."""

    def linked(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        held = [batch for batch in batches if batch.num_rows]
        if held:
            spans = parquet.from_table(pa.Table.from_batches(held))
            links = link_some([spans], processes, selection, by_operation=by_operation)
            found = pickle.dumps(links)
            yield pa.RecordBatch.from_pydict({"links": pa.array([found], pa.binary())})

    return linked
