from __future__ import annotations

import pytest

from tests.tracing.traces import S, errors, linked


@pytest.mark.parametrize(
    ("tags", "failed"),
    [
        ({"error": "true"}, 1),
        ({"error": "timeout"}, 1),
        ({"error": ""}, 1),
        ({"error": "false"}, 0),
        ({"error": False}, 0),
        ({"otel.status_code": "ERROR"}, 1),
        ({"otel.status_code": "OK"}, 0),
        ({"http.status_code": "503"}, 1),
        ({"http.response.status_code": 500}, 1),
        ({"http.status_code": "404"}, 0),
        ({"rpc.grpc.status_code": "14"}, 1),
        ({"rpc.grpc.status_code": 0}, 0),
        ({"grpc.status_code": "OK"}, 0),
    ],
)
def test_what_is_an_error(tags: dict[str, object], failed: int) -> None:
    links = linked(S("a", "1", "", "client"), S("b", "2", "1", "server", tags))
    assert errors(links) == {("a", "b"): failed}


def test_an_error_on_both_halves_counts_once() -> None:
    bad = {"error": "true"}
    links = linked(S("a", "1", "", "client", bad), S("b", "2", "1", "server", bad))
    assert errors(links) == {("a", "b"): 1}


def test_a_client_s_error_is_inherited_over_local_spans() -> None:
    links = linked(
        S("a", "1", "", "client", {"error": "true"}),
        S("a", "2", "1", "internal"),
        S("b", "3", "2", "server"),
    )
    assert errors(links) == {("a", "b"): 1}


def test_the_error_of_a_server_above_is_not_inherited() -> None:
    links = linked(S("a", "1", "", "server", {"error": "true"}), S("b", "2", "1", "server"))
    assert errors(links) == {("a", "b"): 0}


def test_a_client_below_another_service_tells_of_its_own_error_only() -> None:
    links = linked(
        S("a", "1", "", "client"), S("b", "2", "1", "client", {"error": "x"}, remote="c")
    )
    assert errors(links) == {("a", "b"): 0, ("b", "c"): 1}
