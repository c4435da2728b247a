"""Who answers for what: CODEOWNERS and Backstage's catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.model.relations import Owned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.yamls import Item

_KINDS = frozenset({"Component", "API", "Resource"})


def codeowners(root: str, text: str, path: str) -> Iterator[Owned]:
    """Yield the owner of each path; the last rule that fits counts, so they come last first."""
    rules = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if len(words) > 1 and not set(words[0]) & set("*?!["):
            rules.append((number, words[0], words[1]))
    for number, pattern, owner in reversed(rules):
        yield Owned(
            root=root, locator=f"{path}:{number}", owner=owner.lstrip("@"), pattern=pattern
        )


def catalogue(root: str, path: str, document: Item) -> Iterator[Owned]:
    """Yield the owner of a component of Backstage."""
    owner = document["spec"]["owner"].text
    if document["kind"].text not in _KINDS or not owner:
        return
    yield Owned(
        root=root,
        locator=f"{path}:{document['metadata']['name'].line}",
        owner=owner.rpartition("/")[2].removeprefix("group:"),
        unit=document["metadata"]["name"].text,
        criticality=document["metadata"]["labels"]["tier"].text,
    )
