"""``collect`` on a command line: how it tells what it does, and what it never tells."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from depmap.cli.progress import Bar, Lines, how_far, progress_for
from depmap.cli.settings import Settings
from depmap.collecting.progress import Progress
from tests.collecting.answering import Says, answering
from tests.collecting.certificates import Authority, server_context
from tests.faults.backend import START, WINDOW, all_traces, jaeger
from tests.functional.calling import Answer, call

if TYPE_CHECKING:
    from pathlib import Path

    from tests.collecting.answering import Asked

SINCE = ("--since", START.isoformat(), "--until", (START + timedelta(hours=3)).isoformat())


def config(folder: Path, url: str, **options: Any) -> Path:
    told = {"collector": "jaeger", "url": url, "limit": 8, "pause": 0.01, **options}
    lines = [f"{key} = {_toml(value)}" for key, value in told.items()]
    path = folder / "depmap.toml"
    path.write_text("\n".join(["[sources.live]", *lines, ""]))
    return path


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {json.dumps(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)


def everything(folder: Path, answer: Answer) -> bytes:
    """All that a run left behind."""
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return b"".join([*files, answer.out.encode(), answer.err.encode()])


@pytest.mark.parametrize("refused", [False, True], ids=["fine", "refused"])
def test_all_ways_to_log_in_at_once_and_nothing_of_them_is_told(
    refused: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    ours = Authority.new(tmp_path / "ca")
    certificate, key = ours.signed("client")
    context = server_context(*ours.signed("server"), clients=ours.certificate)
    monkeypatch.setenv("TENANT", "t3nant")
    project = tmp_path / "project"
    project.mkdir()
    # The command prints another token each time; the first is refused after a while.
    program = tmp_path / "token.py"
    program.write_text(
        "import pathlib\n"
        f"path = pathlib.Path({str(tmp_path / 'count')!r})\n"
        "count = len(path.read_text()) if path.exists() else 0\n"
        "path.write_text('x' * (count + 1))\n"
        "print(f's3cret{count}')\n"
    )
    real = jaeger(all_traces(3))
    tokens: list[str] = []

    def answer(asked: Asked) -> Says | None:
        tokens.append(asked.headers["Authorization"])
        assert asked.headers["X-Tenant"] == "t3nant"
        assert asked.headers["X-Team"] == "checkout"
        assert asked.path.startswith("/base/api/")
        if refused or (tokens[-1].endswith("0") and len(tokens) > 6):
            return Says(f"no: {tokens[-1]} t3nant", 401)
        object.__setattr__(asked, "path", asked.path.removeprefix("/base"))
        return real(asked)

    with answering(answer, context) as server:
        path = config(
            project,
            f"{server.url}/base",
            token_command=f"'{sys.executable}' '{program}'",
            header_env={"X-Tenant": "TENANT"},
            headers={"X-Team": "checkout"},
            ca_file="../ca/ca.pem",
            cert_file=f"../ca/{certificate.name}",
            key_file=f"../ca/{key.name}",
        )
        found = call(capfd, "--debug", "--config", path, "collect", *SINCE)
    assert found.code == (3 if refused else 0), found.err
    assert set(tokens) == {"Bearer s3cret0", "Bearer s3cret1"}
    left = everything(project, found)
    assert b"s3cret" not in left
    assert b"t3nant" not in left
    assert ("refused with HTTP 401" in found.err) == refused


def test_quiet_is_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with answering(jaeger(all_traces(3))) as server:
        found = call(capfd, "-q", "--config", config(tmp_path, server.url), "collect", *SINCE)
    assert found == Answer(0, "", "")


def test_lines_tell_the_source_and_what_came(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with answering(jaeger(all_traces(3))) as server:
        found = call(capfd, "--config", config(tmp_path, server.url), "collect", *SINCE)
    first, second, *rest = found.err.splitlines()
    assert first == "  live"
    assert second.startswith("live: ")
    assert second.endswith((" gap", " gaps"))
    assert rest[-1].startswith("  not compared with its own dependencies: it draws none")
    assert "\x1b" not in found.err
    assert found.out == ""


def test_how_far_it_is() -> None:
    at = START + timedelta(hours=13)
    assert how_far(WINDOW, at, 9000, 3.0) == (
        "2026-11-20 16:00, 50%, 9,000 spans, 3,000/s, about 0:00:03 left"
    )
    assert how_far(WINDOW, WINDOW.end, 9000, 3.0).endswith("3,000/s")
    assert how_far(WINDOW, START, 0, 0.0).endswith("0/s")


def drive(progress: Progress) -> None:
    progress.source("live")
    progress.window(WINDOW)
    progress.spans(10)
    progress.reached(START + timedelta(hours=13))
    progress.say("[red]waiting[/red]")
    progress.done()
    progress.done()


def test_lines_are_some_seconds_apart(capfd: pytest.CaptureFixture[str]) -> None:
    drive(Lines(Settings()))
    assert capfd.readouterr().err == "  live\n  live: [red]waiting[/red]\n"
    drive(Lines(Settings(), apart=0))
    assert ", 50%, 10 spans, " in capfd.readouterr().err


def test_a_terminal_has_a_bar(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    drive(Bar(Settings()))
    err = capfd.readouterr().err
    assert "live: [red]waiting[/red]" in err
    assert "50%" in err
    assert capfd.readouterr().out == ""


def test_who_reads_stderr_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(progress_for(Settings())) is Lines
    assert type(progress_for(Settings(verbosity=-1))) is Progress
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert type(progress_for(Settings())) is Bar
