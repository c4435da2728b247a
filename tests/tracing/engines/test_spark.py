"""Spark gives what this machine gives, column by column of every row."""

from __future__ import annotations

import importlib.util
import os
import pickle
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from depmap.errors import DepmapError, InputError
from depmap.tracing import parquet
from depmap.tracing.engines import Engine, link_paths, spark
from depmap.tracing.linking import link, merge
from depmap.tracing.selecting import EVERYTHING, Selection
from depmap.tracing.spans import Spans
from tests.tracing.engines.test_local import many
from tests.tracing.traces import S, table

ROOT = Path(__file__).parents[3]
PROGRAM = """
import pickle, sys
from depmap.tracing.engines.spark import link_parquet
found = [link_parquet(sys.argv[2:], master="local[2]", by_operation=by) for by in (False, True)]
with open(sys.argv[1], "wb") as stream:
    pickle.dump(found, stream)
"""


def needed() -> None:
    """Skip where there is no Spark, unless everything is required."""
    missing = [
        name
        for name, there in (
            ("pyspark", importlib.util.find_spec("pyspark")),
            ("java", shutil.which("java")),
        )
        if not there
    ]
    if missing and os.environ.get("DEPMAP_REQUIRE_ALL") == "1":
        pytest.fail(f"{' and '.join(missing)} required, and not there")
    if missing:
        pytest.skip(f"no {' and '.join(missing)}")


@pytest.mark.spark
def test_every_column_of_every_row_is_the_same(tmp_path: Path) -> None:
    needed()
    spans = [
        *many(200),
        S("cart.shop", "7", "", "client", {"db.system": "redis"}, trace="no hex"),
        S("cart", "8", "66", "server", {"error": "true"}, trace="f00"),
        S("web", "9", "", "server", trace="f00"),
    ]
    for at, batch in enumerate((table(*spans[::2]), table(*spans[1::2]))):
        parquet.write(tmp_path / f"{at}.parquet", [batch], group=100)
    out = tmp_path / "out"
    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(out), str(tmp_path / "0.parquet"),
         str(tmp_path / "1.parquet")],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    found = pickle.loads(out.read_bytes())  # noqa: S301 - written by the program above
    for by_operation, (links, gaps) in zip((False, True), found, strict=True):
        local, expected = link_paths(
            [str(tmp_path / f"{at}.parquet") for at in (0, 1)], by_operation=by_operation
        )
        assert gaps == expected
        assert len(links.rows) == len(local.rows) > 3
        for one, other in zip(links.rows, local.rows, strict=True):
            for field in fields(one):
                assert getattr(one, field.name) == getattr(other, field.name), field.name
        assert links == local


def test_what_spark_calls_on_batches_is_the_same_function() -> None:
    batch = table(*many())
    linked = spark.linker(batch.processes, EVERYTHING, by_operation=False)
    records = parquet.to_table(batch).to_batches(max_chunksize=7)
    (found,) = linked(records)
    part = pickle.loads(found["links"][0].as_py())  # noqa: S301
    assert merge([part]) == link(batch)
    assert list(linked([])) == []
    assert len(Spans.concat([batch])) == len(batch)


def test_spark_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(DepmapError, match="not installed") as found:
        link_paths(["x"], engine=Engine.SPARK)
    assert "depmap[spark]" in found.value.hint


def test_spark_knows_no_tags() -> None:
    with pytest.raises(InputError, match="attributes"):
        link_paths(["x"], engine=Engine.SPARK, selection=Selection(tags=(("a", "b"),)))
