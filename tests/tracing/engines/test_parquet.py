"""Spans in Parquet and back: nothing is lost, and strangers are told."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given

from depmap.errors import InputError
from depmap.tracing import parquet
from depmap.tracing.engines.partitions import Spool, pieces, split
from depmap.tracing.linking import link
from depmap.tracing.spans import Spans
from tests.tracing.test_laws import everything, traces
from tests.tracing.traces import S, table


@given(spans=traces())
def test_nothing_is_lost(spans: list[S]) -> None:
    batch = table(*spans, S("a", "1", trace="no hex"), S("\ud800", "2", trace="no hex"))
    plain = table(*spans, S("a", "1", trace="no hex"), S("?", "2", trace="no hex"))
    back = parquet.from_table(parquet.to_table(batch))
    assert everything(link(back)) == everything(link(plain))
    assert back.odd == batch.odd


@given(spans=traces())
def test_partitions_hold_whole_traces_and_all_of_them(spans: list[S]) -> None:
    batch = table(*spans)
    parts = split(batch, 3)
    assert sum(map(len, parts)) == len(batch)
    low = [set(part.trace_low.tolist()) for part in parts]
    assert not (low[0] & low[1] | low[1] & low[2] | low[0] & low[2])


@given(spans=traces())
def test_a_spool_gives_back_what_it_took_without_what_is_left_out(spans: list[S]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder), held=2)
        for span in spans:
            spool.add(table(span))
            spool.add(table(S("z", "99", trace=span.trace)), "other")
        assert spool.in_memory(()) is None
        shelf = spool.shelf()
        found = list(shelf.read(range(256), {"other"}))
        assert everything(link(Spans.concat(found))) == everything(link(table(*spans)))
        assert shelf.spans({"other"}).sum() == len(spans)


def test_pieces_hold_every_partition_once() -> None:
    rows = np.ones(256, dtype=np.int64)
    for wanted, least in ((1, 1), (100, 1), (1000, 3), (10**9, 1)):
        found = pieces(rows, wanted, least)
        assert sorted(at for piece in found for at in piece) == list(range(256))
        assert len(found) >= least


def test_row_groups_are_read_in_ranges(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    spans = table(*(S("a", str(at), trace=str(at)) for at in range(1, 10)))
    parquet.write(path, [spans], group=2)
    assert parquet.groups(path, wanted=4) == [(0, 2), (2, 4), (4, 5)]
    assert sum(map(len, parquet.read(path))) == 9
    assert sum(map(len, parquet.read(path, [1, 4]))) == 3


def test_facts_of_a_later_version_are_left_out() -> None:
    batch = parquet.to_table(table(S("a", "1", "", "client", remote="b")))
    at = batch.schema.get_field_index("facts")
    texts = pa.array(['{"peer":"b","hue":"blue"}']).dictionary_encode()
    back = parquet.from_table(batch.set_column(at, "facts", texts))
    assert back.fact_table[0].peer == "b"


def test_parquet_of_others_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(InputError, match="no column"):
        list(parquet.read(path))
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match="no readable Parquet"):
        parquet.groups(path)


def test_an_empty_table_has_no_spans(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    parquet.write(path, [])
    assert list(parquet.read(path)) == []
    parquet.write(path, [table()])
    assert sum(map(len, parquet.read(path))) == 0
