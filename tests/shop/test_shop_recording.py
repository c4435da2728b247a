"""The recording of the shop, against the truth that was written before it."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
import yaml

from fixtures.recording import counts, otlp
from fixtures.recording.deployment import ROOT
from tests.shop.truth import names

TRACES = ROOT / "traces"
FILES = ("jaeger.json.gz", "zipkin.json.gz", "otlp.jsonl.gz")
ROW = ("consumer", "provider", "kind")
SpanKey = tuple[str, str, str, str]


@cache
def text(name: str) -> str:
    return gzip.decompress((TRACES / name).read_bytes()).decode()


@cache
def truth() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "truth.yaml").read_text(encoding="utf-8"))
    return loaded


def counted() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((TRACES / "counts.json").read_text(encoding="utf-8"))
    return loaded


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in text("otlp.jsonl.gz").splitlines()]


def in_otlp() -> set[SpanKey]:
    kinds = ("", "", "server", "client", "producer", "consumer")
    return {
        (span["traceId"], span["spanId"], span.get("parentSpanId", ""), kinds[span["kind"]])
        for line in lines()
        for _, span in otlp.spans(line)
    }


def in_zipkin() -> set[SpanKey]:
    return {
        (span["traceId"], span["id"], span.get("parentId", ""), span.get("kind", "").lower())
        for trace in json.loads(text("zipkin.json.gz"))
        for span in trace
    }


def in_jaeger() -> set[SpanKey]:
    found = set()
    for trace in json.loads(text("jaeger.json.gz"))["data"]:
        for span in trace["spans"]:
            tags = {tag["key"]: tag["value"] for tag in span["tags"]}
            kind = tags["span.kind"].replace("internal", "")
            parents = [reference["spanID"] for reference in span["references"]] or [""]
            found.add((span["traceID"], span["spanID"], parents[0], kind))
    return found


def test_the_three_formats_hold_the_same_spans() -> None:
    assert in_otlp() == in_zipkin() == in_jaeger()


def test_the_counts_are_those_of_the_recording() -> None:
    assert counts.count(lines()) == counted()


def test_the_rows_are_those_of_the_truth() -> None:
    wanted = {tuple(row[key] for key in ROW) for row in truth()["links"]}
    assert {tuple(row[key] for key in ROW) for row in counted()["rows"]} == wanted


def test_everything_failed_often_enough_and_in_two_minutes() -> None:
    rare = {
        tuple(row[key] for key in ROW)
        for row in counted()["rows"]
        if row["errors"] < 12 or row["error_minutes"] < 2
    }
    seldom = {tuple(row[key] for key in ROW) for row in truth()["links"] if row.get("seldom")}
    assert rare == seldom


def test_no_call_fails_more_often_than_one_in_five() -> None:
    assert [row for row in counted()["rows"] if row["errors"] > 0.2 * row["calls"]] == []


def test_the_consumer_of_a_message_is_linked_to_its_producer() -> None:
    consumers = [span for line in lines() for _, span in otlp.spans(line) if span["kind"] == 5]
    assert len(consumers) > 100
    for span in consumers:
        assert [link["spanId"] for link in span["links"]] == [span["parentSpanId"]]


def calls_of(trace: list[tuple[str, dict[str, Any]]]) -> set[str]:
    return {service for service, span in trace if span["kind"] == 2}


@cache
def whole_traces() -> list[list[tuple[str, dict[str, Any]]]]:
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for line in lines():
        for service, span in otlp.spans(line):
            found.setdefault(span["traceId"], []).append((service, span))
    return list(found.values())


def test_the_replica_is_asked_only_when_the_database_failed() -> None:
    asked = [
        trace for trace in whole_traces() if {"catalog", "catalog-replica"} <= calls_of(trace)
    ]
    assert len(asked) >= 10
    for trace in asked:
        assert any(
            service == "catalog" and span["name"] == "SELECT" and span["status"].get("code") == 2
            for service, span in trace
        )


def test_auth_is_asked_only_at_the_two_peaks() -> None:
    times = sorted(
        int(span["startTimeUnixNano"]) / 1e9
        for trace in whole_traces()
        for service, span in trace
        if service == "auth"
    )
    pauses = [after - before for before, after in pairwise(times) if after - before > 10]
    assert len(times) > 200
    assert len(pauses) == 1
    assert times[-1] - times[0] - pauses[0] < 40
    plays = [trace for trace in whole_traces() if "streaming" in calls_of(trace)]
    assert sum("auth" not in calls_of(trace) for trace in plays) > 300


def test_royalties_are_worked_out_in_two_nights() -> None:
    roots = [
        span["name"]
        for trace in whole_traces()
        for service, span in trace
        if service == "royalties" and "parentSpanId" not in span
    ]
    assert roots == ["nightly royalties"] * 2


def test_it_is_small() -> None:
    assert sum((TRACES / name).stat().st_size for name in FILES) < 6_200_000


@pytest.mark.parametrize("name", FILES)
def test_nothing_in_it_is_secret_or_of_one_machine(name: str) -> None:
    secrets = (ROOT / ".env").read_text(encoding="utf-8")
    cluster = (ROOT / "gitops" / "media" / "shared.yaml").read_text(encoding="utf-8")
    told = [line.split("=")[1] for line in secrets.splitlines() if "=" in line]
    told += re.findall(r": (example-only-\S+)", cluster)
    assert len(told) == 8
    # A stack trace names files of the image or of the interpreter only.
    files = set(re.findall(r'File \\+"(/[^/]+/[^/"\\]+)', text(name)))
    assert not [secret for secret in told if secret in text(name)]
    assert "eyJ" not in text(name), "no signed token either"
    assert {file for file in files if not file.startswith(("/srv/", "/usr/"))} == set()


def test_the_evidence_of_the_truth_is_there() -> None:
    rows = truth()["dependencies"] + truth()["negatives"]
    places = [
        place for row in rows for key in ("evidence", "declared") for place in row.get(key, [])
    ]
    for place in places:
        path, _, number = place.rpartition(":")
        assert (ROOT / path).read_text(encoding="utf-8").splitlines()[int(number) - 1].strip()
    assert len(places) > 60


def test_the_truth_names_known_nodes_only() -> None:
    names = {node["name"] for node in truth()["nodes"]}
    aliases = {alias for node in truth()["nodes"] for alias in node.get("aliases", [])}
    for row in truth()["dependencies"]:
        consumers = row["consumer"] if isinstance(row["consumer"], list) else [row["consumer"]]
        assert {*consumers, row["provider"]} <= names
    for row in truth()["links"]:
        assert {row["consumer"], row["provider"]} <= names | aliases


def said() -> list[tuple[str, str, str, str]]:
    rows = []
    for path in sorted((ROOT / "interviews").glob("*.yaml")):
        answers = yaml.safe_load(path.read_text(encoding="utf-8"))
        for row in answers["depends_on"]:
            strength = row.get("strength", "strong")  # one is left to follow from the impact
            provider = row.get("service") or row["team"]
            service, provider = names(answers["service"])[0], names(provider)[0]
            rows.append((service, provider, row["layer"], strength))
    return rows


def test_the_truth_has_what_people_said() -> None:
    known = {
        (row["consumer"], row["provider"], row["layer"], row.get("people_say", row["strength"]))
        for row in truth()["dependencies"]
        if "people" in row["seen_by"]
    }
    # A dead service is remembered by its interview alone.
    dead = {
        (row["consumer"], row["provider"], "technical", row["people_say"])
        for row in truth()["negatives"]
        if "people_say" in row
    }
    assert len(dead) == 1
    assert set(said()) == known | dead


def test_all_sixteen_traps_are_in_the_truth() -> None:
    rows = truth()["dependencies"] + truth()["negatives"] + truth()["shared"]
    assert {row["item"] for row in rows if "item" in row} == set(range(1, 17))
    assert [row["item"] for row in truth()["items"]] == list(range(1, 17))
