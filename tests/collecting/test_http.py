from __future__ import annotations

import gzip
import socket
import time
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec
import pytest

from depmap.collecting.answers import AskedTooMuch, UnusableAnswer, decoded
from depmap.collecting.http import Backend
from depmap.errors import InputError, SourceUnavailable
from tests.collecting.answering import LOGIN, Asked, Says, answering, in_turn

if TYPE_CHECKING:
    from pathlib import Path


def get(url: str, path: str = "api", *, seconds: float = 5, max_body: int = 1000) -> bytes | None:
    with Backend(url, seconds=seconds, max_body=max_body, pause=0.01) as backend:
        return backend.get(path)


def ask(says: Says) -> dict[str, int] | None:
    with answering(in_turn(says)) as server, Backend(server.url) as backend:
        return backend.ask("api", dict[str, int])


def failure(says: Says | None) -> SourceUnavailable:
    with answering(in_turn(says)) as server, pytest.raises(SourceUnavailable) as caught:
        get(server.url, seconds=0.5)
    assert caught.value.where.startswith(server.url)
    return caught.value


def test_json_is_decoded() -> None:
    assert ask(Says('{"a": 1}', headers={"Content-Type": "text/plain"})) == {"a": 1}


def test_a_base_path_is_kept() -> None:
    with answering(in_turn(Says("1"))) as server:
        get(f"{server.url}/jaeger/", "api/traces")
    assert [one.path for one in server.asked] == ["/jaeger/api/traces"]


def test_nothing_at_the_path_is_none() -> None:
    with answering(in_turn(Says("no", 404))) as server:
        assert get(server.url) is None


def test_compression_is_undone() -> None:
    body = gzip.compress(b"[1, 2]")
    with answering(in_turn(Says(body, headers={"Content-Encoding": "gzip"}))) as server:
        assert get(server.url) == b"[1, 2]"


@pytest.mark.parametrize(
    ("says", "message"),
    [
        (LOGIN, "a page for people instead of JSON"),
        (Says("<html>"), "a page for people instead of JSON"),
        (Says("hello"), "something that is not JSON"),
        (Says(b'{"a": \xff}'), "something that is not JSON"),
        (Says(""), "answered with nothing"),
        (Says('{"a": "x"}'), r"JSON of another shape: Expected `int`, got `str`"),
        (Says("bad", 400), "answered HTTP 400: bad"),
        (Says(b"junk", headers={"Content-Encoding": "gzip"}), "damaged compression"),
    ],
)
def test_what_is_not_the_json_asked_for_is_called_by_its_name(says: Says, message: str) -> None:
    with pytest.raises(UnusableAnswer, match=message):
        ask(says)


def test_json_that_is_nested_without_end_is_not_followed() -> None:
    with pytest.raises(UnusableAnswer, match="something that is not JSON"):
        decoded(b"[" * 100_000, list[msgspec.Raw], where="x")


def test_a_login_page_comes_with_advice() -> None:
    assert "check the address and the token" in failure(LOGIN).hint


@pytest.mark.parametrize("status", [401, 403, 407])
def test_refused_credentials_name_the_option(status: int) -> None:
    error = failure(Says("who are you?", status))
    assert str(status) in error.message
    assert "token_env" in error.hint


def test_a_failing_server_is_asked_again() -> None:
    with answering(in_turn(Says("oh", 500), Says("[]"))) as server:
        assert get(server.url) == b"[]"


def test_a_server_that_goes_on_failing_may_manage_less() -> None:
    error = failure(Says('{"msg":\n "disk\x1b full"}', 503, {"Retry-After": "0"}))
    assert isinstance(error, AskedTooMuch)
    assert error.message == 'answered HTTP 503: {"msg": "disk full"}'


def test_a_server_to_which_it_is_too_much_may_manage_less() -> None:
    assert isinstance(failure(Says("", 413)), AskedTooMuch)


def test_a_busy_server_is_given_the_time_it_asks_for() -> None:
    start = time.monotonic()
    with answering(in_turn(Says("", 429, {"Retry-After": "1"}), Says("[]"))) as server:
        assert get(server.url) == b"[]"
    assert time.monotonic() - start >= 1


@pytest.mark.parametrize("wait", ["0", "some time"])
def test_a_server_that_stays_busy_is_named_so(wait: str) -> None:
    assert "fewer requests" in failure(Says("", 429, {"Retry-After": wait})).message


def test_no_server_is_noticed_at_once() -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        start = time.monotonic()
        with pytest.raises(SourceUnavailable, match="no connection could be made") as caught:
            get(f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert time.monotonic() - start < 2
    assert "running" in caught.value.hint


def test_a_server_that_does_not_answer_is_given_up() -> None:
    def slow(_: Asked) -> Says:
        time.sleep(0.4)
        return Says("[]")

    message = r"did not answer within 0\.2 s"
    with answering(slow) as server, pytest.raises(AskedTooMuch, match=message):
        get(server.url, seconds=0.2)


def test_a_server_that_stops_in_the_middle_is_given_up() -> None:
    def stuck(asked: Asked) -> None:
        asked.handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[1,")
        time.sleep(0.4)

    with answering(stuck) as server, pytest.raises(AskedTooMuch, match="stopped in the middle"):
        get(server.url, seconds=0.2)


def test_an_answer_that_drips_is_given_up() -> None:
    def drip(asked: Asked) -> None:
        asked.handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        for _ in range(900):
            asked.handler.wfile.write(b" ")
            time.sleep(0.01)

    with answering(drip) as server, pytest.raises(AskedTooMuch, match="takes too long"):
        get(server.url, seconds=0.1)


def test_a_cut_body_is_asked_for_again() -> None:
    with answering(in_turn(Says("[1,", promised=10), Says("[1]"))) as server:
        assert get(server.url) == b"[1]"


def test_a_body_that_is_always_cut_is_an_error() -> None:
    error = failure(Says("[1,", promised=10))
    assert isinstance(error, AskedTooMuch)
    assert "middle of an answer" in error.message


def test_a_connection_closed_without_an_answer_is_an_error() -> None:
    error = failure(None)
    assert isinstance(error, AskedTooMuch)
    assert "closed the connection" in error.message


@pytest.mark.parametrize(
    "says",
    [Says("x" * 1001), Says(gzip.compress(b"x" * 900_000), headers={"Content-Encoding": "gzip"})],
    ids=["plain", "packed"],
)
def test_more_than_the_limit_is_not_read(says: Says) -> None:
    error = failure(says)
    assert isinstance(error, AskedTooMuch)
    assert "more than 1,000 bytes" in error.message


def test_a_redirect_on_the_same_server_is_followed_with_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    with (
        answering(in_turn(Says("", 302, {"Location": "/new?x=1"}), Says("[]"))) as server,
        Backend(server.url, token_env="TOKEN") as backend,  # noqa: S106 - a variable's name
    ):
        assert backend.get("old") == b"[]"
    assert [one.path for one in server.asked] == ["/old", "/new"]
    assert [one.headers["Authorization"] for one in server.asked] == ["Bearer s3cret"] * 2


def test_no_redirect_leads_to_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    monkeypatch.setenv("TENANT", "acme")
    with answering(in_turn(Says("[]"))) as other:
        login = Says("", 302, {"Location": f"{other.url}/login?secret=1"})
        with (
            answering(in_turn(login)) as server,
            Backend(server.url, token_env="TOKEN", header_env={"X-Tenant": "TENANT"}) as backend,  # noqa: S106
            pytest.raises(SourceUnavailable, match="another origin") as caught,
        ):
            backend.get("api")
    assert other.asked == []
    assert f"{other.url}/login" in caught.value.message
    assert "secret=1" not in str(caught.value)


@pytest.mark.parametrize("location", ["", "ftp://x/", "http://[", "/again", "http://127.0.0.1:x/"])
def test_a_redirect_that_leads_nowhere_is_an_error(location: str) -> None:
    assert "redirect" in failure(Says("", 307, {"Location": location})).message


def test_a_server_that_moved_to_tls_says_how_to_write_it() -> None:
    error = failure(Says("", 301, {"Location": "https://127.0.0.1:1/api"}))
    assert error.hint == "write the address with https://127.0.0.1:1"


def test_headers_come_from_the_environment_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        answering(in_turn(Says("[]"))) as server,
        Backend(server.url, token_env="TOKEN", header_env={"X-Tenant": "TENANT"}) as backend,  # noqa: S106
    ):
        monkeypatch.setenv("TENANT", "acme")
        for token in ("first", "second\n"):
            monkeypatch.setenv("TOKEN", token)
            backend.get("api")
    sent = [(one.headers["Authorization"], one.headers["X-Tenant"]) for one in server.asked]
    assert sent == [("Bearer first", "acme"), ("Bearer second", "acme")]


def test_netrc_takes_no_part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with answering(in_turn(Says("[]"))) as server:
        get(server.url)
    assert "Authorization" not in server.asked[0].headers


@pytest.mark.parametrize(
    ("value", "message"), [("", "TOKEN is empty"), ("a\nb", "TOKEN holds"), ("ü", "TOKEN holds")]
)
def test_a_credential_that_cannot_be_sent_names_its_variable(
    value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", value)
    with (
        Backend("http://127.0.0.1:9", token_env="TOKEN") as backend,  # noqa: S106
        pytest.raises(SourceUnavailable, match=message),
    ):
        backend.get("api")


def test_a_server_that_repeats_a_credential_does_not_put_it_into_the_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    with (
        answering(lambda asked: Says(f"{asked.headers['Authorization']}?", 400)) as server,
        Backend(server.url, token_env="TOKEN") as backend,  # noqa: S106
        pytest.raises(UnusableAnswer, match=r"Bearer \*\*\*\?"),
    ):
        backend.get("api")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("localhost:16686", "is not an address"),
        ("ftp://host", "is not an address"),
        ("http://", "is not an address"),
        ("http://[::1", "is not an address"),
        ("http://host:99999", "is not an address"),
        ("http://me:pw@host", "must not hold credentials"),
        ("http://host/?x=1", "must end with its path"),
        ("http://host/#top", "must end with its path"),
        ("http://host/z/api/v2/", r"hint: write it as http://host/z$"),
        ("http://host/api/traces", r"hint: write it as http://host$"),
    ],
)
def test_what_is_no_base_address_is_a_mistake(url: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        Backend(url)
    assert "pw" not in str(caught.value)


def test_a_path_that_only_contains_api_is_fine() -> None:
    url = "https://grafana/api/datasources/proxy/uid/x1"
    with Backend(f"{url}/") as backend:
        assert backend.url == url
