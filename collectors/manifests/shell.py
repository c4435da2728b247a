"""Shell scripts and commands: what they wait for before they go on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from depmap.model.facts import Part, Value, WaitFor

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^{}$]*))?[^{}]*\}|(\w+))")
_HOST = r"((?:\w|\$\{[^}]*\}|\$\w+)(?:[\w.-]|\$\{[^}]*\})*)"
_PORT = r"(\d+|\$\{[^}]*\}|\$\w+)"
_HOST_PORT = _HOST + r"[: ]+" + _PORT
_OBJECT = r"(?:po|pods?|jobs?|deploy\w*|statefulsets?|sts|services?|svc|daemonsets?)(?:\.\w+)?"
_TOOLS = (
    re.compile(
        r"wait[-_]for(?:[-_]it)?(?:\.sh)?\s+(?:-\S+\s+(?:\d+\s+)?)*(?:tcp://)?" + _HOST_PORT
    ),
    re.compile(r"(?:dockerize|wait4x)\b.*?-?-?wait\s+(\S+://\S+)"),
    re.compile(r"wait4x\s+(?:tcp|http|postgresql|redis)\s+(\S+)"),
    re.compile(r"\bwait-on\b[^|;&]*?\s(?:https?(?:-get)?://|tcp:)([^\s\"';|&)]+)"),
    re.compile(r"\bcurl\b(?=[^|;&]*\s--retry)[^|;&]*?\s[\"']?((?:https?://|\$)[^\s\"';|&)]+)"),
    re.compile(r"\bwget\b(?=[^|;&]*\s--(?:retry-con|tries))[^|;&]*?\s[\"']?(https?://[^\s\"';|&)]+)"),
)  # fmt: skip
_OBJECTS = (
    re.compile(r"\bkubectl\b[^|;&]*?\s(?:wait|rollout\s+status)\b[^|;&]*?\s" + _OBJECT
               + r"[/ ](?:-l[= ]?|--selector[= ])?(?:[\w./-]+=)?[\"']?([a-z][\w.-]*)"),
    re.compile(r"\bwait[-_]for(?:\.sh)?\s+" + _OBJECT
               + r"\s+(?:-l\s*)?(?:[\w./-]+=)?([a-z][\w.-]*)\s*(?:$|[;&|])"),
)  # fmt: skip
"""Tools that wait for objects of a cluster."""

_CLIENTS = r"\b(?:pg_isready|psql|redis-cli|valkey-cli|mongo(?:sh)?|clickhouse-client)\b"
_OPTION = r"[^|;&]*?\s(?:-h|--host)[=\s]?\s*[\"']?"
_PROBES = (
    re.compile(r"\b(?:nc|ncat|telnet)\s+(?:-\w+\s+|\d+\s+)*[\"']?" + _HOST_PORT),
    re.compile(r"/dev/tcp/([^/\s]+)/([^\s\"')]+)"),
    re.compile(r"\b(?:curl|wget)\b[^|;&]*?\s[\"']?((?:https?://|\$)[^\s\"';|&)]+)"),
    re.compile(_CLIENTS + r"(?=" + _OPTION + _HOST + r")(?:[^|;&]*?\s(?:-p|--port)[=\s]?\s*[\"']?"
               + _PORT + r")?"),
    re.compile(r"\b(?:mysql(?:admin|-admin)?|mariadb(?:-admin)?)\b(?=" + _OPTION + _HOST + r")"
               r"(?:[^|;&]*?\s(?:-P|--port)[=\s]?\s*[\"']?" + _PORT + r")?"),
    re.compile(r"\b(?:psql|mongo(?:sh)?|redis-cli)\b[^|;&]*?\s[\"']?(\w+://[^\s\"';|&)]+)"),
    re.compile(r"--bootstrap-servers?[=\s]\s*[\"']?" + _HOST_PORT),
    re.compile(r"\b(?:grpc_health_probe|grpcurl)\b[^|;&]*?[\s=][\"']?" + _HOST_PORT),
    re.compile(r"\brabbitmq\w*(?:-\w+)?\b[^|;&]*?\s(?:-n|--node)[=\s]?\s*[\"']?\w+@([\w.-]+)"),
    re.compile(r"(?<!admin )\bping\s+(?:-\w+\s+\d*\s*)*[\"']?" + _HOST),
    re.compile(r"\b(?:nslookup|dig|getent\s+a?hosts(?:v4)?)\s+(?:[-+]\S+\s+)*[\"']?" + _HOST),
)  # fmt: skip
_LOOP = re.compile(r"\b(until|while|for)\b")
_ENDLESS = re.compile(r"\bwhile\s+(?:true|:|\[\s*1\s*\])\s*(?:;|\s+do\b|$)")
LOOKAHEAD = 12
"""Lines of a loop that are looked at for what it asks."""

MAX_LINE = 1000
"""Characters of a line that are looked at."""


def waits(root: str, path: str, text: str, *, first: int = 1, unit: str = "") -> Iterator[WaitFor]:
    """Yield what a script waits for.

    Args:
        root: the name of the root.
        path: the file.
        text: the script.
        first: the line in the file at which it starts.
        unit: the unit that runs it, where that is known.
    """
    tools = () if path.endswith(".sh") else _OBJECTS  # else it deploys, and is no part of a unit
    lines = [re.sub(r"(?:^|\s)#.*", "", line[:MAX_LINE]) for line in text.splitlines()]
    seen: set[Value] = set()
    for number, line in enumerate(lines):
        for value in _awaited(line, lines[number : number + LOOKAHEAD], tools):
            if value not in seen:
                seen.add(value)
                yield WaitFor(
                    root=root,
                    locator=f"{path}:{first + number if not unit else first}",
                    targets=(value,),
                    mechanism="a script that waits for it",
                    unit=unit,
                )


def _awaited(line: str, onwards: list[str], tools: tuple[re.Pattern[str], ...]) -> list[Value]:
    """What a line waits for: by a tool made for it, or by a loop that asks and sleeps."""
    objects = [Value((Part("name", match[1]),)) for one in tools for match in one.finditer(line)]
    found = objects or _asked(line, _TOOLS)
    if found or not _LOOP.search(line):
        return found
    body = _loop(onwards)
    asks = "sleep" in body and (not _ENDLESS.search(body) or re.search(r"\b(break|exit)\b", body))
    return calls(body) if asks else []


def calls(command: str) -> list[Value]:
    """Return what a command asks of other hosts, once each."""
    command = command[: LOOKAHEAD * MAX_LINE]
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
