"""Units of compose files as layers: the file itself, those it extends, those laid over it."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from collectors.manifests.yamls import EMPTY, Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Layer = tuple[str, Item]
"""A file and what it says of a unit."""

MAX_EXTENDS = 8


def extended(path: str, unit: Item, documents: Mapping[str, Item], depth: int = 0) -> list[Layer]:
    """Return the layers of a unit: what it extends first, itself last."""
    given = unit["extends"]
    name = given.text or given["service"].text
    if not name or depth > MAX_EXTENDS:
        return [(path, unit)]
    other = path
    if given["file"].text:
        other = posixpath.normpath(posixpath.join(posixpath.dirname(path), given["file"].text))
    base = documents.get(other, EMPTY)["services"][name]
    below = extended(other, base, documents, depth + 1) if base.pairs else []
    kept = [(file, _inherited(layer)) for file, layer in below]
    return [*kept, (path, unit)]


def _inherited(unit: Item) -> Item:
    """A unit without what compose does not take over when it is extended."""
    return Item(
        {k: v for k, v in unit.pairs.items() if k not in {"depends_on", "links"}}, unit.line
    )


def last(layers: list[Layer], key: str) -> Item:
    """What the last layer says that says anything."""
    return last_of(layers, key)[1]


def last_of(layers: list[Layer], key: str) -> tuple[str, Item]:
    """What the last layer says that says anything, with its file."""
    return next(
        ((path, unit[key]) for path, unit in reversed(layers) if unit[key].value is not None),
        ("", EMPTY),
    )


def names_in(item: Item) -> list[str]:
    """The names in a list or the keys of a mapping."""
    return [one.text for one in item.texts] or list(item.pairs)


def files(item: Item) -> list[tuple[Item, bool]]:
    """The files of an ``env_file``, and whether each must be there."""
    return [
        (one["path"], one["required"].text != "false") if one.pairs else (one, True)
        for one in (item.items or [item])
        if one
    ]


def entries(item: Item) -> Iterator[tuple[str, Item]]:
    """The pairs of a mapping or of a list of ``KEY=value``."""
    yield from item.pairs.items()
    for one in item.texts:
        key, mark, value = one.text.partition("=")
        yield key.strip(), Item(value if mark else None, one.line)
