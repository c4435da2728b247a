"""JSON Schemas: of what the commands print as JSON (2020-12), and of people's files (draft 7)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from depmap.cli.output import SCHEMA_VERSION
from depmap.exporting import plan_schema
from depmap.interviewing.forms import FORMS
from depmap.interviewing.schema import form_schema
from depmap.model.coverage import Inquiry
from depmap.model.evidence import Evidence, Gap, Node
from depmap.model.snapshot import Coverage, ImpactOf, Snapshot
from depmap.model.words import Impact, Kind, Layer, NodeKind, Source, Stance, Strength

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_YES: Schema = {"type": "boolean"}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_SHARE_OR_NONE: Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
_NUMBER: Schema = {"type": ["number", "null"]}
_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}


def _words(words: type[StrEnum]) -> Schema:
    return {"enum": [word.value for word in words]}


def _texts() -> Schema:
    return {"type": "array", "items": _TEXT}


def _rows(**columns: Schema) -> Schema:
    return {"type": "array", "items": _record(**columns)}


def _record(**columns: Schema) -> Schema:
    return {"type": "object", "properties": columns, "required": list(columns)}


def _answer(**parts: Schema) -> Schema:
    version: Schema = {"const": SCHEMA_VERSION}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_record(schema_version=version, **parts),
    }


def _gaps() -> Schema:
    return _rows(what=_TEXT, why=_TEXT, locator=_TEXT)


def _links() -> Schema:
    rows = _rows(
        consumer=_TEXT,
        provider=_TEXT,
        kind=_words(Kind),
        calls=_COUNT,
        errors=_COUNT,
        weight={"type": "number"},
        p50_ms=_NUMBER,
        p95_ms=_NUMBER,
        p99_ms=_NUMBER,
        first_seen=_TIME,
        last_seen=_TIME,
        observed=_YES,
        virtual={"enum": ["consumer", "provider", None]},
        operation=_TEXT,
        examples={**_texts(), "maxItems": 3},
    )
    return _answer(links=rows, gaps=_gaps())


def _scan() -> Schema:
    services = _rows(name=_TEXT, kind=_words(NodeKind), path=_TEXT, aliases=_texts())
    evidence = _rows(
        consumer=_TEXT,
        provider=_TEXT,
        kind=_words(Kind),
        layer=_words(Layer),
        operation=_TEXT,
        protocol=_TEXT,
        stance=_words(Stance),
        confidence=_SHARE,
        strength=_words(Strength),
        reason=_TEXT,
        locators=_texts(),
    )
    shared = _rows(
        kind=_words(Kind),
        resource=_TEXT,
        members=_texts(),
        owner=_TEXT,
        resources=_texts(),
        strength=_words(Strength),
        confidence=_SHARE,
        locators=_texts(),
    )
    findings: Schema = {"type": "array", "items": {"type": "object"}}
    return _answer(
        services=services, evidence=evidence, shared=shared, findings=findings, gaps=_gaps()
    )


def _dependency(**more: Schema) -> Schema:
    return _rows(
        consumer=_TEXT,
        provider=_TEXT,
        kind=_words(Kind),
        layer=_words(Layer),
        strength=_words(Strength),
        probability=_SHARE,
        expected=_SHARE_OR_NONE,
        expected_low=_SHARE_OR_NONE,
        expected_high=_SHARE_OR_NONE,
        units=_COUNT,
        confidence=_SHARE,
        confirmed=_YES,
        impact={"enum": [*(word.value for word in Impact), None]},
        users_see=_TEXT,
        when=_TEXT,
        operations=_texts(),
        by_operation=_operations(),
        differs=_SHARE,
        sources={"type": "array", "items": _words(Source)},
        basis=_texts(),
        locators=_texts(),
        **more,
    )


def _operations() -> Schema:
    return _rows(
        consumer_operation=_TEXT,
        operation=_TEXT,
        share=_SHARE,
        strength=_words(Strength),
        probability=_SHARE,
        units=_COUNT,
        failed_too=_COUNT,
        expected=_SHARE,
        expected_low=_SHARE,
        expected_high=_SHARE,
    )


def _impact() -> Schema:
    schema = msgspec.json.schema(ImpactOf)
    answer = _answer(impact={"anyOf": [{"$ref": schema["$ref"]}, {"type": "null"}]})
    return {**answer, "$defs": schema["$defs"]}


def _why() -> Schema:
    schema = msgspec.json.schema(Evidence)
    claims: Schema = {"type": "array", "items": {"$ref": schema["$ref"]}}
    return {**_answer(dependencies=_dependency(evidence=claims)), "$defs": schema["$defs"]}


def _node() -> Schema:
    schema = msgspec.json.schema(Node)
    maybe = _rows(name=_TEXT, other=_TEXT, brings=_COUNT, shared=_COUNT, score=_SHARE, why=_TEXT)
    return {**_answer(node={"$ref": schema["$ref"]}, maybe=maybe), "$defs": schema["$defs"]}


def _names() -> Schema:
    rows = _rows(name=_TEXT, other=_TEXT, brings=_COUNT, shared=_COUNT, score=_SHARE, why=_TEXT)
    return _answer(names=rows)


def _check() -> Schema:
    rows = _rows(
        file=_TEXT,
        line=_COUNT,
        column=_COUNT,
        what=_TEXT,
        why=_TEXT,
        weight={"enum": ["error", "warning", "open"]},
        excerpt=_TEXT,
    )
    return _answer(files=_COUNT, answers=_COUNT, problems=rows)


def _status() -> Schema:
    counts = dict.fromkeys(
        ("services", "answered", "ageing", "expired", "unanswered", "unsure"), _COUNT
    )
    return _answer(teams=_rows(team=_TEXT, **counts, not_asked=_texts()))


def _import() -> Schema:
    rows = _rows(
        consumer=_TEXT,
        provider=_TEXT,
        kind=_words(Kind),
        strength=_words(Strength),
        when=_TEXT,
        stance=_words(Stance),
        place=_TEXT,
    )
    return _answer(answers=rows)


def _matrix() -> Schema:
    schema = msgspec.json.schema(Coverage)
    answer = _answer(names=_texts(), dependencies=_dependency(), coverage={"$ref": schema["$ref"]})
    return {**answer, "$defs": schema["$defs"]}


def _ask() -> Schema:
    schema = msgspec.json.schema(Inquiry)
    row: Schema = {"allOf": [{"$ref": schema["$ref"]}, _record(known=_TEXT)]}
    rows: Schema = {"type": "array", "items": row}
    return {**_answer(inquiries=rows), "$defs": schema["$defs"]}


SCHEMAS: dict[str, Callable[[], Schema]] = {
    "ask": _ask,
    "diff": lambda: _answer(
        changes=_rows(what=_TEXT, subject=_TEXT, before=_TEXT, after=_TEXT, basis=_TEXT)
    ),
    "evidence": lambda: msgspec.json.schema(Evidence),
    "gap": lambda: msgspec.json.schema(Gap),
    **{kind: partial(form_schema, kind) for kind in FORMS},
    "impact": _impact,
    "import": _import,
    "interview-check": _check,
    "interview-status": _status,
    "links": _links,
    "matrix": _matrix,
    "names": _names,
    "node": _node,
    "plan": plan_schema,
    "scan": _scan,
    "snapshot": lambda: msgspec.json.schema(Snapshot),
    "why": _why,
}
"""Each schema by its name: that of the command, or of the file's head."""
