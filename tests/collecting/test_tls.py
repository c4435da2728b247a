from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from depmap.collecting.http import Backend
from depmap.collecting.tls import Tls
from depmap.errors import InputError, SourceUnavailable
from tests.collecting.answering import Says, answering, in_turn
from tests.collecting.certificates import Authority, server_context
from tests.servers.missing import program

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.new(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.new(tmp_path_factory.mktemp("tls") / "theirs")


@pytest.fixture(scope="module")
def served(ours: Authority) -> tuple[Path, Path]:
    return ours.signed("server")


def get(url: str, tls: Tls) -> bytes | None:
    with Backend(url, tls=tls, seconds=5, pause=0.01) as backend:
        return backend.get("api")


def test_a_private_authority_is_trusted_when_it_is_named(
    ours: Authority, served: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the environment says about other servers must not win over the option.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(served[0]))
    with answering(in_turn(Says("[]")), server_context(*served)) as server:
        assert get(server.url, Tls(ca_file=ours.certificate)) == b"[]"


def test_an_unknown_authority_is_refused_with_advice(served: tuple[Path, Path]) -> None:
    with (
        answering(in_turn(Says("[]")), server_context(*served)) as server,
        pytest.raises(SourceUnavailable, match="could not be verified") as caught,
    ):
        get(server.url, Tls())
    assert "ca_file" in caught.value.hint
    assert server.asked == []


def test_a_certificate_of_another_host_is_refused(ours: Authority) -> None:
    other = ours.signed("other", "DNS:elsewhere.example")
    with (
        answering(in_turn(Says("[]")), server_context(*other)) as server,
        pytest.raises(SourceUnavailable, match=r"could not be verified: .*127\.0\.0\.1"),
    ):
        get(server.url, Tls(ca_file=ours.certificate))


def test_a_client_shows_its_certificate(ours: Authority, served: tuple[Path, Path]) -> None:
    certificate, key = ours.signed("client")
    context = server_context(*served, clients=ours.certificate)
    with answering(in_turn(Says("[]")), context) as server:
        assert get(server.url, Tls(ours.certificate, certificate, key)) == b"[]"


def test_both_in_one_file_will_do(
    ours: Authority, served: tuple[Path, Path], tmp_path: Path
) -> None:
    certificate, key = ours.signed("both")
    both = tmp_path / "both.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    context = server_context(*served, clients=ours.certificate)
    with answering(in_turn(Says("[]")), context) as server:
        assert get(server.url, Tls(ours.certificate, both)) == b"[]"


@pytest.mark.parametrize("shown", ["none", "a stranger's"])
def test_a_server_that_wants_another_certificate_is_named(
    shown: str, ours: Authority, theirs: Authority, served: tuple[Path, Path]
) -> None:
    tls = Tls(ours.certificate)
    if shown != "none":
        tls = Tls(ours.certificate, *theirs.signed("stranger"))
    context = server_context(*served, clients=ours.certificate)
    with (
        answering(in_turn(Says("[]")), context) as server,
        pytest.raises(SourceUnavailable) as caught,
    ):
        get(server.url, tls)
    # It may hang up before its reason can be read.
    assert "cert_file" in caught.value.hint


def test_a_server_without_tls_is_named(ours: Authority) -> None:
    with (
        answering(in_turn(Says("[]"))) as server,
        pytest.raises(SourceUnavailable, match="does not speak TLS") as caught,
    ):
        get(server.url.replace("http:", "https:"), Tls(ca_file=ours.certificate))
    assert "http://" in caught.value.hint


def test_files_that_cannot_be_used_are_mistakes(ours: Authority, tmp_path: Path) -> None:
    certificate, key = ours.signed("mine")
    openssl = program("openssl", packages=("openssl",))
    locked = tmp_path / "locked.key"
    words = ("ec", "-in", key, "-aes256", "-passout", "pass:s3cret", "-out", locked)
    subprocess.run((openssl, *words), check=True, capture_output=True)
    junk = tmp_path / "junk.pem"
    junk.write_text("hello")
    for tls, where in (
        (Tls(ca_file=junk), junk),
        (Tls(ca_file=tmp_path / "none.pem"), tmp_path / "none.pem"),
        (Tls(cert_file=junk), junk),
        (Tls(cert_file=certificate), certificate),
        (Tls(cert_file=certificate, key_file=locked), certificate),
        (Tls(cert_file=certificate, key_file=ours.folder / "ca.key"), certificate),
    ):
        with pytest.raises(InputError) as caught:
            Backend("https://127.0.0.1", tls=tls)
        assert caught.value.where == str(where)
    with pytest.raises(InputError, match="without cert_file"):
        Backend("https://127.0.0.1", tls=Tls(key_file=key))
