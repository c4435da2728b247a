"""Traces that seem to be kept by their outcome, and nobody says how: who hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.functional.calling import call
from tests.tracing.traces import S, as_otlp

if TYPE_CHECKING:
    from pathlib import Path

    Capture = pytest.CaptureFixture[str]

NOW = "2026-11-24T00:00:00Z"
TOLD = '[sampling]\nhead = 0.01\nerrors = "any"\n'


def project(folder: Path, *, failed: int, more: str = "") -> Path:
    """Write traces of a hundred requests of which some failed."""
    spans = []
    for at in range(100):
        outcome = {"error": "true"} if at < failed else {}
        root = S(
            "shop", f"{at}a", "", "server", {"http.route": "/x", **outcome}, trace=f"{at + 1:032x}"
        )
        spans.append(root)
    (folder / "spans.jsonl").write_bytes(as_otlp(spans))
    config = folder / "depmap.toml"
    config.write_text(f'[sources.one]\ncollector = "spans"\npaths = ["spans.jsonl"]\n{more}')
    return config


def test_build_says_so_in_one_line_and_the_report_shows_it(tmp_path: Path, capfd: Capture) -> None:
    config = project(tmp_path, failed=60)
    assert call(capfd, "-c", config, "collect").code == 0
    built = call(capfd, "-c", config, "--as-of", NOW, "build")
    warned = [line for line in built.err.splitlines() if "kept by their outcome" in line]
    assert built.code == 0
    assert len(warned) == 1
    assert warned[0].startswith("warning: ")
    assert "[sampling]" in warned[0]
    reported = call(capfd, "-c", config, "report", "--output", tmp_path / "report")
    assert reported.code == 0
    for page in ("index.html", "review.md"):
        assert "kept by their outcome" in (tmp_path / "report" / page).read_text(), page


@pytest.mark.parametrize(("failed", "more"), [(60, TOLD), (1, "")], ids=["told", "as usual"])
def test_nobody_is_warned_of_what_is_told_or_usual(
    failed: int, more: str, tmp_path: Path, capfd: Capture
) -> None:
    config = project(tmp_path, failed=failed, more=more)
    ran = call(capfd, "-c", config, "--as-of", NOW, "run", "--output", tmp_path / "report")
    looked = call(capfd, "-c", config, "--as-of", NOW, "doctor", "--format", "json")
    assert "outcome" not in ran.err
    assert looked.json()["sources"][0]["state"] == "fine"


def test_doctor_doubts_such_traces_and_names_the_cure(tmp_path: Path, capfd: Capture) -> None:
    config = project(tmp_path, failed=60)
    looked = call(capfd, "-c", config, "--as-of", NOW, "doctor", "--format", "json")
    found = looked.json()["sources"][0]
    assert (looked.code, found["state"]) == (0, "doubtful")
    assert "kept by their outcome" in found["found"]
    assert "[sampling]" in found["cure"]


def test_run_says_so_too(tmp_path: Path, capfd: Capture) -> None:
    config = project(tmp_path, failed=60)
    ran = call(capfd, "-c", config, "--as-of", NOW, "run", "--output", tmp_path / "report")
    assert ran.err.count("kept by their outcome") == 1
