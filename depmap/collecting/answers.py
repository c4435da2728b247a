"""What a server answered, in words, where it is not what was asked for."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from depmap.errors import SourceUnavailable

T = TypeVar("T")


class UnusableAnswer(SourceUnavailable):
    """The server answered with something else than was asked for: a page, no JSON, HTTP 4xx."""


class AskedTooMuch(SourceUnavailable):
    """The server failed at this request; it may manage a smaller one.

    It answered HTTP 5xx or 413, too late, too much, or only in part.
    """


class TryLater(SourceUnavailable):
    """The server is not there, or wants to be left alone; it may answer the same later."""


def decoded(body: bytes, shape: type[T], *, where: str) -> T:
    """Decode JSON of a known shape.

    Raises:
        UnusableAnswer: it is something else; the error says what.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        hint = "is this the server that the collector is made for?"
        message = f"answered with JSON of another shape: {error}"
        raise UnusableAnswer(message, where=where, hint=hint) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if body.lstrip()[:1] == b"<":
            raise page_for_people(where) from None
        what = "something that is not JSON" if body.strip() else "nothing"
        raise UnusableAnswer(f"answered with {what}", where=where) from None


def page_for_people(where: str) -> UnusableAnswer:
    """Return the error for HTML: with a wrong address or without a token that is what comes."""
    return UnusableAnswer(
        "answered with a page for people instead of JSON",
        where=where,
        hint="this is a login page or the user interface: check the address and the token",
    )
