"""A sample of a month on a live Jaeger, and what a sample of any server says of what it missed."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.trace import SpanKind

from depmap.collecting.sampling import more_of, spread
from depmap.ledger.ledger import Ledger
from depmap.model.evidence import Evidence, Gap
from tests.collectors.pushing import MILLISECOND, Estate, Recorder
from tests.functional.calling import call
from tests.servers import jaeger as jaegers
from tests.servers.fixtures import started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAYS = 28
STEP = 4
"""Minutes between two requests."""

_MINUTE = 60_000 * MILLISECOND
SATURDAY, NIGHT, PEAK = 5, 2, 20


def pairs(moment: datetime) -> Iterator[tuple[str, str]]:
    """Yield the calls that a minute of the month makes."""
    if moment.hour >= 6 or moment.minute < STEP:
        yield "web", "cart"
    if moment.hour == NIGHT:
        yield "report", "ledger"
    if moment.hour == PEAK:
        yield "streaming", "licence"
        yield "web", "stock"
        yield "web", "price"
    if moment.weekday() == SATURDAY:
        yield "digest", "mail"
    if (moment.day, moment.hour, moment.minute) == (17, 5, 0):
        yield "audit", "vault"


@pytest.fixture(scope="module")
def month() -> Iterator[tuple[str, Estate, datetime]]:
    """A Jaeger with a month of calls; its address, the services, and when the month began."""
    begin = datetime(2026, 10, 5, tzinfo=UTC)
    estate = Estate("m", int(begin.timestamp()) * 10**9)
    with ExitStack() as stack:
        server = started(stack, jaegers.running())
        recorder = Recorder(estate)
        for minute in range(0, DAYS * 24 * 60, STEP):
            moment = begin + timedelta(minutes=minute)
            for number, (consumer, provider) in enumerate(pairs(moment)):
                at = minute * _MINUTE + number * 10 * MILLISECOND
                caller = recorder.span(consumer, SpanKind.CLIENT, at)
                recorder.span(provider, SpanKind.SERVER, at + MILLISECOND, parent=caller)
        assert recorder.send(OTLPSpanExporter(f"{server.otlp_url}/v1/traces"))
        yield server.query_url, estate, begin


def project(folder: Path, url: str, more: str = "") -> Path:
    path = folder / "depmap.toml"
    path.write_text(f'[sources.live]\ncollector = "jaeger"\nurl = "{url}"\n{more}')
    return path


def seen(folder: Path) -> set[tuple[str, str]]:
    return {
        (item.consumer.removesuffix("-m"), item.provider.removesuffix("-m"))
        for stored in Ledger(folder / "ledger").read()
        for item in stored.records
        if isinstance(item, Evidence)
    }


@pytest.mark.live
def test_a_month_is_sampled_over_night_peak_and_weekend_and_rare_services_by_name(
    month: tuple[str, Estate, datetime], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url, _, begin = month
    window = ("--since", begin.isoformat(), "--until", (begin + timedelta(days=DAYS)).isoformat())
    config = project(tmp_path, url)
    answer = call(capfd, "-c", config, "collect", "--budget", "60s", *window)
    assert answer.code == 0
    assert seen(tmp_path) == {
        ("web", "cart"), ("web", "stock"), ("web", "price"), ("report", "ledger"),
        ("streaming", "licence"), ("digest", "mail"), ("audit", "vault"),
    }  # fmt: skip
    assert "the server lists 12 services" in answer.err
    assert "little new is to be expected" in answer.err
    assert "of 672 hours" in answer.err
    stored = list(Ledger(tmp_path / "ledger").read())
    (gap,) = (item for one in stored for item in one.records if isinstance(item, Gap))
    assert gap.why.startswith("only a sample was read: ")
    assert "audit-m" in gap.why


@pytest.mark.live
def test_a_sample_ends_in_time_and_a_further_one_goes_on(
    month: tuple[str, Estate, datetime], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url, _, begin = month
    window = ("--since", begin.isoformat(), "--until", (begin + timedelta(days=DAYS)).isoformat())
    arguments = ("-c", project(tmp_path, url, "rate = 10\n"), "collect", "--budget", "1s", *window)
    assert "the time is over" in call(capfd, *arguments).err
    first = {one.window for one in Ledger(tmp_path / "ledger").read()}
    call(capfd, *arguments)
    assert first < {one.window for one in Ledger(tmp_path / "ledger").read()}


def test_a_length_of_time_that_is_none_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = project(tmp_path, "http://127.0.0.1:9")
    answer = call(capfd, "-c", config, "collect", "--budget", "soon")
    assert answer.code == 2
    assert "not a length of time such as 90s, 10m, 1h or 400d" in answer.err
    assert call(capfd, "-c", config, "collect", "--budget", "1s").code == 3


@given(st.integers(0, 700), st.data())
def test_the_first_of_a_spread_lie_evenly(count: int, data: st.DataObject) -> None:
    order = spread(count)
    assert sorted(order) == list(range(count))
    if count > 1:
        few = data.draw(st.integers(1, count))
        places = sorted([-1, *order[:few], count])
        widest = max(after - before for before, after in pairwise(places))
        assert widest <= 4 * count / few + 2


def test_what_more_would_bring() -> None:
    assert more_of(Counter({5: 9}), 6) == 0
    assert more_of(Counter({1: 1}), 8) == 1
    # f0 = 7/8 * 10 * 9 / (2 * 6), of which half again comes in 8 further slices
    assert more_of(Counter({1: 10, 2: 5}), 8) == pytest.approx(4.99, abs=0.1)
