"""Links of the shop: exact in three formats and from both real servers."""

from __future__ import annotations

import gzip
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from depmap.collecting.port import Window
from depmap.config import load
from depmap.ledger.ledger import Ledger
from depmap.model.evidence import Evidence
from depmap.pipeline import collect
from depmap.tracing.files import link_files
from tests.functional.calling import call
from tests.shop.truth import TRACES, counts, truth

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.jaeger import Jaeger
    from tests.servers.zipkin import Zipkin

FILES = ("jaeger.json.gz", "zipkin.json.gz", "otlp.jsonl.gz")
BATCH = 2000


@pytest.mark.parametrize("name", FILES)
def test_calls_and_errors_are_exact_in_each_format(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = call(capfd, "links", TRACES / name, "--format", "json")
    found = {
        (row["consumer"], row["provider"], row["kind"]): (row["calls"], row["errors"])
        for row in answer.json()["links"]
    }
    assert found == counts()


def test_the_links_are_those_of_the_truth(capfd: pytest.CaptureFixture[str]) -> None:
    answer = call(capfd, "links", TRACES / FILES[0], "--format", "json")
    keys = ("consumer", "provider", "kind", "virtual")
    found = {tuple(row[key] for key in keys) for row in answer.json()["links"]}
    assert found == {tuple(row.get(key) for key in keys) for row in truth()["links"]}


def test_three_formats_give_the_same_rows(capfd: pytest.CaptureFixture[str]) -> None:
    answers = [call(capfd, "links", TRACES / name, "--format", "json").json() for name in FILES]
    plain = [[_comparable(row) for row in answer["links"]] for answer in answers]
    assert plain[0] == plain[1] == plain[2]


def test_files_of_one_call_are_one_set_of_spans(capfd: pytest.CaptureFixture[str]) -> None:
    one = call(capfd, "links", TRACES / FILES[2], "--format", "json")
    twice = call(capfd, "links", TRACES / FILES[2], TRACES / FILES[2], "--format", "json")
    assert one.out == twice.out


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out what Zipkin does not keep: the case of span names, and nanoseconds."""
    kept = {key: row[key] for key in ("consumer", "provider", "kind", "calls", "errors")}
    kept |= {key: row[key] for key in ("weight", "observed", "virtual", "examples")}
    return {**kept, "operation": row["operation"].lower()}


@pytest.mark.live
def test_calls_and_errors_are_exact_from_a_real_jaeger(jaeger: Jaeger, tmp_path: Path) -> None:
    with gzip.open(TRACES / "otlp.jsonl.gz", "rb") as file:
        for line in file:
            answer = requests.post(
                f"{jaeger.otlp_url}/v1/traces",
                data=line,
                headers={"Content-Type": "application/json"},
                timeout=30,
            )
            answer.raise_for_status()
    assert _collected(tmp_path, "jaeger", jaeger.query_url) == counts()


@pytest.mark.live
def test_calls_and_errors_are_exact_from_a_real_zipkin(zipkin: Zipkin, tmp_path: Path) -> None:
    with gzip.open(TRACES / "zipkin.json.gz", "rb") as file:
        spans = [span for trace in json.load(file) for span in trace]
    for start in range(0, len(spans), BATCH):
        batch = spans[start : start + BATCH]
        requests.post(zipkin.spans_url, json=batch, timeout=30).raise_for_status()
    expected = counts()
    deadline = time.monotonic() + 30
    # Zipkin answers before it has stored what it was sent.
    while (found := _collected(tmp_path, "zipkin", zipkin.url)) != expected:
        assert time.monotonic() < deadline, found
    assert found == expected


def recorded() -> Window:
    """The hours of the recording, and no other: the servers hold spans of other tests too."""
    links, _ = link_files([TRACES / "otlp.jsonl.gz"])
    times = [time for row in links.rows for time in (row.first_seen, row.last_seen) if time]
    return Window(min(times), max(times))


def _collected(folder: Path, collector: str, url: str) -> dict[tuple[str, str, str], Any]:
    """Return what ``collect`` writes to a ledger, of the shop's services alone."""
    config = folder / "depmap.toml"
    services = sorted({row["consumer"] for row in truth()["links"]})
    config.write_text(
        f'[sources.live]\ncollector = "{collector}"\nurl = "{url}"\nservices = {services}\n'
    )
    (source,) = collect(load(config), window=recorded())
    assert source.failed is None
    found: dict[tuple[str, str, str], Any] = {}
    for stored in Ledger(folder / "ledger").read():
        for record in stored.records:
            if isinstance(record, Evidence) and record.calls:
                key = (record.consumer, record.provider, record.kind.value)
                calls, errors = found.get(key, (0, 0))
                found[key] = (calls + record.calls.calls, errors + record.calls.errors)
    return found
