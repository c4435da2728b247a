"""``depmap doctor``: each way a source can be unwell, on real servers and files."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from depmap.assessing.onesided import one_sided
from depmap.merging.merge import merge
from tests.builders import AS_OF, claim, node, seen
from tests.collecting.answering import Says, answering
from tests.collectors.pushing import Estate
from tests.faults.estates import on_jaeger
from tests.functional.calling import call
from tests.tracing.traces import NOON, S, as_otlp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.servers.jaeger import Jaeger

    Capture = pytest.CaptureFixture[str]

SPANS = (
    S("shop", "1", "", "client", {"http.url": "http://till/x"}),
    S("till", "2", "1", "server", {"http.route": "/x"}),
)
THEN = datetime.fromtimestamp(NOON / 1e6, UTC)


def examined(
    capfd: Capture, folder: Path, source: Sequence[str], now: datetime = THEN
) -> tuple[int, dict[str, Any]]:
    """Return the exit code, and what is said of the one source."""
    config = folder / "depmap.toml"
    config.write_text("\n".join(["[sources.one]", *source, ""]))
    answer = call(capfd, "-c", config, "--as-of", now.isoformat(), "doctor", "--format", "json")
    return answer.code, answer.json()["sources"][0]


def spans_file(folder: Path, *spans: S) -> list[str]:
    (folder / "spans.jsonl").write_bytes(as_otlp(spans))
    return ['collector = "spans"', 'paths = ["spans.jsonl"]']


def test_a_file_with_spans_is_fine(tmp_path: Path, capfd: Capture) -> None:
    code, found = examined(capfd, tmp_path, spans_file(tmp_path, *SPANS))
    assert (code, found["state"], found["cure"]) == (0, "fine", "")
    assert found["found"] == "2 spans of 2 services looked at"


def test_a_clock_that_is_ahead_is_named(tmp_path: Path, capfd: Capture) -> None:
    source = spans_file(tmp_path, *SPANS)
    code, found = examined(capfd, tmp_path, source, now=THEN - timedelta(minutes=7))
    assert (code, found["state"]) == (0, "doubtful")
    assert "writes times that are 7 minutes ahead of this machine's" in found["found"]
    assert found["cure"].startswith("set the clock of ")


def test_sampling_is_told(tmp_path: Path, capfd: Capture) -> None:
    one = S("shop", "1", "", "client", {"http.url": "http://t/x", "sampling.probability": "0.25"})
    _, found = examined(capfd, tmp_path, spans_file(tmp_path, one))
    assert "sampled: about 0.25 of the traces are kept" in found["found"]


def test_a_login_page_is_named_as_what_it_is(tmp_path: Path, capfd: Capture) -> None:
    page = Says(b"<!doctype html><title>Sign in</title>", headers={"Content-Type": "text/html"})
    with answering(lambda _: page) as server:
        source = ['collector = "zipkin"', f'url = "{server.url}"']
        code, found = examined(capfd, tmp_path, source)
    assert (code, found["state"]) == (3, "failed")
    assert "a page for people instead of JSON" in found["found"]
    assert "login page" in found["cure"]


def test_a_server_that_is_not_there_is_failed(tmp_path: Path, capfd: Capture) -> None:
    code, found = examined(
        capfd, tmp_path, ['collector = "jaeger"', 'url = "http://127.0.0.1:9"', "pause = 0.01"]
    )
    assert (code, found["state"]) == (3, "failed")
    assert found["cure"]


def test_a_wrong_option_is_told_with_its_cure(tmp_path: Path, capfd: Capture) -> None:
    source = ['collector = "jaeger"', 'url = "http://127.0.0.1:9"', "concurrency = 0"]
    code, found = examined(capfd, tmp_path, source)
    assert (code, found["state"]) == (3, "failed")
    assert "concurrency is 0" in found["found"]


@pytest.mark.live
def test_a_live_server_is_fine_and_an_empty_search_is_doubtful(
    jaeger: Jaeger, tmp_path: Path, capfd: Capture
) -> None:
    live, now = on_jaeger(jaeger), datetime.now(UTC)
    name = live.estate.name("cart")
    source = ['collector = "jaeger"', f'url = "{live.url}"']
    _, found = examined(capfd, tmp_path, [*source, f'services = ["{name}"]'], now)
    assert (found["state"], found["cure"]) == ("fine", "")
    # the last whole hour holds calls, which may have been less than an hour ago
    assert re.search(r" spans of 2 services of the last (hour|day) looked at", found["found"])
    nobody = Estate.new().name("nobody")
    code, found = examined(capfd, tmp_path, [*source, f'services = ["{nobody}"]'], now)
    assert (code, found["state"]) == (0, "doubtful")
    assert "it answers, and holds nothing of the last week" in found["found"]
    assert "no such service" in found["found"]


def test_services_that_only_one_kind_of_witness_knows() -> None:
    merged = merge(
        nodes=[node(name) for name in ("web", "cart", "ghost", "draft")],
        evidence=[
            seen("web", "cart", calls=9, last_seen=AS_OF),
            claim("web", "cart", locators=("web.py:1",)),
            seen("ghost", "cart", calls=9, last_seen=AS_OF),
            claim("draft", "cart", locators=("draft.py:1",)),
        ],
        shared=(), flows=(), aliases={}, as_of=AS_OF,
    )  # fmt: skip
    sides = one_sided(merged.nodes, merged.dependencies)
    assert sides.both == ("cart", "web")
    assert (sides.only_running, sides.only_written) == (("ghost",), ("draft",))


def test_the_ledger_tells_who_is_known_by_whom(tmp_path: Path, capfd: Capture) -> None:
    source = spans_file(tmp_path, *SPANS)
    examined(capfd, tmp_path, source)
    config = tmp_path / "depmap.toml"
    assert call(capfd, "-c", config, "collect").code == 0
    answer = call(capfd, "-c", config, "--as-of", THEN.isoformat(), "doctor")
    assert "only in traces: shop, till" in answer.out
    assert "`depmap names` proposes what is one thing" in answer.out
