"""Operations: what a call asked for, with everything that varies from call to call taken out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

MAX_LENGTH: Final = 160
"""Longest operation kept, in characters; a hostile span must not make rows of any size."""

MAX_SEGMENTS: Final = 12
"""Most path segments kept; what follows is folded into ``…``."""

FOLDED: Final = "…"

_PARAMETER = re.compile(r"<[^<>/]*>|\{[^{}/]*\}|\[[^\[\]/]*\]|(?<=/):[A-Za-z_]\w*")
_VARIABLE = re.compile(
    r"""(?:
      \d+                                          # 17
    | [0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}  # a UUID
    | (?=[a-f]*\d)[0-9a-f]{12,}                    # long hex
    | \d{4}-\d\d-\d\d\S*                           # a date
    | (?:[a-z]+[-_])+\d+                           # order-17
    | (?=[a-z_-]*\d)[a-z]+\d{3,}                   # user1042
    | (?=(?:[a-z_=-]*\d){3})[0-9a-z_=-]{18,}       # a token
    | \S*(?:%[0-9a-f]{2}|@)\S*                     # escaped text, a mail address
    )\Z""",
    re.VERBOSE | re.IGNORECASE,
)
_CODE = re.compile(r"(?=[A-Z]*\d)[A-Z0-9]{8,}\Z")  # OLJCESPC7Z
_VERSION = re.compile(r"v\d+\Z", re.IGNORECASE)
_IN_NAME = re.compile(
    r"\b(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?=[a-f]*\d)[0-9a-f]{12,}|\d+)\b",
    re.IGNORECASE,
)
_METHOD_AND_PATH = re.compile(r"([A-Za-z]{3,7}) (/\S*)\Z")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
_RPC_NAME = re.compile(r"(?:grpc\.|/)?((?:\w+\.)*[A-Z]\w*/[A-Z]\w*)\.?\Z")


def route(text: str) -> str:
    """Normalise a route: every kind of parameter becomes ``{}``.

    Example:
        >>> route("/users/<int:id>/orders/{order_id}/:line")
        '/users/{}/orders/{}/{}'
    """
    return _bounded(_PARAMETER.sub("{}", _rooted(text)))


def path(text: str) -> str:
    """Template a concrete path: ids, numbers, UUIDs, long hex and tokens become ``{}``.

    Example:
        >>> path("/orders/17/items/6f1ed002ab5595859014ebf0951522d9?x=1")
        '/orders/{}/items/{}'
    """
    bare = text.split("?", 1)[0].split("#", 1)[0]
    segments = _rooted(bare[: 4 * MAX_LENGTH]).split("/")
    kept = [_segment(segment) for segment in segments[: MAX_SEGMENTS + 1]]
    if len(segments) > len(kept):
        kept.append(FOLDED)
    return _bounded("/".join(kept))


@lru_cache(maxsize=1 << 14)
def url(text: str) -> str:
    """Template the path of a URL, or a path alone, and keep the rest but for the query.

    Example:
        >>> url("http://cart:8080/carts/17?full=1")
        'http://cart:8080/carts/{}'
    """
    begin = text.find("://")
    slash = text.find("/", begin + 3 if begin >= 0 else 0)
    if slash < 0:
        return text.split("?", 1)[0]
    return text[:slash] + path(text[slash:])


def name(text: str) -> str:
    """Template a span name, the last resort where no attribute tells the operation."""
    text = text.strip()
    found = _METHOD_AND_PATH.match(text[: 4 * MAX_LENGTH])
    if found:
        return f"{found[1].upper()} {path(route(found[2]))}"
    if text.upper() in _METHODS:
        return text.upper()
    if text.startswith("/"):
        return rpc_name(text) or path(route(text))
    return rpc_name(text) or plain(text)


def plain(text: str) -> str:
    """Template a topic, table or method: ids and numbers become ``{}``, words stay."""
    return _bounded(_IN_NAME.sub("{}", text[: 4 * MAX_LENGTH]))


def command(text: str) -> str:
    """Template a store's span name; its command in capitals, as Zipkin puts names in small ones.

    Example:
        >>> command("select shop")
        'SELECT shop'
    """
    word, space, rest = plain(text.strip()).partition(" ")
    return (word.upper() if word.isalpha() else word) + space + rest


def is_http(text: str) -> bool:
    """Whether a span name is an HTTP method, alone or with a path."""
    word, _, rest = text.partition(" ")
    return word.upper() in _METHODS and (not rest or rest.startswith("/"))


def rpc_name(text: str) -> str:
    """Return ``pkg.Service/Method`` where a span name has that form, else an empty string."""
    found = _RPC_NAME.match(text[: 2 * MAX_LENGTH])
    return _bounded(found[1]) if found else ""


def split_url(url: str) -> tuple[str, str, str]:
    """Return host, port and path of a URL; empty strings where it has none or is broken."""
    try:
        parts = urlsplit(url[:4096] if "://" in url else f"//{url[:4096]}")
        return parts.hostname or "", str(parts.port or ""), parts.path or "/"
    except ValueError:
        return "", "", ""


def _segment(segment: str) -> str:
    """Template one path segment; ``v1`` is a version and stays."""
    if not segment or segment.isalpha() or _VERSION.match(segment):
        return segment
    segment = segment[: 2 * MAX_LENGTH]
    return "{}" if _VARIABLE.match(segment) or _CODE.match(segment) else segment


def _rooted(text: str) -> str:
    """Give a path its leading slash, and take the trailing one."""
    text = text if text.startswith("/") else f"/{text}"
    return text.rstrip("/") or "/"


def _bounded(text: str) -> str:
    """Cut an operation at its greatest length."""
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + FOLDED
