"""The values of Go's templates, as templates print and count them, within bounds."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import yaml

MAX_TEXT = 1_000_000
"""Characters of a text that a function may make."""

MAX_HELD = 100_000
"""Values inside a value that may be gone through."""

_MOST = 10**18
_VERB = re.compile(r"%[-+#0 ]*\d*(?:\.\d+)?([a-zA-Z%])")


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        """Write a value that is there twice out twice."""
        del data
        return True


def true(value: Any) -> bool:
    """Whether a value holds in a condition: what is empty does not."""
    return bool(value)


def weighed(value: Any) -> Any:
    """Return a value as it is.

    Raises:
        ValueError: it holds more than may be gone through, counted as often as it is there.
    """
    waiting, count = [value], 0
    while waiting:
        one = waiting.pop()
        count += 1
        if count > MAX_HELD:
            raise ValueError("a value that grows too large")
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return value


def text(value: Any) -> str:
    """A value as a template prints it."""
    return _shown(weighed(value))


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return (
            "map[" + " ".join(f"{key}:{_shown(one)}" for key, one in sorted(value.items())) + "]"
        )
    if isinstance(value, list):
        return "[" + " ".join(map(_shown, value)) + "]"
    return str(value)


def quote(*values: Any) -> str:
    """Values in double quotes."""
    return " ".join(json.dumps(text(one), ensure_ascii=False) for one in values if one is not None)


def number(value: Any) -> int:
    """A value as a whole number; 0 for what is none."""
    with suppress(ValueError, OverflowError):
        return max(-_MOST, min(int(float(text(value))), _MOST))
    return int(value is True)


def to_yaml(value: Any) -> str:
    """A value as YAML; nothing for none."""
    if value is None:
        return ""
    shown = yaml.dump(
        weighed(value), Dumper=_Plain, width=10**9, allow_unicode=True, sort_keys=True
    )
    return shown.removesuffix("\n").removesuffix("\n...")


def to_json(value: Any) -> str:
    """A value as JSON."""
    return json.dumps(weighed(value))


def printf(form: Any, *values: Any) -> str:
    """A text with values put in."""
    given = iter(values)

    def shown(match: re.Match[str]) -> str:
        if match[1] == "%":
            return "%"
        value = next(given, "")
        return quote(value) if match[1] == "q" else text(value)

    return _VERB.sub(shown, text(form))


def indent(width: Any, value: Any) -> str:
    """Every line moved in."""
    space = " " * min(max(number(width), 0), 200)
    return "\n".join(space + line for line in text(value).split("\n"))
