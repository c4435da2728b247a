"""What the forms of people's files are made of: dates, texts, persons, and the words allowed."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

UNANSWERED = "?"
"""Stands where a person has yet to decide; counted, never guessed."""

WHEN = ("always", "peak", "business-hours", "batch", "quarter-end", "on-incident", "at-start")
"""When a dependency is needed; other texts are kept as they are."""

MAX_TEXT = 2_000
"""No name or answer is longer; a longer text is a document in the wrong place."""


class Part(BaseModel):
    """A piece of a form: keys that are not known are mistakes, ``x-`` keys are free."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _free_keys(cls, data: Any) -> Any:
        """Leave out ``x-`` keys, which are free for anyone's use, and keys left empty."""
        if not isinstance(data, dict):
            return data
        return {
            key: value
            for key, value in data.items()
            if not str(key).startswith("x-") and (value is not None or key not in cls.model_fields)
        }


def _day(text: str) -> str:
    try:
        if date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise ValueError("write the date as 2026-11-24: year, month, day, and a day that there is")


def _tested(text: str) -> str:
    return text if text in {"", "never", UNANSWERED} else _day(text)


def _when(text: str) -> str:
    word = "-".join(text.casefold().replace("_", " ").replace("-", " ").split())
    return word if word in WHEN else text


def listed(value: Any) -> Any:
    """Take one text for a list of one."""
    return [value] if isinstance(value, str) else value


Text = Annotated[str, Field(max_length=MAX_TEXT)]
Name = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Day = Annotated[
    str, Field(json_schema_extra={"pattern": r"^\d{4}-\d{2}-\d{2}$"}), AfterValidator(_day)
]
Tested = Annotated[Text, AfterValidator(_tested)]
When = Annotated[Text, Field(json_schema_extra={"examples": list(WHEN)}), AfterValidator(_when)]
ImpactWord = Literal["outage", "degraded", "delayed", "none", "?"]
StrengthWord = Literal["strong", "weak", "optional", "?"]
Texts = Annotated[
    tuple[Name, ...], BeforeValidator(listed, json_schema_input_type=str | tuple[str, ...])
]


class Person(Part):
    """Who said it."""

    name: Text = ""
    role: Text = ""
    team: Text = ""

    def __str__(self) -> str:
        """Show name, role and team, as far as they are known."""
        return ", ".join(part for part in (self.name, self.role, self.team) if part)


def _persons(value: Any) -> Any:
    several = value if isinstance(value, list) else [value]
    return [{"name": item} if isinstance(item, str) else item for item in several]


Persons = Annotated[
    tuple[Person, ...],
    BeforeValidator(_persons, json_schema_input_type=str | Person | tuple[str | Person, ...]),
]


def said_by(persons: tuple[Person, ...]) -> str:
    """Return who said it, in words."""
    return "; ".join(str(person) for person in persons if str(person))
