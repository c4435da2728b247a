"""Procfile and supervisord: what the processes of a folder wait for before they run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.manifests import shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.model.facts import WaitFor

_LINE = re.compile(r"^\s*(?:[A-Za-z][\w-]*\s*:|command\s*=)\s*(.+)$")


def wanted(name: str) -> bool:
    """Whether a file of that name names processes."""
    return name == "Procfile" or (
        name.startswith("supervisor") and name.endswith((".conf", ".ini"))
    )


def waits(root: str, path: str, text: str) -> Iterator[WaitFor]:
    """Yield what each process waits for."""
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.match(line)
        if match is not None:
            yield from shell.waits(root, path, match[1], first=number)
