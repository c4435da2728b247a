"""Parts, processes, memory and disk change nothing: links and gaps are those of one reading."""

from __future__ import annotations

import gzip
import json
import os
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.errors import DepmapError, InputError
from depmap.tracing import parquet
from depmap.tracing.engines import link_paths as link_by_name
from depmap.tracing.engines.local import link_paths
from depmap.tracing.engines.pool import started
from depmap.tracing.engines.work import sources_of, tasks_of
from depmap.tracing.files import link_files
from depmap.tracing.naming import Identity
from depmap.tracing.selecting import Selection
from tests.tracing.test_laws import everything, traces
from tests.tracing.traces import S, as_jaeger, as_otlp, as_zipkin, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from depmap.tracing.engines.pool import Pool
    from depmap.tracing.engines.work import Task

SERVICES = st.sampled_from(["a", "b", "a.shop", "A"])
FORMS: dict[str, Callable[[list[S]], bytes]] = {
    "zipkin": as_zipkin,
    "zipkin spans": lambda spans: json.dumps(
        [span for trace in json.loads(as_zipkin(spans)) for span in trace]
    ).encode(),
    "jaeger": as_jaeger,
    "jaeger traces": lambda spans: json.dumps(json.loads(as_jaeger(spans))["data"]).encode(),
    "otlp": as_otlp,
    "otlp document": lambda spans: json.dumps(
        {
            "resourceSpans": [
                group
                for line in as_otlp(spans).splitlines()
                for group in json.loads(line)["resourceSpans"]
            ]
        }
    ).encode(),
}


def many(count: int = 40) -> list[S]:
    """Return traces of a call and a message each, linked across traces."""
    return [
        span
        for at in range(1, count)
        for span in (
            S("a", "1", "", "client", trace=f"{at:x}", start=at),
            S("b", "2", "1", "server", trace=f"{at:x}", start=at + 1),
            S("b", "3", "2", "producer", {"kafka.topic": "t"}, trace=f"{at:x}"),
            S("c", "4", "", "consumer", trace=f"{at + 1000:x}", links=((f"{at:x}", "3"),)),
        )
    ]


@given(
    spans=traces(services=SERVICES), form=st.sampled_from(sorted(FORMS)), seed=st.integers(1, 9)
)
def test_parts_and_disk_change_nothing(spans: list[S], form: str, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spans"
        path.write_bytes(FORMS[form](spans))
        links, gaps = link_files([path])
        whole = everything(links), gaps
        for held in (1, 10**9):
            again, found = link_paths([path], processes=1, held=held, part=100 * seed)
            assert (everything(again), found) == whole


@pytest.mark.parametrize("form", FORMS)
def test_a_pool_gives_the_same(tmp_path: Path, form: str) -> None:
    path = tmp_path / "spans"
    path.write_bytes(FORMS[form](many()))
    assert len(tasks_of(sources_of([path]), 2000, 1)) > 4
    expected = link_files([path], by_operation=True)
    assert link_paths([path], processes=2, held=20, part=2000, by_operation=True) == expected
    assert len(expected[0].rows) > 1


@pytest.mark.parametrize("identity", Identity)
def test_names_are_joined_over_all_partitions(tmp_path: Path, identity: Identity) -> None:
    spans = [
        S(service, "1", "", "client", trace=f"{at:x}", remote="cart")
        for at, service in enumerate(["cart", "cart.shop", "web", "Cart"] * 9, 1)
    ]
    path = tmp_path / "spans"
    path.write_bytes(as_zipkin(spans))
    selection = Selection(identity=identity, traces=tuple(f"{at:x}" for at in range(1, 30)))
    expected = link_files([path], selection=selection)
    assert link_paths([path], selection=selection, processes=1, held=1, part=500) == expected


BROKEN = {
    "zipkin": lambda data: data.replace(b'"id": "0000000000000002"', b'"id": 7', 3),
    "jaeger": lambda data: data.replace(b'"spanID": "0000000000000002"', b'"spanID": 7', 1),
    "otlp": lambda data: data.replace(b'"name": ""', b'"name": 7', 150),
    "otlp document": lambda data: data.replace(b'"name": ""', b'"name": 7', 150),
}


@pytest.mark.parametrize("form", BROKEN)
def test_gaps_are_the_same_to_the_line(tmp_path: Path, form: str) -> None:
    path = tmp_path / "spans"
    path.write_bytes(BROKEN[form](FORMS[form](many(80))))
    expected = link_files([path])
    assert link_paths([path], processes=1, part=3000) == expected
    assert link_paths([path], processes=2, part=3000, held=10) == expected
    assert any("cannot be read" in gap.why for gap in expected[1])


def test_what_only_looks_like_a_break_is_none(tmp_path: Path) -> None:
    spans = [span for trace in json.loads(as_zipkin(many())) for span in trace]
    nested = [{"traceId": "9", "id": str(at)} for at in range(20)]
    for span in spans:
        span["tags"]["list"] = nested
    path = tmp_path / "spans"
    path.write_text(json.dumps(spans))
    assert link_paths([path], processes=1, part=1000) == link_files([path])


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"[[]]", b"\n\n", b"{}", b'{"data": []}', b"[1", b'{"data": [' * 9]
)
def test_small_and_broken_files_are_read_as_ever(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "spans"
    path.write_bytes(data)

    def told(read: Callable[[], object]) -> object:
        try:
            return read()
        except InputError as error:
            return str(error)

    assert told(lambda: link_paths([path], processes=1, part=2)) == told(
        lambda: link_files([path])
    )


def test_folders_are_read_as_ever(tmp_path: Path) -> None:
    spans = many()
    (tmp_path / "one.json").write_bytes(as_zipkin(spans[:40]))
    (tmp_path / "two.json.gz").write_bytes(gzip.compress(as_jaeger(spans[40:])))
    (tmp_path / "notes.txt").write_text("no spans here")
    assert link_paths([tmp_path], part=2000) == link_files([tmp_path])
    for path in (tmp_path / "one.json", tmp_path / "two.json.gz"):
        path.unlink()
    with pytest.raises(InputError):
        link_paths([tmp_path])
    (tmp_path / "notes.txt").unlink()
    with pytest.raises(InputError, match="empty"):
        link_paths([tmp_path])
    with pytest.raises(InputError, match="no such file"):
        link_paths([tmp_path / "nothing"])


def test_tags_are_looked_for_in_the_documents(tmp_path: Path) -> None:
    path = tmp_path / "spans"
    path.write_bytes(
        as_zipkin([S("a", "1", "", "client", {"user": "u"}, remote="b", trace="ffff"), *many()])
    )
    links, _ = link_by_name([str(path)], selection=Selection(tags=(("user", "u"),)))
    assert [(row.consumer, row.calls) for row in links.rows] == [("a", 1)]


def test_parquet_is_read_like_any_file(tmp_path: Path) -> None:
    path = tmp_path / "spans.parquet"
    batch = table(*many())
    parquet.write(path, [batch], group=30)
    (tmp_path / "spans.json").write_bytes(as_zipkin(many()))
    (tmp_path / "spans.json").unlink()
    one = link_paths([path], processes=1)
    assert link_paths([path], processes=2, held=10) == one
    assert one[0].spans == len(batch)


def test_a_helper_that_dies_is_told(tmp_path: Path) -> None:
    path = tmp_path / "spans"
    path.write_bytes(as_otlp(many()))
    tasks = tasks_of(sources_of([path]))
    with (
        pytest.raises(DepmapError, match="helper process ended"),
        started(tmp_path, 100, 2) as pool,
    ):
        read_without_helpers(pool, tasks)


def read_without_helpers(pool: Pool, tasks: list[Task]) -> None:
    """Read after all helpers were killed."""
    for child in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)
    pool.read(tasks)
