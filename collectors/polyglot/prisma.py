"""Schemas of Prisma: the database of a project, and its tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.polyglot.datastores import store_use, table_use
from depmap.model.facts import EnvRead, Part, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.model.facts import Fact

_BLOCK = re.compile(r"^(datasource|model)\s+(\w+)\s*\{(.*?)^\}", re.MULTILINE | re.DOTALL)
_PROVIDER = re.compile(r"^\s*provider\s*=\s*\"(\w+)\"", re.MULTILINE)
_URL = re.compile(r"^\s*url\s*=\s*(?:env\(\s*\"(\w+)\"\s*\)|\"([^\"]+)\")", re.MULTILINE)
_NAMED = re.compile(r"@@map\(\s*(?:name:\s*)?\"([^\"]+)\"")
_SYSTEMS = {"postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql",
            "sqlserver": "mssql", "mongodb": "mongodb", "cockroachdb": "postgresql"}  # fmt: skip


def schema(root: str, path: str, text: str) -> Iterator[Fact]:
    """Yield the connection and the tables that a schema declares; nothing for an embedded one."""
    blocks = [
        (m[1], m[2], m[3], text.count("\n", 0, m.start()) + 1) for m in _BLOCK.finditer(text)
    ]
    system = ""
    for kind, _, body, line in blocks:
        provider, url = _PROVIDER.search(body), _URL.search(body)
        if kind != "datasource" or provider is None or url is None:
            continue
        system = _SYSTEMS.get(provider[1], "")
        if not system:
            continue
        at = f"{path}:{line + body.count(chr(10), 0, url.start() + 1)}"
        part = Part("env", url[1]) if url[1] else Part("text", url[2])
        yield store_use(root, at, system, Value((part,)))
        if url[1]:
            yield EnvRead(root=root, locator=at, name=url[1])
    for kind, name, body, line in blocks if system else ():
        if kind == "model":
            named = _NAMED.search(body)
            table = named[1] if named is not None else name
            yield table_use(root, f"{path}:{line}", table, system=system)
