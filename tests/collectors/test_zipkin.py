from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from opentelemetry.exporter.zipkin.json import ZipkinExporter

from collectors.zipkin import Zipkin
from depmap.collecting.answers import UnusableAnswer
from depmap.collecting.comparing import Ours, compare
from depmap.collecting.port import EVER, Drawn
from depmap.errors import SourceUnavailable
from depmap.tracing.linking import link
from depmap.tracing.spans import Spans
from tests.collecting.answering import LOGIN, Asked, Says, answering, in_turn
from tests.collectors.pushing import Estate, Recorder, calls, traces_of
from tests.servers import zipkin as zipkins

if TYPE_CHECKING:
    from collections import Counter

    from depmap.model.evidence import Gap
    from tests.servers.zipkin import Zipkin as Server


def pushed(server: Server, count: int, *, apart: int = 10_000_000) -> Estate:
    """Push traces, and wait until all are there: Zipkin stores after it has replied."""
    recorder = Recorder(Estate.new())
    calls(recorder, count, apart=apart)
    assert recorder.send(ZipkinExporter(endpoint=server.spans_url)) == count
    deadline = time.monotonic() + 20
    while sum(found(server, recorder.estate)[0].values()) < 2 * count:
        assert time.monotonic() < deadline, "the spans do not arrive"
        time.sleep(0.05)
    return recorder.estate


def found(
    server: Server, estate: Estate, limit: int = 1000
) -> tuple[Counter[tuple[int, int]], list[Gap]]:
    services = (estate.name("cart"), estate.name("stock"))
    return traces_of(Zipkin(server.url, services=services, limit=limit).collect(estate.window))


@pytest.mark.live
@pytest.mark.parametrize("limit", [5, 1000])
def test_every_trace_comes_back_whole_and_once(zipkin: Server, limit: int) -> None:
    estate = pushed(zipkin, 60)
    traces, gaps = found(zipkin, estate, limit)
    assert (len(traces), set(traces.values()), gaps) == (60, {2}, [])


@pytest.mark.live
@pytest.mark.parametrize("path", ["", "/", "/zipkin", "/zipkin/"])
def test_without_services_all_are_read(zipkin: Server, path: str) -> None:
    estate = pushed(zipkin, 10)
    items = list(Zipkin(zipkin.url + path, limit=7).collect(estate.window))
    names = {process.service for item in items for process in getattr(item, "processes", ())}
    assert {estate.name("cart"), estate.name("stock")} <= names


@pytest.mark.live
def test_a_window_without_ends_is_read(zipkin: Server) -> None:
    estate = pushed(zipkin, 20)
    source = Zipkin(zipkin.url, services=(estate.name("Cart"),), limit=8)
    assert len(traces_of(source.collect(EVER))[0]) == 20


@pytest.mark.live
def test_what_no_window_can_tell_apart_is_a_gap(zipkin: Server) -> None:
    estate = pushed(zipkin, 12, apart=1000)
    traces, gaps = found(zipkin, estate, 5)
    assert 5 <= len(traces) < 12
    assert {gap.what for gap in gaps} == {
        f"traces of {estate.name('cart')}",
        f"traces of {estate.name('stock')}",
    }
    assert all("truncated" in gap.why for gap in gaps)


@pytest.mark.live
def test_its_own_dependencies_come_last(zipkin: Server) -> None:
    estate = pushed(zipkin, 5)
    services = (estate.name("cart"), estate.name("stock"))
    [*items, drawn] = Zipkin(zipkin.url, services=services).collect(estate.window)

    assert isinstance(drawn, Drawn)
    assert (estate.name("cart"), estate.name("stock"), 5) in drawn.edges
    ours = Ours()
    ours.add(link(Spans.concat(item for item in items if isinstance(item, Spans))))
    found = compare(drawn, ours, services)
    assert (found.text, found.gaps) == ("compared with its own dependencies: 1 edges agree", ())


@pytest.mark.live
@pytest.mark.usefixtures("zipkin")
def test_an_empty_server_is_an_empty_search() -> None:
    with zipkins.running() as server:
        items = list(Zipkin(server.url).collect(EVER))
    assert [gap.what for gap in traces_of(items)[1]] == ["no services"]


@pytest.mark.live
def test_a_wrong_address_is_named(zipkin: Server) -> None:
    with pytest.raises(UnusableAnswer, match=r"there is no api/v2/services \(HTTP 404\)"):
        list(Zipkin(f"{zipkin.url}/nope").collect(EVER))


def test_a_proxy_that_knows_the_prefix_only_is_read() -> None:
    def answer(asked: Asked) -> Says:
        return Says("[]") if asked.path.startswith("/zipkin/api/v2/") else LOGIN

    with answering(answer) as server:
        items = list(Zipkin(server.url).collect(EVER))
    assert [gap.what for gap in traces_of(items)[1]] == ["no services"]


@pytest.mark.parametrize("path", ["", "/zipkin"])
def test_a_login_page_is_named(path: str) -> None:
    with (
        answering(in_turn(LOGIN)) as server,
        pytest.raises(UnusableAnswer, match="a page for people") as caught,
    ):
        list(Zipkin(server.url + path).collect(EVER))
    assert caught.value.where == f"{server.url}{path}/api/v2/services"


def test_refused_credentials_end_the_pull() -> None:
    with (
        answering(in_turn(Says("", 403))) as server,
        pytest.raises(SourceUnavailable, match="refused with HTTP 403"),
    ):
        list(Zipkin(server.url).collect(EVER))
    assert len(server.asked) == 1


def test_a_malformed_trace_leaves_the_others() -> None:
    body = '[[{"traceId": 7}], [{"traceId": "1", "id": "2"}]]'

    def answer(asked: Asked) -> Says:
        return Says('["cart"]' if asked.path.endswith("services") else body)

    with answering(answer) as server:
        traces, gaps = traces_of(Zipkin(server.url).collect(EVER))
    assert (list(traces), len(gaps)) == ([(0, 1)], 1)
