"""Bad input: one clear error with place and hint, the exit code, the ledger untouched."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.functional.calling import call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Capture = pytest.CaptureFixture[str]
SPAN = {
    "traceId": "1" * 16,
    "id": "2" * 16,
    "kind": "CLIENT",
    "localEndpoint": {"serviceName": "a"},
    "remoteEndpoint": {"serviceName": "b"},
    "timestamp": 1764000000000000,
    "duration": 1000,
}


@contextmanager
def login_page() -> Iterator[str]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<html><form>Please log in</form></html>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def project(tmp_path: Path, sources: str) -> Path:
    path = tmp_path / "depmap.toml"
    path.write_text(f'[project]\nname = "x"\n{sources}')
    return path


def ledger(tmp_path: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(tmp_path)): path.read_bytes()
        for path in sorted((tmp_path / "ledger").rglob("*"))
        if path.is_file()
    }


def test_a_truncated_document_is_named_with_line_and_column(
    tmp_path: Path, capfd: Capture
) -> None:
    path = tmp_path / "traces.json"
    path.write_text(json.dumps([[SPAN]], indent=1)[:-20])
    answer = call(capfd, "links", path)
    assert answer.code == 2
    assert answer.err.startswith(f"error: {path}:")
    assert "truncated" in answer.err
    assert answer.out == ""


@pytest.mark.parametrize("content", ["name,age\nx,1\n", '{"a": 1}', "<html></html>", "\x7fELF"])
def test_a_file_of_another_kind_is_named_with_what_would_do(
    tmp_path: Path, capfd: Capture, content: str
) -> None:
    path = tmp_path / "other"
    path.write_text(content)
    answer = call(capfd, "links", path)
    assert answer.code == 2
    assert str(path) in answer.err
    assert "Zipkin" in answer.err


def test_an_empty_folder_is_named(tmp_path: Path, capfd: Capture) -> None:
    answer = call(capfd, "links", tmp_path)
    assert (answer.code, "the folder is empty" in answer.err) == (2, True)


def test_a_path_that_is_not_there_is_named(tmp_path: Path, capfd: Capture) -> None:
    answer = call(capfd, "links", tmp_path / "nowhere")
    assert (answer.code, "no such file" in answer.err) == (2, True)


def test_one_broken_line_among_good_ones_is_a_gap(tmp_path: Path, capfd: Capture) -> None:
    path = tmp_path / "spans.jsonl"
    good = json.dumps({"resourceSpans": []})
    path.write_text(f'{good}\n{{"resourceSpans": [\n{good}\n')
    answer = call(capfd, "links", path)
    assert answer.code == 0
    assert f"{path.name}:2" in answer.err


def test_zero_spans_are_a_valid_input(tmp_path: Path, capfd: Capture) -> None:
    path = tmp_path / "spans.json.gz"
    path.write_bytes(gzip.compress(b"[]"))
    answer = call(capfd, "links", path, "--format", "json")
    assert (answer.code, answer.json()["links"]) == (0, [])


def test_strict_makes_a_gap_a_failed_check(tmp_path: Path, capfd: Capture) -> None:
    path = tmp_path / "spans.jsonl"
    path.write_text('{"resourceSpans": []}\n{"resourceSpans": [\n{"resourceSpans": []}\n')
    assert call(capfd, "links", path, "--strict").code == 1


def test_a_misspelt_key_is_named_with_line_and_the_nearest_right_word(
    tmp_path: Path, capfd: Capture
) -> None:
    path = project(tmp_path, '[sources.x]\ncolector = "spans"\n')
    answer = call(capfd, "--config", path, "collect")
    assert answer.code == 2
    assert f"{path}:3:1" in answer.err


def test_no_configuration_says_how_to_get_one(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call(capfd, "run")
    assert (answer.code, "depmap init" in answer.err) == (2, True)


@pytest.mark.parametrize("collector", ["jaeger", "zipkin"])
def test_a_login_page_is_named_as_what_it_is_and_the_ledger_stays(
    tmp_path: Path, capfd: Capture, collector: str
) -> None:
    (tmp_path / "good.json").write_text(json.dumps([[SPAN]]))
    good = '[sources.x]\ncollector = "spans"\npaths = ["good.json"]\n'
    assert call(capfd, "--config", project(tmp_path, good), "collect").code == 0
    before = ledger(tmp_path)
    with login_page() as url:
        bad = f'[sources.x]\ncollector = "{collector}"\nurl = "{url}"\n'
        answer = call(capfd, "--config", project(tmp_path, bad), "collect")
    assert answer.code == 3
    assert "login page" in answer.err
    assert ledger(tmp_path) == before != {}


@pytest.mark.parametrize("collector", ["jaeger", "zipkin"])
def test_a_server_that_is_not_there_leaves_the_run_going_without_it(
    tmp_path: Path, capfd: Capture, collector: str
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "good.json").write_text(json.dumps([[SPAN]]))
    sources = (
        f'[sources.gone]\ncollector = "{collector}"\nurl = "http://127.0.0.1:{port}"\n'
        '[sources.files]\ncollector = "spans"\npaths = ["good.json"]\n'
    )
    path = project(tmp_path, sources)
    answer = call(capfd, "--config", path, "--as-of", "2025-12-01", "run")
    assert answer.code == 3
    assert "source gone could not be read" in answer.err
    report = (tmp_path / "reports" / "2025Q4" / "index.html").read_text()
    assert "gone" in report
    rows = call(capfd, "--config", path, "matrix", "--format", "json").json()["dependencies"]
    assert [(row["consumer"], row["provider"]) for row in rows] == [("a", "b")]


def test_an_unknown_source_is_named_with_the_nearest_one(tmp_path: Path, capfd: Capture) -> None:
    path = project(tmp_path, '[sources.traces]\ncollector = "spans"\npaths = ["x"]\n')
    answer = call(capfd, "--config", path, "collect", "trace")
    assert (answer.code, 'did you mean "traces"?' in answer.err) == (2, True)


def test_looking_before_there_is_anything_says_what_to_do(tmp_path: Path, capfd: Capture) -> None:
    answer = call(capfd, "--config", project(tmp_path, ""), "matrix")
    assert (answer.code, "depmap run" in answer.err) == (2, True)


@pytest.mark.parametrize("arguments", [["lnks"], ["links"], ["plan", "--to", "nowhere"], ["-x"]])
def test_wrong_usage_exits_with_2(capfd: Capture, arguments: list[str]) -> None:
    answer = call(capfd, *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert "Usage:" in answer.err


def test_a_folder_may_hold_other_files_beside_traces(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "README.md").write_text("# traces")
    (tmp_path / "spans.json").write_text(json.dumps([[SPAN]]))
    answer = call(capfd, "links", tmp_path, "--format", "csv")
    assert (answer.code, len(answer.out.splitlines())) == (0, 2)
    assert "README.md" in answer.err


def test_a_folder_without_any_trace_is_named(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "README.md").write_text("# traces")
    answer = call(capfd, "links", tmp_path)
    assert (answer.code, "README.md" in answer.err) == (2, True)
