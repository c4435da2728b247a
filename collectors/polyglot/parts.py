"""Values in parts: texts, variables of the environment, and what is not known."""

from __future__ import annotations

from depmap.model.facts import Part

Parts = tuple[Part, ...]
UNKNOWN: Parts = (Part("hole"),)
PARAM = "param"
"""The kind of a part that a caller decides."""


def with_default(found: list[Parts]) -> list[Parts]:
    """A variable and the literal that a function returns without it, put together."""
    whole = [one[0] for one in found if len(one) == 1]
    asked = [one for one in whole if one.kind == "env" and one.default is None]
    texts = [one for one in whole if one.kind == "text"]
    if len(found) == 2 and len(asked) == len(texts) == 1:  # noqa: PLR2004 - one of each
        return [(Part("env", asked[0].text, texts[0].text),)]
    return found


def emptiness(parts: Parts) -> tuple[bool, bool]:
    """A key for sorting: what begins with a hole after the others, what is empty last."""
    return not parts, any(part.kind == "hole" for part in parts[:1])


def merged(parts: Parts) -> Parts:
    """Adjacent texts and adjacent holes put together."""
    found: list[Part] = []
    for part in parts:
        if found and part.kind == "text" and found[-1].kind == "text":
            found[-1] = Part("text", found[-1].text + part.text)
        elif found and part.kind == "hole" and found[-1].kind == "hole":
            continue
        elif part.kind != "text" or part.text:
            found.append(part)
    return tuple(found)
