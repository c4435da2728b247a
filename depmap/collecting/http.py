"""The one HTTP session: retries, time-outs, credentials, and errors in words.

Credentials come from the environment, are sent to the configured origin only, and never appear in
a message: no redirect to another origin is followed. Nothing hangs: connecting, waiting for an
answer, its length, and the time in which it must have arrived are all bounded.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3.exceptions as wire

from depmap.collecting.addresses import bare, base, origin, split
from depmap.collecting.answers import AskedTooMuch, UnusableAnswer, decoded, page_for_people
from depmap.collecting.sessions import new_session
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
MAX_BODY = 256_000_000
"""A longer answer is refused: a smaller question gives a shorter one."""

MAX_REDIRECTS = 5
_BODY_TRIES = 2
_BODY_PATIENCE = 5
"""A body may take so many times the time in which its first byte must arrive."""

_CHUNK = 1 << 20
_MAX_SAID = 200
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REFUSED = frozenset({401, 403, 407})
_BUSY = 429
_TOO_LARGE = 413
_BAD_REQUEST = 400
_NOT_FOUND = 404
_SERVER_ERROR = 500
_IS_IT_RUNNING = "is the server running, and reachable?"


class Backend:
    """A server that answers JSON over HTTP. Close it, or use it in a ``with``."""

    def __init__(
        self,
        url: str,
        *,
        token_env: str = "",
        header_env: Mapping[str, str] | None = None,
        seconds: float = READ_SECONDS,
        max_body: int = MAX_BODY,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        """Open a session; nothing is sent yet.

        Args:
            url: the base address, with any path prefix.
            token_env: environment variable that holds a bearer token; empty for none.
            header_env: further headers, each with the environment variable that holds its value.
            seconds: how long the server may take until it starts to answer.
            max_body: how many bytes of an answer are read.
            pause: seconds between the first retries; it doubles.

        Raises:
            InputError: no request could be sent to the address, or it holds credentials.
        """
        self.url = base(url)
        self._token_env = token_env
        self._header_env = dict(sorted((header_env or {}).items()))
        self._seconds = seconds
        self._max_body = max_body
        self._session = new_session(pause)

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
            SourceUnavailable: no server, credentials refused, a redirect to another origin.
        """
        target = f"{self.url}/{path}"
        for _ in range(_BODY_TRIES):
            with self._follow(target, params) as response:
                if response.status_code == _NOT_FOUND:
                    return None
                self._check(response)
                # What urllib3 retries ends with the headers: a cut body is asked for again here.
                with suppress(wire.ProtocolError):
                    return self._body(response)
        raise AskedTooMuch(
            "cut the connection in the middle of an answer", where=target, hint=_IS_IT_RUNNING
        )

    def _follow(self, target: str, params: Mapping[str, str | int] | None) -> requests.Response:
        for _ in range(MAX_REDIRECTS):
            response = self._send(target, params)
            if response.status_code not in _REDIRECTS:
                return response
            response.close()
            location = split(response.headers.get("location", ""), relative_to=target)
            if location is None or origin(location) != origin(urlsplit(target)):
                raise _elsewhere(target, location)
            target, params = location.geturl(), None
        raise SourceUnavailable("redirects in a circle", where=bare(target))

    def _send(self, target: str, params: Mapping[str, str | int] | None) -> requests.Response:
        headers = {"Accept": "application/json", "User-Agent": "depmap", **self._credentials()}
        try:
            return self._session.get(
                target,
                params=params,
                headers=headers,
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
        if isinstance(reason, wire.ProtocolError):
            why = "closed the connection without an answer"
            return AskedTooMuch(why, where=where, hint=_IS_IT_RUNNING)
        return SourceUnavailable(_why(error), where=where, hint=_IS_IT_RUNNING)

    def _credentials(self) -> dict[str, str]:
        """Read the environment for each request: a token may be renewed while a pull runs."""
        bearer = {"Authorization": f"Bearer {_secret(self._token_env)}"} if self._token_env else {}
        return bearer | {name: _secret(env) for name, env in self._header_env.items()}

    def _check(self, response: requests.Response) -> None:
        where, status = bare(response.url), response.status_code
        if status in _REFUSED:
            hint = "give a valid token: token_env names the environment variable that holds it"
            raise SourceUnavailable(f"refused with HTTP {status}", where=where, hint=hint)
        if status == _BUSY:
            raise SourceUnavailable("asks for fewer requests (HTTP 429)", where=where)
        if status >= _SERVER_ERROR or status == _TOO_LARGE:
            raise AskedTooMuch(f"answered HTTP {status}{self._said(response)}", where=where)
        if status >= _BAD_REQUEST:
            raise UnusableAnswer(f"answered HTTP {status}{self._said(response)}", where=where)
        if _is_page(response):
            raise page_for_people(where)

    def _body(self, response: requests.Response) -> bytes:
        where = bare(response.url)
        end = time.monotonic() + _BODY_PATIENCE * self._seconds
        body = bytearray()
        try:
            # One read gives what has arrived, so that drops that never end are noticed as well.
            while part := response.raw.read1(_CHUNK, decode_content=True):
                body += part
                if len(body) > self._max_body:
                    raise AskedTooMuch(f"sent more than {self._max_body:,} bytes", where=where)
                if time.monotonic() > end:
                    raise AskedTooMuch("takes too long to send an answer", where=where)
        except wire.DecodeError:
            raise UnusableAnswer("answered with damaged compression", where=where) from None
        except wire.ReadTimeoutError:
            raise AskedTooMuch("stopped in the middle of an answer", where=where) from None
        return bytes(body)

    def _said(self, response: requests.Response) -> str:
        """Return what an error says, in one line without credentials, or nothing."""
        if _is_page(response):
            return ""
        with suppress(wire.HTTPError):
            text = response.raw.read1(_CHUNK, decode_content=True).decode(errors="replace")
            for secret in sorted(self._credentials().values(), key=len, reverse=True):
                text = text.replace(secret.removeprefix("Bearer "), "***")
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


def _secret(env: str) -> str:
    value = os.environ.get(env, "").strip()
    if not value:
        hint = "it is to hold the credential"
        raise SourceUnavailable(f"the environment variable {env} is empty", hint=hint)
    if not (value.isascii() and value.isprintable()):
        raise SourceUnavailable(f"the environment variable {env} holds what no header can carry")
    return value


def _why(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "its TLS certificate could not be verified"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"did not accept a connection within {CONNECT_SECONDS:g} s"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "no connection could be made"
    return f"the request failed ({type(error).__name__})"
