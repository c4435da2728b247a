"""Contracts: .proto, OpenAPI, AsyncAPI, Avro and GraphQL files, told apart by their content."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from collectors.manifests.yamls import EMPTY, Item, documents
from depmap.model.relations import Contract

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENDS = {".proto": "proto", ".avsc": "avro", ".graphql": "graphql", ".graphqls": "graphql"}
_MARKS = (("openapi", re.compile(r"^\s*[\"']?(?:openapi|swagger)[\"']?\s*:", re.MULTILINE)),
          ("asyncapi", re.compile(r"^\s*[\"']?asyncapi[\"']?\s*:", re.MULTILINE)))  # fmt: skip
_NAMED = re.compile(r"(?:openapi|swagger|asyncapi|api[-_]?spec)", re.IGNORECASE)
_COMMON = frozenset({"api", "rest api", "openapi", "swagger", "fastapi", "openapi definition",
                     "api documentation", "swagger petstore", "title"})  # fmt: skip
"""Titles that say nothing about whose contract it is."""

MAX_OFFERS = 100
_ASIDE = re.compile(r"//[^\n]*|/\*.*?\*/|#[^\n]*", re.DOTALL)


def wanted(name: str) -> bool:
    """Whether a file of that name may be a contract."""
    return name.endswith(tuple(_ENDS)) or (
        name.endswith((".json", ".yaml", ".yml")) and _NAMED.search(name) is not None
    )


def read(root: str, path: str, text: str) -> Iterator[Contract]:
    """Yield the contract that a file is; nothing for another file."""
    name = path.rpartition("/")[2]
    form = next((form for end, form in _ENDS.items() if name.endswith(end)), "")
    form = form or next((form for form, mark in _MARKS if mark.search(text)), "")
    if not form:
        return
    bare = re.sub(r"\s+", " ", _ASIDE.sub("", text)).strip()
    yield Contract(
        root=root,
        locator=f"{path}:1",
        form=form,
        name=name,
        digest=hashlib.sha256(bare.encode()).hexdigest()[:24],
        offers=tuple(_offers(form, text)),
    )


def _offers(form: str, text: str) -> list[str]:
    """What a contract is about, by which copies of one are told from others of its name."""
    if form == "proto":
        package = re.search(r"^\s*package\s+([\w.]+)\s*;", text, re.MULTILINE)
        before = f"{package[1]}." if package is not None else ""
        return [before + name for name in re.findall(r"^\s*service\s+(\w+)", text, re.MULTILINE)]
    if form == "avro":
        return re.findall(r"\"name\"\s*:\s*\"(\w+)\"", text)[:1]
    if form == "graphql":
        return re.findall(r"^\s*(?:extend\s+)?type\s+(\w+)", text, re.MULTILINE)[:MAX_OFFERS]
    document = next((one for one in documents(text, "") if isinstance(one, Item)), EMPTY)
    if form == "asyncapi":
        channels = document["channels"].pairs
        return [one["address"].text or name for name, one in channels.items()][:MAX_OFFERS]
    title = document["info"]["title"].text
    own = title and title.casefold() not in _COMMON
    return [title] if own else [title, *document["paths"].pairs][:MAX_OFFERS]
