"""Edges in the metrics of Linkerd."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.words import Kind, NodeKind
from tests.collectors.prometheus.history import histogram, rising
from tests.collectors.prometheus.labels import CART_STOCK, inside, linkerd, series
from tests.collectors.prometheus.reading import Cases, Read

if TYPE_CHECKING:
    from collections.abc import Callable


pytestmark = pytest.mark.live

CASES = Cases()

LINKERD = CASES.add(
    "linkerd",
    rising(linkerd("request_total"), 10),
    rising(linkerd("request_total", direction="inbound"), 10),
    rising(linkerd("response_total", classification="success"), 7),
    rising(linkerd("response_total", classification="failure"), 3),
    histogram(
        "response_latency_ms",
        inside(linkerd("x")),
        {"1": 0, "10": 10, "+Inf": 0},
    ),
    rising(linkerd("tcp_open_total", peer="dst"), 4),
)


def test_linkerd_counts_what_goes_out(read: Callable[..., Read]) -> None:
    found = read(LINKERD)
    assert found.edges == {(*CART_STOCK, Kind.HTTP): (10, 3)}
    assert found.evidence[0].calls
    assert found.evidence[0].calls.p50_ms == pytest.approx(5.5)
    assert found.nodes["stock.shop"].aliases == ("stock-api.shop",)


LINKERD_GRPC = CASES.add(
    "linkerd grpc",
    rising(linkerd("request_total"), 5),
    rising(linkerd("response_total", classification="failure", grpc_status_code="14"), 1),
    rising(linkerd("response_total", classification="success", grpc_status_code="0"), 4),
)


def test_linkerd_grpc_is_known_by_its_status(read: Callable[..., Read]) -> None:
    assert read(LINKERD_GRPC).edges == {(*CART_STOCK, Kind.GRPC): (5, 1)}


BARE = {"dst_namespace": "", "dst_deployment": "", "dst_service": ""}
LINKERD_OUTSIDE = CASES.add(
    "linkerd outside",
    rising(linkerd("request_total", **BARE, authority="api.bank.example:443"), 3),
    rising(linkerd("request_total", **BARE, authority="old.legacy.svc.cluster.local:80"), 2),
    rising(linkerd("request_total", **BARE, authority=""), 1),
    rising(linkerd("tcp_open_total", peer="dst", dst_deployment="", dst_statefulset="db"), 2),
)


def test_linkerd_names_others_by_authority(read: Callable[..., Read]) -> None:
    found = read(LINKERD_OUTSIDE)
    assert found.edges == {
        ("cart.shop", "api.bank.example", Kind.HTTP): (3, 0),
        ("cart.shop", "old.legacy", Kind.HTTP): (2, 0),
        ("cart.shop", "db.shop", Kind.RPC): (2, 0),
    }
    assert found.nodes["api.bank.example"].kind is NodeKind.EXTERNAL
    assert found.gaps == ["what cart.shop calls (1 calls)"]


OTHERS_REQUESTS = CASES.add("others' requests", rising(series("request_total", app="shop"), 5))


def test_a_request_total_of_others_is_not_linkerd(read: Callable[..., Read]) -> None:
    assert read(OTHERS_REQUESTS).gaps == ["no calls between services"]
