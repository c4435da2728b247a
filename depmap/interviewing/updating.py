"""What a file does not ask yet: dependencies that other sources found since it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.interviewing.claims import unspecific
from depmap.model.words import Kind, Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from depmap.interviewing.forms import Answer, Interview
    from depmap.interviewing.questions import Question


def unasked(
    form: Interview, asked: Sequence[Question], name: Callable[[str], str]
) -> tuple[Question, ...]:
    """Return the questions that a form neither asks nor answers, and no table has answered.

    An answer that names no kind covers the calls to its provider, or, where there are none, all
    that its layer may mean; an explicit "no" covers everything.

    Args:
        form: what the file says.
        asked: what there is to ask about its service.
        name: from what a person calls a node to the node's name.
    """
    denied = {name(item.named) for item in form.not_dependencies}
    called = {item.provider for item in asked if item.kind is None}
    covered = [(name(item.named), item) for item in form.depends_on]
    return tuple(
        item
        for item in asked
        if item.answered is None
        and item.provider not in denied
        and not any(
            provider == item.provider and _covers(answer, item.kind, provider in called)
            for provider, answer in covered
        )
    )


def _covers(answer: Answer, kind: Kind | None, has_calls: bool) -> bool:
    if answer.kind is not None:
        return answer.kind is kind or (kind is None and answer.kind.is_call)
    layer = answer.layer or unspecific(None, answer.target).layer
    if layer is Layer.TECHNICAL:
        return kind is None or (not has_calls and kind.layer is Layer.TECHNICAL)
    return kind is not None and kind.layer is layer
