"""The real servers start, take spans from the real exporters, and give them back."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import redis as redis_client
import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.zipkin.json import ZipkinExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind, format_trace_id

from tests.servers import cache, fetch, fixtures
from tests.servers import jaeger as jaegers
from tests.servers.missing import Missing, program
from tests.servers.process import Command, StartFailed, free_ports, listens, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

    from tests.servers.jaeger import Jaeger
    from tests.servers.postgres import Postgres
    from tests.servers.redis import Redis
    from tests.servers.zipkin import Zipkin


def one_call(exporter: SpanExporter, consumer: str, provider: str) -> str:
    """Export a call between two services; return its trace id."""
    caller, callee = (_tracer(exporter, name) for name in (consumer, provider))
    with (
        caller.start_as_current_span("GET", kind=SpanKind.CLIENT) as call,
        callee.start_as_current_span("GET /stock", kind=SpanKind.SERVER),
    ):
        return format_trace_id(call.get_span_context().trace_id)


def _tracer(exporter: SpanExporter, service: str) -> Tracer:
    # The processor exports each span when it ends, so there is nothing to flush.
    tracing = TracerProvider(resource=Resource({"service.name": service}), shutdown_on_exit=False)
    tracing.add_span_processor(SimpleSpanProcessor(exporter))
    return tracing.get_tracer("test")


def get(url: str, **parameters: str | int) -> Any:
    """Return what a backend answers."""
    answer = requests.get(url, params=parameters, timeout=10)
    answer.raise_for_status()
    return answer.json()


@pytest.mark.live
def test_jaeger_returns_a_trace_over_its_legacy_api(jaeger: Jaeger) -> None:
    trace = one_call(OTLPSpanExporter(f"{jaeger.otlp_url}/v1/traces"), "cart", "stock")

    found = get(f"{jaeger.query_url}/api/traces", service="cart", limit=10)

    assert {"cart", "stock"} <= set(get(f"{jaeger.query_url}/api/services")["data"])
    assert [(one["traceID"], len(one["spans"])) for one in found["data"]] == [(trace, 2)]


@pytest.mark.live
def test_jaeger_returns_a_trace_over_its_current_api(jaeger: Jaeger) -> None:
    trace = one_call(OTLPSpanExporter(f"{jaeger.otlp_url}/v1/traces"), "till", "bank")

    found = get(f"{jaeger.query_url}/api/v3/traces/{trace}")["result"]["resourceSpans"]

    assert {"till", "bank"} <= set(get(f"{jaeger.query_url}/api/v3/services")["services"])
    spans = [s for r in found for scope in r["scopeSpans"] for s in scope["spans"]]
    assert [span["traceId"] for span in spans] == [trace, trace]


@pytest.mark.live
def test_jaeger_takes_zipkin_spans(jaeger: Jaeger) -> None:
    trace = one_call(ZipkinExporter(endpoint=jaeger.zipkin_url), "desk", "mail")

    found = get(f"{jaeger.query_url}/api/traces/{trace}")["data"]

    assert [len(one["spans"]) for one in found] == [2]


@pytest.mark.live
def test_zipkin_returns_a_trace(zipkin: Zipkin) -> None:
    trace = one_call(ZipkinExporter(endpoint=zipkin.spans_url), "cart", "stock")

    found = eventually(f"{zipkin.url}/api/v2/traces", serviceName="cart")

    assert {"cart", "stock"} <= set(get(f"{zipkin.url}/api/v2/services"))
    assert [{span["traceId"] for span in one} for one in found] == [{trace}]


@pytest.mark.live
def test_postgres_keeps_rows(postgres: Postgres) -> None:
    with psycopg.connect(postgres.dsn) as connection:
        connection.execute("CREATE TEMPORARY TABLE one (n int)")
        connection.execute("INSERT INTO one VALUES (1)")
        assert connection.execute("SELECT n FROM one").fetchall() == [(1,)]


@pytest.mark.live
def test_redis_keeps_values(redis: Redis) -> None:
    with redis_client.Redis(redis.host, redis.port) as client:
        client.set("one", 1)
        assert client.get("one") == b"1"


def test_a_server_that_ends_is_reported_with_its_log(tmp_path: Path) -> None:
    argv = (sys.executable, "-c", "import sys; sys.exit('no such option')")
    with (
        pytest.raises(StartFailed, match=r"doomed ended with code 1(?s:.*)no such option"),
        serving(Command("doomed", argv, tmp_path), lambda: False),
    ):
        pass


def test_a_server_that_never_answers_is_ended(tmp_path: Path) -> None:
    argv = (sys.executable, "-c", "import time; print('hello', flush=True); time.sleep(60)")
    with (
        pytest.raises(StartFailed, match="mute was not ready after 1 s"),
        serving(Command("mute", argv, tmp_path, seconds=1), lambda: False),
    ):
        pass


def test_a_server_is_gone_after_its_block(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    argv = (sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port))
    with serving(Command("files", argv, tmp_path), lambda: listens(port)):
        assert listens(port)
    assert not listens(port)


def test_what_is_kept_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = []

    def make(folder: Path) -> Path:
        made.append(folder)
        (folder / "thing").write_text("whole")
        return folder / "thing"

    assert cache.keep("thing-1", make) == cache.keep("thing-1", make)
    assert (len(made), made[0].exists()) == (1, False)


def test_what_fails_half_way_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def fail(folder: Path) -> Path:
        (folder / "thing").write_text("ha")
        raise Missing(what="the rest", cure="wait")

    with pytest.raises(Missing):
        cache.keep("thing-1", fail)
    assert not (cache.folder() / "thing-1").exists()


def test_a_missing_program_says_how_to_get_it() -> None:
    with pytest.raises(Missing, match="no-such-program is missing: apt-get install a b"):
        program("no-such-program", packages=("a", "b"))


@contextmanager
def lacking() -> Iterator[None]:
    raise Missing(what="a thing", cure="buy one")
    yield


def test_a_missing_server_skips_its_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEPMAP_REQUIRE_ALL", raising=False)
    with ExitStack() as stack, pytest.raises(pytest.skip.Exception, match="buy one"):
        fixtures.started(stack, lacking())


def test_a_missing_server_fails_where_all_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPMAP_REQUIRE_ALL", "1")
    with ExitStack() as stack, pytest.raises(pytest.fail.Exception, match="buy one"):
        fixtures.started(stack, lacking())


@pytest.mark.parametrize(("required", "code"), [("0", 0), ("1", 1)])
def test_fetching_names_what_cannot_be_had(
    required: str,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DEPMAP_REQUIRE_ALL", required)

    def thing() -> Path:
        raise Missing(what="a thing", cure="buy one")

    assert fetch.main({"Folder": Path.cwd, "Thing": thing}) == code
    assert capsys.readouterr().err.splitlines() == [
        f"Folder: {Path.cwd()}",
        "Thing: a thing is missing: buy one",
    ]


@pytest.mark.live
def test_a_later_jaeger_serves_the_current_api() -> None:
    if "DEPMAP_JAEGER_NEXT" not in os.environ:
        pytest.skip("DEPMAP_JAEGER_NEXT names no later Jaeger")
    with jaegers.running(jaegers.next_binary()) as later:
        assert requests.get(f"{later.query_url}/api/v3/services", timeout=10).ok


def eventually(url: str, **parameters: str) -> Any:
    """Return the first answer that is not empty: Zipkin stores after it has replied."""
    deadline = time.monotonic() + 10
    while not (found := get(url, **parameters)):
        assert time.monotonic() < deadline, f"nothing at {url}"
        time.sleep(0.05)
    return found
