"""What OpenTelemetry's, Tempo's and Jaeger's linkers are tested for, as our smallest traces.

Where we differ, the test says why. Databases: there the node is called by the database's name or
by its host; here it keeps system, host, port and namespace (design.md §6), as either alone makes
one node of many.
"""

from __future__ import annotations

import pytest

from tests.tracing.traces import S, errors, found, linked

BAD = {"otel.status_code": "ERROR"}


def test_client_and_server_of_one_service_are_a_self_call() -> None:
    links = linked(
        S("a", "1", "", "client", took=1_000_000), S("a", "2", "1", "server", took=2_000_000)
    )
    assert found(links) == {("a", "a", "rpc"): 1}
    row = links.rows[0]
    assert row.is_self_call
    # each side keeps its own latency, even where the server's is the longer one
    assert sum(n for _, n in row.client_buckets) == sum(n for _, n in row.server_buckets) == 1
    assert row.client_buckets < row.server_buckets


def test_one_of_three_calls_failed() -> None:
    calls = [
        S("foo", str(at), "", "client", BAD if at == 2 else {}, trace=str(at)) for at in (1, 2, 3)
    ]
    answers = [S("bar", "9", str(at), "server", trace=str(at)) for at in (1, 2, 3)]
    links = linked(*calls, *answers)
    assert (found(links), errors(links)) == ({("foo", "bar", "rpc"): 3}, {("foo", "bar"): 1})


def test_a_client_that_nobody_answers_calls_the_peer_it_names() -> None:
    links = linked(S("a", "1", "", "client", {"peer.service": "token-cache"}))
    assert found(links) == {("a", "token-cache", "rpc"): 1}
    assert links.rows[0].virtual == "provider"


def test_a_root_server_was_called_by_nobody_in_particular() -> None:
    links = linked(S("a", "1", "", "server"))
    # OpenTelemetry and Tempo invent a client called "user", be it a person, a cron job or a
    # health check; here it is an entry call
    assert links.rows == ()
    assert [(entry.service, entry.calls) for entry in links.entries] == [("a", 1)]


def test_a_server_whose_client_was_lost_is_a_gap_where_nothing_else_is_there() -> None:
    links = linked(S("a", "2", "1", "server"))
    assert links.rows == ()
    assert [gap.what for gap in links.gaps] == ["the parent of a span of a"]


def test_a_consumer_that_names_its_producer_depends_on_it() -> None:
    links = linked(S("b", "1", "", "consumer", {"peer.service": "external-producer"}))
    # Tempo draws external-producer -> b. Whoever hands out messages stands where a broker does:
    # the consumer depends on it.
    assert found(links) == {("b", "external-producer", "messaging-consume"): 1}


@pytest.mark.parametrize(
    ("tags", "provider"),
    [
        ({"db.system": "postgresql", "db.name": "shop"}, "postgresql:///shop"),
        (
            {"db.system": "postgresql", "db.namespace": "new", "db.name": "old"},
            "postgresql:///new",
        ),
        ({"db.system.name": "postgresql", "db.system": "x"}, "postgresql"),
        ({"db.system": "postgresql", "server.address": "pg"}, "postgresql://pg"),
        (
            {"db.system": "postgresql", "network.peer.address": "pg", "network.peer.port": 5432},
            "postgresql://pg:5432",
        ),
        ({"db.system": "postgresql", "network.peer.address": "pg"}, "postgresql://pg"),
        ({"db.system": "postgresql", "peer.service": "orders-db", "db.name": "x"}, "orders-db"),
        ({"peer.service": "old", "service.peer.name": "new"}, "new"),
    ],
)
def test_names_of_databases_and_peers_newest_attribute_first(
    tags: dict[str, object], provider: str
) -> None:
    (row,) = linked(S("a", "1", "", "client", tags)).rows
    assert row.provider == provider


def test_a_failed_call_of_a_database_counts_its_error() -> None:
    links = linked(
        S("a", "1", "", "client", BAD),
        S("b", "2", "1", "server", BAD),
        S("b", "3", "2", "client", {**BAD, "db.system": "mysql"}),
    )
    assert errors(links) == {("a", "b"): 1, ("b", "mysql"): 1}


def test_local_spans_between_client_and_server_do_not_break_the_pair() -> None:
    # OpenTelemetry, Tempo and VictoriaTraces look at the direct parent only, and lose the call
    links = linked(
        S("a", "1", "", "client"), S("a", "2", "1", "internal"), S("b", "3", "2", "server")
    )
    assert found(links) == {("a", "b", "rpc"): 1}


def test_a_second_server_below_one_client_is_not_lost() -> None:
    # a retry by a proxy: OpenTelemetry's edge is complete, and forgotten, after the first
    links = linked(
        S("a", "1", "", "client"),
        S("b", "2", "1", "server", start=0),
        S("b", "3", "1", "server", start=2000),
    )
    assert found(links) == {("a", "b", "rpc"): 2}


def test_halves_of_one_id_without_kinds_are_no_call() -> None:
    assert found(linked(S("a", "1"), S("b", "1"))) == {}


def test_two_children_of_one_span_are_two_links() -> None:
    links = linked(S("s1", "1"), S("s2", "2", "1"), S("s3", "3", "1"))
    assert found(links) == {("s1", "s2", "rpc"): 1, ("s1", "s3", "rpc"): 1}


def test_spans_inside_of_one_service_are_no_calls() -> None:
    # Jaeger's Spark job counts each of them as a dependency of the service on itself
    assert linked(S("a", "1"), S("a", "2", "1"), S("a", "3", "2", "internal")).rows == ()


def test_a_root_with_a_peer_is_a_call() -> None:
    # Jaeger's Spark job reads peer.service only of spans that have a parent
    assert found(linked(S("a", "1", "", "client", remote="b"))) == {("a", "b", "rpc"): 1}


@pytest.mark.parametrize(
    ("tags", "provider"),
    [
        ({"db.name": "shop"}, "shop"),
        ({"db.namespace": "new", "db.name": "old"}, "new"),
        ({"db.name": "shop", "net.peer.name": "pg"}, "pg"),
        ({"db.namespace": "shop", "server.address": ""}, "shop"),
        ({"db.name": "shop", "peer.service": "orders-db"}, "orders-db"),
        ({"db.sql.table": "carts", "net.peer.name": "pg"}, "pg"),
    ],
)
def test_a_span_that_names_a_database_is_of_one_without_its_system(
    tags: dict[str, object], provider: str
) -> None:
    # OpenTelemetry's only default is db.name, and its value is the node; Tempo's as well
    links = linked(S("a", "1", "", "client", tags))
    assert found(links) == {("a", provider, "database"): 1}


def test_a_database_that_answers_for_itself_is_named_by_its_own_span() -> None:
    # Tempo names the node by the server's own peer attribute, which names its caller
    links = linked(
        S("a", "1", "", "client", {"db.namespace": "shop", "server.address": ""}),
        S("b", "2", "1", "server", {"peer.service": "somebody"}),
    )
    assert found(links) == {("a", "b", "database"): 1}


def test_a_server_without_a_service_does_not_name_itself_as_its_peer() -> None:
    # Tempo takes it for the server's own name; on a server's span it is the caller's
    links = linked(
        S("a", "1", "", "client"), S("", "2", "1", "server", {"peer.service": "somebody"})
    )
    assert links.rows == ()
    assert [gap.what for gap in links.gaps] == [
        "the provider of a call of a",
        "the service of a span",
    ]


def test_looking_up_a_name_inside_of_a_call_is_no_call_of_its_own() -> None:
    links = linked(
        S("a", "1", "", "client", {"http.url": "http://b/x"}),
        S("a", "2", "1", "client", {"peer.ipv4": "10.0.0.7"}, name="dns.lookup"),
        S("a", "3", "1", "client", {"net.peer.name": "b"}, name="tcp.connect"),
    )
    assert found(links) == {("a", "b", "http"): 1}
    assert links.rows[0].operation == "* /x"


def test_a_call_by_address_inside_of_another_call_counts() -> None:
    links = linked(
        S("a", "1", "", "client", {"http.url": "http://b/x"}),
        S("a", "2", "1", "client", {"http.url": "http://169.254.169.254/token"}),
    )
    assert found(links) == {("a", "b", "http"): 1, ("a", "169.254.169.254", "http"): 1}


def test_a_reference_besides_the_parent_is_seen_and_not_waited_for() -> None:
    # Jaeger's Spark job draws a link for each reference; OpenTelemetry and Tempo for none of these
    links = linked(
        S("s1", "1"), S("s2", "2", "1"), S("s3", "3", "1", "server", links=(("1", "2"),))
    )
    assert found(links) == {
        ("s1", "s2", "rpc"): 1, ("s1", "s3", "rpc"): 1, ("s2", "s3", "rpc"): 1,
    }  # fmt: skip
    waits = {(row.consumer, row.provider): row.non_blocking for row in links.rows}
    assert waits == {("s1", "s2"): 0.0, ("s1", "s3"): 0.0, ("s2", "s3"): 1.0}
    assert [row.rule for row in links.rows] == ["parent", "parent", "reference"]


def test_a_reference_to_the_service_that_called_tells_nothing_new() -> None:
    links = linked(
        S("a", "1"),
        S("a", "2", "1"),
        S("b", "3", "2", "server", {"error": ""}, links=(("1", "1"),)),
    )
    assert found(links) == {("a", "b", "rpc"): 1}


def test_the_failure_of_a_span_is_its_caller_s_and_not_of_what_it_refers_to() -> None:
    links = linked(
        S("a", "1"),
        S("b", "2", "1"),
        S("c", "3", "1", "server", {"error": ""}, links=(("1", "2"),)),
    )
    assert errors(links) == {("a", "b"): 0, ("a", "c"): 1, ("b", "c"): 0}


def test_a_reference_within_a_service_or_from_a_sender_is_no_call() -> None:
    links = linked(
        S("a", "1"), S("a", "2", "1", links=(("1", "1"),)),
        S("b", "3", "1", "producer", links=(("1", "4"),)), S("c", "4", "1"),
    )  # fmt: skip
    assert found(links) == {("a", "b", "rpc"): 1, ("a", "c", "rpc"): 1}
