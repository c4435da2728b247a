"""The shop's recorded traces: one result from all three formats, and the truth's rows."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from depmap.model.evidence import Gap
from depmap.tracing.linking import Links, link, merge
from depmap.tracing.reading import read_file
from depmap.tracing.spans import Spans
from depmap.tracing.windows import by_hour

SHOP = Path(__file__).parents[2] / "fixtures" / "shop"
FORMATS = ("jaeger.json.gz", "zipkin.json.gz", "otlp.jsonl.gz")


@cache
def spans_of(file: str) -> Spans:
    items = list(read_file(SHOP / "traces" / file))
    assert [item for item in items if isinstance(item, Gap)] == []
    return Spans.concat(item for item in items if isinstance(item, Spans))


@cache
def links_of(file: str) -> Links:
    return link(spans_of(file))


def counts() -> dict[tuple[str, str, str], tuple[int, int]]:
    rows: list[dict[str, Any]] = json.loads((SHOP / "traces" / "counts.json").read_text())["rows"]
    return {(r["consumer"], r["provider"], r["kind"]): (r["calls"], r["errors"]) for r in rows}


@pytest.mark.parametrize("file", FORMATS)
def test_calls_and_errors_are_those_the_recorder_counted(file: str) -> None:
    links = links_of(file)
    got = {(r.consumer, r.provider, r.kind.value): (r.calls, r.errors) for r in links.rows}
    assert got == counts()
    assert links.gaps == ()


def test_rows_are_those_of_the_truth() -> None:
    truth = yaml.safe_load((SHOP / "truth.yaml").read_text())["links"]
    rows = {(r.consumer, r.provider, r.kind.value): r for r in links_of(FORMATS[2]).rows}
    assert set(rows) == {(item["consumer"], item["provider"], item["kind"]) for item in truth}
    for item in truth:
        row = rows[item["consumer"], item["provider"], item["kind"]]
        assert row.virtual == item.get("virtual")
        assert row.operation == item.get("operation", row.operation)


SAME = [
    "consumer",
    "provider",
    "kind",
    "calls",
    "errors",
    "observed",
    "virtual",
    "operation",
    "operations",
    "rules",
    "protocols",
    "examples",
    "units_failed",
    "units_failed_too",
    "units_clean",
    "units_clean_failed",
    "minutes",
    "unwaited",
]


@pytest.mark.parametrize("file", FORMATS[1:])
def test_formats_differ_in_fractions_of_a_microsecond_only(file: str) -> None:
    # Jaeger cuts times to microseconds, Zipkin's exporter rounds them, OTLP has nanoseconds
    one, other = links_of(FORMATS[0]), links_of(file)
    assert one.flows == other.flows
    assert one.entries == other.entries
    for left, right in zip(one.rows, other.rows, strict=True):
        assert [getattr(left, key) for key in SAME] == [getattr(right, key) for key in SAME]
        assert left.first_seen is not None
        assert right.first_seen is not None
        assert abs(left.first_seen - right.first_seen) <= timedelta(microseconds=1)
        assert (left.p50_ms or 0) == pytest.approx(right.p50_ms or 0, rel=0.07)


def test_hours_add_up_to_the_whole() -> None:
    parts = [link(part) for _, part in by_hour(spans_of(FORMATS[2]))]
    assert merge(parts) == links_of(FORMATS[2])
