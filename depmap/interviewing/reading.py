"""Reading people's files: every mistake with its place, and one mistake loses one answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from depmap.collecting.yaml_text import Document, YamlProblem, read_documents
from depmap.errors import did_you_mean
from depmap.interviewing.forms import FORMS, SECTIONS
from depmap.interviewing.mistakes import Path, Problem, mistakes
from depmap.interviewing.parts import UNANSWERED

if TYPE_CHECKING:
    from collections.abc import Iterator

_BARE = re.compile(r"(?<=[:\[,{-])([ \t]+)\?(?=[ \t]*(?:\r?$|[ \t]#|[,\]}]))", re.MULTILINE)
_STAND_IN = "\uff1f"
"""A question mark that is plain text to YAML, and as long as ``?``, so that places stay true."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One document that could be read.

    Attributes:
        kind: ``interview``, ``incident``, ``experiment`` or ``audit``.
        name: the file's name, as in locators.
        form: what it says, without the items that have mistakes.
        document: the data with positions.
        kept: by section, the index in the file of each item that ``form`` holds.
        whole: whether nothing had to be left out.
    """

    kind: str
    name: str
    form: Any
    document: Document
    kept: Mapping[str, tuple[int, ...]]
    whole: bool

    def entries(self, section: str) -> Iterator[tuple[Path, Any]]:
        """Yield the items of a section with the path at which each stands in the file."""
        for index, item in zip(self.kept[section], getattr(self.form, section), strict=True):
            yield (section, index), item

    def place(self, *path: str | int) -> str:
        """Return ``file:line`` of a value."""
        return f"{self.name}:{self.document.where(path)[0]}"


def read_papers(text: str, name: str, kind: str) -> Iterator[Paper | Problem]:
    """Yield each document of a file, and each problem of each.

    Args:
        text: the file's content.
        name: its name in locators.
        kind: the form its documents should have; a key of ``FORMS``.
    """
    for document in documents(text):
        if isinstance(document, YamlProblem):
            yield Problem(name, document.line, document.column, *_explained(document))
        elif document.value is not None:
            yield from _paper(document, name, kind)


def documents(text: str) -> list[Document | YamlProblem]:
    """Return the documents of a text, in which a bare ``?`` may stand for no answer yet.

    YAML takes ``strength: ?`` for the beginning of a complicated key; people mean the question
    mark. A text that has such a mark and cannot be read is read once more with it as text.
    """
    return [
        replace(item, value=_restored(item.value)) if isinstance(item, Document) else item
        for item in read_documents(readable(text))
    ]


def readable(text: str) -> str:
    """Return a text of the same length in which no bare ``?`` keeps YAML from reading it."""
    if not _BARE.search(text):
        return text
    broken = any(isinstance(item, YamlProblem) for item in read_documents(text))
    return _BARE.sub(rf"\1{_STAND_IN}", text) if broken else text


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _restored(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_restored(item) for item in value]
    return UNANSWERED if value == _STAND_IN else value


def _explained(problem: YamlProblem) -> tuple[str, str]:
    hints = {
        "mapping values are not allowed": "put text that holds a colon in quotes",
        "tag": "these files are plain data: leave the tag out, or put the text in quotes",
        "found character '\\t'": "indent with spaces, not with tabs",
        "expands to more": "write out what the aliases (*name) stand for",
        "a second time": "keep one of the two",
    }
    return problem.why, next((hint for sign, hint in hints.items() if sign in problem.why), "")


def _paper(document: Document, name: str, kind: str) -> Iterator[Paper | Problem]:
    stranger = _stranger(document, name, kind)
    if stranger:
        yield stranger
        return
    lost: set[Path] = set()
    try:
        form = FORMS[kind].model_validate(document.value)
    except ValidationError as error:
        yield from mistakes(error, FORMS[kind], document, name)
        lost = {_smallest(item["loc"], kind) for item in error.errors(include_url=False)}
        try:
            form = FORMS[kind].model_validate(_without(document.value, lost))
        except ValidationError:
            return
    yield Paper(kind, name, form, document, _kept(document.value, kind, lost), whole=not lost)


def _smallest(path: Path, kind: str) -> Path:
    """Return the path of the smallest piece that can be left out for a mistake at ``path``."""
    return path[:2] if path and path[0] in SECTIONS[kind] else path[:1]


def _without(value: dict[str, Any], lost: set[Path]) -> dict[str, Any]:
    return {
        key: [item for i, item in enumerate(inner) if (key, i) not in lost]
        if isinstance(inner, list)
        else inner
        for key, inner in value.items()
        if (key,) not in lost
    }


def _kept(value: dict[str, Any], kind: str, lost: set[Path]) -> dict[str, tuple[int, ...]]:
    return {
        section: ()
        if (section,) in lost
        else tuple(i for i in range(len(value.get(section) or ())) if (section, i) not in lost)
        for section in SECTIONS[kind]
    }


def _stranger(document: Document, name: str, kind: str) -> Problem | None:
    """Say of a document that it is none of these, before its keys are looked at."""
    head = f"{kind}/1"
    if not isinstance(document.value, dict):
        why = f"it must begin with a line   depmap: {head}"
        return Problem(name, *document.where(()), f"this is no {kind}", why)
    given = document.value.get("depmap")
    if given == head:
        return None
    if given is None:
        why = f"put a line   depmap: {head}   at its head"
        return Problem(name, document.line, 1, 'the key "depmap" is missing', why)
    known = [f"{word}/1" for word in FORMS]
    why = f"files of {given} belong to the collector {str(given).partition('/')[0]}s"
    if given not in known:
        why = did_you_mean(str(given), known) or f"it must be {head}"
    return Problem(name, *document.where(("depmap",)), f'"{given}" is not {head}', why)
