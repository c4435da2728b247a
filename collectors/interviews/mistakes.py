"""Mistakes in an interview file, in words: what, where, and the nearest right word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from depmap.errors import did_you_mean
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel, ValidationError

    from depmap.collecting.yaml_text import Document

_SYNONYMS = {
    "hard": "strong",
    "critical": "strong",
    "mandatory": "strong",
    "required": "strong",
    "soft": "weak",
    "nice-to-have": "optional",
    "none": "optional",
    "down": "outage",
    "slow": "delayed",
}


def mistakes(
    error: ValidationError,
    model: type[BaseModel],
    document: Document,
    path: tuple[str | int, ...],
    name: str,
) -> Iterator[Gap]:
    """Yield one gap for each mistake that pydantic found.

    Args:
        error: what it found.
        model: the model the data should have had the form of.
        document: the file's data with positions.
        path: where in the document the data stands.
        name: the file's name.
    """
    seen: set[tuple[Any, ...]] = set()
    for item in error.errors():
        at = (*path, *item["loc"])
        line, column = _position(document, at, item["type"])
        if (line, column) not in seen:
            seen.add((line, column))
            yield Gap(*_words(item, model), f"{name}:{line}:{column}")


def _position(document: Document, at: tuple[str | int, ...], kind: str) -> tuple[int, int]:
    return document.key(at) if kind == "extra_forbidden" else document.where(at)


def _words(item: Any, model: type[BaseModel]) -> tuple[str, str]:
    key = str(item["loc"][-1]) if item["loc"] else ""
    if item["type"] == "extra_forbidden":
        known = _fields(model, item["loc"][:-1])
        return f'unknown key "{key}"', did_you_mean(key, known) or f"known: {', '.join(known)}"
    if item["type"] == "missing":
        return f'the key "{key}" is missing', "the file cannot be used without it"
    if item["type"] in {"literal_error", "enum"}:
        given = str(item["input"])
        allowed = str(item["ctx"]["expected"]).replace("'", "")
        hint = _SYNONYMS.get(given.lower())
        near = f'"{given}" is usually "{hint}"' if hint else did_you_mean(given, _split(allowed))
        return f'{key} "{given}" is not one of {allowed}', near or f"write one of {allowed}"
    return (f"{key}: " if key else "") + str(item["msg"]).removeprefix("Value error, "), ""


def _split(allowed: str) -> list[str]:
    return [word.strip() for word in allowed.replace(" or ", ",").split(",")]


def _fields(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """Return the keys that may stand at a place of a model."""
    for step in path:
        field = model.model_fields.get(str(step))
        if field is None:
            continue
        inner = [field.annotation, *get_args(field.annotation)]
        model = next((item for item in inner if hasattr(item, "model_fields")), model)
    return sorted(model.model_fields)
