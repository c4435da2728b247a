"""Who answers for what, and what it needs: CODEOWNERS and Backstage's catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.model.relations import Owned, Relation
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.yamls import Item

DECLARED = 0.6
"""Confidence of what people have written down in a catalogue."""

_RESOURCES = {"database": Kind.DATABASE, "cache": Kind.CACHE, "redis": Kind.CACHE,
              "queue": Kind.MESSAGING_PUBLISH, "topic": Kind.MESSAGING_PUBLISH,
              "kafka": Kind.MESSAGING_PUBLISH, "broker": Kind.MESSAGING_PUBLISH,
              "s3-bucket": Kind.FILE, "bucket": Kind.FILE}  # fmt: skip
_KINDS = frozenset({"Component", "API", "Resource"})


def codeowners(root: str, path: str, text: str) -> Iterator[Owned]:
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


def needs(root: str, documents: list[tuple[str, Item]]) -> Iterator[Relation]:
    """Yield what the components of a catalogue say that they depend on and consume."""
    held = [(path, one, one["metadata"]["name"].text) for path, one in documents]
    types = {name: one["spec"]["type"].text for _, one, name in held}
    offered = {
        _name(api): name
        for _, one, name in held
        for api in one["spec"]["providesApis"].texts
    }  # fmt: skip
    for path, one, name in held:
        spec = one["spec"]
        for item in spec["dependsOn"].texts if one["kind"].text == "Component" else ():
            if not item.text.startswith("api:"):
                other = _name(item)
                kind = _RESOURCES.get(types.get(other, ""), Kind.HTTP)
                yield _needed(root, f"{path}:{item.line}", (name, other), kind, "")
        for item in spec["dependencyOf"].texts:
            kind = _RESOURCES.get(spec["type"].text, Kind.HTTP)
            yield _needed(root, f"{path}:{item.line}", (_name(item), name), kind, "")
        for item in spec["consumesApis"].texts:
            api = _name(item)
            if api in offered and offered[api] != name:
                kind = Kind.GRPC if types.get(api) == "grpc" else Kind.HTTP
                yield _needed(root, f"{path}:{item.line}", (name, offered[api]), kind, api)


def _name(item: Item) -> str:
    """The name in a reference such as ``resource:default/orders-db``."""
    return item.text.rpartition(":")[2].rpartition("/")[2]


def _needed(root: str, at: str, pair: tuple[str, str], kind: Kind, what: str) -> Relation:
    api = f" (its API {what})" if what else ""
    return Relation(
        root=root,
        locator=at,
        consumer=pair[0],
        provider=pair[1],
        kind=kind,
        confidence=DECLARED,
        reason=f"its owners say in the catalogue that it needs {pair[1]}{api}",
    )
