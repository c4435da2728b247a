"""An estate of many repositories: each scanned apart, by its own CI or by ours, joined in one."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.functional.calling import call

if TYPE_CHECKING:
    from pathlib import Path

    Capture = pytest.CaptureFixture[str]

CODE = """\
import os
import requests
from flask import Flask

app = Flask(__name__)


@app.get("/cart")
def cart():
    answer = requests.get(os.environ["PRICING_URL"] + "/price", timeout=1)
    answer.raise_for_status()
    return answer.json()
"""
PRICING = """\
from flask import Flask

app = Flask(__name__)


@app.get("/price")
def price():
    return {}
"""
COMPOSE = """\
services:
  cart:
    image: registry/cart
    environment:
      PRICING_URL: http://pricing:80
  pricing:
    image: registry/pricing
"""
DOCKERFILE = 'FROM python\nCOPY app.py .\nCMD ["python", "app.py"]\n'


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """Two services and where they are deployed, each in a repository of its own."""
    for name, code in (("cart", CODE), ("pricing", PRICING)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "app.py").write_text(code)
        (folder / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "deployment").mkdir()
    (tmp_path / "deployment" / "docker-compose.yml").write_text(COMPOSE)
    return tmp_path


def found(capfd: Capture, config: Path) -> dict[str, Any]:
    """Build, and return the dependency of cart on pricing."""
    answer = call(capfd, "-c", config, "build")
    assert answer.code == 0, answer.err
    told = call(capfd, "-c", config, "why", "cart", "pricing", "--format", "json").json()
    (row,) = (item for item in told["dependencies"] if item["kind"] == "http")
    return dict(row)


def test_facts_of_repositories_meet_in_a_common_ledger(estate: Path, capfd: Capture) -> None:
    ledger = ("--ledger", estate / "ledger")
    for name, revision in (("cart", "1111111"), ("pricing", "2222222"), ("deployment", "3333333")):
        answer = call(capfd, "scan", estate / name, *ledger, "--revision", revision)
        assert (answer.code, answer.out) == (0, "")
    config = estate / "depmap.toml"
    config.write_text("[project]\nname = 'estate'\n")
    row = found(capfd, config)
    assert row["operations"] == ["GET /price"]
    assert "cart/app.py:10@1111111" in row["locators"]
    assert "pricing/app.py:6@2222222" in row["locators"]
    assert "deployment/docker-compose.yml:5@3333333" in row["locators"]


def test_a_later_revision_replaces_the_earlier_one(estate: Path, capfd: Capture) -> None:
    config = estate / "depmap.toml"
    config.write_text("")
    for name in ("cart", "pricing", "deployment"):
        call(capfd, "scan", estate / name, "--ledger", estate / "ledger", "--revision", "old")
    (estate / "cart" / "app.py").write_text("\n" + CODE)
    call(capfd, "scan", estate / "cart", "--ledger", estate / "ledger", "--revision", "new")
    places = found(capfd, config)["locators"]
    assert "cart/app.py:11@new" in places
    assert not any(place.startswith("cart/") and place.endswith("@old") for place in places)


def test_repositories_of_the_configuration_give_the_same_as_one_scan(
    estate: Path, capfd: Capture
) -> None:
    config = estate / "depmap.toml"
    tables = [f'[[repository]]\npath = "{name}"\n' for name in ("cart", "pricing", "deployment")]
    config.write_text("\n".join(tables))
    assert call(capfd, "-c", config, "collect").code == 0
    folders = [estate / name for name in ("cart", "pricing", "deployment")]
    scan = call(capfd, "scan", *folders, "--format", "json").json()
    rows = [item for item in scan["evidence"] if item["kind"] == "http"]
    places = {place for item in rows for place in item["locators"]}
    assert set(found(capfd, config)["locators"]) == places


def test_a_repository_is_got_by_git_at_a_revision(
    estate: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*arguments: str) -> str:
        command = ("git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments)
        done = subprocess.run(command, cwd=estate / "cart", check=True, capture_output=True)
        return done.stdout.decode().strip()

    git("init", "--quiet", "--initial-branch=main")
    git("add", ".")
    git("commit", "--quiet", "-m", "one")
    first = git("rev-parse", "HEAD")
    (estate / "cart" / "app.py").write_text("# nothing\n")
    git("commit", "--quiet", "-am", "two")
    monkeypatch.setenv("XDG_CACHE_HOME", str(estate / "cache"))
    config = estate / "depmap.toml"
    config.write_text(
        f'[[repository]]\nurl = "file://{estate}/cart"\nrevision = "{first}"\n'
        '[[repository]]\npath = "pricing"\n[[repository]]\npath = "deployment"\n'
    )
    assert call(capfd, "-c", config, "collect").code == 0
    assert f"cart/app.py:10@{first}" in found(capfd, config)["locators"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('url = "--upload-pack=touch x"', "no address of a git repository"),
        ('url = "ext::sh -c id"', "no address of a git repository"),
        ('url = "https://example.invalid/x.git"\nrevision = "--output=x"', "is no revision"),
        ('url = "file:///nowhere/at-all"', "git could not get it"),
    ],
)
def test_what_git_must_not_be_given_is_refused(
    table: str, message: str, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    config = tmp_path / "depmap.toml"
    config.write_text(f"[[repository]]\n{table}\n")
    answer = call(capfd, "-c", config, "collect")
    assert answer.code in {2, 3}
    assert message in answer.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[repository]]\ntitle = 'x'\n", "either a path or a url"),
        ("[[repository]]\npath = 'x'\nurl = 'https://y/z'\n", "either a path or a url"),
        ("[[repository]]\npaths = 'x'\n", 'did you mean "path"?'),
        ("[repository]\npath = 'x'\n", "two brackets"),
    ],
)
def test_a_table_that_is_wrong_is_told(
    text: str, message: str, tmp_path: Path, capfd: Capture
) -> None:
    config = tmp_path / "depmap.toml"
    config.write_text(text)
    answer = call(capfd, "-c", config, "collect")
    assert answer.code == 2
    assert message in answer.err


def test_options_of_a_ledger_go_with_a_ledger(estate: Path, capfd: Capture) -> None:
    assert call(capfd, "scan", estate / "cart", "--revision", "1").code == 2
    both = (estate / "cart", estate / "pricing")
    ledger = ("--ledger", estate / "ledger", "--repository", "x")
    assert call(capfd, "scan", *both, *ledger).code == 2
    assert not (estate / "ledger").exists()
