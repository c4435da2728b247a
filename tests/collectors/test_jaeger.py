from __future__ import annotations

import dataclasses
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import msgspec
import pytest
import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

from collectors.jaeger import Jaeger
from depmap.collecting.answers import UnusableAnswer
from depmap.collecting.comparing import Ours, compare
from depmap.collecting.port import EVER, Drawn, Item, Window
from depmap.errors import InputError, SourceUnavailable
from depmap.model.words import Kind
from depmap.tracing.linking import link
from depmap.tracing.spans import Spans
from tests.collecting.answering import LOGIN, Asked, Says, answering, in_turn
from tests.collectors.pushing import Estate, Recorder, calls, shop, traces_of
from tests.servers import jaeger as jaegers

if TYPE_CHECKING:
    from depmap.tracing.links import Link
    from tests.servers.jaeger import Jaeger as Server

Api = Literal["auto", "legacy", "v3"]
APIS: tuple[Api, ...] = ("auto", "legacy", "v3")


def otlp(server: Server) -> OTLPSpanExporter:
    return OTLPSpanExporter(f"{server.otlp_url}/v1/traces")


def pushed(server: Server, count: int, *, apart: int = 10_000_000) -> Estate:
    recorder = Recorder(Estate.new())
    calls(recorder, count, apart=apart)
    assert recorder.send(otlp(server)) == count
    return recorder.estate


@pytest.mark.live
@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("limit", [5, 1000])
def test_every_trace_comes_back_whole_and_once(jaeger: Server, api: Api, limit: int) -> None:
    estate = pushed(jaeger, 60)
    services = (estate.name("cart"), estate.name("stock"))
    source = Jaeger(jaeger.query_url, services=services, api=api, limit=limit)

    traces, gaps = traces_of(source.collect(estate.window))

    assert (len(traces), set(traces.values()), gaps) == (60, {2}, [])


@pytest.mark.live
@pytest.mark.parametrize("api", APIS)
def test_without_services_all_are_read(jaeger: Server, api: Api) -> None:
    estate = pushed(jaeger, 10)
    found = list(Jaeger(jaeger.query_url, api=api, limit=7).collect(estate.window))
    names = {process.service for item in found for process in getattr(item, "processes", ())}
    assert {estate.name("cart"), estate.name("stock")} <= names


@pytest.mark.live
@pytest.mark.parametrize("api", APIS)
def test_a_window_without_ends_is_read(jaeger: Server, api: Api) -> None:
    estate = pushed(jaeger, 20)
    source = Jaeger(jaeger.query_url, services=(estate.name("cart"),), api=api, limit=8)
    assert len(traces_of(source.collect(EVER))[0]) == 20


@pytest.mark.live
@pytest.mark.parametrize("api", APIS)
def test_the_window_selects(jaeger: Server, api: Api) -> None:
    estate = pushed(jaeger, 60)
    start = estate.window.start + timedelta(minutes=1)
    # Starts are whole seconds of the estate's own clock; its traces are 10 ms apart.
    half = start + timedelta(microseconds=estate.start // 1000 % 1_000_000 + 295_000)
    source = Jaeger(jaeger.query_url, services=(estate.name("cart"),), api=api, limit=5)

    early, _ = traces_of(source.collect(Window(start, half)))
    late, _ = traces_of(source.collect(Window(half, estate.window.end)))

    assert (len(early), len(late), len(early | late)) == (30, 30, 60)


@pytest.mark.live
@pytest.mark.parametrize("api", APIS)
def test_what_no_window_can_tell_apart_is_a_gap(jaeger: Server, api: Api) -> None:
    estate = pushed(jaeger, 12, apart=0)
    source = Jaeger(jaeger.query_url, services=(estate.name("cart"),), api=api, limit=5)

    traces, gaps = traces_of(source.collect(estate.window))

    assert 5 <= len(traces) < 12
    assert {gap.what for gap in gaps} == {f"traces of {estate.name('cart')}"}
    assert all("truncated" in gap.why and gap.locator == jaeger.query_url for gap in gaps)


@pytest.mark.live
def test_both_apis_give_the_same_links(jaeger: Server) -> None:
    recorder = Recorder(Estate.new())
    shop(recorder)
    recorder.send(otlp(jaeger))
    services = tuple(map(recorder.estate.name, ("cart", "order", "shipping")))

    def rows(api: Api) -> tuple[Link, ...]:
        source = Jaeger(jaeger.query_url, services=services, api=api, limit=7)
        found = source.collect(recorder.estate.window)
        return link(Spans.concat(item for item in found if isinstance(item, Spans))).rows

    assert rows("legacy") == rows("v3") == rows("auto")
    name = recorder.estate.name
    assert {(row.consumer, row.provider, row.kind, row.calls) for row in rows("v3")} == {
        (name("cart"), name("stock"), Kind.HTTP, 20),
        (name("order"), "postgresql://db.internal:5432/orders", Kind.DATABASE, 5),
        (name("order"), "kafka", Kind.MESSAGING_PUBLISH, 5),
        (name("shipping"), "kafka", Kind.MESSAGING_CONSUME, 5),
        (name("order"), name("shipping"), Kind.EVENT, 5),
        (name("order"), name("audit"), Kind.RPC, 5),
    }


@pytest.mark.live
@pytest.mark.parametrize("api", APIS)
def test_span_ids_that_are_shared_stay_so(jaeger: Server, api: Api) -> None:
    # Unless it is asked for raw traces, Jaeger gives the server's half an id of its own.
    estate = Estate.new()
    halves = [
        {
            "traceId": uuid.uuid4().hex,
            "id": "00000000000000aa",
            "kind": kind,
            "timestamp": estate.start // 1000,
            "duration": 1000,
            "localEndpoint": {"serviceName": estate.name(service)},
            "shared": kind == "SERVER",
        }
        for kind, service in (("CLIENT", "cart"), ("SERVER", "stock"))
    ]
    halves[1]["traceId"] = halves[0]["traceId"]
    requests.post(jaeger.zipkin_url, json=halves, timeout=10).raise_for_status()

    source = Jaeger(jaeger.query_url, services=(estate.name("stock"),), api=api)
    spans = [item for item in source.collect(estate.window) if isinstance(item, Spans)]

    assert [item.span.tolist() for item in spans] == [[0xAA, 0xAA]]


@pytest.mark.live
@pytest.mark.parametrize("api", APIS)
def test_an_unknown_service_is_a_gap_with_the_nearest_name(jaeger: Server, api: Api) -> None:
    estate = pushed(jaeger, 1)
    name = estate.name("stock")
    source = Jaeger(jaeger.query_url, services=(name[:-1],), api=api)
    _, [gap] = traces_of(source.collect(estate.window))
    assert f'did you mean "{name}"?' in str(gap)


@pytest.mark.live
@pytest.mark.parametrize("api", ["legacy", "v3"])
def test_a_limit_beyond_the_servers_says_what_to_do(jaeger: Server, api: Api) -> None:
    estate = pushed(jaeger, 1)
    source = Jaeger(jaeger.query_url, api=api, limit=jaegers.MAX_TRACES + 1)
    with pytest.raises(SourceUnavailable, match="search depth") as caught:
        list(source.collect(estate.window))
    assert "max_traces" in caught.value.hint


@pytest.mark.live
@pytest.mark.usefixtures("jaeger")
@pytest.mark.parametrize("api", APIS)
def test_an_empty_server_is_an_empty_search(api: Api) -> None:
    with jaegers.running() as server:
        found = list(Jaeger(server.query_url, api=api).collect(EVER))
    assert [gap.what for gap in traces_of(found)[1]] == ["no services"]


@pytest.mark.live
@pytest.mark.parametrize("api", APIS)
def test_the_address_of_a_page_is_named(jaeger: Server, api: Api) -> None:
    # Jaeger answers paths that it does not know with its user interface, and 200.
    with pytest.raises(UnusableAnswer, match="a page for people") as caught:
        list(Jaeger(f"{jaeger.query_url}/search", api=api).collect(EVER))
    assert "check the address" in caught.value.hint


@pytest.mark.live
def test_its_own_dependencies_come_last(jaeger: Server) -> None:
    recorder = Recorder(Estate.new())
    shop(recorder)
    recorder.send(otlp(jaeger))
    name = recorder.estate.name
    services = tuple(map(name, ("cart", "order", "shipping")))
    [*items, drawn] = Jaeger(jaeger.query_url, services=services).collect(recorder.estate.window)

    assert isinstance(drawn, Drawn)
    assert (name("cart"), name("stock"), 20) in drawn.edges
    assert (name("order"), name("order"), 10) in drawn.edges
    ours = Ours()
    ours.add(link(Spans.concat(item for item in items if isinstance(item, Spans))))
    found = compare(drawn, ours, services)
    assert found.gaps == ()
    assert found.text == (
        "compared with its own dependencies: 1 edges agree; "
        "only it draws 1 calls of a service to itself; "
        "only the traces show 1 inferred over lost spans, 1 messages tied by span links, "
        "3 with peers that record no spans, such as stores, brokers and hosts"
    )


def test_where_a_job_draws_once_a_day_whole_days_are_asked_for() -> None:
    def answer(asked: Asked) -> Says:
        if asked.path != "/api/dependencies":
            return Says("{}", 200 if asked.path.endswith("services") else 404)
        days = int(asked.query["lookback"]) >= 48 * 3600_000
        edges = [{"parent": "a", "child": "b", "callCount": 3}] if days else []
        return Says(json.dumps({"data": edges}))

    hour = Window(datetime(2026, 11, 20, 4, tzinfo=UTC), datetime(2026, 11, 20, 5, tzinfo=UTC))
    with answering(answer) as server:
        [*_, drawn] = Jaeger(server.url, api="v3", services=("a",)).collect(hour)
    assert drawn == Drawn((("a", "b", 3),), server.url, wider=True)


def found_by(answers: dict[str, Says], api: Api = "auto") -> tuple[list[str], list[Item]]:
    """Return which paths were asked for and what was found."""

    def answer(asked: Asked) -> Says:
        return answers.get(asked.path, LOGIN)

    with answering(answer) as server:
        found = list(Jaeger(server.url, api=api).collect(EVER))
    return [one.path for one in server.asked], found


def resource(trace: object) -> dict[str, object]:
    span = {"traceId": trace, "spanId": "00000000000000aa", "name": "x"}
    return {"scopeSpans": [{"spans": [span]}]}


def result(*resources: dict[str, object]) -> str:
    return json.dumps({"result": {"resourceSpans": resources}})


def test_where_v3_is_a_page_the_legacy_api_is_used() -> None:
    services = Says('{"data": ["cart"]}', headers={"Content-Type": "application/json"})
    paths, found = found_by({"/api/services": services, "/api/traces": Says('{"data": []}')})
    assert paths[:3] == ["/api/v3/services", "/api/services", "/api/traces"]
    assert [gap.what for gap in traces_of(found)[1]] == ["no traces in the window"]


def test_where_v3_answers_something_else_the_legacy_api_is_used() -> None:
    answers = {
        "/api/v3/services": Says('{"status": "ok"}'),
        "/api/services": Says('{"data": null}'),
    }
    paths, found = found_by(answers)
    assert paths[:2] == ["/api/v3/services", "/api/services"]
    assert [gap.what for gap in traces_of(found)[1]] == ["no services"]


def test_an_answer_in_several_objects_is_read() -> None:
    body = f"{result(resource('1' * 32))}\n{result(resource('2' * 32))}"
    answers = {"/api/v3/services": Says('{"services": ["cart"]}'), "/api/v3/traces": Says(body)}
    assert len(traces_of(found_by(answers)[1])[0]) == 2


def test_a_malformed_trace_leaves_the_others() -> None:
    body = result(resource(7), resource("1" * 32))
    answers = {"/api/v3/services": Says('{"services": ["cart"]}'), "/api/v3/traces": Says(body)}
    traces, gaps = traces_of(found_by(answers)[1])
    assert (len(traces), len(gaps)) == (1, 1)


@pytest.mark.parametrize("api", APIS)
def test_a_login_page_is_named(api: Api) -> None:
    with pytest.raises(UnusableAnswer, match="a page for people"):
        found_by({}, api)


@pytest.mark.parametrize("api", APIS)
def test_a_server_without_the_api_is_named(api: Api) -> None:
    with (
        answering(in_turn(Says("no", 404))) as server,
        pytest.raises(UnusableAnswer, match=r"there is no api.*services \(HTTP 404\)"),
    ):
        list(Jaeger(server.url, api=api).collect(EVER))


@pytest.mark.parametrize("api", APIS)
def test_refused_credentials_end_the_pull(api: Api) -> None:
    with (
        answering(in_turn(Says("", 401))) as server,
        pytest.raises(SourceUnavailable, match="refused with HTTP 401"),
    ):
        list(Jaeger(server.url, api=api).collect(EVER))
    assert len(server.asked) == 1


def test_credentials_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    monkeypatch.setenv("TENANT", "acme")
    with answering(in_turn(Says("{}"), Says("{}"), Says("", 404))) as server:
        header_env = {"x-tenant": "TENANT"}
        list(Jaeger(server.url, token_env="TOKEN", header_env=header_env).collect(EVER))  # noqa: S106
    sent = {(one.headers["Authorization"], one.headers["x-tenant"]) for one in server.asked}
    assert sent == {("Bearer s3cret", "acme")}


@pytest.mark.parametrize("limit", [0, 1])
def test_a_limit_that_shows_nothing_is_a_mistake(limit: int) -> None:
    with answering(in_turn(Says("{}"))) as server, pytest.raises(InputError, match="at least 2"):
        list(Jaeger(server.url, limit=limit).collect(EVER))


def test_all_options_can_stand_in_a_file() -> None:
    options = {
        "url": "http://jaeger",
        "services": ["cart"],
        "api": "legacy",
        "limit": 7,
        "token_env": "TOKEN",
        "basic_env": "BASIC",
        "token_command": "print-token --fresh",
        "header_env": {"x-tenant": "TENANT"},
        "headers": {"x-team": "a"},
        "concurrency": 3,
        "rate": 5.0,
        "timeout": 7.0,
        "patience": 8.0,
        "pause": 0.1,
    }
    made = msgspec.convert(options, Jaeger)
    files = dict.fromkeys(("ca_file", "cert_file", "key_file"))
    assert dataclasses.asdict(made) == {**options, **files, "services": ("cart",)}
