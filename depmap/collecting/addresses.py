"""Addresses of servers: taken apart, compared, and written without what nobody should read."""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import SplitResult, urljoin, urlsplit

from depmap.errors import InputError

_PORTS = {"http": 80, "https": 443}
_API = re.compile(r"/api(/v\d)?(/(traces|services))?/?$")


def base(url: str) -> str:
    """Return a base address without its last slash.

    Raises:
        InputError: no request could be sent to it, or it holds credentials.
    """
    parts = split(url)
    if parts is None:
        raise InputError(f"{url!r} is not an address", hint="write it as http://host:16686")
    if parts.username or parts.password:
        raise InputError(
            "an address must not hold credentials",
            where=bare(url),
            hint="put the token in an environment variable and name it in token_env",
        )
    if parts.query or parts.fragment:
        hint = f"write it as {bare(url)}"
        raise InputError("an address must end with its path", where=bare(url), hint=hint)
    if found := _API.search(parts.path):
        hint = f"write it as {bare(url).rstrip('/').removesuffix(found[0].rstrip('/'))}"
        raise InputError("an address must not hold the API's path", where=bare(url), hint=hint)
    return url.strip().rstrip("/")


def split(url: str, relative_to: str = "") -> SplitResult | None:
    """Take an HTTP address apart, or return None where it is none."""
    with suppress(ValueError):
        parts = urlsplit(urljoin(relative_to, url.strip()))
        # Asking for the port is what checks it.
        if parts.scheme in _PORTS and parts.hostname and (parts.port is None or parts.port > 0):
            return parts
    return None


def origin(parts: SplitResult) -> tuple[str, str, int]:
    """Return what must be the same for credentials to be sent: scheme, host and port."""
    return (parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme])


def bare(url: str) -> str:
    """Leave out the query and any credentials: neither belongs in a message."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
