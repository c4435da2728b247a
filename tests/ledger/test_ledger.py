from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.errors import InputError
from depmap.ledger.ledger import Ledger, Stored
from depmap.ledger.records import decode, encode, record_types
from depmap.model.calls import Calls
from depmap.model.evidence import Evidence, Flow, Gap, Node
from depmap.model.words import Kind, Source
from depmap.tracing.links import Senders
from tests.builders import claim, seen

if TYPE_CHECKING:
    from pathlib import Path

TIMES = st.none() | st.datetimes(timezones=st.just(UTC))
EVIDENCE = st.builds(
    Evidence,
    consumer=st.text(),
    provider=st.text(),
    kind=st.sampled_from(Kind),
    source=st.sampled_from(Source),
    locators=st.lists(st.text(), max_size=2).map(tuple),
    confidence=st.floats(0, 1),
    calls=st.none() | st.builds(Calls, calls=st.integers(0, 10**12)),
    first_seen=TIMES,
)


@given(EVIDENCE)
def test_what_is_encoded_is_decoded(item: Evidence) -> None:
    assert decode("Evidence", encode(item)) == item


def test_every_kind_of_record_has_a_name() -> None:
    assert {"Evidence", "Node", "Shared", "Finding", "Gap", "Flow"} <= set(record_types())


def test_what_is_written_is_read(tmp_path: Path) -> None:
    flow = Flow(operation="a: x", nodes=("a",), parents=(-1,), blocking=(True,), count=3)
    records = (
        seen(first_seen=datetime(2026, 11, 1, 5, tzinfo=UTC)),
        Gap("x", "y"),
        Node(name="a"),
        flow,
    )
    ledger = Ledger(tmp_path)
    ledger.replace("jaeger", {"2026-11-01T05": records}, whole=False)
    (stored,) = ledger.read()
    assert (stored.source, stored.window) == ("jaeger", "2026-11-01T05")
    assert set(stored.records) == set(records)


def test_collecting_a_window_again_replaces_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.replace("s", {"w1": [claim("a")], "w2": [claim("b")]}, whole=False)
    ledger.replace("s", {"w2": [claim("c")]}, whole=False)
    assert list(ledger.read()) == [
        Stored("s", "w1", (claim("a"),)),
        Stored("s", "w2", (claim("c"),)),
    ]


def test_a_source_that_is_read_whole_forgets_its_other_windows(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.replace("s", {"w1": [claim("a")]}, whole=True)
    ledger.replace("s", {"w2": [claim("b")]}, whole=True)
    assert ledger.windows("s") == ("w2",)


def test_the_order_of_records_does_not_change_the_file(tmp_path: Path) -> None:
    one, other = Ledger(tmp_path / "one"), Ledger(tmp_path / "other")
    one.replace("s", {"w": [claim("a"), claim("b")]}, whole=True)
    other.replace("s", {"w": [claim("b"), claim("a")]}, whole=True)
    assert list(one.read()) == list(other.read())


@pytest.mark.parametrize("name", ["../escape", "..", "a/b", ""])
def test_a_name_stays_inside_the_ledger(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "ledger"
    Ledger(folder).replace(name, {name: [claim()]}, whole=True)
    assert {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*.parquet")} == {
        "ledger"
    }


def test_the_columns_can_be_queried_without_the_records(tmp_path: Path) -> None:
    Ledger(tmp_path).replace("s", {"w": [seen(calls=7)]}, whole=True)
    (path,) = tmp_path.rglob("*.parquet")
    row = pq.read_table(path).to_pylist()[0]
    assert (row["record"], row["consumer"], row["provider"], row["kind"], row["calls"]) == (
        "Evidence",
        "a",
        "b",
        "http",
        7,
    )


def test_a_file_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    path = tmp_path / "evidence" / "s" / "w.parquet"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not parquet")
    with pytest.raises(InputError) as caught:
        list(Ledger(tmp_path).read())
    assert caught.value.where == str(path)


def test_a_file_of_another_version_is_named(tmp_path: Path) -> None:
    path = tmp_path / "evidence" / "s" / "w.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"record": ["Evidence"], "body": ["{}"]}), path)
    with pytest.raises(InputError, match="another version"):
        list(Ledger(tmp_path).read())


_WRITER = """
import sys
from pathlib import Path
from depmap.ledger.ledger import Ledger
from tests.builders import claim
ledger = Ledger(Path(sys.argv[1]))
print("ready", flush=True)
for i in range(100_000):
    ledger.replace("s", {f"w{i}": [claim(str(n)) for n in range(200)]}, whole=False)
"""


@pytest.mark.parametrize("milliseconds", [1, 7, 20, 45, 90])
def test_a_run_that_is_killed_leaves_whole_files(tmp_path: Path, milliseconds: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGKILL)
    assert all(len(stored.records) == 200 for stored in Ledger(tmp_path).read())


def test_a_source_has_one_writer_at_a_time(tmp_path: Path) -> None:
    ledger, waited = Ledger(tmp_path), threading.Event()

    def second() -> None:
        with ledger.writing("s", waited.set) as writer:
            writer.replace({"w": [claim("second")]}, whole=False)

    thread = threading.Thread(target=second)
    with ledger.writing("s") as writer, ledger.writing("other"):
        thread.start()
        assert waited.wait(10)
        writer.replace({"w": [claim("first")]}, whole=False)
        assert list(ledger.read()) == [Stored("s", "w", (claim("first"),))]
    thread.join()
    assert list(ledger.read()) == [Stored("s", "w", (claim("second"),))]


def test_what_a_killed_run_had_begun_is_cleared_away(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.replace("s", {"w": [claim()]}, whole=True)
    begun = tmp_path / "evidence" / "s" / ".writing-1.tmp"
    begun.write_bytes(b"half")
    ledger.replace("s", {"w": [claim()]}, whole=True)
    assert not begun.exists()


def test_a_note_outlives_its_writer(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for text, before in (("a long note", ""), ("short", "a long note"), ("", "short")):
        with ledger.writing("s") as writer:
            assert writer.note.read() == before
            writer.note.write(text)


def test_spans_that_sent_messages_are_kept_by_hour(tmp_path: Path) -> None:
    sent = Senders(
        np.array([1, 2**64 - 1], np.uint64),
        np.array([3, 4], np.uint64),
        np.array([1, 0]),
        (("a", "x"), ("b", "")),
    )
    with Ledger(tmp_path).writing("s") as writer:
        for hour in ("2026-11-20T01", "2026-11-20T02", "2026-11-20T03"):
            writer.keep_senders(hour, sent, "2026-11-20T02")
        found = writer.senders("2026-11-20T00", "2026-11-20T03")
        assert list(found) == ["2026-11-20T02"]
        one = found["2026-11-20T02"]
        assert [one.labels[code] for code in one.code] == [("b", ""), ("a", "x")]
        assert (one.trace.tolist(), one.span.tolist()) == ([1, 2**64 - 1], [3, 4])
        writer.keep_senders("2026-11-20T02", None, "")
        assert writer.senders("", "2026-11-20T03") == {}


def test_spans_that_cannot_be_read_are_as_good_as_none(tmp_path: Path) -> None:
    folder = tmp_path / "senders" / "s"
    folder.mkdir(parents=True)
    (folder / "2026-11-20T02.parquet").write_bytes(b"junk")
    with Ledger(tmp_path).writing("s") as writer:
        assert writer.senders("", "3") == {}


def test_a_window_without_records_is_read(tmp_path: Path) -> None:
    Ledger(tmp_path).replace("traces", {"2026-11-20T10": ()}, whole=True)
    (stored,) = Ledger(tmp_path).read()
    assert (stored.window, stored.records) == ("2026-11-20T10", ())
