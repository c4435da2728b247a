"""Files of commands: shell scripts, Procfiles, supervisord's programs, scripts of package.json."""

from __future__ import annotations

import configparser
import json
import re
from typing import TYPE_CHECKING

from depmap.collecting.secrets import without_password
from depmap.model.deployed import Script

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINES = 500
"""Lines of a script that are kept."""

_RUNS = re.compile(
    r"""python|manage\.py|uvicorn|gunicorn|hypercorn|daphne|granian|waitress|celery|dramatiq|huey
    |\barq\b|taskiq|faust|flask|fastapi|streamlit|nameko|\bnode|ts-node|\btsx\b|nodemon|\bnpm\b
    |yarn|pnpm|\bbun\b|deno|supervisord|honcho|foreman|alembic|exec\b|\.sh\b|\.py\b|\.js\b
    |^[\w"'|* -]+\)|;;""",
    re.VERBOSE,
)
"""Lines that run something, and the labels and ends of the branches they stand in."""

_GIVEN = re.compile(r"(?:^|\s)(?:export\s+)?[A-Za-z_]\w*=\S*")
_PROCESS = re.compile(r"^([A-Za-z][\w-]*)\s*:\s*(.+)$", re.MULTILINE)


def read(root: str, path: str, text: str) -> Iterator[Script]:
    """Yield the commands of a file, by the name under which each is run."""
    last = path.rpartition("/")[2].lower()
    if last == "package.json":
        named = _package(text)
    elif last.startswith("supervisor"):
        named = {"supervisord": _supervised(text)}
    elif last.startswith("procfile"):
        named = dict(_PROCESS.findall(text))
        named |= {"start": "\n".join(named.values())} if named else {}
    else:
        named = {"": _plain(text)}
    for name, runs in named.items():
        if runs:
            shown = "\n".join(map(_shown, runs.splitlines()))
            yield Script(root=root, locator=f"{path}:1", name=name, runs=shown)


def wanted(name: str) -> bool:
    """Whether a file of that name holds commands."""
    lowered = name.lower()
    return (
        lowered.endswith(".sh")
        or lowered in {"package.json", "procfile"}
        or ("." not in lowered and not lowered.startswith(("dockerfile", "codeowners")))
        or (lowered.startswith("supervisor") and lowered.endswith((".conf", ".ini")))
    )


def _plain(text: str) -> str:
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines()[:MAX_LINES]]
    return "\n".join(line for line in lines if _RUNS.search(line) and not line.startswith("#"))


def _shown(line: str) -> str:
    """A line without the values that it gives to variables, which may be secret."""
    return without_password(_GIVEN.sub(" ", line).strip())


def _package(text: str) -> dict[str, str]:
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    scripts = held.get("scripts") if isinstance(held, dict) else None
    if not isinstance(scripts, dict):
        return {}
    return {str(name): runs for name, runs in scripts.items() if isinstance(runs, str)}


def _supervised(text: str) -> str:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return ""
    programs = [one for one in parser.sections() if one.startswith("program:")]
    return "\n".join(parser.get(one, "command", fallback="") or "" for one in programs)
