"""Zipkin's version 1: halves, times, tags and addresses, each rule as its smallest span.

Version 1 tells sides by annotations (``cs``: the client sent, ``sr``: the server received, …) and
the other side's address by binary annotations (``sa``, ``ca``, ``ma``).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from depmap.tracing.linking import Links, link
from depmap.tracing.reading import read_bytes
from depmap.tracing.spans import Spans
from tests.tracing.traces import errors, found


def ends(name: str) -> dict[str, Any]:
    return {"serviceName": name, "ipv4": "10.0.0.1"}


def said(value: str, service: str, timestamp: int = 1000) -> dict[str, Any]:
    return {"value": value, "timestamp": timestamp, "endpoint": ends(service)}


def told(key: str, service: str, value: object = True) -> dict[str, Any]:
    return {"key": key, "value": value, "endpoint": ends(service)}


def span(*parts: dict[str, Any], id: str = "1", parent: str = "", **more: Any) -> dict[str, Any]:  # noqa: A002
    return {
        "traceId": "1", "id": id, "parentId": parent or None, **more,
        "annotations": [part for part in parts if "timestamp" in part],
        "binaryAnnotations": [part for part in parts if "key" in part],
    }  # fmt: skip


def links_of(*spans: dict[str, Any]) -> Links:
    items = list(read_bytes(json.dumps(spans).encode(), "t"))
    return link(Spans.concat(item for item in items if isinstance(item, Spans)))


@pytest.mark.parametrize("value", [True, "1", "true"])
def test_the_address_of_the_other_side_is_read_whatever_its_value(value: object) -> None:
    client = links_of(span(said("cs", "a"), told("sa", "b", value)))
    server = links_of(span(said("sr", "b"), told("ca", "a", value)))
    assert found(client) == found(server) == {("a", "b", "rpc"): 1}


def test_both_addresses_without_any_side_are_a_call() -> None:
    assert found(links_of(span(told("ca", "a"), told("sa", "b")))) == {("a", "b", "rpc"): 1}


def test_a_server_s_address_beside_a_local_component_is_its_call() -> None:
    assert found(links_of(span(told("lc", "a", ""), told("sa", "b")))) == {("a", "b", "rpc"): 1}


def test_a_client_s_address_beside_a_local_component_makes_it_a_server() -> None:
    assert found(links_of(span(told("lc", "b", ""), told("ca", "a")))) == {("a", "b", "rpc"): 1}


@pytest.mark.parametrize("key", ["ca", "sa"])
def test_one_address_alone_links_nothing(key: str) -> None:
    links = links_of(span(told(key, "a")))
    assert links.rows == ()
    assert [service.name for service in links.services] == []


def test_a_server_that_names_itself_as_its_client_is_called_by_nobody() -> None:
    links = links_of(
        span(said("sr", "a"), said("ss", "a", 9000), told("ca", "a"), told("sa", "a")),
        span(said("cs", "a"), said("cr", "a", 9000), told("ca", "b"), told("sa", "b"),
             id="3", parent="2"),
    )  # fmt: skip
    assert found(links) == {("a", "b", "rpc"): 1}


def test_a_tag_belongs_to_the_side_that_wrote_it() -> None:
    halves = said("cs", "a"), said("sr", "b"), said("ss", "b", 2000), said("cr", "a", 3000)
    failing = span(*halves, told("error", "a", "time-out"))
    inner = span(said("cs", "b"), told("sa", "db"), told("error", "b", ""), id="2", parent="1")
    links = links_of(failing, inner)
    assert errors(links) == {("a", "b"): 1, ("b", "db"): 1}
    by_provider = {row.provider: row for row in links.rows}
    # b did not fail, although its database and its caller's call did
    assert (by_provider["db"].units_failed, by_provider["db"].units_failed_too) == (1, 0)


def test_a_call_within_a_service_in_one_span_is_a_self_call() -> None:
    links = links_of(span(said("cs", "a"), said("sr", "a"), said("ss", "a"), said("cr", "a")))
    assert found(links) == {("a", "a", "rpc"): 1}


@pytest.mark.parametrize(
    ("parts", "milliseconds"),
    [
        ((said("cs", "a"), said("cr", "a", 5000)), 4),
        ((said("cs", "a"),), 8),
        ((said("cr", "a", 9000),), 8),
        ((said("cs", "a"), said("cr", "a", 500)), 8),
    ],
)
def test_the_span_s_own_times_stand_in_for_those_of_its_sides(
    parts: tuple[dict[str, Any], ...], milliseconds: float
) -> None:
    links = links_of(span(*parts, told("sa", "b"), timestamp=1000, duration=8000))
    assert links.rows[0].p50_ms == pytest.approx(milliseconds, rel=0.05)
    assert links.rows[0].first_seen is not None


def test_sending_and_receiving_a_message_are_timed_to_the_wire() -> None:
    kafka = told("ma", "kafka")
    links = links_of(
        span(said("ms", "a"), said("ws", "a", 3000), kafka),
        span(said("wr", "b", 5000), said("mr", "b", 6000), kafka, id="2", parent="1"),
    )
    assert found(links) == {
        ("a", "b", "event"): 1,
        ("a", "kafka", "messaging-publish"): 1,
        ("b", "kafka", "messaging-consume"): 1,
    }
    publish = next(row for row in links.rows if row.kind == "messaging-publish")
    assert publish.p50_ms == pytest.approx(2, rel=0.05)
    consume = next(row for row in links.rows if row.kind == "messaging-consume")
    assert consume.first_seen is not None


def test_both_sides_of_a_message_may_share_a_span() -> None:
    links = links_of(span(said("ms", "a"), said("mr", "b", 2000)))
    assert found(links) == {("a", "b", "event"): 1}


def test_spans_as_lines_are_read() -> None:
    spans = span(said("cs", "a"), told("sa", "b")), span(said("cs", "b"), told("sa", "c"), id="2")
    lines = b"\n".join(json.dumps(item).encode() for item in spans)
    items = [item for item in read_bytes(lines, "t") if isinstance(item, Spans)]
    assert found(link(Spans.concat(items))) == {("a", "b", "rpc"): 1, ("b", "c", "rpc"): 1}
