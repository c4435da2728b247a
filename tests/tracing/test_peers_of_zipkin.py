"""What Zipkin's linker, its tree and its storage are tested for, each rule as our smallest trace.

Where we differ, the test says why. Messages: Zipkin draws a broker between the two sides; here
both sides depend on the broker, and the flow is an event of its own (design.md §6).
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tracing.traces import S, errors, found, linked

BAD = {"error": ""}


def web_app_db() -> list[S]:
    return [
        S("web", "1", "", "server"),
        S("web", "2", "1", "client", remote="app"),
        S("app", "2", "1", "server", remote="web", shared=True),
        S("app", "3", "2", "client", BAD, remote="db"),
    ]


def test_a_chain_over_a_shared_id_with_an_error_at_its_end() -> None:
    links = linked(*web_app_db())
    assert found(links) == {("app", "db", "rpc"): 1, ("web", "app", "rpc"): 1}
    assert errors(links) == {("app", "db"): 1, ("web", "app"): 0}


def test_a_trace_id_need_not_be_the_id_of_a_span() -> None:
    renamed = [replace(span, trace="123") for span in web_app_db()]
    assert found(linked(*renamed)) == found(linked(*web_app_db()))


def test_a_server_s_half_without_parent_finds_its_client_in_any_order() -> None:
    spans = web_app_db()
    spans[2] = replace(spans[2], parent="")
    assert found(linked(*reversed(spans))) == found(linked(*web_app_db()))


def test_a_server_s_half_without_parent_or_client_is_only_guessed() -> None:
    spans = web_app_db()
    spans[2] = replace(spans[2], parent="", remote="")
    del spans[1]
    links = linked(*spans)
    # Zipkin counts web -> app as seen. It is laid below the root for want of anything better, so
    # here it is a guess.
    assert found(links) == {("app", "db", "rpc"): 1}
    assert found(links, observed=False) == {("web", "app", "rpc"): 1}


@pytest.mark.parametrize(
    ("mine", "yours"), [("k1", "k2"), ("k", "k"), ("", "k"), ("k", ""), ("", "")]
)
def test_producer_and_consumer_are_linked_whatever_they_call_their_broker(
    mine: str, yours: str
) -> None:
    links = linked(
        S("a", "1", "", "producer", remote=mine), S("b", "2", "1", "consumer", remote=yours)
    )
    want = {("a", "b", "event"): 1}
    want |= {("a", mine, "messaging-publish"): 1} if mine else {}
    want |= {("b", yours, "messaging-consume"): 1} if yours else {}
    # Zipkin loses the flow when a side does not name its broker, and splits it when they differ
    assert found(links) == want


@pytest.mark.parametrize("shared", [False, True])
def test_a_producer_over_a_server_is_a_call(*, shared: bool) -> None:
    child = S("b", "1", "", "server", shared=True) if shared else S("b", "2", "1", "server")
    assert found(linked(S("a", "1", "", "producer"), child)) == {("a", "b", "rpc"): 1}


def test_a_client_over_a_consumer_is_an_event() -> None:
    # Zipkin links nothing here; a client that sends and a consumer that receives are a flow
    links = linked(S("a", "1", "", "client"), S("b", "2", "1", "consumer"))
    assert found(links) == {("a", "b", "event"): 1}


@pytest.mark.parametrize(
    "span",
    [S("server", "1", "", "server", remote="client"),
     S("client", "1", "", "client", remote="server", shared=True)],
)  # fmt: skip
def test_one_span_that_names_both_sides_is_enough(span: S) -> None:
    assert found(linked(span)) == {("client", "server", "rpc"): 1}


def test_a_client_without_a_name_belongs_to_the_server_above_it() -> None:
    links = linked(
        S("a", "1", "", "server"),
        S("", "2", "1", "client", remote="b"),
        S("", "3", "1", "client", remote="b", start=5),
    )
    assert found(links) == {("a", "b", "rpc"): 2}


def test_a_client_without_a_name_below_a_nameless_server_belongs_to_nobody() -> None:
    links = linked(
        S("a", "1", "", "client"), S("", "2", "1", "server"), S("", "3", "2", "client", remote="b")
    )
    assert found(links) == {}


def test_calls_of_several_traces_add_up() -> None:
    again = [replace(span, trace="2") for span in web_app_db()]
    assert found(linked(*web_app_db(), *again))["web", "app", "rpc"] == 2


@pytest.mark.parametrize("halves", [(BAD, {}), ({}, BAD), (BAD, BAD)])
@pytest.mark.parametrize("shared", [False, True])
def test_an_error_on_either_half_is_one_error(
    halves: tuple[dict[str, str], dict[str, str]], *, shared: bool
) -> None:
    server = S(
        "b", "1" if shared else "2", "" if shared else "1", "server", halves[1], shared=shared
    )
    assert errors(linked(S("a", "1", "", "client", halves[0]), server)) == {("a", "b"): 1}


def test_two_servers_below_one_client_are_two_calls_with_their_own_errors() -> None:
    links = linked(
        S("a", "1", "", "client", remote="b"),
        S("b", "2", "1", "server", BAD, remote="a"),
        S("b", "3", "1", "server", remote="a"),
    )
    assert found(links) == {("a", "b", "rpc"): 2}
    assert errors(links) == {("a", "b"): 1}


def test_clients_below_a_nameless_local_span_were_called_by_the_server_above() -> None:
    links = linked(
        S("a", "1", "", "server"),
        S("", "2", "1"),
        S("b", "3", "2", "client", BAD),
        S("b", "4", "2", "client", BAD, start=5),
    )
    # they name no peer, so that their errors belong to calls nobody knows
    assert found(links) == {("a", "b", "rpc"): 2}
    assert errors(links) == {("a", "b"): 0}


def test_the_error_of_a_client_below_another_service_is_its_own_call_s() -> None:
    links = linked(
        S("a", "1", "", "server"),
        S("", "2", "1"),
        S("b", "3", "2", "client", BAD, remote="c"),
        S("b", "4", "2", "client", remote="c", start=5),
    )
    assert found(links) == {("a", "b", "rpc"): 2, ("b", "c", "rpc"): 2}
    assert errors(links) == {("a", "b"): 0, ("b", "c"): 1}


@pytest.mark.parametrize("kind", ["server", "client"])
def test_a_span_that_names_itself_as_its_peer_is_a_self_call(kind: str) -> None:
    links = linked(S("a", "1", "", kind, remote="a"))
    assert found(links) == {("a", "a", "rpc"): 1}
    assert links.rows[0].is_self_call


def test_spans_without_a_kind_that_name_both_sides_are_clients() -> None:
    links = linked(
        S("a", "1", "", remote="web"),
        S("web", "2", "1", "", BAD, remote="app"),
        S("app", "3", "2", remote="db"),
    )
    assert found(links) == {
        ("a", "web", "rpc"): 1,
        ("app", "db", "rpc"): 1,
        ("web", "app", "rpc"): 1,
    }
    # the error is of the call that the span makes, not of the one it is in
    assert errors(links) == {("a", "web"): 0, ("app", "db"): 0, ("web", "app"): 1}


@pytest.mark.parametrize(
    ("kind", "service", "remote"),
    [("server", "", ""), ("server", "a", ""), ("server", "", "a"), ("client", "", ""),
     ("client", "a", ""), ("client", "", "a"), ("", "", "a")],
)  # fmt: skip
def test_one_span_that_does_not_name_both_sides_links_nothing(
    kind: str, service: str, remote: str
) -> None:
    assert linked(S(service, "1", "", kind, remote=remote)).rows == ()


def test_siblings_below_a_lost_root_are_not_linked_but_parent_and_child_are() -> None:
    siblings = linked(S("a", "2", "1", "server"), S("b", "3", "1", "server"))
    related = linked(S("a", "2", "1", "server"), S("b", "3", "2", "server"))
    assert (found(siblings), found(related)) == ({}, {("a", "b", "rpc"): 1})
    assert siblings.rows == ()


def test_a_client_of_another_service_below_a_server_shows_that_a_hop_was_lost() -> None:
    links = linked(S("web", "1", "", "server"), S("app", "2", "1", "client"))
    assert found(links) == {("web", "app", "rpc"): 1}
    assert links.rows[0].rule == "parent"


def test_one_way_calls_need_no_duration() -> None:
    links = linked(
        S("a", "1", "", "client", took=None), S("b", "1", "", "server", took=None, shared=True)
    )
    assert found(links) == {("a", "b", "rpc"): 1}


def test_a_server_that_names_a_broker_as_its_caller_is_called_by_it() -> None:
    links = linked(S("b", "1", "", "server", remote="kafka"), S("b", "2", "1"))
    assert found(links) == {("kafka", "b", "rpc"): 1}


def test_a_parent_that_is_the_span_itself_is_none() -> None:
    links = linked(S("a", "1", "1", "server"), S("a", "2", "1", "client", remote="b"))
    assert found(links) == {("a", "b", "rpc"): 1}
    assert links.gaps == ()


def test_children_go_to_the_server_of_their_own_service_among_those_of_one_id() -> None:
    links = linked(
        S("a", "1", "", "client"),
        S("b", "1", "", "server", shared=True),
        S("c", "1", "", "server", shared=True),
        S("b", "2", "1", "client", remote="x"),
        S("c", "3", "1", "client", remote="y"),
    )
    assert found(links) == {
        ("a", "b", "rpc"): 1, ("a", "c", "rpc"): 1, ("b", "x", "rpc"): 1, ("c", "y", "rpc"): 1,
    }  # fmt: skip


def test_data_sent_late_and_in_pieces_makes_one_span() -> None:
    links = linked(
        S("a", "1", "", "client", took=None),
        S("", "1", "", "", start=None, took=None),
        S("", "1", "", "server", shared=True, address="10.0.0.5", start=None, took=None),
        S("b", "1", "", "server", shared=True, took=None),
    )
    assert found(links) == {("a", "b", "rpc"): 1}
    assert links.spans == 2


@pytest.mark.parametrize("shared", [False, True])
def test_a_part_that_names_the_service_goes_to_the_half_that_has_no_name(*, shared: bool) -> None:
    links = linked(
        S("a", "1", "", "server"),
        S("", "2", "1", "client", start=None, took=None),
        S("a", "2", "1", "", took=None),
        S("b", "2", "1", "server", shared=shared, address="10.0.0.1"),
        S("b", "2", "1", "server", shared=shared, address="10.0.0.2"),
        S("", "2", "1", "", start=None),
    )
    assert found(links) == {("a", "b", "rpc"): 2}
    assert links.rows[0].rule == "shared-id"


def test_a_span_of_another_service_below_a_shared_id_does_not_add_a_call() -> None:
    links = linked(
        S("a", "1", "", "server"),
        S("a", "2", "1", "client"),
        S("b", "3", "9", "server", shared=True),
        S("b", "3", "2", ""),
    )
    assert found(links) == {("a", "b", "rpc"): 1}
