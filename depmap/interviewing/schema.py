"""JSON Schemas of people's files, for editors: they complete keys and mark mistakes as one types.

Editors read draft 7 (yaml-language-server: "JSON Schema 7 and below"), pydantic writes 2020-12; of
what these forms use, only the place of definitions and ``anyOf`` with null differ.
"""

from __future__ import annotations

from typing import Any

from depmap.interviewing.forms import FORMS

DRAFT = "http://json-schema.org/draft-07/schema#"


def schema_name(kind: str) -> str:
    """Return the name of the schema's file, beside the files it is for."""
    return f"{kind}.schema.json"


def modeline(kind: str) -> str:
    """Return the first line of a file, by which editors find its schema."""
    return f"# yaml-language-server: $schema={schema_name(kind)}\n"


def form_schema(kind: str) -> dict[str, Any]:
    """Return the schema of a form.

    Args:
        kind: ``interview``, ``incident``, ``experiment`` or ``audit``.
    """
    made = FORMS[kind].model_json_schema(ref_template="#/definitions/{model}")
    definitions = made.pop("$defs", {})
    schema = _draft7({**made, "definitions": definitions})
    return {"$schema": DRAFT, "title": f"depmap {kind}", **schema}


def _draft7(node: Any) -> Any:
    if isinstance(node, list):
        return [_draft7(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {
        key: {name: _draft7(inner) for name, inner in value.items()}
        if key in _NAMED
        else _draft7(value)
        for key, value in node.items()
        if key not in _UNUSED
    }
    choices = [item for item in plain.pop("anyOf", ()) if item != {"type": "null"}]
    if len(choices) == 1:
        plain |= choices[0]
    elif choices:
        plain["anyOf"] = choices
    if len(plain) > 1 and "$ref" in plain:
        # Beside a reference, draft 7 ignores everything else.
        plain["allOf"] = [{"$ref": plain.pop("$ref")}]
    if plain.get("additionalProperties") is False:
        plain["patternProperties"] = {"^x-": {}}
    return plain


_NAMED = frozenset({"properties", "definitions"})
"""Their keys are names, not words of JSON Schema."""

_UNUSED = frozenset({"title", "default"})
