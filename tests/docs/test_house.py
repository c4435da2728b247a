"""The house: what ships, what is there, and what must not be in it."""

from __future__ import annotations

import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
LINES = 300


def tracked(*patterns: str) -> list[Path]:
    done = subprocess.run(
        ["/usr/bin/env", "git", "ls-files", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def test_the_wheel_holds_both_packages_typed_and_nothing_else(tmp_path: Path) -> None:
    (path,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(path).namelist()
    assert {"depmap/py.typed", "collectors/py.typed"} <= set(names)
    assert "depmap/reporting/templates/report.html.j2" in names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"depmap", "collectors"}


@pytest.mark.parametrize(
    "name",
    [
        "LICENSE",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        ".ci/run",
        "Makefile",
        ".pre-commit-config.yaml",
    ],
)
def test_the_usual_files_are_there(name: str) -> None:
    assert (ROOT / name).is_file()


def test_no_module_is_longer_than_three_hundred_lines() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in tracked(
            "depmap/**/*.py", "depmap/*.py", "collectors/**/*.py", "collectors/*.py"
        )
        if (count := len(path.read_text().splitlines())) > LINES
    }
    assert long == {}


def test_nothing_holds_a_path_of_one_machine() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for path in tracked()
        if path.suffix
        in {".py", ".md", ".toml", ".yml", ".yaml", ".json", ".html", ".svg", ".lock"}
        and re.search(r"/work/|/home/\w|/root/|/Users/\w", path.read_text(errors="replace"))
        and path != Path(__file__)
    ]
    assert found == []


def test_every_lock_has_exact_pins_with_hashes() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[a-z0-9_.\[\]-]+ *== *\S+", text, re.MULTILINE)
        assert len(pins) > 30
        assert text.count("--hash=sha256:") >= len(pins)
        assert "://" not in text


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = (ROOT / "requirements.lock").read_text()
    for wanted in project["dependencies"]:
        name = re.split(r"[<>=\[ ]", wanted)[0]
        assert re.search(rf"^{re.escape(name)}(\[.*\])?==", locked, re.MULTILINE), name
