from __future__ import annotations

from tests.tracing.traces import S, errors, found, linked

HTTP = {"http.request.method": "GET", "url.path": "/a"}


def test_a_client_and_a_server_below_it_are_one_call() -> None:
    links = linked(S("a", "1", "", "client"), S("b", "2", "1", "server", HTTP))
    assert found(links) == {("a", "b", "http"): 1}
    assert links.rows[0].rule == "client-server"


def test_the_halves_of_a_shared_id_are_one_call() -> None:
    links = linked(S("a", "1", "", "client"), S("b", "1", "", "server", HTTP, shared=True))
    assert found(links) == {("a", "b", "http"): 1}
    assert links.rows[0].rule == "shared-id"


def test_a_missing_shared_flag_is_mended() -> None:
    assert found(linked(S("a", "1", "9", "client"), S("b", "1", "9", "server"))) == {
        ("a", "b", "rpc"): 1
    }


def test_a_producer_and_consumer_may_share_an_id() -> None:
    links = linked(S("a", "1", "", "producer"), S("b", "1", "", "consumer", shared=True))
    assert found(links) == {("a", "b", "event"): 1}


def test_a_child_of_a_shared_id_belongs_to_the_half_of_its_own_service() -> None:
    links = linked(
        S("a", "1", "", "client"),
        S("b", "1", "", "server", shared=True),
        S("b", "2", "1", "client", remote="db"),
        S("a", "3", "1", "client", remote="cache"),
    )
    assert found(links) == {
        ("a", "b", "rpc"): 1,
        ("a", "cache", "rpc"): 1,
        ("b", "db", "rpc"): 1,
    }


def test_a_child_of_a_shared_id_in_a_third_service_was_called_by_the_server() -> None:
    links = linked(
        S("a", "1", "", "client"),
        S("b", "1", "", "server", shared=True),
        S("c", "2", "1", "server"),
    )
    assert found(links) == {("a", "b", "rpc"): 1, ("b", "c", "rpc"): 1}


def test_two_instances_that_answer_one_shared_id_are_two_calls() -> None:
    links = linked(
        S("a", "1", "", "client"),
        S("b", "1", "", "server", shared=True, address="10.0.0.1"),
        S("b", "1", "", "server", shared=True, address="10.0.0.2"),
    )
    assert found(links) == {("a", "b", "rpc"): 2}


def test_the_parts_of_one_span_are_one() -> None:
    links = linked(
        S("a", "1", "", "client", took=None),
        S("", "1", "", "", {"error": ""}, start=None),
        S("b", "2", "1", "server"),
    )
    assert found(links) == {("a", "b", "rpc"): 1}
    assert errors(links) == {("a", "b"): 1}
    assert links.spans == 2


def test_a_span_sent_twice_counts_once() -> None:
    call = S("a", "1", "", "client"), S("b", "2", "1", "server")
    assert linked(*call, *call) == linked(*call)


def test_short_and_long_trace_ids_are_one_trace() -> None:
    short, long = "463ac35c9f6413ad", "48485a3953bb6124463ac35c9f6413ad"
    links = linked(S("a", "1", "", "client", trace=long), S("b", "2", "1", "server", trace=short))
    assert found(links) == {("a", "b", "rpc"): 1}
    assert links.rows[0].examples == (long,)


def test_local_spans_are_skipped_upwards() -> None:
    links = linked(
        S("a", "1", "", "server"),
        S("a", "2", "1", "client"),
        S("a", "3", "2", "internal"),
        S("a", "4", "3"),
        S("b", "5", "4", "server"),
    )
    assert found(links) == {("a", "b", "rpc"): 1}
    assert links.rows[0].rule == "client-server"


def test_spans_without_a_service_do_not_break_the_chain() -> None:
    links = linked(
        S("a", "1", "", "client"), S("", "2", "1", "server"), S("b", "3", "2", "server")
    )
    assert found(links) == {("a", "b", "rpc"): 1}
    assert [gap.what for gap in links.gaps] == ["the service of a span"]


def test_a_server_whose_client_span_is_lost_still_links() -> None:
    links = linked(S("a", "1", "", "server"), S("b", "2", "1", "server"))
    assert found(links) == {("a", "b", "rpc"): 1}
    assert links.rows[0].rule == "lost-client"


def test_a_client_whose_server_span_is_lost_still_links_its_service() -> None:
    links = linked(S("a", "1", "", "client"), S("b", "2", "1", "client", HTTP, remote="c"))
    assert found(links) == {("a", "b", "rpc"): 1, ("b", "c", "http"): 1}


def test_a_reference_between_spans_without_kinds_is_seen() -> None:
    links = linked(S("a", "1"), S("b", "2", "1"))
    assert found(links) == {("a", "b", "rpc"): 1}
    assert (links.rows[0].observed, links.rows[0].rule) == (True, "parent")


def test_a_span_name_tells_the_protocol_where_nothing_else_does() -> None:
    links = linked(S("a", "1"), S("b", "2", "1", name="/shop.Cart/AddItem"))
    assert found(links) == {("a", "b", "grpc"): 1}
    assert links.rows[0].operation == "shop.Cart/AddItem"


def test_a_producer_above_a_server_is_a_call() -> None:
    links = linked(S("a", "1", "", "producer"), S("b", "2", "1", "server"))
    assert found(links) == {("a", "b", "rpc"): 1}


def test_a_call_within_a_service_counts_only_between_client_and_server() -> None:
    pair = linked(S("a", "1", "", "client"), S("a", "2", "1", "server"))
    nested = linked(S("a", "1", "", "server"), S("a", "2", "1", "server"))
    assert (found(pair), found(nested)) == ({("a", "a", "rpc"): 1}, {})


def test_names_match_whatever_their_case_and_keep_it() -> None:
    links = linked(
        S("Shop", "1", "", "client"),
        S("Cart", "2", "1", "server"),
        S("shop", "3", "", "client", trace="2"),
        S("cart", "4", "3", "server", trace="2"),
    )
    assert found(links) == {("Shop", "Cart", "rpc"): 2}


def test_an_orphan_is_guessed_to_hang_on_the_root() -> None:
    links = linked(S("a", "1", "", "server"), S("b", "2", "77", "server", HTTP))
    assert found(links) == {}
    assert found(links, observed=False) == {("a", "b", "http"): 1}
    assert links.rows[0].rule == "orphan"
    assert links.gaps[0].what == "the parent of a span of b"


def test_orphans_of_one_lost_parent_are_one_guess() -> None:
    links = linked(
        S("a", "1", "", "server"), S("b", "2", "77", "client"), S("b", "3", "77", "internal")
    )
    assert found(links, observed=False) == {("a", "b", "rpc"): 1}


def test_a_second_root_is_guessed_to_hang_on_the_first() -> None:
    links = linked(S("b", "1", "", "server", start=5), S("a", "2", "", "server", start=1))
    assert found(links, observed=False) == {("a", "b", "rpc"): 1}
    assert links.rows[0].rule == "second-root"


def test_guesses_are_never_mixed_with_what_was_observed() -> None:
    links = linked(
        S("a", "1", "", "client"),
        S("b", "2", "1", "server"),
        S("a", "3", "", "server", trace="2"),
        S("b", "4", "77", "server", trace="2"),
    )
    assert found(links) == {("a", "b", "rpc"): 1}
    assert found(links, observed=False) == {}
    assert any(gap.what == "a guessed call a -> b" for gap in links.gaps)


def test_an_orphan_without_a_root_makes_no_row() -> None:
    assert linked(S("b", "2", "77", "server")).rows == ()


def test_a_root_that_names_its_caller_makes_a_virtual_consumer() -> None:
    links = linked(S("b", "1", "", "server", HTTP, remote="mobile-app"))
    assert found(links) == {("mobile-app", "b", "http"): 1}
    assert links.rows[0].virtual == "consumer"


def test_a_root_whose_caller_has_no_name_is_an_entry_and_no_row() -> None:
    links = linked(S("b", "1", "", "server", {**HTTP, "http.route": "/a/{id}"}))
    assert links.rows == ()
    assert [(e.service, e.operation, e.calls) for e in links.entries] == [("b", "GET /a/{}", 1)]


def test_an_ancestor_beats_the_caller_that_a_server_names() -> None:
    links = linked(S("a", "1", "", "client"), S("b", "2", "1", "server", remote="gateway"))
    assert found(links) == {("a", "b", "rpc"): 1}


def test_parents_in_a_circle_end_nowhere() -> None:
    links = linked(S("a", "1", "2"), S("b", "2", "1"), S("c", "3", "3", "server"))
    assert found(links) == {}
    assert "the parent of a span of a" in [gap.what for gap in links.gaps]


def test_a_circle_beside_a_root_is_guessed_to_hang_on_it_like_any_lost_span() -> None:
    links = linked(
        S("a", "3", "", "server"),
        S("c", "1", "1", "client", start=5, links=(("1", "2"),)),
        S("c", "2", "1", start=5),
    )
    assert found(links, observed=False) == {("a", "c", "rpc"): 1}
    assert links.rows[0].rule == "orphan"


def test_spans_without_times_still_link() -> None:
    links = linked(
        S("a", "1", "", "client", start=None, took=None),
        S("b", "2", "1", "server", start=None, took=None),
    )
    assert found(links) == {("a", "b", "rpc"): 1}
    row = links.rows[0]
    assert (row.first_seen, row.last_seen, row.p50_ms) == (None, None, None)


def test_spans_with_empty_ids_are_not_merged() -> None:
    links = linked(
        S("a", "1", "", "client"), S("b", "", "1", "server"), S("b", "", "1", "server", start=7)
    )
    assert found(links) == {("a", "b", "rpc"): 2}


def test_ids_that_are_no_hex_work_and_are_shown_as_they_are() -> None:
    links = linked(
        S("a", "root", "", "client", trace="order-7"),
        S("b", "leaf", "root", "server", trace="order-7"),
    )
    assert found(links) == {("a", "b", "rpc"): 1}
    assert links.rows[0].examples == ("order-7",)


def test_no_spans_give_no_links() -> None:
    links = linked()
    assert (links.rows, links.flows, links.entries, links.gaps) == ((), (), (), ())


def test_a_deep_chain_is_walked_in_logarithmic_steps() -> None:
    depth = 20_000
    chain = [S("", f"{at:x}", f"{at - 1:x}") for at in range(2, depth)]
    spans = [S("a", "1", "", "client"), *chain, S("b", "fffff", f"{depth - 1:x}", "server")]
    assert found(linked(*spans)) == {("a", "b", "rpc"): 1}
