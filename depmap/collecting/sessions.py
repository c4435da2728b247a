"""How requests and urllib3 are set up: what is retried, and what they must leave alone."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader
from urllib3.util.retry import Retry

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

    from depmap.collecting.tls import Tls

MAX_WAIT = 30.0
"""Seconds that a server may ask to be left alone."""

MAX_CONCURRENCY = 16
"""Requests that may be under way at once."""


class _Retry(Retry):
    """Retries that wait as long as the server asks for, within reason."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        with suppress(InvalidHeader):
            seconds = super().get_retry_after(response)
            return None if seconds is None else min(seconds, MAX_WAIT)
        return None


class _NoAuth(requests.auth.AuthBase):
    """Keeps requests from adding, or putting in place of a token, what ``~/.netrc`` holds."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Session(requests.Session):
    """Leaves redirects alone: requests reads and resolves even those it is not to follow."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        pass


def new_session(pause: float, tls: Tls) -> requests.Session:
    """Return a session that retries, and sends no credential that it was not given.

    Args:
        pause: seconds between the first retries; it doubles.
        tls: the certificate that it shows.
    """
    retry = _Retry(
        total=3,
        connect=0,
        read=1,
        backoff_factor=pause,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=("GET",),
        respect_retry_after_header=True,
        raise_on_status=False,
        redirect=False,
    )
    session = _Session()
    session.auth = _NoAuth()
    session.cert = tls.certificate
    adapter = HTTPAdapter(max_retries=retry, pool_maxsize=MAX_CONCURRENCY)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session
