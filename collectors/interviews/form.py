"""The form of an interview file, as pydantic models: the one place that knows its keys."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from depmap.model.words import Impact, Kind, Layer

UNANSWERED = "?"
"""Stands where a person has yet to decide; counted, never guessed."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _free_keys(cls, data: Any) -> Any:
        """Leave out ``x-`` keys, which are free for anyone's use."""
        if isinstance(data, dict):
            return {key: value for key, value in data.items() if not str(key).startswith("x-")}
        return data


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Person(_Part):
    """Who answered."""

    name: str = ""
    role: str = ""
    team: str = ""


class Talk(_Part):
    """When the answers were given, and by whom."""

    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    interviewer: str = ""
    answered_by: tuple[Person, ...] = ()


class IfDown(_Part):
    """What happens when the provider is down."""

    users_see: str = ""
    after: str = ""
    impact: Impact | None = None


class Fallback(_Part):
    """What is done instead."""

    kind: str = ""
    note: str = ""


class Answer(_Part):
    """One dependency of the service that the file is about."""

    service: str = ""
    resource: str = ""
    team: str = ""
    capability: str = ""
    kind: Kind | None = None
    layer: Layer | None = None
    strength: Literal["strong", "weak", "optional", "?"] | None = None
    if_down: IfDown = IfDown()
    fallback: Fallback | str = ""
    tested: str = ""
    sure: Literal["high", "medium", "low"] = "medium"
    when: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _one_target(self) -> Answer:
        if len([name for name in TARGETS if getattr(self, name)]) != 1:
            raise ValueError(f"name exactly one of {', '.join(TARGETS)}")
        return self


TARGETS = ("service", "resource", "team", "capability")
"""The keys of which an answer has exactly one: what the service depends on."""


class Denial(_Part):
    """Something the service does not depend on, whatever it may look like."""

    service: str
    reason: str = ""


class Form(_Part):
    """A whole file; its answers are checked one by one, so that one mistake loses one answer."""

    depmap: Literal["interview/1"]
    service: str
    interview: Talk
    owner: str = ""
    criticality: str = ""
    business: Texts = ()
    depends_on: tuple[Any, ...] = ()
    used_by: tuple[Any, ...] = ()
    not_dependencies: tuple[Any, ...] = ()
    unsure: Texts = ()
