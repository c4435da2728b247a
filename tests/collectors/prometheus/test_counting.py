"""How calls are counted, whatever metrics they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests as http

from depmap.model.words import Kind, Source
from tests.collectors.prometheus.history import (
    NOON,
    appearing,
    hour,
    on_the_hour,
    restarted,
    rising,
)
from tests.collectors.prometheus.labels import CART_STOCK, requests
from tests.collectors.prometheus.reading import Cases, Read

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.prometheus import Prometheus as Server

pytestmark = pytest.mark.live

CASES = Cases()

A_COUNT = CASES.add("a count", rising(requests("source", "cart", "stock"), 7, 0, 4))
LOCATOR = (
    'prometheus:istio_requests_total{reporter="source",source_workload="cart",'
    'source_workload_namespace="shop",destination_workload="stock",'
    'destination_workload_namespace="shop",destination_service="stock.shop.svc.cluster.local",'
    'request_protocol="http",case="a count"}'
)


def test_calls_are_counted_by_hour(read: Callable[..., Read]) -> None:
    found = read(A_COUNT, hour(-1, hours=5)).evidence
    assert [(item.calls and item.calls.calls, item.first_seen) for item in found] == [
        (7, NOON),
        (4, hour(2).start),
    ]
    assert [item.last_seen for item in found] == [hour(0).end, hour(2).end]


def test_the_window_is_widened_to_whole_hours(read: Callable[..., Read]) -> None:
    whole = hour()
    part = type(whole)(whole.start.replace(minute=20), whole.start.replace(minute=30))
    assert read(A_COUNT, part).items == read(A_COUNT).items


def test_an_hour_says_the_same_in_any_window(read: Callable[..., Read]) -> None:
    of_the_hour = [
        item for item in read(A_COUNT, hour(-3, hours=9)).evidence if item.first_seen == NOON
    ]
    assert of_the_hour == read(A_COUNT).evidence


def test_evidence_names_its_series_as_a_query(read: Callable[..., Read], server: Server) -> None:
    (found,) = read(A_COUNT).evidence
    assert found.source is Source.METRICS
    assert found.locators == (LOCATOR,)
    query, at = LOCATOR.removeprefix("prometheus:"), f"{hour().end.timestamp():.0f}"
    asked = {"query": query, "time": at}
    answer = http.get(f"{server.url}/api/v1/query", params=asked, timeout=10).json()
    assert [value for series in answer["data"]["result"] for value in series["value"][1:]] == ["7"]


STRIKE = CASES.add("strike", on_the_hour(requests("source", "cart", "stock"), 1))


def test_calls_between_two_scrapes_when_the_hour_strikes_are_counted(
    read: Callable[..., Read],
) -> None:
    assert read(STRIKE).edges == {(*CART_STOCK, Kind.HTTP): (1, 0)}


RESTART = CASES.add("restart", restarted(requests("source", "cart", "stock"), 4, 6))


def test_a_counter_may_start_anew(read: Callable[..., Read]) -> None:
    assert read(RESTART).edges == {(*CART_STOCK, Kind.HTTP): (10, 0)}


ONE_CALL = CASES.add("one call", appearing(requests("source", "cart", "stock"), 1))


def test_an_edge_that_was_called_once_is_seen_but_not_counted(read: Callable[..., Read]) -> None:
    (found,) = read(ONE_CALL).evidence
    assert (found.consumer, found.provider, found.calls) == (*CART_STOCK, None)
    assert "how many" in found.reason
    assert not read(ONE_CALL, hour(1)).evidence


IDLE = CASES.add("idle", rising(requests("source", "cart", "stock"), 0, old=90))


def test_an_edge_without_calls_is_none(read: Callable[..., Read]) -> None:
    found = read(IDLE)
    assert (found.edges, found.gaps) == ({}, ["no calls between services"])


NO_NUMBER = CASES.add(
    "no number",
    rising(requests("source", "cart", "stock"), 5),
    on_the_hour(requests("source", "cart", "mail"), float("inf")),
    on_the_hour(requests("source", "cart", "till"), float("nan")),
)


def test_what_is_no_number_is_left_out(read: Callable[..., Read]) -> None:
    assert read(NO_NUMBER).edges == {(*CART_STOCK, Kind.HTTP): (5, 0)}
