"""Confirming: an answer that is still true gets the date on which somebody said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.errors import InputError, did_you_mean
from depmap.interviewing.editing import Edited

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depmap.interviewing.folder import Filed
    from depmap.interviewing.mistakes import Path


def confirmed(text: str, filed: Filed, providers: Sequence[str], day: str, by: str) -> str:
    """Return the text of an interview with confirmations in it.

    Args:
        text: the file as it is.
        filed: what it says.
        providers: whose answers are confirmed; none: the whole interview.
        day: such as 2026-11-24.
        by: who confirms; empty: nobody is named.

    Raises:
        InputError: a provider is not in the file, or nobody has answered about it yet.
    """
    edited = Edited(text, str(filed.path), filed.paper.document.line)
    for path in _places(filed, providers):
        edited.set((*path, "confirmed"), day)
        if by:
            edited.set((*path, "confirmed_by"), by)
    return edited.whole


def _places(filed: Filed, providers: Sequence[str]) -> list[Path]:
    if not providers:
        return [("interview",)]
    answers = [*filed.paper.entries("depends_on"), *filed.paper.entries("used_by")]
    known = {answer.named.casefold(): answer.named for _, answer in answers}
    found: list[Path] = []
    for provider in providers:
        given = [pair for pair in answers if pair[1].named.casefold() == provider.casefold()]
        if not given:
            raise InputError(
                f"it says nothing of {provider}",
                where=str(filed.path),
                hint=did_you_mean(provider.casefold(), known),
            )
        if not any(answer.answered for _, answer in given):
            line = filed.paper.place(*given[0][0])
            raise InputError(
                f"nobody has answered yet what {filed.form.service} needs {provider} for",
                where=line,
                hint="replace the ? first; then there is something to confirm",
            )
        found += [path for path, answer in given if answer.answered]
    return found
