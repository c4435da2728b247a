from __future__ import annotations

from depmap.model.evidence import Flow
from depmap.tracing import flows
from depmap.tracing.links import MAX_SHAPES
from tests.tracing.traces import S, linked

ROUTE = {"http.route": "/x", "http.request.method": "GET"}


def checkout(trace: str, *, again: int = 1) -> list[S]:
    """``a`` calls ``b`` some times, and publishes to a broker."""
    calls = [
        S("a", f"2{at}", "1", "client", trace=trace, start=at * 10, took=5, remote="b")
        for at in range(again)
    ]
    return [S("a", "1", "", "server", ROUTE, trace=trace, took=10_000), *calls]


def test_a_healthy_trace_gives_its_shape_with_equal_siblings_once() -> None:
    links = linked(*checkout("1"), *checkout("2", again=3))
    assert links.flows == (
        Flow(
            operation="a: GET /x",
            nodes=("a", "b"),
            parents=(-1, 0),
            blocking=(True, True),
            count=2,
            operations=("GET /x", ""),
        ),
    )


def test_what_a_node_was_asked_for_tells_shapes_apart() -> None:
    def asked(trace: str, *routes: str) -> list[S]:
        served = [
            S("b", f"2{at}", "1", "server", {"http.route": route}, trace=trace)
            for at, route in enumerate(routes)
        ]
        return [S("a", "1", "", "server", ROUTE, trace=trace), *served]

    spans = [
        *asked("1", "/p"),
        *asked("2", "/q", "/p"),
        *asked("3", "/p", "/q"),
        *asked("4", "/p"),
    ]
    found = {flow.operations: flow.count for flow in linked(*spans).flows}
    assert found == {("GET /x", "* /p"): 2, ("GET /x", "* /p", "* /q"): 2}


def test_a_call_is_of_the_operation_in_which_its_units_are_counted() -> None:
    spans = [
        S("a", "1", "", "server", ROUTE),
        S("a", "2", "1", "client", {"http.route": "/seen/by/a"}),
        S("b", "3", "2", "server", {"http.route": "/p"}),
        S("b", "4", "3", "client", {"http.route": "/seen/by/b"}, remote="c"),
    ]
    links = linked(*spans)
    (flow,) = links.flows
    called = {
        (flow.nodes[above], flow.nodes[at], flow.operations[above], flow.operations[at])
        for at, above in enumerate(flow.parents)
        if above >= 0
    }
    assert called == {
        (link.consumer, link.provider, split.consumer_operation, split.operation)
        for link in links.rows
        for split in link.splits
    }


def test_shapes_hold_services_below_each_other_in_a_fixed_order() -> None:
    spans = [
        S("a", "1", "", "server", ROUTE),
        S("c", "2", "1", "server"),
        S("c", "3", "2", "client", remote="d"),
        S("b", "4", "1", "server"),
        S("e", "5", "1", "consumer"),
    ]
    (flow,) = linked(*spans).flows
    assert flow.nodes == ("a", "b", "c", "d", "e")
    assert flow.parents == (-1, 0, 0, 2, 0)
    assert flow.blocking == (True, True, True, True, False)
    assert linked(*reversed(spans)).flows == (flow,)


def test_failed_and_incomplete_traces_give_no_shape() -> None:
    failed = S("a", "1", "", "server", {**ROUTE, "error": "true"}, trace="1")
    orphan = S("b", "7", "6", "client", trace="2")
    links = linked(failed, S("a", "1", "", "server", ROUTE, trace="2"), orphan)
    assert (links.flows, links.flows_cut) == ((), 0)


def test_a_trace_that_is_too_deep_is_cut_off_and_counted() -> None:
    deep = flows.MAX_DEPTH + 2
    chain = [S(f"s{at}", str(at + 1), str(at) if at else "", "server") for at in range(deep)]
    links = linked(*chain)
    assert (links.flows, links.flows_cut) == ((), 1)


def test_a_trace_that_is_too_large_is_cut_off_and_counted() -> None:
    wide = [
        S("a", f"{at:x}", "1", "client", remote=f"peer-{at}")
        for at in range(2, flows.MAX_NODES + 3)
    ]
    links = linked(S("a", "1", "", "server"), *wide)
    assert (links.flows, links.flows_cut) == ((), 1)


def test_shapes_beyond_the_bound_are_counted() -> None:
    more = MAX_SHAPES + 5
    spans = [
        span
        for at in range(more)
        for span in (
            S("a", "1", "", "server", ROUTE, trace=f"{at + 1:x}"),
            S("a", "2", "1", "client", trace=f"{at + 1:x}", remote=f"peer-{at:04}"),
        )
    ]
    links = linked(*spans)
    assert (len(links.flows), links.flows_cut) == (MAX_SHAPES, 5)
    assert links.flows[-1].nodes == ("a", f"peer-{MAX_SHAPES - 1:04}")
