"""What can go wrong, in words for the person who runs depmap."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class DepmapError(Exception):
    """A failure that the user can act on.

    Attributes:
        message: what went wrong and why.
        where: ``file:line:col``, a URL, or empty.
        hint: what to do about it, or empty.
    """

    exit_code = 2

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        """Keep the parts apart, so that each output can lay them out."""
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        """Render as ``where: message (hint)``, leaving out what is empty."""
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n  hint: {self.hint}" if self.hint else head


class InputError(DepmapError):
    """A file, option or configuration is not what depmap can use. Exit code 2."""


class SourceUnavailable(DepmapError):  # noqa: N818 - the design's word
    """A whole source could not be read; the run goes on without it. Exit code 3."""

    exit_code = 3


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean "x"?`` for the nearest known word, or an empty string."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else ""
