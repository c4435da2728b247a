from __future__ import annotations

import base64
import sys
from typing import TYPE_CHECKING, Any

import pytest

from depmap.collecting.answers import UnusableAnswer
from depmap.collecting.credentials import Credentials
from depmap.collecting.http import Backend
from depmap.errors import InputError, SourceUnavailable
from tests.collecting.answering import Asked, Says, answering, in_turn

if TYPE_CHECKING:
    from pathlib import Path


def command(folder: Path, *tokens: str) -> str:
    """A command line that prints one token after the other, and the last one for ever."""
    for number, token in enumerate(reversed(tokens)):
        (folder / f"{number}").write_text(token)
    program = folder / "token.py"
    program.write_text(
        "import pathlib, sys\n"
        "left = sorted(pathlib.Path(sys.argv[1]).glob('[0-9]'))\n"
        "print(left[-1].read_text())\n"
        "if len(left) > 1: left[-1].unlink()\n"
    )
    return f"'{sys.executable}' '{program}' '{folder}'"


def sent(server: Any, name: str = "Authorization") -> list[str]:
    return [one.headers[name] for one in server.asked]


def bearer(token: str) -> str:
    return f"Bearer {token}"


def backend(url: str, **more: Any) -> Backend:
    return Backend(url, credentials=Credentials(**more), seconds=5, pause=0.01)


def test_user_and_password_come_from_one_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGIN", "me:pass:wörd")
    with answering(in_turn(Says("[]"))) as server, backend(server.url, basic_env="LOGIN") as one:
        one.get("api")
    [header] = sent(server)
    assert header == "Basic " + base64.b64encode("me:pass:wörd".encode()).decode()


def test_plain_headers_are_sent_as_they_are() -> None:
    with (
        answering(in_turn(Says("[]"))) as server,
        backend(server.url, headers={"X-Scope-OrgID": "acme"}) as one,
    ):
        one.get("api")
    assert sent(server, "X-Scope-OrgID") == ["acme"]


def test_a_command_prints_the_token_once(tmp_path: Path) -> None:
    with (
        answering(in_turn(Says("[]"))) as server,
        backend(server.url, token_command=command(tmp_path, "first", "second")) as one,
    ):
        one.get("a")
        one.get("b")
    assert sent(server) == [bearer("first")] * 2


def test_a_token_that_expires_is_renewed_once(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Says:
        fresh = asked.headers["Authorization"] == bearer("second")
        return Says("[]") if fresh or asked.path == "/a" else Says("expired", 401)

    with (
        answering(answer) as server,
        backend(server.url, token_command=command(tmp_path, "first", "second", "third")) as one,
    ):
        assert (one.get("a"), one.get("b"), one.get("c")) == (b"[]", b"[]", b"[]")
    assert sent(server) == [bearer("first")] * 2 + [bearer("second")] * 2


def test_a_fresh_token_that_is_refused_as_well_is_the_end(tmp_path: Path) -> None:
    with (
        answering(in_turn(Says("", 401))) as server,
        backend(server.url, token_command=command(tmp_path, "first", "second")) as one,
        pytest.raises(SourceUnavailable, match="refused with HTTP 401"),
    ):
        one.get("a")
    assert sent(server) == [bearer("first"), bearer("second")]


def test_the_same_token_again_is_not_tried_again(tmp_path: Path) -> None:
    with (
        answering(in_turn(Says("", 401))) as server,
        backend(server.url, token_command=command(tmp_path, "only")) as one,
        pytest.raises(SourceUnavailable, match="refused with HTTP 401"),
    ):
        one.get("a")
    assert len(server.asked) == 1


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    line = f"{command(tmp_path, 'x')} ; touch {tmp_path / 'hit'} $(touch {tmp_path / 'hit'})"
    with answering(in_turn(Says("[]"))) as server, backend(server.url, token_command=line) as one:
        one.get("a")
    assert not (tmp_path / "hit").exists()


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import sys; sys.exit('s3cret')", "ended with code 1"),
        ("pass", "printed no token"),
        ("print('two words s3cret')", "printed no token"),
        ("print('s3cret\\x1b')", "printed no token"),
    ],
)
def test_a_command_that_fails_does_not_tell_what_it_said(
    program: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "p.py").write_text(program)
    line = f"'{sys.executable}' '{tmp_path / 'p.py'}' --password=s3cret"
    with (
        backend("http://127.0.0.1:9", token_command=line) as one,
        pytest.raises(SourceUnavailable, match=message) as caught,
    ):
        one.get("a")
    assert "s3cret" not in f"{caught.value}{caught.value!r}"


def test_a_command_that_is_not_there_is_named() -> None:
    with pytest.raises(SourceUnavailable, match="no-such-program cannot be run"):
        Credentials(token_command="no-such-program --x").headers()  # noqa: S106 - a command


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"token_env": "A", "basic_env": "B"}, "only one of"),
        ({"token_env": "A", "token_command": "b"}, "only one of"),
        ({"token_command": "'"}, "no command line"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "no header can carry"),
        ({"headers": {"X A": "a"}}, "not the name of a header"),
        ({"header_env": {"X:A": "B"}}, "not the name of a header"),
    ],
)
def test_what_cannot_be_sent_is_a_mistake(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Credentials(**options)


@pytest.mark.parametrize(("value", "message"), [("", "LOGIN is empty"), ("me", "does not hold")])
def test_a_login_that_is_none_names_its_variable(
    value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGIN", value)
    with pytest.raises(SourceUnavailable, match=message):
        Credentials(basic_env="LOGIN").headers()


def test_a_server_that_repeats_what_it_got_does_not_put_it_into_the_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOGIN", "me:s3cret")
    monkeypatch.setenv("TENANT", "t3nant")
    told = base64.b64encode(b"me:s3cret").decode()
    for options in (
        {"basic_env": "LOGIN", "header_env": {"X-Tenant": "TENANT"}},
        {"token_command": command(tmp_path, "s3cret"), "headers": {"X-Tenant": "t3nant"}},
    ):
        body = f"s3cret {told} t3nant?"
        with (
            answering(in_turn(Says(body, 400))) as server,
            backend(server.url, **options) as one,
            pytest.raises(UnusableAnswer) as caught,
        ):
            one.get("a")
        assert "s3cret" not in str(caught.value)
        assert "t3nant" not in str(caught.value)
        assert ("basic_env" not in options) or told not in str(caught.value)


def test_nothing_follows_a_redirect_to_another_origin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOGIN", "me:s3cret")
    for options in (
        {"basic_env": "LOGIN", "headers": {"X-Tenant": "acme"}},
        {"token_command": command(tmp_path, "s3cret")},
    ):
        with answering(in_turn(Says("[]"))) as other:
            away = Says("", 307, {"Location": f"{other.url}/x"})
            with (
                answering(in_turn(away)) as server,
                backend(server.url, **options) as one,
                pytest.raises(SourceUnavailable, match="another origin"),
            ):
                one.get("a")
        assert other.asked == []
