"""A real test run with services as processes, and what depmap then knows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from depmap.observing.exporter import LedgerSpanExporter

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "tests/observing/suite/calling.py"


def run(folder: Path, ends: str) -> None:
    """Run the suite as its users would, with nothing but variables set."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OTEL_TRACES_EXPORTER": "depmap",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_SERVICE_NAME": "checks",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "DEPMAP_LEDGER": str(folder / "ledger"),
        "SUITE_ENDS": ends,
    }
    options = ("-q", "--noconftest", "-p", "no:cacheprovider", "-c", str(folder / "pytest.ini"))
    called(folder, "pytest", *options, str(SUITE), environment=environment)


def called(
    folder: Path, module: str, *words: str, environment: dict[str, str] | None = None
) -> str:
    done = subprocess.run(
        (sys.executable, "-m", module, *words),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def counted(folder: Path, consumer: str, provider: str) -> tuple[int, int]:
    """Return the calls and errors of a dependency in the matrix that depmap builds."""
    (folder / "depmap.toml").write_text('[project]\nname = "shop"\n')
    called(folder, "depmap", "build")
    told = json.loads(called(folder, "depmap", "why", consumer, provider, "--format", "json"))
    (dependency,) = told["dependencies"]
    assert dependency["kind"] == "http"
    # The hour may strike while the suite runs: each hour is a claim of its own.
    calls = [item["calls"] for item in dependency["evidence"]]
    return sum(one["calls"] for one in calls), sum(one["errors"] for one in calls)


def test_the_sdk_finds_the_exporter() -> None:
    (point,) = entry_points(group="opentelemetry_traces_exporter", name="depmap")
    assert point.load() is LedgerSpanExporter


# What was written before a process is killed is linked by those that end after it.
@pytest.mark.parametrize("ends", ["terminate", "kill"])
def test_a_test_run_becomes_evidence(tmp_path: Path, ends: str) -> None:
    run(tmp_path, ends)
    assert counted(tmp_path, "cart", "stock") == (3, 1)
    assert counted(tmp_path, "checks", "cart") == (3, 1)
