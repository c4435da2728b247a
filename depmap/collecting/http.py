"""The one HTTP session: retries, time-outs, credentials, and errors in words.

Credentials are sent to the configured origin only, and never appear in a message: no redirect to
another origin is followed. Nothing hangs: connecting, waiting for an answer, its length, and the
time in which it must have arrived are all bounded.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3.exceptions as wire

from depmap.collecting.addresses import bare, base, origin, split
from depmap.collecting.answers import (
    AskedTooMuch,
    TryLater,
    UnusableAnswer,
    decoded,
    page_for_people,
)
from depmap.collecting.credentials import Credentials
from depmap.collecting.pace import Pace
from depmap.collecting.sessions import new_session
from depmap.collecting.tls import WANTED, Tls, told, wants_certificate
from depmap.errors import SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self
    from urllib.parse import SplitResult

T = TypeVar("T")

CONNECT_SECONDS = 4.0
READ_SECONDS = 60.0
PAUSE_SECONDS = 0.5
MAX_BODY = 128_000_000
"""A longer answer is refused: a smaller question gives a shorter one."""

MAX_REDIRECTS = 5
_BODY_TRIES = 2
_BODY_PATIENCE = 5
"""A body may take so many times the time in which its first byte must arrive."""

_CHUNK = 1 << 20
_MAX_SAID = 200
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REFUSED = frozenset({401, 403, 407})
_WHO = 401
_BUSY = 429
_TOO_LARGE = 413
_BAD_REQUEST = 400
_NOT_FOUND = 404
_SERVER_ERROR = 500
_IS_IT_RUNNING = "is the server running, and reachable?"


class Backend:
    """A server that answers JSON over HTTP. Close it, or use it in a ``with``.

    Several threads may ask at once.
    """

    def __init__(
        self,
        url: str,
        *,
        token_env: str = "",
        header_env: Mapping[str, str] | None = None,
        credentials: Credentials | None = None,
        tls: Tls = Tls(),  # noqa: B008 - it is frozen
        rate: float = 0.0,
        seconds: float = READ_SECONDS,
        max_body: int = MAX_BODY,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        """Open a session; nothing is sent yet.

        Args:
            url: the base address, with any path prefix.
            token_env: environment variable that holds a bearer token; empty for none.
            header_env: further headers, each with the environment variable that holds its value.
            credentials: in place of these two: any of the ways to log in.
            tls: the files of a TLS connection.
            rate: how many requests are sent in a second, at most; 0: as many as may be.
            seconds: how long the server may take until it starts to answer.
            max_body: how many bytes of an answer are read.
            pause: seconds between the first retries; it doubles.

        Raises:
            InputError: no request could be sent to the address, it holds credentials, or a file
                cannot be used.
        """
        self.url = base(url)
        tls.check()
        self._credentials = credentials or Credentials(token_env=token_env, header_env=header_env)
        self._tls = tls
        self._pace = Pace(rate)
        self._seconds = seconds
        self._max_body = max_body
        self._session = new_session(pause, tls)

    def __enter__(self) -> Self:
        """Return the backend itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self._session.close()

    def ask(
        self, path: str, shape: type[T], params: Mapping[str, str | int] | None = None
    ) -> T | None:
        """Return an answer decoded from JSON, or None where the server says 404.

        Raises:
            SourceUnavailable: as ``get``, or the answer is not JSON of that shape.
        """
        body = self.get(path, params)
        return None if body is None else decoded(body, shape, where=f"{self.url}/{path}")

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> bytes | None:
        """Return the body of an answer, or None where the server says 404.

        Raises:
            UnusableAnswer: the answer is a page for people (a login), or HTTP 4xx.
            AskedTooMuch: the server failed at this request.
            TryLater: no server, or one that wants to be left alone.
            SourceUnavailable: credentials refused, a redirect to another origin.
        """
        target = f"{self.url}/{path}"
        for _ in range(_BODY_TRIES):
            with self._answer(target, params) as response:
                if response.status_code == _NOT_FOUND:
                    return None
                self._check(response)
                # What urllib3 retries ends with the headers: a cut body is asked for again here.
                with suppress(wire.ProtocolError):
                    return self._body(response)
        raise AskedTooMuch(
            "cut the connection in the middle of an answer", where=target, hint=_IS_IT_RUNNING
        )

    def _answer(self, target: str, params: Mapping[str, str | int] | None) -> requests.Response:
        """Ask; with a token that has expired meanwhile, ask once more with a fresh one."""
        sent = self._credentials.headers()
        response = self._follow(target, params, sent)
        if response.status_code == _WHO and self._credentials.renew(sent):
            response.close()
            response = self._follow(target, params, self._credentials.headers())
        return response

    def _follow(
        self, target: str, params: Mapping[str, str | int] | None, sent: Mapping[str, str]
    ) -> requests.Response:
        for _ in range(MAX_REDIRECTS):
            response = self._send(target, params, sent)
            if response.status_code not in _REDIRECTS:
                return response
            response.close()
            location = split(response.headers.get("location", ""), relative_to=target)
            if location is None or origin(location) != origin(urlsplit(target)):
                raise _elsewhere(target, location)
            target, params = location.geturl(), None
        raise SourceUnavailable("redirects in a circle", where=bare(target))

    def _send(
        self, target: str, params: Mapping[str, str | int] | None, sent: Mapping[str, str]
    ) -> requests.Response:
        self._pace.wait()
        try:
            return self._session.get(
                target,
                params=params,
                headers={"Accept": "application/json", "User-Agent": "depmap", **sent},
                # Given here, since the environment would win over what the session has.
                verify=self._tls.verify,
                timeout=(CONNECT_SECONDS, self._seconds),
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException as error:
            raise self._failure(error, bare(target)) from None

    def _failure(self, error: requests.RequestException, where: str) -> SourceUnavailable:
        # After its retries urllib3 keeps the reason inside, and requests calls all of it a
        # connection error.
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(reason, wire.ReadTimeoutError):
            why = f"did not answer within {self._seconds:g} s"
            return AskedTooMuch(why, where=where, hint=_IS_IT_RUNNING)
        if isinstance(error, requests.exceptions.SSLError) or wants_certificate(error):
            why, hint = told(error)
            return SourceUnavailable(why, where=where, hint=hint)
        if isinstance(reason, wire.ProtocolError):
            why, hint = "closed the connection without an answer", _IS_IT_RUNNING
            if where.startswith("https:"):
                hint = f"{hint} It may want a certificate: {WANTED}"
            return AskedTooMuch(why, where=where, hint=hint)
        if isinstance(error, requests.exceptions.ConnectionError):
            return TryLater(_why(error), where=where, hint=_IS_IT_RUNNING)
        return SourceUnavailable(f"the request failed ({type(error).__name__})", where=where)

    def _check(self, response: requests.Response) -> None:
        where, status = bare(response.url), response.status_code
        if status in _REFUSED:
            hint = (
                "give a valid token: token_env names the environment variable that holds it, "
                "token_command a command that prints it"
            )
            raise SourceUnavailable(f"refused with HTTP {status}", where=where, hint=hint)
        if status == _BUSY:
            hint = "lower rate or concurrency"
            raise TryLater("asks for fewer requests (HTTP 429)", where=where, hint=hint)
        if status >= _SERVER_ERROR or status == _TOO_LARGE:
            raise AskedTooMuch(f"answered HTTP {status}{self._said(response)}", where=where)
        if status >= _BAD_REQUEST:
            raise UnusableAnswer(f"answered HTTP {status}{self._said(response)}", where=where)
        if _is_page(response):
            raise page_for_people(where)

    def _body(self, response: requests.Response) -> bytes:
        where = bare(response.url)
        if int(response.raw.length_remaining or 0) > self._max_body:
            raise AskedTooMuch(f"sent more than {self._max_body:,} bytes", where=where)
        body = bytearray()
        try:
            self._receive(response, body, where)
        except wire.DecodeError:
            raise UnusableAnswer("answered with damaged compression", where=where) from None
        except wire.ReadTimeoutError:
            raise AskedTooMuch("stopped in the middle of an answer", where=where) from None
        except AskedTooMuch:
            # The error may be kept for a while, and its trace would keep all that was received.
            body.clear()
            raise
        return bytes(body)

    def _receive(self, response: requests.Response, body: bytearray, where: str) -> None:
        end = time.monotonic() + _BODY_PATIENCE * self._seconds
        # One read gives what has arrived, so that drops that never end are noticed as well.
        while part := response.raw.read1(_CHUNK, decode_content=True):
            body += part
            if len(body) > self._max_body:
                raise AskedTooMuch(f"sent more than {self._max_body:,} bytes", where=where)
            if time.monotonic() > end:
                raise AskedTooMuch("takes too long to send an answer", where=where)

    def _said(self, response: requests.Response) -> str:
        """Return what an error says, in one line without credentials, or nothing."""
        if _is_page(response):
            return ""
        with suppress(wire.HTTPError):
            said = response.raw.read1(_CHUNK, decode_content=True).decode(errors="replace")
            text = self._credentials.hide(said)
            line = "".join(c if c.isprintable() else " " for c in text)
            return f": {' '.join(line.split())[:_MAX_SAID]}" if line.strip() else ""
        return ""


def _elsewhere(target: str, location: SplitResult | None) -> SourceUnavailable:
    hint = "this is usually a login page: give a token, or the address behind it"
    if location is None:
        return SourceUnavailable("answered with a redirect to no address", where=bare(target))
    place = bare(location.geturl())
    if location.hostname == urlsplit(target).hostname:
        hint = f"write the address with {place.removesuffix(location.path)}"
    return SourceUnavailable(
        f"answered with a redirect to another origin, {place}", where=bare(target), hint=hint
    )


def _is_page(response: requests.Response) -> bool:
    return "html" in response.headers.get("content-type", "").lower()


def _why(error: requests.ConnectionError) -> str:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"did not accept a connection within {CONNECT_SECONDS:g} s"
    return "no connection could be made"
