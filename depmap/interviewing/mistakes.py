"""Mistakes in people's files, in words: what, where, and the nearest right word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, get_args

from depmap.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import BaseModel, ValidationError

    from depmap.collecting.yaml_text import Document

Path = tuple[str | int, ...]

_SYNONYMS = {
    "hard": "strong",
    "critical": "strong",
    "mandatory": "strong",
    "required": "strong",
    "must": "strong",
    "soft": "weak",
    "medium": "weak",
    "nice-to-have": "optional",
    "none": "optional",
    "no": "optional",
    "down": "outage",
    "fails": "outage",
    "partial": "degraded",
    "slow": "delayed",
    "late": "delayed",
    "ok": "none",
}
"""What people write for the words of the form: hints only, nothing is converted in silence."""


class Weight(StrEnum):
    """How a problem is taken."""

    ERROR = "error"
    """The answer cannot be used as it stands."""
    WARNING = "warning"
    """It can, but it is probably not what was meant."""
    OPEN = "open"
    """Nothing is wrong: a question that nobody has answered yet."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that a person should look at.

    Attributes:
        file: the file's name, as in locators.
        line: 1-based; 0 where it is about the file as a whole.
        column: 1-based.
        what: what it is.
        why: the reason, or what to do.
        weight: how it is taken.
    """

    file: str
    line: int
    column: int
    what: str
    why: str = ""
    weight: Weight = Weight.ERROR

    @property
    def place(self) -> str:
        """``file:line:column``, or the file where it is about the whole of it."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


def mistakes(
    error: ValidationError, model: type[BaseModel], document: Document, name: str
) -> Iterator[Problem]:
    """Yield one problem for each mistake that pydantic found.

    A key that is missing is not named where a misspelt one stands in its place.

    Args:
        error: what it found.
        model: the model the document should have had the form of.
        document: the file's data with positions.
        name: the file's name.
    """
    items = error.errors(include_url=False)
    strangers = {item["loc"][:-1] for item in items if item["type"] == "extra_forbidden"}
    seen: set[tuple[int, int]] = set()
    for item in items:
        at, kind = item["loc"], item["type"]
        if kind == "missing" and at[:-1] in strangers and _misspelt(items, at):
            continue
        place = document.key(at) if kind == "extra_forbidden" else document.where(at)
        if place not in seen:
            seen.add(place)
            yield Problem(name, *place, *mistake_words(item, model))


def _misspelt(items: Sequence[Any], missing: Path) -> bool:
    strange = [
        str(item["loc"][-1])
        for item in items
        if item["type"] == "extra_forbidden" and item["loc"][:-1] == missing[:-1]
    ]
    return bool(did_you_mean(str(missing[-1]), strange))


def mistake_words(item: Any, model: type[BaseModel]) -> tuple[str, str]:
    """Return what one of pydantic's errors is about, and what to do, in words."""
    kind, given = item["type"], item["input"]
    key = next((str(step) for step in reversed(item["loc"]) if isinstance(step, str)), "")
    if kind == "extra_forbidden":
        known = fields_at(model, item["loc"][:-1])
        near = did_you_mean(key, known) or f"known here: {', '.join(known)}"
        return f'unknown key "{key}"', near
    if kind == "missing":
        return f'the key "{key}" is missing', "it cannot be used without it"
    if kind in {"literal_error", "enum"}:
        return _not_a_word(key, given, str(item["ctx"]["expected"]).replace("'", ""))
    if kind == "string_type":
        return _not_a_text(key, given)
    if kind in _SHAPES:
        what, why = _SHAPES[kind]
        return f"{key or 'the file'} {what}", why
    message = str(item["msg"]).removeprefix("Value error, ")
    own = item["loc"] and isinstance(item["loc"][-1], str)
    return (f"{key}: " if own else "") + message, ""


_LIST = ("must be a list", "begin each of its lines with a dash")
_MAP = ("must hold keys with values", "such as   key: value")
_SHAPES = {
    "tuple_type": _LIST,
    "list_type": _LIST,
    "model_type": _MAP,
    "model_attributes_type": _MAP,
    "dict_type": _MAP,
}
"""What is wrong with the shape of a value, by pydantic's word for it."""


def _not_a_word(key: str, given: Any, allowed: str) -> tuple[str, str]:
    hint = _SYNONYMS.get(str(given).casefold())
    words = [word.strip() for word in allowed.replace(" or ", ",").split(",")]
    if hint in words:
        near = f'"{given}" is usually "{hint}"'
    else:
        near = did_you_mean(str(given).casefold(), words) or f"write one of {allowed}"
    return f'{key} "{given}" is not one of {allowed}', near


def _not_a_text(key: str, given: Any) -> tuple[str, str]:
    if given is None:
        return f"{key} is empty", "write its value, or leave the key out"
    if isinstance(given, bool | int | float):
        shown = str(given).lower() if isinstance(given, bool) else str(given)
        return f"{key} must be text, and {shown} is not", f'write it in quotes: "{shown}"'
    return f"{key} must be one text, not a list or a map", ""


def fields_at(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that may stand at a place of a model."""
    for step in path:
        field = model.model_fields.get(str(step))
        if field is not None:
            model = next(_models_in(field.annotation), model)
    return list(model.model_fields)


def _models_in(annotation: Any) -> Iterator[Any]:
    if hasattr(annotation, "model_fields"):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
