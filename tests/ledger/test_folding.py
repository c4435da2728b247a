"""Rows of many hours become few, and what they say stays the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depmap.errors import InputError
from depmap.ledger import blocks
from depmap.ledger.ledger import Ledger
from depmap.merging.units import units_of
from depmap.model.calls import Calls, Hour, OperationUnits, hours_of, packed_hours
from depmap.model.evidence import Evidence, Flow, Gap, Node
from depmap.model.words import Source, Strength
from tests.builders import claim, node

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from depmap.ledger.records import Record

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def row(hour: int, provider: str = "b", **calls: object) -> Evidence:
    start = NOON + timedelta(hours=hour)
    told: dict[str, object] = {"calls": 10, "weight": 10.0, **calls}
    return claim(
        "a",
        provider,
        source=Source.TRACES,
        locators=(f"trace:{hour:032x}",),
        calls=Calls(**told),  # type: ignore[arg-type]
        first_seen=start + timedelta(seconds=5),
        last_seen=start + timedelta(minutes=50),
    )


def folded(folder: Path, *windows: Sequence[Record]) -> list[Record]:
    ledger = Ledger(folder)
    ledger.replace("t", {f"w{at:04d}": item for at, item in enumerate(windows)}, whole=True)
    return [record for stored in ledger.folded() for record in stored.records]


def claims(records: list[Record]) -> list[Evidence]:
    return [item for item in records if isinstance(item, Evidence)]


def test_rows_of_hours_add_up_and_keep_what_each_hour_held(tmp_path: Path) -> None:
    one = row(0, errors=1, units_failed=2, units_failed_too=1, buckets=((100, 10),),
              server_buckets=((96, 19), (98, 1)), operations=(("GET /", 10),))  # fmt: skip
    other = row(2, calls=30, weight=30.0, units_clean=30, buckets=((100, 5), (104, 25)),
                operations=(("GET /", 10), ("PUT /", 20)), non_blocking=0.4)  # fmt: skip
    (found,) = claims(folded(tmp_path, [one], [other]))
    calls = found.calls
    assert calls is not None
    assert (calls.calls, calls.errors, calls.weight, calls.non_blocking) == (40, 1, 40.0, 0.3)
    assert (calls.units_failed, calls.units_failed_too, calls.units_clean) == (2, 1, 30)
    assert calls.buckets == ((100, 15), (104, 25))
    assert calls.operations == (("GET /", 20), ("PUT /", 20))
    assert found.locators == (*one.locators, *other.locators)
    assert (found.first_seen, found.last_seen) == (one.first_seen, other.last_seen)
    first = int(NOON.timestamp()) // 3600
    assert list(hours_of(calls)) == [
        Hour(first, 10, 5, 3000, 20, 96, 2, 1),
        Hour(first + 2, 30, 5, 3000, 0, -1, 0, 0),
    ]


def test_units_by_operation_add_up_operation_by_operation(tmp_path: Path) -> None:
    first = (OperationUnits("GET /a", "Get", 2, 1, 10, 0, 1),)
    later = (
        OperationUnits("GET /a", "Get", 3, 3, 20, 1, 2),
        OperationUnits("GET /b", "Put", 1, 0, 5, 0, 1),
    )
    (found,) = claims(folded(tmp_path, [row(0, by_operation=first)], [row(2, by_operation=later)]))
    assert found.calls is not None
    assert found.calls.by_operation == (
        OperationUnits("GET /a", "Get", 5, 4, 30, 1, 3),
        OperationUnits("GET /b", "Put", 1, 0, 5, 0, 1),
    )


def test_flows_of_other_operations_are_other_flows(tmp_path: Path) -> None:
    flow = Flow(operation="a: /", nodes=("a",), parents=(-1,), blocking=(True,), count=3)
    windows = [[replace(flow, operations=(asked,))] for asked in ("/", "/x", "/")]
    found = [item for item in folded(tmp_path, *windows) if isinstance(item, Flow)]
    assert sorted((item.operations, item.count) for item in found) == [(("/",), 6), (("/x",), 3)]


def test_gaps_of_traces_are_one_for_all_hours_and_those_of_a_place_are_not(tmp_path: Path) -> None:
    lost = Gap("a span", "it was lost", "trace:1", "t", count=3)
    windows: list[list[Record]] = [
        [lost, Gap("a call", "no such host", "x.py:1", "t")],
        [replace(lost, locator="trace:2", count=4), Gap("a call", "no such host", "x.py:2", "t")],
    ]
    found = sorted(item for item in folded(tmp_path, *windows) if isinstance(item, Gap))
    assert [(item.text, item.locator) for item in found] == [
        ("a call", "x.py:1"),
        ("a call", "x.py:2"),
        ("a span (7 times)", "trace:1"),
    ]


def test_hours_are_packed_and_unpacked() -> None:
    hours = [Hour(500_000, 1, 0, 3599, 1, 96, 0, 0), Hour(500_001, 2, 1, 7000, 0, -1, 2, 1)]
    assert list(hours_of(Calls(calls=3, hours=packed_hours(hours)))) == hours


def test_a_row_that_is_alone_stays_as_it_was(tmp_path: Path) -> None:
    alone = row(0, client_buckets=((1, 2),))
    assert claims(folded(tmp_path, [alone], [row(1, "c")], [row(2, "c")]))[0] == alone


def test_months_stay_apart_so_that_they_age_apart(tmp_path: Path) -> None:
    rows = [row(hour) for hour in (0, 1, 24 * 15, 24 * 15 + 1)]
    found = claims(folded(tmp_path, *([item] for item in rows)))
    assert sorted(item.last_seen or NOON for item in found) == [
        rows[1].last_seen,
        rows[3].last_seen,
    ]


def test_claims_without_calls_or_of_longer_than_an_hour_are_left_alone(tmp_path: Path) -> None:
    said = claim(strength=Strength.STRONG)
    dated = replace(said, source=Source.PEOPLE, first_seen=NOON, last_seen=NOON)
    long = replace(row(0), last_seen=NOON + timedelta(days=3))
    found = claims(folded(tmp_path, [said, dated, long], [said, dated, long]))
    assert sorted(map(repr, found)) == sorted(map(repr, [said, dated, long] * 2))


def test_guesses_and_denials_are_not_added_to_what_was_seen(tmp_path: Path) -> None:
    guess = replace(row(1), observed=False, reason="inferred over a lost span")
    assert len(claims(folded(tmp_path, [row(0)], [guess]))) == 2


def test_nodes_flows_and_gaps_are_counted_once(tmp_path: Path) -> None:
    flow = Flow(operation="a: /", nodes=("a",), parents=(-1,), blocking=(True,), count=3)
    window: list[Record] = [node("a", requests=7, requests_failed=1), flow, Gap("x", "y")]
    found = folded(tmp_path, window, window)
    assert [item for item in found if isinstance(item, Node)] == [
        node("a", requests=14, requests_failed=2)
    ]
    assert [item.count for item in found if isinstance(item, Flow)] == [6]
    assert [item for item in found if isinstance(item, Gap)] == [Gap("x", "y", count=2)]


def test_rows_on_disk_are_counted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.replace("t", {"a": [row(0), node("a")], "b": [row(1)]}, whole=True)
    assert [(stored.source, stored.rows) for stored in ledger.folded()] == [("t", 2)]


ROWS = st.lists(
    st.builds(
        lambda hour, provider, n, k, w: row(
            hour,
            provider,
            units_failed=n,
            units_failed_too=min(n, k),
            units_weight=None if w is None else (n * w, min(n, k) * w, 0.0, 0.0),
            load_quantile=None if w is None else 0.25,
        ),
        st.integers(0, 2000),
        st.sampled_from("bc"),
        st.integers(0, 5),
        st.integers(0, 5),
        st.none() | st.sampled_from([1.0, 10.0]),
    ),
    max_size=12,
)


@settings(max_examples=25)
@given(ROWS, st.integers(1, 4))
def test_folding_changes_no_units_however_windows_are_cut(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Evidence], size: int
) -> None:
    cut = [list(rows[at : at + size]) for at in range(0, len(rows), size)]
    found = claims(folded(tmp_path_factory.mktemp("x"), *cut))
    for provider in "bc":
        mine = units_of([item for item in found if item.provider == provider])
        whole = units_of([item for item in rows if item.provider == provider])
        assert (mine.failed, mine.failed_too, mine.incidents) == (
            whole.failed,
            whole.failed_too,
            whole.incidents,
        )
        assert mine.weights == pytest.approx(whole.weights)
        assert (mine.calls, mine.told) == (whole.calls, whole.told)


def test_a_helper_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = [[row(hour, "bcd"[hour % 3], load_quantile=hour / 30)] for hour in range(30)]
    monkeypatch.setattr(blocks, "BLOCK", 3)
    monkeypatch.setenv("DEPMAP_PROCESSES", "1")
    alone = folded(tmp_path, *windows)
    monkeypatch.setenv("DEPMAP_PROCESSES", "2")
    assert folded(tmp_path, *windows) == alone


def test_a_broken_file_is_named_by_a_helper_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 1)
    monkeypatch.setenv("DEPMAP_PROCESSES", "2")
    ledger = Ledger(tmp_path)
    ledger.replace("t", {f"w{at:02d}": [row(at)] for at in range(12)}, whole=True)
    broken = tmp_path / "evidence" / "t" / "w05.parquet"
    broken.write_bytes(b"no parquet")
    with pytest.raises(InputError) as caught:
        list(ledger.folded())
    assert caught.value.where == str(broken)
