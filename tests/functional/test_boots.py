"""From a real Prometheus to what a person reads: who waits for whom when they start."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from depmap.ledger.ledger import Ledger
from depmap.model.evidence import Boot
from tests.collectors.prometheus.labels import series
from tests.functional.calling import call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.servers.prometheus import Prometheus as Server

pytestmark = pytest.mark.live

FIRST = datetime.fromisoformat("2026-11-02T00:00:00+00:00")
BOOTS = 14
APART_S = 2 * 3600
DOWN_S = 900
"""Seconds after the beginning of each boot's hours at which everything is down."""
TOML = """
[project]
name = "tiny"

[sources.metrics]
collector = "prometheus"
url = "{url}"
"""


def ready_of_config(boot: int) -> int:
    return 20 + 15 * ((5 * boot) % BOOTS)


LIVES = {
    "config": ready_of_config,
    "auth": lambda boot: ready_of_config(boot) + 3 + boot % 4,
    "web": lambda boot: 9 + boot % 5,
}


def history() -> str:
    """What kube-state-metrics and a service graph tell of some boots."""
    lines = chain.from_iterable(pods(name, ready) for name, ready in LIVES.items())
    return "\n".join((*lines, *calls(), "# EOF\n"))


def scraped(name: str, values: Callable[[int, int], float | None]) -> Iterator[str]:
    """Yield samples; values are asked for by boot and seconds since all was down."""
    for second in range(8, BOOTS * APART_S, 30):
        boot, passed = divmod(second, APART_S)
        value = values(boot, passed - DOWN_S)
        if value is not None:
            yield f"{name} {value:.3f} {FIRST.timestamp() + second:.0f}"


def pods(name: str, ready: Callable[[int], int]) -> Iterator[str]:
    for number in range(BOOTS):
        began = FIRST.timestamp() + number * APART_S + DOWN_S + 120
        told = {"namespace": "shop", "pod": f"{name}-7d4f8c9b5d-{number}"}
        owned = {**told, "owner_kind": "ReplicaSet", "owner_name": f"{name}-7d4f8c9b5d"}

        def here(
            value: float, after: float, number: int = number
        ) -> Callable[[int, int], float | None]:
            return lambda boot, passed: value if boot == number and passed > after else None

        yield from scraped(series("kube_pod_start_time", **told), here(began, 120))
        moment = ready(number)
        yield from scraped(
            series("kube_pod_status_ready_time", **told), here(began + moment, 120 + moment)
        )
        yield from scraped(series("kube_pod_owner", **owned), here(1, 120))
    yield from scraped(
        series("kube_deployment_status_replicas_ready", namespace="shop", deployment=name),
        lambda boot, passed: float(not 0 <= passed < 120 + ready(boot)),
    )


def calls() -> Iterator[str]:
    for name in ("auth", "config"):
        graph = series("traces_service_graph_request_total", client="web", server=name)
        yield from scraped(graph, lambda boot, passed: float(boot * APART_S + passed))


@pytest.fixture(scope="module")
def server(prometheus: Callable[..., Server]) -> Server:
    return prometheus(history=history())


def test_who_waits_for_whom_is_read_built_and_told(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "depmap.toml").write_text(TOML.format(url=server.url))
    monkeypatch.chdir(tmp_path)
    until = FIRST + timedelta(seconds=BOOTS * APART_S)
    window = ("--since", FIRST.isoformat(), "--until", until.isoformat())
    assert call(capfd, "collect", *window).code == 0
    kept = [
        (stored.window, boot.seen.strftime("%Y-%m-%dT%H"))
        for stored in Ledger(tmp_path / "ledger").read(only=(Boot.__name__,))
        for boot in stored.records
        if isinstance(boot, Boot)
    ]
    assert len(kept) == BOOTS * len(LIVES)
    assert all(hour == seen for hour, seen in kept)
    built = call(capfd, "--as-of", "2026-11-24", "build")
    assert built.code == 0, built.err

    told = call(capfd, "why", "auth", "config").out
    assert "auth is ready only after config when they start together" in told
    assert "in all 14 boots in common config was ready first" in told
    assert "a candidate: confirm or deny" in told
    assert "The other way round" not in told

    asked = call(capfd, "ask").out
    assert "Is it so? auth is ready only after config" in asked
    assert call(capfd, "report").code == 0
    (review,) = tmp_path.glob("reports/*/review.md")
    hidden = review.read_text().partition("\n## Hidden dependencies\n")[2]
    assert "auth is ready only after config" in hidden.partition("\n## ")[0]
    assert "| starts-after | 6 | 1 |" in hidden.partition("\n## ")[0]
