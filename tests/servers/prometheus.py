"""A Prometheus with a history of its own, from the system's package."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers.missing import program
from tests.servers.process import (
    LOOPBACK,
    Command,
    StartFailed,
    answers,
    free_ports,
    scratch,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_IMPORT_SECONDS = 120
_SETTINGS = "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n"
_SCRAPE = """\
scrape_configs:
  - job_name: test
    static_configs: [{targets: ["%s"]}]
"""


@dataclass(frozen=True)
class Prometheus:
    """Where a running Prometheus answers.

    Attributes:
        url: its address, without a path.
    """

    url: str


def fetch() -> Path:
    """Return the server's program.

    Raises:
        Missing: there is none on this machine.
    """
    program("promtool", packages=("prometheus",))
    return Path(program("prometheus", packages=("prometheus",)))


@contextmanager
def running(history: str = "", target: str = "") -> Iterator[Prometheus]:
    """Run Prometheus on a free loopback port until the block ends.

    Args:
        history: series that it has from the start, as OpenMetrics text with time stamps.
        target: host and port of a program whose ``/metrics`` it reads; empty for none.

    Raises:
        Missing: there is no server on this machine.
        StartFailed: it did not start, or could not read the history.
    """
    (port,) = free_ports(1)
    server = Prometheus(f"http://{LOOPBACK}:{port}")
    with scratch("prometheus") as folder:
        config = folder / "prometheus.yml"
        config.write_text(_SETTINGS + (_SCRAPE % target if target else ""))
        if history:
            _import(folder, history)
        argv = (
            *(str(fetch()), f"--config.file={config}", f"--web.listen-address={LOOPBACK}:{port}"),
            *(f"--storage.tsdb.path={folder / 'data'}", "--storage.tsdb.retention.time=100y"),
        )
        with serving(Command("prometheus", argv, folder), lambda: _ready(server)):
            yield server


def _import(folder: Path, history: str) -> None:
    text = folder / "history.txt"
    text.write_text(history)
    promtool = program("promtool", packages=("prometheus",))
    argv = (promtool, "tsdb", "create-blocks-from", "openmetrics", str(text), str(folder / "data"))
    done = subprocess.run(
        argv, cwd=folder, capture_output=True, text=True, check=False, timeout=_IMPORT_SECONDS
    )
    if done.returncode:
        raise StartFailed(f"promtool ended with code {done.returncode}:\n{done.stderr}")


def _ready(server: Prometheus) -> bool:
    return answers(f"{server.url}/-/ready")
