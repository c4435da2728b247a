"""The forms of people's files, as pydantic models: the one place that knows their keys."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from depmap.interviewing.parts import (
    UNANSWERED,
    Day,
    ImpactWord,
    Name,
    Part,
    Persons,
    StrengthWord,
    Tested,
    Text,
    Texts,
    When,
)
from depmap.model.words import Kind, Layer

TARGETS = ("service", "resource", "team", "capability")
"""The keys of which an answer has exactly one: what the service depends on."""


class Talk(Part):
    """When the answers were given, and by whom."""

    date: Day = Field(description="the day of the talk")
    interviewer: Text = ""
    answered_by: Persons = ()
    confirmed: Day | None = Field(
        default=None, description="the day all answers were last confirmed"
    )
    confirmed_by: Text = ""


class IfDown(Part):
    """What happens when the provider is down."""

    users_see: Text = Field(default="", description="in their own words; ? while nobody has said")
    after: Text = Field(default="", description="how long it takes to be noticed")
    impact: ImpactWord | None = None


class Fallback(Part):
    """What is done instead."""

    kind: Text = ""
    note: Text = ""


def _as_note(value: Any) -> Any:
    return {"note": value} if isinstance(value, str) else value


class _Target(Part):
    """Names one thing: a service, a resource, a team or a capability."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [name]} for name in TARGETS]}
    )

    service: Text = Field(default="", description="the service it depends on")
    resource: Text = Field(
        default="", description="a database, queue, bucket, secret, vendor, ..."
    )
    team: Text = Field(default="", description="people whose help it needs")
    capability: Text = Field(default="", description="a business capability it needs")

    @model_validator(mode="after")
    def _one_target(self) -> _Target:
        if len([name for name in TARGETS if getattr(self, name)]) != 1:
            raise ValueError(f"name exactly one of {', '.join(TARGETS)}")
        return self

    @property
    def target(self) -> str:
        """Which of ``TARGETS`` it is."""
        return next(name for name in TARGETS if getattr(self, name))

    @property
    def named(self) -> str:
        """What the target is called."""
        return str(getattr(self, self.target))


class Answer(_Target):
    """One dependency of the service that the file is about."""

    kind: Kind | None = Field(
        default=None, description="how it depends on it, where that is known"
    )
    layer: Layer | None = None
    strength: StrengthWord | None = Field(
        default=None,
        description="strong: its work stops · weak: done worse or later · optional: nobody who "
        "came for it is hindered · ? nobody has decided yet",
    )
    if_down: IfDown = Field(default=IfDown(), description="if it is down for an hour")
    fallback: Annotated[
        Fallback, BeforeValidator(_as_note, json_schema_input_type=str | Fallback)
    ] = Fallback()
    tested: Tested = Field(default="", description="the day this was last tried out, or never")
    sure: Literal["high", "medium", "low", "?"] = Field(
        default="medium",
        description="how sure you are that it depends on it at all; ? while nobody has said so",
    )
    when: When = Field(default="", description="when it is needed")
    note: Text = ""
    confirmed: Day | None = Field(
        default=None, description="the day this answer was last confirmed"
    )
    confirmed_by: Text = ""

    @property
    def answered(self) -> bool:
        """Whether it says how much is lost: a strength, or an impact that gives one."""
        words = {self.strength, self.if_down.impact}
        return self.strength != UNANSWERED and bool(words - {None, UNANSWERED})

    @property
    def claimed(self) -> bool:
        """Whether a person says that there is such a dependency, and not only the form asks."""
        return self.answered or self.sure != UNANSWERED


class Denial(_Target):
    """Something the service does not depend on, whatever it may look like."""

    reason: Text = ""


class Interview(Part):
    """What the people who run a service say about it."""

    depmap: Literal["interview/1"]
    service: Name = Field(description="the service these answers are about")
    interview: Talk
    owner: Text = Field(default="", description="the team that answers for the service")
    criticality: Text = Field(default="", description="its tier, such as tier-1")
    business: Texts = Field(default=(), description="business capabilities it carries")
    depends_on: tuple[Answer, ...] = ()
    used_by: tuple[Answer, ...] = Field(default=(), description="who depends on this service")
    not_dependencies: tuple[Denial, ...] = Field(default=(), description="what it does not need")
    unsure: Texts = Field(default=(), description="what nobody in the room knew")


class Named(Part):
    """A dependency that a post-mortem names."""

    service: Name = Field(description="what failed, or did its work worse")
    depends_on: Name = Field(description="what it failed with")
    kind: Kind | None = None
    layer: Layer | None = None
    impact: ImpactWord | None = Field(default=None, description="what its users saw of it")
    users_see: Text = ""
    when: When = ""
    note: Text = ""


class Incident(Part):
    """A post-mortem: what failed with what, on a day."""

    depmap: Literal["incident/1"]
    incident: Name = Field(description="its number or short name")
    date: Day = Field(description="the day it began")
    title: Text = ""
    link: Text = Field(default="", description="where the post-mortem can be read")
    by: Persons = Field(default=(), description="who wrote it down")
    dependencies: tuple[Named, ...] = Field(default=(), description="the dependencies it showed")


class Outcome(Part):
    """What a failure test did to one service."""

    service: Name = Field(description="the service that was watched")
    impact: ImpactWord = Field(description="what its users saw")
    users_see: Text = ""
    failed: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="requests that failed"
    )
    of: Annotated[int, Field(ge=1)] | None = Field(default=None, description="of so many requests")
    kind: Kind | None = None
    note: Text = ""

    @model_validator(mode="after")
    def _counts(self) -> Outcome:
        if (self.failed is None) != (self.of is None):
            raise ValueError("failed and of go together: 12 of 400 requests")
        if self.failed is not None and self.of is not None and self.failed > self.of:
            raise ValueError("more requests failed than were made")
        return self


class Experiment(Part):
    """A failure test: one thing was taken away, and others were watched."""

    depmap: Literal["experiment/1"]
    experiment: Name = Field(description="its number or short name")
    date: Day = Field(description="the day it was done")
    broken: Name = Field(description="what was taken away")
    how: Literal["down", "slow", "errors"] = "down"
    environment: Text = Field(default="", description="such as staging or production")
    by: Persons = ()
    results: tuple[Outcome, ...] = ()


class Audit(Part):
    """All that one service depends on, listed without a look at what depmap found."""

    depmap: Literal["audit/1"]
    service: Name = Field(description="the service that was looked into")
    date: Day = Field(description="the day the list was finished")
    chosen: Text = Field(
        default="random", description="how it was chosen; only random lets it count"
    )
    by: Persons = ()
    depends_on: tuple[Answer, ...] = Field(description="every dependency; [] when there is none")


FORMS: dict[str, type[Part]] = {
    "interview": Interview,
    "incident": Incident,
    "experiment": Experiment,
    "audit": Audit,
}
"""Each form by the word at its head: ``depmap: interview/1``."""

SECTIONS: dict[str, tuple[str, ...]] = {
    "interview": ("depends_on", "used_by", "not_dependencies"),
    "incident": ("dependencies",),
    "experiment": ("results",),
    "audit": ("depends_on",),
}
"""The lists of each form; a mistake in an item of theirs loses that item alone."""
