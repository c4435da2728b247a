"""Shell scripts and commands: what they wait for before they go on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from depmap.model.facts import Part, Value, WaitFor

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^{}$]*))?[^{}]*\}|(\w+))")
_HOST_PORT = r"((?:\w|\$\{[^}]*\}|\$\w+)(?:[\w.-]|\$\{[^}]*\})*)[: ]+(\d+|\$\{[^}]*\}|\$\w+)"
_TOOLS = (
    re.compile(
        r"wait[-_]for(?:[-_]it)?(?:\.sh)?\s+(?:-\S+\s+(?:\d+\s+)?)*(?:tcp://)?" + _HOST_PORT
    ),
    re.compile(r"(?:dockerize|wait4x)\b.*?-?-?wait\s+(\S+://\S+)"),
    re.compile(r"wait4x\s+(?:tcp|http|postgresql|redis)\s+(\S+)"),
)
_PROBES = (
    re.compile(r"\bnc\s+(?:-\w+\s+|\d+\s+)*" + _HOST_PORT),
    re.compile(r"/dev/tcp/([^/\s]+)/([^\s\"')]+)"),
    re.compile(r"\b(?:curl|wget)\b[^|;&]*?\s[\"']?((?:https?://|\$)[^\s\"';|&)]+)"),
    re.compile(r"\bpg_isready\b(?=.*?-h\s*[=\s]?\"?([^\s\";]+))(?:.*?-p\s*\"?([^\s\";]+))?"),
    re.compile(r"\bmysqladmin\b(?=.*?-h\s*\"?([^\s\";]+))"),
    re.compile(r"\bredis-cli\b(?=.*?-h\s*\"?([^\s\";]+))(?:.*?-p\s*\"?([^\s\";]+))?"),
    re.compile(r"\bping\s+(?:-\w+\s+\d*\s*)*\"?([^\s\";]+)"),
    re.compile(r"\bnslookup\s+\"?([^\s\";]+)"),
)
_LOOP = re.compile(r"\b(until|while)\b")
LOOKAHEAD = 6
"""Lines of a loop that are looked at for what it asks."""


def waits(root: str, path: str, text: str, *, first: int = 1, unit: str = "") -> Iterator[WaitFor]:
    """Yield what a script waits for.

    Args:
        root: the name of the root.
        path: the file.
        text: the script.
        first: the line in the file at which it starts.
        unit: the unit that runs it, where that is known.
    """
    lines = [re.sub(r"(?:^|\s)#.*", "", line) for line in text.splitlines()]
    seen: set[Value] = set()
    for number, line in enumerate(lines):
        found = _asked(line, _TOOLS)
        if not found and _LOOP.search(line):
            body = _loop(lines[number : number + LOOKAHEAD])
            found = _asked(body, _PROBES) if "sleep" in body else []
        for value in found:
            if value not in seen:
                seen.add(value)
                yield WaitFor(
                    root=root,
                    locator=f"{path}:{first + number if not unit else first}",
                    targets=(value,),
                    mechanism="a script that waits for it",
                    unit=unit,
                )


def calls(command: str) -> list[Value]:
    """Return what a command asks of other hosts, once each."""
    found = [
        *_asked(command, _TOOLS),
        *(one for pattern in _PROBES for one in _asked(command, (pattern,))),
    ]
    return list(dict.fromkeys(found))


def _loop(lines: list[str]) -> str:
    kept: list[str] = []
    for line in lines:
        kept.append(line)
        if re.search(r"\bdone\b", line):
            break
    return " ".join(kept)


def _asked(line: str, patterns: tuple[re.Pattern[str], ...]) -> list[Value]:
    found: list[Value] = []
    for pattern in patterns:
        for match in pattern.finditer(line):
            given = [group.strip("\"'") for group in match.groups() if group]
            if not given:
                continue
            whole = "://" in given[0] or (len(given) == 1 and given[0].startswith("$"))
            text = given[0] if whole else f"tcp://{given[0]}"
            found.append(value(":".join((text, *given[1:2]))))
        if found:
            break
    return found


def value(text: str) -> Value:
    """The abstract value of a word with shell variables in it."""
    parts: list[Part] = []
    last = 0
    for match in _VARIABLE.finditer(text):
        if match.start() > last:
            parts.append(Part("text", text[last : match.start()]))
        parts.append(Part("env", match[1] or match[3], match[2]))
        last = match.end()
    if last < len(text):
        parts.append(Part("text", text[last:]))
    return Value(tuple(parts))
