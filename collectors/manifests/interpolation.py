"""``$VAR`` and ``${VAR:-default}`` as compose and .env files use them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_DEPTH = 8
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-+?]")


def interpolate(text: str, values: Mapping[str, str], depth: int = 0) -> tuple[str, list[str]]:
    """Return a text with its variables filled in, and the names that nothing gives a value.

    >>> interpolate("redis://${HOST:-redis}:${PORT}", {"PORT": "6379"})
    ('redis://redis:6379', [])
    """
    found: list[str] = []
    missing: list[str] = []
    place = 0
    while place < len(text):
        char = text[place]
        if char != "$" or depth > MAX_DEPTH:
            found.append(char)
            place += 1
        elif text.startswith("$$", place):
            found.append("$")
            place += 2
        else:
            value, place = _variable(text, place, values, missing, depth)
            found.append(value)
    return "".join(found), missing


def _variable(
    text: str, place: int, values: Mapping[str, str], missing: list[str], depth: int
) -> tuple[str, int]:
    """The value of the variable that starts at a place, and where it ends."""
    if not text.startswith("${", place):
        match = _NAME.match(text, place + 1)
        if match is None:
            return "$", place + 1
        return _given(match[0], values, missing), match.end()
    end = _closing(text, place + 2)
    match = _NAME.match(text, place + 2)
    if end < 0 or match is None:
        return "$", place + 1
    return _braced(match[0], text[match.end() : end], values, missing, depth), end + 1


def _braced(
    name: str, rest: str, values: Mapping[str, str], missing: list[str], depth: int
) -> str:
    operator = _OPERATOR.match(rest)
    if operator is None:
        return _given(name, values, missing)
    mark, other = operator[0], rest[operator.end() :]
    held = values.get(name)
    if held == "" and mark.startswith(":"):
        held = None
    if mark.endswith("+"):
        return "" if held is None else _deeper(other, values, missing, depth)
    if held is None and mark.endswith("-"):
        return _deeper(other, values, missing, depth)
    if held is None:
        missing.append(name)
    return held or ""


def _deeper(text: str, values: Mapping[str, str], missing: list[str], depth: int) -> str:
    filled, more = interpolate(text, values, depth + 1)
    missing.extend(more)
    return filled


def _given(name: str, values: Mapping[str, str], missing: list[str]) -> str:
    if name not in values:
        missing.append(name)
    return values.get(name, "")


def _closing(text: str, place: int) -> int:
    depth = 1
    while place < len(text):
        if text.startswith("${", place):
            depth += 1
        elif text[place] == "}":
            depth -= 1
            if not depth:
                return place
        place += 1
    return -1


def env_file(text: str, outer: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    """Return the variables of a .env file with their lines."""
    found: dict[str, tuple[str, int]] = {}
    known = dict(outer)
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip().removeprefix("export ").strip()
        name, mark, value = line.partition("=")
        name = name.strip()
        if line.startswith("#") or not mark or _NAME.fullmatch(name) is None:
            continue
        filled = _unquoted(value.strip(), known)
        known[name] = filled
        found[name] = (filled, number)
    return found


def _unquoted(value: str, known: Mapping[str, str]) -> str:
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    else:
        value = re.split(r"\s+#", value, maxsplit=1)[0].strip()
    return interpolate(value, known)[0]
