"""Single values: operations, latency buckets, ids, weights, cluster names."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.tracing import operations
from depmap.tracing.ids import span_column, trace_columns, unbase64_span, unbase64_trace
from depmap.tracing.latency import bucket_of, middle_ms, quantile_ms
from depmap.tracing.linking import link
from depmap.tracing.peers import is_public
from depmap.tracing.reading.values import clock, number, span_of_time, weight_of
from depmap.tracing.spans import LATEST, WEIGHT_ONE
from depmap.tracing.windows import by_hour
from tests.tracing.traces import S, linked, table


@pytest.mark.parametrize(
    ("route", "plain"),
    [
        ("/users/<int:id>", "/users/{}"),
        ("/users/{id}/", "/users/{}"),
        ("/users/:id/orders/:order_id", "/users/{}/orders/{}"),
        ("items/[sku]", "/items/{}"),
        ("/", "/"),
    ],
)
def test_parameters_of_routes_are_one(route: str, plain: str) -> None:
    assert operations.route(route) == plain


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("/orders/17", "/orders/{}"),
        ("/orders/6f1ed002-ab55-4589-9014-ebf0951522d9/x?y=1#z", "/orders/{}/x"),
        ("/t/6f1ed002ab5595859014", "/t/{}"),
        ("/api/v1/items", "/api/v1/items"),
        ("/oauth2/token", "/oauth2/token"),
        ("/products/OLJCESPC7Z", "/products/{}"),
        ("/users/user1042", "/users/{}"),
        ("/carts/order-17", "/carts/{}"),
        ("/agents/tryhxd090jhjhj90ccvsedr38288", "/agents/{}"),
        ("/mail/a@b.c", "/mail/{}"),
        ("/days/2026-11-23", "/days/{}"),
        ("/recommendations", "/recommendations"),
        ("/" + "/".join("abcdefghijklmnop"), "/a/b/c/d/e/f/g/h/i/j/k/l/…"),
    ],
)
def test_what_varies_in_a_path_is_taken_out(path: str, plain: str) -> None:
    assert operations.path(path) == plain


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("get /users/17", "GET /users/{}"),
        ("get", "GET"),
        ("/hotels", "/hotels"),
        ("grpc.shop.Payment/Charge", "shop.Payment/Charge"),
        ("SELECT shop", "SELECT shop"),
        ("job 42 of 6f1ed002ab5595859014", "job {} of {}"),
    ],
)
def test_span_names_are_the_last_resort(name: str, plain: str) -> None:
    assert operations.name(name) == plain


def test_operations_are_of_bounded_length() -> None:
    assert len(operations.plain("x" * 10_000)) == operations.MAX_LENGTH


@pytest.mark.parametrize("url", ["http://[", "http://h:99999999", "::::", ""])
def test_broken_urls_name_nothing(url: str) -> None:
    assert operations.split_url(url)[1] == ""


@pytest.mark.parametrize(
    ("tags", "operation"),
    [
        ({"http.method": "GET", "http.route": "/a/<id>"}, "GET /a/{}"),
        ({"http.request.method": "POST", "url.full": "http://h/a/1?x=2"}, "POST /a/{}"),
        ({"http.target": "/a/1?x=2"}, "* /a/{}"),
        ({"rpc.system": "grpc", "rpc.service": "p.S", "rpc.method": "M"}, "p.S/M"),
        ({"rpc.system.name": "grpc", "rpc.method": "p.S/M"}, "p.S/M"),
        ({"db.system": "x", "db.sql.table": "orders", "db.operation": "select"}, "orders"),
        ({"db.system": "x", "db.operation": "select"}, "SELECT"),
    ],
)
def test_operations_by_protocol(tags: dict[str, str], operation: str) -> None:
    links = linked(S("a", "1", "", "client", tags, name="some name", remote="b"))
    assert links.rows[0].operation == operation


@given(st.integers(1, 10**16))
def test_a_bucket_s_middle_is_within_five_percent(duration: int) -> None:
    bucket = int(bucket_of(np.array([duration]))[0])
    assert math.isclose(middle_ms(bucket), duration / 1e6, rel_tol=0.05)


@given(
    st.lists(st.integers(1, 10**12), min_size=1, max_size=50), st.sampled_from([0.5, 0.95, 0.99])
)
def test_quantiles_are_within_five_percent(durations: list[int], share: float) -> None:
    index, count = np.unique(bucket_of(np.array(durations)), return_counts=True)
    got = quantile_ms(zip(index.tolist(), count.tolist(), strict=True), share)
    true = sorted(durations)[math.ceil(share * len(durations)) - 1] / 1e6
    assert got is not None
    assert math.isclose(got, true, rel_tol=0.05, abs_tol=1e-6)


def test_latency_is_the_caller_s_where_it_tells() -> None:
    links = linked(S("a", "1", "", "client", took=10_000), S("b", "2", "1", "server", took=1_000))
    assert links.rows[0].p50_ms == pytest.approx(10, rel=0.05)


def test_of_several_answers_to_one_client_each_has_its_own_latency() -> None:
    links = linked(
        S("a", "1", "", "client", took=10_000),
        S("b", "2", "1", "server", took=1_000),
        S("b", "3", "1", "server", took=1_000),
    )
    assert links.rows[0].p99_ms == pytest.approx(1, rel=0.05)


def test_first_and_last_seen_are_the_starts_of_calls() -> None:
    links = linked(
        S("a", "1", "", "client", remote="b", start=0),
        S("a", "1", "", "client", remote="b", start=5_000_000, trace="2"),
    )
    assert links.rows[0].first_seen == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert links.rows[0].last_seen == datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "weight"),
    [
        ("", 1.0),
        ("ot=th:0", 1.0),
        ("ot=th:8", 2.0),
        ("vendor=x,ot=rv:1;th:c", 4.0),
        ("ot=th:fd70a3d70a3d71", 100.0),
        ("other=th:8", 1.0),
        ("ot=th:xyz", 1.0),
    ],
)
def test_the_sampling_threshold_gives_the_weight(state: str, weight: float) -> None:
    assert weight_of(state) / WEIGHT_ONE == pytest.approx(weight, rel=1e-3)


def test_an_absurd_threshold_is_bounded() -> None:
    assert weight_of("ot=th:ffffffffffffff") == WEIGHT_ONE << 24


def test_numbers_come_in_many_spellings() -> None:
    spellings: list[object] = [1, "2", 3.0, "x", None, [], float("inf"), "9" * 99]
    assert [number(x) for x in spellings] == [
        1, 2, 3, None, None, None, None, None,
    ]  # fmt: skip


def test_times_beyond_reason_are_unknown() -> None:
    assert [clock(x, 1000) for x in (-1, 0, LATEST, "5")] == [0, 0, 0, 5000]
    assert [span_of_time(x, 1000) for x in (-1, 0, LATEST, None)] == [-1, 0, -1, -1]


def test_base64_ids_are_told_from_hex() -> None:
    assert unbase64_span("AAAAAAAAAAE=") == "0000000000000001"
    assert unbase64_trace("AAAAAAAAAAAAAAAAAAAAAQ==") == "0" * 31 + "1"
    assert unbase64_trace("AAAAAAAAAAAAAAAAAAAAAQ") == "0" * 31 + "1"
    assert unbase64_span("0000000000000001") == "0000000000000001"
    assert unbase64_span("?" * 12) == "?" * 12


def test_ids_with_blanks_in_them_do_not_shift_the_others() -> None:
    assert span_column(["00 0000000000001", "0000000000000002"])[1] == 2
    high, low, odd = trace_columns(["ab cd", "f" * 32])
    assert (high[1], low[1]) == (2**64 - 1, 2**64 - 1)
    assert list(odd.values()) == ["ab cd"]


@pytest.mark.parametrize(
    ("host", "public"),
    [("api.stripe.com", True), ("cart", False), ("cart.shop.svc.cluster.local", False),
     ("10.0.0.1", False), ("8.8.8.8", True), ("::1", False)],
)  # fmt: skip
def test_public_hosts_are_outside_of_the_system(host: str, *, public: bool) -> None:
    assert is_public(host) is public


def test_a_trace_belongs_whole_to_the_hour_of_its_earliest_span() -> None:
    hour = 3_600_000_000
    spans = table(
        S("a", "1", "", "client", start=hour - 1),
        S("b", "2", "1", "server", start=hour + 1, links=(("9", "9"),)),
        S("a", "1", "", "client", start=hour + 5, trace="2"),
        S("c", "1", "", "client", start=None, trace="3"),
    )
    windows = dict(by_hour(spans))
    assert [(name, len(part)) for name, part in windows.items()] == [
        ("2026-11-23T12", 2), ("2026-11-23T13", 1), ("undated", 1),
    ]  # fmt: skip
    assert len(windows["2026-11-23T12"].link_row) == 1
    assert link(windows["2026-11-23T12"]).rows[0].calls == 1


def test_no_spans_have_no_windows() -> None:
    assert list(by_hour(table())) == []
