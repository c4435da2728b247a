"""What the collector makes of answers that are none, too much, or about something else."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from collectors.prometheus import Prometheus
from depmap.collecting.answers import UnusableAnswer
from depmap.collecting.port import EVER, Window
from depmap.errors import InputError, SourceUnavailable
from depmap.model.evidence import Gap
from depmap.model.words import Kind
from tests.collecting.answering import LOGIN, Asked, Says, answering, in_turn
from tests.collectors.prometheus.history import hour
from tests.collectors.prometheus.labels import CART_STOCK, requests
from tests.collectors.prometheus.reading import Read

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.prometheus import Prometheus as Server

LABELS = {"client": "cart", "server": "stock"}


def success(data: object, **more: object) -> Says:
    return Says(json.dumps({"status": "success", "data": data, **more}))


def counting(asked: Asked) -> Says:
    """Answer like a Prometheus with one edge that is called once an hour."""
    if asked.path.endswith("/values"):
        return success(["traces_service_graph_request_total"])
    if not asked.query["query"].startswith("sum"):
        return success({"result": []})
    start, end = int(asked.query["start"]), int(asked.query["end"])
    values = [[at, "1"] for at in range(start, end + 1, 3600)]
    return success({"result": [{"metric": LABELS, "values": values}]})


def hours(asked: Asked) -> int:
    return (int(asked.query["end"]) - int(asked.query["start"])) // 3600 + 1


@pytest.mark.live
def test_an_empty_server_has_no_mesh_metrics(prometheus: Callable[..., Server]) -> None:
    (gap,) = Prometheus(prometheus().url).collect(hour())
    assert isinstance(gap, Gap)
    assert gap.what == "no mesh metrics"
    assert gap.why.startswith("none of istio_requests_total, ")


@pytest.mark.live
def test_a_window_without_ends_is_read(prometheus: Callable[..., Server]) -> None:
    assert Read(list(Prometheus(prometheus().url).collect(EVER))).gaps == ["no mesh metrics"]


@pytest.mark.live
def test_a_mistake_in_the_matchers_is_named(prometheus: Callable[..., Server]) -> None:
    with pytest.raises(UnusableAnswer, match=r"HTTP 400.*parse error"):
        list(Prometheus(prometheus().url, match="cluster=eu").collect(hour()))


@pytest.mark.live
def test_what_is_scraped_now_is_read(prometheus: Callable[..., Server]) -> None:
    calls = Counter({"calls": 1})

    def metrics(_: Asked) -> Says:
        line = f"{requests('source', 'cart', 'stock')} {calls['calls']}\n"
        return Says(line, headers={"Content-Type": "text/plain; version=0.0.4"})

    with answering(metrics) as exposed:
        collector = Prometheus(prometheus(target=exposed.url.removeprefix("http://")).url)
        seen_by(collector, None)
        calls["calls"] = 9
        found = seen_by(collector, 8)
    assert "a part of the metrics" not in found.gaps


def seen_by(collector: Prometheus, calls: int | None) -> Read:
    """Read until the edge is there, called at least so many times."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        # The hour may strike while the test runs: then the calls lie in either of two.
        now = datetime.now(UTC)
        found = Read(list(collector.collect(Window(now - timedelta(hours=1), now))))
        counted = [item.calls.calls for item in found.evidence if item.calls]
        if found.evidence and (calls is None or sum(counted) >= calls):
            keys = {(item.consumer, item.provider, item.kind) for item in found.evidence}
            assert keys == {(*CART_STOCK, Kind.HTTP)}
            assert all(item.last_seen and item.last_seen <= now for item in found.evidence)
            return found
        time.sleep(0.1)
    raise AssertionError("the calls are not counted")


def test_what_is_too_much_is_asked_for_in_parts() -> None:
    refused = Says('{"status":"error","errorType":"execution","error":"too many samples"}', 422)

    def answer(asked: Asked) -> Says:
        return refused if "query" in asked.query and hours(asked) > 2 else counting(asked)

    with answering(answer) as server:
        found = Read(list(Prometheus(server.url).collect(hour(0, hours=7))))
    assert [item.first_seen for item in found.evidence] == [hour(at).start for at in range(7)]
    # It is learnt once: later questions are small from the start.
    assert [hours(one) for one in server.asked if "query" in one.query].count(7) == 1


def test_an_hour_that_is_too_much_ends_the_pull() -> None:
    refused = Says('{"status":"error","error":"too many samples"}', 422)

    def answer(asked: Asked) -> Says:
        return refused if "query" in asked.query else counting(asked)

    with (
        answering(answer) as server,
        pytest.raises(SourceUnavailable, match="too many samples"),
    ):
        list(Prometheus(server.url).collect(hour(0, hours=3)))


def test_a_long_window_is_asked_for_in_parts() -> None:
    with answering(counting) as server:
        found = Read(list(Prometheus(server.url).collect(hour(-25_000, hours=25_000))))
    assert len(found.evidence) == 25_000
    assert max(hours(one) for one in server.asked if "query" in one.query) == 10_000


def test_warnings_of_the_server_are_gaps() -> None:
    def answer(asked: Asked) -> Says:
        found = json.loads(counting(asked).body)
        return success(found["data"], warnings=["store 10.0.0.1 did not answer"])

    with answering(answer) as server:
        found = Read(list(Prometheus(server.url).collect(hour())))
    assert (len(found.evidence), found.gaps) == (1, ["a part of the metrics"])


@pytest.mark.parametrize(
    ("says", "message"),
    [
        (LOGIN, "a page for people"),
        (Says("<html>"), "a page for people"),
        (Says("", 404), r"there is no api/v1/label/__name__/values \(HTTP 404\)"),
        (Says("", 401), "refused with HTTP 401"),
        (Says('{"status":"error","error":"no org id"}'), "an error: no org id"),
        (Says('{"status":"success"}'), "JSON of another shape"),
        (success({"result": []}), "JSON of another shape"),
        (success(["request_total"]), "JSON of another shape"),
    ],
)
def test_another_answer_is_called_by_its_name(says: Says, message: str) -> None:
    with (
        answering(in_turn(says)) as server,
        pytest.raises(SourceUnavailable, match=message),
    ):
        list(Prometheus(server.url).collect(hour()))


def test_an_address_with_the_path_of_the_api_is_corrected() -> None:
    with pytest.raises(InputError, match="must not hold the API's path") as caught:
        list(Prometheus("http://prometheus:9090/api/v1").collect(hour()))
    assert caught.value.hint == "write it as http://prometheus:9090"
