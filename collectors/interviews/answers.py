"""From an interview file to nodes, claims, and gaps that say what is wrong and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from collectors.interviews.form import TARGETS, UNANSWERED, Answer, Denial, Form
from collectors.interviews.mistakes import mistakes
from depmap.collecting.yaml_text import Document, YamlProblem, read_documents
from depmap.model.evidence import Evidence, Gap, Node
from depmap.model.words import Kind, Layer, NodeKind, Source, Stance, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.collecting.port import Item

_SURE = {"high": 0.95, "medium": 0.8, "low": 0.5}
_UNSPECIFIC = {
    Layer.TECHNICAL: Kind.RPC,
    Layer.OPERATIONAL: Kind.DEPLOYMENT,
    Layer.BUSINESS: Kind.BUSINESS_PROCESS,
}
_TARGET_KIND = {
    "team": NodeKind.TEAM,
    "capability": NodeKind.CAPABILITY,
    "service": NodeKind.SERVICE,
    "resource": NodeKind.EXTERNAL,
}

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class _File:
    """One interview file while it is read."""

    name: str
    document: Document

    def place(self, *path: str | int) -> str:
        line, _ = self.document.where(path)
        return f"{self.name}:{line}"

    def check(
        self,
        model: type[_Model],
        data: Any,
        path: tuple[str | int, ...],
    ) -> _Model | list[Gap]:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            return list(mistakes(error, model, self.document, path, self.name))


def read_interview(text: str, name: str) -> Iterator[Item]:
    """Yield what one interview file says.

    Args:
        text: its content.
        name: its name in locators.
    """
    for document in read_documents(text):
        if isinstance(document, YamlProblem):
            yield Gap("an interview", document.why, f"{name}:{document.line}:{document.column}")
        else:
            yield from _read(_File(name, document))


def _read(file: _File) -> Iterator[Item]:
    form = file.check(Form, file.document.value, ())
    if isinstance(form, list):
        yield from form
        return
    yield Node(
        name=form.service,
        owner=form.owner,
        capabilities=form.business,
        criticality=form.criticality,
        locators=(file.place("service"),),
    )
    for i, data in enumerate(form.depends_on):
        yield from _answer(file, form, data, ("depends_on", i))
    for i, data in enumerate(form.used_by):
        yield from _answer(file, form, data, ("used_by", i))
    for i, data in enumerate(form.not_dependencies):
        yield from _denial(file, form, data, ("not_dependencies", i))
    for i, doubt in enumerate(form.unsure):
        yield Gap(
            f"{form.service}: {doubt}", "the person asked was unsure", file.place("unsure", i)
        )


def _answer(
    file: _File,
    form: Form,
    data: Any,
    path: tuple[str | int, ...],
) -> Iterator[Item]:
    answer = file.check(Answer, data, path)
    if isinstance(answer, list):
        yield from answer
        return
    target = next(name for name in TARGETS if getattr(answer, name))
    other = getattr(answer, target)
    if target in {"team", "capability"}:
        yield Node(name=other, kind=_TARGET_KIND[target], locators=(file.place(*path),))
    if answer.strength == UNANSWERED:
        yield Gap(
            f"{form.service} depends on {other}: how strongly",
            "nobody has answered yet: replace the ? by strong, weak or optional",
            file.place(*path, "strength"),
        )
    inbound = path[0] == "used_by"
    consumer, provider = (other, form.service) if inbound else (form.service, other)
    yield _claim(form, answer, consumer, provider, file.place(*path))


def _claim(form: Form, answer: Answer, consumer: str, provider: str, place: str) -> Evidence:
    layer = answer.layer or (Layer.OPERATIONAL if answer.team else Layer.TECHNICAL)
    return Evidence(
        consumer=consumer,
        provider=provider,
        kind=answer.kind or _UNSPECIFIC[layer],
        source=Source.PEOPLE,
        locators=(place,),
        layer=answer.layer,
        confidence=_SURE[answer.sure],
        strength=_strength(answer),
        reason=_reason(answer),
        impact=answer.if_down.impact,
        users_see=answer.if_down.users_see,
        when="" if answer.when == "always" else answer.when,
        **_said(form),
    )


def _strength(answer: Answer) -> Strength:
    if answer.strength is None or answer.strength == UNANSWERED:
        return Strength.UNDETERMINED
    return Strength(answer.strength)


def _reason(answer: Answer) -> str:
    parts = [answer.note.rstrip(". ")]
    if answer.if_down.users_see:
        parts.append(f'users see "{answer.if_down.users_see}"')
    fallback = answer.fallback
    note = fallback if isinstance(fallback, str) else fallback.note or fallback.kind
    if note and note != "none":
        parts.append(f"fall-back: {note}")
    return "; ".join(part for part in parts if part)


def _denial(
    file: _File,
    form: Form,
    data: Any,
    path: tuple[str | int, ...],
) -> Iterator[Item]:
    denial = file.check(Denial, data, path)
    if isinstance(denial, list):
        yield from denial
        return
    yield Evidence(
        consumer=form.service,
        provider=denial.service,
        kind=Kind.RPC,
        source=Source.PEOPLE,
        locators=(file.place(*path),),
        stance=Stance.DENIES,
        confidence=_SURE["medium"],
        reason=denial.reason,
        **_said(form),
    )


def _said(form: Form) -> dict[str, Any]:
    moment = datetime.strptime(form.interview.date, "%Y-%m-%d").replace(tzinfo=UTC)
    people = [
        ", ".join(part for part in (person.name, person.role, person.team) if part)
        for person in form.interview.answered_by
    ]
    return {"first_seen": moment, "last_seen": moment, "said_by": "; ".join(people)}
