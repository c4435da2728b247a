"""``depmap links`` with what narrows, names and explains; what goes to the ledger."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from depmap.model.evidence import Evidence
from depmap.tracing.claims import claims
from depmap.tracing.table import DETAILS, LINK_COLUMNS
from tests.functional.calling import call
from tests.tracing.test_packed import as_proto, zstd
from tests.tracing.traces import S, as_otlp, linked

if TYPE_CHECKING:
    from pathlib import Path

CALLS = [
    S("a", "1", "", "client", {"tenant": "x"}, trace="1"),
    S("b", "2", "1", "server", trace="1"),
    S("a", "1", "", "client", trace="2"),
    S("b", "2", "1", "server", trace="2"),
    S("b", "3", "2", "client", trace="2", remote="c"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "traces.jsonl"
    path.write_bytes(as_otlp(CALLS))
    return path


def rows(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> list[tuple[str, str, int]]:
    answer = call(capfd, "links", *arguments, "--format", "json")
    assert answer.code == 0, answer.err
    return [(row["consumer"], row["provider"], row["calls"]) for row in answer.json()["links"]]


def test_rows_have_their_columns_first_and_then_the_details(
    capfd: pytest.CaptureFixture[str], file: Path
) -> None:
    row = call(capfd, "links", file, "--format", "json").json()["links"][0]
    assert tuple(row) == (*LINK_COLUMNS, *DETAILS)
    assert (row["rule"], row["self_call"], row["client_p50_ms"]) == (
        "client-server",
        False,
        0.999424,
    )
    assert call(capfd, "links", file, "--format", "csv").out.splitlines()[0] == ",".join(
        LINK_COLUMNS
    )


def test_what_narrows(capfd: pytest.CaptureFixture[str], file: Path) -> None:
    assert rows(capfd, file) == [("a", "b", 2), ("b", "c", 1)]
    assert rows(capfd, file, "--tag", "tenant=x") == [("a", "b", 1)]
    assert rows(capfd, file, "--tag", "service.name=a", "--tag", "tenant=y") == []
    assert rows(capfd, file, "--trace", "2") == [("a", "b", 1), ("b", "c", 1)]
    assert rows(capfd, file, "--min-calls", "2") == [("a", "b", 2)]
    answer = call(capfd, "links", file, "--min-calls", "2")
    assert "not shown: 1 link with fewer calls" in answer.err


def test_what_names_and_weighs(capfd: pytest.CaptureFixture[str], file: Path) -> None:
    assert rows(capfd, file, "--identity", "environment") == rows(capfd, file)
    answer = call(capfd, "links", file, "--sampling", "0.5", "--format", "json")
    assert [row["weight"] for row in answer.json()["links"]] == [4.0, 2.0]


@pytest.mark.parametrize(
    "option", [["--tag", "x"], ["--tag", "=x"], ["--sampling", "0"], ["--sampling", "2"],
               ["--identity", "x"], ["--min-calls", "0"], ["--explain", "a"]]
)  # fmt: skip
def test_wrong_options_are_wrong_usage(
    capfd: pytest.CaptureFixture[str], file: Path, option: list[str]
) -> None:
    assert call(capfd, "links", file, *option).code == 2


def test_a_link_is_explained(capfd: pytest.CaptureFixture[str], file: Path) -> None:
    said = call(capfd, "links", file, "--explain", "a", "b").out
    assert "a is linked to b" in said
    assert "rpc by the rule client-server" in said
    said = call(capfd, "links", file, "--explain", "a", "c").out
    assert "a is not linked to c" in said
    assert "a -> b -> c" in said
    answer = call(capfd, "links", file, "--explain", "a", "c", "--format", "json").json()
    assert (answer["explanation"]["linked"], answer["links"]) == (False, [])
    assert call(capfd, "links", file, "--explain", "a", "c", "--format", "csv").out.startswith(
        "what,"
    )


def test_binary_files_are_read_from_the_command_line(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "traces.pb.zst"
    path.write_bytes(zstd(as_proto(CALLS)))
    assert rows(capfd, path) == [("a", "b", 2), ("b", "c", 1)]


def test_the_same_bytes_every_time(capfd: pytest.CaptureFixture[str], file: Path) -> None:
    once = call(capfd, "links", file, "--format", "json").out
    lines = file.read_bytes().splitlines()
    file.write_bytes(b"\n".join([*reversed(lines), lines[0]]))
    assert call(capfd, "links", file, "--format", "json").out == once
    assert json.loads(once)["schema_version"] == 1


def test_the_ledger_gets_all_statistics() -> None:
    links = linked(
        S("a", "1", "", "server", {"http.route": "/x", "http.method": "GET"}, took=100_000),
        S("a", "2", "1", "client", {"error": "true"}, start=10_000, took=20_000, remote="b"),
        S("a", "3", "1", "client", start=40_000, took=40_000, remote="b"),
    )
    (evidence,) = [item for item in claims(links) if isinstance(item, Evidence)]
    calls = evidence.calls
    assert calls is not None
    assert (calls.retries, calls.failed_finally, calls.outlived) == (1, 0, 0)
    assert (calls.critical_ns, calls.critical_of_ns) == (60_000_000, 100_000_000)
    assert calls.consumer_operations == (("GET /x", 2),)
    assert (calls.client_buckets, calls.server_buckets) == (calls.buckets, ())
    assert calls.load_quantile is None
